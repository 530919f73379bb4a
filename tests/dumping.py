"""All that a database holds, as whoever stole it would read it."""

from collections.abc import Iterator

from django.db import connection


def dumped() -> Iterator[tuple[str, str]]:
    """Yield every value of every table as text, with the name of its column."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    is_bytes = isinstance(value, bytes | memoryview)
                    text = bytes(value).decode(errors="replace") if is_bytes else str(value)
                    yield f"{table}.{name}", text
