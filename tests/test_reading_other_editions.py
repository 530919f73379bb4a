"""Editions of other shapes are read by their own rows: the numbers are rows, not code."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.concerns import answers, is_no_lower, is_sound
from thresholds.concern import Concern
from thresholds.guidance import Domain, Guidance, Indicator, Level, Rule
from thresholds.reading import URGENCIES, read

# Without it, and run alone, the edition would come from the developer's own database.
pytestmark = pytest.mark.django_db


def level(number: int, strengths: bool = False) -> Level:
    return Level(
        number=number,
        name=f"Tier {number}",
        description="",
        referral_route="",
        needs="",
        services_note="",
        outcome="",
        strengths=strengths,
        is_referral=False,
        section="1",
        heading="",
    )


def rule(code: str, kind: str, **fields: Any) -> Rule:
    return Rule(code=code, kind=kind, text=code, section="1", **fields)


def tiers(signs: list[Indicator], rules: list[Rule], count: int = 3) -> Guidance:
    return Guidance(
        slug="tiers",
        title="Tiers",
        partnership="Elsewhere",
        source_date="2024",
        areas=("north", "south"),
        levels=tuple(level(number) for number in range(1, count + 1)),
        domains=tuple(Domain(f"d{n}", f"Domain {n}", "1") for n in range(5)),
        indicators=tuple(signs),
        rules=tuple(rules),
    )


OTHER_RULES = [
    rule("three", "count", level=3, at_least=2, supports=3, opens=3),
    rule("nearly", "count", level=3, at_least=1, supports=1, opens=3),
    rule("two", "count", level=2, at_least=2, supports=2, opens=2),
    rule("many", "count", level=1, at_least=3, supports=2, opens=2),
    rule("else", "count", level=1, at_least=0, supports=1, opens=1),
    rule("hurry", "urgency", level=3, urgency="without_delay"),
    rule("south-hurries", "urgency", level=2, urgency="without_delay", area="south"),
    rule("harm", "answer", about="significant_harm", supports=3, child_protection=True),
    rule("escalated", "answer", about="sudden_escalation", level=1, opens=3),
]
OTHER = tiers(
    [Indicator(f"t{tier}{n}", tier, f"d{n}", "", "1", "") for tier in (1, 2, 3) for n in range(5)],
    OTHER_RULES,
)


@pytest.mark.parametrize(
    ("concern", "expected"),
    [
        (Concern("north"), (1, 1, False, "plan")),
        (Concern("north", frozenset({"t10", "t11"})), (1, 1, False, "plan")),
        (Concern("north", frozenset({"t10", "t11", "t12"})), (2, 2, False, "plan")),
        (Concern("north", frozenset({"t20"})), (1, 1, False, "plan")),
        (Concern("north", frozenset({"t20", "t21"})), (2, 2, False, "plan")),
        (Concern("south", frozenset({"t20", "t21"})), (2, 2, False, "without_delay")),
        (Concern("north", frozenset({"t30"})), (1, 3, False, "plan")),
        (Concern("north", frozenset({"t30", "t31"})), (3, 3, False, "without_delay")),
        (Concern("north", sudden_escalation="yes"), (1, 3, False, "plan")),
        (Concern("north", significant_harm="yes"), (3, 3, True, "without_delay")),
    ],
)
def test_an_edition_of_another_shape(concern: Concern, expected: tuple[object, ...]) -> None:
    reading = read(concern, OTHER)
    assert (reading.level, reading.up_to, reading.child_protection, reading.urgency) == expected


def test_an_edition_without_rules_still_reads_at_its_lowest_level() -> None:
    reading = read(Concern("north", frozenset({"t30"})), replace(OTHER, rules=()))
    assert (reading.level, reading.up_to, reading.urgency) == (1, 1, "plan")


WORDING = [
    *(Indicator(f"w{tier}", tier, "d0", "", "1", "", "wording") for tier in (2, 3, 4)),
    *(Indicator(f"u{tier}{n}", tier, "d1", "", "1", "") for tier in (2, 3, 4) for n in range(4)),
]


@pytest.mark.parametrize(
    ("rules", "signs", "level", "up_to"),
    [
        # Company lifts a wording, and what it counted for below is not lost by that.
        ([(2, 4, 3, 3), (3, 3, 3, 3), (3, 1, 2, 3)], ["u20", "u21", "u22", "w3"], 3, 3),
        ([(2, 4, 3, 3), (3, 3, 3, 3), (3, 1, 2, 3)], ["u20", "u21", "u22", "w3", "u30"], 3, 3),
        # What one sign opened stays open when a second meets the greater count.
        ([(3, 1, 2, 4), (3, 2, 3, 3)], ["u30"], 2, 4),
        ([(3, 1, 2, 4), (3, 2, 3, 3)], ["u30", "u31"], 3, 4),
        # A wording counts once at a level, however often it was chosen.
        ([(2, 2, 2, 2)], ["w2", "w3"], 1, 1),
        ([(2, 2, 2, 2)], ["w2", "w3", "u20"], 2, 2),
        # Chosen at two levels, it counts as high as the higher of them.
        ([(3, 2, 3, 3)], ["w2", "w3", "u30"], 3, 3),
        ([(3, 2, 3, 3)], ["w2", "u30"], 1, 1),
    ],
)
def test_counting_a_shared_wording(
    rules: list[tuple[int, int, int, int]], signs: list[str], level: int, up_to: int
) -> None:
    counts = [
        rule(f"{tier}-{least}", "count", level=tier, at_least=least, supports=gives, opens=opens)
        for tier, least, gives, opens in rules
    ]
    for guidance in (tiers(WORDING, counts, 4), tiers(WORDING[::-1], counts[::-1], 4)):
        reading = read(Concern("north", frozenset(signs)), guidance)
        assert (reading.level, reading.up_to) == (level, up_to)


def test_a_wording_left_at_one_level_is_shared_no_more() -> None:
    left = Indicator("left", 2, "d0", "", "1", "", "gone")
    guidance = tiers([left], [*OTHER_RULES, rule("shared", "shared")])
    reasons = read(Concern("north", frozenset({"left"})), guidance).reasons
    assert "shared" not in {reason.rule.kind for reason in reasons}


def test_no_count_makes_it_child_protection_or_urgent() -> None:
    """Even where an editor's row says so."""
    count = rule("one", "count", level=1, at_least=1, child_protection=True, urgency="now")
    reading = read(Concern("north", frozenset({"t10"})), replace(OTHER, rules=(count,)))
    assert (reading.child_protection, reading.urgency) == (False, "plan")


