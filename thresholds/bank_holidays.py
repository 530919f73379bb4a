"""The bank holidays of England: eight by rule, and single days by proclamation.

A day that falls on a weekend counts, and so does the weekday kept in its place: a line that
works on Saturdays is likely closed on a Christmas Day that is one.
"""

from datetime import date, timedelta
from functools import lru_cache

# Proclaimed for one year. A new one is a line here: https://www.gov.uk/bank-holidays
ADDED = {date(2022, 6, 3), date(2022, 9, 19), date(2023, 5, 8)}
MOVED = {date(2020, 5, 4): date(2020, 5, 8), date(2022, 5, 30): date(2022, 6, 2)}

MONDAY, SATURDAY = 0, 5
DAY = timedelta(days=1)


def is_bank_holiday(day: date) -> bool:
    return day in bank_holidays(day.year)


@lru_cache(maxsize=16)
def bank_holidays(year: int) -> frozenset[date]:
    """Return the bank holidays of a year, with those that fall on a weekend."""
    easter = easter_sunday(year)
    ruled = {
        easter - 2 * DAY,
        easter + DAY,
        _monday_from(date(year, 5, 1)),
        _monday_from(date(year, 5, 25)),
        _monday_from(date(year, 8, 25)),
    }
    kept = {MOVED.get(day, day) for day in ruled}
    added = {day for day in ADDED if day.year == year}
    return frozenset(kept | added | _new_year(year) | _christmas(year))


def easter_sunday(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar, by the Anonymous (Meeus) rule."""
    century = year // 100
    golden = year % 19
    skipped = century - century // 4 - (8 * century + 13) // 25
    epact = (19 * golden + skipped + 15) % 30
    epact -= (epact // 28) * (1 - (29 // (epact + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + epact + 2 - century + century // 4) % 7
    after = epact - weekday
    month = 3 + (after + 40) // 44
    return date(year, month, after + 28 - 31 * (month // 4))


def _new_year(year: int) -> set[date]:
    return _with_days_in_place([date(year, 1, 1)])


def _christmas(year: int) -> set[date]:
    return _with_days_in_place([date(year, 12, 25), date(year, 12, 26)])


def _with_days_in_place(days: list[date]) -> set[date]:
    """Return `days`, and for each on a weekend the next weekday that is none of them."""
    found = set(days)
    for day in days:
        instead = day
        while day.weekday() >= SATURDAY and (instead.weekday() >= SATURDAY or instead in found):
            instead += DAY
        found.add(instead)
    return found


def _monday_from(day: date) -> date:
    return day + DAY * ((MONDAY - day.weekday()) % 7)
