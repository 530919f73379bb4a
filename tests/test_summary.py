"""The summary: whole, frozen, and safe to print."""

import json
import re
from datetime import timedelta
from html import unescape
from io import BytesIO

import pikepdf
import pytest
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader
from weasyprint.urls import FatalURLFetchingError

from accounts.models import User
from portal.jinja import reachable
from referrals.models import Conversation
from referrals.pdf import BREAK, MOST_LINES, RUN_ON, OwnFilesOnly, breakable, render_pdf
from referrals.summary import as_text, words_to_find
from referrals.wording import long_moment
from tests.hostile import TYPED
from tests.pages import pdf_text, squash
from tests.people import LEVEL_2, record, signed_in
from thresholds.models import Contact

REFUSED_LEVEL_3 = {
    "area": {"place": "derbyshire"},
    "in_place": LEVEL_2["in-place"] | {"assessment": "no"},
    "signs": {"codes": ["dd104", "dd128"]},
    "judgement": {"level": "3", "reason": "Health and school are both slipping."},
    "agreement": {"agreement": "refused"},
    "sharing": {
        "advice_from": "Liam Birch",
        "advice_outcome": "Share it",
        "shares": "yes",
        "basis": "Her health",
        "service_told": "yes",
        "family_told": "yes",
    },
}


def block(conversation: Conversation, slug: str) -> dict[str, object]:
    return next(b for b in conversation.content["blocks"] if b["slug"] == slug)


def rows(conversation: Conversation, slug: str) -> dict[str, str]:
    return dict(block(conversation, slug)["rows"])


def test_the_first_block_says_who_what_how_urgent_and_from_whom(teachers_browser: Client) -> None:
    request = " ".join(rows(record(teachers_browser), "request").values())
    for said in ("Amina Example", "3 April 2017", "Derby City", "Example School", "01000 000000"):
        assert said in request


def test_what_the_child_said_comes_before_the_evidence(teachers_browser: Client) -> None:
    done = record(teachers_browser)
    slugs = [b["slug"] for b in done.content["blocks"]]
    assert slugs.index("request") < slugs.index("voice") < slugs.index("signs")
    assert slugs.index("signs") < slugs.index("consent") < slugs.index("next-steps")
    assert LEVEL_2["questions"]["life-and-wishes"] in rows(done, "voice").values()


def test_signs_stand_word_for_word_with_their_level(teachers_browser: Client) -> None:
    table = block(record(teachers_browser), "signs")["table"]["rows"]
    levels = {sign.split("”")[0].strip("“"): level for level, _, sign in table}
    assert levels["Minor concerns re diet, hygiene, clothing"] == "Level 2"
    assert levels["Physically well"].startswith("Level 1")


def test_a_wording_of_several_levels_names_them_all(teachers_browser: Client) -> None:
    done = record(teachers_browser, signs={"codes": ["dd060"]})
    assert block(done, "signs")["table"]["rows"][0][0] == "Level 2, 3, 4"


def test_a_difference_between_judgement_and_reading_is_kept(teachers_browser: Client) -> None:
    why = {
        "significant_harm": "no",
        "difference": "It was seen to happen at play.",
    }
    done = record(teachers_browser, signs={"codes": ["dd157"]}, reading=why)
    assert (done.judged_level, done.read_level) == (2, 4)
    assert why["difference"] in rows(done, "judgement").values()


def test_agreement_has_no_difference_to_keep(teachers_browser: Client) -> None:
    labels = rows(record(teachers_browser), "judgement")
    assert "The two differ" not in labels


def test_the_written_follow_up_is_due_48_hours_after_the_call(teachers_browser: Client) -> None:
    call = LEVEL_2["call"] | {"on_day": "29", "on_month": "3", "on_year": "2025", "at": "17:10"}
    done = record(teachers_browser, danger={"danger": "yes"}, call=call)
    # The clocks went forward in the night between: 48 hours later it reads an hour more.
    assert "6:10pm on Monday 31 March 2025" in rows(done, "request")["Follow-up in writing"]


def test_a_refusal_is_recorded_whole_and_stops_nothing(teachers_browser: Client) -> None:
    done = record(teachers_browser, **REFUSED_LEVEL_3)
    said = rows(done, "consent").values()
    assert {"Liam Birch", "Share it", "Her health"} <= set(said)
    assert not block(done, "consent")["items"]
    steps = json.dumps(block(done, "next-steps"), ensure_ascii=False)
    assert "derbyshire.gov.uk" in steps and "01332" not in steps


