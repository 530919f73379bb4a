"""Databases beside the test's own, for what must see a whole one from outside."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from django.db import connection

from portal.other_database import instead


@contextmanager
def copy_of_test_database(folder: Path, suffix: str = "", empty: bool = False) -> Iterator[str]:
    """Yield the address of a copy, guidance and all, or of an empty database; remove it after.

    No transaction of the test may be open: PostgreSQL copies only what nobody uses.
    """
    name = f"portal_{uuid4().hex[:12]}{suffix}"
    if connection.vendor == "sqlite":
        file = folder / name
        if not empty:
            with connection.cursor() as cursor:
                cursor.execute("VACUUM INTO %s", [str(file)])
        yield f"sqlite:///{file}"
        return
    own = connection.settings_dict
    address = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/".format(**own)
    template = "" if empty else f' TEMPLATE "{own["NAME"]}"'
    connection.close()
    with instead(f"{address}postgres") as server, server.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"{template}')
    try:
        yield address + name
    finally:
        with instead(f"{address}postgres") as server, server.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
