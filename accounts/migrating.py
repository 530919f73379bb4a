"""Steps of migrations that stop nobody's work while they run: see docs/deployment.md.

On PostgreSQL, an index built in the ordinary way locks its table for as long as that takes.
"""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddIndex


class AddIndexGently(AddIndexConcurrently):
    """Adds an index while people go on writing. Its migration needs `atomic = False`.

    On SQLite, which has one writer, it is an ordinary AddIndex.
    """

    def database_forwards(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, before: Any, after: Any
    ) -> None:
        if editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, editor, before, after)
        else:
            AddIndex.database_forwards(self, app_label, editor, before, after)

    def database_backwards(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, before: Any, after: Any
    ) -> None:
        if editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, editor, before, after)
        else:
            AddIndex.database_backwards(self, app_label, editor, before, after)
