"""Where a conversation stands in the lead's desk. It is kept in the conversation's own row.

So a desk of any size is a walk along an index. `stand` writes it anew when something moves it;
what time alone moves (a follow-up falls due, a draft is left) is written by `settle`, before a
desk is read.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import (
    BigAutoField,
    Case,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from accounts.models import Agency
from accounts.prepared import Given, Prepared
from referrals.desk_indexes import OPEN
from referrals.models import (
    IDLE,
    LAST_TURN,
    Child,
    Conversation,
    ConversationQuerySet,
    FollowUp,
    is_left_in_danger,
    left_in_danger_since,
)
from thresholds.models import Level

# Conversations about the same child within this time add up.
TOGETHER = timedelta(days=365)
# Rows that are moved in one go.
AT_ONCE = 2000


@dataclass(frozen=True)
class Reason:
    """Why a conversation stands where it does: the gravest has the first `turn`, 0."""

    slug: str
    label: str
    turn: int


DANGER, PROTECTION, HIGHEST, OVERDUE, BELOW, REFUSED, AGAIN = REASONS = (
    Reason("danger", "In danger now", 0),
    Reason("protection", "Child protection", 1),
    Reason("highest", "Highest level", 2),
    Reason("overdue", "Follow-up overdue", 3),
    Reason("below", "Judged below the guidance", 4),
    Reason("refused", "Consent refused", 5),
    Reason("again", "Not the first about this child", 6),
)


def is_highest() -> Exists:
    """Return the condition that somebody judged or the guidance read the edition's last level."""
    # Of nothing and a number, SQLite says that nothing is the greater.
    told = (Coalesce(OuterRef(level), Value(0)) for level in ("judged_level", "read_level"))
    higher = Level.objects.filter(edition=OuterRef("edition"), number__gt=Greatest(*told))
    return ~Exists(higher.order_by())


def _comes_again() -> Exists:
    """Say whether it is not the first about this child, as far as every lead may know.

    An earlier one that is kept from somebody moves nothing: a place in the queue would tell
    them of it. Name and reference are asked for apart, so that each is looked up in its index.
    """
    kept = Conversation.kept_from.through.objects.filter(conversation=OuterRef("conversation"))
    recorded_at = OuterRef("conversation__recorded_at")
    earlier = Child.objects.order_by().filter(
        ~Exists(kept),
        conversation__agency=OuterRef("conversation__agency"),
        conversation__recorded_at__lt=recorded_at,
        conversation__recorded_at__gte=recorded_at - TOGETHER,
    )
    # The index of names leaves out whoever has none: the query must say that it does.
    by_name = earlier.filter(
        ~Q(name_key=""),
        ~Q(born_key=""),
        name_key=OuterRef("name_key"),
        born_key=OuterRef("born_key"),
    )
    by_reference = earlier.filter(~Q(reference_key=""), reference_key=OuterRef("reference_key"))
    own = Child.objects.filter(conversation=OuterRef("pk"))
    return Exists(own.filter(Exists(by_name) | Exists(by_reference)))


def stand(rows: QuerySet[Conversation], now: datetime | None = None) -> None:
    """Write anew where these conversations stand.

    The caller holds their locks, so that nobody changes meanwhile what it follows from.
    """
    now = now or timezone.now()
    undone = FollowUp.objects.filter(conversation=OuterRef("pk"), done_at=None).order_by("due_at")
    late = undone.order_by().filter(due_at__lte=now)
    met = {
        DANGER: Q(danger=True),
        PROTECTION: Q(child_protection=True),
        HIGHEST: is_highest(),
        OVERDUE: Exists(late),
        BELOW: Q(below_reading=True),
        REFUSED: Q(consent_refused=True),
        AGAIN: _comes_again(),
    }
    waits = Q(review_state__in=OPEN) | is_left_in_danger(now) | Q(Exists(late))
    rows.order_by().update(
        due_at=Subquery(undone.values("due_at")[:1]),
        is_late=Case(When(Exists(late), then=Value(True)), default=Value(False)),
        turn=Case(
            *(When(condition, then=Value(reason.turn)) for reason, condition in met.items()),
            default=Value(LAST_TURN),
        ),
        waits_since=Case(
            When(waits, then=Coalesce(F("recorded_at"), F("updated_at"))), default=Value(None)
        ),
    )


def stand_alone(conversation: Conversation) -> None:
    """Write anew where one conversation stands, whose lock the caller holds."""
    stand(Conversation.objects.filter(pk=conversation.pk))


def settle(agency: Agency, now: datetime) -> None:
    """Move what time alone has moved: follow-ups that fell due, drafts about danger left lying.

    And whatever is open without a place, so that no record can be hidden from its leads by
    what forgot to call `stand`. Mostly that is nothing, and then nothing is written.
    """
    while found := MOVED(agency.pk, now, now - IDLE):
        # Asked again while a row is locked: what somebody is just doing to it comes first.
        due, left, lost = _moved_by_time(now, now - IDLE)
        own = Conversation.objects.filter(agency=agency).order_by()
        stand(own.filter(due | left | lost, pk__in=[row.pk for row in found]), now)


def _moved_by_time(now: object, idle_since: object) -> tuple[Q, Q, Q]:
    """Return the conditions, each of which has an index of its own that is all but empty."""
    return (
        Q(due_at__lte=now, is_late=False),
        Q(left_in_danger_since(idle_since), waits_since=None),
        Q(review_state__in=OPEN, waits_since=None),
    )


def _moved() -> QuerySet[Conversation]:
    agency, now, idle = Given(0, BigAutoField()), *(Given(n, DateTimeField()) for n in (1, 2))
    own = Conversation.objects.filter(agency=agency).order_by().only("pk")
    first, *others = (own.filter(condition) for condition in _moved_by_time(now, idle))
    return first.union(*others, all=True)[:AT_ONCE]


MOVED = Prepared(_moved)


@transaction.atomic
def stand_after(conversation: Conversation) -> None:
    """Write anew where the later ones about the same child stand."""
    child = conversation.child
    same = Q(child__name_key=child.name_key) & ~Q(child__name_key="")
    same |= Q(child__reference_key=child.reference_key) & ~Q(child__reference_key="")
    later: ConversationQuerySet = Conversation.objects.filter(
        same, agency=conversation.agency, recorded_at__gt=conversation.recorded_at
    )
    keys = later.order_by("pk").values_list("pk", flat=True)
    stand(Conversation.objects.filter(pk__in=list(keys.select_for_update(of=("self",)))))
