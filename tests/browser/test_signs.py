"""The signs page in a browser: what somebody wrote, how far it goes, and what is chosen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator

from tests.browser.audit import Auditor, Findings, examine
from tests.browser.cases import LEVEL_2, SIGNS
from tests.browser.person import Person

pytestmark = pytest.mark.browser

Arrive = Callable[..., Person]
WORRIES = (
    "Mum is drinking a lot and he comes in hungry and dirty. He is not hitting others. "
    "His attendance has dropped since September. They are behind with the rent and got a letter "
    "about eviction. He said: “I make tea for my sister because Mum sleeps.”"
)
ANSWERS = {**LEVEL_2.answers, "concern": WORRIES}
# A worry that the words above bring nowhere near, and one of its neighbours.
DECAY, WORSE_DECAY = "dd035", "dd151"


def box(person: Person, code: str) -> Locator:
    return person.page.locator(f'input[name="codes"][value="{code}"]')


def further(person: Person, code: str) -> Locator:
    """What stands below a sign about how far it goes."""
    return box(person, code).locator("xpath=..").locator(".further")


def first_suggestion(person: Person) -> Locator:
    near = person.page.locator(".suggestion__near")
    return person.page.locator(".suggestion", has=near).first


@pytest.mark.parametrize("width", [320, 1280])
def test_a_chosen_worry_shows_how_far_it_goes_before_it_is_saved(
    arrive: Arrive, width: int
) -> None:
    person = arrive(width=width)
    person.hurry(ANSWERS, until="signs")
    assert not further(person, DECAY).is_visible()
    person.tick("codes", DECAY)
    assert further(person, DECAY).is_visible()
    # Each neighbour is a link to its checkbox.
    further(person, DECAY).get_by_text(SIGNS[WORSE_DECAY]["text"], exact=True).click()
    assert box(person, WORSE_DECAY).is_visible()
    person.tick("codes", WORSE_DECAY)
    person.go_on()
    assert person.slug == "evidence"
    person.step("signs")
    assert person.is_ticked("codes", DECAY) and person.is_ticked("codes", WORSE_DECAY)


# The first sign whose neighbour stands in another domain, and that neighbour.
FOLDED_AWAY = """() => {
    for (const link of document.querySelectorAll('.domain .further a')) {
        const box = document.querySelector(link.hash);
        if (box.closest('.domain') && !link.closest('.domain').contains(box))
            return [link.closest('.sign').querySelector('input').value, box.value];
    }
}"""


@pytest.mark.parametrize("scripts", [False, True])
def test_a_neighbour_in_another_domain_is_unfolded(arrive: Arrive, scripts: bool) -> None:
    person = arrive(width=320, scripts=scripts)
    person.hurry(ANSWERS, until="signs")
    code, other = person.page.evaluate(FOLDED_AWAY)
    person.tick("codes", code)
    if scripts:
        further(person, code).get_by_label(SIGNS[other]["text"], exact=True).check()
        person.page.locator(f'#chosen a[href="#sign-{other}"]').click()
    else:
        further(person, code).locator(f'a[href="#sign-{other}"]').click()
    assert box(person, other).is_visible()


@pytest.mark.parametrize("scripts", [False, True])
def test_a_suggestion_shows_its_neighbours_before_and_after_it_is_chosen(
    arrive: Arrive, scripts: bool
) -> None:
    person = arrive(width=320, scripts=scripts)
    person.hurry(ANSWERS, until="signs")
    suggestion = first_suggestion(person)
    near = suggestion.locator(".suggestion__near .sign").first
    assert not near.is_visible()
    suggestion.locator("summary").click()
    assert near.is_visible()
    suggestion.locator("summary").click()
    assert not near.is_visible()
    suggestion.locator("input").first.check()
    near.wait_for(state="visible")


def test_a_suggested_sign_is_found_from_its_domain(arrive: Arrive) -> None:
    person = arrive(width=320)
    person.hurry(ANSWERS, until="signs")
    code = str(first_suggestion(person).locator("input").first.get_attribute("value"))
    domain = person.page.locator(f"#domain-{SIGNS[code]['domain'][1]}")
    domain.locator("summary").click()
    assert domain.get_by_text(SIGNS[code]["text"]).first.is_visible()
    domain.locator(f'a[href="#sign-{code}"]').click()
    assert box(person, code).is_visible()
    assert person.page.evaluate("document.querySelector(':target').value") == code


def test_the_signs_page_is_sound(arrive: Arrive, auditor: Auditor) -> None:
    """As it is met, and once signs are chosen."""
    person, findings = arrive(), Findings()
    person.hurry(ANSWERS, until="signs")
    path = person.path
    met = person.seen()
    auditor.look("signs, suggested", met.url, met.html, person.policy, findings)
    person.tick("codes", DECAY)
    first_suggestion(person).locator("input").first.check()
    person.leave()
    person.open(path)
    chosen = person.seen()
    auditor.look("signs, chosen", chosen.url, chosen.html, person.policy, findings)
    findings.check()


def test_with_scripts_what_is_chosen_shows_at_once(arrive: Arrive) -> None:
    person, findings, said = arrive(width=320, scripts=True), Findings(), []
    person.page.on("console", lambda message: said.append((message.type, message.text)))
    person.page.on("pageerror", lambda error: said.append(("error", str(error))))
    person.hurry(ANSWERS, until="signs")
    chosen = person.page.locator("#chosen")
    health = person.page.locator("#domain-health .domain__count")
    assert not chosen.is_visible()

    person.tick("codes", DECAY)
    # A neighbour is chosen where it is named, and its own checkbox follows.
    worse = further(person, DECAY).get_by_label(SIGNS[WORSE_DECAY]["text"], exact=True)
    worse.check()
    assert box(person, WORSE_DECAY).is_checked()
    assert chosen.locator("li").all_inner_texts() == [
        SIGNS[DECAY]["text"],
        SIGNS[WORSE_DECAY]["text"],
    ]
    assert health.inner_text().startswith("2")
    examine(person.page, "signs, chosen with scripts", findings, widths=(320, 1280))

    box(person, WORSE_DECAY).uncheck()
    assert not worse.is_checked()
    assert chosen.locator("li").count() == 1
    person.go_on()
    person.step("signs")
    assert person.is_ticked("codes", DECAY) and not person.is_ticked("codes", WORSE_DECAY)
    assert [text for kind, text in said if kind == "error"] == []
    findings.check()
