"""What to do next, case by case, in each council’s area and outside them.

The tables say which actions a case must have, and which it must not.
"""

import itertools
from dataclasses import replace
from typing import Any

import pytest

from tests.concerns import AREAS, concern
from tests.steps import (
    HARM,
    HARM_AT_4,
    NEED_AT_4,
    NO_HARM,
    OUTSIDE,
    PLACES,
    UNDECIDED,
    check,
    codes,
    contacts,
    steps_for,
)
from thresholds.concern import AGREEMENTS, ELSEWHERE, KNOWN, UNKNOWN_AREA
from thresholds.guidance import Contact, Guidance
from thresholds.reading import read

# Without it, and run alone, the edition would come from the developer's own database.
pytestmark = pytest.mark.django_db

__all__ = ["contacts"]  # fixtures


# Child protection: the telephone, then writing within 48 hours.


@pytest.mark.parametrize(
    ("area", "phone", "form"),
    [
        ("derby", "01332 641172", "myaccount.derby.gov.uk"),
        ("derbyshire", "01629 533190", "www.derbyshire.gov.uk"),
    ],
)
@pytest.mark.parametrize("about", ["danger", "significant_harm"])
def test_child_protection_is_phoned_and_written_within_48_hours(
    ddscp: Guidance, contacts: tuple[Contact, ...], area: str, phone: str, form: str, about: str
) -> None:
    steps = steps_for(concern(area=area, **{about: "yes"}), ddscp, contacts)
    actions = {action.code: action for action in steps.actions}
    call, writing = actions[f"phone-now-{area}"], actions[f"writing-{area}"]
    assert call.contact and call.contact.phone == phone
    assert writing.contact and form in writing.contact.url
    assert [action.code for action in steps.actions if action.due_hours] == [writing.code]
    assert writing.due_hours == 48


TOLD_OUTSIDE = {ELSEWHERE: "elsewhere-guidance", UNKNOWN_AREA: "find-out-area"}


@pytest.mark.parametrize("area", OUTSIDE)
@pytest.mark.parametrize("judgement", [1, 2, 3, 4])
@pytest.mark.parametrize("harm", KNOWN)
def test_a_place_outside_gets_actions_and_nothing_of_these_councils(
    ddscp: Guidance, contacts: tuple[Contact, ...], area: str, judgement: int, harm: str
) -> None:
    outside = concern(HARM_AT_4, area=area, significant_harm=harm)
    steps = steps_for(outside, ddscp, contacts, judgement)
    assert (steps.contacts, steps.pathway, steps.services) == ((), (), ())
    assert not [action for action in steps.actions if action.contact]
    check(steps, {TOLD_OUTSIDE[area], "review"}, set())
    assert ("phone-now-elsewhere" in codes(steps)) == (harm == "yes")


def test_that_this_guidance_does_not_apply_is_said_of_another_place_alone(
    ddscp: Guidance, contacts: tuple[Contact, ...]
) -> None:
    """A child of whom nobody knows where they live may live here."""
    for area in OUTSIDE:
        for judgement in (1, 2, 3, 4):
            steps = steps_for(concern(NEED_AT_4, area=area), ddscp, contacts, judgement)
            assert TOLD_OUTSIDE.keys() - {area} == {
                other for other, code in TOLD_OUTSIDE.items() if code not in codes(steps)
            }
            assert not any("not this one" in action.text for action in steps.actions)


# Derbyshire: early help first, unless it is child protection.

FIRST = "early-help-first-derbyshire"
UNLESS_HARM = "early-help-unless-harm-derbyshire"
REFUSED = "no-assessment-refused-derbyshire"
ESCALATED = "no-assessment-escalation-derbyshire"
UNSAFE = "no-assessment-unsafe-derbyshire"
EARLY_HELP = {FIRST, UNLESS_HARM, REFUSED, ESCALATED, UNSAFE}


def early_help(assessment: str, agreement: str, escalation: str, harm: str, level: int) -> set[str]:
    """What section 6 says about an Early Help Assessment, as a table."""
    if harm == HARM or assessment == "yes":
        return set()
    ways = {"refused": {REFUSED}, "unsafe": {UNSAFE}}.get(agreement, set())
    if escalation == "yes":
        return (ways - {UNSAFE}) | {ESCALATED}
    return ways or {UNLESS_HARM if level == 4 and harm == UNDECIDED else FIRST}


