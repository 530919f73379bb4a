"""Guessing is slow, by account and by address, and an answer tells nobody who has an account."""

import re
from collections.abc import Callable
from hashlib import sha256

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from accounts.models import Agency, User
from tests.people import make_person

pytestmark = pytest.mark.django_db

EMAIL, PASSWORD = "tess@school.example", "a long pass phrase"
HASHER = "django.contrib.auth.hashers.MD5PasswordHasher"


@pytest.fixture(autouse=True)
def _quick_hashes(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = [HASHER]


@pytest.fixture
def tess(agency: Agency) -> User:
    return make_person(EMAIL, agency)


def sign_in(email: str, typed: str = "wrong", **extra: str) -> HttpResponse:
    return Client().post("/account/login/", {"login": email, "password": typed}, **extra)


def arrives(email: str, **extra: str) -> bool:
    return sign_in(email, PASSWORD, **extra).status_code == 302


def reset(email: str) -> HttpResponse:
    return Client().post("/account/password/reset/", {"email": email})


# By account


def test_five_wrong_passwords_lock_an_account_for_every_address(tess: User) -> None:
    for number in range(5):
        sign_in(EMAIL, REMOTE_ADDR=f"10.0.0.{number}")
    assert not arrives(EMAIL, REMOTE_ADDR="10.9.9.9")


def test_other_accounts_are_not_locked_with_it(tess: User, agency: Agency) -> None:
    make_person("tom@school.example", agency)
    for number in range(5):
        sign_in(EMAIL, REMOTE_ADDR=f"10.0.0.{number}")
    assert arrives("tom@school.example", REMOTE_ADDR="10.9.9.9")


def test_four_wrong_passwords_are_forgiven(tess: User) -> None:
    for _ in range(4):
        sign_in(EMAIL)
    assert arrives(EMAIL)


def test_another_port_or_another_spelling_gives_no_more_tries(tess: User) -> None:
    """allauth counts by the name and port of the site that the request names."""
    for number in range(5):
        spelt = EMAIL.upper() if number % 2 else f" {EMAIL}"
        sign_in(spelt, HTTP_HOST=f"testserver:{8000 + number}", REMOTE_ADDR=f"10.0.0.{number}")
    assert not arrives(EMAIL, REMOTE_ADDR="10.9.9.9")


def test_an_unknown_account_is_locked_like_a_known_one(tess: User) -> None:
    answers = [[sign_in(email) for _ in range(7)][-1] for email in (EMAIL, "nobody@x.example")]
    assert answers[0].status_code == answers[1].status_code
    assert shown(answers[0]).replace(EMAIL, "nobody@x.example") == shown(answers[1])


# By address


def test_ten_wrong_passwords_a_minute_are_all_that_an_address_gets(tess: User) -> None:
    for number in range(10):
        sign_in(f"{number}@x.example", REMOTE_ADDR="10.0.0.1")
    assert not arrives(EMAIL, REMOTE_ADDR="10.0.0.1")
    assert arrives(EMAIL, REMOTE_ADDR="10.0.0.2")


def test_a_made_up_forwarded_address_counts_for_nothing(tess: User) -> None:
    for number in range(10):
        sign_in(f"{number}@x.example", HTTP_X_FORWARDED_FOR=f"10.0.0.{number}")
    assert not arrives(EMAIL, HTTP_X_FORWARDED_FOR="10.9.9.9")


def test_behind_a_proxy_only_the_address_that_the_proxy_saw_counts(
    tess: User, settings: Settings
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(10):
        sign_in(f"{number}@x.example", HTTP_X_FORWARDED_FOR=f"10.0.0.{number}, 192.0.2.7")
    assert not arrives(EMAIL, HTTP_X_FORWARDED_FOR="10.9.9.9, 192.0.2.7")
    assert arrives(EMAIL, HTTP_X_FORWARDED_FOR="10.9.9.9, 192.0.2.8")


# Where it is counted


def test_all_processes_count_together(settings: Settings) -> None:
    """In a table of the database: the memory of one process is not enough."""
    assert "DatabaseCache" in settings.CACHES["default"]["BACKEND"]
    assert settings.CACHES["default"]["LOCATION"] in connection.introspection.table_names()


def test_what_is_counted_names_nobody(tess: User) -> None:
    sign_in(EMAIL, REMOTE_ADDR="192.0.2.7")
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, value FROM portal_cache")
        rows = cursor.fetchall()
    assert rows
    told = " ".join(f"{key} {value}" for key, value in rows)
    digest = sha256(EMAIL.encode()).hexdigest()
    assert not [part for part in (EMAIL, "tess", "192.0.2", digest) if part in told]


# Known and unknown


def shown(response: HttpResponse) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", response.content.decode())


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was hashed: the work that takes the time."""
    passwords: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        passwords.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    return passwords


@pytest.mark.parametrize("state", ["known", "closed", "without-password", "unknown"])
def test_signing_in_takes_the_same_work_for_every_address(
    tess: User, hashed: list[str], state: str
) -> None:
    if state == "closed":
        User.objects.update(is_active=False)
    if state == "without-password":
        tess.set_unusable_password()
        tess.save()
    hashed.clear()
    answer = sign_in("nobody@x.example" if state == "unknown" else EMAIL)
    assert answer.status_code == 200
    assert len(hashed) == 1


def test_a_reset_is_answered_alike_and_mailed_to_known_addresses_alone(tess: User) -> None:
    known, unknown = reset(EMAIL), reset("nobody@x.example")
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert shown(known) == shown(unknown)
    assert [message.to for message in mail.outbox] == [[EMAIL]]


def test_a_reset_is_mailed_after_it_is_answered(
    tess: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mail server takes long enough to tell a known address from an unknown one."""
    order = []

    def then_do(response: HttpResponse, work: Callable[[], object]) -> HttpResponse:
        order.append("sent on")
        return response

    monkeypatch.setattr("accounts.sign_ins.then_do", then_do)
    monkeypatch.setattr(
        "allauth.account.forms.ResetPasswordForm.save", lambda *args: order.append("mailed")
    )
    reset(EMAIL)
    assert order == ["sent on"]
    assert not mail.outbox


def test_a_mail_server_that_fails_changes_no_answer(
    tess: User, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody answers there
    assert reset(EMAIL)["Location"] == reset("nobody@x.example")["Location"]
    assert caplog.records
    assert EMAIL not in caplog.text


def test_asking_for_many_resets_is_slowed_down(tess: User) -> None:
    assert [reset(EMAIL).status_code for _ in range(6)] == [302] * 5 + [429]
    assert len(mail.outbox) == 5
