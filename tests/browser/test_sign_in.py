"""Signing in, in a real browser: codes, passkeys and a provider."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.audit import Findings, examine
from tests.browser.person import APPS, CODE_PAGE, Person
from tests.browser.portal import NEW_LEADS, TEACHER, Portal
from tests.browser.test_open import Listener
from tests.openid_provider import program
from tests.openid_provider.program import OpenIDProvider

pytestmark = pytest.mark.browser

SECURITY = "/account/security/"
Arrive = Callable[..., Person]


def begin(person: Person, portal: Portal, email: str) -> None:
    person.open("/account/login/")
    person.give_password(email, portal.passwords[email])


# An authenticator app


def test_a_new_lead_sets_up_an_app_and_signs_in_with_it(
    anyone: Person, portal: Portal, findings: Findings
) -> None:
    lead, page = NEW_LEADS[0], anyone.page
    listener = Listener(anyone)
    begin(anyone, portal, lead)
    anyone.open("/conversations/")
    assert anyone.path == SECURITY
    examine(page, "what to set up", findings)

    anyone.press(page.locator(f"main a[href='{SECURITY}app/']"))
    picture = page.locator("main img")
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    examine(page, "the app", findings)
    anyone.answer("code", "12")
    anyone.go_on()
    assert anyone.errors()
    secret = re.search(r"secret=([A-Z2-7]+)", page.content())[1]
    APPS[anyone.portal, lead] = secret
    anyone.give_code(lead)
    assert anyone.path == f"{SECURITY}codes/"
    assert page.locator("main ol li").count() == 10
    examine(page, "the recovery codes", findings)
    code = page.locator("main ol li").first.inner_text()
    anyone.press(page.locator("main a.govuk-button"))
    assert anyone.path == "/conversations/"

    anyone.open(SECURITY)
    examine(page, "account security", findings)
    anyone.open("/account/places/")
    examine(page, "where somebody is signed in", findings)
    assert listener.complaints == []
    anyone.sign_out()
    begin(anyone, portal, lead)
    assert anyone.path == CODE_PAGE
    examine(page, "the second step", findings)
    anyone.answer("code", code)
    anyone.go_on()
    assert anyone.path == "/conversations/"
    anyone.sign_out()
    anyone.sign_in(lead, portal.passwords[lead])


def test_a_code_is_typed_without_javascript_too(arrive: Arrive, portal: Portal) -> None:
    person = arrive(email="lead@example.org")
    assert person.open("/conversations/").status == 200


# Passkeys


@pytest.fixture
def with_passkeys(anyone: Person) -> Person:
    """Somebody at a device that makes passkeys, at the portal's name rather than its number."""
    anyone.portal = anyone.portal.replace("127.0.0.1", "localhost")
    device = anyone.context.new_cdp_session(anyone.page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return anyone


def test_a_passkey_is_a_second_step_and_then_the_only_one(
    with_passkeys: Person, portal: Portal, findings: Findings
) -> None:
    person, page, lead = with_passkeys, with_passkeys.page, NEW_LEADS[1]
    listener = Listener(person)
    passkey = page.locator("[data-passkey] button")
    begin(person, portal, lead)
    person.open("/desk/")
    assert person.path == SECURITY
    person.press(page.locator(f"main a[href='{SECURITY}passkey/']"))
    examine(page, "a new passkey", findings)
    person.press(passkey)
    assert person.path == f"{SECURITY}codes/"
    person.press(page.locator("main a.govuk-button"))
    assert person.path == "/desk/"

    person.sign_out()
    begin(person, portal, lead)
    assert person.path == CODE_PAGE
    examine(page, "the second step by passkey", findings)
    person.press(passkey)
    assert person.path == "/conversations/"

    person.sign_out()
    person.open("/account/login/?next=/privacy/")
    examine(page, "the sign-in page", findings)
    person.press(passkey)
    assert person.path == "/privacy/"
    assert person.open("/conversations/").status == 200
    assert listener.complaints == []


def test_a_passkey_that_nobody_has_is_told_in_words(with_passkeys: Person) -> None:
    page = with_passkeys.page
    with_passkeys.open("/account/login/")
    page.locator("[data-passkey] button").click()
    expect(page.locator("[data-passkey-error]")).to_be_visible()


def test_where_there_are_no_passkeys_none_are_offered(arrive: Arrive, anyone: Person) -> None:
    for person in (arrive(email=""), anyone):  # without JavaScript; at a bare address
        person.open("/account/login/")
        assert not person.page.locator("[data-passkey]").is_visible()


# Single sign-on


@pytest.fixture
def serving(
    openid_provider: OpenIDProvider, portal: Portal, tmp_path: Path
) -> Iterator[OpenIDProvider]:
    back = f"{portal.url}/account/login/from/school/"
    with program.running(openid_provider, tmp_path, back):
        yield openid_provider


def test_a_teacher_signs_in_with_the_school_and_comes_back(
    anyone: Person, serving: OpenIDProvider, findings: Findings
) -> None:
    page = anyone.page
    serving.tell("tess", TEACHER)
    serving.tell("stranger", "nobody@example.org")
    wanted = "/conversations/new/"
    for username in ("stranger", "tess"):
        listener = Listener(anyone)
        anyone.open(f"/account/login/?next={wanted}")
        page.locator("form[action*='/login/with/'] button").click()
        page.wait_for_url(f"{serving.url}/**")
        page.fill("[name=username]", username)
        page.fill("[name=password]", serving.password)
        anyone.press(page.locator("button"))
        assert not [text for text in listener.complaints if "Content Security" in text]
        if username == "stranger":
            assert anyone.responses[-1].status == 403
            examine(page, "nobody the portal knows", findings)
            anyone.context.clear_cookies()
    assert anyone.path == wanted
