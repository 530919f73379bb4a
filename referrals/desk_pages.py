"""A page of the lead's desk: which rows it has, in which order, and where the next begins.

Its query is put together and compiled once for each combination of filters (accounts/prepared.py).
Where words are searched for it is done each time: they are not always as many.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django.db.models import (
    BigAutoField,
    BooleanField,
    CharField,
    DateTimeField,
    F,
    Field,
    Func,
    OuterRef,
    Q,
    QuerySet,
    SmallIntegerField,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, NullIf
from django.db.models.lookups import GreaterThan

from accounts.models import Agency, User
from accounts.prepared import Given, Prepared
from referrals import standing, stretches
from referrals.desk import is_key, queue_among
from referrals.desk_forms import ALL, DRAFTS, FIRST_DAY, LAST_DAY, TO_REVIEW, DeskForm
from referrals.models import Conversation, ConversationQuerySet
from thresholds.models import Area

PAGE = 25
ROWS = PAGE + 1
# What a row shows. Each lock that is opened takes its time: no other text is asked for.
SHOWN = (
    *("token", "status", "agency", "recorded_at", "updated_at", "reference", "danger"),
    *("judged_level", "read_level", "read_up_to", "lead_level", "review_state"),
    *("turn", "waits_since"),
    *(f"child__{name}" for name in ("name", "agency_reference", "born_on")),
    *(f"child__{name}" for name in ("name_key", "born_key", "reference_key")),
)
# What a desk can be asked with, by name.
FIELDS: dict[str, "Field[Any, Any]"] = {
    "lead": BigAutoField(),
    "agency": BigAutoField(),
    "level": SmallIntegerField(),
    "area": BigAutoField(),
    "author": BigAutoField(),
    "since": DateTimeField(),
    "until": DateTimeField(),
    # The place after which the page begins.
    "turn": SmallIntegerField(),
    "moment": DateTimeField(),
    "row": BigAutoField(),
}
GIVEN = {name: Given(place, field) for place, (name, field) in enumerate(FIELDS.items())}
NARROWED = {
    "level": "judged_level",
    "area": "area",
    "elsewhere": "area__isnull",
    "author": "author",
}
DAYS = {"since": "gte", "until": "lt"}
# What a draft has not: it was recorded on no day, and its level and words are kept as it is.
ONLY_RECORDED = frozenset({"level", *DAYS})


def page_of(
    form: DeskForm, user: User, agency: Agency, after: str
) -> tuple[list[Conversation], str]:
    """Return a page of rows, and where the next begins or "". A place that is none is the start."""
    status = form.cleaned_data["status"]
    told = {"lead": user.pk, "agency": agency.pk} | form.narrowed | told_by(status, after)
    column = _column(status, told)
    words = form.cleaned_data.get("words")
    if status == DRAFTS and (words or not ONLY_RECORDED.isdisjoint(told)):
        return [], ""
    if words:
        of_days = DAYS.keys() & told.keys()
        parts = [Q()] if of_days else stretches.stretches_for(form.said, status, told)
        rows = rows_of(asked_for(status, told).filter(form.said), user, parts)
    else:
        rows = _prepared(status, frozenset(told))(*(told.get(name) for name in FIELDS))
        count_earlier(rows, user)
    more = len(rows) > PAGE
    return rows[:PAGE], place_of(rows[PAGE - 1], column) if more else ""


@cache
def _prepared(status: str, names: frozenset[str]) -> Prepared[Conversation]:
    """Return the page with these filters. There are some hundreds of them, and few are used."""
    told = {name: GIVEN.get(name, True) for name in names}
    return Prepared(lambda: in_rows(asked_for(status, told))[:ROWS])


def asked_for(status: str, told: Mapping[str, Any]) -> ConversationQuerySet:
    """Return what is asked for in its order. What is told is a value, or will be `Given`."""
    led = Conversation.objects.led_in(told["agency"], told["lead"])
    column, in_queue = _column(status, told), status == TO_REVIEW
    found = queue_among(led) if in_queue else _listed(status, led, column)
    narrowed = {lookup: told[name] for name, lookup in NARROWED.items() if name in told}
    found = found.filter(**narrowed)
    # In the queue both are the same for a record, and the index of what waits has the second.
    for each in {"recorded_at", column} if in_queue else {"recorded_at"}:
        for name, compared in DAYS.items():
            if name in told:
                found = found.filter(**{f"{each}__{compared}": told[name]})
    return found.filter(_after(column, told))


def _listed(status: str, among: ConversationQuerySet, column: str) -> ConversationQuerySet:
    found = among.drafts() if status == DRAFTS else among.recorded()
    if status not in (ALL, DRAFTS):
        found = found.filter(review_state=status)
    return found.order_by(f"-{column}", "-pk")


def _column(status: str, told: Mapping[str, Any]) -> str:
    """Return by which column the rows go: in a list by the one whose days are asked for."""
    if status == TO_REVIEW:
        return "waits_since"
    return "recorded_at" if DAYS.keys() & told.keys() else "updated_at"


class Row(Func):
    """Several columns, or values, compared as one: the database walks on from a place."""

    template = "(%(expressions)s)"
    output_field = BooleanField()


def _after(column: str, told: Mapping[str, Any]) -> Q:
    """Return what comes after the place that is told, if one is."""
    if "row" not in told:
        return Q()
    if "turn" in told:
        place = (told[name] for name in ("turn", "moment", "row"))
        values = (each if isinstance(each, Value) else Value(each) for each in place)
        return Q(GreaterThan(Row("turn", column, "pk"), Row(*values)))
    moment, row = told["moment"], told["row"]
    # The first condition lets the database begin at the place in its index.
    older = Q(**{f"{column}__lt": moment}) | Q(**{column: moment}, pk__lt=row)
    return Q(**{f"{column}__lte": moment}) & older


def place_of(row: Conversation, column: str) -> str:
    """Return where a row stands, for the address of the page after it."""
    place = f"{getattr(row, column).isoformat()}~{row.pk}"
    return f"{row.turn}~{place}" if column == "waits_since" else place


def told_by(status: str, text: str) -> dict[str, object]:
    """Return what a place from an address tells, by name: nothing, where it is none."""
    found: dict[str, object] = {}
    if status == TO_REVIEW:
        turn, _, text = text.partition("~")
        if not (is_key(turn) and len(turn) == 1):
            return {}
        found["turn"] = int(turn)
    told, _, row = text.partition("~")
    if not is_key(row):
        return {}
    try:
        moment = datetime.fromisoformat(told)
    except ValueError:
        return {}
    if not (moment.tzinfo and FIRST_DAY <= moment.date() <= LAST_DAY):
        return {}
    # No database knows every zone that can be written.
    return found | {"moment": moment.astimezone(UTC), "row": int(row)}


def rows_of(
    found: ConversationQuerySet, user: User, parts: Iterable[Q] = (Q(),)
) -> list[Conversation]:
    """Return the first rows, as many as a page needs to know whether there are more.

    They are looked for in these parts of what is found, one after another: first which they are,
    for what a row shows need not be fetched for all that are found.
    """
    keys: list[int] = []
    for part in parts:
        keys += found.filter(part).values_list("pk", flat=True)[: ROWS - len(keys)]
        if len(keys) == ROWS:
            break
    rows = list(in_rows(found.filter(pk__in=keys))) if keys else []
    count_earlier(rows, user)
    return rows


def in_rows(found: ConversationQuerySet) -> ConversationQuerySet:
    """Return the same with what a row shows, the reasons by their slugs, and `since`.

    Of its author and area only the names, `by` and `place_name`: an object for each takes longer.
    They are looked up by row, for each table that is joined lengthens the planning of all.
    """
    author = User.objects.filter(pk=OuterRef("author")).values_list(
        Coalesce(NullIf("name", Value("")), "email", output_field=CharField())
    )
    area = Area.objects.filter(pk=OuterRef("area")).order_by()
    return (
        found.select_related("child")
        .only(*SHOWN)
        .annotate(
            since=Coalesce("recorded_at", "updated_at"),
            by=Subquery(author),
            place_name=Subquery(area.values("name")),
            overdue=F("is_late"),
            protection=F("child_protection"),
            highest=standing.is_highest(),
            below=F("below_reading"),
            refused=F("consent_refused"),
        )
    )


def count_earlier(rows: list[Conversation], user: User) -> None:
    """Set on each row `again`: how many earlier ones there are about the same child.

    The rows are a page of one agency. Only what `user` may see counts.
    """
    children = [row.child for row in rows if row.is_recorded]
    same: dict[tuple[str, ...], set[tuple[int, datetime]]] = defaultdict(set)
    if children:
        names = _filled(child.name_key for child in children)
        references = _filled(child.reference_key for child in children)
        for key, at, born, reference in EARLIER(user.pk, rows[0].agency_id, *names, *references):
            same["born", born].add((key, at))
            same["reference", reference].add((key, at))
    for row in rows:
        row.again = _earlier_than(row, same) if row.is_recorded else 0


def _filled(keys: Iterable[str]) -> list[str]:
    """Return the keys, as many as a page can have: no child has what stands for a missing one."""
    found = sorted(set(keys) - {""})
    return found + ["-"] * (ROWS - len(found))


def _earlier() -> QuerySet[Conversation, Any]:
    lead, agency = (Given(place, BigAutoField()) for place in (0, 1))
    names, references = (
        [Given(place, CharField()) for place in range(begin, begin + ROWS)]
        for begin in (2, 2 + ROWS)
    )
    seen = Conversation.objects.led_in(agency, lead, agency_first=False).order_by()
    # Each is looked up in its own index. That leaves out whoever has no key, and a plan that is
    # kept takes it only where the query says so too, in words that the database can follow.
    by_name = seen.filter(child__name_key__gt="", child__name_key__in=names)
    by_reference = seen.filter(child__reference_key__gt="", child__reference_key__in=references)
    shown = ("pk", "recorded_at", "child__born_key", "child__reference_key")
    # One that is found both ways comes twice: whoever counts them holds them in sets.
    return by_name.values_list(*shown).union(by_reference.values_list(*shown), all=True)


EARLIER: Prepared[Any] = Prepared(_earlier)


def _earlier_than(
    row: Conversation, same: Mapping[tuple[str, ...], set[tuple[int, datetime]]]
) -> int:
    """Count those of the same birth or reference that came within a year before."""
    keys = ("born", row.child.born_key), ("reference", row.child.reference_key)
    others = {other for key in keys if key[1] for other in same.get(key, ())}
    return sum(timedelta(0) < row.recorded_at - at <= standing.TOGETHER for _, at in others)
