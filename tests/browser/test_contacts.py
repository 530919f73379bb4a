"""An editor in a hurry corrects an emergency number on a phone, and confirms it."""

from collections.abc import Callable, Iterator

import pytest

from tests.browser.audit import PHONE, Auditor, Findings
from tests.browser.person import Person, squash
from tests.browser.portal import EDITOR, SECOND_EDITOR, Portal

pytestmark = pytest.mark.browser

OLD, NEW, SLIP = "01332 641172", "01332 960001", "01332 960010"
SOURCE = "Threshold document, December 2019"
# Names that are hard to fit on a phone.
LONGEST = {
    "contact": "Childrens Services Professional Consultation Line",
    "link": "www.derbyshire.gov.uk/startingpoint",
}
HOW = "I rang the council today, and they gave me this number."


@pytest.fixture
def editor(arrive: Callable[..., Person]) -> Iterator[Person]:
    """An editor, who leaves the number as other tests must find it."""
    editor = arrive(email=EDITOR, width=PHONE)
    yield editor
    open_form(editor)
    if editor.field("phone").input_value() != OLD:
        editor.page.locator("main summary").click()
        give(editor, phone=OLD, phone_again=OLD, source=SOURCE, how="As it was")
        assert not editor.errors()


def open_form(editor: Person) -> None:
    editor.open("/editors/contacts/")
    row = editor.page.locator("tr", has_text="First Contact Team")
    editor.press(row.get_by_role("link", name="Correct"))


def give(person: Person, **answers: str) -> None:
    for name, value in answers.items():
        person.answer(name, value)
    person.go_on()


def letters_to(portal: Portal, email: str) -> list[str]:
    letters = portal.log.read_text().split("Subject: ")
    return [letter for letter in letters if f"To: {email}" in letter]


def test_an_emergency_number_is_corrected_shown_at_once_told_and_confirmed(
    editor: Person, arrive: Callable[..., Person], portal: Portal, auditor: Auditor
) -> None:
    findings = Findings()

    def look(name: str) -> None:
        here = editor.seen()
        auditor.look(name, here.url, here.html, editor.policy, findings)

    def shown() -> str:
        return squash(teacher.page.locator("main").inner_text())

    teacher = arrive()
    teacher.open("/contacts/")
    assert squash(OLD) in shown()

    open_form(editor)
    look("correct")
    told = len(letters_to(portal, SECOND_EDITOR))
    for again in ("", SLIP):
        give(editor, phone=NEW, phone_again=again, how=HOW)
        assert editor.field("phone").input_value() == NEW, "nothing typed is lost"
        assert [error.get_attribute("href") for error in editor.errors()] == ["#id_phone_again"]
        look("correct, refused")
    teacher.open("/contacts/")
    assert squash(OLD) in shown() and squash(NEW) not in shown()

    give(editor, phone_again=NEW)
    assert editor.path.endswith("/confirm/")
    look("confirm")
    teacher.open("/contacts/")
    assert squash(NEW) in shown() and squash(OLD) not in shown()
    newcomer = arrive(email="")
    newcomer.open("/")
    assert squash(NEW) in newcomer.seen().text
    letters = letters_to(portal, SECOND_EDITOR)
    assert len(letters) == told + 1 and NEW in letters[-1] and HOW not in letters[-1]
    assert not letters_to(portal, EDITOR)

    editor.go_on()
    assert editor.errors(), "confirming needs a note"
    look("confirm, refused")
    give(editor, how="I rang it, and the duty desk answered.")
    assert editor.path == "/editors/contacts/"
    look("contacts, one confirmed")
    teacher.open("/contacts/")
    card = teacher.page.locator("main .phone-card__contact", has_text=NEW).first
    assert "Confirmed on" in card.inner_text()

    open_form(editor)
    assert HOW in editor.page.locator("main").inner_text()
    look("correct, with a history")
    findings.check()


def test_opening_hours_are_typed_as_lines_and_a_slip_is_explained(
    editor: Person, auditor: Auditor
) -> None:
    open_form(editor)
    give(editor, opening="Monday to Friday 9 to 5", how=HOW)
    assert "am or pm" in editor.errors()[0].inner_text()
    assert editor.field("opening").input_value() == "Monday to Friday 9 to 5"


@pytest.mark.parametrize("word", ["contact", "link"])
def test_every_other_page_about_contacts_and_links_is_clean(
    editor: Person, auditor: Auditor, word: str
) -> None:
    findings = Findings()
    editor.open(f"/editors/{word}s/")
    longest = editor.page.locator("main tbody tr", has_text=LONGEST[word])
    retire = longest.locator("a[href$='/retire/']").get_attribute("href")
    for path in (
        f"/editors/{word}s/",
        f"/editors/{word}s/add/",
        retire,
        retire.replace("retire", "confirm"),
        retire.replace("retire/", ""),
    ):
        assert editor.open(path).status == 200
        here = editor.seen()
        auditor.look(path, here.url, here.html, editor.policy, findings)
    editor.open(f"/editors/{word}s/add/")
    editor.go_on()
    assert editor.errors()
    here = editor.seen()
    auditor.look(f"add a {word}, refused", here.url, here.html, editor.policy, findings)
    findings.check()
