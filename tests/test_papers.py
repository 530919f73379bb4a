"""The pages of docs/ hold what they promise: each control has a test, each link leads somewhere."""

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from portal.settings import BASE_DIR
from tests import named

DOCS = Path(BASE_DIR) / "docs"
HAZARDS = DOCS / "hazards.md"
ASSESSMENT = DOCS / "impact-assessment.md"
LEAST = 40

HAZARD = re.compile(r"^### (\d+)\. (.+)$", re.MULTILINE)
LIKELY = ("rare", "unlikely", "possible", "likely")
BAD = ("moderate", "serious", "grave")
RISK = re.compile(rf"\*\*(Before|With the controls):\*\* ({'|'.join(LIKELY)}), ({'|'.join(BAD)})\.")
SAID = ("**Harm:** ", "**Cause:** ", "**Left:** ", "**Who must act:** ")
NAMED = re.compile(r"`tests/([\w/]+\.py::\w+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
REFERRED = re.compile(r"\bhazards? (\d+(?:(?:, | and )\d+)*)")


@dataclass(frozen=True)
class Hazard:
    number: int
    text: str

    @property
    def controls(self) -> list[str]:
        return [line for line in self.text.splitlines() if line.startswith("- ")]

    @property
    def risks(self) -> list[tuple[int, int]]:
        """How bad and how likely: before, and with the controls."""
        return [
            (BAD.index(bad), LIKELY.index(likely)) for _, likely, bad in RISK.findall(self.text)
        ]


def hazards_in(page: str) -> list[Hazard]:
    parts = HAZARD.split(page)[1:]
    return [Hazard(int(n), text) for n, text in zip(parts[::3], parts[2::3], strict=True)]


def faults_of(page: str) -> list[str]:
    """What is wrong with a hazard log, a line each."""
    faults, hazards = [], hazards_in(page)
    numbers = [hazard.number for hazard in hazards]
    if len(set(numbers)) < max(LEAST, len(numbers)):
        faults.append(f"fewer than {LEAST} hazards, or a number that is used twice")
    for hazard in hazards:
        faults += [
            f"hazard {hazard.number} lacks {part}" for part in SAID if part not in hazard.text
        ]
        if len(hazard.risks) != 2 or not hazard.controls:
            faults.append(f"hazard {hazard.number} lacks a control, or its two risks")
        for control in hazard.controls:
            names = NAMED.findall(control)
            unknown = [name for name in names if name not in named.tests_there_are()]
            faults += [f"hazard {hazard.number} names {name}" for name in unknown]
            if not names:
                faults.append(f"hazard {hazard.number} has a control without a test: {control}")
    befores = [hazard.risks[0] for hazard in hazards if hazard.risks]
    if any(before < after for before, after in pairwise(befores)):
        faults.append("a worse hazard stands below")
    return faults


def test_every_control_of_the_hazard_log_names_a_test_that_there_is() -> None:
    assert faults_of(HAZARDS.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "tests/test_access_matrix.py::test_the_matrix`",
            "tests/test_nowhere.py::test_it`",
            "names",
        ),
        ("::test_the_matrix`", "::test_the_matrixes`", "names"),
        ("`tests/test_access_matrix.py::test_the_matrix_fails_without`", "a test", "without"),
        ("**Left:** ", "", "lacks **Left"),
        ("### 2. ", "### 1. ", "twice"),
        ("**Before:** likely, grave.", "**Before:** rare, moderate.", "below"),
    ],
)
def test_a_hazard_log_that_promises_too_much_is_refused(old: str, new: str, fault: str) -> None:
    page = HAZARDS.read_text("utf-8")
    assert old in page
    (told, *_) = faults_of(page.replace(old, new, 1))
    assert fault in told


def test_a_short_hazard_log_is_refused() -> None:
    page = HAZARDS.read_text("utf-8")
    short = page[: page.index(f"### {hazards_in(page)[LEAST - 1].number}. ")]
    assert "fewer" in faults_of(short)[0]


def test_the_impact_assessment_refers_to_hazards_and_tests_that_there_are() -> None:
    page = ASSESSMENT.read_text("utf-8")
    known = {hazard.number for hazard in hazards_in(HAZARDS.read_text("utf-8"))}
    referred = {int(n) for numbers in REFERRED.findall(page) for n in re.findall(r"\d+", numbers)}
    assert len(referred) >= 10 and referred <= known, referred - known
    names = set(NAMED.findall(page))
    assert names and names <= named.tests_there_are(), names - named.tests_there_are()


@pytest.mark.parametrize(
    "document",
    [Path(BASE_DIR) / "README.md", *sorted(DOCS.rglob("*.md"))],
    ids=lambda path: path.name,
)
def test_every_link_between_documents_leads_to_a_file(document: Path) -> None:
    links = [link for link in LINK.findall(document.read_text("utf-8")) if "://" not in link]
    assert [link for link in links if not (document.parent / link.partition("#")[0]).exists()] == []
