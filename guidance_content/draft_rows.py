"""The rows of a draft, and how something that is wrong with one of them is told."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model
from django.urls import reverse

from guidance_content.content import RowModel, inner_keys, inner_links, row_models
from thresholds import models as m


@dataclass(frozen=True)
class Problem:
    """`row` is named as an editor knows it; `link` is where it is mended."""

    text: str
    row: str
    link: str
    blocks: bool = True


@dataclass(frozen=True)
class Draft:
    """The rows of an edition, read once for all checks."""

    edition: m.Edition

    def rows(self, model: type[Any]) -> list[Any]:
        return self._rows[model]

    @cached_property
    def _rows(self) -> dict[type[Any], list[Any]]:
        return {
            model: list(
                model.objects.filter(edition=self.edition)
                .select_related("edition", *_keys(model))
                .prefetch_related(*(field.name for field in inner_links(model)))
            )
            for model in row_models()
        }

    @cached_property
    def areas(self) -> list[m.Area]:
        return list(m.Area.objects.filter(partnership=self.edition.partnership_id))

    @cached_property
    def numbers(self) -> set[int]:
        return {level.number for level in self.rows(m.Level)}

    @property
    def can_be_worked_with(self) -> bool:
        return bool(self.rows(m.Indicator))


def _keys(model: RowModel) -> list[str]:
    """Return the foreign keys by which a row is known or to which it refers."""
    areas = [f.name for f in model._meta.concrete_fields if f.related_model is m.Area]
    return [*areas, *(field.name for field in inner_keys(model))]


def change_link(row: Model) -> str:
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])


def add_link(model: type[Model], edition: m.Edition) -> str:
    meta = model._meta
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_add")
    return f"{address}?{urlencode({'edition': edition.pk})}"


def of(row: Model, text: str, blocks: bool = True) -> Problem:
    named = f"{row._meta.verbose_name} {getattr(row, 'code', '') or row}"
    return Problem(text, named[:1].upper() + named[1:], change_link(row), blocks)


def missing(model: type[Model], draft: Draft, text: str, blocks: bool = True) -> Problem:
    return Problem(text, draft.edition.title, add_link(model, draft.edition), blocks)
