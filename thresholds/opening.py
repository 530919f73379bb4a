"""When a telephone line is open, as far as its document says. No Django.

What is not printed stays unknown: without hours a line is neither open nor closed, and hours
without days are not Monday to Friday. Times are those that clocks in England show. One that
the clocks jump over counts an hour later, and one that comes twice counts when it first comes,
as calendars do it (RFC 5545, 3.3.5).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from thresholds.bank_holidays import is_bank_holiday

ENGLAND = ZoneInfo("Europe/London")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# The hours of a bank holiday, where they are its own, stand among the days.
HOLIDAY = "bank_holiday"
CLOSED, OPEN, UNKNOWN, OWN = "closed", "open", "unknown", "own"
BANK_HOLIDAYS = (CLOSED, OPEN, UNKNOWN)
FULL_DAY = 24 * 60
# Christmas and New Year can fall on the one day of the week on which a line is open.
LOOK_AHEAD = 36
SOON = timedelta(days=7)
WRITTEN = re.compile(r"([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})")


class BadHours(ValueError):
    """Opening hours that make no sense. The message is one line for whoever wrote them."""


@dataclass(frozen=True, order=True)
class Times:
    """From one minute of a day to another. `end` is past 24 hours when it is the next day's."""

    start: int
    end: int


@dataclass(frozen=True)
class Opening:
    """`week` has the times of Monday to Sunday; `dayless` are times printed without days.

    Both empty means that nothing is known. A week's day without times is closed. On a bank
    holiday the line is closed, open as on other days, open at times of its OWN, which are
    `on_bank_holidays`, or nobody knows.
    """

    week: tuple[tuple[Times, ...], ...] = ()
    dayless: tuple[Times, ...] = ()
    bank_holidays: str = UNKNOWN
    on_bank_holidays: tuple[Times, ...] = ()


@dataclass(frozen=True)
class State:
    """Whether a line is open, and when that changes; "" is not known.

    `why` says what is missing: `hours`, `days` or `bank-holiday`. `changes_at` is empty for a
    line that is open without an end in sight. `doubtful` are the bank holidays, up to that
    change, on which it may be open and nobody knows.
    """

    now: Literal["open", "closed", ""]
    changes_at: datetime | None = None
    why: Literal["hours", "days", "bank-holiday", ""] = ""
    doubtful: tuple[date, ...] = ()


@dataclass(frozen=True)
class Span:
    """A stretch of real time, and the day that decides: a bank holiday, where there is one."""

    start: datetime
    end: datetime
    day: date


# The data


def from_data(data: object) -> Opening:
    """Return what JSON holds: `days` with times or `times` alone, and `bank_holidays`.

    A `bank_holiday` among the days has times of its own. Raises BadHours.
    """
    if not isinstance(data, dict):
        raise BadHours("Opening hours must be an object.")
    if unknown := set(data) - {"days", "times", "bank_holidays"}:
        raise BadHours(f"Opening hours do not have {min(map(str, unknown))[:40]!r}.")
    bank_holidays = data.get("bank_holidays", UNKNOWN)
    if bank_holidays not in BANK_HOLIDAYS:
        raise BadHours("bank_holidays must be closed, open or unknown.")
    if "days" in data and "times" in data:
        raise BadHours("Opening hours have days or times without days, not both.")
    week, own = _week(data["days"]) if "days" in data else ((), ())
    dayless = _day(data["times"], "times") if "times" in data else ()
    if not week and bank_holidays != UNKNOWN:
        raise BadHours("Bank holidays can only be said of hours that have days.")
    if own and "bank_holidays" in data:
        raise BadHours("A bank_holiday among the days says it all: leave bank_holidays out.")
    return Opening(week, dayless, OWN if own else bank_holidays, own)


def to_data(hours: Opening) -> dict[str, object]:
    """Return what `from_data` reads: {} when nothing is known."""
    if hours.week:
        named = zip((*DAYS, HOLIDAY), (*hours.week, hours.on_bank_holidays), strict=True)
        days = {day: [_written(times) for times in own] for day, own in named if own}
        said = {} if hours.on_bank_holidays else {"bank_holidays": hours.bank_holidays}
        return {"days": days, **said}
    return {"times": [_written(times) for times in hours.dayless]} if hours.dayless else {}


def _week(data: object) -> tuple[tuple[tuple[Times, ...], ...], tuple[Times, ...]]:
    """Return the times of Monday to Sunday, and those of bank holidays."""
    if not isinstance(data, dict) or not any(day in data for day in DAYS):
        raise BadHours("days must name at least one day of the week with its times.")
    if wrong := [str(day)[:20] for day in data if day not in (*DAYS, HOLIDAY)]:
        raise BadHours(f"{wrong[0]!r} is not a day.")
    found = {day: _day(own, day) for day, own in data.items()}
    return tuple(found.get(day, ()) for day in DAYS), found.get(HOLIDAY, ())


def _day(data: object, name: str) -> tuple[Times, ...]:
    if not isinstance(data, list) or not data:
        raise BadHours(f"{name} must be a list of times such as 09:00-17:00.")
    return in_order(name, [_read(item) for item in data])


def in_order(name: str, day: list[Times]) -> tuple[Times, ...]:
    """Return the times of one day, in their order. Raises BadHours where two overlap."""
    ordered = tuple(sorted(day))
    if any(later.start < earlier.end for earlier, later in pairwise(ordered)):
        raise BadHours(f"{name.replace('_', ' ').capitalize()} has times that overlap.")
    return ordered


