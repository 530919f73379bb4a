"""The reading: what must hold for every concern, and the cases that are easy to get wrong."""

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.concerns import (
    AREAS,
    CODES,
    SHARED,
    SHARED_CODES,
    STRENGTHS,
    answering,
    concern,
    concerns,
    heights,
    is_no_lower,
    is_sound,
    modestly,
    sets_of_codes,
)
from thresholds.concern import AGREEMENTS, ELSEWHERE, KNOWN, UNKNOWN_AREA, Concern
from thresholds.guidance import Guidance
from thresholds.reading import URGENCIES, read

# Without it, and run alone, the edition would come from the developer's own database.
pytestmark = pytest.mark.django_db

QUESTIONS = ["danger", "significant_harm", "assessment", "plan_tried", "sudden_escalation"]

# The cases that are easy to get wrong, as the shipped edition reads them.
READ_AS = [
    # signs, level, up to, what it shows
    ([], 1, 1, "nothing chosen"),
    (["dd001", "dd021"], 1, 1, "strengths only"),
    (["dd032"], 2, 2, "one at Level 2"),
    (["dd032", "dd033", "dd034", "dd035", "dd036", "dd037"], 2, 2, "many at Level 2"),
    (["dd104"], 2, 3, "one at Level 3"),
    (["dd104", "dd032"], 2, 3, "one at Level 3 beside one at Level 2"),
    (["dd104", "dd105"], 3, 3, "two at Level 3"),
    (["dd104", "dd105", "dd001"], 3, 3, "two at Level 3 and a strength"),
    (["dd147"], 4, 4, "one at Level 4"),
    (["dd060"], 2, 4, "bereavement as printed at Level 2"),
    (["dd114"], 2, 4, "bereavement as printed at Level 3"),
    (["dd171"], 2, 4, "bereavement as printed at Level 4"),
    (["dd060", "dd114", "dd171"], 2, 4, "bereavement three times over"),
    (["dd060", "dd104"], 2, 4, "bereavement at Level 2 beside one at Level 3"),
    (["dd114", "dd104"], 3, 4, "bereavement at Level 3 beside another at Level 3"),
    (["dd171", "dd104"], 3, 4, "bereavement at Level 4 beside one at Level 3"),
    (["dd171", "dd032"], 2, 4, "bereavement at Level 4 beside one at Level 2"),
    (["dd060", "dd114", "dd104"], 3, 4, "bereavement at two levels beside one at Level 3"),
    (["dd134", "dd135"], 2, 3, "only shared wordings at Level 3"),
    (["dd114", "dd134", "dd135", "dd136", "dd137"], 2, 4, "all the shared wordings at Level 3"),
    (["dd171", "dd205", "dd206"], 2, 4, "all the shared wordings at Level 4"),
    (["dd139"], 2, 4, "exploitation at Level 3"),
    (["dd139", "dd104"], 3, 4, "exploitation among several at Level 3"),
    (["dd058"], 2, 3, "domestic abuse as printed at Level 2"),
    (["dd124"], 2, 3, "domestic abuse as printed at Level 3"),
    (["dd042"], 2, 3, "the unborn baby’s health at Level 2"),
    (["dd190"], 4, 4, "a need at Level 4 that names no harm"),
]


# What must hold for every concern, in the edition as it is shipped.


@modestly
@given(concerns, sets_of_codes)
def test_a_further_worry_never_lowers_anything(
    ddscp: Guidance, concern: Concern, more: frozenset[str]
) -> None:
    worse = replace(concern, indicators=concern.indicators | more)
    assert is_no_lower(read(worse, ddscp), than=read(concern, ddscp))


@modestly
@given(concerns, st.frozensets(st.sampled_from(STRENGTHS), min_size=1))
def test_strengths_change_nothing_but_their_own_lane(
    ddscp: Guidance, concern: Concern, strengths: frozenset[str]
) -> None:
    worries = concern.indicators - set(STRENGTHS)
    without = read(replace(concern, indicators=worries), ddscp)
    reading = read(replace(concern, indicators=worries | strengths), ddscp)
    assert {sign.code for sign in reading.strengths} == strengths
    assert replace(reading, strengths=()) == without


@modestly
@given(concerns)
def test_danger_overrides_everything(ddscp: Guidance, concern: Concern) -> None:
    reading = read(replace(concern, danger="yes"), ddscp)
    assert heights(reading)[:4] == (4, 4, URGENCIES.index("now"), 1)
    assert reading.reasons[0].rule.about in ("danger", "significant_harm")


@modestly
@given(concerns, st.sampled_from(QUESTIONS))
def test_not_known_is_never_read_as_no(ddscp: Guidance, concern: Concern, about: str) -> None:
    no = read(answering(concern, **{about: "no"}), ddscp)
    unknown = read(answering(concern, **{about: "unknown"}), ddscp)
    assert is_no_lower(unknown, than=no)
    assert about not in {prompt.about for prompt in no.ask}
    asked_when = {
        "danger": True,
        "significant_harm": no.asks_significant_harm or no.up_to >= 4,
        "assessment": no.up_to >= 2,
        "plan_tried": no.up_to >= 2,
        "sudden_escalation": no.up_to >= 3 and concern.area == "derbyshire",
    }
    assert (about in {prompt.about for prompt in unknown.ask}) == asked_when[about]


