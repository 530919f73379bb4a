"""The forms on which an edition goes its way, as an editor fills them in."""

import re
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from guidance_content import editions
from thresholds import drafts
from thresholds.models import Edition, Indicator, PathwayStep

REASON = "Nobody answered the line"


def today() -> date:
    return timezone.localdate()


def at(name: str, edition: Edition | str, *args: str) -> str:
    return reverse(name, args=[getattr(edition, "slug", edition), *args])


def read(browser: Client, address: str) -> str:
    """Return what the form at an address says of what it was made from."""
    found = re.search(r'name="read" value="([^"]*)"', browser.get(address).content.decode())
    return found[1] if found else ""


def act(browser: Client, name: str, edition: Edition, **given: object) -> HttpResponse:
    """Look at the page of an act, and do it."""
    address = at(f"edition_{name}", edition)
    return browser.post(address, {"read": read(browser, address)} | parts(given))


def parts(given: dict[str, Any]) -> dict[str, object]:
    """Return what a form posts: a date in its three parts."""
    posted: dict[str, object] = {}
    for name, value in given.items():
        if isinstance(value, date):
            days = {"day": value.day, "month": value.month, "year": value.year}
            posted |= {f"{name}_{part}": number for part, number in days.items()}
        else:
            posted[name] = value
    return posted


def shown(response: HttpResponse) -> str:
    return response.content.decode()


def fresh(edition: Edition) -> Edition:
    return Edition.objects.get(pk=edition.pk)


def reword(edition: Edition, by: User, text: str = "Reworded") -> None:
    with drafts.changing(edition, by=by, what="indicator-dd001"):
        Indicator.objects.filter(edition=edition, code="dd001").update(text=text)


def proposed(draft: Edition, by: User, day: date | None = None) -> Edition:
    return editions.propose(draft=draft, by=by, publish_from=day or today())


def spoil(draft: Edition) -> None:
    PathwayStep.objects.filter(edition=draft, level__number=3, area__slug="derby").delete()
