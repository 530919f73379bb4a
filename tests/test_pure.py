"""The house's floors: the heart knows no Django, and imports go down only."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ["accounts", "thresholds", "referrals", "guidance_content", "portal"]
PURE = [
    "thresholds.guidance",
    "thresholds.concern",
    "thresholds.reading",
    "thresholds.next_steps",
    "thresholds.consent",
    "thresholds.phrases",
    "thresholds.sentences",
    "thresholds.search",
    "thresholds.ladders",
    "thresholds.bank_holidays",
    "thresholds.opening",
    "thresholds.opening_lines",
    "thresholds.opening_words",
    "referrals.journey",
    "referrals.small_numbers",
    "referrals.charts",
    "guidance_content.marks",
    "guidance_content.compare",
    "guidance_content.shape",
    "guidance_content.references",
]


@pytest.mark.parametrize("module", PURE)
def test_the_heart_imports_no_django(module: str) -> None:
    code = f"import sys, {module}; print(sorted({{name.split('.')[0] for name in sys.modules}}))"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = ast.literal_eval(result.stdout)
    assert module.split(".")[0] in loaded
    assert "django" not in loaded


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""
        elif isinstance(node, ast.ImportFrom):
            parents = path.relative_to(ROOT).parts[: -node.level]
            yield ".".join([*parents, node.module or ""])


def upward_imports() -> set[tuple[str, str]]:
    found = set()
    for height, floor in enumerate(FLOORS):
        for path in (ROOT / floor).rglob("*.py"):
            if "migrations" in path.parts:
                continue
            above = {name for name in imports(path) if name.split(".")[0] in FLOORS[height + 1 :]}
            found |= {(floor, name) for name in above}
    return found


def test_imports_go_down_only() -> None:
    assert not upward_imports()


def test_every_floor_is_looked_at() -> None:
    """The test above would pass in an empty house."""
    seen = {
        name.split(".")[0]
        for floor in FLOORS
        for path in (ROOT / floor).rglob("*.py")
        for name in imports(path)
    }
    assert seen >= {"accounts", "thresholds", "referrals", "guidance_content"}
