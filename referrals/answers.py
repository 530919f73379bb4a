"""What the saved answers say, as the values that the pure guidance code takes.

The keys are the steps' slugs and their forms' field names; every reader of saved answers
goes through here. Pure: no Django.
"""

from collections.abc import Iterable
from typing import cast

from referrals.journey import Answers
from thresholds.concern import UNKNOWN_AREA, Agreement, Concern, Known
from thresholds.consent import Consent
from thresholds.guidance import Contact, Guidance
from thresholds.next_steps import NextSteps, level_acted_on, next_steps
from thresholds.reading import Reading, read

NOT_SURE = "not_sure"


def text(known: Answers, step: str, field: str) -> str:
    """Return what was answered, or "" where nothing was."""
    value = known.get(step, {}).get(field)
    return "" if value is None else str(value)


def items(known: Answers, step: str, field: str) -> tuple[str, ...]:
    """Return the ticked values of a list of checkboxes."""
    values = known.get(step, {}).get(field)
    return tuple(map(str, values)) if isinstance(values, list) else ()


def place(known: Answers) -> str:
    """Return the slug of the child's area, or "elsewhere" or "unknown"."""
    return text(known, "area", "place") or UNKNOWN_AREA


def concern_of(known: Answers, guidance: Guidance) -> Concern:
    """Return the concern as far as it has been told. Codes of other editions drop out."""
    return Concern(
        area=place(known),
        indicators=frozenset(items(known, "signs", "codes")) & guidance.by_code.keys(),
        danger=_known(text(known, "danger", "danger")),
        significant_harm=_known(text(known, "reading", "significant_harm")),
        assessment=_known(text(known, "in-place", "assessment")),
        plan_tried=_known(text(known, "in-place", "plan_tried")),
        sudden_escalation=_known(text(known, "in-place", "sudden_escalation")),
        agreement=cast(Agreement, text(known, "agreement", "agreement") or "unknown"),
        school=known.get("area", {}).get("school") is True,
        unknown_domains=frozenset(items(known, "signs", "unknown_domains")),
    )


def _known(answer: str) -> Known:
    return cast(Known, answer or "unknown")


def reading_of(known: Answers, guidance: Guidance) -> Reading:
    return read(concern_of(known, guidance), guidance)


def judgement_of(known: Answers) -> int | None:
    """Return the level that the practitioner judged, None while they have not or are unsure."""
    level = text(known, "judgement", "level")
    return int(level) if level.isdigit() else None


def differs(reading: Reading, judgement: int | None) -> bool:
    """Say whether the judgement lies outside the range of levels that the reading gives."""
    return judgement is not None and not reading.level <= judgement <= reading.up_to


def steps_of(known: Answers, guidance: Guidance, contacts: Iterable[Contact] = ()) -> NextSteps:
    """Return what to do next, as far as the concern has been told."""
    concern = concern_of(known, guidance)
    return next_steps(read(concern, guidance), concern, guidance, contacts, judgement_of(known))


def leads_to_referral(known: Answers, guidance: Guidance) -> bool:
    """Say whether what was judged, or what the guidance reads, is a matter for the council."""
    reading = reading_of(known, guidance)
    levels = {level_acted_on(reading, judgement_of(known), guidance), reading.level}
    return any(guidance.level_by_number[level].is_referral for level in levels)


def consent_of(known: Answers) -> Consent:
    """Return what was recorded about agreement and sharing, from its two steps."""
    merged: dict[str, object] = {}
    for step in ("agreement", "sharing"):
        merged |= known.get(step, {})
    fields = Consent.__dataclass_fields__
    return Consent(**{key: str(value) for key, value in merged.items() if key in fields and value})  # type: ignore[arg-type]
