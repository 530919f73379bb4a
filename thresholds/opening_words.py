"""Opening hours in words: lines that opening_lines reads, and what a card says. No Django."""

from datetime import date, datetime, timedelta
from itertools import groupby

from thresholds.opening import (
    CLOSED,
    DAYS,
    ENGLAND,
    FULL_DAY,
    OPEN,
    OWN,
    UNKNOWN,
    Opening,
    State,
    Times,
    times,
)

HOLIDAYS = {
    CLOSED: "Closed on bank holidays",
    OPEN: "Open on bank holidays",
    UNKNOWN: "Bank holidays not known",
}


# What an editor reads


def to_lines(hours: Opening) -> str:
    """Return lines that `from_lines` reads as these hours; "" when nothing is known."""
    if not hours.week:
        return _all(hours.dayless)
    lines = [
        f"{_run(list(days))} {_all(own)}"
        for own, days in groupby(DAYS, key=lambda day: hours.week[DAYS.index(day)])
        if own
    ]
    if hours.bank_holidays == OWN:
        return "\n".join([*lines, f"Bank holidays {_all(hours.on_bank_holidays)}"])
    return "\n".join([*lines, HOLIDAYS[hours.bank_holidays]])


def day_by_day(hours: Opening) -> list[str]:
    """Say for each day from midnight to midnight what is understood, and of bank holidays.

    Here an editor sees a gap, such as the night before a Monday that nobody named.
    """
    if not hours.week:
        return []
    lines = []
    for place, day in enumerate(DAYS):
        nights = [Times(0, own.end - FULL_DAY) for own in hours.week[place - 1]]
        own = [Times(own.start, min(own.end, FULL_DAY)) for own in hours.week[place]]
        whole = joined([*(night for night in nights if night.end > 0), *own])
        lines.append(f"{day.capitalize()}: {_all(whole) or 'closed'}")
    said = HOLIDAYS.get(hours.bank_holidays) or f"Bank holidays: {_all(hours.on_bank_holidays)}"
    return [*lines, said]


def joined(parts: list[Times]) -> tuple[Times, ...]:
    """Return times in their order, and those that touch as one."""
    found: list[Times] = []
    for own in sorted(parts):
        if found and own.start <= found[-1].end:
            found[-1] = Times(found[-1].start, max(own.end, found[-1].end))
        else:
            found.append(own)
    return tuple(found)


def _all(own: tuple[Times, ...]) -> str:
    return " and ".join(map(span_in_words, own))


def _run(days: list[str]) -> str:
    if len(days) == len(DAYS):
        return "Every day"
    names = [day.capitalize() for day in days]
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"


def span_in_words(own: Times) -> str:
    if own == times(0, FULL_DAY):
        return "24 hours"
    return f"{_clock(own.start)} to {_clock(own.end % FULL_DAY)}"


def _clock(minute: int) -> str:
    if minute % (FULL_DAY // 2) == 0:
        return "midday" if minute else "midnight"
    hour, minutes = divmod(minute, 60)
    return (
        f"{(hour - 1) % 12 + 1}{f':{minutes:02}' if minutes else ''}{'am' if hour < 12 else 'pm'}"
    )


# What a card says


def in_words(now_is: State, hours: Opening, now: datetime) -> str:
    """Say how a line stands at `now`; "" where no hours are known at all."""
    if now_is.now == "open":
        until = _until(now_is.changes_at, now) if now_is.changes_at else ""
        doubt = f" After that we do not know: {_holidays(now_is)}." if now_is.doubtful else ""
        return f"Open now{until}.{doubt}"
    if now_is.now == "closed":
        opens = f" Opens {_when(now_is.changes_at, now)}." if now_is.changes_at else ""
        doubt = f" It may open before that: {_holidays(now_is)}." if now_is.doubtful else ""
        return f"Closed now.{opens}{doubt}"
    if now_is.why == "bank-holiday":
        return "We do not know whether it is open, because of the bank holiday. Ring to find out."
    if now_is.why == "days":
        return f"{_all(hours.dayless)}, but we do not know on which days. Ring to find out."
    return ""


def _until(closes: datetime, now: datetime) -> str:
    here, today = closes.astimezone(ENGLAND), now.astimezone(ENGLAND).date()
    midnight = here.hour == here.minute == 0
    last = here.date() - timedelta(days=1) if midnight else here.date()
    return f", until {_at(here)}" + ("" if last == today else f" on {_day_name(last, today)}")


def _when(opens: datetime, now: datetime) -> str:
    here, today = opens.astimezone(ENGLAND), now.astimezone(ENGLAND).date()
    return f"{_day_name(here.date(), today)} at {_at(here)}"


def _day_name(day: date, today: date) -> str:
    if day == today:
        return "today"
    name = f"{day:%A}"
    return name if day - today < timedelta(days=7) else f"{name} {day.day} {day:%B}"


def _at(moment: datetime) -> str:
    return _clock(moment.hour * 60 + moment.minute)


def _holidays(now_is: State) -> str:
    days = [f"{day:%A} {day.day} {day:%B}" for day in now_is.doubtful]
    what = "is a bank holiday" if len(days) == 1 else "are bank holidays"
    return f"{' and '.join(days)} {what}"
