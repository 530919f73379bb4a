"""The audit of libraries fails for a hole, and never says that all is well when it cannot know."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FILE = Path(__file__).parents[1] / ".ci" / "audit.py"
PINNED = {"django": "5.2.1", "jinja2": "3.1.6"}


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", FILE)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def looked_up(name: str, *holes: str) -> dict[str, Any]:
    return {"name": name, "version": "1", "vulns": [{"id": hole} for hole in holes]}


def test_a_hole_is_told_once_whichever_service_knows_it(audit: ModuleType) -> None:
    one = {"dependencies": [looked_up("Django", "CVE-1"), looked_up("Jinja2")]}
    problems, unknown = audit.libraries([one, one, {}], PINNED)
    assert len(problems) == 1 and "CVE-1" in problems[0]
    assert unknown == set()


def test_a_library_that_was_skipped_is_not_known_to_be_good(audit: ModuleType) -> None:
    skipped = {"name": "Django", "skip_reason": "could not be audited"}
    found = audit.libraries([{"dependencies": [skipped, looked_up("jinja2")]}, {}], PINNED)
    assert found == ([], {"django"})


def test_a_service_that_does_not_answer_leaves_all_unknown(audit: ModuleType) -> None:
    assert audit.libraries([audit.as_json("cannot connect"), {}], PINNED) == ([], set(PINNED))


def test_what_bandit_finds_must_be_accepted_with_a_reason(audit: ModuleType) -> None:
    one = {"filename": "a.py", "line_number": 3, "test_id": "B102", "issue_text": "exec"}
    found = {"results": [one], "errors": []}
    assert audit.our_code(found, {}) == ["a.py:3: B102 exec"]
    assert audit.our_code(found, {"a.py B102": ""}) == ["a.py:3: B102 exec"]
    assert audit.our_code(found, {"a.py B102": "It is our own text."}) == []


def test_what_is_accepted_and_gone_is_told(audit: ModuleType) -> None:
    assert audit.our_code({"results": [], "errors": []}, {"a.py B102": "It was there."})


def test_a_bill_that_lacks_a_pin_is_told(audit: ModuleType) -> None:
    listed = {"components": [{"name": "Django", "version": "5.2.1"}, {"name": "jinja2"}]}
    assert audit.not_listed(listed, PINNED) == ["build/sbom.json lacks jinja2 3.1.6"]


def test_every_pin_is_read(audit: ModuleType) -> None:
    text = (FILE.parents[1] / "requirements.txt").read_text("utf-8")
    pinned = {line.split("==")[0] for line in text.splitlines() if "==" in line.split(";")[0]}
    assert audit.pins().keys() == {audit.plain(name) for name in pinned}
