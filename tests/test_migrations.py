"""Migrations stop nobody's work: squawk reads their SQL, as PostgreSQL would get it.

Those up to START create the first tables, which nobody has data in. Each later one must pass.
When one does not, look how to do it gently in docs/deployment.md; if it must be so, EXCUSED says
why it harms nobody.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import connection, connections, migrations, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState, StateApps
from django.utils import timezone

from accounts.events import digest, faults, note
from accounts.models import Event
from accounts.operations import AddIndex
from portal.other_database import instead
from referrals.models import Child, Conversation
from tests.scratch import copy_of_test_database

START = {
    "accounts": "0005_events_about_editions",
    "guidance_content": "0004_order_of_pages",
    "referrals": "0004_drafts_in_danger",
    "thresholds": "0005_order_and_dates",
}
# A migration, a rule of squawk's, and why it may break it.
STOPPED = "the portal is stopped while what people wrote is locked, and this follows at once"
EXCUSED: dict[tuple[str, str], dict[str, str]] = {
    ("referrals", "0005_room_for_what_is_locked"): {
        "changing-column-type": "from varchar to text: PostgreSQL changes the catalogue alone",
    },
    ("referrals", "0007_only_what_is_locked"): {
        "ban-drop-column": STOPPED,
        "renaming-column": STOPPED,
    },
}
# Rules about taste, or about what is done elsewhere.
LEFT_OUT = {
    "prefer-text-field": "Django's CharField is varchar; a longer one rewrites nothing",
    "prefer-bigint-over-int": "small numbers, and Django's keys are bigint",
    "prefer-bigint-over-smallint": "levels of need go to 4",
    "prefer-robust-stmts": "Django notes which migrations ran, and each runs in a transaction",
    "require-lock-timeout": "set for the connection: LOCK_TIMEOUT in portal/settings.py",
    "require-statement-timeout": "set for the connection: STATEMENT_TIMEOUT",
    "ban-drop-default": "how Django adds a column with a default; only the catalogue changes",
}
on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite locks the whole file for any write"
)


def sql_of(migration: Migration, state: ProjectState) -> str:
    """Return the SQL of a migration, without what it does to tables that it creates itself."""
    with pytest.MonkeyPatch.context() as patch:
        # Nothing is run: what refuses to be in a transaction must not see the test's.
        patch.setattr(connections["default"], "in_atomic_block", migration.atomic)
        with connection.schema_editor(collect_sql=True, atomic=False) as editor:
            migration.apply(state.clone(), editor, collect_sql=True)
    statements = [line for line in editor.collected_sql if not line.startswith("--")]
    created = {
        found[1] for line in statements if (found := re.match(r'CREATE TABLE "(\w+)"', line))
    }
    about = re.compile(r'(?:ALTER TABLE|CREATE (?:UNIQUE )?INDEX \S+ ON) "(\w+)"')
    return "\n".join(
        line for line in statements if not ((on := about.match(line)) and on[1] in created)
    )


def broken_rules(migration: Migration, state: ProjectState) -> set[str]:
    """Return the rules of squawk that a migration breaks."""
    sql = sql_of(migration, state)
    command = [
        str(Path(sys.executable).parent / "squawk"), "--reporter", "json", "--pg-version", "15",
        "--stdin-filepath", "migration.sql", "--exclude", ",".join(LEFT_OUT),
        *(["--assume-in-transaction"] if migration.atomic else []),
    ]  # fmt: skip
    told = subprocess.run(command, input=sql, capture_output=True, text=True, timeout=60)
    assert told.returncode in (0, 1), told.stderr
    return {problem["rule_name"] for problem in json.loads(told.stdout)}


@on_postgresql
@pytest.mark.django_db
def test_no_new_migration_stops_anybodys_work() -> None:
    loader = MigrationLoader(connection)
    wrong = []
    for key in later(loader):
        broken = broken_rules(loader.graph.nodes[key], loader.project_state(key, at_end=False))
        wrong += [f"{'.'.join(key)}: {rule}" for rule in broken - EXCUSED.get(key, {}).keys()]
    assert not wrong, "\n".join(wrong)


# What grows with what people do. Of all else there are few rows, and Django's own index stays.
GROWING = (
    *("accounts_event", "accounts_sentform", "referrals_answer", "referrals_child"),
    *("referrals_conversation", "referrals_followup", "referrals_sign"),
)
TWICE = """
    WITH indexes AS (
        SELECT indexrelid::regclass::text AS name, indrelid AS on, indisunique AS is_unique,
            indkey::int[] AS columns, indclass::oid[] AS orders, indnkeyatts AS many,
            -- It is there for what it holds besides.
            indnatts > indnkeyatts AS holds_more
        FROM pg_index WHERE indrelid = ANY(%s::regclass[]) AND indpred IS NULL AND indexprs IS NULL)
    SELECT one.name, other.name FROM indexes one JOIN indexes other USING ("on")
    WHERE one.name <> other.name AND NOT one.is_unique AND NOT one.holds_more
        AND one.many <= other.many
        AND one.columns[:one.many - 1] = other.columns[:one.many - 1]
        AND one.orders[:one.many - 1] = other.orders[:one.many - 1]"""


@on_postgresql
@pytest.mark.django_db
def test_no_index_of_what_grows_is_the_beginning_of_another() -> None:
    """Each index is written to with each row, and looked at when a query is planned."""
    with connection.cursor() as cursor:
        cursor.execute(TWICE, [list(GROWING)])
        assert cursor.fetchall() == []


def later(loader: MigrationLoader) -> list[tuple[str, str]]:
    """Return our migrations after START, as app and name."""
    return [
        (app, name)
        for app, name in sorted(loader.disk_migrations)
        if app in START and name[:4] > START[app][:4]
    ]


def text(**more: object) -> models.Field:
    return models.CharField(max_length=10, **more)


def index() -> models.Index:
    return models.Index(fields=["place"], name="by_place")


def rule(**more: object) -> models.BaseConstraint:
    return models.CheckConstraint(condition=models.Q(judged_level__lt=5), name="four")


def add(field: models.Field) -> Operation:
    return migrations.AddField("conversation", "a", field)


def user(**more: object) -> models.Field:
    return models.ForeignKey("accounts.User", models.CASCADE, **more)


LEVEL = ("conversation", "judged_level")
KEY = ("id", models.BigAutoField(primary_key=True))
INDEXED, UNIQUE = "require-concurrent-index-creation", "disallowed-unique-constraint"
# A step of a migration, and the rule that it breaks; none for what may be done.
STEPS: list[tuple[Operation, str]] = [
    (add(text(null=True)), ""),
    (add(text(default="")), ""),
    (AddIndex("conversation", index()), ""),
    (migrations.CreateModel("New", [KEY, ("a", text(unique=True)), ("user", user())]), ""),
    (migrations.AddIndex("conversation", index()), INDEXED),
    (add(text(null=True, db_index=True)), INDEXED),
    (add(text(null=True, unique=True)), UNIQUE),
    (add(user(null=True, db_index=False)), "adding-foreign-key-constraint"),
    (migrations.RemoveField("conversation", "urgency"), "ban-drop-column"),
    (migrations.RenameField("conversation", "urgency", "haste"), "renaming-column"),
    (migrations.RenameModel("Child", "Young"), "renaming-table"),
    (migrations.DeleteModel("Child"), "ban-drop-table"),
    (migrations.AlterField(*LEVEL, models.BigIntegerField(null=True)), "changing-column-type"),
    (
        migrations.AlterField(*LEVEL, models.PositiveSmallIntegerField(default=0)),
        "adding-not-nullable-field",
    ),
    (migrations.AddConstraint("conversation", rule()), "constraint-missing-not-valid"),
    (
        migrations.RunSQL('ALTER TABLE "referrals_child" ADD COLUMN "a" text NOT NULL'),
        "adding-required-field",
    ),
]


@on_postgresql
@pytest.mark.django_db
def test_the_check_can_fail() -> None:
    """Each step that would lock a table is found by its rule, and what is gentle passes."""
    state = MigrationLoader(connection).project_state()
    for step, expected in STEPS:
        migration = Migration("0099_step", "referrals")
        migration.operations = [step]
        migration.atomic = not isinstance(step, AddIndexConcurrently)
        found = broken_rules(migration, state)
        assert (expected in found) if expected else not found, f"{step.describe()}: {found}"


@pytest.mark.django_db
def test_a_database_with_data_in_it_comes_through(tmp_path: Path) -> None:
    """From START to now: every word that was recorded is there, and the chain still holds."""
    with copy_of_test_database(tmp_path, empty=True) as url, instead(url) as database:
        executor = MigrationExecutor(database)
        executor.migrate([*START.items()])
        fill(executor.loader.project_state([*START.items()]).apps)
        executor = MigrationExecutor(database)
        executor.migrate(executor.loader.graph.leaf_nodes())

        conversation = Conversation.objects.get(reference="ABCD-1234")
        assert conversation.content == CONTENT
        assert conversation.answers.get().data == CONTENT
        assert Child.objects.get().name == "Zoë Example"
        assert conversation.author.email == "teacher@school.example"
        assert Event.objects.count() == 1 and not [*faults()]
        assert note(Event.Verb.OPENED, actor=None, agency=conversation.agency).number == 2
        assert not [*faults()]
        state = executor.loader.project_state()
        for there in (True, False):
            run_gently(database, state, forwards=there)
            with database.cursor() as cursor:
                table = Conversation._meta.db_table
                assert (
                    "by_place" in database.introspection.get_constraints(cursor, table)
                ) == there
        if database.vendor == "postgresql":
            begin_an_index_and_end_it(database, state)


def begin_an_index_and_end_it(database: BaseDatabaseWrapper, state: ProjectState) -> None:
    """Where a migration was interrupted, it goes through at the next try."""
    run_gently(database, state, forwards=True)
    where = "WHERE indexrelid = 'by_place'::regclass"
    with database.cursor() as cursor:
        # As it is while PostgreSQL builds it, and for ever if that stops.
        cursor.execute(f"UPDATE pg_index SET indisvalid = false {where}")
        run_gently(database, state, forwards=True)
        cursor.execute(f"SELECT indisvalid FROM pg_index {where}")
        assert cursor.fetchone() == (True,)


def run_gently(database: BaseDatabaseWrapper, state: ProjectState, forwards: bool) -> None:
    """Add an index as people go on writing, or take it away again."""
    migration = Migration("0099_index", "referrals")
    migration.operations, migration.atomic = [AddIndex("conversation", index())], False
    with database.schema_editor(atomic=False) as editor:
        (migration.apply if forwards else migration.unapply)(state, editor)


BLOCK = {"slug": "voice", "title": "The child’s voice", "rows": [["Zoë said", "“No”"]]}
CONTENT = {"author": "Ann", "blocks": [BLOCK | {"table": None, "items": ["One"], "note": ""}]}


def fill(apps: StateApps) -> None:
    """Put one record, its people and an event into a database as it was at START."""

    def make(model: str, **values: object) -> models.Model:
        return apps.get_model(model).objects.create(**values)

    agency = make("accounts.Agency", name="Example School")
    author = make("accounts.User", email="teacher@school.example", name="Ann")
    make("accounts.Membership", user=author, agency=agency, role="practitioner")
    partnership = make("thresholds.Partnership", slug="here", name="Here")
    edition = make("thresholds.Edition", slug="here-2019", partnership=partnership)
    conversation = make(
        "referrals.Conversation", author=author, agency=agency, edition=edition,
        place="derby", status="recorded", reference="ABCD-1234", content=CONTENT,
        recorded_at=timezone.now(),
    )  # fmt: skip
    make("referrals.Answer", conversation=conversation, step="concern", data=CONTENT)
    make("referrals.Child", conversation=conversation, name="Zoë Example")
    chain = make("accounts.Chain", key=f"agency:{agency.pk}", length=1)
    event = apps.get_model("accounts.Event")(
        chain=chain, number=1, at=timezone.now(), verb="recorded", actor=author.pk,
        subject=f"conversation:{conversation.token}",
    )  # fmt: skip
    event.digest = chain.head = digest(event, chain.key, "", settings.EVENT_KEYS[0])
    event.save()
    chain.save()


@pytest.mark.django_db
def test_an_excuse_is_of_a_migration_that_there_is() -> None:
    assert EXCUSED.keys() <= set(later(MigrationLoader(None)))
    assert set(START.items()) <= set(MigrationLoader(None).disk_migrations)
