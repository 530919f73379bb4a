"""The lead's desk: what waits for them, why, and in which order.

Everything here is asked within what the lead may see.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    BigAutoField,
    BooleanField,
    Case,
    F,
    Func,
    IntegerField,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan

from accounts.models import Agency, Event, User
from accounts.prepared import Given, Prepared
from referrals import standing
from referrals.models import Child, Conversation, ConversationQuerySet
from referrals.standing import REASONS

PAGE = 25
# A lead needs to know that there are very many, not how many: counting them takes its time.
COUNTED = 10_000
LONGEST_KEY = 18
# By what two children are told to be the same.
SAME = ("born_key", "reference_key")


def queue(user: User, agency: Agency) -> ConversationQuerySet:
    """Return what waits for a review in `agency`, the gravest first and then the oldest.

    A draft about a child in danger that was left for half an hour waits too, and so does
    what was signed off while its follow-up is overdue: `standing.settle` comes before.
    """
    return _queue(Conversation.objects.led_by(user), agency)


def _queue(led: ConversationQuerySet, agency: object) -> ConversationQuerySet:
    waits = led.filter(agency=agency, waits_since__isnull=False)
    return waits.order_by("turn", "waits_since", "pk")


def rows_of(found: ConversationQuerySet, user: User) -> list[Conversation]:
    """Return the rows of a page with why each stands where it does.

    Each has `since` and the reasons as booleans named after their slugs; `again` is a count,
    of those that `user` may see.
    """
    rows = list(
        found.for_lists()
        .select_related("author", "area", "child")
        .annotate(
            since=Coalesce("recorded_at", "updated_at"),
            overdue=F("is_late"),
            protection=F("child_protection"),
            highest=_is(standing.is_highest()),
            below=F("below_reading"),
            refused=F("consent_refused"),
        )
    )
    _count_earlier(rows, user)
    return rows


def _is(condition: Q) -> Case:
    return Case(
        When(condition, then=Value(True)), default=Value(False), output_field=BooleanField()
    )


def _count_earlier(rows: list[Conversation], user: User) -> None:
    """Set on each row how many earlier ones there are about the same child."""
    children = [row.child for row in rows if row.is_recorded]
    same = Q(name_key__in={child.name_key for child in children} - {""})
    same |= Q(reference_key__in={child.reference_key for child in children} - {""})
    seen = Conversation.objects.led_by(user).filter(agency__in={row.agency_id for row in rows})
    found = Child.objects.filter(same, conversation__in=seen).values_list(
        "conversation__agency", "conversation__recorded_at", *SAME
    )
    others = list(found) if children else []
    for row in rows:
        row.again = row.is_recorded and sum(_is_earlier(other, row) for other in others)


def _is_earlier(other: tuple[Any, ...], row: Conversation) -> bool:
    agency, recorded_at, born, reference = other
    child = row.child
    same = child.born_key and born == child.born_key
    same = same or (child.reference_key and reference == child.reference_key)
    before = row.recorded_at - recorded_at
    return bool(same and agency == row.agency_id and timedelta(0) < before <= standing.TOGETHER)


def waiting(user: User, agency: Agency) -> dict[str, int]:
    """Return how many wait for a review, in danger now, and with a follow-up overdue.

    More than COUNTED are given as one more than COUNTED.
    """
    found = WAITING(agency.pk, user.pk)[0]
    return {"number": found.waits, "in_danger": found.in_danger, "overdue": found.overdue}


class Counted(Subquery):
    """How many rows there are, up to one more than COUNTED."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()

    def __init__(self, rows: ConversationQuerySet) -> None:
        super().__init__(rows.order_by().values("pk")[: COUNTED + 1])


def _waiting() -> QuerySet[Agency]:
    agency, lead = (Given(place, BigAutoField()) for place in (0, 1))
    waits = _queue(Conversation.objects.led_by_key(lead), agency)
    return Agency.objects.filter(pk=agency).annotate(
        waits=Counted(waits),
        in_danger=Counted(waits.filter(turn=standing.DANGER.turn)),
        overdue=Counted(waits.filter(is_late=True)),
    )


