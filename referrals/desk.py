"""The lead's desk: what waits for them, why, and in which order.

Everything here is asked within what the lead may see.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from accounts.models import Agency, Event, User
from referrals.models import (
    Child,
    Conversation,
    ConversationQuerySet,
    FollowUp,
    is_left_in_danger,
)
from thresholds.models import Level

State = Conversation.ReviewState
OPEN = (State.AWAITING, State.ASKED, State.REVIEWED, State.REOPENED)
# Conversations about the same child within this time add up.
TOGETHER = timedelta(days=365)
PAGE = 25


@dataclass(frozen=True)
class Reason:
    """Why a conversation stands where it does: `weight` puts the gravest first."""

    slug: str
    label: str
    weight: int


REASONS = (
    Reason("danger", "In danger now", 7),
    Reason("protection", "Child protection", 6),
    Reason("highest", "Highest level", 5),
    Reason("overdue", "Follow-up overdue", 4),
    Reason("below", "Judged below the guidance", 3),
    Reason("refused", "Consent refused", 2),
    Reason("again", "Not the first about this child", 1),
)


def queue(user: User, agency: Agency, now: datetime) -> QuerySet[Conversation]:
    """Return what waits for a review in `agency`, the gravest first and then the oldest.

    A draft about a child in danger that was left for half an hour waits too, and so does
    what was signed off while its follow-up is overdue. Each row has `rank`, `since` and the
    reasons as booleans named after their slugs; `again` is a count.
    """
    found = with_reasons(_waiting(user, agency, now), user, now)
    return found.order_by("-rank", "since", "pk")


def _waiting(user: User, agency: Agency, now: datetime) -> ConversationQuerySet:
    led = Conversation.objects.led_by(user).filter(agency=agency)
    return led.filter(Q(review_state__in=OPEN) | is_left_in_danger(now) | Q(_late(now)))


def with_reasons(among: ConversationQuerySet, user: User, now: datetime) -> QuerySet[Conversation]:
    """Return the rows with why each stands where it does."""
    levels = Level.objects.filter(edition=OuterRef("edition")).order_by("-number")
    found = among.select_related("author", "area", "child").annotate(
        since=Coalesce("recorded_at", "updated_at"),
        overdue=_late(now),
        again=Coalesce(Subquery(_earlier(user)), Value(0)),
        protection=F("child_protection"),
        top=Subquery(levels.values("number")[:1]),
        highest=_is(Q(judged_level__gte=F("top")) | Q(read_level__gte=F("top"))),
        below=F("below_reading"),
        refused=F("consent_refused"),
    )
    ranks = [When(_met(reason), then=Value(reason.weight)) for reason in REASONS]
    return found.annotate(rank=Case(*ranks, default=Value(0), output_field=IntegerField()))


def _met(reason: Reason) -> Q:
    return Q(again__gt=0) if reason.slug == "again" else Q(**{reason.slug: True})


def _is(condition: Q) -> Case:
    return Case(
        When(condition, then=Value(True)), default=Value(False), output_field=BooleanField()
    )


def _late(now: datetime) -> Exists:
    return Exists(
        FollowUp.objects.filter(conversation=OuterRef("pk"), done_at=None, due_at__lte=now)
    )


def _earlier(user: User) -> QuerySet[Child]:
    """Return, for the query around it, how many earlier ones there are about the same child."""
    same_name = Q(name_key=OuterRef("child__name_key"), born_on=OuterRef("child__born_on"))
    same_reference = Q(reference_key=OuterRef("child__reference_key"))
    earlier = Child.objects.filter(
        (same_name & ~Q(name_key="")) | (same_reference & ~Q(reference_key="")),
        conversation__in=Conversation.objects.led_by(user),
        conversation__agency=OuterRef("agency"),
        conversation__recorded_at__lt=OuterRef("recorded_at"),
        conversation__recorded_at__gte=OuterRef("recorded_at") - TOGETHER,
    )
    counted = earlier.order_by().values("conversation__agency").annotate(number=Count("pk"))
    return counted.values("number")


def waiting(user: User, agency: Agency, now: datetime) -> dict[str, int]:
    """Return how many wait for a review, in danger now, and with a follow-up overdue."""
    return _waiting(user, agency, now).aggregate(
        number=Count("pk"),
        in_danger=Count("pk", filter=Q(danger=True)),
        overdue=Count("pk", filter=Q(_late(now))),
    )


def key_in_queue(row: Conversation) -> str:
    """Return where a row stands in the queue, for the address of the page after it."""
    return f"{row.rank}~{row.since.isoformat()}~{row.pk}"


def after_in_queue(key: str) -> Q:
    """Return what comes after a place in the queue. A place that is none is its beginning."""
    try:
        rank, since, pk = key.split("~")
        place = int(rank), datetime.fromisoformat(since), int(pk)
    except ValueError:
        return Q()
    later = Q(since__gt=place[1]) | Q(since=place[1], pk__gt=place[2])
    return Q(rank__lt=place[0]) | (Q(rank=place[0]) & later)


def key_in_list(row: Conversation) -> str:
    return f"{row.updated_at.isoformat()}~{row.pk}"


def after_in_list(key: str) -> Q:
    """Return what comes after a place in a list that has the latest first."""
    try:
        updated, pk = key.split("~")
        place = datetime.fromisoformat(updated), int(pk)
    except ValueError:
        return Q()
    # The first condition lets the database begin at the place in its index.
    older = Q(updated_at__lt=place[0]) | Q(updated_at=place[0], pk__lt=place[1])
    return Q(updated_at__lte=place[0]) & older


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
    if child.born_on:
        name &= Q(child__born_on=child.born_on) | Q(child__born_on=None)
    reference = Q(child__reference_key=child.reference_key) & ~Q(child__reference_key="")
    others = among.recorded().exclude(pk=conversation.pk)
    same = others.filter(name | reference, agency=conversation.agency)
    return same.select_related("child", "author").order_by("-recorded_at", "-pk")


def events_of(conversation: Conversation) -> list[tuple[Event, str]]:
    """Return what was done with a conversation and by whom, the latest first."""
    events = list(Event.objects.filter(subject=conversation.subject).order_by("-at", "-number"))
    names = {user.pk: str(user) for user in User.objects.filter(pk__in={e.actor for e in events})}
    return [(event, names.get(event.actor or 0, "The portal")) for event in events]


def people_beside(conversation: Conversation, user: User) -> list[User]:
    """Return the members of the agency from whom a record can still be kept."""
    members = conversation.agency.members.exclude(pk__in=[user.pk, conversation.author_id])
    return list(members.exclude(pk__in=conversation.kept_from.all()).order_by("name", "pk"))
