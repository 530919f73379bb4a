"""Opening hours as an editor types them, a line or more. No Django.

A line names days, then their times, or the other way round, as often as it likes: "Monday to
Friday 8am to 8pm, Saturday 9am to 4pm". What is not understood is refused, never guessed at.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from thresholds.opening import (
    CLOSED,
    DAYS,
    FULL_DAY,
    HOLIDAY,
    OPEN,
    OWN,
    UNKNOWN,
    BadHours,
    Opening,
    Times,
    in_order,
    times,
)

CLOCK = r"(?:(?:12 ?)?(?:noon|midday|midnight)|[0-9]{1,2}(?:[:.][0-9]{2})? ?(?:am|pm)?)"
RANGE = rf"(?:between )?({CLOCK}) ?(?:to|until|till?|and|-|–) ?({CLOCK})(?![0-9a-z:])"
ALL_DAY = r"24 hours(?: a day)?(?![0-9a-z])"
TOKEN = re.compile(rf"({ALL_DAY})|{RANGE}|([-–])|([^\s,:;()–-]+)")
READ = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))? ?(am|pm)?")
# Of bank holidays without times of their own.
SAID = {
    CLOSED: r"(?:closed on|not on|except|excluding) bank holidays",
    OPEN: r"(?:open on|including) bank holidays",
    UNKNOWN: r"bank holidays not known",
}
SETS = {
    "24/7": "24 hours every day",
    "every day": " and ".join(DAYS),
    "7 days a week": " and ".join(DAYS),
    "weekdays": " and ".join(DAYS[:5]),
    "weekends": " and ".join(DAYS[5:]),
    "bank holidays": HOLIDAY,
    "bank holiday": HOLIDAY,
}
NOISE = {"on", "from", "and", "&", "open"}
THROUGH = {"to", "-", "–"}
SHUT = "closed"
LINES, LENGTH = 20, 120
EXAMPLE = "such as Monday to Friday 9am to 5pm"

Days = list[str]


@dataclass
class Typed:
    """What the lines say so far. A day that is said to be closed has no times."""

    week: dict[str, list[Times]] = field(default_factory=dict)
    dayless: list[Times] = field(default_factory=list)
    bank_holidays: set[str] = field(default_factory=set)


def from_lines(text: str) -> Opening:
    """Return the hours that plain lines say; no line at all is not known. Raises BadHours."""
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    if len(lines) > LINES or any(len(line) > LENGTH for line in lines):
        raise BadHours(f"Write {LINES} lines of {LENGTH} characters at most.")
    typed = Typed()
    for line in lines:
        _read_line(line, typed)
    return _checked(typed)


def _read_line(line: str, typed: Typed) -> None:
    rest = line.lower().rstrip(".")
    said = {value for value, words in SAID.items() if re.search(words, rest)}
    typed.bank_holidays |= said
    for words in SAID.values():
        rest = re.sub(words, " ", rest)
    for name, words in SETS.items():
        rest = re.sub(rf"(?<![0-9a-z]){re.escape(name)}(?![0-9a-z])", words, rest)
    chunks = _chunks(rest, line)
    if not chunks and not said:
        raise BadHours(f"“{line}” has no days and no times. Write it {EXAMPLE}.")
    for days, found in _pairs(chunks, line):
        typed.dayless += [] if days else found
        for day in days:
            if day in typed.week and not (found and typed.week[day]):
                raise BadHours(f"“{line}”: {_name(day)} is both open and closed.")
            typed.week.setdefault(day, []).extend(found)


def _checked(typed: Typed) -> Opening:
    holiday = in_order(HOLIDAY, typed.week.get(HOLIDAY, []))
    said = typed.bank_holidays | ({OWN if holiday else CLOSED} if HOLIDAY in typed.week else set())
    if len(said) > 1:
        raise BadHours("Say of bank holidays only one thing.")
    week = tuple(in_order(day, typed.week.get(day, [])) for day in DAYS)
    if any(week):
        if typed.dayless:
            raise BadHours("Say the days on every line, or on none.")
        return Opening(week, (), said.pop() if said else UNKNOWN, holiday)
    if typed.week or said - {UNKNOWN}:
        raise BadHours(f"Say on which days of the week it is open, {EXAMPLE}.")
    return Opening((), in_order("the day", typed.dayless))


# One line


def _chunks(rest: str, line: str) -> list[list[Any]]:
    """Return days and times in turn, as they are named. None among the times is "closed"."""
    found: list[list[Any]] = []
    through = ""
    for match in TOKEN.finditer(rest):
        all_day, opens, closes, dash, word = match.groups()
        word = dash or word or ""
        if through == "to" or (through and _day(word)):
            _add(found, _through(found[-1][-1], word, line))
            through = ""
        elif all_day or opens or word == SHUT:
            own = _times(opens, closes, line) if opens else times(0, FULL_DAY) if all_day else None
            _add(found, [own])
            through = ""
        elif _day(word):
            _add(found, [_day(word)])
        elif word in THROUGH and found and _is_days(found[-1]):
            through = word
        elif word not in NOISE:
            raise BadHours(f"“{line}”: “{word}” is not understood. Write it {EXAMPLE}.")
    if through:
        raise BadHours(f"“{line}”: say until which day.")
    return found


def _add(found: list[list[Any]], items: list[Any]) -> None:
    if found and _is_days(found[-1]) == _is_days(items):
        found[-1].extend(items)
    else:
        found.append(list(items))


def _is_days(items: list[Any]) -> bool:
    return bool(items) and isinstance(items[0], str)


def _through(first: str, word: str, line: str) -> list[str]:
    """Return the days after the first, up to the one that `word` names."""
    last = _day(word)
    if not last or HOLIDAY in (first, last):
        raise BadHours(f"“{line}”: say from which day until which day of the week.")
    start, end = DAYS.index(first), DAYS.index(last)
    return [DAYS[(start + step) % 7] for step in range(1, (end - start) % 7 + 1)]


def _pairs(chunks: list[list[Any]], line: str) -> list[tuple[Days, list[Times]]]:
    """Return which times are on which days: no days, where only times are named."""
    if len(chunks) == 1 and not _is_days(chunks[0]):
        chunks = [[], *chunks]
    if len(chunks) % 2:
        raise BadHours(f"“{line}” must have times for its days. Write it {EXAMPLE}.")
    found = []
    for one, other in zip(chunks[::2], chunks[1::2], strict=True):
        days, own = (one, other) if not one or _is_days(one) else (other, one)
        if None in own and (len(own) > 1 or not days):
            raise BadHours(f"“{line}”: say on which days it is closed, on a line of its own.")
        found.append((list(dict.fromkeys(days)), [] if None in own else own))
    return found


def _times(opens: str, closes: str, line: str) -> Times:
    end = _minute(closes, line)
    return times(_minute(opens, line), end or FULL_DAY)


def _minute(clock: str, line: str) -> int:
    if clock.endswith(("noon", "midday")):
        return FULL_DAY // 2
    if clock.endswith("midnight"):
        return 0
    found = READ.fullmatch(clock)
    hour, minute, half = found.groups() if found else ("99", "", "")
    number, minutes = int(hour), int(minute or 0)
    if not half and not (minute and len(hour) == 2):
        raise BadHours(f"“{line}”: write am or pm after {clock}.")
    if minutes > 59 or number > (12 if half else 24) or (half and not number):
        raise BadHours(f"“{line}”: {clock} is no time of day.")
    return (number % 12 + (12 if half == "pm" else 0) if half else number) * 60 + minutes


def _day(word: str) -> str:
    """Return the day that a word names, in full or in short, such as "tues" or "mondays"."""
    if word == HOLIDAY:
        return word
    stem = word.rstrip("s")
    known = [day for day in DAYS if len(stem) > 2 and day.startswith(stem)]
    return known[0] if known else ""


def _name(day: str) -> str:
    return day.replace("_", " ").capitalize()