# Three counts in one journey to the database.
WAITING = Prepared(_waiting)


class Row(Func):
    """Several columns, or values, compared as one: the database walks on from a place."""

    template = "(%(expressions)s)"
    output_field = BooleanField()


def key_in_queue(row: Conversation) -> str:
    """Return where a row stands in the queue, for the address of the page after it."""
    return f"{row.turn}~{row.since.isoformat()}~{row.pk}"


def after_in_queue(key: str) -> Q:
    """Return what comes after a place in the queue. A place that is none is its beginning."""
    turn, _, rest = key.partition("~")
    place = _place(rest)
    if place is None or not (turn.isascii() and turn.isdecimal() and len(turn) == 1):
        return Q()
    values = (Value(value) for value in (int(turn), *place))
    return Q(GreaterThan(Row("turn", "waits_since", "pk"), Row(*values)))


def key_in_list(row: Conversation, column: str = "updated_at") -> str:
    return f"{getattr(row, column).isoformat()}~{row.pk}"


def after_in_list(key: str, column: str = "updated_at") -> Q:
    """Return what comes after a place in a list that has the latest first."""
    place = _place(key)
    if place is None:
        return Q()
    moment, pk = place
    # The first condition lets the database begin at the place in its index.
    older = Q(**{f"{column}__lt": moment}) | Q(**{column: moment}, pk__lt=pk)
    return Q(**{f"{column}__lte": moment}) & older


def is_key(text: str) -> bool:
    """Say whether a text from an address can be the key of a row."""
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_KEY


def _place(key: str) -> tuple[datetime, int] | None:
    """Return the moment and the key that a place names; None for no place."""
    told, _, pk = key.partition("~")
    if not is_key(pk):
        return None
    try:
        moment = datetime.fromisoformat(told)
    except ValueError:
        return None
    return (moment, int(pk)) if moment.tzinfo else None


def reasons_of(row: Conversation) -> list[str]:
    """Return the words that say why a row of the queue stands where it does."""
    words = [reason.label for reason in REASONS if getattr(row, reason.slug)]
    if not row.is_recorded:
        words.append("Draft left idle")
    return words


def about_same_child(user: User, conversation: Conversation) -> QuerySet[Conversation]:
    """Return the other recorded conversations of the agency that may be about this child."""
    return same_child(conversation, Conversation.objects.led_by(user))


def same_child(conversation: Conversation, among: ConversationQuerySet) -> QuerySet[Conversation]:
    """Return the other recorded ones of the agency, among these, that may be about its child.

    They have the agency's reference or the name in common, and no other date of birth.
    """
    child = getattr(conversation, "child", None)
    if child is None:
        return among.none()
    name = Q(child__name_key=child.name_key) & ~Q(child__name_key="")
    if child.born_key:
        name &= Q(child__born_key=child.born_key) | Q(child__born_key="")
    reference = Q(child__reference_key=child.reference_key) & ~Q(child__reference_key="")
    others = among.recorded().exclude(pk=conversation.pk)
    same = others.filter(name | reference, agency=conversation.agency).for_lists()
    return same.select_related("child", "author").order_by("-recorded_at", "-pk")


def events_of(conversation: Conversation) -> list[tuple[Event, str]]:
    """Return what was done with a conversation and by whom, the latest first."""
    events = list(Event.objects.filter(subject=conversation.subject).order_by("-at", "-number"))
    names = {user.pk: str(user) for user in User.objects.filter(pk__in={e.actor for e in events})}
    return [(event, names.get(event.actor or 0, "The portal")) for event in events]


def did(event: Event) -> str:
    """Return what an event tells, to be read after who did it: "made the PDF"."""
    # Alerts are sent by nobody, to whom it waits for.
    label = "Sent an alert" if event.verb == Event.Verb.ALERTED else event.get_verb_display()
    return label[:1].lower() + label[1:]


def people_beside(conversation: Conversation, user: User) -> list[User]:
    """Return the members of the agency from whom a record can still be kept."""
    members = conversation.agency.members.exclude(pk__in=[user.pk, conversation.author_id])
    return list(members.exclude(pk__in=conversation.kept_from.all()).order_by("name", "pk"))
