"""The guidance changes while somebody writes: they are told, and nothing of theirs changes."""

import pytest
from django.test import Client

from accounts.models import User
from guidance_content import contacts, editions
from tests.editors import put_in_force, shipped
from tests.pages import main_part, text_of
from tests.people import LEVEL_2, answer, record, walk_to
from thresholds.models import Contact, Edition, Indicator

pytestmark = pytest.mark.django_db

CHANGED = "The guidance changed on"
OLD, NEW = "01332 641172", "01332 000001"


def test_an_edition_that_is_published_mid_conversation_is_told_and_does_not_change_it(
    teachers_browser: Client, draft: Edition
) -> None:
    url = walk_to(teachers_browser, "signs")
    assert CHANGED not in main_part(teachers_browser.get(url))
    Indicator.objects.filter(edition=draft, code="dd034").update(text="Worded anew")
    put_in_force(draft)
    page = main_part(teachers_browser.get(url))
    assert CHANGED in page and draft.title in page and "Worded anew" not in page
    while not url.endswith("/check/"):
        answered = answer(teachers_browser, url, LEVEL_2)
        assert answered.status_code == 302, url
        url = answered.url
    assert teachers_browser.post(url).status_code == 302
    # Whoever begins now begins under the new one, and is told nothing.
    begun = walk_to(teachers_browser, "danger")
    assert CHANGED not in main_part(teachers_browser.get(begun))


def test_the_record_says_under_which_edition_it_was_made(
    teachers_browser: Client, draft: Edition
) -> None:
    url = walk_to(teachers_browser, "check")
    put_in_force(draft)
    assert CHANGED in main_part(teachers_browser.get(url))
    summary = teachers_browser.post(url).url
    page = main_part(teachers_browser.get(summary))
    assert "December 2019" in page and draft.title not in page


def test_a_contact_that_is_retired_mid_conversation_gives_way_on_the_next_page(
    teachers_browser: Client, edie: User
) -> None:
    first = record(teachers_browser, danger={"danger": "yes"})
    url = walk_to(teachers_browser, "next-steps")
    assert OLD in teachers_browser.get(url).content.decode()
    contact = Contact.objects.get(phone=OLD)
    values = contacts.facts(contact) | {"name": "Another line", "phone": NEW, "area": contact.area}
    contacts.add(model=Contact, values=values, note="Rang them", by=edie)
    contacts.retire(row=contact, read=contacts.digest(contact), note="Gone", by=edie)
    page = teachers_browser.get(url).content.decode()
    assert NEW in page
    bar = page.split('class="phone-bar')[1].split("<main")[0]
    assert OLD not in bar
    # The record made before keeps what was shown then.
    assert OLD in main_part(teachers_browser.get(f"/conversations/{first.token}/summary/"))


def test_an_edition_that_is_taken_back_mid_conversation_is_not_called_a_change_of_long_ago(
    teachers_browser: Client, draft: Edition, edie: User
) -> None:
    before = shipped()
    put_in_force(draft)
    url = walk_to(teachers_browser, "signs")
    editions.roll_back(edition=draft, by=edie, reason="An indicator stands at a wrong level.")
    page = text_of(main_part(teachers_browser.get(url)))
    assert f"“{draft.title}” was taken back" in page and before.title in page
    assert CHANGED not in page and "wrong level" not in page
