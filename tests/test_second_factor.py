"""The second factor: who must have one, what it guards, and how it is set up."""

import json
import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse
from django.utils import timezone
from pytest_django import Settings

from accounts import second_factor
from accounts.models import Agency, Membership, User
from tests.people import app_code, give_app, make_person, signed_in, walk_to
from tests.signing_in import (
    PASSWORD,
    SET_UP,
    give_password,
    is_signed_in,
    page,
    secret_on,
    set_up_app,
)

pytestmark = pytest.mark.django_db

OPEN = ["/", "/guidance/", "/levels/", "/contacts/", "/glossary/", "/privacy/", "/accessibility/"]
PERSONAL = ["/conversations/", "/conversations/new/", "/desk/", "/people/"]
Role = Membership.Role


@pytest.fixture
def bare_lead(lead: User) -> User:
    """A lead who has no second factor yet."""
    second_factor.remove_all(lead)
    return lead


# Who must have one


def test_a_lead_without_one_is_sent_to_set_it_up(bare_lead: User) -> None:
    client = Client()
    give_password(client, bare_lead)
    for address in PERSONAL:
        assert client.get(address)["Location"] == SET_UP, address


@pytest.mark.parametrize("flag", ["is_editor", "is_staff"])
def test_editors_and_staff_without_one_are_sent_to_set_it_up(flag: str) -> None:
    person = make_person("edie@example.org", None)
    User.objects.filter(pk=person.pk).update(**{flag: True})
    for address in ("/admin/", "/admin/thresholds/", "/conversations/"):
        assert signed_in(person).get(address)["Location"] == SET_UP, address


@pytest.mark.parametrize("role", [Role.PRACTITIONER, Role.READER])
def test_others_may_do_without(agency: Agency, role: str) -> None:
    assert signed_in(make_person("tess@school.example", agency, role)).get("/").status_code == 200
    client = signed_in(User.objects.get())
    assert client.get("/conversations/").status_code != 302
    assert "app/" in page(client, SET_UP)


@pytest.mark.parametrize("address", OPEN)
def test_a_lead_without_one_may_read_the_guidance(bare_lead: User, address: str) -> None:
    assert signed_in(bare_lead).get(address).status_code == 200


def test_a_lead_without_one_may_sign_out(bare_lead: User) -> None:
    client = signed_in(bare_lead)
    client.post("/account/logout/")
    assert not is_signed_in(client)


def test_only_named_pages_are_open_to_a_lead_without_one(bare_lead: User) -> None:
    """A page that is added later is behind the second factor unless it says otherwise."""
    client = signed_in(bare_lead)
    arguments = {"pk": 1, "number": 1, "uidb36": "a", "key": "b", "object_id": "1"}
    reached = set()
    for name in {key for key in get_resolver().reverse_dict if isinstance(key, str)}:
        _, params = get_resolver().reverse_dict.getlist(name)[0][0][0]
        given = {param: arguments.get(param, "x" * 3) for param in params}
        try:
            address = reverse(name, kwargs=given)
        except Exception:  # noqa: S112 - a token of another shape
            continue
        if address in OPEN or client.get(address).get("Location") == SET_UP:
            continue
        reached.add(name)
    own = {name for name in reached if name.startswith("mfa_")}
    assert own
    assert reached - own <= {
        "account_logout", "account_reauthenticate", "account_stay",
        "level", "domain", "domains", "services", "questions", "guidance_page", "area_guidance",
        "area_page", "ladders", "ladder", "grid", "indicator", "find", "quick_check",
        "edition_schema", "cookies", "health", "ready",
    }  # fmt: skip


def test_a_partnership_may_ask_it_of_everybody(teacher: User, settings: Settings) -> None:
    client = signed_in(teacher)
    assert client.get("/conversations/").status_code == 200
    settings.SECOND_FACTOR_FOR_ALL = True
    assert client.get("/conversations/")["Location"] == SET_UP
    assert second_factor.is_compulsory_for(teacher)
    assert "other people’s records" not in page(client, SET_UP)
    give_app(teacher)
    assert second_factor.is_last_and_compulsory(teacher)