def test_what_a_refusal_did_not_record_is_listed_and_stops_nothing(
    teachers_browser: Client,
) -> None:
    unfinished = REFUSED_LEVEL_3 | {"sharing": {"shares": "unknown"}}
    done = record(teachers_browser, **unfinished)
    assert done.is_recorded
    assert len(block(done, "consent")["items"]) >= 3


def test_the_record_keeps_the_numbers_that_were_shown(teachers_browser: Client) -> None:
    done = record(teachers_browser, danger={"danger": "yes"})
    Contact.objects.filter(area__slug="derby").update(phone="01000 111111")
    assert "01332 641172" in pdf_text(done)
    assert "01000 111111" not in pdf_text(done)


def test_the_recorded_numbers_can_be_called_from_a_phone(teachers_browser: Client) -> None:
    done = record(teachers_browser, danger={"danger": "yes"})
    page = teachers_browser.get(f"/conversations/{done.token}/summary/").content.decode()
    steps = page.split('id="next-steps"')[1].split("</section>")[0]
    for address in ("tel:999", "tel:01332641172", "https://myaccount.derby.gov.uk/"):
        assert f'href="{address}' in steps
    assert "<a " not in json.dumps(done.content)


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("First (01332 641172), or 07812300329.", ["tel:01332641172", "tel:07812300329"]),
        ("Childline: 0800 1111; +44 20 7946 0018", ["tel:08001111", "tel:+442079460018"]),
        ("See https://a.example/b?c=d&e.", ["https://a.example/b?c=d&amp;e"]),
        ("On 27 November 2026 at 17:10, TG-0123-4567, javascript:alert(1), 999 days", []),
    ],
)
def test_what_can_be_reached_is_a_link_and_nothing_else_changes(
    text: str, addresses: list[str]
) -> None:
    shown = reachable(f"<b>{text}")
    assert re.findall(r'href="([^"]*)"', shown) == addresses
    assert unescape(re.sub(r"</?a\b[^>]*>", "", shown)) == f"<b>{text}"


def test_the_page_and_the_pdf_say_the_same(teachers_browser: Client) -> None:
    done = record(teachers_browser, **REFUSED_LEVEL_3)
    printed = pdf_text(done).replace(" ", "")
    page = teachers_browser.get(f"/conversations/{done.token}/summary/").content.decode()
    for part in done.content["blocks"]:
        for text in [text for row in part["rows"] for text in row]:
            assert re.sub(r"\s", "", text) in printed
            assert text.split("\n")[0] in page
        # A narrow page has no heads of columns: there each cell names its own.
        for column in part["table"]["columns"] if part.get("table") else []:
            assert f'data-label="{column}"' in page


def test_each_block_can_be_copied_as_plain_text(teachers_browser: Client) -> None:
    done = record(teachers_browser)
    page = teachers_browser.get(f"/conversations/{done.token}/summary/").content.decode()
    # One for each part, and one for the whole.
    assert page.count("<textarea") == len(done.content["blocks"]) + 1
    text = as_text(block(done, "signs"))
    assert "Minor concerns re diet, hygiene, clothing" in text and "<" not in text


def test_the_pdf_is_tagged_and_tells_its_edition(teachers_browser: Client) -> None:
    done = record(teachers_browser)
    pdf = pikepdf.open(BytesIO(render_pdf(done)))
    assert pdf.Root.MarkInfo.Marked
    assert str(pdf.Root.Lang) == "en"
    assert "/StructTreeRoot" in pdf.Root and "/Outlines" in pdf.Root
    assert pdf.open_metadata().get("pdfuaid:part") == "1"
    text = pdf_text(done)
    for said in (done.reference, "December 2019", "Official-Sensitive", "Page 1 of"):
        assert said in text


