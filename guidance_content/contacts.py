"""What an editor does to a contact or a link. It is shown to everyone at once.

Each is one transaction with its event and a row of history. Whoever acts says with `read`
what they had before them: when another editor was faster, nothing is written.
"""

import json
from datetime import date
from hashlib import sha256
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import slugify

from accounts.events import note as write_event
from accounts.models import Event, User
from guidance_content import standby
from guidance_content.editors import check_editor
from thresholds.models import Contact, ContactChange, Link

Row = Contact | Link
Kind = ContactChange.Kind
Facts = dict[str, Any]

# What an editor can change, and of that what a confirmation is about.
FIELDS: dict[type[models.Model], tuple[str, ...]] = {
    Contact: (
        "area", "purpose", "name", "phone", "hours", "opening", "url", "section", "source", "owner",
    ),
    Link: ("name", "kind", "url", "note", "areas", "section", "source", "owner"),
}  # fmt: skip
CONFIRMABLE = {"area", "purpose", "name", "phone", "hours", "opening", "url", "kind", "areas"}
# What is printed as coming from the source.
FROM_SOURCE = {"phone", "hours", "url"}
DATES = ("checked_on", "review_by", "retired_on")


class Overtaken(Exception):
    """Another editor changed it meanwhile. Nothing was written."""


def facts(row: Row) -> Facts:
    """Return what is known of a contact or link, ready for JSON."""
    found: Facts = {}
    for name in FIELDS[type(row)]:
        if name == "areas":
            found[name] = sorted(row.areas.values_list("slug", flat=True))
        else:
            found[name] = row.area.slug if name == "area" else getattr(row, name)
    days = {name: getattr(row, name) for name in DATES}
    return found | {name: day.isoformat() if day else "" for name, day in days.items()}


def digest(row: Row) -> str:
    """Return what tells whether somebody has changed it since it was looked at."""
    return sha256(json.dumps(facts(row), sort_keys=True).encode()).hexdigest()


def last_change(row: Row) -> ContactChange | None:
    return row.changes.select_related("by").first()


@transaction.atomic
def add(*, model: type[Row], values: Facts, note: str, by: User) -> ContactChange:
    """Add a contact or link, which nobody has confirmed yet. Raises NotEditor."""
    check_editor(by)
    row = model(position=_last_position(model) + 1)
    if isinstance(row, Link):
        row.slug = _free_slug(values["name"])
    _write(row, values)
    return _keep(Kind.ADDED, row, {}, note, by)


@transaction.atomic
def correct(*, row: Row, read: str, values: Facts, note: str, by: User) -> ContactChange | None:
    """Write what is right now, and return the change: None where nothing differs.

    What was confirmed before is no longer, if what it was about has changed; nor is a source
    named any longer for what does not stand in it. Raises NotEditor and Overtaken.
    """
    row = _lock(row, read, by)
    before = facts(row)
    _write(row, values)
    changed = {name for name, value in facts(row).items() if value != before[name]}
    if not changed:
        return None
    if changed & CONFIRMABLE:
        row.checked_on = None
    if changed & FROM_SOURCE and "source" not in changed:
        row.source = f"A correction by an editor, {date_format(timezone.localdate(), 'j F Y')}"
    row.save(update_fields=["checked_on", "source"])
    return _keep(Kind.CORRECTED, row, before, note, by)


@transaction.atomic
def confirm(*, row: Row, read: str, review_by: date, note: str, by: User) -> ContactChange:
    """Say that it is right today, until `review_by`, and how that is known.

    Raises NotEditor and Overtaken.
    """
    row = _lock(row, read, by)
    before = facts(row)
    row.checked_on, row.review_by = timezone.localdate(), review_by
    row.save(update_fields=["checked_on", "review_by"])
    return _keep(Kind.CONFIRMED, row, before, note, by)


@transaction.atomic
def retire(*, row: Row, read: str, note: str, by: User) -> ContactChange:
    """Show it to nobody from now on but editors. Raises NotEditor and Overtaken."""
    return _set_retired(Kind.RETIRED, timezone.localdate(), row, read, note, by)


@transaction.atomic
def restore(*, row: Row, read: str, note: str, by: User) -> ContactChange:
    """Show a retired one again. Raises NotEditor and Overtaken."""
    return _set_retired(Kind.RESTORED, None, row, read, note, by)


def _set_retired(
    kind: ContactChange.Kind, day: date | None, row: Row, read: str, note: str, by: User
) -> ContactChange:
    row = _lock(row, read, by)
    before = facts(row)
    row.retired_on = day
    row.save(update_fields=["retired_on"])
    return _keep(kind, row, before, note, by)


def _lock(row: Row, read: str, by: User) -> Row:
    """Let one change at a time happen to it. Raises NotEditor and Overtaken."""
    check_editor(by)
    locked: Row = type(row).objects.select_for_update().get(pk=row.pk)
    if digest(locked) != read:
        raise Overtaken
    return locked


def _write(row: Row, values: Facts) -> None:
    """Set what an editor can change, and nothing else."""
    for name in FIELDS[type(row)]:
        if name in values and name != "areas":
            setattr(row, name, values[name])
    row.full_clean(validate_unique=False, validate_constraints=False)
    row.save()
    if "areas" in values:
        row.areas.set(values["areas"])


def _keep(kind: ContactChange.Kind, row: Row, before: Facts, note: str, by: User) -> ContactChange:
    """Add to the history what differs from `before`, with its event."""
    after = facts(row)
    differs = [name for name, value in after.items() if value != before.get(name, "")]
    name = row._meta.model_name
    change: ContactChange = ContactChange.objects.create(
        **{name: row},
        kind=kind,
        by=by,
        before={name: before[name] for name in differs if name in before},
        after={name: after[name] for name in differs},
        note=note,
    )
    standby.refresh_on_commit()
    subject = f"{name}:{row.pk}"
    write_event(Event.Verb.CHANGED, actor=by, agency=None, subject=subject, detail=kind.value)
    return change


def _last_position(model: type[Row]) -> int:
    return model.objects.aggregate(last=models.Max("position"))["last"] or 0


def _free_slug(name: str) -> str:
    """Return a slug that no link has yet."""
    stem = slugify(name)[:40] or "link"
    taken = set(Link.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    return next(
        slug for slug in (stem, *(f"{stem}-{n}" for n in range(2, 10_000))) if slug not in taken
    )
