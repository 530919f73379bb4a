"""Signing in and out, and failing to, is written down: in the chains and in the log."""

import json
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from accounts import sign_ins
from accounts.events import chain_key, faults
from accounts.models import Agency, Event, Membership, User
from tests.people import app_code, signed_in
from tests.signing_in import PASSWORD, give_password
from tests.test_single_sign_on import Browser, openid_provider, provider, tess, visitor

pytestmark = pytest.mark.django_db

__all__ = ["openid_provider", "provider", "tess", "visitor"]  # fixtures
Verb = Event.Verb
SIGN_INS = (Verb.SIGNED_IN, Verb.SIGNED_OUT, Verb.SIGN_IN_FAILED)
NOBODY = "nobody@nowhere.example"
CREDENTIAL = b"a key of a laptop"
NO_PASSKEY = {"credential": json.dumps({"id": NOBODY, "response": {}})}


def told(agency: Agency | None) -> list[tuple[int | None, str, str, str]]:
    """Return who did what to whom and how, of signing in, in the chain of an agency."""
    events = Event.objects.filter(chain__key=chain_key(agency), verb__in=SIGN_INS)
    return list(events.order_by("number").values_list("actor", "verb", "subject", "detail"))


def logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    """Return the lines, without the number that each request has."""
    lines: list[Any] = [one.msg for one in caplog.records if one.name == "portal.sign_ins"]
    return [{key: line[key] for key in line if key != "request"} for line in lines]


def give_wrong(email: str) -> HttpResponse:
    return Client().post("/account/login/", {"login": email, "password": "wrong horse"})


def a_passkey() -> dict[str, object]:
    """What is kept of a passkey."""
    public = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    kept = AttestedCredentialData.create(Aaguid(bytes(16)), CREDENTIAL, public)
    seen = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT
    data = AuthenticatorData.create(sha256(b"testserver").digest(), seen, 0, bytes(kept))
    made = {
        "clientDataJSON": CollectedClientData.create("webauthn.create", b"x", "https://testserver"),
        "attestationObject": AttestationObject.create("none", data, {}),
    }
    response = {name: websafe_encode(bytes(value)) for name, value in made.items()}
    key = websafe_encode(CREDENTIAL)
    credential = {"id": key, "rawId": key, "type": "public-key", "response": response}
    return {"name": "Laptop", "credential": credential}


def badly_signed(browser: Client, page: str) -> dict[str, str]:
    """Return an answer to the page's own question, signed with another key."""
    browser.get(page)
    asked = websafe_decode(browser.session["mfa.webauthn.state"]["challenge"])
    seen = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV
    made = {
        "clientDataJSON": CollectedClientData.create("webauthn.get", asked, "https://testserver"),
        "authenticatorData": AuthenticatorData.create(sha256(b"testserver").digest(), seen, 1),
        "signature": b"not this one",
    }
    response = {name: websafe_encode(bytes(value)) for name, value in made.items()}
    key = websafe_encode(CREDENTIAL)
    told = {"id": key, "rawId": key, "type": "public-key", "response": response}
    return {"credential": json.dumps(told)}


# What is told


def test_signing_in_and_out_is_told_with_how(agency: Agency, teacher: User, lead: User) -> None:
    for person in (teacher, lead):
        browser = Client()
        give_password(browser, person)
        if person == lead:
            assert len(told(agency)) == 2, "with a password alone nobody is in"
            browser.post("/account/login/code/", {"code": app_code()})
        browser.post("/account/logout/")
    assert told(agency) == [
        (teacher.pk, "signed-in", f"user:{teacher.pk}", "password"),
        (teacher.pk, "signed-out", f"user:{teacher.pk}", ""),
        (lead.pk, "signed-in", f"user:{lead.pk}", "password-totp"),
        (lead.pk, "signed-out", f"user:{lead.pk}", ""),
    ]
    assert not list(faults())


def test_every_wrong_proof_is_told_and_by_nobody(agency: Agency, lead: User) -> None:
    Authenticator.objects.create(user=lead, type="webauthn", data=a_passkey())
    own, at_the_code = signed_in(lead), Client()
    give_wrong(f" {lead.email.upper()} ")
    give_password(at_the_code, lead)
    at_the_code.post("/account/login/code/", {"code": "000000"})
    at_code = "/account/login/code/"
    assert at_the_code.post(at_code, badly_signed(at_the_code, at_code)).status_code == 200
    own.post("/account/reauthenticate/", {"password": "wrong horse"})
    own.post("/account/reauthenticate/code/", {"code": "000000"})
    own.post("/account/reauthenticate/passkey/", NO_PASSKEY)
    passwords = {"oldpassword": "wrong horse", "password1": PASSWORD, "password2": PASSWORD}
    own.post("/account/password/change/", passwords)
    ways = ["password", "code", "passkey", "password", "code", "passkey", "password"]
    assert told(agency) == [
        (None, "sign-in-failed", f"user:{lead.pk}", f"wrong-{way}") for way in ways
    ]