@modestly
@given(concerns, st.sampled_from(QUESTIONS))
def test_a_yes_never_lowers_anything(ddscp: Guidance, concern: Concern, about: str) -> None:
    yes = read(answering(concern, **{about: "yes"}), ddscp)
    assert is_no_lower(yes, than=read(answering(concern, **{about: "unknown"}), ddscp))


@modestly
@given(concerns)
def test_only_an_answer_makes_it_child_protection(ddscp: Guidance, concern: Concern) -> None:
    answered = "yes" in (concern.danger, concern.significant_harm)
    assert read(concern, ddscp).child_protection == answered


def test_all_the_signs_together_are_not_child_protection_by_themselves(ddscp: Guidance) -> None:
    reading = read(concern(*CODES), ddscp)
    assert (reading.level, reading.child_protection) == (4, False)
    assert reading.asks_significant_harm


@modestly
@given(concerns)
def test_a_reading_is_explained_by_its_reasons(ddscp: Guidance, concern: Concern) -> None:
    assert is_sound(read(concern, ddscp), concern, ddscp)


@modestly
@given(concerns, st.sampled_from(AGREEMENTS), st.booleans())
def test_agreement_and_school_never_change_what_is_read(
    ddscp: Guidance, concern: Concern, agreement: str, school: bool
) -> None:
    other = answering(concern, agreement=agreement, school=school)
    assert replace(read(other, ddscp), ask=()) == replace(read(concern, ddscp), ask=())


@modestly
@given(concerns)
def test_what_would_change_a_reading_points_further_than_it_went(
    ddscp: Guidance, concern: Concern
) -> None:
    reading = read(concern, ddscp)
    rules = {rule.would_change: rule for rule in ddscp.rules if rule.would_change}
    for prompt in reading.would_change:
        rule = rules[prompt.text]
        assert rule.child_protection or max(rule.supports or 0, rule.opens or 0) > reading.level
    # Short of child protection something always would: no reading is the last word.
    assert reading.child_protection or reading.would_change


@modestly
@given(concerns)
def test_the_order_of_the_edition_does_not_matter(ddscp: Guidance, concern: Concern) -> None:
    backwards = replace(ddscp, indicators=ddscp.indicators[::-1], rules=ddscp.rules[::-1])
    assert heights(read(concern, backwards)) == heights(read(concern, ddscp))


@pytest.mark.parametrize("signs", [case[0] for case in READ_AS])
def test_a_telling_case_reads_the_same_backwards(ddscp: Guidance, signs: list[str]) -> None:
    backwards = replace(ddscp, indicators=ddscp.indicators[::-1], rules=ddscp.rules[::-1])
    assert heights(read(concern(*signs), backwards)) == heights(read(concern(*signs), ddscp))


@pytest.mark.parametrize("wording", SHARED)
def test_one_wording_at_several_levels_never_jumps_to_the_highest(
    ddscp: Guidance, wording: str
) -> None:
    printed = SHARED[wording]
    highest = max(ddscp.by_code[code].level for code in printed)
    for size in range(1, len(printed) + 1):
        for chosen in itertools.combinations(printed, size):
            reading = read(concern(*chosen), ddscp)
            assert (reading.level, reading.up_to) == (2, highest)


@given(st.frozensets(st.sampled_from(SHARED_CODES), min_size=1))
@modestly
def test_wordings_that_are_all_shared_stay_at_their_lowest(
    ddscp: Guidance, chosen: frozenset[str]
) -> None:
    reading = read(concern(*chosen), ddscp)
    assert reading.level == 2
    assert reading.up_to == max(
        ddscp.levels_of_wording[ddscp.by_code[code].shared_key][-1] for code in chosen
    )


def test_the_shipped_edition_shares_the_wordings_that_these_tests_name(ddscp: Guidance) -> None:
    shared = {
        key: [sign.code for sign in ddscp.indicators if sign.shared_key == key]
        for key in ddscp.levels_of_wording
    }
    assert shared == SHARED
    assert set(STRENGTHS) == ddscp.strength_codes
    assert set(CODES) == set(ddscp.by_code)


def test_no_rule_of_the_shipped_edition_is_dead(ddscp: Guidance) -> None:
    """Every rule speaks, asks or hastens something for some concern."""
    concerns = [concern(*signs, area=area) for signs, *_ in READ_AS for area in AREAS]
    concerns += [concern("dd032", area="derbyshire", **{about: "yes"}) for about in QUESTIONS]
    readings = [read(one, ddscp) for one in concerns]
    spoken = {reason.rule.code for reading in readings for reason in reading.reasons}
    asked = {prompt.text for reading in readings for prompt in reading.ask}
    for rule in ddscp.rules:
        assert rule.kind == "urgency" or rule.code in spoken or rule.text in asked, rule.code


# What the shipped edition says about the cases that are easy to get wrong.


