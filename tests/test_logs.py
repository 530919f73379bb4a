"""The server's log lets nobody in: it holds no invitation and no password reset as a whole."""

import logging
from collections.abc import Callable

import pytest
from django.test import Client

from accounts import people
from accounts.models import Agency, User
from tests.membership import NEW, Role

pytestmark = pytest.mark.django_db

Caplog = pytest.LogCaptureFixture
Visit = Callable[[Client, str], int]


@pytest.fixture
def token(agency: Agency, lead: User) -> str:
    """The token of an invitation that is open."""
    return people.invite(agency=agency, email=NEW, role=Role.READER, invited_by=lead)[1]


def forged(browser: Client, token: str) -> int:
    strict = Client(enforce_csrf_checks=True)
    return strict.post(f"/people/invitation/{token}/", {"name": "Ann"}).status_code


def too_long(browser: Client, token: str) -> int:
    return browser.get(f"/people/invitation/{token}/and-more/").status_code


def with_a_full_stop(browser: Client, token: str) -> int:
    return browser.get(f"/people//Invitation//{token}.").status_code


def by_another_method(browser: Client, token: str) -> int:
    return browser.put(f"/people/invitation/{token}/").status_code


def failing(browser: Client, token: str) -> int:
    browser.raise_request_exception = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("accounts.people.find_invitation", lambda token: 1 / 0)
        return browser.get(f"/people/invitation/{token}/").status_code


@pytest.mark.parametrize(
    ("visit", "status"),
    [
        (forged, 403),
        (too_long, 404),
        (with_a_full_stop, 404),
        (by_another_method, 405),
        (failing, 500),
    ],
)
def test_an_open_invitation_is_not_logged_whole(
    client: Client, token: str, caplog: Caplog, visit: Visit, status: int
) -> None:
    assert visit(client, token) == status
    assert "nvitation/" in caplog.text and "[token]" in caplog.text
    assert token not in caplog.text


def test_a_password_reset_is_not_logged_whole(caplog: Caplog) -> None:
    Client(enforce_csrf_checks=True).post("/account/password/reset/key/3-c0ffee-decafbad/")
    assert "/reset/key/[token]" in caplog.text
    assert "decafbad" not in caplog.text


@pytest.mark.parametrize(
    "message",
    [
        "Not Found: /people/invitations/12/withdraw/",
        "Not Found: /conversations/00000000-0000-4000-8000-000000000000/summary/",
        "100% of it: %s",
    ],
)
def test_other_messages_are_logged_as_they_are(caplog: Caplog, message: str) -> None:
    logging.getLogger("django.request").warning(message)
    assert caplog.messages == [message]
