"""Single sign-on with a real OpenID provider: who comes in, and who does not."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount, SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from accounts.models import Agency, Membership, User
from portal.providers import single_sign_on
from tests.openid_provider import program
from tests.openid_provider.program import OpenIDProvider
from tests.people import app_code, give_app, make_person, signed_in

pytestmark = pytest.mark.django_db

EMAIL = "tess@school.example"
SIGN_IN = "/account/login/"
OUT = "/account/login/with/school/"
BACK = "/account/login/from/school/"
WRONGS = [
    "other-key", "unknown-key", "shared-key", "unsigned", "other-audience", "several-audiences",
    "other-issuer", "other-nonce", "expired", "changed", "no-nonce",
]  # fmt: skip


@pytest.fixture(scope="session")
def openid_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenIDProvider]:
    provider = program.planned()
    folder = tmp_path_factory.mktemp("provider")
    with program.running(provider, folder, f"http://testserver{BACK}"):
        yield provider


@pytest.fixture
def provider(openid_provider: OpenIDProvider, settings: Settings) -> OpenIDProvider:
    use(settings, openid_provider.entry())
    return openid_provider


def use(settings: Settings, *entries: dict[str, Any]) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = single_sign_on(json.dumps(entries), allow_http=True)


@pytest.fixture
def tess(agency: Agency) -> User:
    return make_person(EMAIL, agency)


@dataclass
class Browser:
    """A person with a browser, at the portal and at the provider."""

    provider: OpenIDProvider

    def __post_init__(self) -> None:
        self.portal = Client()
        self.elsewhere = requests.Session()

    def leave(self, **sent: str) -> str:
        """Press the portal's button. Return where the browser is sent."""
        page = self.portal.post(OUT, sent).content.decode()
        return html.unescape(re.search(r'content="0;url=([^"]+)"', page)[1])  # type: ignore[index]

    def sign_in_there(self, address: str, username: str) -> str:
        """Go through the provider's pages. Return the address that leads back to the portal."""
        page = self.elsewhere.get(address, timeout=10)
        if "/sign-in/" in page.url:
            token = re.search(r'csrfmiddlewaretoken" value="([^"]+)', page.text)[1]  # type: ignore[index]
            sent = {
                "username": username,
                "password": self.provider.password,
                "csrfmiddlewaretoken": token,
            }
            page = self.elsewhere.post(page.url, sent, allow_redirects=False, timeout=10)
            onward = f"{self.provider.url}{page.headers['location']}"
            page = self.elsewhere.get(onward, allow_redirects=False, timeout=10)
        return page.headers["location"]

    def come_back(self, address: str) -> HttpResponse:
        url = urlsplit(address)
        assert url.netloc == "testserver", address
        return self.portal.get(f"{url.path}?{url.query}")

    def sign_in(self, username: str, **sent: str) -> HttpResponse:
        return self.come_back(self.sign_in_there(self.leave(**sent), username))

    @property
    def is_in(self) -> bool:
        return "_auth_user_id" in self.portal.session

    @property
    def is_tess(self) -> bool:
        return self.is_in and User.objects.get(email=EMAIL).pk == int(
            self.portal.session["_auth_user_id"]
        )


@pytest.fixture
def visitor(provider: OpenIDProvider) -> Browser:
    provider.tell("tess", EMAIL)
    return Browser(provider)


# Who comes in


def test_a_known_person_whose_address_is_verified_comes_in(visitor: Browser, tess: User) -> None:
    arrived = visitor.sign_in("tess", next="/conversations/new/")
    assert arrived["Location"] == "/conversations/new/"
    assert visitor.is_tess


def test_the_second_time_they_come_in_by_their_number(visitor: Browser, tess: User) -> None:
    visitor.sign_in("tess")
    again = Browser(visitor.provider)
    again.sign_in("tess")
    assert again.is_tess
    assert SocialAccount.objects.count() == 1


def test_the_password_stays_as_it_was(visitor: Browser, tess: User) -> None:
    """allauth would take it away from people whose address it has not verified itself."""
    visitor.sign_in("tess")
    assert User.objects.get().check_password("a long pass phrase")


def test_nothing_that_the_provider_tells_is_kept(visitor: Browser, tess: User) -> None:
    visitor.sign_in("tess")
    link = SocialAccount.objects.get()
    assert link.extra_data == {}
    assert "tess" not in link.uid


def test_a_lead_still_gives_the_second_factor(visitor: Browser, tess: User) -> None:
    Membership.objects.update(role=Membership.Role.LEAD)
    give_app(tess)
    assert visitor.sign_in("tess")["Location"] == "/account/login/code/"
    assert not visitor.is_in
    visitor.portal.post("/account/login/code/", {"code": app_code()})
    assert visitor.is_tess


def test_a_lead_without_a_second_factor_sets_it_up_first(visitor: Browser, tess: User) -> None:
    Membership.objects.update(role=Membership.Role.LEAD)
    visitor.sign_in("tess")
    assert visitor.portal.get("/conversations/")["Location"] == "/account/security/"


