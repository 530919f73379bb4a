"""Another database in place of the portal's own: one that a backup is restored into."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import environ
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import load_backend


def settings_of(url: str) -> dict[str, Any]:
    """Return the settings of the database at `url`, with the options of the portal's own.

    Raises ValueError for a database of another kind.
    """
    own, other = connections.settings["default"], environ.Env.db_url_config(url)
    if other["ENGINE"] != own["ENGINE"]:
        raise ValueError("The other database must be of the same kind as the portal's own.")
    options = own["OPTIONS"] | other.get("OPTIONS", {})
    where = {key: other.get(key, "") for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    return own | where | {"OPTIONS": options, "CONN_MAX_AGE": 0}


@contextmanager
def instead(url: str) -> Iterator[BaseDatabaseWrapper]:
    """Let every query go to the database at `url`, until the end of the block."""
    settings = settings_of(url)
    own = connections["default"]
    other = load_backend(settings["ENGINE"]).DatabaseWrapper(settings, "default")
    connections["default"] = other
    try:
        yield other
    finally:
        other.close()
        connections["default"] = own