@pytest.mark.parametrize("agreement", AGREEMENTS)
@pytest.mark.parametrize("assessment", KNOWN)
@pytest.mark.parametrize("level", [3, 4])
def test_early_help_first_in_derbyshire(
    ddscp: Guidance, contacts: tuple[Contact, ...], level: int, assessment: str, agreement: str
) -> None:
    for escalation, harm in itertools.product(KNOWN, KNOWN):
        steps = steps_for(
            concern(
                "dd104",
                area="derbyshire",
                assessment=assessment,
                agreement=agreement,
                sudden_escalation=escalation,
                significant_harm=harm,
            ),
            ddscp,
            contacts,
            judgement=level,
        )
        expected = early_help(assessment, agreement, escalation, harm, level)
        assert EARLY_HELP & set(codes(steps)) == expected, (escalation, harm)
        # With or without an assessment, the way to the council stays open.
        way = "phone-now-derbyshire" if harm == HARM else f"refer-{level}-derbyshire"
        assert way in codes(steps)


@pytest.mark.parametrize(
    ("harm", "sign", "wanted", "unwanted"),
    [
        (UNDECIDED, HARM_AT_4, {"decide-harm-derbyshire", UNLESS_HARM}, {FIRST}),
        (UNDECIDED, NEED_AT_4, {"decide-harm-derbyshire", UNLESS_HARM}, {FIRST}),
        (NO_HARM, HARM_AT_4, {FIRST}, {"decide-harm-derbyshire", UNLESS_HARM}),
        (NO_HARM, NEED_AT_4, {FIRST}, {"decide-harm-derbyshire", UNLESS_HARM}),
        (HARM, HARM_AT_4, {"phone-now-derbyshire"}, {FIRST, UNLESS_HARM, "refer-4-derbyshire"}),
    ],
)
def test_an_open_question_of_harm_is_settled_before_early_help(
    ddscp: Guidance,
    contacts: tuple[Contact, ...],
    harm: str,
    sign: str,
    wanted: set[str],
    unwanted: set[str],
) -> None:
    steps = steps_for(concern(sign, area="derbyshire", significant_harm=harm), ddscp, contacts)
    check(steps, wanted, unwanted)
    order = [code for code in codes(steps) if code in ("decide-harm-derbyshire", UNLESS_HARM)]
    assert order == sorted(order)


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize(
    ("signs", "judgement", "undecided"),
    [
        (["dd119"], None, True),  # physical chastisement, at Level 3
        (["dd119"], 1, True),
        ([HARM_AT_4], 2, True),
        ([NEED_AT_4], None, True),
        (["dd032"], 4, True),
        (["dd104", "dd105"], None, False),
        ([], None, False),
    ],
)
def test_harm_that_nobody_has_decided_on_is_to_be_decided(
    ddscp: Guidance,
    contacts: tuple[Contact, ...],
    area: str,
    signs: list[str],
    judgement: int | None,
    undecided: bool,
) -> None:
    code = f"decide-harm-{area if area in PLACES else 'elsewhere'}"
    steps = steps_for(concern(*signs, area=area), ddscp, contacts, judgement)
    assert (code in codes(steps)) == undecided
    # It says to decide without delay: so it cannot be called a matter for a plan.
    assert not undecided or steps.urgency == "without_delay"
    decided = steps_for(concern(*signs, area=area, significant_harm="no"), ddscp, contacts)
    assert code not in codes(decided)


# Derby: two routes at Level 3, and the Schools Offer.


@pytest.mark.parametrize(
    ("answered", "judgement", "wanted", "unwanted"),
    [
        (
            {"assessment": "yes"},
            3,
            {"vcm-derby", "refer-3-derby", "derby-differs"},
            {"talk-with-referrer-derby"},
        ),
        (
            {"assessment": "no"},
            3,
            {"refer-3-derby", "derby-differs", "talk-with-referrer-derby"},
            {"vcm-derby"},
        ),
        (
            {"assessment": "unknown"},
            3,
            {"refer-3-derby", "derby-differs", "talk-with-referrer-derby"},
            {"vcm-derby"},
        ),
        (
            {"agreement": "refused"},
            3,
            {"refused", "refused-level-3", "refer-3-derby"},
            {"ask-agreement"},
        ),
        ({"agreement": "not_asked"}, 3, {"ask-agreement", "refer-3-derby"}, {"refused"}),
        ({}, 4, {"refer-4-derby", "refer-4-derby-form", "discuss-lead-4"}, {"derby-differs"}),
        (
            {"plan_tried": "yes"},
            2,
            {"plan-failed-derby", "higher-to-discuss"},
            {"refer-3-derby"},
        ),
        ({"plan_tried": "no"}, 2, {"plan-2", "family-2"}, {"plan-failed-derby"}),
        ({"assessment": "yes"}, 2, {"family-2-assessed"}, {"family-2"}),
        (
            {"agreement": "refused", "assessment": "yes"},
            2,
            {"refused-level-2"},
            {"family-2", "family-2-assessed", "plan-2"},
        ),
        (
            {"agreement": "refused", "assessment": "yes"},
            3,
            {"documents-without-agreement", "vcm-derby", "refer-3-derby"},
            {"written-consent"},
        ),
        (
            {"agreement": "given", "assessment": "yes"},
            3,
            {"written-consent", "vcm-derby", "refer-3-derby"},
            {"documents-without-agreement", "refused"},
        ),
        ({"agreement": "unsafe"}, 2, {"plan-2-unsafe", "unsafe-harm"}, {"plan-2", "family-2"}),
        ({}, 1, {"family-1", "plan-1", "pre-assessment-derby"}, {"refer-3-derby", "plan-2"}),
        ({"agreement": "refused"}, 1, {"family-1", "plan-1"}, {"pre-assessment-derby"}),
    ],
)
def test_derby(
    ddscp: Guidance,
    contacts: tuple[Contact, ...],
    answered: dict[str, Any],
    judgement: int,
    wanted: set[str],
    unwanted: set[str],
) -> None:
    steps = steps_for(concern("dd032", area="derby", **answered), ddscp, contacts, judgement)
    check(steps, wanted, unwanted)


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("judgement", [1, 2, 3, 4])
@pytest.mark.parametrize("school", [True, False])
def test_the_schools_offer_is_for_schools_in_derby_at_level_2(
    ddscp: Guidance, contacts: tuple[Contact, ...], area: str, judgement: int, school: bool
) -> None:
    case = replace(concern("dd032", area=area), school=school)
    offered = "schools-offer-derby" in codes(steps_for(case, ddscp, contacts, judgement))
    assert offered == ((area, judgement, school) == ("derby", 2, True))


