"""A corrected number is in every running conversation at once, and in no record made before it."""

import re
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from accounts.models import User
from guidance_content import contacts as services
from guidance_content.contacts import digest
from referrals.models import Conversation
from tests.correcting import contact
from tests.membership import make_powerful
from tests.pages import words
from tests.people import make_person, record, walk_to
from thresholds.models import Contact

pytestmark = pytest.mark.django_db
DANGER = {"danger": {"danger": "yes"}}
OLD, NEW = "01332 641172", "01332 111111"


@pytest.fixture
def editor() -> User:
    return make_powerful(make_person("edie@portal.example", None), is_editor=True)


def give(row: Contact, by: User, **values: object) -> None:
    services.correct(row=row, read=digest(row), values=values, note="Rang it", by=by)


def page_and_pdf(client: Client, done: Conversation) -> tuple[str, str]:
    pdf = client.get(reverse("conversation_pdf", args=[done.token])).content
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
    return words(client, reverse("conversation_summary", args=[done.token])), text


def test_a_record_and_its_pdf_keep_the_number_that_they_were_made_with(
    teachers_browser: Client, editor: User
) -> None:
    done = record(teachers_browser, **DANGER)
    row = contact("derby", "urgent")
    give(row, editor, phone=NEW, name="Initial Response Team")
    for text in page_and_pdf(teachers_browser, done):
        assert OLD in text and row.name in text
        assert NEW not in text and "Initial Response Team" not in text
    services_card = teachers_browser.get(reverse("conversation_summary", args=[done.token]))
    assert NEW in services_card.content.decode(), "the phone card beside it is of today"


def test_a_record_keeps_a_number_that_was_retired(teachers_browser: Client, editor: User) -> None:
    done = record(teachers_browser, **DANGER)
    row = contact("derby", "urgent")
    services.retire(row=row, read=digest(row), note="Closed", by=editor)
    assert all(OLD in text for text in page_and_pdf(teachers_browser, done))


def test_a_running_conversation_shows_it_at_once_and_records_it(
    teachers_browser: Client, editor: User
) -> None:
    call_now = walk_to(teachers_browser, "call-now", **DANGER)
    assert OLD in words(teachers_browser, call_now)
    give(contact("derby", "urgent"), editor, phone=NEW)
    shown = words(teachers_browser, call_now)
    assert NEW in shown and OLD not in shown


def test_next_steps_and_what_is_recorded_then_have_the_corrected_number(
    teachers_browser: Client, editor: User
) -> None:
    """The pathway is quoted word for word, and says itself that its numbers are old."""
    steps = walk_to(teachers_browser, "next-steps", **DANGER)
    old = f"First Contact Team: {OLD}"
    assert old in words(teachers_browser, steps)
    give(contact("derby", "urgent"), editor, phone=NEW)
    shown = words(teachers_browser, steps)
    assert f"First Contact Team: {NEW}" in shown and old not in shown
    assert "use the phone card" in shown
    done = record(teachers_browser, **DANGER)
    for text in page_and_pdf(teachers_browser, done):
        assert NEW in text and OLD not in text


def test_a_number_beside_a_step_says_how_far_it_can_be_trusted(teachers_browser: Client) -> None:
    url = walk_to(teachers_browser, "next-steps", **DANGER)
    page = teachers_browser.get(url).content.decode()
    contacts = re.findall(r'class="actions__contact">(.*?)</span>', page, re.DOTALL)
    assert len(contacts) > 1
    assert all("Threshold document" in told and "Not confirmed" in told for told in contacts)
