"""Every recorded conversation, read again under another edition: what would read differently.

Both readings are made now, from the same facts: under the edition that the conversation was
recorded under, and under the other. So a difference is the edition's own. Signs are found in
the other edition by their codes; one that it lacks is retired there, and does not count.

Only what a reading rests on is fetched, a few thousand conversations at a time.
"""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from referrals.models import Answer, Conversation, Sign
from thresholds.concern import Concern
from thresholds.guidance import Guidance, Rule
from thresholds.load import load
from thresholds.models import Edition, Indicator
from thresholds.reading import Reading, read

AT_ONCE = 2000
# How many readings are remembered at once, so that memory stays flat.
REMEMBERED = 20_000
# What a reading asks that no column of a record repeats, and at which step it is answered.
ANSWERED_AT = {
    "significant_harm": "reading",
    "assessment": "in-place",
    "plan_tried": "in-place",
    "sudden_escalation": "in-place",
}
COLUMNS = ("pk", "edition_id", "place", "danger", "agreement", "review_state", "read_level")
NAMING = ("opens", "harm")


@dataclass(frozen=True)
class Facts:
    """What a reading rests on. `answers` are those that rules of the reading can be about."""

    place: str
    codes: frozenset[str]
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Outcome:
    """A reading without its words. `spoke` says which rules did what."""

    level: int
    up_to: int
    child_protection: bool
    urgency: str
    spoke: frozenset[tuple[object, ...]]

    def differs(self, other: "Outcome") -> bool:
        return (self.level, self.up_to, self.child_protection, self.urgency) != (
            other.level, other.up_to, other.child_protection, other.urgency,
        )  # fmt: skip


@dataclass(frozen=True)
class ReadTwice:
    """One conversation, read under its own edition and under the other.

    `signs` are those of its signs that do something else for a reading in the other edition.
    """

    pk: int
    is_open: bool
    read_level: int | None
    codes: frozenset[str]
    before: Outcome
    after: Outcome
    signs: frozenset[str]

    @property
    def differs(self) -> bool:
        return self.before.differs(self.after)

    @property
    def rules(self) -> frozenset[str]:
        """The rules that make the difference."""
        return frozenset(str(code) for code, *_ in self.before.spoke ^ self.after.spoke)


@dataclass
class Replay:
    """What would read differently: counts of conversations, which name none of them.

    `levels` counts every conversation by the level it reads now and the one it would read.
    `rules` and `indicators` are those that made the difference where there is one. `retired`
    are the signs that the other edition lacks, wherever they were seen. `last` is the key of
    the conversation that was read last: the next sitting goes on after it.
    """

    total: int = 0
    changed: int = 0
    levels: Counter[tuple[int, int]] = field(default_factory=Counter)
    up_to: int = 0
    child_protection: int = 0
    urgency: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    indicators: Counter[str] = field(default_factory=Counter)
    retired: Counter[str] = field(default_factory=Counter)
    # Those that differ and are not signed off. Which they are is for their leads.
    still_open: int = 0
    # Records whose reading today, under their own edition, is not the one that was recorded.
    recorded_otherwise: int = 0
    last: int = 0
    is_whole: bool = False

    def count(self, read: ReadTwice, known: Container[str]) -> None:
        """Count one more conversation. `known` are the signs that the other edition has."""
        self.last = read.pk
        self.total += 1
        self.levels[read.before.level, read.after.level] += 1
        self.recorded_otherwise += read.before.level != read.read_level
        self.retired.update(code for code in read.codes if code not in known)
        if read.differs:
            self.changed += 1
            self.still_open += read.is_open
            self.up_to += read.before.up_to != read.after.up_to
            self.child_protection += read.before.child_protection != read.after.child_protection
            self.urgency += read.before.urgency != read.after.urgency
            self.rules.update(read.rules)
            self.indicators.update(read.signs)


