"""An edition as one JSON document, with the contacts and links of its areas."""

from dataclasses import asdict
from typing import Any

from guidance_content.models import Page
from thresholds.guidance import Contact, Rule, SpecialRoute
from thresholds.load import contacts_of, load
from thresholds.models import Area, Edition, Link

Row = dict[str, Any]


def as_document(edition: Edition) -> Row:
    """Return the whole of `edition`, in the order of its source, ready for JSON.

    Level numbers are integers, dates ISO 8601 text, and what is not known is empty or null.
    """
    guidance = load(edition)
    areas = list(Area.objects.filter(partnership=edition.partnership))
    links = Link.objects.filter(areas__in=areas, retired_on=None).distinct()
    document: Row = {
        "edition": _edition(edition),
        "areas": [_area(area) for area in areas],
        "levels": [asdict(level) for level in guidance.levels],
        "domains": [asdict(domain) for domain in guidance.domains],
        "indicators": [asdict(indicator) for indicator in guidance.indicators],
        "services": [asdict(service) for service in guidance.services],
        "contacts": [_contact(contact) for contact in contacts_of(areas)],
        "links": [_link(link) for link in links.prefetch_related("areas")],
        "pathway_steps": [asdict(step) for step in guidance.pathway_steps],
        "questions": [asdict(question) for question in guidance.questions],
        "terms": [asdict(term) for term in guidance.terms],
        "consent": [asdict(point) for point in guidance.consent],
        "special_routes": [_with_codes(route) for route in guidance.special_routes],
        "rules": [_with_codes(rule) for rule in guidance.rules],
        "next_steps": [asdict(step) for step in guidance.next_steps],
        "ladders": [asdict(ladder) for ladder in guidance.ladders],
        "pages": [_page(page) for page in Page.objects.filter(edition=edition)],
    }
    return {name: _listed(part) for name, part in document.items()}


def _listed(value: object) -> object:
    """Return a value as JSON holds it: what is read back is equal to what was written."""
    if isinstance(value, dict):
        return {key: _listed(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [_listed(held) for held in value]
    return value


def _edition(edition: Edition) -> Row:
    return {
        "slug": edition.slug,
        "title": edition.title,
        "partnership": edition.partnership.name,
        "partnership_slug": edition.partnership.slug,
        "status": edition.status,
        "source_date": edition.source_date,
        "note": edition.note,
        **_provenance(edition),
    }


def _provenance(row: Edition | Link) -> Row:
    return {
        "source": row.source,
        "owner": row.owner,
        "checked_on": row.checked_on.isoformat() if row.checked_on else None,
        "review_by": row.review_by.isoformat() if row.review_by else None,
    }


def _area(area: Area) -> Row:
    return {
        "slug": area.slug,
        "name": area.name,
        "council": area.council,
        "districts": area.districts,
    }


def _contact(contact: Contact) -> Row:
    return asdict(contact) | {
        "checked_on": contact.checked_on or None,
        "review_by": contact.review_by or None,
    }


def _link(link: Link) -> Row:
    return {
        "slug": link.slug,
        "areas": [area.slug for area in link.areas.all()],
        "kind": link.kind,
        "name": link.name,
        "url": link.url,
        "note": link.note,
        "section": link.section,
        **_provenance(link),
    }


def _with_codes(row: Rule | SpecialRoute) -> Row:
    return asdict(row) | {"indicators": sorted(row.indicators)}


def _page(page: Page) -> Row:
    return {
        "code": page.code,
        "title": page.title,
        "summary": page.summary,
        "body": page.body,
        "section": page.section,
    }
