"""What the tests of an agency's people and of invitations have in common."""

import re

from django.contrib.messages import get_messages
from django.http import HttpResponse

from accounts.events import faults
from accounts.models import Agency, Event, Membership, User
from tests.people import give_app

Role, Verb = Membership.Role, Event.Verb
NEW = "new.person@example.org"


def membership_of(user: User) -> Membership:
    return user.memberships.get()


def told(verb: str, agency: Agency | None) -> list[tuple[int | None, str, str]]:
    """Return what the chain of an agency, or of the portal, tells of one verb. It is whole."""
    assert list(faults()) == []
    events = Event.objects.filter(
        verb=verb, chain__key=f"agency:{agency.pk}" if agency else "portal"
    )
    return [(event.actor, event.subject, event.detail) for event in events]


def plain(response: HttpResponse) -> str:
    """Return title and main part of a page, without what differs between any two answers."""
    page = response.content.decode()
    shown = "".join(
        re.search(rf"<{part}\b.*?</{part}>", page, re.S)[0] for part in ("title", "main")
    )
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", shown)


def message_levels(response: HttpResponse) -> list[str]:
    return [message.level_tag for message in get_messages(response.wsgi_request)]


def make_powerful(user: User, **powers: bool) -> User:
    """Make somebody an editor or staff, with the app that they must have then."""
    for power, value in powers.items():
        setattr(user, power, value)
    user.save()
    give_app(user)
    return user