def test_a_promoted_person_is_asked_at_the_next_request(agency: Agency, teacher: User) -> None:
    client = signed_in(teacher)
    assert client.get("/conversations/").status_code == 200
    Membership.objects.update(role=Role.LEAD)
    assert client.get("/conversations/")["Location"] == SET_UP


def test_whoever_loses_their_last_one_is_asked_at_the_next_request(lead: User) -> None:
    client = signed_in(lead)
    assert client.get("/conversations/").status_code == 200
    second_factor.remove_all(lead)
    assert client.get("/conversations/")["Location"] == SET_UP


def test_a_suspended_lead_is_no_lead(bare_lead: User) -> None:
    Membership.objects.update(suspended_at=bare_lead.date_joined)
    assert not second_factor.is_compulsory_for(bare_lead)


def test_recovery_codes_alone_are_no_second_factor(bare_lead: User) -> None:
    RecoveryCodes.activate(bare_lead)
    assert signed_in(bare_lead).get("/conversations/")["Location"] == SET_UP


def test_the_check_costs_no_query(teacher: User, lead: User, settings: Settings) -> None:
    """The middleware asks of the person what came with them."""
    middleware = settings.MIDDLEWARE
    without = [name for name in middleware if not name.endswith("SecondFactorFirst")]
    for person in (teacher, lead):
        counts = []
        for settings.MIDDLEWARE in (without, middleware):
            client = signed_in(person)
            client.post("/account/stay/")
            with CaptureQueriesContext(connection) as captured:
                assert client.get("/account/password/change/").status_code == 200
            counts.append(len(captured))
        assert counts[0] == counts[1]


def test_what_is_posted_without_one_is_not_done_and_given_back(teacher: User) -> None:
    client = signed_in(teacher)
    url = walk_to(client, "concern")
    Membership.objects.update(role=Role.LEAD)
    refused = client.post(url, {"concern": "No breakfast <three> days running.", "password": "pw"})
    assert refused.status_code == 403
    assert "No breakfast &lt;three&gt; days running." in refused.content.decode()
    assert ">pw<" not in refused.content.decode()
    assert "no-store" in refused["Cache-Control"]
    Membership.objects.update(role=Role.PRACTITIONER)
    assert "No breakfast" not in page(client, url)


# Setting up, and signing in with it


def test_setting_up_an_app_ends_with_recovery_codes_and_goes_on(bare_lead: User) -> None:
    client = Client()
    give_password(client, bare_lead)
    client.get("/people/")
    assert set_up_app(client)["Location"] == f"{SET_UP}codes/"
    codes = page(client, f"{SET_UP}codes/")
    assert 'href="/people/"' in codes
    assert all(f"{code[:4]} {code[4:]}" in codes for code in recovery_codes(bare_lead))
    assert client.get("/people/").status_code == 200


def recovery_codes(user: User) -> list[str]:
    own = Authenticator.objects.get(user=user, type="recovery_codes")
    return RecoveryCodes(own).get_unused_codes()


def test_recovery_codes_can_be_kept_as_a_file(bare_lead: User) -> None:
    client = Client()
    give_password(client, bare_lead)
    set_up_app(client)
    file = client.get(f"{SET_UP}codes/file/")
    assert file["Content-Disposition"].startswith("attachment")
    assert "no-store" in file["Cache-Control"]
    assert recovery_codes(bare_lead)[0][:4] in file.content.decode()


def test_the_picture_and_the_key_stay_the_same_until_they_are_used(bare_lead: User) -> None:
    """A phone loads the page again on the way back from the app."""
    client = Client()
    give_password(client, bare_lead)
    first = secret_on(page(client, f"{SET_UP}app/"))
    assert secret_on(page(client, f"{SET_UP}app/")) == first
    assert first not in json.dumps(dict(client.session))


def test_a_wrong_code_sets_nothing_up(bare_lead: User) -> None:
    client = Client()
    give_password(client, bare_lead)
    page(client, f"{SET_UP}app/")
    assert client.post(f"{SET_UP}app/", {"code": "000000"}).status_code == 200
    assert not Authenticator.objects.exists()


