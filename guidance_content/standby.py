"""The standby copy: the guidance in a file, for when the portal's database cannot be reached.

It holds what everybody may read (published editions, their prose, areas, contacts and links in
use) and nothing about anybody: no person, no draft, no record. It is written whole and put in
place at once, whenever a contact or an edition changes, and by `manage.py refresh_standby`.
Inside `in_use()` the models in it are read from it, so that the views of the open pages need
not know of it. docs/decisions/0017 says why.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from guidance_content.models import Page
from thresholds import models as m

ALIAS = "standby"
# Rows that belong to no edition, then editions, then what belongs to one.
SHARED = (m.Partnership, m.Area, m.Contact, m.Link)
OF_AN_EDITION = (
    m.Level, m.Domain, m.Indicator, m.Sayings, m.Ladder, m.FinderIndex, m.Service, m.PathwayStep,
    m.Question, m.Term, m.ConsentPoint, m.SpecialRoute, m.Rule, m.NextStep, Page,
)  # fmt: skip
MODELS = (*SHARED, m.Edition, *OF_AN_EDITION)
# What editors tell each other about an edition, and who they are, is not for everybody.
HELD_BACK = {"proposal_note", "unconfirmed_reason", "withdrawn_reason", "owner"}

_in_use: ContextVar[bool] = ContextVar("standby_in_use", default=False)


@contextmanager
def in_use() -> Iterator[None]:
    """Read the guidance from the standby copy, and never from the database."""
    before = _in_use.set(True)
    try:
        yield
    finally:
        _in_use.reset(before)


def is_in_use() -> bool:
    return _in_use.get()


class Router:
    """Sends reads of the guidance to the standby copy while it is in use. Nothing else."""

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str | None:
        return ALIAS if _in_use.get() and model in copied() else None

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return False if db == ALIAS else None


@cache
def copied() -> frozenset[type[models.Model]]:
    """Return the models in the copy, with the links between their rows."""
    return frozenset((*MODELS, *_links()))


def _links() -> list[type[models.Model]]:
    return [field.remote_field.through for model in MODELS for field in model._meta.many_to_many]


def made_at() -> datetime | None:
    """Return the moment of which the copy tells; None where there is none."""
    try:
        return datetime.fromtimestamp(Path(settings.STANDBY_FILE).stat().st_mtime, UTC)
    except OSError:
        return None


def refresh_on_commit() -> None:
    """Write the copy again once what is being changed is sure.

    Where it cannot be written, that is logged, and the change holds all the same.
    """
    transaction.on_commit(refresh, robust=True)


def refresh() -> None:
    """Put a copy of the guidance, as it stands now, in place of the one before.

    One process at a time does it, from reading to putting in place: otherwise a slow one could put
    an older telephone number over a newer one. Raises OSError or DatabaseError, and leaves the one
    before as it was.
    """
    path = Path(settings.STANDBY_FILE)
    with path.with_name(f"{path.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        now, new = timezone.now().timestamp(), path.with_name(f"{path.name}.new")
        new.unlink(missing_ok=True)
        _fill(new)
        os.utime(new, (now, now))
        with new.open("rb") as whole:
            os.fsync(whole.fileno())
        new.replace(path)


def _fill(path: Path) -> None:
    copy = connections.create_connection(ALIAS)
    copy.settings_dict = {**copy.settings_dict, "NAME": str(path)}
    try:
        with copy.cursor() as cursor:
            # Nobody reads it yet, so it needs no journal, and nothing has to wait for the disk.
            cursor.execute("PRAGMA journal_mode=OFF")
            cursor.execute("PRAGMA synchronous=OFF")
        with copy.schema_editor(atomic=False) as editor:
            for model in MODELS:
                editor.create_model(model)
        copy.disable_constraint_checking()  # it has no people for an edition to point to
        for rows in _rows():
            _insert(copy, rows)
    finally:
        copy.close()


def _rows() -> Iterator[models.QuerySet[Any]]:
    """Yield what is copied, model by model."""
    editions = m.Edition._base_manager.filter(
        status=m.Edition.Status.PUBLISHED, withdrawn_at=None
    ).values_list("pk", flat=True)
    # Asked once: what is published meanwhile is left for the next copy, as a whole.
    keys = list(editions)
    for model in SHARED:
        in_use = {"retired_on": None} if issubclass(model, (m.Contact, m.Link)) else {}
        yield model._base_manager.filter(**in_use)
    yield m.Edition._base_manager.filter(pk__in=keys)
    for model in OF_AN_EDITION:
        yield model._base_manager.filter(edition__in=keys)
    for link in _links():
        owner = getattr(link, "edition_owner", "")
        theirs = {f"{owner}__edition__in": keys} if owner else {"link__retired_on": None}
        yield link._base_manager.filter(**theirs)


def _insert(copy: BaseDatabaseWrapper, rows: models.QuerySet[Any]) -> None:
    fields = rows.model._meta.concrete_fields
    quoted = copy.ops.quote_name
    into = ", ".join(quoted(field.column) for field in fields)
    marks = ", ".join("%s" for _ in fields)
    statement = f"INSERT INTO {quoted(rows.model._meta.db_table)} ({into}) VALUES ({marks})"  # noqa: S608
    values = [
        [field.get_db_prep_save(_told(field, row), copy) for field in fields]
        for row in rows.order_by().iterator()
    ]
    with copy.cursor() as cursor:
        cursor.executemany(statement, values)


def _told(field: Any, row: models.Model) -> Any:
    """Return what the copy says in a field: nothing of people, nor of what they told each other."""
    related = field.related_model
    if related is not None and related not in MODELS:
        return None
    return "" if field.name in HELD_BACK else getattr(row, field.attname)
