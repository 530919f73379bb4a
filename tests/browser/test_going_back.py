"""An earlier answer is changed, a draft is left and taken up again, somebody signs out and in."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from tests.browser.cases import (
    CHILD,
    CONCERN,
    DERBY_DANGER,
    DERBYSHIRE_REFUSED,
    LEVEL_2,
    phones,
)
from tests.browser.person import Person, drafts, squash
from tests.browser.portal import TEACHER, Portal

pytestmark = pytest.mark.browser

Arrive = Callable[..., Person]
ANSWERS = LEVEL_2.answers


# Back to an earlier answer


def test_no_danger_after_all_asks_only_what_is_new(person: Person) -> None:
    """Signs that name harm raise their question once danger has not answered it."""
    assert "call-now" in person.hurry(DERBY_DANGER.answers)
    person.step("danger")
    assert person.is_ticked("danger", "yes")
    person.answer("danger", "no")
    person.go_on()
    pages = {page.slug for page in person.walk({"significant_harm": "no"})}
    assert set(person.asked) == {"significant_harm"}
    assert pages <= {"reading", "next-steps", "agreement", "sharing", "check"}
    assert not person.page.locator('main a[href$="/call-now/"]').count()


def test_back_takes_along_what_was_typed(arrive: Arrive) -> None:
    person = arrive(scripts=True)
    person.hurry(ANSWERS, until="concern")
    step = person.path
    person.answer("concern", CONCERN["concern"])
    person.press(person.page.locator(".govuk-back-link"))
    assert person.path != step
    person.open(step)
    assert person.field("concern").input_value() == CONCERN["concern"]


def test_back_with_what_cannot_be_saved_says_why_and_loses_nothing(arrive: Arrive) -> None:
    person = arrive(scripts=True)
    person.hurry(ANSWERS, until="child")
    step = person.path
    person.answer("born_on_day", "41")
    person.page.locator(".govuk-back-link").click()
    person.page.locator(".govuk-error-summary").wait_for()
    assert person.path == step
    assert person.field("born_on_day").input_value() == "41"


def test_what_was_written_about_a_refusal_drops_out_once_they_agree(person: Person) -> None:
    answers = DERBYSHIRE_REFUSED.answers
    stale = squash(str(answers["advice_from"]))
    person.hurry(answers)
    assert stale in person.seen().text
    person.step("agreement")
    person.answer("agreement", "given")
    person.go_on()
    asked = {page.slug for page in person.walk(answers | {"agreement": "given"})}
    assert asked <= {"next-steps", "sharing", "check"}, "only what the change touches is asked"
    assert stale not in person.seen().text
    assert stale not in person.record().text
    assert stale not in person.read_pdf().text


def test_another_area_brings_its_own_numbers_and_drops_the_old(person: Person) -> None:
    person.hurry(ANSWERS)
    assert phones("derby") & numbers_on(person)
    person.step("area")
    person.answer("place", "derbyshire")
    person.go_on()
    person.walk(ANSWERS)
    assert phones("derbyshire") <= numbers_on(person)
    assert not phones("derby") & numbers_on(person)
    person.record()
    assert not phones("derby") & numbers_on(person)
    text = person.read_pdf().text
    assert [phone for phone in phones("derby") if phone in text] == []


def numbers_on(person: Person) -> set[str]:
    links = person.page.locator('a[href^="tel:"]').all()
    return {squash(str(link.text_content())) for link in links}


def test_a_changed_judgement_keeps_the_first_beside_it(person: Person) -> None:
    person.hurry(ANSWERS)
    person.step("judgement")
    person.answer("level", "1")
    person.answer("reason", "The school nurse is enough.")
    person.go_on()
    assert person.slug == "reading", "the reading is shown again beside the new judgement"
    person.walk({})
    person.record()
    text = person.read_pdf().text
    assert squash("The school nurse is enough.") in text
    assert squash(str(ANSWERS["reason"])) in text


def test_the_back_link_walks_through_the_answers(person: Person) -> None:
    passed = person.hurry(ANSWERS, until="in-place")
    for slug in reversed(passed[:-1]):
        person.press(person.page.locator(".govuk-back-link"))
        assert person.slug == slug
    assert person.is_ticked("place", str(ANSWERS["place"]))


# Leaving and coming back


def test_a_draft_can_be_left_and_taken_up_again(arrive: Arrive, portal: Portal) -> None:
    person = arrive(email="")
    person.sign_in(TEACHER, portal.passwords[TEACHER])
    person.hurry(ANSWERS, until="concern")
    draft = person.conversation
    person.answer_step(ANSWERS)
    person.leave()
    assert person.path == "/conversations/"
    assert draft in drafts(person)
    person.sign_out()

    person.sign_in(TEACHER, portal.passwords[TEACHER])
    person.open("/conversations/")
    person.press(person.page.locator(f'main a[href="{draft}"]'))
    assert person.slug == "questions"
    person.step("concern")
    assert person.field("concern").input_value() == CONCERN["concern"]
    person.step("child")
    assert person.field("name").input_value() == CHILD["name"]
    assert person.field("born_on_day").input_value() == str(CHILD["born_on"].day)
    person.step("danger")
    assert person.is_ticked("danger", "no")


@pytest.mark.parametrize(
    ("slug", "typed"),
    [("in-place", {"services_now": "School nurse since spring"}), ("call", {"made": "yes"})],
)
def test_a_half_filled_page_can_be_left_without_losing_it(
    person: Person, slug: str, typed: dict[str, str]
) -> None:
    person.hurry(ANSWERS, until=slug)
    draft = person.conversation
    for name, value in typed.items():
        person.answer(name, value)
    person.leave()
    assert person.path == "/conversations/", "leaving must be possible at any time"
    person.press(person.page.locator(f'main a[href="{draft}"]'))
    assert person.slug == slug
    for name, value in typed.items():
        kept = (
            person.is_ticked(name, value)
            if value == "yes"
            else person.field(name).input_value() == value
        )
        assert kept, f"{name} is lost"


# After signing out


def test_nothing_personal_opens_after_signing_out(arrive: Arrive, portal: Portal) -> None:
    person = arrive(email="")
    person.sign_in(TEACHER, portal.passwords[TEACHER])
    person.hurry(ANSWERS)
    draft = person.conversation
    pages = [draft, *(f"{draft}{page}" for page in ("child/", "check/", "summary/", "summary.pdf"))]
    person.sign_out()
    for path in ("/conversations/", "/conversations/new/", *pages):
        response = person.open(path)
        assert urlsplit(response.url).path == "/account/login/"
        assert str(CHILD["name"]) not in person.page.content()
        asked = response.request.redirected_from
        assert asked, f"{path} opened"
        assert "no-store" in asked.response().headers["cache-control"]


def test_signing_in_leads_on_to_the_page_that_was_asked_for(arrive: Arrive, portal: Portal) -> None:
    owner = arrive()
    owner.hurry(ANSWERS, until="child")
    person = arrive(email="")
    person.open(f"{owner.conversation}child/")
    person.answer("login", TEACHER)
    person.answer("password", portal.passwords[TEACHER])
    person.go_on()
    assert person.path == f"{owner.conversation}child/"
