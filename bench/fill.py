"""Many conversations at once, for PostgreSQL: real ones, multiplied inside the database.

A few are recorded through the journey, by HTTP requests as a person makes them. Their rows are
then multiplied over agencies, people, days and states of review. Columns that are not named here
are copied as they are, so that a new one needs nothing. What the desk reads is as the portal would
have written it, and `check` asks the portal. Left out are a record's long text, but for the first
few thousand and those at the top of a desk, and the events of the copies: no list reads either.
"""

import random
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Agency, Membership, User
from bench import bulk, texts
from referrals import standing
from referrals.models import LAST_TURN, Conversation
from tests.people import make_person, record, signed_in

WITH_TEXT = 5_000
# Up to so many, each has an index of words as long as a real one, with what the portal writes in
# every record. Of ten million it would take 26 GB and hours.
WITH_FRAME = 300_000
SMALL_AGENCIES = 200
YEARS = 5
BATCH = 50_000
CHECKED = 1_000
LARGE, LEAD = "Large Agency", "lead@bench.example"
# How many of a thousand are in each state. A desk that is kept up has most signed off.
STATES = {"signed-off": 880, "reviewed": 50, "awaiting": 40, "asked": 20, "reopened": 10}
# What recorded ones were made of: answers in place of the usual, by step.
KINDS: list[dict[str, dict[str, object]]] = [
    {},
    {"area": {"place": "derbyshire"}},
    {"area": {"place": "unknown"}},
    {"judgement": {"level": "1", "reason": "I think that we can do it alone."}},
    {"judgement": {"level": "3", "reason": "It goes on, and it gets worse."}},
    {"agreement": {"agreement": "refused"}},
    {"signs": {"codes": ["dd034"]}},
    {"area": {"place": "derbyshire"}, "judgement": {"level": "4", "reason": "She is at risk."}},
]
TABLES = (
    "referrals_conversation", "referrals_child", "referrals_followup", "referrals_sign",
)  # fmt: skip
OF_A_ROW = re.compile(r'<td data-label="Child and reference"><div>\s*<a [^>]*href="([^"]+)"')
Tell = Callable[[str], None]


def people(authors: int) -> tuple[Agency, User]:
    """Make one large agency with a lead and so many authors, and many small ones."""
    large = Agency.objects.create(name=LARGE, kind=Agency.Kind.HEALTH)
    lead = make_person(LEAD, large, Membership.Role.LEAD)
    small = Agency.objects.bulk_create(
        Agency(name=f"Small Agency {number}") for number in range(SMALL_AGENCIES)
    )
    users = User.objects.bulk_create(
        User(email=f"author-{number}@bench.example", name=f"Author {number}", password="!")
        for number in range(authors + 3 * SMALL_AGENCIES)
    )
    homes = [large] * authors + small * 3
    Membership.objects.bulk_create(
        Membership(user=user, agency=agency) for user, agency in zip(users, homes, strict=True)
    )
    return large, lead


def filled(number: int) -> tuple[Agency, User]:
    """Fill the database, or take what an earlier run kept. Return the large agency and its lead.

    Raises SystemExit where it was filled with another number, or not to its end.
    """
    with connection.cursor() as cursor:
        large = Agency.objects.filter(name=LARGE).first()
        if not large:
            found = fill(number)
            cursor.execute(f"COMMENT ON DATABASE portal IS '{number}'")
            return found
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'portal'"
        )
        (before,) = cursor.fetchone()
    if before != str(number):
        raise SystemExit(f"That database was filled with {before or 'a part'}, not {number}.")
    return large, User.objects.get(email=LEAD)


