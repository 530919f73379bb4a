"""Changing and removing a second factor, how its secrets are kept, and a lost phone."""

import json
from collections.abc import Callable

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
from accounts.models import Agency, Membership, User
from accounts.second_factor_forms import AddPasskeyForm
from tests.membership import Verb, told
from tests.people import APP_SECRET, app_code, give_app, make_person, signed_in
from tests.signing_in import PASSWORD, SET_UP, give_password, page, set_up_app

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


# What is told of it


Change = Callable[[Client, User], object]
ADDED, REMOVED = Verb.FACTOR_ADDED, Verb.FACTOR_REMOVED


def set_up_an_app(client: Client, user: User) -> None:
    set_up_app(client)


def set_up_a_passkey(client: Client, user: User) -> None:
    client.post(f"{SET_UP}passkey/", {"name": "Laptop", "credential": '{"made": "here"}'})


def remove_the_app(client: Client, user: User) -> None:
    client.post(f"{SET_UP}app/remove/")


def remove_the_passkey(client: Client, user: User) -> None:
    key = Authenticator.objects.get(user=user, type="webauthn")
    client.post(f"{SET_UP}passkey/{key.pk}/remove/")


def make_new_codes(client: Client, user: User) -> None:
    client.post(f"{SET_UP}codes/new/")


def factor_events(agency: Agency | None) -> list[tuple[str, int | None, str, str]]:
    """Return what a chain tells of second factors, without the order in which it does."""
    return sorted((verb, *entry) for verb in (ADDED, REMOVED) for entry in told(verb, agency))


@pytest.mark.parametrize(
    ("has", "change", "expected"),
    [
        ([], set_up_an_app, [(ADDED, "app"), (ADDED, "recovery-codes")]),
        ([], set_up_a_passkey, [(ADDED, "passkey"), (ADDED, "recovery-codes")]),
        (["totp", "codes"], set_up_a_passkey, [(ADDED, "passkey")]),
        (["totp", "codes"], remove_the_app, [(REMOVED, "app"), (REMOVED, "recovery-codes")]),
        (["totp", "webauthn", "codes"], remove_the_app, [(REMOVED, "app")]),
        (["totp", "webauthn"], remove_the_passkey, [(REMOVED, "passkey")]),
        (["totp", "codes"], make_new_codes,
         [(ADDED, "recovery-codes"), (REMOVED, "recovery-codes")]),
    ],
)  # fmt: skip
def test_each_change_is_told_and_nothing_of_the_secrets(
    teacher: User, agency: Agency, monkeypatch: pytest.MonkeyPatch,
    has: list[str], change: Change, expected: list[tuple[str, str]],
) -> None:  # fmt: skip
    monkeypatch.setattr(AddPasskeyForm, "clean", lambda form: form.cleaned_data)
    client = owner_of(has, teacher)
    change(client, teacher)
    entry = (teacher.pk, f"user:{teacher.pk}")
    assert factor_events(agency) == [(verb, *entry, code) for verb, code in expected]
    assert not factor_events(None)


@pytest.mark.parametrize("change", [remove_the_app, remove_the_passkey, make_new_codes])
def test_nothing_is_changed_that_cannot_be_told(
    teacher: User, monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    client = owner_of(["totp", "webauthn", "codes"], teacher)
    before = list(Authenticator.objects.order_by("pk").values_list("pk", flat=True))
    monkeypatch.setattr("accounts.second_factor.note_about", fails)
    with pytest.raises(RuntimeError):
        change(client, teacher)
    with pytest.raises(RuntimeError):
        second_factor.remove_all(teacher)
    assert list(Authenticator.objects.order_by("pk").values_list("pk", flat=True)) == before


def owner_of(kinds: list[str], user: User) -> Client:
    """Return the browser of somebody who has these, and has just proven who they are."""
    if "totp" in kinds:
        give_app(user)
    if "webauthn" in kinds:
        Authenticator.objects.create(user=user, type="webauthn", data={"name": "Laptop"})
    if "codes" in kinds:
        RecoveryCodes.activate(user)
    client = signed_in(user)
    fresh(client)
    return client


def fails(*args: object, **kwargs: object) -> None:
    raise RuntimeError("No event today.")


def test_what_is_refused_is_not_told_as_removed(lead: User, agency: Agency) -> None:
    client = signed_in(lead)
    fresh(client)
    remove_the_app(client, lead)
    assert not factor_events(agency)


def test_a_lost_phone_is_told_in_each_agency_with_who_removed_it(
    administrator: Client, lead: User, agency: Agency, elsewhere: Agency
) -> None:
    Membership.objects.create(user=lead, agency=elsewhere)
    remove_in_admin(administrator, lead)
    by = User.objects.get(email="sue@example.org").pk
    for chain in (agency, elsewhere):
        assert factor_events(chain) == [(REMOVED, by, f"user:{lead.pk}", "app")]


def test_the_command_line_is_told_as_the_portal_itself() -> None:
    editor = make_person("edie@example.org", None)
    give_app(editor)
    second_factor.remove_all(editor)
    assert factor_events(None) == [(REMOVED, None, f"user:{editor.pk}", "app")]