def test_a_password_alone_does_not_sign_in(lead: User) -> None:
    client = Client()
    assert give_password(client, lead)["Location"] == "/account/login/code/"
    assert not is_signed_in(client)
    assert client.get("/conversations/")["Location"].startswith("/account/login/")


def test_a_reset_of_the_password_does_not_go_round_the_second_step(lead: User) -> None:
    client = Client()
    client.post("/account/password/reset/", {"email": lead.email})
    link = re.search(r"https?://[^/]+(/\S+)", mail.outbox[0].body)[1]  # type: ignore[index]
    words = "three other words"
    client.post(client.get(link)["Location"], {"password1": words, "password2": words})
    lead.refresh_from_db()
    assert lead.check_password(words) and second_factor.factors_of(lead) == 1
    assert not is_signed_in(client), "a reset signs nobody in"
    signing_in = client.post("/account/login/", {"login": lead.email, "password": words})
    assert signing_in["Location"] == "/account/login/code/"
    assert not is_signed_in(client)
    assert client.get("/conversations/")["Location"].startswith("/account/login/")


def test_password_and_code_lead_to_where_the_person_was_going(lead: User) -> None:
    client = Client()
    sent = {"login": lead.email, "password": PASSWORD, "next": "/people/"}
    client.post("/account/login/", sent)
    assert "no-store" in client.get("/account/login/code/")["Cache-Control"]
    assert client.post("/account/login/code/", {"code": app_code()})["Location"] == "/people/"
    assert is_signed_in(client)


def test_a_code_works_once_and_not_in_a_second_browser(lead: User) -> None:
    code = app_code()
    for attempt, client in enumerate((Client(), Client())):
        give_password(client, lead)
        client.post("/account/login/code/", {"code": code})
        assert is_signed_in(client) is (attempt == 0)


def test_a_used_code_is_refused_for_as_long_as_it_would_be_valid(
    lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """allauth alone forgets it after 30 seconds."""
    code = app_code()
    give_password(first := Client(), lead)
    first.post("/account/login/code/", {"code": code})
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.TOTP._mark_code_used", lambda *a: True)
    give_password(second := Client(), lead)
    second.post("/account/login/code/", {"code": f"{code[:3]} {code[3:]}"})
    assert not is_signed_in(second)


def test_after_many_wrong_codes_even_the_right_one_waits(lead: User) -> None:
    client = Client()
    give_password(client, lead)
    for _ in range(5):
        client.post("/account/login/code/", {"code": "000000"})
    client.post("/account/login/code/", {"code": app_code()})
    assert not is_signed_in(client)


def test_a_recovery_code_stands_in_for_a_lost_phone_once(lead: User) -> None:
    code = RecoveryCodes.activate(lead).get_unused_codes()[0]
    for attempt, client in enumerate((Client(), Client())):
        give_password(client, lead)
        client.post("/account/login/code/", {"code": f"{code[:4]} {code[4:]}"})
        assert is_signed_in(client) is (attempt == 0)


def test_the_second_step_is_not_there_without_the_first() -> None:
    assert Client().get("/account/login/code/")["Location"] == "/account/login/"


def test_a_session_from_before_it_was_set_up_ends(teacher: User) -> None:
    """Somebody else may have signed in with the password before."""
    other, unused, own = Client(), Client(), Client()
    for client in (other, unused, own):
        give_password(client, teacher)
    assert other.get("/conversations/").status_code == 200
    set_up_app(own)
    date_factors_later()
    for client in (other, unused):
        assert client.get(SET_UP)["Location"].startswith("/account/login/")
        assert not is_signed_in(client)
    assert own.get("/conversations/").status_code == 200


def test_what_such_a_session_posts_is_given_back(teacher: User) -> None:
    client = signed_in(teacher)
    url = walk_to(client, "concern")
    give_app(teacher)
    date_factors_later()
    refused = client.post(url, {"concern": "No breakfast."})
    assert refused.status_code == 403
    assert "No breakfast." in refused.content.decode()
    assert not is_signed_in(client)


def date_factors_later() -> None:
    """As if the sessions of a test had begun some seconds before."""
    Authenticator.objects.update(created_at=timezone.now() + timedelta(seconds=5))
