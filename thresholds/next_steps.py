"""What to do next: the actions of the edition that apply to a concern as it was read.

An action is a row of the edition. Its `when` maps facts to the values under which it
applies, and every fact named must match:

level              the level acted on, e.g. [1, 2]
child_protection   [true] or [false]
harm_undecided     [true] while nobody has said whether there is significant harm, at the
                   highest level or where the signs raise that question
reading_is_higher  [true] when the guidance reads higher than the practitioner judged
higher_to_discuss  [true] when it does not, and yet puts a higher level up for discussion
area               e.g. ["elsewhere", "unknown"], where the row itself belongs to no area
danger, significant_harm, assessment, plan_tried, sudden_escalation, agreement, school

The routes of their own that some signs have come after what is done at once and before the
rest, so that nobody talks with the family first.

Source: sections 3 and 6 and Appendices 1 and 2 of the threshold document.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import takewhile

from thresholds.concern import AGREEMENTS, ELSEWHERE, KNOWN, UNKNOWN_AREA, Concern
from thresholds.guidance import Contact, Guidance, NextStepRule, PathwayStep, Service, SpecialRoute
from thresholds.reading import URGENCIES, Reading, urgency_at


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
    """What follows at `level`, the level acted on.

    `urgency` is the level's own, or the reading's where that is more urgent. To decide whether
    there is significant harm cannot wait for a plan, whatever the level: `harm_undecided`.
    """

    level: int
    urgency: str
    is_referral: bool
    harm_undecided: bool
    actions: tuple[Action, ...]
    pathway: tuple[PathwayStep, ...]
    contacts: tuple[Contact, ...]
    services: tuple[Service, ...]


# How urgent it is to decide whether there is significant harm.
UNDECIDED_HARM = "without_delay"

# Fact -> the values that a concern can give it. Those of level and area are the edition's.
FACTS: dict[str, tuple[object, ...]] = {
    "level": (),
    "child_protection": (True, False),
    "harm_undecided": (True, False),
    "reading_is_higher": (True, False),
    "higher_to_discuss": (True, False),
    "area": (ELSEWHERE, UNKNOWN_AREA),
    "danger": KNOWN,
    "significant_harm": KNOWN,
    "assessment": KNOWN,
    "plan_tried": KNOWN,
    "sudden_escalation": KNOWN,
    "agreement": AGREEMENTS,
    "school": (True, False),
}


def wrong_conditions(when: object, levels: Iterable[int], areas: Iterable[str]) -> list[str]:
    """Return, in words, what in `when` names nothing that a concern can be."""
    if not isinstance(when, Mapping):
        return ["“when” is not a list of facts and their values"]
    known = FACTS | {"level": tuple(levels), "area": (*FACTS["area"], *areas)}
    wrong = []
    for fact, values in when.items():
        if fact not in known:
            wrong.append(f"“{fact}” is no fact")
        elif not isinstance(values, list) or not values:
            wrong.append(f"“{fact}” needs a list of values")
        else:
            # 1 == True in Python, and is no level.
            typed = {(type(value), value) for value in known[fact]}
            wrong += [f"“{value}” is no {fact}" for value in values if _typed(value) not in typed]
            if len({_typed(value) for value in values}) < len(values):
                wrong.append(f"“{fact}” gives a value twice")
    return wrong


def _typed(value: object) -> tuple[type, object]:
    return type(value), value if isinstance(value, (str, int)) else None


def level_acted_on(reading: Reading, judgement: int | None, guidance: Guidance) -> int:
    """Return the practitioner's own level, or the reading's while they have not judged.

    Child protection is not a matter of levels: it is always acted on at the highest.
    """
    if reading.child_protection:
        return guidance.highest()
    return reading.level if judgement is None else judgement


def asks_about_harm(reading: Reading, level: int, guidance: Guidance) -> bool:
    """Say whether somebody must decide if there is significant harm, decided or not.

    The signs can raise that question, and so does acting on the highest level.
    """
    return reading.asks_significant_harm or level == guidance.highest()


def next_steps(
    reading: Reading,
    concern: Concern,
    guidance: Guidance,
    contacts: Iterable[Contact],
    judgement: int | None = None,
) -> NextSteps:
    """Return what to do about `concern`, first things first. It is never nothing.

    `contacts` are those of the partnership's areas as they stand today; only the
    concern's own area's are used. A place outside the partnership gets none of its
    contacts, pathway or services.
    """
    level = level_acted_on(reading, judgement, guidance)
    own = tuple(contact for contact in contacts if contact.area == concern.area)
    undecided = _harm_undecided(reading, concern, level, guidance)
    urgencies = [reading.urgency, urgency_at(level, concern.area, guidance)]
    if undecided:
        urgencies.append(UNDECIDED_HARM)
    facts: dict[str, object] = {
        "level": level,
        "child_protection": reading.child_protection,
        "harm_undecided": undecided,
        "reading_is_higher": reading.level > level,
        "higher_to_discuss": reading.level <= level < reading.up_to,
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
        urgency=max(urgencies, key=URGENCIES.index),
        is_referral=reading.child_protection or guidance.level_by_number[level].is_referral,
        harm_undecided=undecided,
        actions=_actions(guidance, concern, facts, own),
        pathway=guidance.steps_of(concern.area, level),
        contacts=own,
        services=guidance.services_of(level) if concern.area in guidance.areas else (),
    )


def _harm_undecided(reading: Reading, concern: Concern, level: int, guidance: Guidance) -> bool:
    if reading.child_protection or concern.significant_harm != "unknown":
        return False
    return asks_about_harm(reading, level, guidance)


def _actions(
    guidance: Guidance, concern: Concern, facts: dict[str, object], contacts: tuple[Contact, ...]
) -> tuple[Action, ...]:
    by_purpose = {contact.purpose: contact for contact in reversed(contacts)}
    rules = [rule for rule in guidance.next_steps if applies(rule, facts)]
    actions = tuple(
        Action(rule.code, rule.text, rule.section, rule.due_hours, by_purpose.get(rule.contact))
        for rule in rules
    )
    first = len(list(takewhile(_is_done_at_once, rules)))
    return actions[:first] + _special(guidance, concern) + actions[first:]


def _is_done_at_once(rule: NextStepRule) -> bool:
    return rule.when.get("danger") == ("yes",) or rule.when.get("child_protection") == (True,)


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
