"""Writing very many rows: without indexes, without waiting for the disk, on two connections.

Only for a server that is one's own and ends with the run.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from threading import local
from typing import Any

import psycopg2
from django.db import connection

AT_ONCE = 2
# While rows are loaded. What is lost when the machine falls over is begun again.
HASTY = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
OF_A_LOADER = (
    "SET session_replication_role = replica; SET synchronous_commit = off; "
    "SET maintenance_work_mem = '1GB'; SET work_mem = '256MB'; "
    "SET max_parallel_maintenance_workers = 0"
)


class Clock:
    """Tells what has been done, and how long it took since the last."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell, self.last = tell, time.monotonic()

    def __call__(self, what: str) -> None:
        now = time.monotonic()
        self.tell(f"  {now - self.last:5.0f} s  {what}")
        self.last = now


@dataclass
class Loader:
    pool: ThreadPoolExecutor
    own: local

    def run(self, statements: Iterable[str]) -> None:
        """Run them, the first ones first and two at once. Raises the first error there is."""
        for done in [self.pool.submit(self._execute, one) for one in statements]:
            done.result()

    def _execute(self, statement: str) -> None:
        with self.own.connection.cursor() as cursor:
            cursor.execute(statement)


@contextmanager
def loading(tables: Sequence[str], told: Clock) -> Iterator[Loader]:
    """Take away what slows loading; at the end make it anew, and the planner's figures."""
    own, made = local(), []

    def connect() -> None:
        own.connection = psycopg2.connect(os.environ["DATABASE_URL"])
        own.connection.autocommit = True
        made.append(own.connection)
        with own.connection.cursor() as cursor:
            cursor.execute(OF_A_LOADER)

    with connection.cursor() as cursor:
        _set(cursor, HASTY)
        indexes, constraints = _without_indexes(cursor, tables)
        with ThreadPoolExecutor(AT_ONCE, initializer=connect) as pool:
            load = Loader(pool, own)
            yield load
            for table in tables:
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), "
                    f"(SELECT coalesce(max(id), 1) FROM {table}))"
                )
            load.run(indexes)
            for constraint in constraints:
                cursor.execute(constraint)
            told("indexes")
            load.run(f"VACUUM ANALYZE {table}" for table in tables)
            cursor.execute("ANALYZE")
            told("vacuum and the planner's figures")
        for each in made:
            with closing(each):
                pass
        _set(cursor, dict.fromkeys(HASTY, ""))
        cursor.execute("CHECKPOINT")
        os.sync()
        told("all of it on the disk")


def _set(cursor: Any, settings: dict[str, str]) -> None:
    for name, value in settings.items():
        cursor.execute(
            f"ALTER SYSTEM SET {name} = {value}" if value else f"ALTER SYSTEM RESET {name}"
        )
    cursor.execute("SELECT pg_reload_conf()")


def _without_indexes(cursor: Any, tables: Sequence[str]) -> tuple[list[str], list[str]]:
    """Drop all indexes but the primary keys. Return what makes them, and their constraints, again.

    The longest to make comes first: the one of words.
    """
    cursor.execute(
        "SELECT tablename, indexname, indexdef, EXISTS (SELECT 1 FROM pg_constraint "
        "  WHERE conname = indexname AND contype = 'u'), array(SELECT format('ALTER INDEX %%I "
        "  ALTER COLUMN %%s SET STATISTICS %%s', indexname, attnum, attstattarget) "
        "  FROM pg_attribute WHERE attrelid = indexname::regclass AND attstattarget >= 0) "
        "FROM pg_indexes WHERE tablename = ANY(%s) AND NOT EXISTS (SELECT 1 FROM pg_constraint "
        "  WHERE conname = indexname AND contype = 'p') "
        "ORDER BY indexdef NOT LIKE '%%USING gin%%', tablename",
        [list(tables)],
    )
    makes, constraints = [], []
    for table, name, definition, is_constraint, targets in cursor.fetchall():
        makes.append("; ".join([definition, *targets]))
        if is_constraint:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
            constraints.append(
                f'ALTER TABLE {table} ADD CONSTRAINT "{name}" UNIQUE USING INDEX "{name}"'
            )
        else:
            cursor.execute(f'DROP INDEX "{name}"')
    return makes, constraints
