"""Staying in, in a real browser: the warning, the time-out, and that nothing typed is lost."""

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.audit import Findings, examine
from tests.browser.cases import LEVEL_1
from tests.browser.person import Person
from tests.browser.portal import TEACHER, Portal

pytestmark = pytest.mark.browser

SECOND, MINUTE = 1000, 60_000
TYPED = "No breakfast three days running. “Mum was asleep.”"
LONG_TYPED = "She had not slept, and she did not want to say why."


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


def test_signing_out_in_one_tab_is_signing_out_in_all(at_a_step: Person) -> None:
    """On a computer that others use, nothing is left to be read behind the tab that was closed."""
    page, other = at_a_step.page, Person(at_a_step.context, at_a_step.portal)
    at_a_step.answer("concern", TYPED)
    other.open("/conversations/")
    other.sign_out()
    page.clock.run_for(SECOND)
    # Kept out of sight; or saved in time, and then this tab has gone to the sign-in page.
    expect(at_a_step.field("concern")).to_be_hidden()


def test_signing_out_saves_what_was_typed_in_a_step(at_a_step: Person, portal: Portal) -> None:
    step = at_a_step.path
    at_a_step.answer("concern", TYPED)
    at_a_step.sign_out()
    at_a_step.open(f"/account/login/?next={step}")
    at_a_step.give_password(TEACHER, portal.passwords[TEACHER])
    assert at_a_step.field("concern").input_value() == TYPED


def test_signing_out_from_the_warning_saves_the_draft_first(at_a_step: Person) -> None:
    page, step = at_a_step.page, at_a_step.path
    at_a_step.answer("concern", TYPED)
    put_forward(page, 14 * MINUTE)
    with page.expect_request(lambda request: request.url.endswith(step)) as saved:
        page.locator("dialog [data-leave]").click()
    assert "leave=yes" in saved.value.post_data
    page.wait_for_url("**/account/login/**")


# The answer changes while its page is open


def test_a_tab_out_of_sight_saves_its_draft_and_goes_on_from_there(at_a_step: Person) -> None:
    page, step, field = at_a_step.page, at_a_step.path, at_a_step.field("concern")
    before = at_a_step.field("version").input_value()
    at_a_step.answer("concern", TYPED)
    # No headless browser hides a tab: this is what the page is told of a hidden one.
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    put_forward(page, 14 * MINUTE)
    expect(at_a_step.field("version")).not_to_have_value(before)
    page.evaluate("delete document.hidden")
    page.locator("dialog [data-stay]").click()
    expect(page.locator("dialog")).not_to_be_visible()
    assert (at_a_step.path, field.input_value()) == (step, TYPED)
    field.press_sequentially(LONG_TYPED)
    # What the page saved by itself is no answer of somebody else.
    assert at_a_step.go_on().ok and at_a_step.slug != "concern"
    at_a_step.open(step)
    assert field.input_value() == TYPED + LONG_TYPED


def test_an_answer_saved_meanwhile_is_told_and_what_was_typed_outlasts_the_session(
    at_a_step: Person, portal: Portal, findings: Findings
) -> None:
    """Another tab saves; this one cannot any more, and its words wait for their writer twice."""
    page, step = at_a_step.page, at_a_step.path
    other = Person(at_a_step.context, at_a_step.portal)
    other.open(step)
    at_a_step.answer("concern", LONG_TYPED)
    other.answer("concern", TYPED)
    other.go_on()

    put_forward(page, 15 * MINUTE)
    come_back(at_a_step, portal)
    assert at_a_step.field("concern").input_value() == LONG_TYPED
    assert at_a_step.go_on().status == 409
    examine(page, "both answers", findings)

    # Nobody chooses between the two in time.
    put_forward(page, 15 * MINUTE)
    come_back(at_a_step, portal)
    for words in (TYPED, LONG_TYPED):
        expect(page.locator("main").get_by_text(words).locator("visible=true")).to_be_visible()
    assert at_a_step.go_on().ok and at_a_step.slug != "concern"
    at_a_step.open(step)
    assert at_a_step.field("concern").input_value() == LONG_TYPED


def test_what_came_too_late_for_a_record_outlasts_the_session_too(
    at_a_step: Person, portal: Portal
) -> None:
    """It stands on the page that gives it back, and nowhere else."""
    page = at_a_step.page
    at_a_step.hurry(LEVEL_1.answers, until="concern")
    page.reload()
    other = Person(at_a_step.context, at_a_step.portal)
    other.open(at_a_step.conversation)
    other.walk(LEVEL_1.answers)
    other.record()
    at_a_step.answer("concern", LONG_TYPED)
    assert at_a_step.go_on().status == 409
    put_forward(page, 15 * MINUTE)
    come_back(at_a_step, portal)
    expect(page.locator("main").get_by_text(LONG_TYPED)).to_be_visible()


def come_back(person: Person, portal: Portal) -> None:
    """See that the page is out of sight, sign in beside it, and have it shown again."""
    expect(person.page.locator("dialog")).to_contain_text("You are signed out")
    expect(person.page.locator("main")).to_be_hidden()
    beside = Person(person.context, person.portal)
    beside.sign_in(TEACHER, portal.passwords[TEACHER])
    beside.page.close()
    person.page.locator("dialog [data-go-on]:visible").click()
    expect(person.page.locator("main")).to_be_visible()
