"""The first pages of a conversation, and its signs, with the hands on the keyboard only."""

import pytest

from tests.browser.cases import CHILD, LATE, LEVEL_1
from tests.browser.person import Person

pytestmark = pytest.mark.browser


class Keys:
    """Hands on the keyboard only."""

    def __init__(self, person: Person) -> None:
        self.page = person.page
        self.keyboard = person.page.keyboard

    def focus(self) -> dict[str, str]:
        return self.page.evaluate(
            "(({tagName, name, type, className}) =>"
            " ({tag: tagName, name, type, className}))(document.activeElement)"
        )

    def tab(self) -> dict[str, str]:
        """Go to the next place. A browser ignores keys until a new page is painted."""
        for _ in range(60):
            self.keyboard.press("Tab")
            if (at := self.focus())["tag"] != "BODY":
                return at
            self.page.wait_for_timeout(50)
        raise AssertionError("Tab leads nowhere")

    def tab_to(self, **wanted: str) -> None:
        for _ in range(60):
            at = self.tab()
            if all(at.get(key) == value for key, value in wanted.items()):
                return
        raise AssertionError(f"Tab never reaches {wanted}")

    def go_on(self) -> None:
        self.tab_to(tag="BUTTON", name="", type="submit")
        with self.page.expect_navigation():
            self.keyboard.press("Enter")


def test_the_first_pages_by_keyboard_alone(person: Person) -> None:
    keys = Keys(person)
    person.open("/conversations/new/")
    assert "govuk-skip-link" in keys.tab()["className"]
    keys.keyboard.press("Enter")
    # The numbers, the menu and the way back are skipped: the question comes at once.
    assert keys.tab()["name"] == "place"
    keys.keyboard.press("Space")
    keys.keyboard.press("ArrowDown")
    assert person.is_ticked("place", "derbyshire")
    keys.go_on()

    assert person.slug == "danger"
    keys.tab_to(name="danger")
    keys.keyboard.press("ArrowDown")
    assert person.is_ticked("danger", "no")
    keys.go_on()

    assert person.slug == "child"
    keys.tab_to(name="name")
    keys.keyboard.type(str(CHILD["name"]))
    keys.go_on()

    assert person.slug == "call"
    keys.tab_to(name="made")
    keys.keyboard.press("ArrowUp")
    assert person.is_ticked("made", "no")
    keys.go_on()

    assert person.slug == "concern"
    keys.tab_to(name="concern")
    keys.keyboard.type(LATE)
    keys.go_on()
    assert person.slug == "questions"


def test_a_domain_opens_and_a_sign_is_chosen_by_keyboard(person: Person) -> None:
    person.hurry(LEVEL_1.answers, until="signs")
    keys = Keys(person)
    keys.tab_to(className="govuk-details__summary domain__name")
    keys.keyboard.press("Enter")
    keys.tab_to(name="codes")
    keys.keyboard.press("Space")
    ticked = person.page.locator('main input[name="codes"]:checked')
    assert ticked.count() == 1
    assert ticked.is_visible()
