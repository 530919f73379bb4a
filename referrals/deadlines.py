"""When something must be done by. Moments are in UTC; days are days in the United Kingdom."""

from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from referrals import answers
from referrals.journey import Answers
from referrals.wording import long_moment
from thresholds.next_steps import NextSteps


def called(known: Answers) -> datetime | None:
    """Return when the call was made, in UTC."""
    value = answers.text(known, "call", "called_at")
    return datetime.fromisoformat(value).astimezone(UTC) if value else None


def council_called(known: Answers) -> datetime | None:
    """Return when the council was called. Only that call starts the 48 hours."""
    return called(known) if answers.text(known, "call", "to_whom") == "council" else None


def writing_hours(steps: NextSteps) -> int | None:
    """Return how many hours after the call the council must have it in writing, if at all."""
    hours = [action.due_hours for action in steps.actions if action.due_hours]
    return min(hours) if hours and steps.is_referral else None


def writing_due(steps: NextSteps, called_at: datetime | None) -> datetime | None:
    """Return the moment by which the council must have it in writing, in UTC.

    The hours are hours that pass: a clock change in between moves the time of day.
    """
    hours = writing_hours(steps)
    return called_at + timedelta(hours=hours) if hours and called_at else None


def due_by(hours: int | None, called_at: datetime | None) -> str:
    if hours is None:
        return ""
    if called_at is None:
        return f"Within {hours} hours of the call"
    return f"By {long_moment(called_at + timedelta(hours=hours))}"


def end_of(day: date) -> datetime:
    """Return the moment at which a day ends, in UTC: what is due on it is overdue from then."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time())).astimezone(UTC)
