"""Every other editor is told of a change by a real mail server, and no change waits for that."""

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from guidance_content import contacts as services
from guidance_content.contact_letters import differences
from guidance_content.contacts import digest
from tests.alerting import Inbox, inbox
from tests.correcting import HOW, contact, form_of, page_of, text_of
from tests.membership import make_powerful
from tests.people import make_person, signed_in
from tests.postgres import free_port
from thresholds.models import Area, ContactChange, Link

pytestmark = pytest.mark.django_db

__all__ = ["inbox"]  # fixtures

NEW = "01332 111111"


def make_editor(name: str, **more: bool) -> User:
    return make_powerful(make_person(f"{name}@portal.example", None), is_editor=True, **more)


@pytest.fixture
def editor() -> User:
    return make_editor("edie")


@pytest.fixture
def second() -> User:
    return make_editor("eric")


@pytest.fixture
def editors(editor: User) -> Client:
    return signed_in(editor)


def change_number(editors: Client) -> str:
    """Correct a number, and return what the editor reads then."""
    row = contact()
    posted = form_of(editors, page_of(row), phone=NEW)
    return text_of(editors.post(page_of(row), posted, follow=True).content)


def test_every_other_editor_is_told_and_no_one_else(
    editors: Client, second: User, teacher: User, lead: User, inbox: Inbox
) -> None:
    make_editor("gone", is_active=False)
    row = contact()
    told = change_number(editors)
    assert [letter["To"] for letter in inbox.letters] == [second.email]
    body = inbox.letters[0].get_content()
    assert NEW in body and row.phone in body and row.name in body
    assert f"https://portal.example{page_of(row)}" in body
    assert HOW["how"] not in body
    assert inbox.letters[0]["Auto-Submitted"] == "auto-generated"
    assert "could not be emailed" not in told and second.email not in told


@pytest.mark.parametrize("then", ["_confirm", "_retire"])
def test_a_confirmation_and_a_retirement_are_told_too(
    editors: Client, second: User, inbox: Inbox, then: str
) -> None:
    address = page_of(contact(), then)
    editors.post(address, form_of(editors, address))
    assert [letter["To"] for letter in inbox.letters] == [second.email]


def test_an_editor_who_is_alone_is_told_of_no_failure(editors: Client, inbox: Inbox) -> None:
    assert "could not be emailed" not in change_number(editors)
    assert not inbox.letters


def test_one_that_is_refused_does_not_keep_it_from_another(
    editors: Client, second: User, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    zoe = make_editor("zoe")
    inbox.refuses = second.email
    told = change_number(editors)
    assert [letter["To"] for letter in inbox.letters] == [zoe.email]
    assert contact().phone == NEW and ContactChange.objects.count() == 1
    assert "could not be emailed" in told
    assert "@" not in caplog.text and "SMTPRecipientsRefused" in caplog.text


def test_a_server_that_refuses_everyone_does_not_lose_the_change(
    editors: Client, second: User, inbox: Inbox
) -> None:
    inbox.refuses = "@"
    told = change_number(editors)
    assert not inbox.letters and "could not be emailed" in told
    assert contact().phone == NEW and ContactChange.objects.count() == 1
    assert NEW in Client().get("/contacts/").content.decode()


def test_a_server_that_is_not_there_does_not_lose_the_change(
    editors: Client, second: User, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    assert "could not be emailed" in change_number(editors)
    assert contact().phone == NEW and ContactChange.objects.count() == 1


def test_what_is_refused_is_told_to_nobody(editors: Client, second: User) -> None:
    row = contact("derby", "urgent")
    editors.post(page_of(row), form_of(editors, page_of(row), phone=NEW))
    assert not mail.outbox


def test_a_letter_names_things_as_people_do(editor: User) -> None:
    """Not by codes and slugs, and days not as a computer writes them."""
    row = contact()
    area = Area.objects.get(slug="derbyshire")
    values = {"area": area, "purpose": "out_of_hours", "opening": {"times": ["10:00-12:00"]}}
    said = {"row": row, "note": "x", "by": editor}
    change = services.correct(read=digest(row), values=values, **said)
    told = {label: (after, before) for label, before, after in differences(change)}
    assert told["Area"] == ("Derbyshire", "Derby City")
    assert told["Purpose"][0] == "Outside office hours"
    assert told["Opening hours"] == ("10am to midday", "10am to 1pm")
    row.refresh_from_db()
    today = timezone.localdate()
    done = services.confirm(read=digest(row), review_by=today.replace(year=2099), **said)
    told = {label: after for label, _, after in differences(done)}
    assert "2099" in told["Review by"] and "-" not in told["Review by"]


def test_a_letter_about_a_link_names_its_areas(editor: User) -> None:
    row = Link.objects.get(slug="gcp")
    change = services.correct(
        row=row, read=digest(row), values={"areas": Area.objects.filter(slug="derby")},
        note="x", by=editor,
    )  # fmt: skip
    assert differences(change) == [("Areas", "Derby City, Derbyshire", "Derby City")]
