"""Tables of counts, and how a small count is hidden so that nobody can work it out.

A count of 1 to 4 is shown as "fewer than 5". Where the total and the other rows would give
it away, another row is "not shown" either: what is left must allow each hidden small count
to be any of 1 to 4. A zero is shown, as official statistics show it: it tells of nobody in
particular, and hiding it would hide most of a small agency's tables.

Pure: no Django.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

LEAST = 5
FEW = f"fewer than {LEAST}"
HELD = "not shown"


@dataclass(frozen=True)
class Row:
    """A count, or None and why it is hidden.

    `elsewhere` says that another table shows the same count. Such a row is never held back
    for the sake of its neighbours: the other table would tell it.
    """

    label: str
    count: int | None
    elsewhere: bool = False
    hidden: str = ""

    @property
    def shown(self) -> str:
        return self.hidden if self.count is None else f"{self.count:,}"


@dataclass(frozen=True)
class Table:
    """Counts of conversations by something.

    Each conversation is in one row, unless the table `overlaps`. `counted` says in a
    sentence what is counted; `heading` stands over the labels.
    """

    slug: str
    title: str
    counted: str
    heading: str
    rows: tuple[Row, ...]
    overlaps: bool = False


def shown_total(total: int) -> str:
    return FEW if 0 < total < LEAST else f"{total:,}"


def safe(table: Table, total: int) -> Table:
    """Return the table as it may be shown beside the total of all conversations."""
    hidden = _overlapping(table.rows, total) if table.overlaps else _partition(table.rows)
    rows = tuple(
        replace(row, count=None, hidden=hidden[place]) if place in hidden else row
        for place, row in enumerate(table.rows)
    )
    return replace(table, rows=rows)


def _partition(rows: tuple[Row, ...]) -> dict[int, str]:
    """Return what to hide where the rows add up to the total, by place.

    One row more where that is enough, the smallest that is; else every row of 5 and more;
    else the whole table.
    """
    counts = [row.count or 0 for row in rows]
    small = _small(counts)
    can_hide = [
        place for place, row in enumerate(rows) if counts[place] >= LEAST and not row.elsewhere
    ]
    can_hide.sort(key=counts.__getitem__)
    for held in ([], *([place] for place in can_hide), can_hide):
        if not small or _is_safe([counts[at] for at in small], [counts[at] for at in held]):
            return dict.fromkeys(small, FEW) | dict.fromkeys(held, HELD)
    return dict.fromkeys(range(len(rows)), HELD)


def _is_safe(small: Collection[int], held: Collection[int]) -> bool:
    """Say whether each small count could be any of 1 to 4, for who knows what all add up to.

    They know too that a row is held back only if it is 5 or more.
    """
    together = sum(small) + sum(held)
    others_at_least = len(small) - 1 + LEAST * len(held)
    others_at_most = (LEAST - 1) * (len(small) - 1)
    could_be_most = together - (LEAST - 1) >= others_at_least
    could_be_one = bool(held) or together - 1 <= others_at_most
    return could_be_most and could_be_one


def _overlapping(rows: tuple[Row, ...], total: int) -> dict[int, str]:
    """Return what to hide where a conversation can be in several rows, by place.

    Also a row in which all but a few conversations are. And if every conversation is in
    some row, which nobody may rely on and many will guess, the rows that are shown must
    not leave so many over that a hidden one has to be large. Where none is shown that could
    be held back, that is the whole table.
    """
    counts = [row.count or 0 for row in rows]
    small = _small(counts)
    held = [at for at, count in enumerate(counts) if 0 < total - count < LEAST <= count]
    left = [at for at, count in enumerate(counts) if count >= LEAST and at not in held]
    left_over = total - sum(counts[at] for at in left)
    if small and not held and left_over > 1 + (LEAST - 1) * (len(small) - 1):
        if not left:
            return dict.fromkeys(range(len(rows)), HELD)
        held.append(min(left, key=counts.__getitem__))
    return dict.fromkeys(small, FEW) | dict.fromkeys(held, HELD)


def _small(counts: list[int]) -> list[int]:
    return [place for place, count in enumerate(counts) if 0 < count < LEAST]
