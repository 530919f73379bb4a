"""What every page shows about telephone lines."""

from collections.abc import Iterable
from datetime import date

from django.http import HttpRequest
from django.utils import timezone

from thresholds.currency import is_confirmed, standing
from thresholds.guidance import Contact
from thresholds.load import contacts_of
from thresholds.models import Area
from thresholds.models import Contact as ContactRow

PURPOSE_LABELS = dict(ContactRow.Purpose.choices)


def phone_cards(request: HttpRequest) -> dict[str, object]:
    """Context processor: a card for each area with contacts.

    A view that knows where the child lives sets `request.child_area` to the area's slug,
    and gets that card alone.
    """
    areas = Area.objects.all()
    if slug := getattr(request, "child_area", ""):
        areas = areas.filter(slug=slug)
    return {"phone_cards": cards(areas, timezone.localdate())}


def cards(areas: Iterable[Area], today: date) -> list[dict[str, object]]:
    """Return the areas that have contacts, each with its own, never mixed."""
    areas = list(areas)
    contacts = contacts_of(areas)
    found = []
    for area in areas:
        own = [card_line(contact, today) for contact in contacts if contact.area == area.slug]
        if own:
            found.append({"area": area.name, "slug": area.slug, "contacts": own})
    return found


def card_line(contact: Contact, today: date) -> dict[str, object]:
    return {
        "purpose": contact.purpose,
        "purpose_label": PURPOSE_LABELS[contact.purpose],
        "name": contact.name,
        "phone": contact.phone,
        "hours": contact.hours,
        "url": contact.url,
        "confirmed": is_confirmed(*_dates(contact), today),
        "status": currency(contact, today),
    }


def currency(contact: Contact, today: date) -> str:
    """Say in a line where `contact` comes from and how far it can be trusted."""
    return f"From: {contact.source}. {standing(*_dates(contact), today)}"


def _dates(contact: Contact) -> tuple[date | None, date | None]:
    """Return when it was checked and when it is to be reviewed."""
    checked_on, review_by = (
        date.fromisoformat(day) if day else None for day in (contact.checked_on, contact.review_by)
    )
    return checked_on, review_by