def test_a_closed_account_is_told(agency: Agency, teacher: User) -> None:
    User.objects.update(is_active=False)
    give_password(Client(), teacher)
    assert told(agency) == [(None, "sign-in-failed", f"user:{teacher.pk}", "closed")]


def test_single_sign_on_is_told_as_well(visitor: Browser, tess: User, agency: Agency) -> None:
    visitor.sign_in("tess")
    Membership.objects.update(suspended_at="2026-01-01T00:00Z")
    Browser(visitor.provider).sign_in("tess")
    assert told(agency) == [
        (tess.pk, "signed-in", f"user:{tess.pk}", "socialaccount"),
        (None, "sign-in-failed", f"user:{tess.pk}", "closed"),
    ]


def test_a_time_out_is_told(
    agency: Agency, teachers_browser: Client, teacher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    teachers_browser.get("/")
    later = time.time() + settings.SIGNED_IN_SECONDS
    monkeypatch.setattr("accounts.middleware.time", lambda: later)
    teachers_browser.get("/")
    assert told(agency) == [(teacher.pk, "signed-out", f"user:{teacher.pk}", "time-out")]


def test_a_locked_account_is_told_once_however_often_it_is_tried(
    agency: Agency, teacher: User, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(9):
        give_wrong(teacher.email)
    assert [event[-1] for event in told(agency)] == ["wrong-password"] * 5 + ["locked"]
    assert [line["why"] for line in logged(caplog)] == ["wrong-password"] * 5 + ["locked"] * 4


def test_whoever_belongs_to_several_agencies_or_none_is_told_in_each(
    agency: Agency, elsewhere: Agency, teacher: User, edie: User
) -> None:
    Membership.objects.create(user=teacher, agency=elsewhere)
    give_wrong(teacher.email)
    give_wrong(edie.email)
    assert [len(told(chain)) for chain in (agency, elsewhere, None)] == [1, 1, 1]


# What must not be told


def test_a_try_with_an_unknown_address_is_a_line_of_the_log_without_it(
    teacher: User, caplog: pytest.LogCaptureFixture
) -> None:
    before = Event.objects.count()
    give_wrong(NOBODY)
    assert Client().post("/account/login/passkey/", NO_PASSKEY).status_code == 302
    assert Event.objects.count() == before
    assert logged(caplog) == [
        {"event": "sign-in failed", "user": None, "why": "wrong-password"},
        {"event": "sign-in failed", "user": None, "why": "wrong-passkey"},
    ]
    give_wrong(teacher.email)
    assert logged(caplog)[-1]["user"] == teacher.pk
    for typed in (NOBODY, teacher.email, "wrong horse"):
        assert typed not in caplog.text


def test_nothing_is_written_before_the_answer(
    teacher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the browser has it, a known address and an unknown one are the same work."""
    after: list[Callable[[], object]] = []

    def then_do(response: HttpResponse, work: Callable[[], object]) -> HttpResponse:
        after.append(work)
        return response

    monkeypatch.setattr("accounts.sign_ins.then_do", then_do)
    # What a process keeps in memory is there, and the agency has a chain.
    for email in (teacher.email, NOBODY):
        give_wrong(email)
        after.pop()()
    asked, done = [], []
    for email in (teacher.email, NOBODY):
        with CaptureQueriesContext(connection) as queries:
            give_wrong(email)
        asked.append(len(queries))
        with CaptureQueriesContext(connection) as queries:
            after.pop()()
        done.append(len(queries))
    assert asked[0] == asked[1]
    assert done[0] == done[1] > 3, "and the work that comes after it is no less either"


def test_nobody_comes_in_whose_sign_in_cannot_be_told(
    teacher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object, **kwargs: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(sign_ins, "note_about", fails)
    browser = Client(raise_request_exception=False)
    assert give_password(browser, teacher).status_code == 500
    assert browser.get("/conversations/").status_code == 302
    # A try that failed has its answer already.
    assert give_wrong(teacher.email).status_code == 200


# Forged requests


def test_a_forged_request_is_a_line_of_the_log_and_of_somebody_an_event(
    agency: Agency, teacher: User, caplog: pytest.LogCaptureFixture
) -> None:
    for signed in (False, True):
        browser = Client(enforce_csrf_checks=True)
        if signed:
            browser.force_login(teacher)
        answer = browser.post("/conversations/new/?child=Amina", {"place": "Amina"})
        assert answer.status_code == 403
    lines = [{"event": "no token", "user": who, "route": "conversation_new"} for who in (None, 1)]
    assert logged(caplog) == [lines[0], lines[1] | {"user": teacher.pk}]
    refused = Event.objects.filter(verb=Verb.REFUSED).values_list("actor", "subject", "detail")
    assert list(refused) == [(teacher.pk, "conversation_new", "no-token")]