def _read(item: object) -> Times:
    found = WRITTEN.fullmatch(item) if isinstance(item, str) else None
    if not found:
        raise BadHours(f"{str(item)[:20]!r} is not a time such as 09:00-17:00.")
    hours, minutes, end_hours, end_minutes = map(int, found.groups())
    if minutes > 59 or end_minutes > 59:
        raise BadHours(f"{item!r} is not a time such as 09:00-17:00.")
    return times(hours * 60 + minutes, end_hours * 60 + end_minutes)


def times(start: int, end: int) -> Times:
    """Return the times between two minutes of a day; to an earlier one is over midnight.

    Raises BadHours.
    """
    if start >= FULL_DAY or end > FULL_DAY:
        raise BadHours("A day has 24 hours.")
    if start == end:
        raise BadHours("A line that opens and closes at one time has no hours. Write 24 hours.")
    return Times(start, end if end > start else end + FULL_DAY)


def _written(own: Times) -> str:
    end = own.end if own.end <= FULL_DAY else own.end - FULL_DAY
    return f"{own.start // 60:02}:{own.start % 60:02}-{end // 60:02}:{end % 60:02}"


# What follows from it


def state(hours: Opening, now: datetime) -> State:
    """Say whether a line is open at `now`, an aware time, and when that changes."""
    if not hours.week:
        return State("", why="days" if hours.dayless else "hours")
    doubts = [span for span in spans(hours, now, sure=False) if span.end > now]
    run = next((run for run in runs(hours, now) if run.end > now), None)
    if run and run.start <= now:
        if run.end - now >= SOON:
            return State("open")
        # A day that follows without a break, and of which nobody knows.
        next_days = tuple(span.day for span in doubts if span.start <= run.end < span.end)
        return State("open", run.end, doubtful=next_days)
    if any(span.start <= now for span in doubts):
        return State("", why="bank-holiday")
    opens = run.start if run else None
    before = {span.day for span in doubts if opens is None or span.start < opens}
    return State("closed", opens, doubtful=tuple(sorted(before)))


def runs(hours: Opening, now: datetime) -> Iterator[Span]:
    """Yield the stretches in which a line is surely open, from today: what touches is one.

    The last of them is cut short: nobody asks for the end of one that lasts so long.
    """
    run: Span | None = None
    for span in spans(hours, now, sure=True):
        if run and run.end > now + SOON:
            break
        if run and span.start <= run.end:
            run = Span(run.start, max(run.end, span.end), run.day)
        else:
            if run:
                yield run
            run = span
    if run:
        yield run


def spans(hours: Opening, now: datetime, *, sure: bool) -> Iterator[Span]:
    """Yield when a line is open from today on: surely, or on bank holidays only perhaps."""
    today = now.astimezone(ENGLAND).date()
    if not sure and hours.bank_holidays in (CLOSED, OPEN):
        return
    for day in _days_ahead(today, sure):
        found = [_on(day, own, of) for own, known, of in _parts(hours, day) if known == sure]
        yield from sorted((span for span in found if span.start < span.end), key=_start)


@lru_cache(maxsize=16)
def _days_ahead(today: date, sure: bool) -> tuple[date, ...]:
    """Return the days to look at: of doubt, those that a bank holiday or its night can touch."""
    days = (today + timedelta(days=ahead) for ahead in range(LOOK_AHEAD))
    return tuple(
        day for day in days
        if sure or is_bank_holiday(day) or is_bank_holiday(day - timedelta(days=1))
    )  # fmt: skip


def _parts(hours: Opening, day: date) -> Iterator[tuple[Times, bool, date]]:
    """Yield the times within one day, with the night before: whether sure, and whose they are.

    A night that begins or ends on a bank holiday counts as one. Where those have times of
    their own, nobody knows whether they take the place of such a night.
    """
    before = day - timedelta(days=1)
    holiday, eve = is_bank_holiday(day), is_bank_holiday(before)
    decides = before if eve else day
    for night in _nights(hours.week[before.weekday()]):
        if (known := _as_usual(hours, holiday or eve)) is not None:
            yield night, known, decides
    if eve:
        yield from ((night, True, before) for night in _nights(hours.on_bank_holidays))
    if holiday and hours.bank_holidays == OWN:
        yield from ((_evening(own), True, day) for own in hours.on_bank_holidays)
    elif (known := _as_usual(hours, holiday)) is not None:
        yield from ((_evening(own), known, day) for own in hours.week[day.weekday()])


def _as_usual(hours: Opening, is_holiday: bool) -> bool | None:
    """Say whether usual hours are sure: False if nobody knows, None if they do not hold."""
    if not is_holiday or hours.bank_holidays == OPEN:
        return True
    return None if hours.bank_holidays == CLOSED else False


def _nights(day: tuple[Times, ...]) -> list[Times]:
    """Return what is after midnight of the times of the day before."""
    return [Times(0, own.end - FULL_DAY) for own in day if own.end > FULL_DAY]


def _evening(own: Times) -> Times:
    """Return what is before midnight."""
    return Times(own.start, min(own.end, FULL_DAY))


def _on(day: date, own: Times, decides: date) -> Span:
    return Span(_moment(day, own.start), _moment(day, own.end), decides)


def _moment(day: date, minute: int) -> datetime:
    days, left = divmod(minute, FULL_DAY)
    shown = datetime.combine(day + timedelta(days=days), time(left // 60, left % 60), ENGLAND)
    return shown.astimezone(UTC)


def _start(span: Span) -> datetime:
    return span.start
