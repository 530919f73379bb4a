"""The find box: it finds, says what it is, and keeps nothing of what people type."""

import logging
import re
from collections.abc import Callable
from html import escape

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from tests.pages import main_of, main_part, squeezed, text_of
from tests.statements import reads
from thresholds import index
from thresholds.guidance import Guidance
from thresholds.models import Area, Edition, Link
from thresholds.open_pages import home
from thresholds.same_words import LINES_AT_MOST, same_words
from thresholds.search import LONGEST_TEXT, Answer, Found

pytestmark = pytest.mark.django_db

TYPED = "Zephyrine comes in hungry"
CODES = ("dd034", "dd211", "dd001")

Finds = Callable[..., list[str]]


@pytest.fixture
def finds(monkeypatch: pytest.MonkeyPatch, ddscp: Guidance) -> Finds:
    """Let the finder answer what a test says; return the list of the texts it was asked for."""

    def answers(*found: Found, left_out: tuple[str, ...] = ()) -> list[str]:
        asked: list[str] = []

        def find(text: str, edition: Edition) -> Answer:
            asked.append(text)
            return Answer(found, left_out)

        monkeypatch.setattr(index, "find", find)
        return asked

    return answers


def found(ddscp: Guidance, code: str, *pieces: tuple[str, bool]) -> Found:
    return Found(ddscp.by_code[code], 0.5, pieces or ((TYPED, False),))


def post(client: Client, text: str) -> HttpResponse:
    return client.post("/find/", {"text": text})


def results(response: HttpResponse) -> list[str]:
    html = main_part(response)
    return re.findall(
        r"<li>\s*<h3.*?</li>", html[html.index("<ol") : html.index("</ol>")], re.DOTALL
    )


def groups(text: str) -> dict[str, list[str]]:
    return {group.name: [line.text for line in group.lines] for group in same_words(text, home())}


def test_what_is_found_comes_in_order_with_all_that_places_it(
    client: Client, ddscp: Guidance, finds: Finds
) -> None:
    finds(*(found(ddscp, code) for code in CODES))
    shown = results(post(client, TYPED))
    assert len(shown) == len(CODES)
    for code, html in zip(CODES, shown, strict=True):
        sign = ddscp.by_code[code]
        text = text_of(html)
        assert squeezed(sign.text) in text
        assert ddscp.level_by_number[sign.level].title in text
        assert ddscp.domain_by_code[sign.domain].name in text
        assert f'href="/indicators/{code}/"' in html
        assert all(f'href="/ladders/{ladder.code}/"' in html for ladder in ddscp.ladders_of[code])


def test_no_score_is_shown(client: Client, ddscp: Guidance, finds: Finds) -> None:
    finds(Found(ddscp.by_code["dd034"], 0.98765, ((TYPED, False),)))
    assert not re.search(r"9876|\d+ ?%", text_of(main_part(post(client, TYPED))))


def test_the_words_that_brought_a_sign_are_marked(
    client: Client, ddscp: Guidance, finds: Finds
) -> None:
    finds(found(ddscp, "dd034", ("He comes in ", False), ("hungry", True), (" & dirty", False)))
    assert "“He comes in <mark>hungry</mark> &amp; dirty”" in results(post(client, TYPED))[0]


def test_what_was_left_out_is_told(client: Client, ddscp: Guidance, finds: Finds) -> None:
    finds(found(ddscp, "dd034"), left_out=("She is not hitting him",))
    assert "“She is not hitting him”" in text_of(main_part(post(client, TYPED)))


def test_when_nothing_is_found_it_does_not_say_that_all_is_well(
    client: Client, finds: Finds
) -> None:
    finds(left_out=("no bruises",))
    html = main_part(post(client, "no bruises"))
    assert "does not mean that there is nothing to worry about" in text_of(html)
    assert '<ol class="govuk-list' not in html


def test_signs_with_a_special_route_lead_to_it(
    client: Client, ddscp: Guidance, finds: Finds
) -> None:
    finds(found(ddscp, "dd211"))
    html = main_part(post(client, TYPED))
    route = next(r for r in ddscp.special_routes if "dd211" in r.indicators)
    assert 'href="#special-routes"' in html
    assert squeezed(route.text) in text_of(html)


@pytest.mark.parametrize("text", ["", TYPED])
def test_it_says_what_it_is_and_leads_to_everything(
    client: Client, ddscp: Guidance, finds: Finds, text: str
) -> None:
    finds(found(ddscp, "dd034"))
    html = main_part(post(client, text) if text else client.get("/find/"))
    assert "a finder, not a judge" in text_of(html)
    assert "never shows everything" in text_of(html)
    for address in ("/levels/", "/domains/", "/ladders/", "/grid/"):
        assert f'href="{address}"' in html


