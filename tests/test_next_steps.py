"""What to do next: the right council, the right order, and never nothing.

Actions are compared by code: their words belong to the edition. Here stands what must hold
for every concern; test_next_steps_by_area.py goes through the cases.
"""

import itertools
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.concerns import AREAS, answering, concern, concerns
from tests.steps import PLACES, codes, contacts, steps_for
from thresholds.concern import AGREEMENTS, KNOWN, Concern
from thresholds.guidance import Contact, Guidance
from thresholds.next_steps import next_steps
from thresholds.reading import URGENCIES, read

# Without it, and run alone, the edition would come from the developer's own database.
pytestmark = pytest.mark.django_db

__all__ = ["contacts"]  # fixtures

# Words that belong to one council and must never stand under the other's name.
WORDS = {
    "derby": ["Derby City", "First Contact", "MAT", "Multi-Agency Team", "VCM", "Meeting",
              "Early Help Advisor", "Pre-Assessment", "Schools Offer", "01332", "07812300329"],
    "derbyshire": ["Derbyshire", "Starting Point", "01629"],
}  # fmt: skip

modestly = settings(max_examples=60, deadline=None)
judgements = st.sampled_from([None, 1, 2, 3, 4])


# What must hold for every concern.


@modestly
@given(concerns, judgements)
def test_there_is_always_something_to_do_and_a_review(
    ddscp: Guidance, contacts: tuple[Contact, ...], concern: Concern, judgement: int | None
) -> None:
    steps = steps_for(concern, ddscp, contacts, judgement)
    discussed = ("discuss-at-once", "discuss-manager", "discuss-lead-4", "discuss-lead-derby",
                 "discuss-lead-derbyshire", "discuss-lead-elsewhere")  # fmt: skip
    assert codes(steps)[-1] == "review"
    assert set(discussed) & set(codes(steps))
    assert all(action.text and action.section for action in steps.actions)
    assert len(set(codes(steps))) == len(steps.actions)


@modestly
@given(concerns, judgements)
def test_nothing_of_one_council_is_ever_shown_for_another(
    ddscp: Guidance, contacts: tuple[Contact, ...], concern: Concern, judgement: int | None
) -> None:
    steps = steps_for(concern, ddscp, contacts, judgement)
    shown = [*steps.contacts, *(action.contact for action in steps.actions if action.contact)]
    assert {contact.area for contact in shown} <= {concern.area}
    assert {step.area for step in steps.pathway} <= {concern.area}
    for area in set(PLACES) - {concern.area}:
        for action in steps.actions:
            assert not [word for word in WORDS[area] if word in action.text], action.code


def test_no_row_names_the_council_of_another_area(ddscp: Guidance) -> None:
    for rule in ddscp.next_steps:
        others = [word for area in PLACES if area != rule.area for word in WORDS[area]]
        assert not [word for word in others if word in rule.text], rule.code


@modestly
@given(concerns, st.sampled_from(AGREEMENTS), judgements)
def test_no_answer_about_agreement_takes_a_way_to_the_council_away(
    ddscp: Guidance,
    contacts: tuple[Contact, ...],
    concern: Concern,
    agreement: str,
    judgement: int | None,
) -> None:
    """All that telephones, refers or follows up in writing stays as it is when all agree."""
    agreed = steps_for(replace(concern, agreement="given"), ddscp, contacts, judgement)
    other = steps_for(answering(concern, agreement=agreement), ddscp, contacts, judgement)
    ways = ("call-999", "phone-now-", "refer-", "writing-", "plan-failed-", "decide-harm-", "vcm-")
    kept = [code for code in codes(agreed) if code.startswith(ways)]
    assert [code for code in codes(other) if code.startswith(ways)] == kept
    assert (other.level, other.urgency, other.is_referral, other.contacts, other.pathway) == (
        agreed.level, agreed.urgency, agreed.is_referral, agreed.contacts, agreed.pathway
    )  # fmt: skip


