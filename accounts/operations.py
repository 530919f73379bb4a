"""Operations of migrations that a portal in use can take: nobody waits while they run.

A migration that holds one says `atomic = False`. PostgreSQL builds the index while rows are
written; SQLite, which is one file for one machine, has no such way and takes the ordinary one.
"""

from typing import Any

from django.contrib.postgres import operations as concurrent
from django.db import migrations

POSTGRESQL = "postgresql"


class AddIndex(concurrent.AddIndexConcurrently):
    """Add an index without locking the table."""

    def database_forwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        kind = _kind(schema_editor, concurrent.AddIndexConcurrently, migrations.AddIndex)
        kind.database_forwards(self, app_label, schema_editor, *states)

    def database_backwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        kind = _kind(schema_editor, concurrent.AddIndexConcurrently, migrations.AddIndex)
        kind.database_backwards(self, app_label, schema_editor, *states)


class RemoveIndex(concurrent.RemoveIndexConcurrently):
    """Remove an index without locking the table."""

    def database_forwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        kind = _kind(schema_editor, concurrent.RemoveIndexConcurrently, migrations.RemoveIndex)
        kind.database_forwards(self, app_label, schema_editor, *states)

    def database_backwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        kind = _kind(schema_editor, concurrent.RemoveIndexConcurrently, migrations.RemoveIndex)
        kind.database_backwards(self, app_label, schema_editor, *states)


def _kind(schema_editor: Any, on_postgresql: Any, elsewhere: Any) -> Any:
    return on_postgresql if schema_editor.connection.vendor == POSTGRESQL else elsewhere
