"""The words that somebody typed, where the guidance itself uses them.

Plain matching, for a few words: what an acronym means, which page or form has a name. What a
longer text means is for `thresholds.index`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse

from thresholds.models import Link
from thresholds.open_pages import Shown

WORDS_AT_MOST = 5
LINES_AT_MOST = 5
WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
# Of so few letters that they stand inside many other words.
SHORT = 2


@dataclass(frozen=True)
class Line:
    """One thing that has the words. `rank` is 0 where its name has them, 1 where only its text."""

    text: str
    note: str
    address: str
    rank: int


@dataclass(frozen=True)
class Group:
    """Things of one kind. `more` counts those that are not listed; `address` has all of them."""

    name: str
    address: str
    lines: tuple[Line, ...]
    more: int


def same_words(text: str, shown: Shown) -> list[Group]:
    """Return where all words of `text` stand, a group for each kind; none for a long text."""
    wanted = WORD.findall(plain(text))
    if not 1 <= len(wanted) <= WORDS_AT_MOST:
        return []
    groups = [
        _group("Indicators by code", "grid", _indicators(wanted, shown)),
        _group("Ladders", "ladders", _ladders(wanted, shown)),
        _group("Glossary", "glossary", _terms(wanted, shown)),
        _group("Guidance pages", "guidance", _pages(wanted, shown)),
        _group("Services", "services", _services(wanted, shown)),
        _group("Links and tools", "contacts", _links(wanted, shown)),
    ]
    return [group for group in groups if group.lines]


def plain(text: str) -> str:
    """Return `text` without what people type differently: capitals, and curled apostrophes."""
    return text.replace("’", "'").casefold()


def has_all(wanted: list[str], text: str) -> bool:
    """Say whether all words stand in `text`. A very short one must stand there by itself."""
    text = plain(text)
    words = set(WORD.findall(text))
    return all(word in words if len(word) <= SHORT else word in text for word in wanted)


def _group(name: str, page: str, lines: Iterator[Line]) -> Group:
    best = sorted(lines, key=lambda line: line.rank)
    return Group(name, reverse(page), tuple(best[:LINES_AT_MOST]), len(best[LINES_AT_MOST:]))


def _rank(wanted: list[str], name: str, text: str) -> int | None:
    """Return 0 where the name has the words, 1 where the text does too, None where neither."""
    if has_all(wanted, name):
        return 0
    return 1 if has_all(wanted, f"{name} {text}") else None


def _indicators(wanted: list[str], shown: Shown) -> Iterator[Line]:
    for code in wanted:
        if sign := shown.guidance.by_code.get(code):
            yield Line(f"{code}: {sign.text}", "", reverse("indicator", args=[code]), 0)


def _ladders(wanted: list[str], shown: Shown) -> Iterator[Line]:
    for ladder in shown.guidance.ladders:
        rank = _rank(wanted, ladder.name, ladder.summary)
        if rank is not None:
            yield Line(ladder.name, ladder.summary, reverse("ladder", args=[ladder.code]), rank)


def _terms(wanted: list[str], shown: Shown) -> Iterator[Line]:
    for number, term in enumerate(shown.guidance.terms, 1):
        name = f"{term.term} {term.acronym}"
        rank = _rank(wanted, name, term.definition)
        if rank is not None:
            short = f" ({term.acronym})" if term.acronym not in ("", term.term) else ""
            address = f"{reverse('glossary')}#term-{number}"
            yield Line(f"{term.term}{short}", term.definition, address, rank)


def _pages(wanted: list[str], shown: Shown) -> Iterator[Line]:
    # Prose stands a floor above this one: it is reached from its edition, and not imported.
    for page in shown.edition.page_set.all():
        rank = _rank(wanted, page.title, f"{page.summary} {page.body}")
        if rank is not None:
            address = reverse("guidance_page", args=[page.code])
            yield Line(page.title, page.summary, address, rank)


def _services(wanted: list[str], shown: Shown) -> Iterator[Line]:
    for service in shown.guidance.services:
        if has_all(wanted, service.name):
            level = shown.guidance.level_by_number[service.level]
            yield Line(service.name, f"Suggested at {level.title}", reverse("services"), 0)


def _links(wanted: list[str], shown: Shown) -> Iterator[Line]:
    links = Link.objects.filter(areas__in=shown.areas).distinct().prefetch_related("areas")
    for link in links:
        if has_all(wanted, link.name):
            areas = " and ".join(area.name for area in link.areas.all() if area in shown.areas)
            yield Line(link.name, f"For {areas}", reverse("contacts"), 0)
