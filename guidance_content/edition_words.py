"""What an edition is made of and what is wrong with it, with the pages where that is mended."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model
from django.urls import NoReverseMatch, Resolver404, resolve, reverse

from guidance_content.content import row_models
from guidance_content.models import Page
from guidance_content.problems import Problem, add_link
from thresholds import models as m
from thresholds.row_admin import FILTER

# Table -> how editors call its rows, and what they are.
KINDS: dict[type[Model], tuple[str, str]] = {
    m.Level: ("Levels", "The levels of need, their names and descriptions"),
    m.Domain: ("Domains", "The parts of a child’s life under which indicators stand"),
    m.Indicator: ("Indicators", "The signs of possible need, by level and domain"),
    m.Sayings: ("Sayings", "How people say what an indicator means, for the finder"),
    m.Ladder: ("Ladders", "One worry across the levels"),
    m.Service: ("Services", "Who helps at each level"),
    m.PathwayStep: ("Pathway steps", "What each area’s pathway says to do, level by level"),
    m.Question: ("Questions", "What to consider with the family"),
    m.Term: ("Terms", "The glossary"),
    m.ConsentPoint: ("Points of consent", "What to consider and record about agreement"),
    m.SpecialRoute: ("Special routes", "Signs with a route of their own"),
    m.Rule: ("Rules of the reading", "How the indicators lead to a level"),
    m.NextStep: ("Next steps", "What to do, and when it applies"),
    Page: ("Pages", "The pages of prose"),
}


@dataclass(frozen=True)
class Kind:
    """Rows of one kind: how many there are, and where they are listed and added."""

    name: str
    about: str
    count: int
    link: str
    add: str


def contents_of(edition: m.Edition) -> list[Kind]:
    """Return what an edition is made of, in the order in which editors think of it."""
    there = row_models()
    known = [model for model in KINDS if model in there]
    return [_kind(model, edition) for model in (*known, *(o for o in there if o not in KINDS))]


def _kind(model: type[Any], edition: m.Edition) -> Kind:
    meta = model._meta
    plural = str(meta.verbose_name_plural)
    name, about = KINDS.get(model, (plural[:1].upper() + plural[1:], ""))
    listed = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    link, add = f"{listed}?{urlencode({FILTER: edition.pk})}", add_link(model, edition)
    if model is m.Indicator:
        link = reverse("edition_signs", args=[edition.slug])
        add = reverse("edition_sign_add", args=[edition.slug])
    if model is Page:
        link = address("edition_pages", edition.slug) or link
    return Kind(name, about, model.objects.filter(edition=edition).count(), link, add)


def address(name: str, *args: object) -> str:
    """Return the address of a page, or "" where the portal has no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def split(edition: m.Edition, found: Iterable[Problem]) -> dict[str, Any]:
    """Return what stops publication apart from what the two editors judge."""
    codes = dict(m.Indicator.objects.filter(edition=edition).values_list("pk", "code"))
    mended = [replace(one, link=_our_own(one.link, edition, codes)) for one in found]
    return {
        "errors": [one for one in mended if one.blocks],
        "warnings": [one for one in mended if not one.blocks],
    }


def _our_own(link: str, edition: m.Edition, codes: dict[int, str]) -> str:
    """Lead to our own page for an indicator, and not to the admin's."""
    try:
        match = resolve(link.partition("?")[0])
    except Resolver404:
        return link
    if match.view_name == "admin:thresholds_indicator_change":
        code = codes.get(int(match.kwargs["object_id"]), "")
        return reverse("edition_sign", args=[edition.slug, code]) if code else link
    if match.view_name == "admin:thresholds_contact_change":
        return reverse("editor_contact", args=[match.kwargs["object_id"]])
    return link
