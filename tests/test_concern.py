"""A concern from outside: each thing that is wrong is refused, in one line that says so."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.concerns import sets_of_codes
from thresholds.concern import AGREEMENTS, Concern, ConcernError, parse_concern, quoted
from thresholds.guidance import Guidance
from thresholds.reading import read

# Without it, and run alone, the edition would come from the developer's own database.
pytestmark = pytest.mark.django_db

LEAST = {"area": "derby", "indicators": []}

REFUSED: dict[str, Any] = {
    "not an object": [],
    "text": "derby",
    "nothing": None,
    "no area": {"indicators": []},
    "unknown area": LEAST | {"area": "warwickshire"},
    "area of no council": LEAST | {"area": "elsewhere"},
    "area in capitals": LEAST | {"area": "Derby"},
    "area as a list": LEAST | {"area": ["derby"]},
    "area as an object": LEAST | {"area": {}},
    "area null": LEAST | {"area": None},
    "no indicators": {"area": "derby"},
    "indicators null": LEAST | {"indicators": None},
    "indicators as text": LEAST | {"indicators": "dd001"},
    "indicators as an object": LEAST | {"indicators": {"dd001": True}},
    "indicators as numbers": LEAST | {"indicators": [1]},
    "indicators nested": LEAST | {"indicators": [["dd001"]]},
    "unknown code": LEAST | {"indicators": ["dd001", "dd999"]},
    "code with a space": LEAST | {"indicators": ["dd001 "]},
    "code over two lines": LEAST | {"indicators": ["dd\n001\u2028"]},
    "code of a million letters": LEAST | {"indicators": ["d" * 1_000_000]},
    "unknown key": LEAST | {"urgency": "plan"},
    "key over two lines": LEAST | {"dan\nger": "yes"},
    "danger in capitals": LEAST | {"danger": "Yes"},
    "danger true": LEAST | {"danger": True},
    "danger null": LEAST | {"danger": None},
    "danger not a number": LEAST | {"danger": float("nan")},
    "danger not asked": LEAST | {"danger": "not_asked"},
    "harm as a list": LEAST | {"significant_harm": ["yes"]},
    "escalation as a number": LEAST | {"sudden_escalation": 1},
    "agreement of no kind": LEAST | {"agreement": "yes"},
    "early help as text": LEAST | {"early_help": "yes"},
    "early help null": LEAST | {"early_help": None},
    "early help with an unknown key": LEAST | {"early_help": {"danger": "yes"}},
    "assessment of no kind": LEAST | {"early_help": {"assessment": "maybe"}},
    "plan as a flag": LEAST | {"early_help": {"plan_tried": True}},
    "assessment outside early help": LEAST | {"assessment": "yes"},
    "school as text": LEAST | {"school": "true"},
    "school as a number": LEAST | {"school": 1},
    "school null": LEAST | {"school": None},
    "domains as text": LEAST | {"unknown_domains": "health"},
    "unknown domain": LEAST | {"unknown_domains": ["wealth"]},
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_refused_in_one_short_line(ddscp: Guidance, data: object) -> None:
    with pytest.raises(ConcernError) as refusal:
        parse_concern(data, ddscp)
    message = str(refusal.value)
    assert len(message.splitlines()) == 1
    assert 10 < len(message) < 300


def test_only_area_and_indicators_are_needed_and_nothing_else_is_assumed(ddscp: Guidance) -> None:
    parsed = parse_concern(LEAST, ddscp)
    assert parsed == Concern("derby")
    unsaid = ("danger", "significant_harm", "assessment", "plan_tried", "agreement")
    assert {parsed.answer(about) for about in unsaid} == {"unknown"}


def test_everything_that_is_said_arrives(ddscp: Guidance) -> None:
    document = {
        "edition": "ddscp-2019-12",
        "area": "derbyshire",
        "indicators": ["dd104", "dd001"],
        "danger": "no",
        "significant_harm": "yes",
        "early_help": {"assessment": "yes", "plan_tried": "no"},
        "sudden_escalation": "yes",
        "agreement": "refused",
        "school": True,
        "unknown_domains": ["health"],
    }
    assert parse_concern(document, ddscp) == Concern(
        area="derbyshire",
        indicators=frozenset({"dd104", "dd001"}),
        danger="no",
        significant_harm="yes",
        assessment="yes",
        plan_tried="no",
        sudden_escalation="yes",
        agreement="refused",
        school=True,
        unknown_domains=frozenset({"health"}),
    )


@pytest.mark.parametrize("agreement", AGREEMENTS)
def test_every_kind_of_agreement_arrives(ddscp: Guidance, agreement: str) -> None:
    assert parse_concern(LEAST | {"agreement": agreement}, ddscp).agreement == agreement


@settings(max_examples=30, deadline=None)
@given(sets_of_codes.flatmap(lambda codes: st.permutations(sorted(codes) * 2)))
def test_neither_order_nor_repetition_of_codes_matters(ddscp: Guidance, codes: list[str]) -> None:
    one = parse_concern(LEAST | {"indicators": codes}, ddscp)
    two = parse_concern(LEAST | {"indicators": sorted(set(codes))}, ddscp)
    assert read(one, ddscp) == read(two, ddscp)


def test_a_question_that_no_concern_answers_is_an_error() -> None:
    with pytest.raises(KeyError):
        Concern("derby").answer("weather")


@given(st.text(max_size=200))
def test_a_quoted_value_is_one_short_line(text: str) -> None:
    assert len(quoted(text).splitlines()) == 1
    assert len(quoted(text)) <= 81
