"""A partnership elsewhere brings in its own document, and works with it: a whole journey."""

from io import BytesIO

import pytest
from django.test import Client
from pypdf import PdfReader

from guidance_content.importing import import_document
from referrals.models import Conversation, Sign
from tests.elsewhere import northshire, publish
from tests.people import record, walk_to
from thresholds.models import Edition

WORRIES = {
    "area": {"place": "north"},
    "questions": {"voice": "She is hungry in the mornings."},
    "signs": {"codes": ["n01", "n03"], "unknown_domains": ["learning"]},
    "evidence": {"seen_by_n03": "me", "note_n03": "On Monday"},
}
HARM = WORRIES | {
    "signs": {"codes": ["n03", "n10", "n09"]},
    "evidence": {},
    "judgement": {"level": "3", "reason": "Gifts and violence."},
    "reading": {"significant_harm": "no"},
}


@pytest.fixture
def edition(db: None) -> Edition:
    return publish(import_document(northshire()))


def pdf_of(browser: Client, done: Conversation) -> str:
    response = browser.get(f"/conversations/{done.token}/summary.pdf")
    assert response["Content-Type"] == "application/pdf"
    return " ".join(page.extract_text() for page in PdfReader(BytesIO(response.content)).pages)


def test_the_whole_journey_ends_in_a_record_with_its_summary_and_pdf(
    edition: Edition, teachers_browser: Client
) -> None:
    done = record(teachers_browser, **WORRIES)
    assert (done.edition, done.area.slug) == (edition, "north")
    assert (done.read_level, done.judged_level) == (2, 2)
    assert set(Sign.objects.values_list("indicator__code", flat=True)) == {"n01", "n03"}
    page = teachers_browser.get(f"/conversations/{done.token}/summary/").content.decode()
    for words in (page, pdf_of(teachers_browser, done)):
        assert "Needing some help" in words and "Often comes hungry" in words
        assert "Continuum of need, 2026" in words and "Derby" not in words


def test_its_own_highest_level_leads_to_its_own_council(
    edition: Edition, teachers_browser: Client
) -> None:
    url = walk_to(teachers_browser, "next-steps", **HARM)
    page = teachers_browser.get(url).content.decode()
    assert "Ring the front door." in page and "01000 111111" in page
    assert "Tell the exploitation team." in page and "01332" not in page
    done = record(teachers_browser, **HARM)
    assert (done.read_level, done.read_up_to, done.urgency) == (3, 3, "without_delay")
    assert "01000 111111" in pdf_of(teachers_browser, done)


def test_danger_is_danger_there_too(edition: Edition, teachers_browser: Client) -> None:
    done = record(teachers_browser, **WORRIES, danger={"danger": "yes"})
    assert (done.child_protection, done.urgency, done.read_level) == (True, "now", 3)


def test_its_open_pages_are_shown(edition: Edition, client: Client) -> None:
    page = client.get("/areas/north/introduction/").content.decode()
    assert "It <strong>helps</strong> you decide." in page


def test_a_child_from_derby_is_still_read_by_derbys_document(
    edition: Edition, teachers_browser: Client
) -> None:
    assert record(teachers_browser).edition.slug == "ddscp-2019-12"
