"""The names of all tests, for pages of docs/ that say which test shows what."""

import ast
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent


@cache
def tests_there_are() -> frozenset[str]:
    """Return "file::function" of every test, such as "test_logs.py::test_no_token".

    Those in a folder below have it before them: "browser/test_open.py::test_front".
    """
    return frozenset(
        f"{path.relative_to(TESTS).as_posix()}::{node.name}"
        for path in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


# pytest would take it for a test, by its name, wherever it is imported.
tests_there_are.__test__ = False  # type: ignore[attr-defined]