class Reader:
    """Reads facts under one edition, and remembers what it read.

    Signs of one level that the same rules name do the same for a reading, so facts that have
    as many of each kind read alike. A wording that several levels share is a kind of its own.
    Beyond the largest number that a rule asks for, more signs of a kind change nothing.
    """

    def __init__(self, guidance: Guidance) -> None:
        self.guidance = guidance
        self.asked = tuple(sorted({rule.about for rule in guidance.rules_of("answer")}))
        self.kinds = _kinds(guidance)
        self._most = max([1, *(rule.at_least or 0 for rule in guidance.rules_of("count"))])
        numbers: dict[object, int] = {}
        self._number = {
            code: numbers.setdefault(kind, len(numbers)) for code, kind in self.kinds.items()
        }
        self._read: dict[object, Outcome] = {}
        self._outcomes: dict[Outcome, Outcome] = {}

    def read(self, facts: Facts) -> Outcome:
        number, most = self._number, self._most
        counts = Counter([number[code] for code in facts.codes if code in number])
        kinds = frozenset((kind, min(count, most)) for kind, count in counts.items())
        answers = tuple(pair for pair in facts.answers if pair[0] in self.asked)
        key = (facts.place, kinds, answers)
        if key not in self._read:
            if len(self._read) >= REMEMBERED:
                self._read.clear()
                self._outcomes.clear()
            outcome = self.outcome(facts)
            # Few of them differ: one is kept of each.
            self._read[key] = self._outcomes.setdefault(outcome, outcome)
        return self._read[key]

    def outcome(self, facts: Facts) -> Outcome:
        """Return what the whole reading says, without remembering it."""
        codes = facts.codes & self.guidance.by_code.keys()
        concern = Concern(area=facts.place, indicators=codes, **dict(facts.answers))  # type: ignore[arg-type]
        reading = read(concern, self.guidance)
        return Outcome(
            reading.level,
            reading.up_to,
            reading.child_protection,
            reading.urgency,
            frozenset({*_said(reading), *_hastened(reading, facts.place, self.guidance)}),
        )


def _said(reading: Reading) -> Iterator[tuple[object, ...]]:
    """Yield the rules that a reading rests on, each with all that it did there."""
    for reason in reading.reasons:
        rule, told = reason.rule, (reason.rule.code, reason.supports, reason.opens)
        answered = rule.kind == "answer"
        yield (*told, rule.child_protection, rule.urgency) if answered else told


def _hastened(reading: Reading, place: str, guidance: Guidance) -> Iterator[tuple[object, ...]]:
    """Yield the rules of urgency that a reading is as urgent as."""
    areas = ("", place) if place in guidance.areas else ("", *guidance.areas)
    for rule in guidance.rules_of("urgency"):
        applies = reading.level >= (rule.level or 0) and rule.area in areas
        if applies and rule.urgency == reading.urgency:
            yield rule.code, rule.urgency


def _kinds(guidance: Guidance) -> dict[str, tuple[object, ...]]:
    """Return what each worry does for a reading, by code. Strengths do nothing."""
    naming: list[Rule] = [rule for kind in NAMING for rule in guidance.rules_of(kind)]
    found = {}
    for sign in guidance.indicators:
        if sign.code not in guidance.strength_codes:
            shared = sign.shared_key if sign.shared_key in guidance.levels_of_wording else ""
            named = frozenset(rule.code for rule in naming if sign.code in rule.indicators)
            found[sign.code] = (sign.level, shared, named)
    return found


def conversations_of(edition: Edition) -> QuerySet[Conversation]:
    """Return the recorded conversations of the partnership whose edition it is."""
    return Conversation.objects.recorded().filter(edition__partnership=edition.partnership_id)


def replay(
    edition: Edition,
    found: Replay | None = None,
    *,
    enough: Callable[[], bool] = lambda: False,
    tell: Callable[[int], None] = lambda done: None,
) -> Replay:
    """Return what every recorded conversation of the partnership would read under `edition`.

    `found` is what an earlier sitting found: it is gone on with. After every few thousand
    conversations `tell` hears how many are done, and `enough` says whether to stop there.
    """
    found = found or Replay()
    known = load(edition).by_code
    for chunk in read_twice(edition, conversations_of(edition), after=found.last):
        for one in chunk:
            found.count(one, known)
        tell(found.total)
        if enough():
            return found
    found.is_whole = True
    return found


