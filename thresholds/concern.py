"""A concern: what is known about a child, put so that it can be read against an edition."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from thresholds.guidance import Guidance

Known = Literal["yes", "no", "unknown"]
Agreement = Literal["given", "refused", "unsafe", "not_asked", "unknown"]

Answer = TypeVar("Answer", bound=str)

KNOWN: tuple[Known, ...] = ("yes", "no", "unknown")
AGREEMENTS: tuple[Agreement, ...] = ("given", "refused", "unsafe", "not_asked", "unknown")

# Where a child lives when no area of the partnership is known to be theirs.
ELSEWHERE = "elsewhere"
UNKNOWN_AREA = "unknown"


class ConcernError(ValueError):
    """A concern that cannot be read. The message is one plain line that says why."""


@dataclass(frozen=True)
class Concern:
    """What the practitioner has said. What nobody has said is unknown, never "no"."""

    area: str
    indicators: frozenset[str] = frozenset()
    danger: Known = "unknown"
    significant_harm: Known = "unknown"
    assessment: Known = "unknown"
    plan_tried: Known = "unknown"
    sudden_escalation: Known = "unknown"
    agreement: Agreement = "unknown"
    school: bool = False
    unknown_domains: frozenset[str] = field(default_factory=frozenset)

    def answer(self, about: str) -> str:
        """Return the answer to the question that a rule is about.

        Raises KeyError for a question that no concern answers: the rule is wrong.
        """
        return {
            "danger": self.danger,
            "significant_harm": self.significant_harm,
            "assessment": self.assessment,
            "plan_tried": self.plan_tried,
            "sudden_escalation": self.sudden_escalation,
            "agreement": self.agreement,
        }[about]


KEYS = {
    "edition", "area", "indicators", "danger", "significant_harm", "early_help",
    "agreement", "sudden_escalation", "school", "unknown_domains",
}  # fmt: skip


def quoted(value: object) -> str:
    """Return `value` for a message: on one line, and cut short where it is long."""
    words = repr(value)
    return words if len(words) <= 80 else f"{words[:80]}…"


def parse_concern(data: object, guidance: Guidance) -> Concern:
    """Return the concern that a JSON document describes, checked against `guidance`.

    Raises ConcernError with one line for a wrong shape, an unknown area or code.
    """
    if not isinstance(data, Mapping):
        raise ConcernError("The concern must be a JSON object.")
    for key in sorted(set(map(str, data)) - KEYS):
        raise ConcernError(f"{quoted(key)} is not a key of a concern.")
    early_help = data.get("early_help", {})
    if not isinstance(early_help, Mapping):
        raise ConcernError('"early_help" must be an object.')
    for key in sorted(set(map(str, early_help)) - {"assessment", "plan_tried"}):
        raise ConcernError(f'{quoted(key)} is not a key of "early_help".')
    return Concern(
        area=_area(data, guidance),
        indicators=_codes(data, "indicators", set(guidance.by_code), "indicator"),
        danger=_choice(data, "danger", KNOWN),
        significant_harm=_choice(data, "significant_harm", KNOWN),
        assessment=_choice(early_help, "assessment", KNOWN),
        plan_tried=_choice(early_help, "plan_tried", KNOWN),
        sudden_escalation=_choice(data, "sudden_escalation", KNOWN),
        agreement=_choice(data, "agreement", AGREEMENTS),
        school=_flag(data, "school"),
        unknown_domains=_codes(
            {"unknown_domains": [], **data},
            "unknown_domains",
            set(guidance.domain_by_code),
            "domain",
        ),
    )


def _area(data: Mapping[str, object], guidance: Guidance) -> str:
    area = data.get("area")
    if area not in guidance.areas:
        raise ConcernError(f'"area" must be one of: {", ".join(guidance.areas)}.')
    return str(area)


def _codes(data: Mapping[str, object], key: str, known: set[str], noun: str) -> frozenset[str]:
    codes = data.get(key)
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
        raise ConcernError(f'"{key}" must be a list of {noun} codes.')
    for code in codes:
        if code not in known:
            raise ConcernError(f"There is no {noun} with the code {quoted(code)} in this edition.")
    return frozenset(codes)


def _choice(data: Mapping[str, object], key: str, choices: tuple[Answer, ...]) -> Answer:
    value = data.get(key, "unknown")
    for choice in choices:
        if value == choice:
            return choice
    raise ConcernError(f'"{key}" must be one of: {", ".join(choices)}.')


def _flag(data: Mapping[str, object], key: str) -> bool:
    value = data.get(key, False)
    if not isinstance(value, bool):
        raise ConcernError(f'"{key}" must be true or false.')
    return value
