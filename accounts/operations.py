"""Operations of migrations that a portal in use can take: nobody waits while they run.

A migration that holds one says `atomic = False`. PostgreSQL builds the index while rows are
written; SQLite, which is one file for one machine, has no such way and takes the ordinary one.
"""

from typing import Any

from django.contrib.postgres import operations as concurrent
from django.db import migrations

POSTGRESQL = "postgresql"


class AddIndex(concurrent.AddIndexConcurrently):
    """Add an index without locking the table, instead of one that was begun and not ended."""

    def database_forwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        if schema_editor.connection.vendor == POSTGRESQL and not schema_editor.collect_sql:
            _drop_what_was_begun(schema_editor, self.index.name)
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


class WithoutIndex(concurrent.NotInTransactionMixin, migrations.AlterField):
    """Take away the index of a column alone, where another begins with it, without locking.

    The field is as before, but for `db_index`.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        if schema_editor.connection.vendor != POSTGRESQL:
            super().database_forwards(app_label, schema_editor, *states)
            return
        self._ensure_not_in_transaction(schema_editor)
        model = states[0].apps.get_model(app_label, self.model_name)
        column = model._meta.get_field(self.name).column
        # The second is for LIKE, and there for texts.
        for suffix in ("", "_like"):
            name = schema_editor._create_index_name(model._meta.db_table, [column], suffix)
            quoted = schema_editor.quote_name(name)
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {quoted}")


def _drop_what_was_begun(schema_editor: Any, name: str) -> None:
    """Drop an index that is not valid: what was interrupted as it built it left it so."""
    begun = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid"
    quoted = schema_editor.quote_name(name)
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(begun, [quoted])
        if cursor.fetchone():
            cursor.execute(f"DROP INDEX CONCURRENTLY {quoted}")


def _kind(schema_editor: Any, on_postgresql: Any, elsewhere: Any) -> Any:
    return on_postgresql if schema_editor.connection.vendor == POSTGRESQL else elsewhere