# Who does not


def refusal(visitor: Browser, username: str) -> str:
    refused = visitor.sign_in(username)
    assert refused.status_code == 403
    assert not visitor.is_in
    assert not SocialAccount.objects.exists()
    return main(refused)


def main(response: HttpResponse) -> str:
    return response.content.decode().split("<main")[1].split("</main>")[0]


def test_an_unknown_person_gets_no_account(visitor: Browser) -> None:
    refusal(visitor, "tess")
    assert not User.objects.exists()


def test_unknown_unverified_closed_and_suspended_look_alike(
    visitor: Browser, agency: Agency
) -> None:
    texts = {refusal(visitor, "tess")}
    tess = make_person(EMAIL, agency)
    for claims in ({"email_verified": False}, {"email_verified": None}, {"email_verified": "true"}):
        visitor.provider.tell("tess", EMAIL, **claims)
        texts.add(refusal(Browser(visitor.provider), "tess"))
    visitor.provider.tell("tess", EMAIL)
    Membership.objects.update(suspended_at=tess.date_joined)
    texts.add(refusal(Browser(visitor.provider), "tess"))
    User.objects.update(is_active=False)
    texts.add(refusal(Browser(visitor.provider), "tess"))
    assert len(texts) == 1


def test_a_person_who_is_linked_and_then_closed_is_refused(visitor: Browser, tess: User) -> None:
    visitor.sign_in("tess")
    User.objects.update(is_active=False)
    again = Browser(visitor.provider)
    assert again.sign_in("tess").status_code == 403
    assert not again.is_in


def test_an_address_of_another_domain_is_refused(visitor: Browser, agency: Agency) -> None:
    make_person("tess@elsewhere.example", agency)
    visitor.provider.tell("tess", "tess@elsewhere.example")
    refusal(visitor, "tess")


def test_a_changed_address_there_opens_nobody_elses_account(
    visitor: Browser, tess: User, agency: Agency
) -> None:
    make_person("head@school.example", agency)
    visitor.sign_in("tess")
    visitor.provider.tell("tess", "head@school.example")
    again = Browser(visitor.provider)
    again.sign_in("tess")
    assert again.is_tess


def test_an_address_given_to_somebody_new_opens_no_old_account(
    visitor: Browser, tess: User
) -> None:
    visitor.sign_in("tess")
    visitor.provider.tell("newcomer", EMAIL)
    newcomer = Browser(visitor.provider)
    assert newcomer.sign_in("newcomer").status_code == 403
    assert not newcomer.is_in


def test_nobody_is_linked_to_the_account_that_is_signed_in(visitor: Browser, tess: User) -> None:
    """A stranger's account there must not become a way into the account that is open here."""
    visitor.provider.tell("stranger", "stranger@school.example")
    visitor.portal.force_login(tess)
    visitor.sign_in("stranger", process="connect")
    assert not SocialAccount.objects.exists()


# A provider that does wrong, or somebody in between


@pytest.mark.parametrize("wrong", WRONGS)
def test_a_token_that_does_not_hold_is_refused(visitor: Browser, tess: User, wrong: str) -> None:
    visitor.provider.tell("tess", EMAIL, wrong=wrong)
    refused = visitor.sign_in("tess")
    assert refused.status_code == 401
    assert not visitor.is_in
    assert not SocialAccount.objects.exists()


def test_the_way_back_works_once(visitor: Browser, tess: User) -> None:
    address = visitor.sign_in_there(visitor.leave(), "tess")
    visitor.come_back(address)
    visitor.portal.post("/account/logout/")
    assert visitor.come_back(address).status_code == 401
    assert not visitor.is_in


def test_the_way_back_works_in_the_browser_that_left(visitor: Browser, tess: User) -> None:
    """Otherwise somebody could make a person work in an account that is not theirs."""
    address = visitor.sign_in_there(visitor.leave(), "tess")
    other = Browser(visitor.provider)
    assert other.come_back(address).status_code == 401
    assert not other.is_in


def test_a_made_up_way_back_is_refused(visitor: Browser, tess: User) -> None:
    state = parse_qs(urlsplit(visitor.leave()).query)["state"][0]
    for made_up in ("", "?code=x", "?state=x&code=x", f"?state={state}&code=made-up"):
        assert visitor.portal.get(f"{BACK}{made_up}").status_code == 401, made_up
    assert not visitor.is_in


def test_whoever_turns_back_at_the_provider_comes_to_the_sign_in_page(visitor: Browser) -> None:
    state = parse_qs(urlsplit(visitor.leave()).query)["state"][0]
    answer = visitor.portal.get(f"{BACK}?state={state}&error=access_denied")
    assert answer["Location"] == SIGN_IN


