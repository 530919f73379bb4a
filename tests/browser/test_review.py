"""A record and its review, by a teacher and a lead at their own browsers."""

from collections.abc import Callable

import pytest

from tests.browser.audit import Auditor, Findings
from tests.browser.cases import DERBY_DANGER
from tests.browser.person import Person
from tests.browser.portal import LEAD, TEACHER, Portal

pytestmark = pytest.mark.browser

QUESTION = "What did the nurse say about the bruise?"
ANSWER = "The nurse says it is three days old."
LATER = "He told me it happened again."


def test_a_record_is_asked_about_added_to_signed_off_and_reopened(
    arrive: Callable[..., Person], portal: Portal, auditor: Auditor
) -> None:
    findings = Findings()

    def look(person: Person, name: str) -> None:
        here = person.seen()
        auditor.look(name, here.url, here.html, person.policy, findings)

    teacher = arrive(email=TEACHER)
    teacher.hurry(DERBY_DANGER.answers)
    teacher.record()
    record = teacher.conversation

    lead = arrive(email=LEAD)
    lead.open("/desk/")
    look(lead, "desk")
    link = lead.page.locator(f"a[href='{record}summary/']")
    assert link.count() == 1
    lead.press(link)
    look(lead, "record, as the lead reads it")

    decide(lead, "ask")
    assert lead.errors(), "asking needs a question"
    look(lead, "review, refused")
    decide(lead, "ask", QUESTION)
    assert QUESTION in lead.page.locator("#later").inner_text()

    teacher.open(f"{record}add/")
    assert QUESTION in teacher.page.locator("main").inner_text()
    look(teacher, "add")
    add(teacher, record, ANSWER)
    look(teacher, "record, added to")

    lead.open(f"{record}summary/")
    assert ANSWER in lead.page.locator("#later").inner_text()
    decide(lead, "sign-off")
    lead.open("/desk/")
    # Its follow-up in writing may still be due, but its review is done.
    lead.open("/desk/?status=signed-off")
    assert lead.page.locator(f"a[href='{record}summary/']").count() == 1

    add(teacher, record, LATER)
    lead.open("/desk/?status=reopened")
    assert lead.page.locator(f"a[href='{record}summary/']").count() == 1
    look(lead, "desk, reopened")
    lead.open(f"{record}summary/")
    assert LATER in lead.page.locator("#later").inner_text()
    lead.page.locator("#events summary").click()
    assert "signed off" in lead.page.locator("#events").inner_text()

    for page in ("follow-up/", "keep-from/", "hold/", "subject-access/"):
        lead.open(record + page)
        look(lead, page)
    lead.open("/desk/keeping/")
    look(lead, "keeping")
    lead.open("/desk/numbers/")
    look(lead, "numbers")
    lead.open(f"{record}summary/")
    lead.press(lead.page.locator("#escalations form button"))
    look(lead, "escalation")
    findings.check()


def decide(lead: Person, decision: str, text: str = "") -> None:
    lead.tick("decision", decision)
    lead.answer("text", text)
    lead.press(lead.page.locator("form[action$='/review/'] button"))


def add(person: Person, record: str, text: str) -> None:
    person.open(f"{record}add/")
    person.answer("text", text)
    person.go_on()


def test_what_is_searched_for_comes_into_no_address(
    arrive: Callable[..., Person], portal: Portal
) -> None:
    teacher = arrive(email=TEACHER)
    teacher.hurry(DERBY_DANGER.answers)
    teacher.record()
    lead = arrive(email=LEAD)
    lead.open("/desk/?status=all")
    lead.answer("words", "breakfast")
    lead.press(lead.page.locator("form.filters button"))
    assert lead.page.locator(f"a[href='{teacher.conversation}summary/']").count() == 1
    assert "breakfast" not in lead.page.url
