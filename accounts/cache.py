"""The cache in a table of the database, as JSON.

Django's own holds pickles: whoever can write a row of it could have the portal run their code.
Here a row is read as JSON or not at all. A value is what JSON knows; tuples come back as lists.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import connections, router
from django.utils import timezone

# For what has no end: a moment that every database knows.
NEVER = datetime(3000, 1, 1, tzinfo=UTC)
GET = "SELECT cache_key, value FROM {table} WHERE cache_key IN (PLACES) AND expires > %s"
PUT = (
    "INSERT INTO {table} (cache_key, value, expires) VALUES (%s, %s, %s) "
    "ON CONFLICT (cache_key) DO UPDATE SET value = EXCLUDED.value, expires = EXCLUDED.expires"
)


class JSONDatabaseCache(DatabaseCache):
    """Django's, but for how values are read and written: one statement each.

    Of two who add the same key at once one succeeds. Raises TypeError for a value that JSON
    cannot hold, and DatabaseError where Django's own would say nothing.
    """

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        names = {self.make_and_validate_key(key, version=version): key for key in keys}
        if not names:
            return {}
        places = ", ".join(["%s"] * len(names))
        rows, _ = self._run(
            router.db_for_read(self.cache_model_class),
            GET.replace("PLACES", places),
            [*names, timezone.now()],
        )
        return {names[key]: json.loads(value) for key, value in rows if _is_json(value)}

    def _base_set(
        self, mode: str, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT
    ) -> bool:
        """Write a value. `mode` is set, add (where none is in force) or touch (its end alone)."""
        using, now = router.db_for_write(self.cache_model_class), timezone.now()
        seconds = self.get_backend_timeout(timeout)
        ends = NEVER if seconds is None else datetime.fromtimestamp(seconds, UTC)
        if mode == "touch":
            touch = "UPDATE {table} SET expires = %s WHERE cache_key = %s AND expires > %s"
            return bool(self._run(using, touch, [ends, key, now])[1])
        self._make_room(using, now)
        given = [key, json.dumps(value), ends]
        if mode == "add":
            return bool(self._run(using, f"{PUT} WHERE {{table}}.expires <= %s", [*given, now])[1])
        return bool(self._run(using, PUT, given)[1])

    def _make_room(self, using: str, now: datetime) -> None:
        """Remove what is over, and then the rest of too much."""
        ((number,),), _ = self._run(using, "SELECT COUNT(*) FROM {table}", [])
        if number > self._max_entries:
            with connections[using].cursor() as cursor:
                self._cull(using, cursor, now, number)

    def _run(self, using: str, sql: str, given: list[Any]) -> tuple[list[tuple[Any, ...]], int]:
        """Return the rows that a statement finds, and how many it wrote."""
        ops = connections[using].ops
        adapted = [
            ops.adapt_datetimefield_value(one) if isinstance(one, datetime) else one
            for one in given
        ]
        with connections[using].cursor() as cursor:
            cursor.execute(sql.format(table=ops.quote_name(self._table)), adapted)
            return (cursor.fetchall() if cursor.description else []), cursor.rowcount


def _is_json(value: str) -> bool:
    """Is it a row of ours? Others are as good as none: such as one of Django's own cache."""
    try:
        json.loads(value)
    except (ValueError, RecursionError):
        return False
    return True
