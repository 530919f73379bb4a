"""Hours and days until something is due, across the clock changes."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from referrals import deadlines, due
from referrals.fields import moment_of
from referrals.models import FollowUp
from referrals.wording import long_moment
from tests.people import LEVEL_2, record, walk_to

Kind = FollowUp.Kind
CHILD_PROTECTION = {"danger": {"danger": "yes"}}
HOUR = timedelta(hours=1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "clock", "moment"),
    [
        ((2026, 3, 28), (12, 0), utc(2026, 3, 28, 12, 0)),
        ((2026, 3, 29), (0, 59), utc(2026, 3, 29, 0, 59)),
        ((2026, 3, 29), (2, 0), utc(2026, 3, 29, 1, 0)),
        ((2026, 10, 25), (0, 59), utc(2026, 10, 24, 23, 59)),
        ((2026, 10, 25), (1, 30), utc(2026, 10, 25, 0, 30)),  # the first of two
        ((2026, 10, 25), (2, 0), utc(2026, 10, 25, 2, 0)),
    ],
)
def test_a_time_told_is_a_moment_and_the_first_of_two(
    day: tuple[int, ...], clock: tuple[int, ...], moment: datetime
) -> None:
    assert moment_of(date(*day), time(*clock)) == moment


@pytest.mark.parametrize("clock", [time(1, 0), time(1, 30), time(1, 59)])
def test_an_hour_that_the_clocks_jumped_over_is_refused(clock: time) -> None:
    with pytest.raises(ValidationError):
        moment_of(date(2026, 3, 29), clock)


@pytest.mark.parametrize(
    ("called", "due_by"),
    [
        # An hour later on the clock in spring, an hour earlier in autumn.
        (((2026, 3, 28), (17, 10)), "6:10pm on Monday 30 March 2026"),
        (((2026, 10, 24), (17, 10)), "4:10pm on Monday 26 October 2026"),
        (((2026, 10, 25), (1, 30)), "12:30am on Tuesday 27 October 2026"),
        (((2026, 6, 1), (9, 0)), "9:00am on Wednesday 3 June 2026"),
        (((2026, 6, 1), (12, 0)), "midday on Wednesday 3 June 2026"),
    ],
)
def test_48_hours_are_hours_that_pass(
    called: tuple[tuple[int, ...], tuple[int, ...]], due_by: str
) -> None:
    called_at = moment_of(date(*called[0]), time(*called[1]))
    due_at = called_at + timedelta(hours=48)
    assert (due_at - called_at) == timedelta(hours=48)
    assert long_moment(due_at) == due_by
    assert deadlines.due_by(48, called_at).endswith(due_by)


def test_midnight_is_not_taken_for_the_end_of_its_day() -> None:
    midnight = moment_of(date(2026, 11, 29), time(0, 0))
    assert "midnight" in long_moment(midnight) and "begins" in long_moment(midnight)
    assert "12:00" not in long_moment(midnight)
    assert long_moment(midnight + timedelta(minutes=1)).startswith("12:01am on Sunday")


@pytest.mark.parametrize(
    ("day", "end", "hours"),
    [
        (date(2026, 3, 29), utc(2026, 3, 29, 23), 23),
        (date(2026, 10, 25), utc(2026, 10, 26, 0), 25),
        (date(2026, 12, 24), utc(2026, 12, 25, 0), 24),
    ],
)
def test_a_day_ends_at_midnight_in_the_united_kingdom(day: date, end: datetime, hours: int) -> None:
    assert deadlines.end_of(day) == end
    before = deadlines.end_of(day - timedelta(days=1))
    assert deadlines.end_of(day) - before == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("late_by", "words"),
    [
        (-HOUR, ""),
        (timedelta(minutes=5), "less than an hour late"),
        (HOUR, "1 hour late"),
        (timedelta(hours=47, minutes=59), "47 hours late"),
        (timedelta(hours=71), "2 days late"),
    ],
)
def test_how_late_writing_is(late_by: timedelta, words: str) -> None:
    now = utc(2026, 3, 30, 12)
    assert due.Due(FollowUp(kind=Kind.WRITING, due_at=now - late_by), now).late == words


def test_a_plan_is_late_from_the_day_after() -> None:
    plan = FollowUp(kind=Kind.PLAN, due_at=deadlines.end_of(date(2026, 10, 25)))
    assert due.Due(plan, utc(2026, 10, 25, 23, 59)).late == ""
    assert due.Due(plan, utc(2026, 10, 26, 0)).late == "1 day late"
    assert due.Due(plan, utc(2026, 10, 26, 0)).day == date(2026, 10, 25)


def test_a_call_in_an_hour_that_never_was_is_refused_and_kept(teachers_browser: Client) -> None:
    url = walk_to(teachers_browser, "call")
    never = LEVEL_2["call"] | {"on_day": "30", "on_month": "3", "at": "01:30"}
    shown = teachers_browser.post(url, never).content.decode()
    assert "govuk-error-summary" in shown and 'value="01:30"' in shown


def test_a_call_in_an_hour_that_came_twice_counts_from_the_first(teachers_browser: Client) -> None:
    twice = LEVEL_2["call"] | {"on_day": "26", "on_month": "10", "at": "01:30"}
    made = record(teachers_browser, call=twice, **CHILD_PROTECTION)
    assert made.follow_ups.get(kind=Kind.WRITING).due_at == utc(2025, 10, 28, 0, 30)
