"""Signing in and out: the same answer for all, no way round, nowhere unsafe to go on to."""

import re

import pytest
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Agency, Membership, User
from tests.pages import main_part

pytestmark = pytest.mark.django_db

EMAIL = "tess@example.org"
PASSWORD = "correct horse battery"
PAGES = [
    "account_login",
    "account_signup",
    "account_inactive",
    "account_signed_out",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
]


@pytest.fixture(autouse=True)
def _no_tries_so_far(settings: Settings) -> None:
    cache.clear()
    # A quick hash: some of these tests try dozens of passwords.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def tess() -> User:
    person = User.objects.create_user(EMAIL, PASSWORD, name="Tess")
    Membership.objects.create(user=person, agency=Agency.objects.create(name="School"))
    return person


def sign_in(client: Client, email: str, password: str, **query: str) -> HttpResponse:
    data = {"login": email, "password": password, **query}
    return client.post(reverse("account_login"), data)


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def without_token(response: HttpResponse) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", response.content.decode())


def test_a_person_signs_in_and_comes_to_their_conversations(client: Client, tess: User) -> None:
    response = sign_in(client, EMAIL, PASSWORD)
    assert response.status_code == 302
    assert response["Location"] == reverse("conversation_list")
    assert is_signed_in(client)


def test_an_editor_comes_to_the_editors_room(client: Client) -> None:
    User.objects.create_user(EMAIL, PASSWORD, name="Edie", is_editor=True, is_staff=True)
    assert sign_in(client, EMAIL, PASSWORD)["Location"] == reverse("editors_home")


def test_a_reader_comes_to_the_numbers_and_is_offered_nothing_that_refuses_them(
    client: Client, tess: User
) -> None:
    begin = f'href="{reverse("conversation_new")}"'
    sign_in(client, EMAIL, PASSWORD)
    assert begin in main_part(client.get(reverse("conversation_list")))
    tess.memberships.update(role=Membership.Role.READER)
    client.logout()
    assert sign_in(client, EMAIL, PASSWORD)["Location"] == reverse("numbers")
    assert begin not in main_part(client.get(reverse("conversation_list")))


def test_who_only_administers_comes_to_the_admin(client: Client) -> None:
    User.objects.create_superuser(EMAIL, PASSWORD, name="Sue")
    assert sign_in(client, EMAIL, PASSWORD)["Location"] == reverse("admin:index")


def test_the_email_address_may_be_typed_in_capitals(client: Client, tess: User) -> None:
    sign_in(client, f" {EMAIL.upper()} ", PASSWORD)
    assert is_signed_in(client)


def test_known_and_unknown_addresses_get_the_same_answer(client: Client, tess: User) -> None:
    known = sign_in(client, EMAIL, "wrong")
    unknown = sign_in(Client(), "nobody@example.org", "wrong")
    assert known.status_code == unknown.status_code == 200
    assert without_token(known).replace(EMAIL, "nobody@example.org") == without_token(unknown)
    assert not is_signed_in(client)


def test_a_wrong_password_is_never_sent_back_to_the_page(client: Client, tess: User) -> None:
    assert "wrong-but-close" not in sign_in(client, EMAIL, "wrong-but-close").content.decode()


def test_an_empty_form_says_which_fields_are_missing(client: Client) -> None:
    html = sign_in(client, "", "").content.decode()
    assert 'href="#id_login"' in html
    assert 'href="#id_password"' in html


@pytest.mark.parametrize("page", ["account_login", "account_reset_password"])
@pytest.mark.parametrize("typed", ["", "tess"])
def test_an_error_says_what_to_do(client: Client, page: str, typed: str) -> None:
    """And not that some field is required, which is what the libraries say."""
    html = client.post(reverse(page), {"login": typed, "email": typed}).content.decode()
    errors = re.findall(r'<a href="#id_\w+">([^<]+)</a>', html)
    assert errors and all(re.match("Enter .*(address|password)", error) for error in errors)


def test_after_many_wrong_tries_even_the_right_password_waits(client: Client, tess: User) -> None:
    for _ in range(6):
        sign_in(client, EMAIL, "wrong")
    sign_in(client, EMAIL, PASSWORD)
    assert not is_signed_in(client)