def test_a_wording_printed_as_a_strength_too_is_not_lowered_to_it() -> None:
    signs = [
        Indicator("good", 1, "d0", "", "1", "", "both"),
        Indicator("bad", 2, "d0", "", "1", "", "both"),
    ]
    guidance = tiers(signs, [rule("one", "count", level=2, at_least=1, supports=2)])
    guidance = replace(guidance, levels=(level(1, strengths=True), level(2)))
    assert read(Concern("north", frozenset({"bad"})), guidance).level == 2


@st.composite
def editions(draw: st.DrawFn) -> Guidance:
    """Any edition that an editor could write, sensible or not, with eight signs."""
    count = draw(st.integers(2, 5))
    numbers = st.integers(1, count)
    signs = [
        Indicator(f"s{n}", draw(numbers), "d0", "", "1", "", draw(st.sampled_from(["", "a", "b"])))
        for n in range(8)
    ]
    named = st.frozensets(st.sampled_from([sign.code for sign in signs]), max_size=3)
    counts = st.builds(
        rule,
        st.uuids().map(str),
        st.just("count"),
        level=numbers,
        at_least=st.integers(1, 4),
        supports=numbers,
        opens=numbers,
        urgency=st.sampled_from(["", *URGENCIES]),
    )
    openings = st.builds(
        rule, st.uuids().map(str), st.sampled_from(["opens", "harm"]), opens=numbers,
        indicators=named,
    )  # fmt: skip
    rules = [
        rule("else", "count", level=1, at_least=0, supports=1, opens=1),
        rule("shared", "shared"),
        rule("hurry", "urgency", level=draw(numbers), urgency="without_delay"),
        rule("tried", "answer", about="plan_tried", level=draw(numbers), opens=draw(numbers)),
        *draw(st.lists(counts, max_size=5)),
        *draw(st.lists(openings, max_size=2)),
    ]
    return tiers(signs, rules, count)


@settings(max_examples=150, deadline=None)
@given(
    editions(),
    st.frozensets(st.integers(0, 7)),
    st.frozensets(st.integers(0, 7), min_size=1, max_size=2),
    answers,
)
def test_a_further_worry_lowers_nothing_in_any_edition(
    guidance: Guidance, few: frozenset[int], more: frozenset[int], tried: Any
) -> None:
    fewer = Concern("north", frozenset(f"s{n}" for n in few), plan_tried=tried)
    worse = replace(fewer, indicators=frozenset(f"s{n}" for n in few | more))
    reading, worse_reading = read(fewer, guidance), read(worse, guidance)
    assert is_no_lower(worse_reading, than=reading)
    assert is_sound(reading, fewer, guidance)
    assert is_sound(worse_reading, worse, guidance)
