"""Whoever's account is changed hears of it by email: it may not have been them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import allauth
import pytest
from django.core.mail import EmailMessage as Letter
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import Settings

from accounts import account_email
from accounts.adapter import AccountAdapter
from accounts.admin_events import told_account
from accounts.models import Event, User

Commit = Callable[..., AbstractContextManager[object]]
OLD, NEW = "an older umbrella", "sturdy umbrella orchard nine"


@pytest.fixture
def commit(django_capture_on_commit_callbacks: Commit) -> Commit:
    return lambda: django_capture_on_commit_callbacks(execute=True)


def with_password(person: User) -> Client:
    person.set_password(OLD)
    person.save()
    browser = Client()
    browser.post(reverse("account_login"), {"login": person.email, "password": OLD})
    return browser


def change_it(browser: Client) -> None:
    told = {"oldpassword": OLD, "password1": NEW, "password2": NEW}
    assert browser.post(reverse("account_change_password"), told).status_code == 302


def test_a_new_password_is_told_by_email_and_in_the_events(
    teacher: User, commit: Commit, mailoutbox: list[Letter], settings: Settings
) -> None:
    settings.PORTAL_URL = "https://portal.example"
    browser = with_password(teacher)
    with commit():
        change_it(browser)
    (letter,) = mailoutbox
    assert letter.to == [teacher.email] and NEW not in letter.body
    assert "https://portal.example" + reverse("account_reset_password") in letter.body
    event = Event.objects.get(verb=Event.Verb.ACCOUNT_CHANGED)
    assert (event.actor, event.detail) == (teacher.pk, "new-password")


def test_a_mail_server_that_is_down_takes_no_change_back(
    teacher: User, commit: Commit, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    browser = with_password(teacher)
    with commit():
        change_it(browser)
    teacher.refresh_from_db()
    assert teacher.check_password(NEW)


@pytest.mark.parametrize(("field", "value"), [("email", "new@school.example"), ("password", "x")])
def test_what_an_administrator_changes_is_told_to_the_address_that_was_theirs(
    teacher: User, lead: User, commit: Commit, mailoutbox: list[Letter], field: str, value: str
) -> None:
    with commit(), told_account(teacher, by=lead):
        User.objects.filter(pk=teacher.pk).update(**{field: value})
    assert [letter.to for letter in mailoutbox] == [["teacher@school.example"]]


def test_every_change_that_the_library_knows_is_told_in_our_words(
    teacher: User, commit: Commit, mailoutbox: list[Letter], rf: RequestFactory
) -> None:
    """A library that is renewed may have another: its own letter names addresses of networks."""
    adapter = AccountAdapter(rf.get("/"))
    for change in account_email.CHANGES:
        with commit():
            adapter.send_notification_mail(change, teacher)
    assert len({letter.body for letter in mailoutbox}) == len(account_email.CHANGES)
    told = {
        f"{path.parent.parent.name}/email/{path.name.removesuffix('_message.txt')}"
        for path in Path(allauth.__file__).parent.glob("templates/*/email/*_message.txt")
        if "base_notification" in path.read_text()
    }
    of_addresses = {"account/email/email_changed", "account/email/email_confirm"}
    of_addresses |= {"account/email/email_deleted"}
    assert told - of_addresses == account_email.CHANGES.keys()
