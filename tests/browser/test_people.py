"""A colleague is invited, joins, works, and leaves: each at their own browser."""

import re
from collections.abc import Callable

import pytest

from tests.browser.audit import Auditor, Findings
from tests.browser.person import Person
from tests.browser.portal import LEAD, Portal

pytestmark = pytest.mark.browser

COLLEAGUE = "colleague@example.org"


def letter_to(portal: Portal, email: str) -> str:
    """Return the path of the link in the last letter that went to an address."""
    letters = portal.log.read_text().split("Subject: ")
    last = [letter for letter in letters if f"To: {email}" in letter][-1]
    return re.search(r"/people/invitation/\S+", last)[0]


def test_a_colleague_joins_works_and_leaves(
    arrive: Callable[..., Person], portal: Portal, auditor: Auditor
) -> None:
    findings = Findings()

    def look(person: Person, name: str, status: int = 200) -> None:
        here = person.seen()
        assert here.status == status, f"{name}: {here.status}"
        auditor.look(name, here.url, here.html, person.policy, findings)

    lead = arrive(email=LEAD)
    lead.open("/people/invite/")
    lead.go_on()
    look(lead, "invite, empty")
    lead.answer("email", COLLEAGUE)
    lead.answer("role", "practitioner")
    lead.go_on()
    look(lead, "people, with an invitation")

    link = letter_to(portal, COLLEAGUE)
    colleague = arrive(email="")
    colleague.open(link)
    colleague.answer("name", "Cass New")
    colleague.answer("password", "short")
    colleague.go_on()
    look(colleague, "accept, a weak password")
    colleague.answer("password", "three random words")
    colleague.go_on()
    assert colleague.path == "/conversations/"
    assert colleague.open("/conversations/new/").status == 200
    assert colleague.open("/people/").status == 404

    lead.open(link)
    look(lead, "a used link", 410)
    lead.open("/people/")
    row = lead.page.locator("tr", has_text=COLLEAGUE)
    lead.press(row.locator("a[href$='/role/']"))
    look(lead, "role")
    lead.open("/people/")
    lead.press(row.locator("a[href$='/suspend/']"))
    look(lead, "suspend")
    lead.go_on()
    look(lead, "people, one suspended")
    assert colleague.open("/conversations/new/").status == 403, "out at the next click"

    lead.press(row.locator("a[href$='/restore/']"))
    lead.go_on()
    assert colleague.open("/conversations/new/").status == 200
    findings.check()
