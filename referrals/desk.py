"""The lead's desk: what waits for them, why, and in which order.

Everything here is asked within what the lead may see.
"""

from typing import Any

from django.db.models import (
    BigAutoField,
    IntegerField,
    Q,
    QuerySet,
    Subquery,
)

from accounts.models import Agency, Event, User
from accounts.prepared import Given, Prepared
from referrals import standing
from referrals.models import Conversation, ConversationQuerySet
from referrals.standing import REASONS

# A lead needs to know that there are very many, not how many: counting them takes its time, at each
# look. How many there are in a month stands among the agency's numbers.
COUNTED = 1_000
LONGEST_KEY = 18
# As many people as a page lists to be ticked. On a phone thirty take some four screens, and
# whoever looks for one among more types an address sooner than they find the name.
LISTED = 30


def queue(user: User, agency: Agency) -> ConversationQuerySet:
    """Return what waits for a review in `agency`, the gravest first and then the oldest.

    A draft about a child in danger that was left for half an hour waits too, and so does
    what was signed off while its follow-up is overdue: `standing.settle` comes before.
    """
    return queue_among(Conversation.objects.led_by(user).filter(agency=agency))


def queue_among(led: ConversationQuerySet) -> ConversationQuerySet:
    """Return the same among what a lead may see of an agency."""
    return led.filter(waits_since__isnull=False).order_by("turn", "waits_since", "pk")


def waiting(user: User, agency: Agency) -> dict[str, int]:
    """Return how many wait for a review, in danger now, and with a follow-up overdue.

    More than COUNTED are given as one more than COUNTED.
    """
    found = WAITING(agency.pk, user.pk)[0]
    return {"number": found.waits, "in_danger": found.in_danger, "overdue": found.overdue}


class Counted(Subquery):
    """How many rows there are, up to one more than `most`."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()

    def __init__(self, rows: QuerySet[Any, Any], most: int) -> None:
        super().__init__(rows.order_by().values("pk")[: most + 1])


def _waiting() -> QuerySet[Agency]:
    agency, lead = (Given(place, BigAutoField()) for place in (0, 1))
    waits = queue_among(Conversation.objects.led_in(agency, lead))
    return Agency.objects.filter(pk=agency).annotate(
        waits=Counted(waits, COUNTED),
        in_danger=Counted(waits.filter(turn=standing.DANGER.turn), COUNTED),
        overdue=Counted(waits.filter(is_late=True), COUNTED),
    )


# Three counts in one journey to the database.
WAITING = Prepared(_waiting)


def is_key(text: str) -> bool:
    """Say whether a text from an address can be the key of a row."""
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_KEY


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


def people_beside(conversation: Conversation, user: User) -> list[User] | None:
    """Return the members of the agency from whom a record is kept or can be.

    Returns None where they are more than a page can list.
    """
    members = conversation.agency.members.exclude(pk__in=[user.pk, conversation.author_id])
    people = list(members.order_by("name", "pk")[: LISTED + 1])
    return people if len(people) <= LISTED else None
