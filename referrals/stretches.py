"""A long list in stretches, for words of which neither of the database's own ways is short.

It can walk along a list and look into each record: soon done, where nearly every record has the
word. Or it takes all that the index of words has: soon done, where few have it. Of a word of one
record in three hundred, among millions, both take tens of thousands of rows. There a list is looked
through stretch by stretch in its order. The index of words also holds where each record stands, so
a stretch costs no more than what is found in it.

That holds for lists in the order of the last change, and for the queue. Where days are asked for,
they keep the list short: desk_pages.py asks for no stretches then.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Func, Q
from django.utils import timezone

from referrals.desk_forms import ALL, TO_REVIEW
from referrals.models import LAST_TURN, Conversation

# So many records are looked up one by one.
FEW = 500
# Of all records: of words that more have, a walk along the list soon finds a page.
MANY = 0.01
# In weeks. After these comes all the rest.
LENGTHS = (2, 6, 24, 96)
# The gravest turns have the fewest records.
TURNS = (range(3), range(3, 5), range(5, LAST_TURN + 1))
FIRST_WEEK = date(2000, 1, 3)


def stretches_for(words: Q, status: str, told: Mapping[str, Any]) -> Iterable[Q]:
    """Return in which parts of a list words are looked for: in the whole of it, mostly."""
    return stretches_of(status, told) if is_between(words) else [Q()]


def is_between(words: Q) -> bool:
    """Say whether words are neither rare nor common, as far as the database can tell."""
    if connection.vendor != "postgresql":
        return False
    everything = Conversation.objects.order_by()
    found = _expected(everything.filter(words))
    return FEW < found < MANY * _expected(everything)


def _expected(found: Any) -> int:
    return int(json.loads(found.values("pk").explain(format="json"))[0]["Plan"]["Plan Rows"])


def stretches_of(status: str, told: Mapping[str, Any]) -> Iterator[Q]:
    """Yield what cuts a list, or the queue, in stretches: in its order, and nothing left out.

    They begin with the one in which the page that is told begins. Places alone say what is in a
    stretch: a range besides would be looked up in another index, which takes longer.
    """
    if status == TO_REVIEW:
        for turns in TURNS:
            if turns[-1] >= told.get("turn", 0):
                yield Q(StandsIn(*map("turn {}".format, turns)))
        return
    in_state = Q() if status == ALL else Q(StandsIn(status))
    # No clock is a week fast.
    end = week_of(told.get("moment") or timezone.now()) + 2
    for length in LENGTHS:
        start = end - length
        yield in_state & Q(StandsIn(*map(str, range(start, end))))
        end = start
    yield in_state & Q(updated_at__lt=_monday(end))


def week_of(moment: datetime) -> int:
    return (moment.astimezone(UTC).date() - FIRST_WEEK).days // 7


def _monday(week: int) -> datetime:
    return datetime.combine(FIRST_WEEK + timedelta(weeks=week), time(), UTC)


class StandsIn(Func):
    """Say whether a record stands in one of these places. PostgreSQL alone can tell.

    A place is a state of review, a week of the last change, or a turn in the queue.
    """

    # As the index of migration 0022 has it, to the letter.
    places = (
        "ARRAY[{}::text, "
        "((({} AT TIME ZONE 'UTC')::date - '2000-01-03'::date) / 7)::text, "
        "CASE WHEN {} IS NOT NULL THEN 'turn ' || {}::text END]"
    )
    output_field = BooleanField()

    def __init__(self, *places: str) -> None:
        super().__init__("review_state", "updated_at", "waits_since", "turn")
        self.wanted = list(places)

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:
        columns = [compiler.compile(column)[0] for column in self.source_expressions]
        return f"({self.places.format(*columns)}) && %s", [self.wanted]
