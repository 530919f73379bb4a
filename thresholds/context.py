"""What every page shows about telephone lines."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from django.db.models import SlugField
from django.http import HttpRequest
from django.utils import timezone

from accounts.prepared import Given, Prepared
from thresholds.currency import is_confirmed, standing
from thresholds.guidance import Contact
from thresholds.load import contacts_of, told
from thresholds.models import Area
from thresholds.models import Contact as ContactRow
from thresholds.opening import BadHours, Opening, State, from_data, state
from thresholds.opening_words import in_words

Purpose = ContactRow.Purpose
PURPOSE_LABELS = dict(Purpose.choices)
# Whom to call while a line is closed, the first that is not closed as well.
UNTIL_THEN = (Purpose.OUT_OF_HOURS, Purpose.URGENT)

# Contacts in use, each with its area, in the order of the cards.
OF_ALL_AREAS = Prepared(
    lambda: (
        ContactRow.objects.filter(retired_on=None)
        .select_related("area")
        .order_by("area__position", "area__name", "position", "pk")
    )
)
OF_ONE_AREA = Prepared(
    lambda: (
        ContactRow.objects.filter(retired_on=None, area__slug=Given(0, SlugField()))
        .select_related("area")
        .order_by("position", "pk")
    )
)


def phone_cards(request: HttpRequest) -> dict[str, object]:
    """Context processor: a card for each area with contacts.

    A view that knows where the child lives sets `request.child_area` to the area's slug,
    and gets that card alone.
    """
    slug = getattr(request, "child_area", "")
    rows = OF_ONE_AREA(slug) if slug else OF_ALL_AREAS()
    areas = dict.fromkeys(row.area for row in rows)
    return {"phone_cards": cards_of(areas, told(rows), timezone.now())}


def cards(areas: Iterable[Area], now: datetime) -> list[dict[str, object]]:
    """Return the areas that have contacts, each with its own, never mixed, as they are at `now`."""
    areas = list(areas)
    return cards_of(areas, contacts_of(areas), now)


def cards_of(
    areas: Iterable[Area], contacts: Sequence[Contact], now: datetime
) -> list[dict[str, object]]:
    """The same of areas whose contacts were fetched."""
    found = []
    for area in areas:
        own = [stand_of(contact, now) for contact in contacts if contact.area == area.slug]
        if own:
            lines = [card_line(stand, own, now) for stand in own]
            found.append({"area": area.name, "slug": area.slug, "contacts": lines})
    return found


@dataclass(frozen=True)
class Stand:
    """A contact, its hours, and how it stands at a moment."""

    contact: Contact
    hours: Opening
    state: State


def stand_of(contact: Contact, now: datetime) -> Stand:
    # Hours change on the minute, and every page asks: within one, the answer is kept.
    minute = now.replace(second=0, microsecond=0)
    return Stand(contact, *_stand(json.dumps(contact.opening), minute))


@lru_cache(maxsize=256)
def _stand(opening: str, minute: datetime) -> tuple[Opening, State]:
    hours = opening_of(json.loads(opening))
    return hours, state(hours, minute)


def opening_of(data: object) -> Opening:
    """Return hours that are kept as data. What cannot be read is not known."""
    try:
        return from_data(data)
    except BadHours:
        return Opening()


def card_line(stand: Stand, own: Sequence[Stand], now: datetime) -> dict[str, object]:
    """Return what a card shows of one contact, one of its area's `own`."""
    today, contact = timezone.localdate(now), stand.contact
    confirmed = is_confirmed(*_dates(contact), today)
    return {
        "purpose": contact.purpose,
        "purpose_label": PURPOSE_LABELS[contact.purpose],
        "name": contact.name,
        "phone": contact.phone,
        "hours": contact.hours,
        "url": contact.url,
        "confirmed": confirmed,
        "status": currency(contact, today),
        # A form has no hours of its own: it can be sent at any time.
        "state": in_words(stand.state, stand.hours, now) if contact.phone else "",
        "hours_may_differ": bool(contact.phone and stand.state.now and not confirmed),
        "until_then": until_then(stand, own),
    }


def until_then(stand: Stand, own: Sequence[Stand]) -> dict[str, str] | None:
    """Return whom to call while a line is closed; None while it is not. 999 is always there."""
    phone = stand.contact.phone
    if not phone or stand.state.now != "closed":
        return None
    not_closed = [
        other.contact
        for other in own
        if other.contact.phone not in ("", phone) and other.state.now != "closed"
    ]
    for purpose in UNTIL_THEN:
        for other in not_closed:
            if other.purpose == purpose:
                return {"name": other.name, "phone": other.phone}
    return {}


def currency(contact: Contact, today: date) -> str:
    """Say in a line where `contact` comes from and how far it can be trusted."""
    what = "number" if contact.phone else "form"
    return f"From: {contact.source}. {standing(*_dates(contact), today, what)}"


def _dates(contact: Contact) -> tuple[date | None, date | None]:
    """Return when it was checked and when it is to be reviewed."""
    checked_on, review_by = (
        date.fromisoformat(day) if day else None for day in (contact.checked_on, contact.review_by)
    )
    return checked_on, review_by
