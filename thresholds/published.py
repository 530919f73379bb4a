"""What is published stays as it is: how models refuse to change it.

PostgreSQL refuses by triggers as well (migration 0003). Here the refusal is one that
can be read, it holds on every database, and it also meets what the admin, fixtures and the links
between rows do. `Edition` is met by name, because models.py imports this module.
"""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import models

PUBLISHED = "published"


class PublishedEdition(Exception):
    """Something tried to change an edition that is published."""


class MixedEditions(Exception):
    """A row of one edition was to refer to a row of another."""


def refuse(editions: Iterable[int | None]) -> None:
    """Raises PublishedEdition if one of these editions, by their keys, is published."""
    keys = {key for key in editions if key is not None}
    found = apps.get_model("thresholds", "Edition").objects.filter(pk__in=keys, status=PUBLISHED)
    if keys and found.exists():
        raise PublishedEdition("A published edition is never changed. Create a draft from it.")


def editions_of(model: type[models.Model], rows: Iterable[Any]) -> set[int | None]:
    """Return the keys of the editions that `rows` belong to: rows themselves, or links."""
    owner = getattr(model, "edition_owner", "")
    if not owner:
        return {row.edition_id for row in rows}
    field: Any = model._meta.get_field(owner)
    keys = {getattr(row, field.attname) for row in rows}
    owners = field.related_model._base_manager.filter(pk__in=keys)
    return set(owners.values_list("edition_id", flat=True))


class RowQuerySet(models.QuerySet):
    """Rows of editions. Raises PublishedEdition for what would change a published one."""

    def update(self, **kwargs: Any) -> int:
        self._refuse()
        refuse(_led_to(self.model, kwargs))
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        self._refuse()
        return super().delete()

    delete.queryset_only = True  # type: ignore[attr-defined]
    delete.alters_data = True  # type: ignore[attr-defined]

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        rows = list(objs)
        there = self.model._base_manager.filter(pk__in={row.pk for row in rows if row.pk})
        refuse(editions_of(self.model, rows) | editions_of(self.model, there))
        refuse_mixed(self.model, rows)
        return super().bulk_create(rows, *args, **kwargs)

    def bulk_update(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> int:
        rows = list(objs)
        refuse(editions_of(self.model, rows))
        return super().bulk_update(rows, *args, **kwargs)

    def _refuse(self) -> None:
        owner = getattr(self.model, "edition_owner", "")
        path = f"{owner}__edition__status" if owner else "edition__status"
        if self.filter(**{path: PUBLISHED}).exists():
            raise PublishedEdition("A published edition is never changed.")


class PublishedStays(models.Model):
    """A row that nobody saves or deletes once its edition is published."""

    class Meta:
        abstract = True

    # Not save(): loaddata goes past that.
    def _save_table(self, *args: Any, **kwargs: Any) -> bool:
        refuse({*editions_of(type(self), [self]), *stored_editions(self)})
        refuse_mixed(type(self), [self])
        return super()._save_table(*args, **kwargs)  # type: ignore[misc]

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        refuse({*editions_of(type(self), [self]), *stored_editions(self)})
        return super().delete(*args, **kwargs)


def stored_editions(row: models.Model) -> set[int | None]:
    """Return the edition that a row belongs to in the database, if it is there."""
    if row.pk is None:
        return set()
    return editions_of(type(row), type(row)._base_manager.filter(pk=row.pk))


def refuse_mixed(model: type[models.Model], rows: Iterable[Any]) -> None:
    """Raises MixedEditions for a row that refers to a row of another edition."""
    rows = list(rows)
    for field in _inner_keys(model):
        keys = {getattr(row, field.attname) for row in rows} - {None}
        found = field.related_model._base_manager.filter(pk__in=keys)
        edition_of = dict(found.values_list("pk", "edition_id")) if keys else {}
        for row in rows if hasattr(model, "edition_id") else ():
            key = getattr(row, field.attname)
            if key in edition_of and edition_of[key] != row.edition_id:
                raise MixedEditions(f"{field.name} is a row of another edition.")


def _inner_keys(model: type[models.Model]) -> list[Any]:
    """Return the foreign keys of a table that lead to rows of editions."""
    return [
        field
        for field in model._meta.concrete_fields
        if field.related_model and issubclass(field.related_model, PublishedStays)
    ]


def _led_to(model: type[models.Model], values: dict[str, Any]) -> set[int | None]:
    """Return the editions that rows would belong or refer to with these values."""
    found: set[int | None] = set()
    fields = {model._meta.get_field(name): value for name, value in values.items()}
    for field, value in fields.items():
        key = getattr(value, "pk", value)
        if field.name == "edition":
            found.add(key)
        elif field in _inner_keys(model) and key is not None:
            owners = field.related_model._base_manager.filter(pk=key)
            found |= set(owners.values_list("edition_id", flat=True))
    return found


class EditionLinks(models.ManyToManyField):
    """A many-to-many field of an edition's rows, whose links are refused like the rows."""

    def contribute_to_class(self, cls: Any, name: str, **kwargs: Any) -> None:
        super().contribute_to_class(cls, name, **kwargs)
        links: Any = self.remote_field.through
        if cls._meta.abstract or not getattr(links._meta, "auto_created", False):
            return
        links.edition_owner = cls._meta.model_name
        links._save_table = _save_link
        links.delete = _delete_link
        # In place of the one that Django gave it: there is no other way to these rows.
        links._meta.local_managers.clear()
        links.add_to_class("objects", models.Manager.from_queryset(RowQuerySet)())

    def deconstruct(self) -> Any:
        """To a migration it is a field like any other."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.ManyToManyField", args, kwargs


def _save_link(link: Any, *args: Any, **kwargs: Any) -> bool:
    refuse({*editions_of(type(link), [link]), *stored_editions(link)})
    return models.Model._save_table(link, *args, **kwargs)  # type: ignore[attr-defined]


def _delete_link(link: Any, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
    refuse({*editions_of(type(link), [link]), *stored_editions(link)})
    return models.Model.delete(link, *args, **kwargs)
