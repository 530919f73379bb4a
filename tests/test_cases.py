"""Public cases, judged by others, through the real command.

Each case's signs were mapped by hand. The reading must reach what others judged, and must
never lie wholly below it.
"""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from thresholds.guidance import Guidance

pytestmark = pytest.mark.django_db

VIGNETTES = Path(__file__).resolve().parents[2] / "shared" / "cases" / "vignettes.json"
CASES: list[dict[str, Any]] = (
    json.loads(VIGNETTES.read_text(encoding="utf-8")) if VIGNETTES.exists() else []
)
AGREEMENT = {
    "given": "given",
    "young_person_given": "given",
    "refused": "refused",
    "not_sought_risk": "unsafe",
}

needs_cases = pytest.mark.skipif(not CASES, reason="the cases are not beside this repository")


def code_of(sign: dict[str, Any], guidance: Guidance) -> str:
    """Return the code of a case's sign, by its level, its words and its domain."""
    codes = [
        indicator.code
        for indicator in guidance.indicators
        if (indicator.level, words(indicator.text)) == (sign["level"], words(sign["text"]))
        and guidance.domain_by_code[indicator.domain].name == sign["domain"]
    ]
    assert len(codes) == 1, sign
    return codes[0]


def words(text: str) -> str:
    """Return `text` without its spaces: some cases keep the line breaks of the printed page."""
    return "".join(text.split()).casefold()


def read_by_command(document: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(document)))
    call_command("read_concern", stdout=out)
    return json.loads(out.getvalue())  # type: ignore[no-any-return]


def concern_of(case: dict[str, Any], guidance: Guidance, area: str, danger: str) -> dict[str, Any]:
    return {
        "area": area,
        "indicators": [code_of(sign, guidance) for sign in case["indicators"]],
        "danger": danger,
        "agreement": AGREEMENT.get(case["consent"]["position"], "unknown"),
    }


@needs_cases
@pytest.mark.parametrize("area", ["derby", "derbyshire"])
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_reading_reaches_what_others_judged(
    case: dict[str, Any], area: str, ddscp: Guidance, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the signs alone say: an answer about danger would lift any reading to the top.
    reading = read_by_command(concern_of(case, ddscp, area, "unknown"), monkeypatch)
    span = set(range(reading["level"], reading["up_to"] + 1))
    assert span & set(case["acceptable_levels"])
    assert reading["up_to"] >= min(case["acceptable_levels"])
    assert reading["next_steps"]


@needs_cases
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_danger_makes_a_case_urgent_now(
    case: dict[str, Any], ddscp: Guidance, monkeypatch: pytest.MonkeyPatch
) -> None:
    danger = "yes" if case["immediate_danger"] else "no"
    reading = read_by_command(concern_of(case, ddscp, "derby", danger), monkeypatch)
    assert (reading["urgency"] == "now") == case["immediate_danger"]
    assert reading["child_protection"] == case["immediate_danger"]


@needs_cases
def test_the_cases_show_every_level_and_danger() -> None:
    """The tests above would pass on no cases at all."""
    assert {case["level"] for case in CASES} == {1, 2, 3, 4}
    assert any(case["immediate_danger"] for case in CASES)
    assert len(CASES) >= 30
