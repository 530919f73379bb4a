"""Looks for what nobody told of in time, and writes the alerts about it.

Looking again finds the same and writes nothing new.
"""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from referrals import alerts, services
from referrals.models import Alert, Conversation, FollowUp

Kind = FollowUp.Kind
# How long before it is due the author is reminded. A plan is due when its day ends: that
# makes it seven in the morning of that day.
REMIND = {Kind.WRITING: timedelta(hours=12), Kind.PLAN: timedelta(hours=17)}
TELLS = {Kind.WRITING: Alert.Kind.WRITING, Kind.PLAN: Alert.Kind.PLAN}


def look() -> None:
    """Write every alert that is due by now, to be sent."""
    now = timezone.now()
    for draft in _untold_drafts(now):
        people = [*_author(draft), *services.leads_for(draft)]
        alerts.write(Alert.Kind.IDLE_DANGER, draft, people)
    for row in _not_done(now + max(REMIND.values())):
        if row.due_at <= now:
            _tell_overdue(row, now)
        elif row.due_at <= now + REMIND[Kind(row.kind)]:
            alerts.write(TELLS[Kind(row.kind)], row.conversation, _author(row.conversation), row.pk)


def _untold_drafts(now: datetime) -> QuerySet[Conversation]:
    told = Alert.objects.filter(conversation=OuterRef("pk"), kind=Alert.Kind.IDLE_DANGER)
    left = Conversation.objects.left_in_danger(now).filter(~Exists(told))
    return left.select_related("author", "agency")


def _not_done(until: datetime) -> QuerySet[FollowUp]:
    """Return what is due before `until` and of which nobody was told since it was due."""
    told = Alert.objects.filter(about=OuterRef("pk"), kind__in=TELLS.values()).filter(
        Q(created_at__gte=OuterRef("due_at"))
    )
    rows = FollowUp.objects.filter(~Exists(told), done_at=None, due_at__lte=until)
    return rows.select_related("conversation__author", "conversation__agency")


def _tell_overdue(row: FollowUp, now: datetime) -> None:
    """Tell the author and the leads, the author again if they were reminded before."""
    conversation, kind = row.conversation, TELLS[Kind(row.kind)]
    Alert.objects.filter(conversation=conversation, kind=kind, about=row.pk).filter(
        created_at__lt=row.due_at
    ).update(created_at=now, sent_at=None, failures=0)
    alerts.write(
        kind, conversation, [*_author(conversation), *services.leads_for(conversation)], row.pk
    )


def _author(conversation: Conversation) -> list[User]:
    """Return the author, as long as they may see their own conversation."""
    author = conversation.author
    return [author] if conversation.may_be_opened_by(author) else []
