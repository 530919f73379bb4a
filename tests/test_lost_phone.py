"""Changing and removing a second factor, how its secrets are kept, and a lost phone."""

import json

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.contrib.auth.models import Permission
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver, reverse
from pytest_django import Settings

from accounts import second_factor
from accounts.models import Membership, User
from tests.people import APP_SECRET, app_code, give_app, make_person, signed_in
from tests.signing_in import PASSWORD, SET_UP, give_password, page

pytestmark = pytest.mark.django_db

Role = Membership.Role


@pytest.fixture
def bare_lead(lead: User) -> User:
    """A lead who has no second factor yet."""
    second_factor.remove_all(lead)
    return lead


# Changing and removing


def test_a_lead_cannot_remove_the_last_one(lead: User) -> None:
    client = signed_in(lead)
    fresh(client)
    for address in (f"{SET_UP}app/remove/",):
        assert 'type="submit"' not in main(page(client, address))
        client.post(address)
    assert second_factor.factors_of(lead) == 1


def test_a_lead_cannot_remove_the_last_passkey(bare_lead: User) -> None:
    key = Authenticator.objects.create(
        user=bare_lead, type="webauthn", data={"name": "Laptop", "credential": {}}
    )
    client = signed_in(bare_lead)
    fresh(client)
    address = f"{SET_UP}passkey/{key.pk}/remove/"
    assert 'type="submit"' not in main(page(client, address))
    assert client.post(address).status_code == 409
    assert second_factor.factors_of(bare_lead) == 1


def test_a_lead_with_two_may_remove_one(lead: User) -> None:
    Authenticator.objects.create(user=lead, type="webauthn", data={"name": "Laptop"})
    client = signed_in(lead)
    fresh(client)
    client.post(f"{SET_UP}app/remove/")
    assert second_factor.factors_of(lead) == 1


def test_a_practitioner_may_remove_the_last_one_and_its_codes_go_too(teacher: User) -> None:
    give_app(teacher)
    RecoveryCodes.activate(teacher)
    client = signed_in(teacher)
    fresh(client)
    client.post(f"{SET_UP}app/remove/")
    assert not Authenticator.objects.exists()


def test_nobody_touches_the_passkey_of_somebody_else(lead: User, teacher: User) -> None:
    key = Authenticator.objects.create(user=lead, type="webauthn", data={"name": "Laptop"})
    client = signed_in(teacher)
    fresh(client)
    for what in ("name", "remove"):
        assert client.post(f"{SET_UP}passkey/{key.pk}/{what}/", {"name": "x"}).status_code == 404


def test_whoever_signed_in_long_ago_proves_again_who_they_are(lead: User) -> None:
    client = signed_in(lead)
    for address in ("app/remove/", "passkey/", "codes/", "codes/file/", "codes/new/"):
        if address.startswith("codes"):
            RecoveryCodes.activate(lead)
        sent_to = client.get(f"{SET_UP}{address}")["Location"]
        assert sent_to.startswith("/account/reauthenticate/"), address


def test_a_password_proves_it_again(lead: User) -> None:
    client = signed_in(lead)
    sent_to = client.get(f"{SET_UP}codes/new/")["Location"]
    assert client.post(sent_to, {"password": PASSWORD})["Location"] == f"{SET_UP}codes/new/"
    assert client.get(f"{SET_UP}codes/new/").status_code == 200


def fresh(client: Client) -> None:
    """Prove who one is, as the pages that change the second factor ask."""
    client.post("/account/reauthenticate/", {"password": PASSWORD})


def main(html: str) -> str:
    return html.split("<main")[1].split("</main>")[0]


# How it is kept


def test_secrets_cannot_be_read_from_the_database(lead: User) -> None:
    codes = RecoveryCodes.activate(lead)
    kept = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert APP_SECRET not in kept
    assert not any(code in kept for code in codes.get_unused_codes())


def test_an_older_key_still_opens_and_the_first_one_locks(lead: User, settings: Settings) -> None:
    app = Authenticator.objects.get(user=lead)
    settings.MFA_KEYS = ["a new key", settings.SECRET_KEY]
    assert app.wrap().validate_code(app_code())
    adapter = second_factor.MFAAdapter()
    locked = adapter.encrypt("secret")
    settings.MFA_KEYS = ["a new key"]
    assert adapter.decrypt(locked) == "secret"


def test_a_lost_key_is_not_taken_for_a_wrong_code(lead: User, settings: Settings) -> None:
    settings.MFA_KEYS = ["another key"]
    with pytest.raises(ImproperlyConfigured):
        Authenticator.objects.get(user=lead).wrap().validate_code(app_code())


# A lost phone


@pytest.fixture
def administrator() -> Client:
    person = make_person("sue@example.org", None)
    person.is_staff = True
    person.save()
    give_app(person)
    person.user_permissions.set(Permission.objects.filter(codename__endswith="_user"))
    return signed_in(person)


def remove_in_admin(client: Client, user: User) -> HttpResponse:
    sent = {"action": "remove_second_factor", "_selected_action": [user.pk]}
    return client.post(reverse("admin:accounts_user_changelist"), sent, follow=True)


def test_an_administrator_removes_the_factors_of_a_lost_phone(
    administrator: Client, lead: User
) -> None:
    RecoveryCodes.activate(lead)
    asked = remove_in_admin(administrator, lead)
    assert lead.email in asked.content.decode()
    assert not Authenticator.objects.filter(user=lead).exists()
    client = Client()
    give_password(client, lead)
    assert client.get("/conversations/")["Location"] == SET_UP


def test_an_editor_removes_nobodys_factors(lead: User) -> None:
    editor = make_person("edie@example.org", None)
    editor.is_staff = editor.is_editor = True
    editor.save()
    give_app(editor)
    editor.user_permissions.set(Permission.objects.filter(codename="view_user"))
    remove_in_admin(signed_in(editor), lead)
    assert second_factor.factors_of(lead) == 1


def test_no_secret_is_shown_or_changed_in_the_admin(administrator: Client) -> None:
    names = set(get_resolver("portal.urls").namespace_dict["admin"][1].reverse_dict)
    assert not [name for name in names if isinstance(name, str) and name.startswith("mfa_")]