@modestly
@given(concerns, judgements)
def test_nobody_is_told_to_talk_with_the_family_and_not_to(
    ddscp: Guidance, contacts: tuple[Contact, ...], concern: Concern, judgement: int | None
) -> None:
    unsafe = replace(concern, agreement="unsafe")
    found = codes(steps_for(unsafe, ddscp, contacts, judgement))
    assert "family-unsafe" in found
    talking = ("family-", "ask-agreement", "written-consent", "schools-offer", "pre-assessment")
    assert [code for code in found if code.startswith(talking)] == ["family-unsafe"]
    # A plan with the people round the family needs the family.
    assert "plan-2" not in found


@modestly
@given(concerns, judgements)
def test_child_protection_is_acted_on_at_once_whatever_was_judged(
    ddscp: Guidance, contacts: tuple[Contact, ...], concern: Concern, judgement: int | None
) -> None:
    protection = replace(concern, significant_harm="yes")
    steps = steps_for(protection, ddscp, contacts, judgement)
    assert (steps.level, steps.urgency, steps.is_referral) == (4, "now", True)
    first = codes(steps)[1 if concern.danger == "yes" else 0]
    assert first.startswith("phone-now-")
    # No early help first, no tools, no meeting: nothing stands between them and the call.
    delays = ("early-help", "no-assessment", "vcm-", "decide-harm", "tools", "written-consent")
    assert not [code for code in codes(steps) if code.startswith(delays)]


@modestly
@given(concerns, judgements)
def test_danger_comes_first(
    ddscp: Guidance, contacts: tuple[Contact, ...], concern: Concern, judgement: int | None
) -> None:
    steps = steps_for(replace(concern, danger="yes"), ddscp, contacts, judgement)
    assert codes(steps)[0] == "call-999"
    assert codes(steps)[1].startswith("phone-now-")


@modestly
@given(concerns, judgements)
def test_nothing_is_less_urgent_than_its_reading_or_its_level(
    ddscp: Guidance, contacts: tuple[Contact, ...], concern: Concern, judgement: int | None
) -> None:
    reading = read(concern, ddscp)
    steps = next_steps(reading, concern, ddscp, contacts, judgement)
    assert URGENCIES.index(steps.urgency) >= URGENCIES.index(reading.urgency)
    if steps.level == 4:
        assert steps.urgency != "plan"


@modestly
@given(concerns, judgements)
def test_a_higher_level_to_discuss_is_never_passed_over(
    ddscp: Guidance, contacts: tuple[Contact, ...], concern: Concern, judgement: int | None
) -> None:
    reading = read(concern, ddscp)
    steps = next_steps(reading, concern, ddscp, contacts, judgement)
    said = {"difference", "higher-to-discuss"} & set(codes(steps))
    if reading.level > steps.level:
        assert said == {"difference"}
    elif reading.up_to > steps.level:
        assert said == {"higher-to-discuss"}
    else:
        assert not said


def all_cases() -> Iterable[tuple[Concern, int]]:
    """A concern for every combination of facts by which a row of the edition may choose."""
    yes_no = ("yes", "no")
    for area, harm, assessment, tried, grown, agreement, judgement in itertools.product(
        AREAS, KNOWN, yes_no, yes_no, yes_no, AGREEMENTS, (1, 2, 3, 4)
    ):
        case = concern(
            "dd104",
            area=area,
            danger=harm,
            significant_harm=harm,
            assessment=assessment,
            plan_tried=tried,
            sudden_escalation=grown,
            agreement=agreement,
        )
        yield replace(case, school=True), judgement


def test_no_row_of_the_shipped_edition_is_dead_or_names_an_unknown_fact(ddscp: Guidance) -> None:
    """A misspelt value in a row's `when` would silently never apply."""
    found: set[str] = set()
    for case, judgement in all_cases():
        found.update(codes(steps_for(case, ddscp, (), judgement)))
    assert found == {rule.code for rule in ddscp.next_steps}


def test_a_row_that_names_a_contact_has_one_in_its_area(
    ddscp: Guidance, contacts: tuple[Contact, ...]
) -> None:
    for rule in ddscp.next_steps:
        if rule.contact:
            assert [c for c in contacts if (c.area, c.purpose) == (rule.area, rule.contact)]
