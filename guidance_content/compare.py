"""What changed between two editions, row by row, by the codes that stay the same.

It compares documents as `exchange` writes them: what is only being brought in can be compared
before anything is written, and so can contacts as they stood on another day. Pure: no Django.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from guidance_content.marks import ADDED, REMOVED, Effort, Mark, marks, shortened
from guidance_content.references import KEYS

Document = dict[str, Any]
Row = dict[str, Any]

RETIRED, REWORDED, MOVED, REORDERED, CHANGED = (
    "retired", "reworded", "moved", "reordered", "changed",
)  # fmt: skip
KINDS = {
    ADDED: "Added",
    RETIRED: "Retired",
    REWORDED: "Reworded",
    MOVED: "Moved",
    REORDERED: "In another order",
    CHANGED: "Changed",
}

TITLES = {
    "edition": "About the edition",
    "levels": "Levels",
    "domains": "Domains",
    "indicators": "Indicators",
    "services": "Services",
    "pathway_steps": "Pathway steps",
    "questions": "Questions to consider",
    "terms": "Glossary",
    "consent": "Agreement and sharing",
    "special_routes": "Routes of their own",
    "rules": "Rules of the reading",
    "next_steps": "Next steps",
    "ladders": "Ladders",
    "pages": "Pages",
    "areas": "Areas",
    "contacts": "Contacts",
    "links": "Links",
    "sayings": "How people say it",
}
# Columns that hold words to be read; the others hold one thing.
WORDS = {
    "text", "name", "title", "body", "summary", "definition", "description", "referral_route",
    "needs", "services_note", "outcome", "note", "would_change", "districts", "council",
}  # fmt: skip
PLACES = {"level", "domain"}
LABELS = {
    "shared_key": "shared wording",
    "is_referral": "leads to a referral",
    "childs_voice": "asks for the child’s voice",
    "at_least": "how many",
    "due_hours": "hours until due",
    "when": "applies when",
    "checked_on": "checked on",
}
NOTHING = {"when": "always", "opening": "not known"}
NOT_COMPARED = {"slug", "status"}  # of an edition
APART = {"sayings"}  # of an indicator: thousands, in a list of their own
# A row that says none of its own words is called by its key.
CALLED = ("text", "name", "title", "term")


@dataclass(frozen=True)
class Change:
    """One column of a row that changed. `marks` hold both wordings at once."""

    kind: str
    label: str
    marks: tuple[Mark, ...] = ()
    before: str = ""
    after: str = ""
    # The marks are things of a list, and not words of a text.
    is_list: bool = False


@dataclass(frozen=True)
class Difference:
    """A row that is new, gone or changed, called by its words and its key."""

    kind: str
    key: str
    title: str
    place: str = ""
    changes: tuple[Change, ...] = ()

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset({self.kind} if not self.changes else {c.kind for c in self.changes})

    @property
    def told(self) -> str:
        return ", ".join(words for kind, words in KINDS.items() if kind in self.kinds)

    @property
    def length(self) -> int:
        marks = (mark for change in self.changes for mark in change.marks)
        return len(self.title) + sum(len(mark.text) for mark in marks)

    @property
    def says_its_words(self) -> bool:
        """Whether its changes show the words by which it is called."""
        return any(change.label in CALLED for change in self.changes)


@dataclass(frozen=True)
class Section:
    """One list of an edition, with what differs in it, in the order of the newer edition."""

    slug: str
    title: str
    differences: tuple[Difference, ...]

    def count(self, kind: str) -> int:
        return sum(kind in difference.kinds for difference in self.differences)

    def marked(self, kind: str) -> int:
        """Return how many marks of a kind its changes hold."""
        changes = (change for difference in self.differences for change in difference.changes)
        return sum(mark.kind == kind for change in changes for mark in change.marks)

    def of(self, *kinds: str) -> tuple[Difference, ...]:
        return tuple(d for d in self.differences if d.kind in kinds)


@dataclass(frozen=True)
class Comparison:
    """What differs between two editions, list by list. `kinds` are the words for each kind."""

    sections: tuple[Section, ...]
    kinds = KINDS

    @property
    def is_empty(self) -> bool:
        return not self.sections

    @property
    def length(self) -> int:
        """How many characters it takes to tell, but for how people say it."""
        told = (
            one
            for section in self.sections
            if section.slug not in APART
            for one in section.differences
        )
        return sum(one.length for one in told)

    def section(self, slug: str) -> Section:
        found = (section for section in self.sections if section.slug == slug)
        return next(found, Section(slug, TITLES[slug], ()))


@dataclass(frozen=True)
class Means:
    """What comparing needs: the effort that is left, and the words that codes stand for."""

    names: dict[str, dict[str, str]] = field(default_factory=dict)
    effort: Effort = field(default_factory=Effort)

    def named(self, column: str, value: object) -> str:
        """Return a value in words. An indicator is called by its code and its words."""
        words = self.names.get(column, {}).get(str(value), "")
        return f"{value}: {words}" if column == "indicators" and words else words or _told(value)


def _means(before: Document, after: Document) -> Means:
    def words(name: str, column: str) -> dict[str, str]:
        return {row["code"]: row[column] for row in (*before[name], *after[name])}

    return Means({"indicators": words("indicators", "text"), "domain": words("domains", "name")})


def compare(before: Document, after: Document, lists: Iterable[str] = TITLES) -> Comparison:
    """Return what differs in these lists of two documents. Lists that are the same are left out."""
    means = _means(before, after)
    sections = (
        Section(slug, TITLES[slug], _differences(slug, before, after, means)) for slug in lists
    )
    return Comparison(tuple(section for section in sections if section.differences))


def _differences(
    slug: str, before: Document, after: Document, means: Means
) -> tuple[Difference, ...]:
    if slug == "edition":
        return _edition(before["edition"], after["edition"], means)
    if slug == "sayings":
        return tuple(_sayings(before["indicators"], after["indicators"], means))
    old = {_key(slug, row): row for row in before[slug]}
    new = {_key(slug, row): row for row in after[slug]}
    reordered = _reordered(old, new)
    found = [
        *(
            _changed(key, old[key], row, key in reordered, means)
            for key, row in new.items()
            if key in old
        ),
        *(
            Difference(ADDED, *_named(key, row, means))
            for key, row in new.items()
            if key not in old
        ),
        *(
            Difference(RETIRED, *_named(key, row, means))
            for key, row in old.items()
            if key not in new
        ),
    ]
    return tuple(difference for difference in found if difference)


def _sayings(before: list[Row], after: list[Row], means: Means) -> Iterator[Difference]:
    """Yield the indicators of both editions whose sayings differ."""
    old = {row["code"]: row["sayings"] for row in before}
    for row in after:
        code = row["code"]
        if code in old and set(old[code]) != set(row["sayings"]):
            found = _list_marks("sayings", old[code], row["sayings"], means)
            change = Change(CHANGED, "sayings", found, is_list=True)
            yield Difference(CHANGED, *_named((code,), row, means), (change,))


def _edition(before: Row, after: Row, means: Means) -> tuple[Difference, ...]:
    keys = [key for key in after if key not in NOT_COMPARED]
    changes = tuple(
        _change(key, before.get(key), after[key], means)
        for key in keys
        if before.get(key) != after[key]
    )
    return (Difference(CHANGED, "", after["title"], "", changes),) if changes else ()


def _key(slug: str, row: Row) -> tuple[object, ...]:
    return tuple(row[column] for column in KEYS[slug])


def _named(key: tuple[object, ...], row: Row, means: Means) -> tuple[str, str, str]:
    """Return how a row is named: its key, its words, and where it stands."""
    words = next((str(row[column]) for column in CALLED if row.get(column)), "")
    place = [f"level {row['level']}"] if row.get("level") else []
    place += [means.named(column, row[column]) for column in ("domain", "area") if row.get(column)]
    return ", ".join(map(str, key)), words, ", ".join(place)


def _changed(
    key: tuple[object, ...], before: Row, after: Row, reordered: bool, means: Means
) -> Difference | None:
    columns = [*after, *(column for column in before if column not in after)]
    changes = [
        _change(column, before.get(column), after.get(column), means)
        for column in columns
        if column not in APART and not _same(before.get(column), after.get(column))
    ]
    if reordered and not any(change.kind == MOVED for change in changes):
        changes.append(Change(REORDERED, "order"))
    if not changes:
        return None
    kinds = {change.kind for change in changes}
    kind = next(kind for kind in KINDS if kind in kinds)
    return Difference(kind, *_named(key, after, means), tuple(changes))


def _change(column: str, before: object, after: object, means: Means) -> Change:
    label = LABELS.get(column, column.replace("_", " "))
    if column in WORDS and isinstance(before, str) and isinstance(after, str):
        return Change(REWORDED, label, shortened(marks(before, after, means.effort)))
    kind = MOVED if column in PLACES else CHANGED
    if isinstance(before, list) and isinstance(after, list):
        return Change(kind, label, _list_marks(column, before, after, means), is_list=True)
    told = [
        means.named(column, value) or NOTHING.get(column, "nothing") for value in (before, after)
    ]
    return Change(kind, label, before=told[0], after=told[1])


def _told(value: object) -> str:
    """Return a value in words, "" for what holds nothing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "; ".join(f"{key.replace('_', ' ')}: {_told(held)}" for key, held in value.items())
    if isinstance(value, list):
        return " or ".join(map(_told, value))
    return "" if value is None else str(value)


