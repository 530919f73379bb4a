"""Indexes are added to a portal in use without locking it, and on SQLite all the same."""

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.operations import POSTGRESQL

MIGRATION = ("referrals", "0012")
NAME = "conversation_waits"


def indexes(table: str) -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, table))


def test_the_indexes_of_the_desk_are_there(db: None) -> None:
    assert NAME in indexes("referrals_conversation")


@pytest.mark.skipif(connection.vendor != POSTGRESQL, reason="SQLite has one way only")
def test_they_are_made_while_rows_are_written(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("sqlmigrate", *MIGRATION)
    made = [line for line in capsys.readouterr().out.splitlines() if "CREATE INDEX" in line]
    assert made and all(line.startswith("CREATE INDEX CONCURRENTLY") for line in made)