def test_every_guard_of_the_protocol_is_used(visitor: Browser) -> None:
    asked = parse_qs(urlsplit(visitor.leave()).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["nonce"] and asked["state"] and asked["code_challenge"]
    assert set(asked["scope"][0].split()) == {"openid", "email"}


def test_a_request_cannot_change_what_the_provider_is_asked(visitor: Browser) -> None:
    page = visitor.portal.post(f"{OUT}?scope=write&auth_params=prompt%3Dnone&process=connect")
    address = html.unescape(re.search(r"url=([^\"]+)", page.content.decode())[1])  # type: ignore[index]
    asked = parse_qs(urlsplit(address).query)
    assert "write" not in asked["scope"][0]
    assert "prompt" not in asked


def test_it_begins_with_a_post_and_the_security_token(provider: OpenIDProvider) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.get(OUT).status_code == 405
    assert client.post(OUT).status_code == 403


def test_it_never_leads_elsewhere_afterwards(visitor: Browser, tess: User) -> None:
    assert visitor.sign_in("tess", next="https://evil.example/")["Location"] == "/conversations/"


def test_a_provider_that_does_not_answer_gets_a_page_of_ours(
    provider: OpenIDProvider, settings: Settings
) -> None:
    use(settings, provider.entry(issuer="http://127.0.0.1:1/o"))
    assert Client().post(OUT).status_code == 401


def test_a_provider_that_names_another_issuer_is_refused(
    provider: OpenIDProvider, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """Two names lead to its discovery document, which gives one."""
    use(settings, provider.entry(issuer=f"{provider.url}/./o"))
    assert Client().post(OUT).status_code == 401
    assert OAuth2Error.__name__ in caplog.text


# Switched on by settings alone


def test_without_settings_there_is_no_button_and_no_page(settings: Settings) -> None:
    use(settings)
    assert "/login/with/" not in Client().get(SIGN_IN).content.decode()
    assert Client().post(OUT).status_code == 404
    assert Client().get(BACK).status_code == 404


def test_with_settings_there_is_a_button(provider: OpenIDProvider) -> None:
    page = Client().get(SIGN_IN, {"next": "/conversations/new/"}).content.decode()
    form = page.split(f'action="{OUT}"')[1].split("</form>")[0]
    assert 'name="next" value="/conversations/new/"' in form


def test_a_row_in_the_database_sends_the_portal_nowhere(
    provider: OpenIDProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    SocialApp.objects.create(
        provider="openid_connect", provider_id="evil", name="Evil", client_id="x", secret="x",
        settings={"server_url": "http://169.254.169.254/"},
    )  # fmt: skip
    fetched: list[str] = []
    monkeypatch.setattr(
        requests.Session, "request", lambda *args, **kwargs: fetched.append(args[2])
    )
    for name in ("evil", "openid_connect_evil", "google"):
        assert Client().post(f"/account/login/with/{name}/").status_code == 404
        assert Client().get(f"/account/login/from/{name}/?state=x&code=x").status_code == 404
    assert fetched == []


def test_providers_are_not_in_the_admin() -> None:
    sue = User.objects.create_superuser("sue@example.org", "x", name="Sue")
    give_app(sue)
    assert "socialaccount" not in signed_in(sue).get("/admin/").content.decode()


# Redirects


class SendsOn(BaseHTTPRequestHandler):
    """A provider that answers as it should, but sends on whoever asks for one of its addresses."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        here = f"http://{self.headers['Host']}"
        sends_on = self.server.sends_on in self.path  # type: ignore[attr-defined]
        self.send_response(307 if sends_on else 200)
        if sends_on:
            self.send_header("Location", f"{here}/elsewhere")
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        told = {name: f"{here}/{name}" for name in ADDRESSES} | {"issuer": here}
        answer = told | {"access_token": "a", "token_type": "bearer", "id_token": "b"}
        self.wfile.write(json.dumps(answer).encode())

    do_POST = do_GET  # noqa: N815 (as http.server names it)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


ADDRESSES = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")


@pytest.mark.parametrize("sends_on", ["openid-configuration", "token_endpoint", "jwks_uri"])
def test_no_redirect_of_a_provider_is_followed(
    settings: Settings, openid_provider: OpenIDProvider, sends_on: str
) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), SendsOn)
    server.asked, server.sends_on = [], sends_on  # type: ignore[attr-defined]
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        issuer = f"http://127.0.0.1:{server.server_port}"
        use(settings, openid_provider.entry(issuer=issuer))
        browser = Client()
        answer = browser.post(OUT)
        if sends_on != "openid-configuration":
            assert answer.status_code == 200
            state = re.search(r"state=([\w-]+)", answer.content.decode())[1]  # type: ignore[index]
            answer = browser.get(BACK, {"code": "c", "state": state})
        assert answer.status_code == 401
        asked = server.asked  # type: ignore[attr-defined]
        assert sends_on in asked[-1], "it was asked, and no other after it"
        assert "/elsewhere" not in asked
    finally:
        server.shutdown()
        server.server_close()
