"""What to do next: the actions of the edition that apply to a concern as it was read.

An action is a row of the edition. Its `when` maps facts to the values under which it
applies, and every fact named must match:

level             the level acted on, e.g. [1, 2]
child_protection  [true] or [false]
reading_is_higher [true] when the guidance reads higher than the practitioner judged
area              e.g. ["elsewhere", "unknown"], where the row itself belongs to no area
danger, significant_harm, assessment, plan_tried, sudden_escalation, agreement, school

Source: sections 3 and 6 and Appendices 1 and 2 of the threshold document.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from thresholds.concern import Concern
from thresholds.guidance import Contact, Guidance, NextStepRule, PathwayStep, Service, SpecialRoute
from thresholds.reading import Reading


@dataclass(frozen=True)
class Action:
    """Something to do. `due_hours` counts from the telephone call, None for no deadline."""

    code: str
    text: str
    section: str
    due_hours: int | None = None
    contact: Contact | None = None


@dataclass(frozen=True)
class NextSteps:
    """What follows at `level`, the level acted on."""

    level: int
    is_referral: bool
    actions: tuple[Action, ...]
    pathway: tuple[PathwayStep, ...]
    contacts: tuple[Contact, ...]
    services: tuple[Service, ...]


def level_acted_on(reading: Reading, judgement: int | None, guidance: Guidance) -> int:
    """Return the practitioner's own level, or the reading's while they have not judged.

    Child protection is not a matter of levels: it is always acted on at the highest.
    """
    if reading.child_protection:
        return guidance.highest()
    return reading.level if judgement is None else judgement


def next_steps(
    reading: Reading,
    concern: Concern,
    guidance: Guidance,
    contacts: Iterable[Contact],
    judgement: int | None = None,
) -> NextSteps:
    """Return what to do about `concern`, first things first. It is never nothing.

    `contacts` are those of the partnership's areas as they stand today; only the
    concern's own area's are used.
    """
    level = level_acted_on(reading, judgement, guidance)
    own = tuple(contact for contact in contacts if contact.area == concern.area)
    facts: dict[str, object] = {
        "level": level,
        "child_protection": reading.child_protection,
        "reading_is_higher": reading.level > level,
        "area": concern.area,
        "danger": concern.danger,
        "significant_harm": concern.significant_harm,
        "assessment": concern.assessment,
        "plan_tried": concern.plan_tried,
        "sudden_escalation": concern.sudden_escalation,
        "agreement": concern.agreement,
        "school": concern.school,
    }
    return NextSteps(
        level=level,
        is_referral=reading.child_protection or guidance.level_by_number[level].is_referral,
        actions=_actions(guidance, facts, own) + _special(guidance, concern),
        pathway=guidance.steps_of(concern.area, level),
        contacts=own,
        services=guidance.services_of(level),
    )


def _actions(
    guidance: Guidance, facts: dict[str, object], contacts: tuple[Contact, ...]
) -> tuple[Action, ...]:
    by_purpose = {contact.purpose: contact for contact in reversed(contacts)}
    return tuple(
        Action(rule.code, rule.text, rule.section, rule.due_hours, by_purpose.get(rule.contact))
        for rule in guidance.next_steps
        if applies(rule, facts)
    )


def applies(rule: NextStepRule, facts: dict[str, object]) -> bool:
    """Say whether every fact that `rule` names has one of the values it names."""
    if rule.area and rule.area != facts["area"]:
        return False
    return all(facts[fact] in values for fact, values in rule.when.items())


def special_routes(guidance: Guidance, concern: Concern) -> tuple[SpecialRoute, ...]:
    """Return the routes of their own that the chosen signs have."""
    return tuple(r for r in guidance.special_routes if r.indicators & concern.indicators)


def _special(guidance: Guidance, concern: Concern) -> tuple[Action, ...]:
    return tuple(Action(r.code, r.text, r.section) for r in special_routes(guidance, concern))
