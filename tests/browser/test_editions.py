"""An edition is drafted, changed, compared, replayed, approved and published, by two editors."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser import portal as program
from tests.browser.audit import HEIGHT, Auditor, Findings
from tests.browser.cases import EDITION, LEVEL_2, SIGNS, urgent_phone
from tests.browser.person import Person, squash
from tests.browser.portal import EDITOR, SECOND_EDITOR, TEACHER, Portal

pytestmark = pytest.mark.browser

SHIPPED, NEXT = EDITION["slug"], "next-edition"
REWORDED, MOVED = "dd034", "dd041"
OLD_WORDS, MOVED_WORDS = SIGNS[REWORDED]["text"], SIGNS[MOVED]["text"]
NEW_WORDS = "Is often hungry, and thinner than in the spring"
OLD_NUMBER, NEW_NUMBER = urgent_phone("derby"), "01332 960002"
REASON = "The desk is moving. I ring again on Monday."

Arrive = Callable[[str], Person]


@pytest.fixture(scope="module")
def publishing(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Portal]:
    """A portal of its own: what is published here, no other test must meet."""
    with program.running(tmp_path_factory.mktemp("publishing")) as started:
        yield started


@pytest.fixture
def come(browser: Browser, publishing: Portal) -> Iterator[Arrive]:
    windows = []

    def arrive(email: str) -> Person:
        size = {"width": 768, "height": HEIGHT}
        windows.append(browser.new_context(viewport=size, java_script_enabled=False))
        person = Person(windows[-1], publishing.url)
        person.sign_in(email, publishing.passwords[email])
        return person

    yield arrive
    for window in windows:
        window.close()


def test_two_editors_publish_a_change_and_nobody_in_the_middle_of_one_is_disturbed(
    come: Arrive, auditor: Auditor
) -> None:
    findings = Findings()

    def look(person: Person, name: str) -> None:
        here = person.seen()
        auditor.look(name, here.url, here.html, person.policy, findings)

    teacher = come(TEACHER)
    teacher.hurry(LEVEL_2.answers)
    teacher.record()
    recorded = teacher.conversation
    teacher.hurry(LEVEL_2.answers, until="signs")
    begun = teacher.conversation

    editor = come(EDITOR)
    assert editor.path == "/editors/"
    look(editor, "home")
    draft(editor)
    look(editor, "draft")
    change(editor, REWORDED, lambda: editor.answer("text", NEW_WORDS))
    change(editor, MOVED, lambda: choose(editor, "level", "Level 3"))
    look(editor, "indicators")
    correct_number(editor)

    editor.open(f"/editors/editions/{NEXT}/")
    editor.press(editor.page.get_by_role("link", name="Compare it with the edition in force"))
    compared = editor.page.locator("main").inner_text()
    assert squash(MOVED_WORDS) in squash(compared)
    said = editor.page.locator("main ins").all_inner_texts()
    assert "thinner" in " ".join(said)
    look(editor, "compare")

    editor.open(f"/editors/editions/{NEXT}/replay/")
    look(editor, "replay")
    editor.go_on()
    assert editor.page.locator("main table").count()
    look(editor, "replayed")

    editor.open(f"/editors/editions/{NEXT}/propose/")
    look(editor, "propose")
    editor.go_on()
    assert not editor.errors()
    refused = editor.open(f"/editors/editions/{NEXT}/approve/")
    assert not editor.page.locator("main form button").count(), "not by whoever proposed it"
    assert refused.status in (200, 403, 409)

    second = come(SECOND_EDITOR)
    assert second.page.locator(f"main a[href='/editors/editions/{NEXT}/approve/']").count()
    look(second, "home of the second editor")
    second.open(f"/editors/editions/{NEXT}/approve/")
    look(second, "approve")
    second.go_on()
    assert second.errors(), "an emergency number is not confirmed, so a reason is asked for"
    assert in_force(teacher) == OLD_WORDS
    second.answer("reason", REASON)
    second.go_on()
    assert not second.errors()
    look(second, "published")
    assert REASON in second.page.locator("main").inner_text()

    for page, words in ((f"{begun}signs/", OLD_WORDS), (f"{recorded}summary/", OLD_WORDS)):
        teacher.open(page)
        text = teacher.seen().text
        assert squash(words) in text and squash(NEW_WORDS) not in text
    assert squash(NEW_NUMBER) in text, "the phone card is of today, whatever the edition"
    teacher.hurry(LEVEL_2.answers, until="signs")
    text = teacher.seen().text
    assert squash(NEW_WORDS) in text and squash(OLD_WORDS) not in text
    assert in_force(teacher) == NEW_WORDS
    teacher.open("/levels/3/")
    assert squash(MOVED_WORDS) in teacher.seen().text
    findings.check()


def draft(editor: Person) -> None:
    editor.open(f"/editors/editions/{SHIPPED}/draft/")
    editor.answer("slug", NEXT)
    editor.go_on()
    assert editor.path == f"/editors/editions/{NEXT}/"


def change(editor: Person, code: str, how: Callable[[], None]) -> None:
    editor.open(f"/editors/editions/{NEXT}/signs/{code}/")
    how()
    editor.go_on()
    assert not editor.errors()


def choose(person: Person, name: str, label: str) -> None:
    options = person.field(name).locator("option", has_text=label)
    person.answer(name, options.first.get_attribute("value") or "")


def correct_number(editor: Person) -> None:
    editor.open("/editors/contacts/")
    row = editor.page.locator("tr", has_text=OLD_NUMBER).first
    editor.press(row.get_by_role("link", name="Correct"))
    for name in ("phone", "phone_again"):
        editor.answer(name, NEW_NUMBER)
    editor.answer("how", "The council rang me about it today.")
    editor.go_on()
    assert not editor.errors()


def in_force(person: Person) -> str:
    """The words of the reworded indicator on its open page."""
    person.open(f"/indicators/{REWORDED}/")
    return person.page.locator("main h1").inner_text()
