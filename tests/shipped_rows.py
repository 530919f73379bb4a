"""The shipped fixtures, read as JSON, and the documents that they were made from."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests import source_text

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
DDSCP = "ddscp-2019-12"
WARWICKSHIRE = "warwickshire-spectrum"
EDITIONS = (DDSCP, WARWICKSHIRE)

Row = dict[str, Any]


def fixture_text(name: str) -> str:
    return (FIXTURES / f"{name}.json").read_text(encoding="utf-8")


def rows(name: str, model: str) -> list[Row]:
    """The fields of every row of one model, in file order."""
    return [
        row["fields"]
        for row in json.loads(fixture_text(name))
        if row["model"] == f"thresholds.{model}"
    ]


def paragraphs(model: str, *fields: str, name: str = DDSCP) -> list[str]:
    """Every paragraph of these fields, without the bullet that marks a list."""
    return [
        line for row in rows(name, model) for field in fields for line in plain_lines(row[field])
    ]


def plain_lines(text: str) -> list[str]:
    return [line.removeprefix("• ") for line in text.split("\n") if line]


def read_or_skip(path: Path) -> str:
    """The document line by line; it lies beside the repository, so a lone clone skips."""
    if not path.exists():
        pytest.skip("the source documents are not beside this repository")
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def source() -> str:
    return source_text.mend(read_or_skip(source_text.DDSCP))


@pytest.fixture(scope="module")
def warwickshire_source() -> str:
    return source_text.mend(read_or_skip(source_text.WARWICKSHIRE))