def test_too_many_tries_from_one_place_get_a_page_of_ours(client: Client) -> None:
    for number in range(40):
        response = sign_in(client, f"{number}@example.org", "wrong")
        if response.status_code == 429:
            break
    assert response.status_code == 429
    assert 'href="tel:999"' in response.content.decode()


def test_nobody_signs_themselves_up(client: Client) -> None:
    data = {"email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD}
    assert client.get(reverse("account_signup")).status_code == 200
    client.post(reverse("account_signup"), data)
    assert not User.objects.filter(email="new@example.org").exists()
    assert reverse("account_signup") not in client.get(reverse("account_login")).content.decode()


def test_a_closed_account_cannot_sign_in(client: Client, tess: User) -> None:
    User.objects.update(is_active=False)
    response = sign_in(client, EMAIL, PASSWORD)
    assert response["Location"] == reverse("account_inactive")
    assert not is_signed_in(client)


def test_a_closed_account_is_not_told_apart_by_a_wrong_password(client: Client, tess: User) -> None:
    User.objects.update(is_active=False)
    closed = sign_in(client, EMAIL, "wrong")
    unknown = sign_in(Client(), "nobody@example.org", "wrong")
    assert without_token(closed).replace(EMAIL, "nobody@example.org") == without_token(unknown)


def test_signing_in_goes_on_to_where_the_person_was_going(client: Client, tess: User) -> None:
    wanted = reverse("conversation_new")
    assert client.get(wanted)["Location"] == f"{reverse('account_login')}?next={wanted}"
    page = client.get(reverse("account_login"), {"next": wanted}).content.decode()
    assert f'name="next" value="{wanted}"' in page
    assert sign_in(client, EMAIL, PASSWORD, next=wanted)["Location"] == wanted


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"],
)
def test_signing_in_never_leads_elsewhere(client: Client, tess: User, elsewhere: str) -> None:
    response = sign_in(client, EMAIL, PASSWORD, next=elsewhere)
    assert response["Location"] == reverse("conversation_list")


def test_the_session_ends_with_the_browser(client: Client, tess: User) -> None:
    sign_in(client, EMAIL, PASSWORD, remember="on")
    assert client.session.get_expire_at_browser_close()


def test_signing_out_takes_a_post_and_a_get_asks_first(client: Client, tess: User) -> None:
    client.force_login(tess)
    assert client.get(reverse("account_logout")).status_code == 200
    assert is_signed_in(client)
    response = client.post(reverse("account_logout"))
    assert response["Location"] == reverse("account_signed_out")
    assert not is_signed_in(client)
    assert client.get(response["Location"]).status_code == 200


def test_whoever_is_signed_in_is_not_told_that_they_are_out(client: Client, tess: User) -> None:
    client.force_login(tess)
    assert client.get(reverse("account_signed_out")).url == reverse("front")


def test_signing_out_leaves_no_session_behind(client: Client, tess: User) -> None:
    client.force_login(tess)
    client.post(reverse("account_logout"))
    assert not client.cookies["sessionid"].value
    assert not Session.objects.exists()


def test_signing_in_and_out_need_the_security_token(tess: User) -> None:
    client = Client(enforce_csrf_checks=True)
    assert sign_in(client, EMAIL, PASSWORD).status_code == 403
    client.force_login(tess)
    assert client.post(reverse("account_logout")).status_code == 403


@pytest.mark.parametrize("name", PAGES)
def test_sign_in_pages_are_ours_and_never_kept(client: Client, name: str) -> None:
    response = client.get(reverse(name))
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert 'href="tel:999"' in response.content.decode()


@pytest.mark.parametrize(
    "name", ["account_logout", "account_change_password", "account_reauthenticate"]
)
def test_pages_of_an_account_are_ours_and_never_kept(client: Client, tess: User, name: str) -> None:
    sign_in(client, EMAIL, PASSWORD)
    response = client.get(reverse(name))
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert 'href="tel:999"' in response.content.decode()