def test_it_says_whose_guidance_it_found(client: Client, ddscp: Guidance, finds: Finds) -> None:
    finds(found(ddscp, "dd034"))
    text = text_of(main_part(post(client, TYPED)))
    edition = Edition.objects.get(slug=ddscp.slug)
    assert edition.title in text
    assert "Derby City and Derbyshire" in text


def test_the_real_finder_answers(client: Client, ddscp: Guidance) -> None:
    shown = results(post(client, "his teeth are black and nobody takes him to the dentist"))
    assert 1 <= len(shown) <= 15
    dental = set(ddscp.ladder_by_code["dental-care"].indicators)
    assert any(f'href="/indicators/{code}/"' in html for code in dental for html in shown[:5])


# Nothing of it is kept.


@pytest.mark.parametrize("text", [TYPED, "", "x" * (LONGEST_TEXT + 1)])
def test_an_answer_is_kept_nowhere(client: Client, finds: Finds, text: str) -> None:
    finds()
    response = post(client, text)
    assert response.status_code == 200, "a redirect would need an address or a session"
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies
    assert not response.wsgi_request.session.session_key


def test_nothing_is_written_to_the_database(client: Client, finds: Finds) -> None:
    finds()
    with CaptureQueriesContext(connection) as queries:
        post(client, TYPED)
    assert queries.captured_queries
    for query in queries.captured_queries:
        assert reads(query["sql"]), query["sql"]
        assert "Zephyrine" not in query["sql"]


