"""An edition as one JSON document, on its way in: always as a draft, whole or not at all.

What there is already is never changed: not an edition, a partnership, an area, a contact or a
link. Telephone numbers of new areas come in as not confirmed: somebody here has to ring them.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import Max

from accounts.models import Event, User
from guidance_content.models import Page
from guidance_content.references import KEYS, Document, check_references
from guidance_content.shape import check_shape, quoted, wrong
from thresholds import models as m
from thresholds.drafts import tell as tell_event

Row = dict[str, Any]
Tell = Callable[[str, int], None]
# Lists whose rows are written as they stand, but for the edition and their place.
PLAIN: dict[str, type[models.Model]] = {
    "levels": m.Level,
    "domains": m.Domain,
    "questions": m.Question,
    "terms": m.Term,
    "consent": m.ConsentPoint,
    "pages": Page,
}
AT_ONCE = 500


def check_document(document: object) -> Document:
    """Return `document` if it could be brought in now. Raises DocumentError; writes nothing."""
    checked = check_shape(document)
    check_references(checked)
    _check_here(checked)
    return checked


def counts_of(document: Document) -> dict[str, int]:
    """Return how many rows each list of a document holds, and how many sayings."""
    sayings = sum(len(row["sayings"]) for row in document["indicators"])
    return {name: len(document[name]) for name in KEYS} | {"sayings": sayings}


def import_document(
    document: object, by: User | None = None, *, tell: Tell = lambda name, count: None
) -> m.Edition:
    """Return the draft that `document` describes. `tell` hears of each list as it is written.

    Raises DocumentError, with where and what is wrong, and then nothing is written.
    """
    try:
        with transaction.atomic():
            return _write(check_document(document), by, tell)
    except IntegrityError:  # another import was quicker
        raise wrong("edition.slug", "this edition is being brought in by somebody else") from None


def _check_here(document: Document) -> None:
    """Check `document` against what the portal has already."""
    slug, partnership = document["edition"]["slug"], document["edition"]["partnership_slug"]
    if m.Edition.objects.filter(slug=slug).exists():
        raise wrong("edition.slug", f"there is an edition {quoted(slug)} already")
    others = _by_slug(m.Area, document["areas"])
    for place, row in enumerate(document["areas"]):
        area = others.get(row["slug"])
        if area and area.partnership.slug != partnership:
            what = f"{quoted(row['slug'])} is an area of another partnership"
            raise wrong(f"areas[{place}].slug", what)
    links = _by_slug(m.Link, document["links"])
    for place, row in enumerate(document["links"]):
        link = links.get(row["slug"])
        own = link and set(row["areas"]) & {area.slug for area in link.areas.all()}
        if link and not own and link.url != row["url"]:
            raise wrong(f"links[{place}].slug", f"{quoted(row['slug'])} is another link already")


def _by_slug(model: type[models.Model], rows: Iterable[Row]) -> dict[str, Any]:
    return {found.slug: found for found in model.objects.filter(slug__in=[r["slug"] for r in rows])}


def _write(document: Document, by: User | None, tell: Tell) -> m.Edition:
    edition = _edition(document["edition"], by)
    areas, new = _areas(document["areas"], edition.partnership)
    _contacts(document["contacts"], areas, new)
    _links(document["links"], areas, new)
    for name, model in PLAIN.items():
        _rows(model, document[name], edition)
        tell(name, len(document[name]))
    levels = {level.number: level for level in m.Level.objects.filter(edition=edition)}
    domains = {domain.code: domain for domain in m.Domain.objects.filter(edition=edition)}
    indicators = _indicators(document["indicators"], edition, levels, domains)
    tell("indicators", len(indicators))
    services = [row | {"level": levels[row["level"]]} for row in document["services"]]
    _rows(m.Service, services, edition)
    steps = [
        row | {"level": levels[row["level"]], "area": areas[row["area"]]}
        for row in document["pathway_steps"]
    ]
    _rows(m.PathwayStep, steps, edition)
    tell("pathway_steps", len(steps))
    next_steps = [row | {"area": areas.get(row["area"])} for row in document["next_steps"]]
    _rows(m.NextStep, next_steps, edition)
    tell("next_steps", len(next_steps))
    rules = [row | {"area": areas.get(row["area"])} for row in document["rules"]]
    _with_signs(m.Rule, rules, edition, indicators)
    _with_signs(m.SpecialRoute, document["special_routes"], edition, indicators)
    _with_signs(
        m.Ladder, [row | {"section": ""} for row in document["ladders"]], edition, indicators
    )
    tell("rules", len(rules))
    tell_event(Event.Verb.DRAFTED, edition, by, "imported")
    return edition


def _edition(row: Row, by: User | None) -> m.Edition:
    partnership, _ = m.Partnership.objects.get_or_create(
        slug=row["partnership_slug"], defaults={"name": row["partnership"]}
    )
    return m.Edition.objects.create(
        slug=row["slug"],
        partnership=partnership,
        title=row["title"],
        source_date=row["source_date"],
        note=row["note"],
        status=m.Edition.Status.DRAFT,
        created_by=by,
        source=row["source"],
        owner=row["owner"],
        checked_on=_day(row["checked_on"]),
        review_by=_day(row["review_by"]),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _areas(rows: list[Row], partnership: m.Partnership) -> tuple[dict[str, m.Area], set[str]]:
    """Return every area of the document, and the slugs of those that are new.

    New ones come after all others: the first area with contacts is the portal's home.
    """
    areas: dict[str, m.Area] = _by_slug(m.Area, rows)
    new = [row for row in rows if row["slug"] not in areas]
    last = m.Area.objects.aggregate(last=Max("position"))["last"] or 0
    for place, row in enumerate(new, start=1):
        areas[row["slug"]] = m.Area.objects.create(
            partnership=partnership, position=last + place, **row
        )
    return areas, {row["slug"] for row in new}


def _contacts(rows: list[Row], areas: dict[str, m.Area], new: set[str]) -> None:
    m.Contact.objects.bulk_create(
        m.Contact(**_unconfirmed(row) | {"area": areas[row["area"]]}, position=place)
        for place, row in enumerate(rows)
        if row["area"] in new
    )


def _unconfirmed(row: Row) -> Row:
    return row | {"checked_on": None, "review_by": None}


def _links(rows: list[Row], areas: dict[str, m.Area], new: set[str]) -> None:
    links: dict[str, m.Link] = _by_slug(m.Link, rows)
    last = m.Link.objects.aggregate(last=Max("position"))["last"] or 0
    for place, row in enumerate(rows, start=1):
        own = [areas[slug] for slug in row["areas"] if slug in new]
        if own and row["slug"] not in links:
            values = {key: value for key, value in _unconfirmed(row).items() if key != "areas"}
            links[row["slug"]] = m.Link.objects.create(**values, position=last + place)
        if own:
            links[row["slug"]].areas.add(*own)


def _rows(model: type[models.Model], rows: Iterable[Row], edition: m.Edition) -> list[Any]:
    return model.objects.bulk_create(
        [model(**row, edition=edition, position=place) for place, row in enumerate(rows)],
        batch_size=AT_ONCE,
    )


def _indicators(
    rows: list[Row],
    edition: m.Edition,
    levels: dict[int, m.Level],
    domains: dict[str, m.Domain],
) -> dict[str, m.Indicator]:
    written = _rows(
        m.Indicator,
        (
            {key: value for key, value in row.items() if key != "sayings"}
            | {"level": levels[row["level"]], "domain": domains[row["domain"]]}
            for row in rows
        ),
        edition,
    )
    found = {indicator.code: indicator for indicator in written}
    sayings = [
        {
            "indicator": found[row["code"]],
            "lines": "".join(f"{line}\n" for line in row["sayings"]),
            "section": "",
        }
        for row in rows
        if row["sayings"]
    ]
    _rows(m.Sayings, sayings, edition)
    return found


def _with_signs(
    model: type[Any], rows: Iterable[Row], edition: m.Edition, indicators: dict[str, m.Indicator]
) -> None:
    """Write rows that name indicators."""
    rows = list(rows)
    plain = ({key: value for key, value in row.items() if key != "indicators"} for row in rows)
    written = _rows(model, plain, edition)
    through = model.indicators.through
    field = model._meta.model_name
    through.objects.bulk_create(
        (
            through(**{field: made, "indicator": indicators[code]})
            for made, row in zip(written, rows, strict=True)
            for code in row["indicators"]
        ),
        batch_size=AT_ONCE,
    )