def read_twice(
    edition: Edition, among: QuerySet[Conversation], *, after: int = 0
) -> Iterator[list[ReadTwice]]:
    """Read recorded conversations under their own edition and under `edition`.

    Yields those of `among` whose key is above `after`, by key, a few thousand at a time.
    """
    other = Reader(load(edition))
    own = _Own(other)
    for chunk in _facts(among.filter(pk__gt=after)):
        yield [
            ReadTwice(
                pk,
                is_open,
                read_level,
                facts.codes,
                own[edition_id][0].read(facts),
                other.read(facts),
                facts.codes & own[edition_id][1],
            )
            for edition_id, pk, is_open, read_level, facts in chunk
        ]


class _Own(dict[int, tuple[Reader, frozenset[str]]]):
    """The editions that conversations were recorded under, each with its changed codes.

    Each is made when it is met: one may be published while the others are being read.
    """

    def __init__(self, other: Reader) -> None:
        self.other = other

    def __missing__(self, pk: int) -> tuple[Reader, frozenset[str]]:
        own = Reader(load(Edition.objects.select_related("partnership").get(pk=pk)))
        self[pk] = own, _changed_codes(own, self.other)
        return self[pk]


class _Codes(dict[int, str]):
    """The codes of indicators by their keys, for the same reason."""

    def __missing__(self, pk: int) -> str:
        self[pk] = Indicator.objects.get(pk=pk).code
        return self[pk]


def _changed_codes(one: Reader, other: Reader) -> frozenset[str]:
    """Return the signs that do something else for a reading in the other edition."""
    return frozenset(
        code
        for code in one.kinds.keys() | other.kinds.keys()
        if one.kinds.get(code) != other.kinds.get(code)
    )


Read = tuple[int, int, bool, int | None, Facts]


def _facts(conversations: QuerySet[Conversation]) -> Iterator[list[Read]]:
    """Yield the conversations with the facts of their readings, by primary key, in chunks."""
    codes = _Codes(Indicator.objects.values_list("pk", "code"))
    rows = conversations.order_by("pk").values_list(*COLUMNS)
    chunk = list(rows[:AT_ONCE])
    while chunk:
        keys = [row[0] for row in chunk]
        signs, told = _signs(keys, codes), _told(keys)
        yield [_read(row, signs.get(row[0], ()), told.get(row[0], {})) for row in chunk]
        chunk = list(rows.filter(pk__gt=keys[-1])[:AT_ONCE])


def _read(row: tuple[Any, ...], codes: Iterable[str], told: dict[str, str]) -> Read:
    pk, edition_id, place, danger, agreement, state, read_level = row
    answers = {
        "danger": "yes" if danger else "unknown",
        "agreement": agreement or "unknown",
    } | told
    facts = Facts(place, frozenset(codes), tuple(sorted(answers.items())))
    return edition_id, pk, state != Conversation.ReviewState.SIGNED_OFF, read_level, facts


def _among(keys: list[int]) -> Q:
    """Return the condition on parts of these conversations, whose keys are in order.

    Where few others are between them it is a range: that is one walk along the index.
    """
    if keys[-1] - keys[0] < 2 * len(keys):
        return Q(conversation__gte=keys[0], conversation__lte=keys[-1])
    return Q(conversation__in=keys)


def _signs(keys: list[int], codes: dict[int, str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    signs = Sign.objects.filter(_among(keys))
    for pk, indicator in signs.values_list("conversation_id", "indicator_id"):
        found.setdefault(pk, []).append(codes[indicator])
    return found


def _told(keys: list[int]) -> dict[int, dict[str, str]]:
    """Return the answers that no column repeats, as far as they were given."""
    answers = Answer.objects.filter(_among(keys), step__in=set(ANSWERED_AT.values()))
    found: dict[int, dict[str, str]] = {}
    for pk, step, data in answers.values_list("conversation_id", "step", "data"):
        own = found.setdefault(pk, {})
        for name, asked_at in ANSWERED_AT.items():
            if asked_at == step and data.get(name):
                own[name] = data[name]
    return found
