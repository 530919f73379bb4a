"""When a line is open: by the clock in England, and never by a guess."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thresholds.bank_holidays import bank_holidays, is_bank_holiday
from thresholds.opening import (
    BANK_HOLIDAYS,
    ENGLAND,
    OWN,
    BadHours,
    Opening,
    from_data,
    in_order,
    state,
    times,
    to_data,
)
from thresholds.opening_lines import from_lines
from thresholds.opening_words import in_words, to_lines

OFFICE = "Monday to Friday 9am to 5pm"
LATER = "Monday to Friday 8am to 8pm, Saturday 9am to 4pm"
DERBY = "between 10am and 1pm"
NIGHTS = """
    Monday to Thursday 5pm to 9am
    Friday 5pm to midnight
    Weekends 24 hours
    Monday midnight to 9am
    Bank holidays 24 hours
"""
FEWER = OFFICE + "\nBank holidays 10am to 2pm"


def at(text: str, fold: int = 0) -> datetime:
    """The moment at which clocks in England show this."""
    return datetime.fromisoformat(text).replace(tzinfo=ENGLAND, fold=fold)


def says(lines: str, text: str) -> str:
    hours, now = from_lines(lines), at(text)
    return in_words(state(hours, now), hours, now)


# As published on gov.uk, and the weekend days themselves.
PUBLISHED = {
    2020: "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-26 12-28",
    2021: "01-01 04-02 04-05 05-03 05-31 08-30 12-25 12-26 12-27 12-28",
    2022: "01-01 01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-25 12-26 12-27",
    2023: "01-01 01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26",
    2024: "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26",
    2025: "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26",
    2026: "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-26 12-28",
    2027: "01-01 03-26 03-29 05-03 05-31 08-30 12-25 12-26 12-27 12-28",
    2028: "01-01 01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26",
}


@pytest.mark.parametrize("year", PUBLISHED)
def test_bank_holidays_of_england_are_those_published(year: int) -> None:
    expected = {date.fromisoformat(f"{year}-{day}") for day in PUBLISHED[year].split()}
    assert bank_holidays(year) == expected


# Clock time, lines, open ("open"), closed ("closed") or not known (""), and when that changes.
MOMENTS = [
    ("Sunday 3am", OFFICE, "2026-11-22 03:00", "closed", "2026-11-23 09:00"),
    ("as it opens", OFFICE, "2026-11-23 09:00", "open", "2026-11-23 17:00"),
    ("as it closes", OFFICE, "2026-11-23 17:00", "closed", "2026-11-24 09:00"),
    ("Friday evening", OFFICE, "2026-11-27 18:00", "closed", "2026-11-30 09:00"),
    ("summer time", OFFICE, "2026-07-20 08:59", "closed", "2026-07-20 09:00"),
    ("the night clocks go forward", OFFICE, "2026-03-28 12:00", "closed", "2026-03-30 09:00"),
    ("the night clocks go back", OFFICE, "2026-10-24 12:00", "closed", "2026-10-26 09:00"),
    ("over midnight", "Every day 10pm to 6am", "2026-11-23 02:00", "open", "2026-11-23 06:00"),
    ("a shorter night", "Every day 10pm to 6am", "2026-03-29 00:30", "open", "2026-03-29 06:00"),
    ("a longer night", "Every day 10pm to 6am", "2026-10-25 00:30", "open", "2026-10-25 06:00"),
    ("a time that is skipped", "Sunday 1:30am to 6am", "2026-03-29 00:30", "closed",
     "2026-03-29 02:30"),
    ("Sunday's night is Monday's", "Sunday 10pm to 6am", "2026-11-23 05:59", "open",
     "2026-11-23 06:00"),
    ("all day, without an end", "Every day 24 hours\nOpen on bank holidays",
     "2026-12-25 03:00", "open", None),
    ("Christmas Day, closed", OFFICE + "\nClosed on bank holidays", "2026-12-25 10:00",
     "closed", "2026-12-29 09:00"),
    ("Christmas Day, as usual", OFFICE + "\nOpen on bank holidays", "2026-12-25 10:00",
     "open", "2026-12-25 17:00"),
    ("Christmas Day, not known", OFFICE, "2026-12-25 10:00", "", None),
    ("Christmas night, closed either way", OFFICE, "2026-12-25 03:00", "closed",
     "2026-12-29 09:00"),
    ("New Year's Eve", "Friday 9am to 5pm\nClosed on bank holidays", "2020-12-31 12:00",
     "closed", "2021-01-08 09:00"),
    ("two weeks without a Friday", "Friday 9am to 5pm\nClosed on bank holidays",
     "2020-12-18 18:00", "closed", "2021-01-08 09:00"),
    ("weekdays till 8, as they open on Saturday", LATER, "2026-11-28 09:00", "open",
     "2026-11-28 16:00"),
    ("Saturday evening", LATER, "2026-11-28 16:00", "closed", "2026-11-30 08:00"),
    ("a night team, as an office opens", NIGHTS, "2026-11-24 09:00", "closed", "2026-11-24 17:00"),
    ("a night team, from Friday on", NIGHTS, "2026-11-27 17:00", "open", "2026-11-30 09:00"),
    ("a night team, on a bank holiday", NIGHTS, "2026-05-04 12:00", "open", "2026-05-05 00:00"),
    ("its night after a bank holiday", NIGHTS, "2026-05-05 03:00", "", None),
    ("its morning after a bank holiday", NIGHTS, "2026-05-05 09:00", "closed",
     "2026-05-05 17:00"),
    ("a bank holiday of fewer hours", FEWER, "2026-12-25 09:30", "closed", "2026-12-25 10:00"),
    ("in those hours", FEWER, "2026-12-25 10:00", "open", "2026-12-25 14:00"),
    ("the next one", FEWER, "2026-12-25 14:00", "closed", "2026-12-26 10:00"),
    ("all day, up to a bank holiday", "Every day 24 hours", "2026-12-24 12:00", "open",
     "2026-12-25 00:00"),
    ("all day, on a bank holiday", "Every day 24 hours", "2026-12-25 12:00", "", None),
    ("all day, long before a bank holiday", "Every day 24 hours", "2026-11-24 12:00", "open", None),
    ("an evening into a bank holiday", "Every day 10pm to 6am", "2026-05-03 23:00", "open",
     "2026-05-04 00:00"),
    ("Christmas Day on a Saturday", "Saturday 9am to 5pm\nClosed on bank holidays",
     "2027-12-25 10:00", "closed", "2028-01-08 09:00"),
    ("the days in place of Christmas", OFFICE + "\nClosed on bank holidays", "2027-12-24 17:00",
     "closed", "2027-12-29 09:00"),
    ("as a longer night ends", "Every day 10pm to 6am", "2026-10-25 06:00", "closed",
     "2026-10-25 22:00"),
    ("an hour before clocks went back", OFFICE, "2026-10-26 08:59", "closed", "2026-10-26 09:00"),
    ("as clocks have gone forward", "Sunday 1am to 6am", "2026-03-29 02:00", "open",
     "2026-03-29 06:00"),
    ("times without days", DERBY, "2026-11-23 11:00", "", None),
    ("nothing printed", "", "2026-11-23 11:00", "", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "now", "expected", "changes"),
    [row[1:] for row in MOMENTS],
    ids=[r[0] for r in MOMENTS],
)
def test_a_line_is_open_as_its_hours_and_the_clock_say(
    lines: str, now: str, expected: str, changes: str | None
) -> None:
    found = state(from_lines(lines), at(now))
    assert found.now == expected
    assert found.changes_at == (at(changes) if changes else None)


def test_an_hour_that_comes_twice_counts_when_it_first_comes() -> None:
    hours = from_lines("Sunday 1:30am to 6am")
    assert state(hours, at("2026-10-25 01:29")).now == "closed"
    assert state(hours, at("2026-10-25 01:30")).now == "open"
    assert state(hours, at("2026-10-25 01:15", fold=1)).now == "open"


def test_a_closed_line_says_when_it_opens() -> None:
    assert says(OFFICE, "2026-11-22 03:00") == "Closed now. Opens Monday at 9am."
    assert "today at 9am" in says(OFFICE, "2026-11-23 03:00")
    assert "8 January" in says("Friday 9am to 5pm\nClosed on bank holidays", "2020-12-18 18:00")


def test_a_bank_holiday_on_the_way_is_told() -> None:
    told = says(OFFICE, "2026-05-01 18:00")
    assert "Opens Tuesday at 9am" in told and "Monday 4 May is a bank holiday" in told
    assert "4 May" not in says(OFFICE + "\nClosed on bank holidays", "2026-05-01 18:00")
    assert "4 May" in says("Every day 24 hours", "2026-05-03 12:00")


def test_the_night_of_a_bank_holiday_is_not_called_a_bank_holiday() -> None:
    nights = "Every day 10pm to 6am"
    told = says(nights, "2026-05-04 12:00")
    assert "4 May is a bank holiday" in told and "5 May" not in told
    after = says(nights, "2026-05-05 03:00")
    assert "do not know" in after and "today" not in after.lower()


def test_an_open_line_says_until_when() -> None:
    assert "until 5pm." in says(OFFICE, "2026-11-23 12:00")
    assert "until 6am on Tuesday" in says("Monday 10pm to 6am", "2026-11-23 23:00")
    assert "until midnight." in says("Monday 5pm to midnight", "2026-11-23 23:00")


def test_times_without_days_are_repeated_and_days_are_not_made_up() -> None:
    for day in range(22, 29):
        told = says(DERBY, f"2026-11-{day} 11:00")
        assert "10am to 1pm" in told
        assert not any(word in told.lower() for word in ("open", "closed", "day "))


def test_without_hours_nothing_is_said() -> None:
    assert says("", "2026-11-23 11:00") == ""


# Any hours, from any moment


def day_of(pairs: list[tuple[int, int]]) -> tuple:
    found = []
    for start, length in pairs:
        try:
            found = list(in_order("a day", [*found, times(start, (start + length) % 1440 or 1440)]))
        except BadHours:
            continue
    return tuple(found)


PAIRS = st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 1440)), max_size=3)
DAY = PAIRS.map(day_of)
WEEKS = st.tuples(*[DAY] * 7).filter(any)
HOURS = st.one_of(
    st.builds(Opening, WEEKS, st.just(()), st.sampled_from(BANK_HOLIDAYS)),
    st.builds(Opening, WEEKS, st.just(()), st.just(OWN), DAY.filter(bool)),
)
# Both changes of the clock, Christmas, Easter, and any other minute of some years.
NEAR = [
    at(f"{day} 01:00")
    for day in ("2026-03-29", "2026-10-25", "2026-12-26", "2027-03-28", "2027-10-31")
]
MINUTES = st.integers(-3 * 24 * 60, 3 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
ANY = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda t: t.replace(tzinfo=UTC))
MOMENT = st.one_of(
    ANY, st.builds(lambda near, by: near.astimezone(UTC) + by, st.sampled_from(NEAR), MINUTES)
)
MINUTE = timedelta(minutes=1)


def clock_of(first: datetime, days: int) -> tuple[list[tuple[date, int]], dict]:
    """What clocks in England show minute by minute, and which minute first shows it."""
    shown = []
    for step in range(days * 1440):
        here = (first + step * MINUTE).astimezone(ENGLAND)
        shown.append((here.date(), here.hour * 60 + here.minute))
    when: dict[tuple[date, int], int] = {}
    for step, label in enumerate(shown):
        when.setdefault(label, step)
    return shown, when


def minute_by_minute(hours: Opening, first: datetime, days: int) -> list[str]:
    """Open, closed or not known in each minute from `first`, told day by day without cleverness."""
    shown, when = clock_of(first, days)
    found = ["closed"] * len(shown)

    def step_of(day: date, minute: int) -> int:
        day, minute = day + timedelta(days=minute // 1440), minute % 1440
        skipped_on = (day, minute) not in when and (day, minute + 60) in when
        return when.get((day, minute + 60 if skipped_on else minute), len(shown))

    def mark(day: date, start: int, end: int, word: str) -> None:
        for step in range(step_of(day, start), step_of(day, end)):
            found[step] = min(word, found[step], key=["open", "", "closed"].index)

    for day in sorted({day for day, _ in shown}):
        today, tomorrow = is_bank_holiday(day), is_bank_holiday(day + timedelta(days=1))
        by_rule = {"open": "open", "closed": "closed", "unknown": "", "own": "closed"}
        evening = by_rule[hours.bank_holidays] if today else "open"
        night = "open"
        if today or tomorrow:
            night = "" if hours.bank_holidays == OWN else by_rule[hours.bank_holidays]
        for own in hours.week[day.weekday()]:
            mark(day, own.start, min(own.end, 1440), evening)
            if own.end > 1440:
                mark(day, 1440, own.end, night)
        for own in hours.on_bank_holidays if today else ():
            mark(day, own.start, own.end, "open")
    return found


@settings(deadline=None)
@given(HOURS, MOMENT)
def test_it_is_as_a_clock_says_that_is_read_minute_by_minute(hours: Opening, now: datetime) -> None:
    now = now.replace(second=0, microsecond=0)
    first = now - timedelta(days=2)
    told = minute_by_minute(hours, first, 5)
    here, rest = told[2 * 1440], told[2 * 1440 : -1440]  # the last day lacks its end
    found = state(hours, now)
    assert found.now == here
    first_words = {"open": "Open now", "closed": "Closed now", "": "We do not know"}
    assert in_words(found, hours, now).startswith(first_words[here])
    changes = [
        now + step * MINUTE
        for step, word in enumerate(rest)
        if here and (word == "open") != (here == "open")
    ]
    if changes:
        assert found.changes_at == changes[0]
    else:
        assert not found.changes_at or found.changes_at >= now + len(rest) * MINUTE


def test_a_week_that_never_opens_comes_to_an_end() -> None:
    never = Opening(((),) * 7)
    found = state(never, at("2026-11-23 11:00"))
    assert (found.now, found.changes_at) == ("closed", None)
    assert "Opens" not in in_words(found, never, at("2026-11-23 11:00"))


@given(HOURS, MOMENT)
def test_a_known_week_opens_some_time(hours: Opening, now: datetime) -> None:
    found = state(hours, now)
    assert found.now != "closed" or found.changes_at


@given(DAY, MOMENT)
def test_without_days_no_line_is_ever_open_or_closed(dayless: tuple, now: datetime) -> None:
    assert state(Opening((), dayless), now).now == ""


HOLIDAYS = sorted(day for year in range(2020, 2030) for day in bank_holidays(year))
ON_HOLIDAYS = st.builds(
    lambda day, minute: at(f"{day} 00:00") + minute * MINUTE,
    st.sampled_from(HOLIDAYS),
    st.integers(0, 1439),
)


@given(HOURS, ON_HOLIDAYS)
def test_a_bank_holiday_that_is_not_known_is_never_called_open(
    hours: Opening, now: datetime
) -> None:
    assert state(Opening(hours.week), now).now != "open"
    assert state(Opening(hours.week, (), "closed"), now).now == "closed"


@given(HOURS)
def test_hours_come_back_from_their_lines_and_from_their_data(hours: Opening) -> None:
    assert from_data(to_data(hours)) == hours
    assert from_lines(to_lines(hours)) == hours


@given(DAY)
def test_times_without_days_come_back_too(dayless: tuple) -> None:
    hours = Opening((), dayless)
    assert from_data(to_data(hours)) == hours
    assert from_lines(to_lines(hours)) == hours


# Data


@pytest.mark.parametrize(
    "data",
    [
        None, [], "x", 1, {"days": {}}, {"days": []}, {"days": {"funday": ["09:00-17:00"]}},
        {"days": {"monday": []}}, {"days": {"monday": "09:00-17:00"}}, {"days": {"monday": [1]}},
        {"days": {"monday": ["9-5"]}}, {"days": {"monday": ["09:00-25:00"]}},
        {"days": {"monday": ["09:60-17:00"]}}, {"days": {"monday": ["09:00-09:00"]}},
        {"days": {"monday": ["09:00-12:00", "11:00-13:00"]}}, {"times": []}, {"times": {}},
        {"days": {"monday": ["09:00-17:00"]}, "times": ["09:00-17:00"]}, {"bank_holidays": "open"},
        {"days": {"monday": ["09:00-17:00"]}, "bank_holidays": "maybe"}, {"hours": 1}, {1: 2},
        {"days": {"monday": ["09:00-17:00"]}, "bank_holidays": []},
        {"days": {"bank_holiday": ["09:00-17:00"]}},
        {"days": {"monday": ["09:00-17:00"]}, "bank_holidays": "own"},
        {"days": {"monday": ["09:00-17:00"], "bank_holiday": []}},
        {"days": {"monday": ["09:00-17:00"], "bank_holiday": ["09:00-17:00"]},
         "bank_holidays": "closed"},
    ],
)  # fmt: skip
def test_data_of_another_shape_is_refused_in_one_line(data: object) -> None:
    with pytest.raises(BadHours) as refused:
        from_data(data)
    assert "\n" not in str(refused.value)
