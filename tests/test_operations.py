"""Indexes are added to a portal in use without locking it, and on SQLite all the same."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import connection
from django.test import Client

from tests.people import record

MIGRATIONS = [
    "0012_indexes_of_the_desk", "0014_filters_in_the_indexes", "0017_count_what_is_late",
]  # fmt: skip


def test_the_indexes_of_the_desk_are_there(db: None) -> None:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "referrals_conversation")
    assert {"conversation_waits", "conversation_list_day"} <= found.keys()
    assert "conversation_by_day" not in found


@pytest.mark.parametrize("name", MIGRATIONS)
def test_they_are_made_while_rows_are_written(name: str) -> None:
    migration = import_module(f"referrals.migrations.{name}").Migration
    concurrent = AddIndexConcurrently, RemoveIndexConcurrently
    assert not migration.atomic
    assert all(isinstance(operation, concurrent) for operation in migration.operations)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's planner asks for nothing")
def test_the_planner_knows_how_often_words_are_there(teachers_browser: Client) -> None:
    record(teachers_browser)
    known = "SELECT count(*) FROM pg_stats WHERE tablename = 'conversation_words_and_places'"
    with connection.cursor() as cursor, connection.schema_editor() as editor:
        cursor.execute(known)
        assert cursor.fetchone() == (0,)
        import_module("referrals.migrations.0015_figures_for_the_search").analyze(apps, editor)
        cursor.execute(known)
        assert cursor.fetchone() == (2,)
