"""How quick the pages are, beside the trivial one, in turns: the machine's swings strike both."""

import os
import re
from dataclasses import dataclass, field

import psycopg2

from bench.client import Answer, Browser, weight
from bench.table import Line, ms, p50, p95, ratio
from tests.people import LEVEL_2

EIGHT = 8
OPEN_PAGE, LONG_PAGE = "/", "/levels/3/"
# What a query is not: it begins and ends transactions.
FRAME = "^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET|SHOW|SELECT \\$1$)"


@dataclass
class Times:
    """Seconds of what was asked for in turns."""

    open: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    trivial_open: list[float] = field(default_factory=list)
    steps: list[float] = field(default_factory=list)
    trivial_steps: list[float] = field(default_factory=list)
    journeys: list[float] = field(default_factory=list)
    trivial_journeys: list[float] = field(default_factory=list)
    desk: list[float] = field(default_factory=list)
    by_step: dict[str, list[float]] = field(default_factory=dict)


VERSION = re.compile(r'name="version" value="(\w*)"')


def _version(page: Answer) -> dict[str, str]:
    found = VERSION.search(page.body.decode())
    return {"version": found[1]} if found else {}


class Journey:
    """One conversation, step by step, as a browser posts it."""

    def __init__(self, browser: Browser) -> None:
        self.browser, self.url = browser, "/conversations/new/"
        self.version = _version(browser.get(self.url))

    @property
    def slug(self) -> str:
        return "area" if self.url.endswith("/new/") else self.url.rstrip("/").rsplit("/", 1)[-1]

    @property
    def is_complete(self) -> bool:
        return self.slug == "check"

    def step(self) -> float:
        """Answer a step and read the next page. Return the seconds of both."""
        self._is_at(page := self.browser.save(self.url, self.filled))
        return page.seconds

    @property
    def filled(self) -> dict[str, object]:
        """What is posted: the answers, and what the page says of those that it was shown with."""
        return LEVEL_2[self.slug] | self.version

    def go_on(self, location: str) -> None:
        """Read the page to which an answer led."""
        page = self.browser.get(location)
        page.headers["location"] = location
        self._is_at(page)

    def _is_at(self, page: Answer) -> None:
        self.url, self.version = page.location, _version(page)

    def record(self) -> float:
        page = self.browser.save(self.url, {})
        self.url = page.location
        return page.seconds


def in_turns(portal: Browser, lead: Browser, trivial: Browser, rounds: int) -> Times:
    """Ask the portal and the reference in turns, for so many whole conversations."""
    times = Times()
    visitor = Browser(portal.port)
    for each in range(rounds + 1):
        journey, ours, theirs = Journey(portal), [], []
        while not journey.is_complete:
            slug = journey.slug
            ours.append(journey.step())
            theirs.append(trivial.save("/1/", {"chosen": [3, 17, 41]}).seconds)
            if each:
                times.by_step.setdefault(slug, []).append(ours[-1])
                times.open.append(visitor.get(OPEN_PAGE).seconds)
                times.trivial_open.append(trivial.get("/1/").seconds)
                times.desk.append(lead.get("/desk/").seconds)
        journey.record()
        # The first warms both up.
        if each:
            times.steps += ours
            times.trivial_steps += theirs
            times.journeys.append(sum(ours[:EIGHT]))
            times.trivial_journeys.append(sum(theirs[:EIGHT]))
    return times


def lines_of(times: Times, queries: dict[str, int], port: int) -> list[Line]:
    first, requests, again = weight(port, OPEN_PAGE)
    _, _, long = weight(port, LONG_PAGE)
    trivial = p50(times.trivial_steps)
    begins = queries.pop("area")
    most = max(queries, key=queries.__getitem__)
    return [
        ratio("Step: saved, and the next page, p50", p50(times.steps), trivial, 1.0),
        ratio("Step, p95 to the reference's p50", p95(times.steps), trivial, 2.0),
        Line("Step: queries of a POST, p50", p50(list(queries.values())), 6, ""),
        Line("Step: queries of a POST, most", queries[most], None, "", f"at {most}"),
        Line("Step: queries of the POST that begins", begins, None, ""),
        ratio(
            f"Journey of {EIGHT} steps, p50", p50(times.journeys), p50(times.trivial_journeys), 1.2
        ),
        ratio("Open page, p50", p50(times.open), p50(times.trivial_open), None),
        Line("Open page, p95", p95(times.open) * 1000, None, "ms"),
        Line("Open page: first visit", first / 1000, 20, "kB", "all, compressed"),
        Line("Open page: requests", requests, 4, ""),
        Line("Open page: next visit", again / 1000, 4, "kB"),
        Line("Longest open page: next visit", long / 1000, None, "kB", LONG_PAGE),
        ratio("Desk, p50", p50(times.desk), p50(times.trivial_open), 1.2),
        Line("Desk, p95, alone", p95(times.desk) * 1000, 30, "ms"),
    ]


def slowest(times: Times) -> str:
    """Return the steps by how long they take, the slowest first."""
    ordered = sorted(times.by_step.items(), key=lambda item: -p50(item[1]))
    return ", ".join(f"{slug} {ms(p50(taken))}" for slug, taken in ordered)


def queries_of_posts(portal: Browser) -> dict[str, int]:
    """Return how many queries each step's POST takes, as PostgreSQL counts them."""
    journey, found = Journey(portal), {}
    address, _, name = os.environ["DATABASE_URL"].rpartition("/")
    with psycopg2.connect(f"{address}/postgres") as seen, seen.cursor() as cursor:
        while not journey.is_complete:
            slug = journey.slug
            cursor.execute("SELECT pg_stat_statements_reset()")
            posted = portal.post(journey.url, journey.filled)
            cursor.execute(
                "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s "
                "JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = %s AND query !~* %s "
                # A foreign key that PostgreSQL looks up by itself as it commits.
                "AND position(' FROM ONLY ' in query) = 0",
                [name, FRAME],
            )
            found[slug] = int(cursor.fetchone()[0])
            journey.go_on(posted.location)
    return found
