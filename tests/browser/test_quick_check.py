"""The quick check in a real browser: with and without JavaScript, on paper, left, carried over."""

from collections.abc import Callable
from io import BytesIO
from unicodedata import normalize

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.browser.audit import Auditor, Findings, examine
from tests.browser.cases import AREAS, EDITION, SIGNS, phones, urgent_phone
from tests.browser.person import Person, squash
from tests.browser.portal import EDITOR, TEACHER, Portal
from tests.browser.test_open import Listener

pytestmark = pytest.mark.browser

Arrive = Callable[..., Person]
START, CARRY_ON = "/quick-check/", "/quick-check/carry-on/"
LEFT = "https://www.bbc.co.uk/weather"
WORRY = "mum is drinking a lot and he comes in hungry"
ANSWERS = {
    "place": "derby",
    "danger": "no",
    "codes": ["dd034", "dd058"],
    "unknown_domains": ["health"],
    "level": "2",
    "significant_harm": "unknown",
}
DANGER = ANSWERS | {"place": "elsewhere", "danger": "yes"}
Look = Callable[[str], None]


def step_of(person: Person) -> str:
    """The page of the quick check: all stand at one address."""
    return person.page.locator("main form [name=page]").input_value()


def check(person: Person, answers: dict[str, str | list[str]], each: Look) -> list[str]:
    """Go through a whole check, with the finder, and meet each page."""
    passed: list[str] = []
    person.open(START)
    while True:
        here = step_of(person)
        assert here not in passed, f"held up at {here}"
        passed.append(here)
        each(here)
        if here == "next-steps":
            return passed
        if here == "signs":
            person.answer("worry", WORRY)
            find(person)
            each("signs found")
        for name, value in answers.items():
            if person.page.locator(f'main form [name="{name}"]:not([type=hidden])').count():
                person.answer(name, value)
        person.go_on()


def find(person: Person) -> None:
    person.press(person.page.locator("main form button[name=find]"))


def nothing(page: str) -> None:
    """Look at nothing."""


def cookies(person: Person) -> list[str]:
    return [cookie["name"] for cookie in person.context.cookies()]


# A whole check


@pytest.mark.parametrize("answers", [ANSWERS, DANGER], ids=["no danger", "danger elsewhere"])
def test_a_whole_check_without_javascript(
    arrive: Arrive, auditor: Auditor, answers: dict[str, str | list[str]]
) -> None:
    person, findings = arrive(email="", width=320), Findings()

    def look(name: str) -> None:
        here = person.seen()
        auditor.look(name, here.url, here.html, person.policy, findings)
        assert person.page.locator('a[href="tel:999"]').locator("visible=true").count()

    passed = check(person, answers, look)
    assert ("call-now" in passed) == (answers is DANGER)
    kept = [response.headers.get("cache-control", "") for response in person.responses]
    assert [caching for caching in kept if "no-store" not in caching] == []
    assert cookies(person) == []
    findings.check()


def test_a_whole_check_with_javascript(arrive: Arrive) -> None:
    person, findings = arrive(email="", width=320, scripts=True), Findings()
    listener = Listener(person)
    check(person, ANSWERS, lambda name: examine(person.page, name, findings))
    assert listener.complaints == []
    assert listener.hosts == {person.portal}
    assert cookies(person) == []
    assert person.page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    findings.check()


def test_an_empty_page_and_an_unsure_one_are_sound(arrive: Arrive, auditor: Auditor) -> None:
    person, findings = arrive(email="", width=320), Findings()

    def look(name: str) -> None:
        here = person.seen()
        auditor.look(name, here.url, here.html, person.policy, findings)

    person.open(START)
    person.go_on()
    look("no place")
    person.answer("place", "not_sure")
    person.go_on()
    look("not sure where")
    for slug in AREAS:
        assert squash(urgent_phone(slug)) in person.seen().text
    person.answer("place", "unknown")
    person.go_on()
    assert step_of(person) == "danger"
    person.answer("danger", "no")
    person.go_on()
    find(person)
    look("an empty finder")
    person.go_on()
    look("no sign")
    findings.check()


def test_back_leads_through_the_answers(arrive: Arrive) -> None:
    person = arrive(email="", width=320)
    passed = check(person, ANSWERS, nothing)
    for slug in reversed(passed[:-1]):
        person.press(person.page.locator("main form button[name=go]"))
        assert step_of(person) == slug
    assert person.is_ticked("place", "derby")


