"""Many conversations at once, for PostgreSQL: real ones, multiplied inside the database.

A few are recorded through the journey, by HTTP requests as a person makes them. Their rows are
then multiplied over agencies, people, days and states of review. Columns that are not named here
are copied as they are, so that a new one needs nothing. A record's long text is kept for the
first few thousand only: no list reads it, and ten million would fill the disk.
"""

from collections.abc import Callable, Iterable

from django.db import connection, transaction
from django.test import Client

from accounts.models import Agency, Membership, User
from referrals import standing
from referrals.models import Conversation
from tests.people import make_person, record, signed_in

WITH_TEXT = 5_000
SMALL_AGENCIES = 200
YEARS = 5
BATCH = 20_000
WORDS = 50_000
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
Tell = Callable[[str], None]


def people(authors: int) -> tuple[Agency, User]:
    """Make one large agency with a lead and so many authors, and many small ones."""
    large = Agency.objects.create(name="Large Agency", kind=Agency.Kind.HEALTH)
    lead = make_person("lead@bench.example", large, Membership.Role.LEAD)
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


def fill(number: int, tell: Tell = print) -> tuple[Agency, User]:
    """Write `number` conversations, eight in ten of one agency. Return it and its lead."""
    large, lead = people(authors=max(20, min(2000, number // 500)))
    author = User.objects.get(email="author-0@bench.example")
    templates = [record(browser_of(author), **kind) for kind in KINDS]
    with connection.cursor() as cursor:
        indexes = _without_indexes(cursor) if number > BATCH * 5 else []
        cursor.execute("SET session_replication_role = replica")
        _prepare(cursor, [done.pk for done in templates], large)
        last = max(done.pk for done in templates)
        for start in range(0, number, BATCH):
            with transaction.atomic():
                _multiply(cursor, last + start, min(BATCH, number - start))
            if start and start % (BATCH * 10) == 0:
                tell(f"  {start:,} conversations written")
        cursor.execute("SET session_replication_role = DEFAULT")
        for table in TABLES:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), "
                f"(SELECT coalesce(max(id), 1) FROM {table}))"
            )
        for index in indexes:
            cursor.execute(index)
        cursor.execute("ANALYZE")
    for start in range(0, last + number + 1, BATCH):
        with transaction.atomic():
            standing.stand(Conversation.objects.filter(pk__gt=start, pk__lte=start + BATCH))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return large, lead


TABLES = (
    "referrals_conversation", "referrals_child", "referrals_followup", "referrals_sign",
)  # fmt: skip


def browser_of(user: User) -> Client:
    """A browser that is signed in, as production answers it: by HTTPS, which a proxy ends."""
    browser = signed_in(user)
    browser.defaults |= {"SERVER_NAME": "localhost", "HTTP_X_FORWARDED_PROTO": "https"}
    return browser


def _without_indexes(cursor) -> list[str]:
    """Drop the indexes that are no constraint; return what makes them again."""
    cursor.execute(
        "SELECT indexdef, indexname FROM pg_indexes WHERE tablename = ANY(%s) AND NOT EXISTS "
        "(SELECT 1 FROM pg_constraint WHERE conname = indexname)",
        [list(TABLES)],
    )
    found = cursor.fetchall()
    for _, name in found:
        cursor.execute(f'DROP INDEX "{name}"')
    return [definition for definition, _ in found]


def _prepare(cursor, keys: list[int], large: Agency) -> None:
    """Make small tables to draw from: templates, and who works where."""
    cursor.execute(
        "CREATE TABLE bench_template AS SELECT row_number() OVER (ORDER BY id) - 1 AS n, id "
        "FROM referrals_conversation WHERE id = ANY(%s)",
        [keys],
    )
    cursor.execute(
        "CREATE TABLE bench_member AS SELECT row_number() OVER (PARTITION BY agency_id = %s "
        "ORDER BY user_id) - 1 AS n, agency_id, user_id, agency_id = %s AS large "
        "FROM accounts_membership WHERE role = 'practitioner'; "
        "CREATE INDEX ON bench_member (large, n); ANALYZE bench_member",
        [large.pk, large.pk],
    )


def _multiply(cursor, after: int, number: int) -> None:
    cursor.execute(
        "CREATE TEMPORARY TABLE made ON COMMIT DROP AS SELECT "
        "  i + %(after)s AS id, i %% (SELECT count(*) FROM bench_template) AS template, "
        "  random() < 0.8 AS large, random() AS who, random() AS state, random() AS luck, "
        "  now() - interval '1 day' * (%(days)s * power(random(), 1.5)) AS at "
        "FROM generate_series(1, %(number)s) i",
        {"after": after, "number": number, "days": 365 * YEARS},
    )
    cursor.execute(
        "CREATE TEMPORARY TABLE dated ON COMMIT DROP AS SELECT made.*, agency_id, user_id, "
        "  bench_template.id AS of, "
        f"  {_state('state')} AS review, luck < 0.02 AS draft, "
        "  least(now(), at + interval '1 day' * (30 * luck)) AS updated "
        "FROM made JOIN bench_template ON template = bench_template.n JOIN bench_member "
        "  ON bench_member.large = made.large AND bench_member.n = floor(who * "
        "  (SELECT count(*) FROM bench_member m WHERE m.large = made.large))"
    )
    _copy(
        cursor, "referrals_conversation", "t.id = d.of",
        id="d.id", token="gen_random_uuid()", agency_id="d.agency_id", author_id="d.user_id",
        created_at="d.at", updated_at="d.updated",
        status="CASE WHEN d.draft THEN 'draft' ELSE 'recorded' END",
        recorded_at="CASE WHEN d.draft THEN NULL ELSE d.at END",
        reference="CASE WHEN d.draft THEN NULL ELSE 'B' || d.id END",
        review_state="CASE WHEN d.draft THEN '' ELSE d.review END",
        danger="d.luck > 0.0198 AND d.luck < 0.022",
        child_protection="t.child_protection OR (d.luck > 0.022 AND d.luck < 0.03)",
        content=f"CASE WHEN d.draft OR d.id > {WITH_TEXT} THEN NULL ELSE t.content END",
        # Words as often as in a language: the n-th has 1/n of the chance of the first.
        words="(SELECT string_agg(substr(md5(n::text), 1, 8), ' ') FROM (SELECT "
        f"DISTINCT floor(exp(random() * ln({WORDS})))::int AS n, d.id "
        "FROM generate_series(1, 60)) drawn)",
    )  # fmt: skip
    # Of two conversations, one is not the only one about its child.
    child = "(hashtext(d.id::text) & 1073741823) % (1000 + d.id)"
    recorded = "t.conversation_id = d.of AND NOT d.draft"
    _copy(
        cursor, "referrals_child", recorded, id=None, conversation_id="d.id",
        name_key=f"'child' || {child}", born_key=f"'born' || {child}",
        # One agency in three has a reference of its own for a child.
        reference_key=f"CASE WHEN d.agency_id % 3 = 0 THEN 'r' || {child} ELSE '' END",
    )  # fmt: skip
    _copy(cursor, "referrals_sign", recorded, id=None, conversation_id="d.id")
    cursor.execute(
        "INSERT INTO referrals_followup (conversation_id, kind, due_at, done_at, note) "
        "SELECT id, 'writing', at + interval '48 hours', "
        "  CASE WHEN luck < 0.51 THEN NULL ELSE at + interval '1 day' * luck END, '' "
        "FROM dated WHERE NOT draft AND luck > 0.5"
    )


def _state(column: str) -> str:
    """Return SQL for a state of review, drawn by a number from 0 to 1."""
    cases, least = [], 0.0
    for state, share in STATES.items():
        least += share / 1000
        cases.append(f"WHEN {column} < {least} THEN '{state}'")
    return f"CASE {' '.join(cases)} ELSE 'awaiting' END"


def _copy(cursor, table: str, joined: str, **changed: str | None) -> None:
    """Copy the templates' rows of a table for what is `dated`, with columns changed."""
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table]
    )
    given = [name for (name,) in cursor.fetchall()]
    kept = [name for name in given if changed.get(name, "") is not None]
    values: Iterable[str] = (changed.get(name) or f't."{name}"' for name in kept)
    names = ", ".join(f'"{name}"' for name in kept)
    cursor.execute(
        f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} "
        f"FROM dated d JOIN {table} t ON {joined}"
    )