def test_the_pdf_says_when_and_by_whom_it_was_printed(
    teachers_browser: Client, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = record(teachers_browser)
    week_later = timezone.now() + timedelta(days=7)
    monkeypatch.setattr("referrals.pdf.timezone.now", lambda: week_later)
    response = signed_in(lead).get(f"/conversations/{done.token}/summary.pdf")
    pages = PdfReader(BytesIO(response.content)).pages
    text = squash("".join(page.extract_text() for page in pages))
    assert squash(f"{long_moment(week_later)} by {lead}") in text
    assert squash(done.content["made_at_words"]) in text


@pytest.mark.parametrize("step", ["concern", "questions", "judgement"])
def test_hostile_text_is_printed_as_it_was_typed(teachers_browser: Client, step: str) -> None:
    fields = {"concern": "concern", "questions": "life-and-wishes", "judgement": "reason"}
    done = record(teachers_browser, **{step: LEVEL_2[step] | {fields[step]: TYPED}})
    page = teachers_browser.get(f"/conversations/{done.token}/summary/").content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page
    assert "<script>alert(1)</script>" in pdf_text(done)


# What it may load, and what it can hold


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/x.png",
        "http://127.0.0.1/x.png",
        "file:///etc/passwd",
        "file://static/pdf/../../manage.py",
        "data:text/plain,hello",
    ],
)
def test_the_pdf_loads_nothing_but_its_own_files(address: str) -> None:
    with pytest.raises(FatalURLFetchingError):
        OwnFilesOnly().fetch(address)


@pytest.mark.parametrize("text", ["short words only", "x" * 20_000, "a " + "é" * 81])
def test_an_endless_word_gets_places_to_break_and_loses_nothing(text: str) -> None:
    broken = breakable({"blocks": [{"rows": [["Concern", text]]}]})["blocks"][0]["rows"][0][1]
    assert broken.replace(BREAK, "") == text
    assert max(len(piece) for piece in re.split(rf"[\s{BREAK}]", broken)) < 80


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\n\n\n", "\u2028", "\x85"])
def test_very_many_lines_run_on_and_lose_no_word(ends: str) -> None:
    """Ten thousand of them took a minute to print, and a web server gives it half of one."""
    words = [f"w{number}" for number in range(3000)]
    told = breakable({"concern": ends.join(words)})["concern"]
    assert told.replace(RUN_ON, " ").split() == words
    assert len(told.splitlines()) <= MOST_LINES
    # A text as people write it stays as it is.
    few = "\n".join(words[:MOST_LINES])
    assert breakable(few) == few


def test_what_stands_in_every_record_finds_none() -> None:
    empty = {"rows": [], "table": None, "items": [], "note": ""}
    steps = {"columns": ["What"], "rows": [["Telephone", "Soon"]]}
    signs = {"columns": ["Sign"], "rows": [["Hungry", "", "His aunt"]]}
    blocks = [
        empty
        | {"slug": "one", "title": "Title", "rows": [["Label", "Written"]], "items": ["To do"]},
        empty | {"slug": "signs", "title": "Signs", "table": signs, "note": "Note"},
        empty | {"slug": "next-steps", "title": "Next", "table": steps},
    ]
    assert words_to_find({"blocks": blocks}).split("\n") == ["Written", "Hungry", "His aunt"]


def pages_of(conversation: Conversation) -> list[str]:
    reader = PdfReader(BytesIO(render_pdf(conversation)))
    return [page.extract_text() for page in reader.pages]


def test_a_long_text_begins_on_the_page_of_its_heading(teachers_browser: Client) -> None:
    """A row that fills pages is no reason for a page that holds a heading alone."""
    told = "He came in wet and cold and asked for food. " * 200
    done = record(teachers_browser, concern={"concern": told})
    page = next(page for page in pages_of(done) if "What was seen, heard and said" in page)
    assert told[:40] in page[page.index("What was seen, heard and said") :]


@pytest.mark.parametrize("lines", range(26, 38))
def test_a_heading_stays_with_what_it_is_of(teachers_browser: Client, lines: int) -> None:
    told = "\n".join(f"Line {number} of what he said." for number in range(lines))
    pages = pages_of(record(teachers_browser, concern={"concern": told}))
    page = next(page for page in pages if "Judgement and guidance" in page)
    assert "The practitioner’s judgement" in page[page.index("Judgement and guidance") :]


@pytest.mark.parametrize("before", range(2, 9, 2))
def test_a_short_row_is_not_parted(teachers_browser: Client, before: int) -> None:
    voice = "\n".join(f"Her wish {number}" for number in range(before))
    told = "\n".join(f"Line {number} of what he said." for number in range(10))
    done = record(teachers_browser, questions={"life-and-wishes": voice}, concern={"concern": told})
    pages = pages_of(done)
    page = next(page for page in pages if "What was seen, heard and said" in page)
    row = page[page.index("What was seen, heard and said") :]
    assert row.count("of what he said") == 10
