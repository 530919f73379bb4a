"""Two wordings as one run of words, with what was removed and what was added. Pure: no Django."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby

SAME, ADDED, REMOVED = "same", "added", "removed"
# Characters that are shown before and after a change within a long text.
BESIDE = 150
# Pairs of words that are looked at for one text, and for all of a comparison: some seconds.
# What is longer is compared line by line, or shown as removed and added.
MANY_PAIRS, ALL_PAIRS = 4_000_000, 10_000_000


@dataclass(frozen=True)
class Mark:
    """A run of words: the same, added or removed."""

    kind: str
    text: str


class Effort:
    """How much comparing word by word there is still time for: a hostile file ends it."""

    def __init__(self, left: int | None = None) -> None:
        self.left = ALL_PAIRS if left is None else left

    def allows(self, pairs: int) -> bool:
        allowed = pairs <= min(self.left, MANY_PAIRS)
        self.left -= pairs if allowed else 0
        return allowed


def marks(before: str, after: str, effort: Effort | None = None) -> tuple[Mark, ...]:
    """Return both wordings as one run of words, with what was removed and what was added."""
    effort = effort or Effort()
    for pieces in (_pieces, _lines, _whole):
        old, new = pieces(before), pieces(after)
        start = _alike(old, new)
        end = _alike(old[start:][::-1], new[start:][::-1])
        inner = old[start : len(old) - end], new[start : len(new) - end]
        if effort.allows(len(inner[0]) * len(inner[1])):
            break
    found = [
        Mark(SAME, "".join(old[:start])),
        *_marks(*inner),
        Mark(SAME, "".join(old[len(old) - end :])),
    ]
    return tuple(_joined([mark for mark in found if mark.text]))


def shortened(found: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """Return marks in which a long run that stays is cut down to what is beside a change."""
    last = len(found) - 1
    return tuple(
        Mark(SAME, _beside(mark.text, place > 0, place < last))
        if mark.kind == SAME and len(mark.text) > 3 * BESIDE
        else mark
        for place, mark in enumerate(found)
    )


def _beside(text: str, after_change: bool, before_change: bool) -> str:
    head = text[:BESIDE].rsplit(maxsplit=1)[0] if after_change else ""
    tail = text[-BESIDE:].split(maxsplit=1)[-1] if before_change else ""
    return " … ".join([head, tail])


def _marks(old: list[str], new: list[str]) -> list[Mark]:
    found: list[Mark] = []
    removed = added = ""
    steps = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for tag, a, b, c, d in steps:
        was, is_now = "".join(old[a:b]), "".join(new[c:d])
        # A space between two changed words is changed with them: that reads better.
        if tag == "equal" and (is_now.strip() or not (removed or added)):
            found += [*_both(removed, added), Mark(SAME, is_now)]
            removed = added = ""
        else:
            removed, added = removed + was, added + is_now
    return [*found, *_both(removed, added)]


def _both(removed: str, added: str) -> list[Mark]:
    return [Mark(REMOVED, removed), Mark(ADDED, added)]


def _joined(found: list[Mark]) -> Iterator[Mark]:
    """Yield marks, those of one kind that follow each other as one."""
    for kind, run in groupby(found, lambda mark: mark.kind):
        yield Mark(kind, "".join(mark.text for mark in run))


def _alike(old: list[str], new: list[str]) -> int:
    """Return with how many pieces both begin."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((at for at, (one, two) in pairs if one != two), min(len(old), len(new)))


def _pieces(text: str) -> list[str]:
    """Return a text as words and what stands between them."""
    return re.findall(r"\w+|\s+|[^\w\s]", text)


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _whole(text: str) -> list[str]:
    return [text]
