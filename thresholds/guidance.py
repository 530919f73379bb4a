"""One whole edition of the guidance as plain values, without Django.

Everything that reads guidance (the reading, next steps, consent, the summary) takes a
`Guidance`. `thresholds.load` builds one from the database.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Level:
    number: int
    name: str
    description: str
    referral_route: str
    needs: str
    services_note: str
    outcome: str
    strengths: bool
    is_referral: bool
    section: str
    heading: str

    @property
    def title(self) -> str:
        return f"Level {self.number} {self.name}"


@dataclass(frozen=True)
class Domain:
    code: str
    name: str
    section: str


@dataclass(frozen=True)
class Indicator:
    """`shared_key` is empty unless the wording is printed at several levels.

    `sayings` are everyday words for it: the project's own, never shown as the source's.
    """

    code: str
    level: int
    domain: str
    text: str
    section: str
    heading: str
    shared_key: str = ""
    sayings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ladder:
    """One worry across the levels, in this project's own grouping: codes, lowest level first."""

    code: str
    name: str
    summary: str
    indicators: tuple[str, ...]


@dataclass(frozen=True)
class Service:
    level: int
    name: str
    section: str


@dataclass(frozen=True)
class PathwayStep:
    """`text` holds a paragraph a line, as printed."""

    area: str
    level: int
    step: int
    title: str
    text: str
    section: str


@dataclass(frozen=True)
class Question:
    code: str
    text: str
    childs_voice: bool
    section: str


@dataclass(frozen=True)
class Term:
    term: str
    acronym: str
    definition: str
    section: str


@dataclass(frozen=True)
class ConsentPoint:
    """Something to consider on a path; `records` names what it asks to be recorded."""

    code: str
    path: str
    text: str
    records: str
    section: str


@dataclass(frozen=True)
class SpecialRoute:
    code: str
    name: str
    text: str
    contact: str
    indicators: frozenset[str]
    section: str


@dataclass(frozen=True)
class Rule:
    """One rule of the reading. `thresholds.reading` says which fields each kind uses."""

    code: str
    kind: str
    text: str
    section: str
    about: str = ""
    level: int | None = None
    at_least: int | None = None
    supports: int | None = None
    opens: int | None = None
    child_protection: bool = False
    urgency: str = ""
    would_change: str = ""
    area: str = ""
    indicators: frozenset[str] = frozenset()


@dataclass(frozen=True)
class NextStepRule:
    """Something to do, and when: `when` maps a fact to the values under which it applies."""

    code: str
    area: str
    when: Mapping[str, tuple[object, ...]]
    text: str
    due_hours: int | None
    contact: str
    section: str


@dataclass(frozen=True)
class Contact:
    """A telephone line or form of an area. Dates are ISO 8601 text, empty when not known.

    `hours` are as printed; `opening` is the data that thresholds.opening reads.
    """

    area: str
    purpose: str
    name: str
    phone: str
    hours: str
    url: str
    source: str
    checked_on: str
    review_by: str
    opening: Mapping[str, object] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Guidance:
    """One edition. An edition without indicators can be read but not worked with."""

    slug: str
    title: str
    partnership: str
    source_date: str
    areas: tuple[str, ...]
    levels: tuple[Level, ...] = ()
    domains: tuple[Domain, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    services: tuple[Service, ...] = ()
    pathway_steps: tuple[PathwayStep, ...] = ()
    questions: tuple[Question, ...] = ()
    terms: tuple[Term, ...] = ()
    consent: tuple[ConsentPoint, ...] = ()
    special_routes: tuple[SpecialRoute, ...] = ()
    rules: tuple[Rule, ...] = ()
    next_steps: tuple[NextStepRule, ...] = ()
    ladders: tuple[Ladder, ...] = ()

    @property
    def for_reading_only(self) -> bool:
        """Whether no concern can be read against this edition."""
        return not self.indicators

    @cached_property
    def by_code(self) -> dict[str, Indicator]:
        return {indicator.code: indicator for indicator in self.indicators}

    @cached_property
    def level_by_number(self) -> dict[int, Level]:
        return {level.number: level for level in self.levels}

    @cached_property
    def domain_by_code(self) -> dict[str, Domain]:
        return {domain.code: domain for domain in self.domains}

    @cached_property
    def ladder_by_code(self) -> dict[str, Ladder]:
        return {ladder.code: ladder for ladder in self.ladders}

    @cached_property
    def ladders_of(self) -> dict[str, tuple[Ladder, ...]]:
        """Indicator code -> the ladders on which it stands."""
        return {
            code: tuple(ladder for ladder in self.ladders if code in ladder.indicators)
            for code in self.by_code
        }

    @cached_property
    def strength_codes(self) -> frozenset[str]:
        lanes = {level.number for level in self.levels if level.strengths}
        return frozenset(i.code for i in self.indicators if i.level in lanes)

    @cached_property
    def levels_of_wording(self) -> dict[str, tuple[int, ...]]:
        """Shared key -> the levels that print the wording as a worry, lowest first.

        A wording that is left at a single level is shared no more.
        """
        found: dict[str, set[int]] = {}
        for indicator in self.indicators:
            if indicator.shared_key and indicator.code not in self.strength_codes:
                found.setdefault(indicator.shared_key, set()).add(indicator.level)
        return {key: tuple(sorted(levels)) for key, levels in found.items() if len(levels) > 1}

    def rules_of(self, kind: str) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.kind == kind)

    def services_of(self, level: int) -> tuple[Service, ...]:
        return tuple(service for service in self.services if service.level == level)

    def steps_of(self, area: str, level: int) -> tuple[PathwayStep, ...]:
        return tuple(s for s in self.pathway_steps if s.area == area and s.level == level)

    def lowest(self) -> int:
        return min(level.number for level in self.levels)

    def highest(self) -> int:
        return max(level.number for level in self.levels)
