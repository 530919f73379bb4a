"""Signed out for doing nothing: when, how it is put off, and that nothing typed is lost."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Agency, Membership, User
from tests.people import app_code, make_person, signed_in, walk_to

pytestmark = pytest.mark.django_db

MINUTE = 60
HOUR = 60 * MINUTE
DIALOG = "data-session "
Later = Callable[[int], None]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """Let seconds pass for the time-out, and no others: a busy machine takes its own."""
    began, passed = time.time(), 0

    def pass_seconds(seconds: int) -> None:
        nonlocal passed
        passed += seconds
        monkeypatch.setattr("accounts.middleware.time", lambda: began + passed)

    pass_seconds(0)
    return pass_seconds


def is_signed_in(client: Client) -> bool:
    return client.get("/conversations/").status_code == 200


def test_after_15_minutes_without_a_request_a_person_is_signed_out(
    teachers_browser: Client, later: Later
) -> None:
    assert is_signed_in(teachers_browser)
    later(15 * MINUTE)
    wanted = "/conversations/new/"
    assert teachers_browser.get(wanted)["Location"] == f"/account/login/?next={wanted}"
    assert not Session.objects.exists()


def test_a_request_before_that_puts_it_off(teachers_browser: Client, later: Later) -> None:
    assert is_signed_in(teachers_browser)
    for _ in range(4):
        later(14 * MINUTE)
        assert is_signed_in(teachers_browser)


def test_reading_the_guidance_counts_too(teachers_browser: Client, later: Later) -> None:
    assert is_signed_in(teachers_browser)
    for _ in range(2):
        later(14 * MINUTE)
        assert teachers_browser.get("/guidance/").status_code == 200
    assert is_signed_in(teachers_browser)


def test_after_12_hours_a_person_is_signed_out_whatever_they_did(
    teachers_browser: Client, later: Later
) -> None:
    assert is_signed_in(teachers_browser)
    for _ in range(12 * 6 - 1):
        later(10 * MINUTE)
        assert teachers_browser.post("/account/stay/").status_code == 200
    later(10 * MINUTE)
    assert not is_signed_in(teachers_browser)


def test_signing_in_again_starts_the_12_hours_again(teacher: User, later: Later) -> None:
    client = signed_in(teacher)
    assert is_signed_in(client)
    later(12 * HOUR)
    assert not is_signed_in(client)
    client.force_login(teacher)
    assert is_signed_in(client)


def test_the_session_is_written_once_a_minute_at_most(
    teachers_browser: Client, later: Later
) -> None:
    assert is_signed_in(teachers_browser)

    def writes() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert teachers_browser.get("/privacy/").status_code == 200
        return sum(query["sql"].startswith(("UPDATE", "INSERT")) for query in captured)

    assert writes() == 0
    later(30)
    assert writes() == 0
    later(31)
    assert [writes(), writes()] == [1, 0]


def test_the_database_forgets_an_unused_session_by_itself(teachers_browser: Client) -> None:
    """Even with a middleware that fails, the session has an end."""
    assert is_signed_in(teachers_browser)
    session = Session.objects.get()
    assert (session.expire_date.timestamp() - time.time()) <= 15 * MINUTE


def test_what_is_posted_too_late_is_given_back(teachers_browser: Client, later: Later) -> None:
    url = walk_to(teachers_browser, "concern")
    later(15 * MINUTE)
    refused = teachers_browser.post(url, {"concern": "No breakfast three days running."})
    assert refused.status_code == 403
    assert "No breakfast three days running." in refused.content.decode()


@pytest.mark.parametrize("role", [Membership.Role.PRACTITIONER, Membership.Role.LEAD])
def test_the_draft_reopens_where_it_was_after_signing_in(
    agency: Agency, later: Later, role: str
) -> None:
    person = make_person("tess@school.example", agency, role)
    client = signed_in(person)
    url = walk_to(client, "concern")
    later(15 * MINUTE)
    sign_in = client.get(url)["Location"]
    sent = {"login": person.email, "password": "a long pass phrase", "next": url}
    arrived = client.post(sign_in, sent)["Location"]
    if role == Membership.Role.LEAD:
        arrived = client.post(arrived, {"code": app_code()})["Location"]
    assert arrived == url
    assert client.get(url).status_code == 200


# What the page's own clock asks


def test_staying_signed_in_puts_the_end_off(teachers_browser: Client, later: Later) -> None:
    assert is_signed_in(teachers_browser)
    later(14 * MINUTE)
    answer = teachers_browser.post("/account/stay/")
    assert 14 * MINUTE < answer.json()["seconds"] <= 15 * MINUTE
    assert "no-store" in answer["Cache-Control"]
    later(14 * MINUTE)
    assert is_signed_in(teachers_browser)


def test_nobody_stays_beyond_the_12_hours(teachers_browser: Client, later: Later) -> None:
    assert is_signed_in(teachers_browser)
    for _ in range(71):
        later(10 * MINUTE)
        teachers_browser.post("/account/stay/")
    later(5 * MINUTE)
    assert teachers_browser.post("/account/stay/").json()["seconds"] < 5 * MINUTE


def test_an_ended_session_cannot_be_put_off(teachers_browser: Client, later: Later) -> None:
    assert is_signed_in(teachers_browser)
    later(15 * MINUTE)
    answer = teachers_browser.post("/account/stay/")
    assert (answer.status_code, answer.json()) == (403, {"seconds": 0})
    assert not is_signed_in(teachers_browser)


def test_staying_takes_a_post_with_the_security_token(teacher: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(teacher)
    assert client.get("/account/stay/").status_code == 405
    assert client.post("/account/stay/").status_code == 403


def test_the_page_never_promises_more_than_the_server_keeps(
    teachers_browser: Client, later: Later
) -> None:
    assert is_signed_in(teachers_browser)
    later(59)
    html = teachers_browser.get("/conversations/").content.decode()
    seconds = int(html.split('data-seconds="')[1].split('"')[0])
    assert 13 * MINUTE < seconds <= 14 * MINUTE + 1
    later(seconds - 1)
    assert is_signed_in(teachers_browser)


def test_only_people_who_are_signed_in_are_warned(teachers_browser: Client) -> None:
    assert DIALOG in teachers_browser.get("/guidance/").content.decode()
    assert DIALOG not in Client().get("/guidance/").content.decode()


def test_every_page_that_gives_back_what_was_typed_tells_the_script_so() -> None:
    """It stands there alone: the page is not left for the sign-in page when the time is up."""
    giving = {
        path.name: text
        for path in (Path(__file__).parents[1] / "templates").rglob("*.html")
        if "in typed %}" in (text := path.read_text("utf-8"))
    }
    assert len(giving) > 4
    # A form to send it once more is seen by itself: it is the answer to what was sent.
    told = ("data-given-back", "components/sent_again.html")
    assert [name for name, text in giving.items() if not any(mark in text for mark in told)] == []


def test_a_page_is_known_as_the_answer_to_what_was_sent(teachers_browser: Client) -> None:
    url = walk_to(teachers_browser, "concern")
    assert b" data-sent " not in teachers_browser.get(url).content
    assert b" data-sent " in teachers_browser.post(url, {"concern": ""}).content