@pytest.mark.parametrize("area", PLACES)
@pytest.mark.parametrize("judgement", [1, 2, 3, 4])
def test_the_advice_line_of_the_area_is_named_at_every_level(
    ddscp: Guidance, contacts: tuple[Contact, ...], area: str, judgement: int
) -> None:
    steps = steps_for(concern(area=area), ddscp, contacts, judgement)
    action = next(action for action in steps.actions if action.code == f"advice-{area}")
    assert action.contact and (action.contact.purpose, action.contact.area) == ("advice", area)
    assert [step.step for step in steps.pathway] == [1, 2, 3]
    assert {step.level for step in steps.pathway} == {judgement}
    assert {service.level for service in steps.services} == {judgement}


# Routes of their own, and the level that is acted on.


@pytest.mark.parametrize(
    ("sign", "route"),
    [
        ("dd215", "allegations"),
        ("dd214", "honour-based-abuse-fgm"),
        ("dd207", "radicalisation"),
        ("dd117", "radicalisation"),
        ("dd212", "private-fostering"),
        ("dd211", "trafficking"),
        ("dd210", "unaccompanied-asylum"),
    ],
)
@pytest.mark.parametrize("danger", ["yes", "no"])
def test_a_special_route_comes_before_the_family_and_after_the_call(
    ddscp: Guidance, contacts: tuple[Contact, ...], sign: str, route: str, danger: str
) -> None:
    found = codes(steps_for(concern(sign, danger=danger), ddscp, contacts, judgement=4))
    assert found.index(route) < found.index("family-4")
    if danger == "yes":
        assert found[:2] == ["call-999", "phone-now-derby"]
    without = codes(steps_for(concern("dd147", danger=danger), ddscp, contacts, judgement=4))
    assert route not in without


@pytest.mark.parametrize(
    ("signs", "judgement", "level", "is_referral", "wanted"),
    [
        ([HARM_AT_4], 1, 1, False, {"difference", "discuss-manager", "decide-harm-derby"}),
        ([HARM_AT_4], None, 4, True, {"refer-4-derby", "decide-harm-derby"}),
        (["dd104"], 2, 2, False, {"higher-to-discuss"}),
        (["dd104"], 3, 3, True, {"refer-3-derby"}),
        (["dd104"], None, 2, False, {"higher-to-discuss"}),
        ([], 4, 4, True, {"refer-4-derby"}),
    ],
)
def test_the_practitioners_level_is_acted_on_and_a_difference_is_said(
    ddscp: Guidance,
    contacts: tuple[Contact, ...],
    signs: list[str],
    judgement: int | None,
    level: int,
    is_referral: bool,
    wanted: set[str],
) -> None:
    steps = steps_for(concern(*signs), ddscp, contacts, judgement)
    assert (steps.level, steps.is_referral) == (level, is_referral)
    check(steps, wanted, set())


def test_a_level_judged_higher_is_as_urgent_as_that_level(
    ddscp: Guidance, contacts: tuple[Contact, ...]
) -> None:
    quiet = concern("dd032")
    assert read(quiet, ddscp).urgency == "plan"
    assert steps_for(quiet, ddscp, contacts, judgement=4).urgency == "without_delay"


def test_a_contact_that_an_area_lost_leaves_the_action_standing(ddscp: Guidance) -> None:
    steps = steps_for(concern(danger="yes"), ddscp, contacts=())
    call = next(action for action in steps.actions if action.code == "phone-now-derby")
    assert call.contact is None
    assert call.text
