"""Where somebody is signed in, and ending it there.

A session's row names nobody, so all that are still alive are opened to find one person's: as many
as there are people who did something in the last quarter of an hour.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from time import time
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY as RECORDS
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.browsers import UNKNOWN
from accounts.middleware import BEGAN, BROWSER, SEEN
from accounts.models import User
from accounts.sign_ins import signed_out


@dataclass(frozen=True)
class Place:
    """One session. `name` stands for its key, which nobody may see, and opens nothing."""

    key: str
    began: datetime
    seen: datetime
    browser: str
    is_here: bool

    @property
    def name(self) -> str:
        return salted_hmac("accounts.places", self.key, algorithm="sha256").hexdigest()[:32]


def places_of(person: User, here: str) -> list[Place]:
    """Return a person's sessions, this one first and then the last seen. `here` is its key."""
    found = (_place(row.session_key, data, here) for row, data in _sessions_of(person))
    now, idle = time(), settings.IDLE_SECONDS
    alive = [
        place
        for place in found
        if place.is_here
        or now < min(place.seen.timestamp() + idle, place.began.timestamp() + _longest())
    ]
    return sorted(alive, key=lambda place: (not place.is_here, -place.seen.timestamp()))


def end(person: User, places: list[Place]) -> int:
    """End these sessions of a person, and write it down. Return how many there still were."""
    keys = [place.key for place in places]
    with transaction.atomic():
        ended, _ = Session.objects.filter(session_key__in=keys).delete()
        for _ in range(ended):
            signed_out(person, "from-elsewhere")
    return ended


def _longest() -> int:
    return int(settings.SIGNED_IN_SECONDS)


def _sessions_of(person: User) -> Iterator[tuple[Session, dict[str, Any]]]:
    """Yield those that are alive, with what they hold. A new password has ended older ones."""
    password = person.get_session_auth_hash()
    for row in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        data = row.get_decoded()
        is_theirs = data.get(SESSION_KEY) == str(person.pk)
        if is_theirs and constant_time_compare(str(data.get(HASH_SESSION_KEY, "")), password):
            yield row, data


def _place(key: str, data: dict[str, Any], here: str) -> Place:
    """Before its first page after signing in a session has no times of its own."""
    records = data.get(RECORDS) or [{"at": time()}]
    began = data.get(BEGAN, records[0]["at"])
    seen = data.get(SEEN, began)
    return Place(
        key=key,
        began=datetime.fromtimestamp(began, UTC),
        seen=datetime.fromtimestamp(seen, UTC),
        browser=data.get(BROWSER, UNKNOWN),
        is_here=key == here,
    )
