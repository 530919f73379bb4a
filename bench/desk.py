"""The SQL of the lead's desk, as the desk's own pages send it: any page of it, and its search."""

import random
import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Agency, User
from bench import texts
from bench.fill import browser_of
from bench.table import Line, ms, p50, p95
from referrals.desk_forms import STATUSES
from thresholds.models import Area

EXECUTED = re.compile(r"EXECUTE (\w+)")


def sql(lead: User, agency: Agency, times: int) -> list[Line]:
    """Measure the SQL of the desk, on any page of it, under every filter, one at a time."""
    browser = browser_of(lead)
    pages, again, counts, slow = [], [], [], (0.0, "")
    # A worker meets each combination of filters for the first time once, and prepares it.
    for asked in _asked(agency, 12):
        for after in ("", _place(asked["status"], timezone.now())):
            _timed(browser, asked | {"after": after})
    for asked in _asked(agency, times):
        for text, seconds, warm in _timed(browser, asked, again=True):
            if "COUNT(*)" in text and "waits_since" in text and "LIMIT" in text:
                counts.append(seconds)
            elif "referrals_conversation" in text:
                pages.append(seconds)
                again.append(warm)
                slow = max(slow, (seconds, urlencode(asked)))
    return [
        Line("Desk: SQL of any page, p95", p95(pages) * 1000, 1, "ms", f"p50 {ms(p50(pages))}"),
        Line(
            "Desk: the same, asked again at once, p95",
            p95(again) * 1000,
            1,
            "ms",
            f"p50 {ms(p50(again))}: nothing else was in the processor's memory meanwhile",
        ),
        Line("Desk: SQL, slowest", slow[0] * 1000, None, "ms", slow[1]),
        Line("Desk: three counts, p95", p95(counts) * 1000, 5, "ms", f"p50 {ms(p50(counts))}"),
    ]


def pairs(lead: User, times: int) -> list[Line]:
    """Measure the SQL of filters that no record meets together: one of them is walked through."""
    browser, now, pick = browser_of(lead), timezone.now(), random.Random(5)
    nobody = [("4", "derby"), ("1", "derbyshire"), ("3", "")]
    keys = dict(Area.objects.values_list("slug", "pk"))
    narrowed: list[tuple[str, list[float]]] = [("", []), (" since a day", [])]
    for _ in range(times):
        for status in ("to-review", "all", "signed-off"):
            for level, area in nobody:
                day = now - timedelta(days=pick.randrange(30, 1500))
                asked = {"status": status, "level": level, "area": str(keys.get(area, "none"))}
                for since, (_, taken) in zip(("", f"{day:%Y-%m-%d}"), narrowed, strict=True):
                    for text, seconds, _ in _timed(browser, asked | {"since": since}):
                        if "judged_level" in text and "LIMIT" in text and "COUNT(" not in text:
                            taken.append(seconds)
    return [
        Line(
            f"Desk: a level and an area that never meet{also}, p95", p95(taken) * 1000, 1, "ms",
            f"p50 {ms(p50(taken))}, slowest {ms(max(taken))}",
        )
        for also, taken in narrowed
    ]  # fmt: skip


def search(lead: User, agency: Agency, number: int, times: int) -> list[Line]:
    """Measure the SQL of its text search among `number` conversations, by how common a word is."""
    browser, found = browser_of(lead), []
    for kind, words in _words(number, times).items():
        taken, slow = [], (0.0, "")
        for place, word in enumerate(words):
            status = STATUSES[place % len(STATUSES)][0]
            asked = {"status": status, "words": word}
            # All that is asked for a page, also how common its words are.
            statements = _timed(browser, asked, posted=True)
            if seconds := sum(took for text, took, _ in statements if "string_to_array" in text):
                taken.append(seconds)
                slow = max(slow, (seconds, status))
        beside = f"p50 {ms(p50(taken))}, slowest {ms(slow[0])} ({slow[1]})"
        found.append(Line(f"Search: {kind}, p95", p95(taken) * 1000, 30, "ms", beside))
    return found


def _words(number: int, times: int) -> dict[str, list[str]]:
    """Return what is looked for: each kind so many times in every state of the desk."""
    pick, names = random.Random(11), texts.names_of(number)
    some = range(times * len(STATUSES))

    def drawn(ranks: range) -> list[str]:
        return [texts.word(pick.choice(ranks)) for _ in some]

    rare = [texts.name(pick.randrange(names // 2, names)) for _ in some]
    return {
        "common words": drawn(texts.COMMON),
        "middling words": drawn(texts.MIDDLING),
        "less common words": drawn(texts.LESS_COMMON),
        "common names": [texts.name(pick.randrange(min(100, names))) for _ in some],
        "rare names": rare,
        "a common word and a rare name": [
            f"{word} {name}" for word, name in zip(drawn(texts.COMMON), rare, strict=True)
        ],
        "two middling words": [
            f"{one} {other}"
            for one, other in zip(drawn(texts.MIDDLING), drawn(texts.MIDDLING), strict=True)
        ],
        "words nobody wrote": [f"nobody{place}" for place in some],
    }


def _asked(agency: Agency, times: int) -> Iterator[dict[str, str]]:
    pick, now = random.Random(7), timezone.now()
    people = list(agency.members.values_list("pk", flat=True)[:50])
    for _ in range(times):
        for status, _ in STATUSES:
            back = now - timedelta(days=pick.randrange(1500))
            for narrowed in (
                {},
                {"level": str(pick.randrange(1, 5))},
                {"area": pick.choice(["1", "2", "none"])},
                {"author": str(pick.choice(people))},
                {"since": f"{back:%Y-%m-%d}"},
                {"until": f"{back:%Y-%m-%d}"},
            ):
                moment = now - timedelta(days=pick.randrange(1500))
                after = _place(status, moment, pick.randrange(8))
                yield {"status": status, **narrowed, "after": pick.choice(["", after])}


def _place(status: str, moment: datetime, turn: int = 0) -> str:
    place = f"{moment:%Y-%m-%dT%H:%M:%S+00:00}~1"
    return f"{turn}~{place}" if status == "to-review" else place


def _timed(
    browser: Client, asked: dict[str, str], posted: bool = False, again: bool = False
) -> list[tuple[str, float, float]]:
    """Return a page's statements, each with the seconds from here to the database and back.

    The second are those of the same, asked `again` at once. Of what was prepared before
    (accounts/prepared.py), the statement is the one that was.
    """
    found = []

    def timed(execute, sql, params, many, context):
        taken = []
        # What is prepared by it cannot be so again.
        for _ in range(2 if again and "PREPARE " not in sql else 1):
            began = time.perf_counter()
            result = execute(sql, params, many, context)
            taken.append(time.perf_counter() - began)
        found.append((sql, taken[0], taken[-1]))
        return result

    with connection.execute_wrapper(timed):
        if posted:
            response = browser.post("/desk/", asked)
        else:
            response = browser.get(f"/desk/?{urlencode(asked)}")
    if response.status_code != 200:
        raise SystemExit(f"The desk, asked for {asked}: {response.status_code}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, statement FROM pg_prepared_statements")
        prepared = dict(cursor.fetchall())
    return [
        (prepared[named[1]] if (named := EXECUTED.search(text)) else text, *seconds)
        for text, *seconds in found
    ]
