"""What the guidance indicates about a concern: a reading, explained, never a score.

The rules and their numbers are rows of the edition. Each kind of rule does one thing:

count    `at_least` indicators at `level` support the level `supports` and open the level
         `opens` for discussion; `at_least` 0 is what holds when no other count does
shared   a wording printed at several levels opens the highest of them; see `Signs`
opens    any of `indicators` opens the level `opens` for discussion
answer   "yes" to the question `about` supports `supports`, opens `opens`, and may make it
         child protection or hasten it; one with a `level` waits for a reading of that
         level or above, and only opens
harm     `indicators` name significant harm: whether there is any is asked, never counted
urgency  a reading of `level` or above in `area` (everywhere when empty) is this urgent
ask      what to ask about `about` while nobody knows: always, or once the highest level to
         discuss has come to `level`, or once any of `indicators` was chosen; with no
         `about` there is no answer, and it stays a question

Source: sections 2 and 4 and Appendix 3 of the threshold document.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from thresholds.concern import Concern
from thresholds.guidance import Guidance, Indicator, Rule

URGENCIES = ("plan", "without_delay", "now")
NOT_KNOWN = ("unknown", "not_asked")


@dataclass(frozen=True)
class Reason:
    """A rule that spoke, and the indicators that it rests on.

    `supports` is the level that the rule supports and `opens` the level that it puts up for
    discussion, 0 for none. A count also carries what the lesser counts at its level gave.
    """

    rule: Rule
    indicators: tuple[Indicator, ...] = ()
    supports: int = 0
    opens: int = 0

    @property
    def text(self) -> str:
        return self.rule.text

    @property
    def section(self) -> str:
        return self.rule.section

    @property
    def height(self) -> int:
        """The highest level that this reason has to do with."""
        return max([self.supports, self.opens, *(sign.level for sign in self.indicators)])


@dataclass(frozen=True)
class Prompt:
    """Something that is not known yet, or that would change the reading."""

    about: str
    text: str
    section: str


@dataclass(frozen=True)
class Reading:
    """`level` is what the rules support; `up_to` is the highest level to discuss.

    `asks_significant_harm` says whether the signs raise that question, answered or not.
    """

    level: int
    up_to: int
    child_protection: bool
    urgency: str
    asks_significant_harm: bool
    reasons: tuple[Reason, ...]
    would_change: tuple[Prompt, ...]
    ask: tuple[Prompt, ...]
    strengths: tuple[Indicator, ...]


@dataclass(frozen=True)
class Signs:
    """The worries of a concern and the level at which each counts.

    A wording printed at several levels counts once at a level. By itself it counts at the
    lowest of them. In the company of a sign that is not shared it counts at the others too,
    up to the level of that sign and never above the level at which it was chosen.
    """

    worries: tuple[Indicator, ...]
    levels_of_wording: dict[str, tuple[int, ...]]

    def at(self, level: int) -> tuple[Indicator, ...]:
        """Return the worries that count at `level`, each wording once."""
        return tuple(sign for sign in self._once if level in self._counts_at(sign))

    def shared(self) -> tuple[Indicator, ...]:
        return tuple(sign for sign in self.worries if self._is_shared(sign))

    def opened_by_wording(self, sign: Indicator) -> int:
        return self.levels_of_wording[sign.shared_key][-1]

    @cached_property
    def _once(self) -> tuple[Indicator, ...]:
        """Each wording at the highest level at which it was chosen, lowest first."""
        upwards = sorted(self.worries, key=lambda sign: sign.level)
        found = {(sign.shared_key, sign.shared_key or sign.code): sign for sign in upwards}
        return tuple(found.values())

    @cached_property
    def _company(self) -> int:
        return max((sign.level for sign in self.worries if not self._is_shared(sign)), default=0)

    def _is_shared(self, sign: Indicator) -> bool:
        return sign.shared_key in self.levels_of_wording

    def _counts_at(self, sign: Indicator) -> set[int]:
        if not self._is_shared(sign):
            return {sign.level}
        levels = self.levels_of_wording[sign.shared_key]
        ceiling = max(levels[0], min(sign.level, self._company))
        return {level for level in levels if level <= ceiling}


def read(concern: Concern, guidance: Guidance) -> Reading:
    """Return what `guidance` indicates about `concern`.

    Raises ValueError for a code that the edition does not have.
    """
    unknown = concern.indicators - guidance.by_code.keys()
    if unknown:
        raise ValueError(f"No such indicators in {guidance.slug}: {sorted(unknown)}")
    chosen = tuple(sign for sign in guidance.indicators if sign.code in concern.indicators)
    worries = tuple(sign for sign in chosen if sign.code not in guidance.strength_codes)
    signs = Signs(worries, guidance.levels_of_wording)

    reasons = [*_counts(guidance, signs), *_openings(guidance, signs), *_answers(concern, guidance)]
    level = max([guidance.lowest(), *(reason.supports for reason in reasons)])
    reasons += _later_answers(concern, guidance, level)
    up_to = max([level, *(reason.opens for reason in reasons)])
    child_protection = any(_answered(reason) and reason.rule.child_protection for reason in reasons)
    reasons = [reason for reason in reasons if _adds(reason, level)]
    return Reading(
        level=level,
        up_to=up_to,
        child_protection=child_protection,
        urgency=_urgency(concern, guidance, level, reasons),
        asks_significant_harm=_asks_significant_harm(guidance, reasons, level),
        reasons=tuple(sorted(reasons, key=_rank)),
        would_change=_would_change(guidance, reasons, level, up_to, child_protection),
        ask=_ask(concern, guidance, up_to),
        strengths=tuple(sign for sign in chosen if sign.code in guidance.strength_codes),
    )


def urgency_at(level: int, area: str, guidance: Guidance) -> str:
    """Return how urgent `level` is in `area`.

    Where the area is none of the edition's, the most urgent of its areas holds.
    """
    areas = ("", area) if area in guidance.areas else ("", *guidance.areas)
    words = [
        rule.urgency
        for rule in guidance.rules_of("urgency")
        if level >= (rule.level or 0) and rule.area in areas
    ]
    return max(words, key=URGENCIES.index, default=URGENCIES[0])


def _adds(reason: Reason, level: int) -> bool:
    """Say whether a reason has something to say beside a reading of `level`."""
    return bool(reason.supports) or reason.opens > level or reason.rule.kind in ("answer", "harm")


def _answered(reason: Reason) -> bool:
    return reason.rule.kind == "answer"


def _rank(reason: Reason) -> tuple[bool, int]:
    return not reason.rule.child_protection, -reason.height


def _counts(guidance: Guidance, signs: Signs) -> list[Reason]:
    """Return the greatest count that is met at each level, or else what holds without.

    A count whose signs all speak louder at a higher level is left out.
    """
    met: dict[int, Reason] = {}
    floor: list[Reason] = []
    for rule in sorted(guidance.rules_of("count"), key=lambda rule: rule.at_least or 0):
        level = rule.level or 0
        found = signs.at(level)
        reason = Reason(rule, found, rule.supports or 0, rule.opens or 0)
        if not rule.at_least:
            floor.append(reason)
        elif len(found) >= rule.at_least:
            met[level] = _on_top_of(met[level], reason) if level in met else reason
    heard = [one for one in met.values() if not any(_drowns(two, one) for two in met.values())]
    return heard or floor


def _drowns(louder: Reason, reason: Reason) -> bool:
    return (
        (louder.rule.level or 0) > (reason.rule.level or 0)
        and set(louder.indicators) >= set(reason.indicators)
        and louder.supports >= reason.supports
        and louder.opens >= reason.opens
    )


def _on_top_of(lesser: Reason, reason: Reason) -> Reason:
    """Return `reason` giving no less than `lesser` gave: more signs never mean less."""
    return replace(
        reason,
        supports=max(lesser.supports, reason.supports),
        opens=max(lesser.opens, reason.opens),
    )


def _openings(guidance: Guidance, signs: Signs) -> list[Reason]:
    reasons = []
    for rule in guidance.rules_of("shared"):
        if shared := signs.shared():
            opens = max(signs.opened_by_wording(sign) for sign in shared)
            reasons.append(Reason(rule, shared, opens=opens))
    for rule in guidance.rules_of("opens") + guidance.rules_of("harm"):
        if named := tuple(sign for sign in signs.worries if sign.code in rule.indicators):
            reasons.append(Reason(rule, named, opens=rule.opens or 0))
    return reasons


def _answers(concern: Concern, guidance: Guidance) -> list[Reason]:
    return [
        Reason(rule, supports=rule.supports or 0, opens=rule.opens or 0)
        for rule in guidance.rules_of("answer")
        if rule.level is None and concern.answer(rule.about) == "yes"
    ]


def _later_answers(concern: Concern, guidance: Guidance, level: int) -> list[Reason]:
    return [
        Reason(rule, opens=rule.opens or 0)
        for rule in guidance.rules_of("answer")
        if rule.level is not None and level >= rule.level and concern.answer(rule.about) == "yes"
    ]


def _urgency(concern: Concern, guidance: Guidance, level: int, reasons: Iterable[Reason]) -> str:
    hastened = [
        reason.rule.urgency for reason in reasons if _answered(reason) and reason.rule.urgency
    ]
    return max([urgency_at(level, concern.area, guidance), *hastened], key=URGENCIES.index)


def _asks_significant_harm(guidance: Guidance, reasons: Iterable[Reason], level: int) -> bool:
    return any(reason.rule.kind == "harm" for reason in reasons) or any(
        rule.about == "significant_harm" and rule.level is not None and level >= rule.level
        for rule in guidance.rules_of("ask")
    )


def _would_change(
    guidance: Guidance, reasons: Iterable[Reason], level: int, up_to: int, child_protection: bool
) -> tuple[Prompt, ...]:
    """Return what would take the reading further than it went. Nothing brings it down."""
    spoke = {reason.rule.code for reason in reasons}
    return tuple(
        Prompt(rule.about, rule.would_change, rule.section)
        for rule in guidance.rules
        if rule.would_change
        and rule.code not in spoke
        and (rule.kind != "answer" or level >= (rule.level or 0))
        and (
            (rule.supports or 0) > level
            or (rule.opens or 0) > up_to
            or (rule.child_protection and not child_protection)
        )
    )


def _ask(concern: Concern, guidance: Guidance, up_to: int) -> tuple[Prompt, ...]:
    prompts = [
        Prompt(rule.about, rule.text, rule.section)
        for rule in guidance.rules_of("ask")
        if _is_raised(rule, concern, up_to)
        and (not rule.about or concern.answer(rule.about) in NOT_KNOWN)
    ]
    prompts += [
        Prompt(
            domain.code,
            f"You do not know yet about “{domain.name}”. Who could tell you?",
            domain.section,
        )
        for domain in guidance.domains
        if domain.code in concern.unknown_domains
    ]
    return tuple(prompts)


def _is_raised(rule: Rule, concern: Concern, up_to: int) -> bool:
    if rule.area not in ("", concern.area):
        return False
    if rule.level is None and not rule.indicators:
        return True
    by_level = rule.level is not None and up_to >= rule.level
    return by_level or bool(rule.indicators & concern.indicators)
