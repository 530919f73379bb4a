"""What is due, in words: by when, how late, what was done."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format

from referrals.models import Conversation, ConversationQuerySet, FollowUp
from referrals.wording import long_moment

SOON = timedelta(hours=24)
TITLES = {
    FollowUp.Kind.WRITING: "Write to the council",
    FollowUp.Kind.PLAN: "Look at the plan again",
}
DAY_OF_TWO = timedelta(hours=48)


@dataclass(frozen=True)
class Due:
    """A follow-up as it stands at `now`."""

    follow_up: FollowUp
    now: datetime

    @property
    def title(self) -> str:
        return TITLES[FollowUp.Kind(self.follow_up.kind)]

    @property
    def when(self) -> str:
        """By when it must be done: to the minute for writing, by day for a plan."""
        if self.follow_up.kind == FollowUp.Kind.PLAN:
            return f"on {date_format(self.day, 'l j F Y')}"
        return f"by {long_moment(self.follow_up.due_at)}"

    @property
    def day(self) -> date:
        """The day at the end of which it is due."""
        return timezone.localdate(self.follow_up.due_at - timedelta(microseconds=1))

    @property
    def is_overdue(self) -> bool:
        return not self.follow_up.done_at and self.follow_up.due_at <= self.now

    @property
    def late(self) -> str:
        """How late it is, or was when it was done: "2 days late", "" for in time."""
        until = self.follow_up.done_at or self.now
        if self.follow_up.due_at > until or self.follow_up.due_at == self.follow_up.done_at:
            return ""
        if self.follow_up.kind == FollowUp.Kind.PLAN:
            return f"{counted((timezone.localdate(until) - self.day).days, 'day')} late"
        return f"{how_long(until - self.follow_up.due_at)} late"

    @property
    def left(self) -> str:
        """How long there still is, such as "5 hours left"; nothing for a plan, due on a day."""
        if self.follow_up.kind == FollowUp.Kind.PLAN:
            return "today" if self.day == timezone.localdate(self.now) else ""
        return f"{how_long(self.follow_up.due_at - self.now)} left"


def how_long(span: timedelta) -> str:
    """Return a span as a person says it, in whole hours and then days, never more than it is."""
    if span < timedelta(hours=1):
        return "less than an hour"
    if span < DAY_OF_TWO:
        return counted(span // timedelta(hours=1), "hour")
    return counted(span.days, "day")


def counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def open_of(conversation: Conversation) -> list[Due]:
    """Return what is still to be done, the most overdue first."""
    now = timezone.now()
    return [Due(row, now) for row in conversation.follow_ups.filter(done_at=None)]


def done_of(conversation: Conversation) -> list[Due]:
    """Return what was done, the latest first."""
    now = timezone.now()
    done = conversation.follow_ups.exclude(done_at=None).select_related("done_by")
    return [Due(row, now) for row in done.order_by("-done_at", "-pk")]


def pressing(among: ConversationQuerySet) -> list[Due]:
    """Return what is overdue, or will be within a day, the most overdue first."""
    now = timezone.now()
    rows = FollowUp.objects.filter(
        conversation__in=among.recorded(), done_at=None, due_at__lt=now + SOON
    )
    rows = rows.select_related("conversation").defer("conversation__content", "conversation__words")
    return [Due(row, now) for row in rows]
