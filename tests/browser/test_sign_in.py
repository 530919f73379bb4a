"""Signing in and staying in, in a real browser: codes, passkeys, a provider, and the time-out."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.audit import Findings, examine
from tests.browser.person import APPS, CODE_PAGE, Person
from tests.browser.portal import NEW_LEADS, TEACHER, Portal
from tests.browser.test_open import Listener
from tests.openid_provider import program
from tests.openid_provider.program import OpenIDProvider

pytestmark = pytest.mark.browser

SECURITY = "/account/security/"
SECOND, MINUTE = 1000, 60_000
TYPED = "No breakfast three days running. “Mum was asleep.”"
LONG_TYPED = "She had not slept, and she did not want to say why."
Arrive = Callable[..., Person]


@pytest.fixture
def anyone(arrive: Arrive) -> Person:
    """Somebody who has not signed in, with a session of their own to end."""
    return arrive(email="", scripts=True)


@pytest.fixture
def findings() -> Iterator[Findings]:
    found = Findings()
    yield found
    found.check()


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


# The time-out


@pytest.fixture
def at_a_step(anyone: Person, portal: Portal) -> Person:
    """A teacher who writes about a child, and whose clock the test can put forward."""
    anyone.sign_in(TEACHER, portal.passwords[TEACHER])
    anyone.hurry({"place": "derby", "danger": "no", "made": "no", "name": "Amina"}, until="concern")
    anyone.page.clock.install()
    anyone.page.reload()
    return anyone


def put_forward(page: Page, milliseconds: int) -> None:
    page.clock.run_for(SECOND)
    page.clock.fast_forward(milliseconds)
    page.clock.run_for(SECOND)


def test_a_person_is_warned_and_stays(at_a_step: Person, findings: Findings) -> None:
    page = at_a_step.page
    dialog, field = page.locator("dialog"), at_a_step.field("concern")
    field.focus()
    put_forward(page, 12 * MINUTE)
    assert not dialog.is_visible()
    put_forward(page, MINUTE)
    expect(dialog).to_be_visible()
    assert "2 minutes" in dialog.inner_text()
    assert dialog.locator("[data-stay]").evaluate("button => button === document.activeElement")
    examine(page, "the warning", findings)
    with page.expect_response("**/account/stay/") as stayed:
        page.keyboard.press("Enter")
    assert stayed.value.status == 200
    expect(dialog).not_to_be_visible()
    assert field.evaluate("field => field === document.activeElement")
    put_forward(page, 12 * MINUTE)
    assert not dialog.is_visible()


def test_what_was_typed_is_a_draft_when_the_time_is_up(at_a_step: Person, portal: Portal) -> None:
    page, step = at_a_step.page, at_a_step.path
    at_a_step.answer("concern", TYPED)
    put_forward(page, 15 * MINUTE)
    page.wait_for_url("**/account/login/?next=*")
    assert TYPED not in page.content()
    assert at_a_step.open("/conversations/").url.split("?")[0].endswith("/account/login/")
    at_a_step.open(f"/account/login/?next={step}")
    at_a_step.give_password(TEACHER, portal.passwords[TEACHER])
    assert at_a_step.path == step
    assert at_a_step.field("concern").input_value() == TYPED


def test_nothing_is_saved_where_nothing_was_typed(at_a_step: Person) -> None:
    page, step, sent = at_a_step.page, at_a_step.path, []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else 0)
    put_forward(page, 15 * MINUTE)
    page.wait_for_url(f"**/account/login/?next={step.replace('/', '%2F')}")
    assert not [address for address in sent if step in address]


def test_what_cannot_be_saved_is_kept_out_of_sight_until_its_writer_is_back(
    at_a_step: Person, portal: Portal, findings: Findings
) -> None:
    """A laptop that slept: the session has ended before the page could do anything."""
    page, dialog = at_a_step.page, at_a_step.page.locator("dialog")
    at_a_step.answer("concern", LONG_TYPED)
    at_a_step.context.clear_cookies()
    put_forward(page, 40 * MINUTE)
    expect(dialog).to_be_visible()
    expect(page.locator("main")).to_be_hidden()
    examine(page, "what is kept", findings)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    show = dialog.locator("[data-go-on]:visible")
    show.click()
    expect(dialog).to_contain_text("not signed in yet")

    other = Person(at_a_step.context, at_a_step.portal)
    other.sign_in("stranger@example.org", portal.passwords["stranger@example.org"])
    show.click()
    expect(page.locator("main")).to_be_hidden()
    other.sign_out()
    other.sign_in(TEACHER, portal.passwords[TEACHER])
    show.click()
    expect(at_a_step.field("concern")).to_be_visible()
    assert at_a_step.field("concern").input_value() == LONG_TYPED
    before = at_a_step.slug
    at_a_step.go_on()
    assert at_a_step.slug != before


def test_typing_keeps_a_person_signed_in_without_a_request_for_every_letter(
    at_a_step: Person,
) -> None:
    page, stays = at_a_step.page, []

    def count(request: Request) -> None:
        if request.url.endswith("/account/stay/"):
            stays.append(request)

    page.on("request", count)
    field = at_a_step.field("concern")
    for _ in range(20):
        field.press_sequentially("breakfast")
        put_forward(page, MINUTE)
        page.wait_for_timeout(30)
    assert not page.locator("dialog").is_visible()
    assert 6 <= len(stays) <= 11


def test_staying_in_one_tab_is_staying_in_all(at_a_step: Person) -> None:
    page = at_a_step.page
    other = at_a_step.context.new_page()
    other.goto(page.url)
    put_forward(page, 13 * MINUTE)  # both tabs have the same clock
    expect(page.locator("dialog")).to_be_visible()
    expect(other.locator("dialog")).to_be_visible()
    other.locator("dialog [data-stay]").click()
    expect(page.locator("dialog")).not_to_be_visible()


def test_signing_out_from_the_warning_saves_the_draft_first(at_a_step: Person) -> None:
    page, step = at_a_step.page, at_a_step.path
    at_a_step.answer("concern", TYPED)
    put_forward(page, 14 * MINUTE)
    with page.expect_request(lambda request: request.url.endswith(step)) as saved:
        page.locator("dialog [data-leave]").click()
    assert "leave=yes" in saved.value.post_data
    page.wait_for_url("**/account/login/**")