def test_it_prints_on_a4_with_all_that_a_reader_needs(arrive: Arrive) -> None:
    person = arrive(email="", width=1280, scripts=True)
    check(person, ANSWERS, nothing)
    reader = PdfReader(BytesIO(person.page.pdf(format="A4")))
    printed = "".join(sheet.extract_text() for sheet in reader.pages)
    text = squash(normalize("NFKC", printed))  # letters that the font joins
    assert len(reader.pages) <= 4
    for code in ANSWERS["codes"]:
        assert squash(SIGNS[code]["text"]) in text
    for words in (EDITION["title"], "Not confirmed since", "nothing of it was stored"):
        assert squash(words) in text
    assert all(phone in text for phone in phones("derby"))
    assert not any(phone in text for phone in phones("derbyshire"))
    assert squash("Exit this page") not in text and squash("Print this page") not in text


# Leaving


@pytest.mark.parametrize("how", ["the button", "the keyboard"])
def test_leaving_leaves_no_answer_behind(arrive: Arrive, how: str) -> None:
    person = arrive(email="", width=320, scripts=True)
    page = person.page
    page.route(f"{LEFT}**", lambda route: route.fulfill(body="<h1>Weather</h1>"))
    person.open("/contacts/")
    passed = check(person, ANSWERS, nothing)
    if how == "the button":
        page.locator(".govuk-exit-this-page__button").click()
    else:
        # Three times Shift, as GOV.UK's component hears it once the page's scripts have run.
        page.wait_for_load_state("load")
        press = "document.dispatchEvent(new KeyboardEvent('keyup', {key: 'Shift'}))"
        page.evaluate(";".join([press] * 3))
    expect(page).to_have_url(LEFT)
    for _ in range(len(passed) + 2):
        page.go_back()
        if person.path == "/contacts/":
            return
        assert step_of(person) == "area"
        assert not page.locator("main input:checked").count()
        assert page.locator("main form input[type=hidden]").count() == 1
    pytest.fail("the pages before the check are not there any more")


# Carrying it over


@pytest.mark.parametrize("scripts", [False, True])
def test_signing_in_carries_it_over(
    arrive: Arrive, portal: Portal, auditor: Auditor, scripts: bool
) -> None:
    person, findings = arrive(email="", width=320, scripts=scripts), Findings()
    check(person, DANGER, nothing)
    person.press(person.page.locator("main form button[name=carry]"))
    assert person.path == "/account/login/"
    person.give_password(TEACHER, portal.passwords[TEACHER])
    assert person.path == CARRY_ON
    for code in DANGER["codes"]:
        assert squash(SIGNS[code]["text"]) in person.seen().text
    if scripts:
        examine(person.page, "carrying over", findings)
    else:
        here = person.seen()
        auditor.look("carrying over", here.url, here.html, person.policy, findings)
    person.go_on()
    assert person.slug == "call-now"
    assert "quick_check" not in cookies(person)
    person.step("signs")
    person.open(CARRY_ON)
    assert not person.page.locator("main form").count(), "it is used once"
    here = person.seen()
    auditor.look("nothing to carry over", here.url, here.html, person.policy, findings)
    findings.check()


def test_leaving_the_page_that_carries_over_clears_it(arrive: Arrive) -> None:
    person = arrive(email=TEACHER, width=1280, scripts=True)
    page = person.page
    page.route(f"{LEFT}**", lambda route: route.fulfill(body="<h1>Weather</h1>"))
    check(person, ANSWERS, nothing)
    person.press(page.locator("main form button[name=carry]"))
    assert person.path == CARRY_ON and "quick_check" in cookies(person)
    page.locator(".govuk-exit-this-page__button").click()
    expect(page).to_have_url(LEFT)
    for _ in range(50):  # the answer comes when the page has gone
        if "quick_check" not in cookies(person):
            return
        page.wait_for_timeout(100)
    pytest.fail("what waited to be carried over is still there")


def test_who_records_no_conversations_carries_nothing_over(arrive: Arrive) -> None:
    editor = arrive(email=EDITOR, width=1280)
    check(editor, ANSWERS, nothing)
    response = editor.press(editor.page.locator("main form button[name=carry]"))
    assert response.status == 403
    assert "quick_check" not in cookies(editor)
