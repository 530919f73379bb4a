"""All that an edition is made of, found by introspection: to copy it, and to say what it is.

A table of rows that somebody adds is copied and is part of the digest without being named here.
"""

import json
from hashlib import sha256
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Field, ForeignKey, ManyToManyField

from thresholds.models import Edition, EditionRow

RowModel = type[EditionRow]
# The columns of an edition that are its content, and not its life.
OWN = ("partnership_id", "slug", "title", "source_date", "note", "source")


def row_models() -> list[RowModel]:
    """Return every table of rows of editions, each after those that it refers to."""
    waiting = [model for model in apps.get_models() if issubclass(model, EditionRow)]
    ordered: list[RowModel] = []
    while waiting:
        ready = [m for m in waiting if not {f.related_model for f in inner_keys(m)} & {*waiting}]
        ordered += ready
        waiting = [model for model in waiting if model not in ready]
    return ordered


def inner_keys(model: RowModel) -> list[ForeignKey]:
    """Return the foreign keys of a model that lead to rows of the same edition."""
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey) and issubclass(field.related_model, EditionRow)
    ]


def inner_links(model: RowModel) -> list[ManyToManyField]:
    """Return the many-to-many fields of a model that lead to rows of the same edition."""
    return [f for f in model._meta.many_to_many if issubclass(f.related_model, EditionRow)]


def columns(model: RowModel) -> list[Field]:
    return [field for field in model._meta.concrete_fields if not field.primary_key]


def digest(edition: Edition) -> str:
    """Return the digest of everything that an edition says: 64 hexadecimal digits."""
    matter: list[object] = [[getattr(edition, name) for name in OWN]]
    for model in row_models():
        names = ["pk", *(field.attname for field in columns(model))]
        rows = model.objects.filter(edition=edition).order_by("pk")
        matter.append([model._meta.label, list(rows.values_list(*names))])
        matter += [links_of(model, field, edition) for field in inner_links(model)]
    told = json.dumps(matter, sort_keys=True, cls=DjangoJSONEncoder)
    return sha256(told.encode()).hexdigest()


def links_of(model: RowModel, field: ManyToManyField, edition: Edition) -> list[tuple[int, int]]:
    """Return the links of one field in one edition, as pairs of keys."""
    own, other = field.m2m_column_name(), field.m2m_reverse_name()
    mine = {f"{field.m2m_field_name()}__edition": edition}
    found = field.remote_field.through._base_manager.filter(**mine)
    return list(found.order_by(own, other).values_list(own, other))


def copy(source: Edition, draft: Edition) -> None:
    """Copy every row of `source` into `draft`, which has none. Codes stay as they are."""
    kept: dict[Any, dict[int, int]] = {}
    for model in row_models():
        old = list(model.objects.filter(edition=source).order_by("pk"))
        new = model.objects.bulk_create(_copied(row, draft, kept) for row in old)
        kept[model] = {before.pk: after.pk for before, after in zip(old, new, strict=True)}
    for model in row_models():
        for field in inner_links(model):
            own, other = field.m2m_column_name(), field.m2m_reverse_name()
            through: Any = field.remote_field.through
            mine, theirs = kept[model], kept[field.related_model]
            through._default_manager.bulk_create(
                through(**{own: mine[one], other: theirs[two]})
                for one, two in links_of(model, field, source)
            )


def _copied(row: EditionRow, draft: Edition, kept: dict[Any, dict[int, int]]) -> EditionRow:
    values = {field.attname: getattr(row, field.attname) for field in columns(type(row))}
    for field in inner_keys(type(row)):
        if values[field.attname] is not None:
            values[field.attname] = kept[field.related_model][values[field.attname]]
    return type(row)(**values | {"edition_id": draft.pk})