@pytest.mark.parametrize(("signs", "level", "up_to"), [case[:3] for case in READ_AS])
def test_signs_are_read_as(ddscp: Guidance, signs: list[str], level: int, up_to: int) -> None:
    reading = read(concern(*signs), ddscp)
    assert (reading.level, reading.up_to, reading.child_protection) == (level, up_to, False)


@pytest.mark.parametrize(
    ("signs", "answered", "expected"),
    [
        (["dd032"], {"danger": "yes"}, (4, 4, True, "now")),
        (["dd032"], {"significant_harm": "yes"}, (4, 4, True, "now")),
        (["dd032"], {"danger": "no", "significant_harm": "yes"}, (4, 4, True, "now")),
        (["dd032"], {"danger": "yes", "significant_harm": "no"}, (4, 4, True, "now")),
        (["dd032"], {"danger": "unknown", "significant_harm": "unknown"}, (2, 2, False, "plan")),
        (["dd032"], {"plan_tried": "yes"}, (2, 3, False, "plan")),
        (["dd032"], {"plan_tried": "no"}, (2, 2, False, "plan")),
        ([], {"plan_tried": "yes"}, (1, 1, False, "plan")),
        (["dd104", "dd105"], {"plan_tried": "yes"}, (3, 3, False, "plan")),
        (["dd032"], {"agreement": "refused"}, (2, 2, False, "plan")),
        (["dd032"], {"sudden_escalation": "yes"}, (2, 2, False, "plan")),
    ],
)
def test_answers_are_read_as(
    ddscp: Guidance, signs: list[str], answered: dict[str, Any], expected: tuple[object, ...]
) -> None:
    reading = read(concern(*signs, **answered), ddscp)
    found = (reading.level, reading.up_to, reading.child_protection, reading.urgency)
    assert found == expected


@pytest.mark.parametrize(
    ("area", "signs", "urgency"),
    [
        ("derby", ["dd032"], "plan"),
        ("derbyshire", ["dd032"], "plan"),
        ("derby", ["dd104"], "plan"),
        ("derbyshire", ["dd104"], "plan"),
        ("derby", ["dd104", "dd105"], "plan"),
        ("derbyshire", ["dd104", "dd105"], "without_delay"),
        (ELSEWHERE, ["dd104", "dd105"], "without_delay"),
        (UNKNOWN_AREA, ["dd104", "dd105"], "without_delay"),
        ("derby", ["dd147"], "without_delay"),
        ("derbyshire", ["dd147"], "without_delay"),
        (UNKNOWN_AREA, ["dd147"], "without_delay"),
    ],
)
def test_how_urgent_a_level_is_in_an_area(
    ddscp: Guidance, area: str, signs: list[str], urgency: str
) -> None:
    assert read(concern(*signs, area=area), ddscp).urgency == urgency


@pytest.mark.parametrize(
    "sign", ["dd058", "dd117", "dd119", "dd124", "dd139", "dd153", "dd157", "dd172", "dd207"]
)
def test_a_sign_that_names_harm_raises_the_question_at_any_level(
    ddscp: Guidance, sign: str
) -> None:
    asks = {}
    for answer in KNOWN:
        reading = read(concern(sign, significant_harm=answer), ddscp)
        # The question is raised whatever the answer, so that an answer can be changed.
        assert reading.asks_significant_harm
        asks[answer] = "significant_harm" in {prompt.about for prompt in reading.ask}
    assert asks == {"yes": False, "no": False, "unknown": True}


@pytest.mark.parametrize(
    ("signs", "asks"), [([], False), (["dd032"], False), (["dd171"], False), (["dd190"], True)]
)
def test_level_4_raises_the_question_of_harm_by_itself(
    ddscp: Guidance, signs: list[str], asks: bool
) -> None:
    assert read(concern(*signs), ddscp).asks_significant_harm == asks


@pytest.mark.parametrize(("signs", "asks"), [(["dd139"], True), (["dd154"], True), ([], False)])
def test_the_risk_of_exploitation_is_asked_about(
    ddscp: Guidance, signs: list[str], asks: bool
) -> None:
    rule = next(rule for rule in ddscp.rules if rule.code == "ask-exploitation-risk")
    asked = {prompt.text for prompt in read(concern(*signs), ddscp).ask}
    assert (rule.text in asked) == asks


def test_a_domain_that_nobody_knows_about_is_asked_about(ddscp: Guidance) -> None:
    reading = read(Concern("derby", unknown_domains=frozenset({"health"})), ddscp)
    assert "health" in {prompt.about for prompt in reading.ask}
    assert heights(reading) == heights(read(Concern("derby"), ddscp))


def test_a_plan_is_not_said_to_change_a_reading_that_it_would_not_change(ddscp: Guidance) -> None:
    for signs, expected in (([], False), (["dd032"], True)):
        prompts = {prompt.about for prompt in read(concern(*signs), ddscp).would_change}
        assert ("plan_tried" in prompts) == expected


def test_a_sign_of_another_edition_is_an_error_and_never_dropped(ddscp: Guidance) -> None:
    with pytest.raises(ValueError, match="zz999"):
        read(concern("dd032", "zz999"), ddscp)