def fill(number: int, tell: Tell = print) -> tuple[Agency, User]:
    """Write `number` conversations, eight in ten of one agency. Return it and its lead."""
    large, lead = people(authors=max(20, min(2000, number // 500)))
    author = User.objects.get(email="author-0@bench.example")
    templates = [record(browser_of(author), **kind) for kind in KINDS]
    now, last = timezone.now(), max(done.pk for done in templates)
    told = bulk.Clock(tell)
    with bulk.loading(TABLES, told) as load, connection.cursor() as cursor:
        framing = texts.frame(templates) if number <= WITH_FRAME else ""
        texts.make(cursor, large, number, framing)
        told("texts")
        _prepare(cursor, [done.pk for done in templates], large)
        _draw(cursor, number, last, now)
        told("what is to be written, drawn")
        load.run(_copies(cursor, last, number, now))
        told("rows")
        cursor.execute(
            "DROP TABLE bench_made, bench_template, bench_member, bench_text, bench_name, "
            "bench_wording"
        )
    check(lead, now, tell)
    return large, lead


def check(lead: User, now: datetime, tell: Tell) -> None:
    """Ask the portal whether it would have written the same. Raises SystemExit if not."""
    columns = ("pk", "due_at", "is_late", "turn", "waits_since")
    last = Conversation.objects.order_by("pk").last().pk
    keys = random.Random(7).sample(range(1, last + 1), min(last, CHECKED))
    some = Conversation.objects.filter(pk__in=keys)
    before = set(some.values_list(*columns))
    standing.stand(some, now)
    other = before ^ set(some.values_list(*columns))
    if other:
        raise SystemExit(f"The portal would have written another place: {sorted(other)[:6]}")
    browser = browser_of(lead)
    first = OF_A_ROW.findall(browser.get("/desk/").content.decode())[:3]
    for address in first:
        status = browser.get(address, follow=True).status_code
        if status != 200:
            raise SystemExit(f"A row of the desk does not open: {status}")
    call_command("verify_events", verbosity=0)
    tell(
        f"  the portal agrees where {len(before):,} of them stand; the desk's first "
        f"{len(first)} open; every event there is verifies, and copies have none"
    )


def browser_of(user: User) -> Client:
    """A browser that is signed in, as production answers it: by HTTPS, which a proxy ends."""
    browser = signed_in(user)
    browser.defaults |= {"SERVER_NAME": "localhost", "HTTP_X_FORWARDED_PROTO": "https"}
    return browser


def _prepare(cursor: Any, keys: list[int], large: Agency) -> None:
    """Make small tables to draw from: templates, and who works where."""
    cursor.execute(
        "CREATE TABLE bench_template AS SELECT row_number() OVER (ORDER BY c.id) - 1 AS n, c.id, "
        "  child_protection, below_reading, consent_refused, greatest(judged_level, read_level) "
        "  >= (SELECT max(number) FROM thresholds_level l WHERE l.edition_id = c.edition_id) "
        "  AS highest FROM referrals_conversation c WHERE id = ANY(%s)",
        [keys],
    )
    cursor.execute(
        "CREATE TABLE bench_member AS SELECT row_number() OVER (PARTITION BY agency_id = %s "
        "ORDER BY user_id) - 1 AS n, agency_id, user_id, agency_id = %s AS large, w.texts, w.names "
        "FROM accounts_membership JOIN bench_wording w USING (agency_id) "
        "WHERE role = 'practitioner'; "
        "CREATE INDEX ON bench_member (large, n); ANALYZE bench_member",
        [large.pk, large.pk],
    )


def _draw(cursor: Any, number: int, last: int, now: datetime) -> None:
    """Draw what each is: the later its key, the later its day, and more of them each year."""
    cursor.execute("SET work_mem = '1GB'; SELECT setseed(0.5)")
    cursor.execute(
        "CREATE UNLOGGED TABLE bench_made AS "
        "WITH drawn AS (SELECT i + %(last)s AS id, random() < 0.8 AS large, random() AS who, "
        "  random() AS state, random() AS luck, random() AS wording, "
        "  floor(random() * (SELECT count(*) FROM bench_template)) AS template, "
        # Of two conversations, one is not the only one about its child.
        "  floor(random() * 1.4 * %(number)s)::int AS child, %(now)s - interval '1 day' "
        "    * (%(days)s * power(1 - (i - 0.5) / %(number)s, 1.5)) AS at "
        "FROM generate_series(1, %(number)s) i), "
        "placed AS (SELECT d.id, agency_id, user_id, t.id AS of, child, luck, at, "
        "  floor(wording * m.texts)::int AS text, "
        "  floor(names * power((hashint4(child) & 1048575) / 1048576.0, 3))::int AS name, "
        "  luck < 0.02 AS draft, luck > 0.0198 AND luck < 0.022 AS danger, "
        "  luck >= 0.02 AND (t.child_protection OR (luck > 0.022 AND luck < 0.03)) AS protection, "
        f"  CASE WHEN luck < 0.02 THEN '' ELSE {_state('state')} END AS review, "
        "  least(%(now)s, at + interval '1 day' * (30 * luck)) AS updated, "
        "  luck > 0.5 AS due, luck > 0.5 AND luck < 0.51 AS undone, "
        "  luck > 0.5 AND luck < 0.51 AND at + interval '48 hours' <= %(now)s AS late, "
        "  highest, below_reading AS below, consent_refused AS refused "
        "FROM drawn d JOIN bench_template t ON t.n = d.template JOIN bench_member m "
        "  ON m.large = d.large AND m.n = floor(who * CASE WHEN d.large "
        "    THEN (SELECT count(*) FROM bench_member WHERE large) "
        "    ELSE (SELECT count(*) FROM bench_member WHERE NOT large) END)::int) "
        "SELECT *, NOT draft AND coalesce(at - lag(at) OVER "
        "  (PARTITION BY agency_id, child, draft ORDER BY at) <= interval '365 days', false) "
        "  AS again FROM placed ORDER BY id",
        {"last": last, "number": number, "days": 365 * YEARS, "now": now},
    )
    cursor.execute("CREATE INDEX ON bench_made (id); ANALYZE bench_made; RESET work_mem")


def _copies(cursor: Any, last: int, number: int, now: datetime) -> Iterable[str]:
    """Yield the statements that write the copies, some thousands at a time."""
    waits = (
        f"(d.review NOT IN ('', 'signed-off') OR d.late "
        f"OR (d.draft AND d.danger AND d.updated <= '{now.isoformat()}'::timestamptz "
        "- interval '30 minutes'))"
    )
    turns = ("d.danger", "d.protection", "NOT d.draft AND d.highest", "d.late",
             "NOT d.draft AND d.below", "NOT d.draft AND d.refused", "d.again")  # fmt: skip
    at_its_place = " ".join(f"WHEN {met} THEN {turn}" for turn, met in enumerate(turns))
    with_text = f"d.id <= {last + WITH_TEXT} OR (d.danger AND {waits})"

    def recorded(column: str, otherwise: str) -> str:
        return f"CASE WHEN d.draft THEN {otherwise} ELSE {column} END"

    statements = [
        _copy(
            cursor, "referrals_conversation",
            "JOIN bench_text x ON x.agency_id = d.agency_id AND x.n = d.text "
            "JOIN bench_name y ON y.agency_id = d.agency_id AND y.n = d.name",
            "t.id = d.of",
            id="d.id", token="gen_random_uuid()", agency_id="d.agency_id", author_id="d.user_id",
            created_at="d.at", updated_at="d.updated",
            status=recorded("'recorded'", "'draft'"), recorded_at=recorded("d.at", "NULL"),
            reference=recorded("'TG-' || substr(upper(lpad(to_hex(d.id), 8, '0')), 1, 4) || '-' "
                               "|| substr(upper(lpad(to_hex(d.id), 8, '0')), 5)", "NULL"),
            review_state="d.review", danger="d.danger", child_protection="d.protection",
            judged_level=recorded("t.judged_level", "NULL"),
            read_level=recorded("t.read_level", "NULL"),
            read_up_to=recorded("t.read_up_to", "NULL"),
            urgency=recorded("t.urgency", "''"), agreement=recorded("t.agreement", "''"),
            below_reading=recorded("t.below_reading", "false"),
            consent_refused=recorded("t.consent_refused", "false"),
            content=f"CASE WHEN NOT d.draft AND ({with_text}) THEN t.content END",
            words=recorded("x.words || ' ' || y.token", "''"),
            due_at="CASE WHEN NOT d.draft AND d.undone THEN d.at + interval '48 hours' END",
            is_late="d.late", turn=f"CASE {at_its_place} ELSE {LAST_TURN} END",
            waits_since=f"CASE WHEN {waits} THEN {recorded('d.at', 'd.updated')} END",
        ),
        _copy(
            cursor, "referrals_child", "", "t.conversation_id = d.of AND NOT d.draft",
            id="d.id", conversation_id="d.id",
            name_key="'child' || d.child", born_key="'born' || d.child",
            # One agency in three has a reference of its own for a child.
            reference_key="CASE WHEN d.agency_id % 3 = 0 THEN 'r' || d.child ELSE '' END",
        ),
        _copy(
            cursor, "referrals_sign", "", "t.conversation_id = d.of AND NOT d.draft",
            id="d.id * 100 + t.id", conversation_id="d.id",
            note=f"CASE WHEN {with_text} THEN t.note ELSE '' END",
        ),
        "INSERT INTO referrals_followup (id, conversation_id, kind, due_at, done_at, note) "
        "SELECT d.id, d.id, 'writing', at + interval '48 hours', "
        "  CASE WHEN NOT undone THEN at + interval '1 day' * luck END, '' "
        "FROM bench_made d WHERE NOT draft AND due",
    ]  # fmt: skip
    for start in range(last + 1, last + number + 1, BATCH):
        some = f" AND d.id >= {start} AND d.id < {start + BATCH}"
        for statement in statements:
            yield statement + some


def _state(column: str) -> str:
    """Return SQL for a state of review, drawn by a number from 0 to 1."""
    cases, least = [], 0.0
    for state, share in STATES.items():
        least += share / 1000
        cases.append(f"WHEN {column} < {least} THEN '{state}'")
    return f"CASE {' '.join(cases)} ELSE 'awaiting' END"


def _copy(cursor: Any, table: str, beside: str, joined: str, **changed: str) -> str:
    """Return what copies the templates' rows of a table for what is made, with columns changed."""
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s "
        "ORDER BY ordinal_position",
        [table],
    )
    given = [name for (name,) in cursor.fetchall()]
    names = ", ".join(f'"{name}"' for name in given)
    values = ", ".join(changed.get(name) or f't."{name}"' for name in given)
    return (
        f"INSERT INTO {table} ({names}) SELECT {values} "
        f"FROM bench_made d JOIN bench_template k ON k.id = d.of "
        f"JOIN {table} t ON true {beside} WHERE {joined}"
    )
