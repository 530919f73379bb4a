"""Concerns of every kind, and what must hold of how any of them is read."""

from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from thresholds.concern import AGREEMENTS, ELSEWHERE, KNOWN, UNKNOWN_AREA, Concern
from thresholds.guidance import Guidance
from thresholds.reading import URGENCIES, Reading

CODES = [f"dd{number:03}" for number in range(1, 216)]
STRENGTHS = CODES[:31]
SHARED = {
    "bereavement": ["dd060", "dd114", "dd171"],
    "community-facilities": ["dd102", "dd136", "dd205"],
    "antisocial-behaviour": ["dd103", "dd137", "dd206"],
    "social-exclusion": ["dd100", "dd134"],
    "low-tolerance": ["dd101", "dd135"],
}
SHARED_CODES = [code for codes in SHARED.values() for code in codes]
AREAS = ["derby", "derbyshire", ELSEWHERE, UNKNOWN_AREA]

answers = st.sampled_from(KNOWN)
codes = st.one_of(st.sampled_from(CODES), st.sampled_from(SHARED_CODES))
sets_of_codes = st.frozensets(codes, max_size=5)
concerns = st.builds(
    Concern,
    area=st.sampled_from(AREAS),
    indicators=sets_of_codes,
    danger=answers,
    significant_harm=answers,
    assessment=answers,
    plan_tried=answers,
    sudden_escalation=answers,
    agreement=st.sampled_from(AGREEMENTS),
    school=st.booleans(),
)
modestly = settings(max_examples=60, deadline=None)


def concern(*signs: str, area: str = "derby", **answered: Any) -> Concern:
    return Concern(area=area, indicators=frozenset(signs), **answered)


def answering(concern: Concern, **answered: Any) -> Concern:
    return replace(concern, **answered)


def heights(reading: Reading) -> tuple[int, ...]:
    """Everything about a reading that more worry may raise and must never lower."""
    return (
        reading.level,
        reading.up_to,
        URGENCIES.index(reading.urgency),
        int(reading.child_protection),
        int(reading.asks_significant_harm),
    )


def is_no_lower(reading: Reading, than: Reading) -> bool:
    return all(a >= b for a, b in zip(heights(reading), heights(than), strict=True))


def is_sound(reading: Reading, concern: Concern, guidance: Guidance) -> bool:
    """Say whether `reading` is explained by its own reasons and by nothing else."""
    supported = max(reason.supports for reason in reading.reasons)
    opened = max(reason.opens for reason in reading.reasons)
    return (
        1 <= reading.level == supported
        and reading.up_to == max(reading.level, opened)
        and all(reason.text and reason.section for reason in reading.reasons)
        and all(
            sign.code in concern.indicators and guidance.by_code[sign.code] == sign
            for reason in reading.reasons
            for sign in reason.indicators
        )
    )