@pytest.mark.parametrize("name", ["account_change_password", "account_reauthenticate"])
def test_pages_of_an_account_need_a_person_signed_in(client: Client, name: str) -> None:
    assert client.get(reverse(name))["Location"].startswith(reverse("account_login"))


def test_a_person_changes_their_password(client: Client, tess: User) -> None:
    sign_in(client, EMAIL, PASSWORD)
    new = "three random words"
    data = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    response = client.post(reverse("account_change_password"), data)
    assert response["Location"] == reverse("front")
    tess.refresh_from_db()
    assert tess.check_password(new)
    assert is_signed_in(client)


@pytest.mark.parametrize("weak", ["short", "password1234"])
def test_a_weak_new_password_is_refused(client: Client, tess: User, weak: str) -> None:
    sign_in(client, EMAIL, PASSWORD)
    data = {"oldpassword": PASSWORD, "password1": weak, "password2": weak}
    assert client.post(reverse("account_change_password"), data).status_code == 200
    tess.refresh_from_db()
    assert tess.check_password(PASSWORD)


def test_a_password_holds_no_word_by_which_a_person_or_their_work_is_known(tess: User) -> None:
    tess.name = "Tess O’Brien-Walker"
    Agency.objects.update(name="St Benedict’s Academy")
    held = (
        "purple Tess kettle", "my example horse", "walker walks far", "brien and the sea",
        "BENEDICT went home", "an academy of crows", "I like Derbyshire", "Safeguarding-2026!",
        "threshold of pain",
    )  # fmt: skip
    for password in held:
        with pytest.raises(ValidationError) as refused:
            validate_password(password, tess)
        assert [error.code for error in refused.value.error_list] == ["password_holds_our_words"]
    for password in ("three random words", "an org of tse", PASSWORD, "St and horse 12"):
        validate_password(password, tess)
    validate_password("three random words", None)


def test_the_pages_refuse_such_a_password(client: Client, tess: User) -> None:
    sign_in(client, EMAIL, PASSWORD)
    words = "derby county for ever"
    data = {"oldpassword": PASSWORD, "password1": words, "password2": words}
    assert (
        "without your name"
        in client.post(reverse("account_change_password"), data).content.decode()
    )
    client.post(reverse("account_reset_password"), {"email": EMAIL})
    link = re.search(r"https?://[^/]+(/\S+)", mail.outbox[0].body).group(1)
    client.post(client.get(link)["Location"], {"password1": words, "password2": words})
    tess.refresh_from_db()
    assert tess.check_password(PASSWORD)


def test_a_person_without_a_password_chooses_one(client: Client, tess: User) -> None:
    tess.set_unusable_password()
    tess.save()
    client.force_login(tess)
    address = client.get(reverse("account_change_password"))["Location"]
    assert address == reverse("account_set_password")
    assert 'href="tel:999"' in client.get(address).content.decode()
    client.post(address, {"password1": PASSWORD, "password2": PASSWORD})
    tess.refresh_from_db()
    assert tess.check_password(PASSWORD)


def test_a_forgotten_password_is_reset_by_email_once(client: Client, tess: User) -> None:
    client.post(reverse("account_reset_password"), {"email": EMAIL})
    assert [message.to for message in mail.outbox] == [[EMAIL]]
    link = re.search(r"https?://[^/]+(/\S+)", mail.outbox[0].body).group(1)
    address = client.get(link)["Location"]
    new = "three random words"
    done = client.post(address, {"password1": new, "password2": new})
    assert done["Location"] == reverse("account_reset_password_from_key_done")
    tess.refresh_from_db()
    assert tess.check_password(new)
    again = Client().get(link)
    assert again.status_code == 200
    assert 'name="password1"' not in again.content.decode()


def test_asking_for_a_reset_tells_nobody_who_has_an_account(client: Client, tess: User) -> None:
    address = reverse("account_reset_password")
    known = client.post(address, {"email": EMAIL})
    unknown = client.post(address, {"email": "nobody@example.org"})
    assert known["Location"] == unknown["Location"]
    assert all("signup" not in message.body for message in mail.outbox)
