"""What the pages of some steps show beside their form."""

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from referrals import answers, signs_page
from referrals.deadlines import council_called, due_by
from referrals.fields import StepForm
from referrals.summary import Facts
from thresholds.consent import points
from thresholds.context import currency

Context = dict[str, Any]


def evidence(facts: Facts, form: StepForm) -> Context:
    codes = answers.items(facts.known, "signs", "codes")
    return {
        "signs": [
            (facts.guidance.by_code[code], form[f"seen_by_{code}"], form[f"note_{code}"])
            for code in codes
        ]
    }


def reading(facts: Facts, form: StepForm) -> Context:
    """Return the band of levels, with a mark for "you" and a span for "the guidance"."""
    read = facts.reading
    return {
        "reading": read,
        "judgement": facts.guidance.level_by_number.get(facts.judgement or 0),
        "level": facts.guidance.level_by_number[read.level],
        "up_to": facts.guidance.level_by_number[read.up_to],
        "differs": answers.differs(read, facts.judgement),
        "asks_harm": "significant_harm" in form.fields,
        "band": [
            {
                "level": level,
                "you": level.number == facts.judgement,
                "guidance": level.number == read.level,
                "discuss": read.level < level.number <= read.up_to,
            }
            for level in facts.guidance.levels
        ],
    }


def next_steps(facts: Facts, form: StepForm) -> Context:
    called_at = council_called(facts.known)
    contacts = {step.code: step.contact for step in facts.steps.actions if step.contact}
    today = timezone.localdate()
    return {
        "called": called_at,
        "steps": facts.steps,
        "reading": facts.reading,
        "judged": facts.judgement,
        "level": facts.guidance.level_by_number[facts.steps.level],
        "read_level": facts.guidance.level_by_number[facts.reading.level],
        "due": {action.code: due_by(action.due_hours, called_at) for action in facts.steps.actions},
        "standing": {code: currency(contact, today) for code, contact in contacts.items()},
    }


def consent(facts: Facts, form: StepForm) -> Context:
    return {"points": points(answers.consent_of(facts.known), facts.guidance)}


def agreement(facts: Facts, form: StepForm) -> Context:
    return {"child_protection": facts.reading.child_protection}


EXTRA: dict[str, Callable[[Facts, StepForm], Context]] = {
    "signs": signs_page.signs,
    "evidence": evidence,
    "reading": reading,
    "agreement": agreement,
    "next-steps": next_steps,
    "sharing": consent,
}


def beside(slug: str, facts: Facts, form: StepForm) -> Context:
    """Return what the page of the step `slug` shows beside its form."""
    return EXTRA[slug](facts, form) if slug in EXTRA else {}
