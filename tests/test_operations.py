"""Indexes are added to a portal in use without locking it, and on SQLite all the same."""

from importlib import import_module

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import connection

MIGRATION = "referrals.migrations.0012_indexes_of_the_desk"


def test_the_indexes_of_the_desk_are_there(db: None) -> None:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "referrals_conversation")
    assert "conversation_waits" in found


def test_they_are_made_while_rows_are_written() -> None:
    migration = import_module(MIGRATION).Migration
    concurrent = AddIndexConcurrently, RemoveIndexConcurrently
    assert not migration.atomic
    assert all(isinstance(operation, concurrent) for operation in migration.operations)
