"""What is out of date, or missing: the head of the editors' home and of their lists."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.urls import reverse
from django.utils.formats import date_format

from thresholds.currency import is_confirmed
from thresholds.models import Area, Checked, Contact, Edition, Link, SpecialRoute

SOON = timedelta(days=30)
OUT_OF_DATE, DUE, MISSING, FINE = 0, 1, 2, 3


@dataclass(frozen=True)
class Item:
    """Something for an editor to see to.

    `rank` is OUT_OF_DATE, DUE or MISSING; `urgent` is what somebody calls when a child is in
    danger. `kind` is contact, link, edition, area or route, and `key` its row. `address` is
    where it is put right, "" where no page of these does it.
    """

    rank: int
    urgent: bool
    kind: str
    key: int
    title: str
    what: str
    address: str = ""


def out_of_date(today: date) -> list[Item]:
    """Return everything to see to, the worst first: what is urgent before what is not."""
    areas = list(Area.objects.prefetch_related("contacts"))
    contacts = [c for area in areas for c in area.contacts.all() if not c.retired_on]
    editions = editions_in_force(areas)
    items = [
        *_unconfirmed(contacts, "contact", today),
        *_unconfirmed(Link.objects.filter(retired_on=None), "link", today),
        *_unconfirmed(editions, "edition", today),
        *_gaps(areas),
        *_routes(editions),
    ]
    return sorted(items, key=lambda item: (not item.urgent, item.rank))


def editions_in_force(areas: Iterable[Area]) -> list[Edition]:
    """Return the edition in force of each partnership that has one."""
    partnerships = {area.partnership_id for area in areas}
    found: dict[int, Edition] = {}
    for edition in Edition.objects.in_force().filter(partnership__in=partnerships):
        found.setdefault(edition.partnership_id, edition)
    return list(found.values())


def rank_of(row: Checked, today: date) -> int:
    """Return whether a fact is OUT_OF_DATE (never confirmed is), DUE within 30 days, or FINE.

    One that nobody owns, or that has no date, is due: somebody must say who and when.
    """
    if not is_confirmed(row.checked_on, row.review_by, today):
        return OUT_OF_DATE
    if row.review_by is None or row.review_by <= today + SOON or not row.owner:
        return DUE
    return FINE


def what_of(row: Checked, today: date) -> str:
    """Say in words how a fact stands, for editors."""
    if row.checked_on is None:
        said = "Never confirmed"
    elif row.review_by is None:
        said = f"Confirmed on {_day(row.checked_on)}, with no date to confirm it again"
    elif row.review_by < today:
        said = f"Not confirmed since {_day(row.checked_on)}: it was due on {_day(row.review_by)}"
    elif row.review_by <= today + SOON:
        said = f"To be confirmed again by {_day(row.review_by)}"
    else:
        said = f"Confirmed on {_day(row.checked_on)}, until {_day(row.review_by)}"
    return said if row.owner else f"{said}. It has no owner"


def is_urgent(row: Checked) -> bool:
    return isinstance(row, Contact) and row.purpose == Contact.Purpose.URGENT


def _day(day: date) -> str:
    return date_format(day, "j F Y")


def _unconfirmed(rows: Iterable[Checked], kind: str, today: date) -> list[Item]:
    found = []
    for row in rows:
        rank = rank_of(row, today)
        if rank != FINE:
            address = "" if kind == "edition" else reverse(f"editor_{kind}_confirm", args=[row.pk])
            what = what_of(row, today)
            found.append(Item(rank, is_urgent(row), kind, row.pk, str(row), what, address))
    return found


def _gaps(areas: Iterable[Area]) -> list[Item]:
    """Return areas that are worked with and have no number for emergencies, or for the night."""
    purpose = Contact.Purpose
    said = {
        purpose.URGENT: "No number for a child who is suffering significant harm",
        purpose.OUT_OF_HOURS: "No number for outside office hours",
    }
    found = []
    for area in areas:
        own = list(area.contacts.all())
        known = {c.purpose for c in own if c.phone and not c.retired_on}
        for missing, what in said.items():
            if own and missing not in known:
                urgent = missing == purpose.URGENT
                address = reverse("editor_contact_add")
                found.append(Item(MISSING, urgent, "area", area.pk, area.name, what, address))
    return found


def _routes(editions: Iterable[Edition]) -> list[Item]:
    routes = SpecialRoute.objects.filter(edition__in=editions, contact="")
    what = "A special route without a contact"
    return [Item(MISSING, False, "route", route.pk, route.name, what) for route in routes]
