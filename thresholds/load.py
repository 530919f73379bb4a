"""From rows to `Guidance`. A published edition never changes, so it is kept in memory."""

from collections.abc import Iterable
from contextvars import ContextVar
from datetime import date

from django.db.models import BigAutoField, DateField
from django.utils import timezone

from accounts.prepared import Given, Prepared
from thresholds import guidance as g
from thresholds import models as m
from thresholds.lately import Lately

# Editions in memory: those in force, and those of conversations that began under others.
EDITIONS = 8

_kept: Lately[g.Guidance] = Lately(EDITIONS)
# What an editor's preview sets for one request, and takes back after it.
as_if_in_force: ContextVar[m.Edition | None] = ContextVar("as_if_in_force", default=None)


def load(edition: m.Edition) -> g.Guidance:
    """Return the whole of `edition`: from memory once it is published."""
    if edition.status != m.Edition.Status.PUBLISHED:
        return _build(edition)
    key = (edition.pk, edition.digest)
    return _kept.get(key) or _kept.put(key, _build(edition))


def forget() -> None:
    """Drop every edition from memory. Tests need it: each has a database of its own."""
    _kept.clear()


def current_edition(area: m.Area) -> m.Edition:
    """Return the edition in force in `area` today, or the one that is shown as if it were.

    Raises Edition.DoesNotExist when its partnership has none in force.
    """
    previewed = as_if_in_force.get()
    if previewed and previewed.partnership_id == area.partnership_id:
        return previewed
    found = in_force_of(area.partnership_id)
    if found is None:
        raise m.Edition.DoesNotExist(f"No edition is in force in {area}.")
    return found


_IN_FORCE = Prepared(
    lambda: (
        m.Edition.objects.in_force(Given(0, DateField()))
        .select_related("partnership")
        .filter(partnership=Given(1, BigAutoField()))[:1]
    )
)


def in_force_of(partnership: int) -> m.Edition | None:
    """Return the edition in force today of the partnership with this key, if there is one."""
    return _IN_FORCE.first(timezone.localdate(), partnership)


def contacts_of(areas: Iterable[m.Area]) -> tuple[g.Contact, ...]:
    """Return the contacts in use of `areas` as they stand now. They are never kept in memory."""
    return told(m.Contact.objects.filter(area__in=areas, retired_on=None).select_related("area"))


def told(rows: Iterable[m.Contact]) -> tuple[g.Contact, ...]:
    """Return contacts that were fetched with their areas."""
    return tuple(
        g.Contact(
            area=row.area.slug,
            purpose=row.purpose,
            name=row.name,
            phone=row.phone,
            hours=row.hours,
            url=row.url,
            source=row.source,
            checked_on=_iso(row.checked_on),
            review_by=_iso(row.review_by),
            opening=row.opening,
        )
        for row in rows
    )


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _build(edition: m.Edition) -> g.Guidance:
    def rows(model, *related):
        return model.objects.filter(edition=edition).select_related(*related)

    return g.Guidance(
        slug=edition.slug,
        title=edition.title,
        partnership=edition.partnership.name,
        source_date=edition.source_date,
        areas=tuple(edition.partnership.areas.values_list("slug", flat=True)),
        levels=tuple(_level(row) for row in rows(m.Level)),
        domains=tuple(g.Domain(r.code, r.name, r.section) for r in rows(m.Domain)),
        indicators=tuple(
            _indicator(row) for row in rows(m.Indicator, "level", "domain", "sayings")
        ),
        services=tuple(
            g.Service(r.level.number, r.name, r.section) for r in rows(m.Service, "level")
        ),
        pathway_steps=tuple(
            g.PathwayStep(r.area.slug, r.level.number, r.step, r.title, r.text, r.section)
            for r in rows(m.PathwayStep, "area", "level")
        ),
        questions=tuple(
            g.Question(r.code, r.text, r.childs_voice, r.section) for r in rows(m.Question)
        ),
        terms=tuple(g.Term(r.term, r.acronym, r.definition, r.section) for r in rows(m.Term)),
        consent=tuple(
            g.ConsentPoint(r.code, r.path, r.text, r.records, r.section)
            for r in rows(m.ConsentPoint)
        ),
        special_routes=tuple(
            g.SpecialRoute(r.code, r.name, r.text, r.contact, _codes(r), r.section)
            for r in rows(m.SpecialRoute).prefetch_related("indicators")
        ),
        rules=tuple(_rule(r) for r in rows(m.Rule, "area").prefetch_related("indicators")),
        next_steps=tuple(_next_step(row) for row in rows(m.NextStep, "area")),
        ladders=tuple(_ladder(row) for row in rows(m.Ladder).prefetch_related("indicators__level")),
    )


def _codes(row: m.SpecialRoute | m.Rule) -> frozenset[str]:
    return frozenset(indicator.code for indicator in row.indicators.all())


def _level(row: m.Level) -> g.Level:
    return g.Level(
        number=row.number,
        name=row.name,
        description=row.description,
        referral_route=row.referral_route,
        needs=row.needs,
        services_note=row.services_note,
        outcome=row.outcome,
        strengths=row.strengths,
        is_referral=row.is_referral,
        section=row.section,
        heading=row.heading,
    )


def _indicator(row: m.Indicator) -> g.Indicator:
    return g.Indicator(
        code=row.code,
        level=row.level.number,
        domain=row.domain.code,
        text=row.text,
        section=row.section,
        heading=row.heading,
        shared_key=row.shared_key,
        sayings=_sayings(row.sayings.lines) if hasattr(row, "sayings") else (),
    )


def _sayings(lines: str) -> tuple[str, ...]:
    """Return the sayings, a line each. A line without words would be like everything."""
    return tuple(line for line in lines.splitlines() if line.strip())


def _ladder(row: m.Ladder) -> g.Ladder:
    signs = sorted(row.indicators.all(), key=lambda sign: (sign.level.number, sign.position))
    return g.Ladder(row.code, row.name, row.summary, tuple(sign.code for sign in signs))


def _rule(row: m.Rule) -> g.Rule:
    return g.Rule(
        code=row.code,
        kind=row.kind,
        text=row.text,
        section=row.section,
        about=row.about,
        level=row.level,
        at_least=row.at_least,
        supports=row.supports,
        opens=row.opens,
        child_protection=row.child_protection,
        urgency=row.urgency,
        would_change=row.would_change,
        area=row.area.slug if row.area else "",
        indicators=_codes(row),
    )


def _next_step(row: m.NextStep) -> g.NextStepRule:
    return g.NextStepRule(
        code=row.code,
        area=row.area.slug if row.area else "",
        when={fact: tuple(values) for fact, values in row.when.items()},
        text=row.text,
        due_hours=row.due_hours,
        contact=row.contact,
        section=row.section,
    )