def test_nothing_that_was_typed_is_logged(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even when the finder fails."""

    def fail(text: str, edition: Edition) -> Answer:
        raise RuntimeError("the finder failed")

    monkeypatch.setattr(index, "find", fail)
    client.raise_request_exception = False
    with caplog.at_level(logging.DEBUG):
        assert post(client, TYPED).status_code == 500
    assert "the finder failed" in caplog.text
    assert "Zephyrine" not in caplog.text


def test_what_is_typed_is_in_no_title(client: Client, ddscp: Guidance, finds: Finds) -> None:
    finds(found(ddscp, "dd034"))
    html = post(client, TYPED).content.decode()
    assert "Zephyrine" not in html[: html.index("</title>")]


def test_an_address_brings_nothing_to_the_box(client: Client, finds: Finds) -> None:
    asked = finds()
    assert "Zephyrine" not in client.get("/find/", {"text": TYPED}).content.decode()
    assert not asked


def test_no_token_is_needed_and_none_is_given(finds: Finds) -> None:
    finds()
    strict = Client(enforce_csrf_checks=True)
    response = post(strict, TYPED)
    assert response.status_code == 200
    assert "csrf" not in response.content.decode()


def test_somebody_who_is_signed_in_finds_as_well(client: Client, finds: Finds) -> None:
    finds()
    client.force_login(User.objects.create_user("a@example.org", name="A"))
    assert "no-store" in post(client, TYPED)["Cache-Control"]
    assert "no-store" in client.get("/find/")["Cache-Control"]


@pytest.mark.parametrize("text", [TYPED, ""])
def test_the_page_can_be_left_at_once(client: Client, finds: Finds, text: str) -> None:
    finds()
    for response in (client.get("/find/"), post(client, text)):
        assert "govuk-exit-this-page" in response.content.decode()


# What goes wrong.


@pytest.mark.parametrize("text", ["", "   \n\t ", "\x00\x00"])
def test_without_words_it_asks_for_some(client: Client, finds: Finds, text: str) -> None:
    asked = finds()
    html = post(client, text).content.decode()
    assert "<title>Error: " in html
    assert 'href="#id_text"' in html
    assert not asked


def test_a_text_that_is_too_long_is_given_back_whole(client: Client, finds: Finds) -> None:
    asked = finds()
    text = "hungry " * (LONGEST_TEXT // 7) + "and then <some> more"
    html = main_part(post(client, text))
    assert 'href="#id_text"' in html
    assert f"{len(text)}" in text_of(html)
    assert escape(text) in html
    assert not asked


def test_the_longest_text_is_taken_however_its_lines_end(client: Client, finds: Finds) -> None:
    asked = finds()
    post(client, "hungry\r\n" * (LONGEST_TEXT // 7))
    assert [len(text) for text in asked] == [LONGEST_TEXT // 7 * 7 - 1]


def test_null_characters_part_words(client: Client, finds: Finds) -> None:
    asked = finds()
    post(client, "dirty\x00and hungry")
    assert asked == ["dirty and hungry"]


def test_what_was_typed_is_given_back_to_be_changed(
    client: Client, ddscp: Guidance, finds: Finds
) -> None:
    finds(found(ddscp, "dd034"))
    assert re.search(rf"<textarea[^>]*>\s*{TYPED}</textarea>", main_part(post(client, TYPED)))


def test_hostile_text_is_shown_as_text(client: Client, ddscp: Guidance, finds: Finds) -> None:
    hostile = '</textarea><script>alert(1)</script>"onload="x'
    finds(found(ddscp, "dd034", (hostile, True)), left_out=(hostile,))
    html = post(client, hostile).content.decode()
    assert "<script>alert" not in html
    assert html.count(escape(hostile)[:20]) >= 3


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"text=%FF%FE%00hungry", "application/x-www-form-urlencoded"),
        (b"text=\xff\xfe\x80", "application/x-www-form-urlencoded"),
        (b"text=%ED%A0%80", "application/x-www-form-urlencoded"),
        (b"text=hungry", "application/x-www-form-urlencoded; charset=utf-16"),
        (b"text=hungry", "application/x-www-form-urlencoded; charset=no-such"),
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x"),
        (b"--x", "multipart/form-data"),
        (b'{"text": "hungry"}', "application/json"),
        (b"text=a&text=b&other=c", "application/x-www-form-urlencoded"),
        (b"", ""),
    ],
)
def test_a_broken_request_is_answered(client: Client, finds: Finds, body: bytes, kind: str) -> None:
    finds()
    response = client.generic("POST", "/find/", body, content_type=kind)
    assert response.status_code in (200, 400)
    assert 'href="tel:999"' in response.content.decode()


@pytest.mark.parametrize("text", ["🙂", "ﷺ", "\u202eabc", "a\ud7ffb", "1", "!?"])
def test_odd_characters_are_taken(client: Client, text: str) -> None:
    assert post(client, text).status_code == 200


def test_without_guidance_it_says_that_there_is_none(client: Client, finds: Finds) -> None:
    finds()
    Edition.objects.update(withdrawn_at=timezone.now())
    assert post(client, TYPED).status_code == 404


# The same words.


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("fgm", "Glossary", "FGM"),
        ("Dental Care", "Ladders", "Dental care"),
        ("parents' drugs", "Ladders", "Parents’ drugs and alcohol"),
        ("using indicators", "Guidance pages", "Using the indicators"),
        ("CAMHS", "Services", "CAMHS"),
        ("working together to safeguard", "Links and tools", "Working Together"),
        ("DD034", "Indicators by code", "dd034"),
    ],
)
def test_words_are_found_where_the_guidance_uses_them(text: str, kind: str, expected: str) -> None:
    assert any(expected in line for line in groups(text).get(kind, [])), groups(text)


def test_all_words_must_stand_there() -> None:
    assert groups("dental")
    assert not groups("dental unicorn")


@pytest.mark.parametrize("text", ["", "…", "one two three four five six"])
def test_no_words_and_many_are_not_compared(text: str) -> None:
    assert not groups(text)


def test_a_very_short_word_stands_by_itself() -> None:
    """It would else be found inside nearly every text."""
    assert groups("ma") == {"Glossary": ["Multi-agency working (MA)"]}


def test_the_name_comes_before_the_text() -> None:
    pages = groups("indicators")["Guidance pages"]
    assert "ndicators" in pages[0]


def test_more_than_a_few_are_counted_and_led_to(client: Client, finds: Finds) -> None:
    finds()
    many = next(g for g in same_words("child", home()) if g.more)
    assert len(many.lines) == LINES_AT_MOST
    assert f'href="{many.address}"' in main_part(post(client, "child"))


def test_a_link_is_named_with_its_areas_and_never_anothers(client: Client) -> None:
    for link in Link.objects.prefetch_related("areas"):
        here = [area for area in link.areas.all() if area in home().areas]
        lines = [
            line
            for group in same_words(" ".join(link.name.split()[:5]), home())
            for line in group.lines
            if line.text == link.name
        ]
        assert bool(lines) == bool(here), link
        assert all(area.name in lines[0].note for area in here)


def test_a_form_of_another_area_alone_is_not_found() -> None:
    link = Link.objects.create(slug="elsewhere", name="Unicorn form", kind=Link.Kind.FORM)
    link.areas.set(Area.objects.filter(slug="warwickshire"))
    assert not groups("unicorn")
    link.areas.add(home().areas[0])
    assert groups("unicorn")


def test_same_words_are_shown_with_their_links(client: Client, finds: Finds) -> None:
    finds()
    html = main_part(post(client, "dental care"))
    assert 'href="/ladders/dental-care/"' in html
    assert 'href="#same-words-1"' in html
    assert 'id="same-words-1"' in html


def test_a_term_leads_to_its_place_in_the_glossary(client: Client, ddscp: Guidance) -> None:
    glossary = main_of(client, "/glossary/")
    for term in ddscp.terms:
        group = next(
            g for g in same_words(term.acronym or term.term, home()) if g.name == "Glossary"
        )
        line = next(line for line in group.lines if line.text.startswith(term.term))
        place = line.address.split("#")[1]
        row = glossary[glossary.index(f'id="{place}"') :]
        assert line.note in text_of(row[: row.index("</div>")])