def _list_marks(
    column: str, before: list[object], after: list[object], means: Means
) -> tuple[Mark, ...]:
    """Return what left a list and what came to it. What stayed is not repeated."""
    was, is_now = set(before), set(after)
    gone = [Mark(REMOVED, means.named(column, each)) for each in before if each not in is_now]
    come = [Mark(ADDED, means.named(column, each)) for each in after if each not in was]
    return tuple(gone + come)


def _same(before: object, after: object) -> bool:
    """Say whether two values are the same. The order of a list within a row says nothing."""
    if isinstance(before, list) and isinstance(after, list):
        return set(before) == set(after)
    return before == after


def _reordered(old: dict[Any, Row], new: dict[Any, Row]) -> set[Any]:
    """Return the keys of the fewest rows that have to be moved to make one order the other.

    Rows that went to another level or domain are moved, and count for no order.
    """
    was = {key: place for place, key in enumerate(old)}
    both = [key for key in new if key in old and _stayed(old[key], new[key])]
    in_order = _longest_rise([was[key] for key in both])
    return {key for place, key in enumerate(both) if place not in in_order}


def _stayed(before: Row, after: Row) -> bool:
    return all(before.get(place) == after.get(place) for place in PLACES)


def _longest_rise(numbers: Sequence[int]) -> set[int]:
    """Return the places of a longest run of numbers that rise, with others between them."""
    lowest: list[int] = []  # the lowest number with which a run of each length ends
    ends: list[int] = []  # and its place
    earlier: list[int] = []  # the place before each in its run, -1 for none
    for place, number in enumerate(numbers):
        length = bisect_left(lowest, number)
        earlier.append(ends[length - 1] if length else -1)
        lowest[length : length + 1] = [number]
        ends[length : length + 1] = [place]
    found, place = set(), ends[-1] if ends else -1
    while place >= 0:
        found.add(place)
        place = earlier[place]
    return found
