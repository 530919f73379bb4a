"""Prose pages: editors write them in a draft, look before they save, and nothing runs."""

import re

import pytest
from django.test import Client

from accounts.models import User
from guidance_content import editions
from guidance_content.models import Page
from guidance_content.pages import save_page
from guidance_content.prose import render_prose
from tests.correcting import form_on
from tests.editors import make_draft, make_editor, publish
from tests.membership import told
from tests.pages import main_part, text_of
from tests.people import signed_in
from thresholds.drafts import NotEditor
from thresholds.models import Edition

pytestmark = pytest.mark.django_db

ADDRESS = "/editors/editions/next/pages/principles/"
HOSTILE = {
    "a script": "<script>alert(1)</script>",
    "an event of an element": '<p onclick="alert(1)">x</p>',
    "a picture with an event": "<img src=x onerror=alert(1)>",
    "a link that runs": "[x](javascript:alert(1))",
    "one in capitals": "[x](JaVaScRiPt:alert(1))",
    "one in entities": "[x](&#106;avascript:alert(1))",
    "one with a tab": "[x](<java\tscript:alert(1)>)",
    "an automatic link that runs": "<javascript:alert(1)>",
    "a reference that runs": "[x][1]\n\n[1]: javascript:alert(1)",
    "a link that holds a page": "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "a link that is an older script": "[x](vbscript:msgbox)",
    "a title that breaks out": '[x](/contacts/ "\\" onclick=alert(1) \\"")',
    "links to nobody knows what": "[x](data:image/png;base64,AAAA) [y](file:///etc) [z](app:do)",
    "a link that only looks like our own": "[x](//elsewhere.example)",
    "a picture from elsewhere": "![x](https://elsewhere.example/pixel.png)",
    "a frame": '<iframe src="https://elsewhere.example"></iframe>',
    "a form": '<form action="https://elsewhere.example"><input name=password></form>',
    "a style": "<style>body{display:none}</style>",
    "code of a language": "```<script>\nalert(1)\n```",
    "the end of the box": "</textarea><script>alert(1)</script>",
}
TAGS = re.compile(r"<(\w+)([^>]*)>")
HARMLESS = {
    "p",
    "h2",
    "h3",
    "ul",
    "ol",
    "li",
    "a",
    "div",
    "em",
    "strong",
    "code",
    "pre",
    "hr",
    "br",
}


@pytest.fixture
def edie(db: None) -> User:
    return make_editor("edie")


@pytest.fixture
def eric(db: None) -> User:
    return make_editor("eric")


@pytest.fixture
def draft(edie: User) -> Edition:
    return make_draft(edie)


@pytest.fixture
def editing(edie: User, draft: Edition) -> Client:
    return signed_in(edie)


def stored(code: str = "principles") -> Page:
    return Page.objects.get(edition__slug="next", code=code)


def form(browser: Client, **changes: str) -> dict[str, object]:
    """What a browser would post from the page's form, with some of it changed."""
    return form_on(browser, ADDRESS) | changes


def changes_told() -> list[str]:
    return [detail for _, _, detail in told("changed", None)]


# Writing.


def test_every_page_of_the_draft_leads_to_its_form(editing: Client, draft: Edition) -> None:
    listed = editing.get("/editors/editions/next/pages/").content.decode()
    for page in Page.objects.filter(edition=draft):
        address = f"/editors/editions/next/pages/{page.code}/"
        assert address in listed
        assert page.title in editing.get(address).content.decode()


def test_what_is_saved_is_in_the_draft_alone_and_told(editing: Client, edie: User) -> None:
    before = stored()
    posted = form(editing, title="What we hold to", body="## First\n\nListen.")
    assert editing.post(ADDRESS, posted).status_code == 302
    after = stored()
    assert (after.title, after.body) == ("What we hold to", "## First\n\nListen.")
    assert (after.summary, after.section) == (before.summary, before.section)
    assert told("changed", None)[-1] == (edie.pk, f"edition:{after.edition_id}", "page-principles")
    assert "What we hold to" not in Client().get("/guidance/principles/").content.decode()


def test_saving_without_a_change_writes_nothing(
    editing: Client, draft: Edition, edie: User
) -> None:
    before = stored()
    editions.propose(draft=draft, by=edie, publish_from=edie.date_joined.date())
    assert editing.post(ADDRESS, form(editing)).status_code == 302
    assert stored().body == before.body and not changes_told()
    draft.refresh_from_db()
    assert draft.proposed_by == edie


def test_a_change_withdraws_a_proposal_and_its_form_says_so(
    editing: Client, draft: Edition, edie: User
) -> None:
    editions.propose(draft=draft, by=edie, publish_from=edie.date_joined.date())
    assert "proposed" in text_of(main_part(editing.get(ADDRESS)))
    editing.post(ADDRESS, form(editing, title="Another"))
    draft.refresh_from_db()
    assert draft.proposed_by is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": " "},
        {"body": "\n \n"},
        {"summary": ""},
        {"section": ""},
        {"title": "x" * 201},
        {"summary": "x" * 301},
        {"section": "x" * 101},
        {"body": "x" * 200_001},
    ],
    ids=lambda wrong: "-".join((next(iter(wrong)), str(len(next(iter(wrong.values())))))),
)
def test_what_cannot_be_saved_comes_back_with_an_error(
    editing: Client, wrong: dict[str, str]
) -> None:
    before = stored()
    response = editing.post(ADDRESS, form(editing, **{"title": "Typed just now"} | wrong))
    html = main_part(response)
    assert response.status_code == 200 and "There is a problem" in html
    assert "title" in wrong or "Typed just now" in html
    assert stored() == before and stored().title == before.title and not changes_told()


# Looking before saving.


def test_a_preview_shows_what_was_typed_and_saves_nothing(editing: Client) -> None:
    typed = "## A new heading\n\nSome **strong** words, [here](/contacts/)."
    response = editing.post(ADDRESS, form(editing, body=typed, title="Mine", preview="yes"))
    html = main_part(response)
    looks, box = html[: html.index("<textarea")], html[html.index("<textarea") :]
    assert "<strong>strong</strong>" in looks and 'href="/contacts/"' in looks and "Mine" in looks
    assert "Some **strong** words" in box
    assert "**strong**" not in stored().body and not changes_told()


def test_what_was_looked_at_is_saved_next(editing: Client) -> None:
    html = editing.post(ADDRESS, form(editing, body="Looked at", preview="yes"))
    read = re.search(r'name="read" value="(\w+)"', html.content.decode())
    assert read
    editing.post(ADDRESS, form(editing, body="Looked at", read=read[1]))
    assert stored().body == "Looked at"


def test_a_preview_tells_what_is_wrong_too(editing: Client) -> None:
    html = main_part(editing.post(ADDRESS, form(editing, title="", body="**x**", preview="yes")))
    assert "There is a problem" in html and "<strong>x</strong>" in html


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_text_is_only_text(editing: Client, what: str) -> None:
    """In a preview, in the box, and on the page that the draft would show."""
    safe = str(render_prose(HOSTILE[what]))
    for tag, attributes in TAGS.findall(safe):
        assert tag in HARMLESS
        names = set(re.findall(r'([\w-]+)="[^"]*"', attributes))
        assert names <= {"class", "href", "rel", "title"}
        for address in re.findall(r'href="([^"]*)"', attributes):
            assert not address.startswith("//")
            assert address.startswith(("/", "https://", "http://", "mailto:", "tel:"))
    response = editing.post(ADDRESS, form(editing, body=HOSTILE[what], preview="yes"))
    html = main_part(response)
    assert "<script" not in html.replace('<script type="module" src="/static/', "")
    for part in (
        "<img",
        "<iframe",
        "<style",
        "onerror=alert(1)>",
        'href="javascript',
        "<p onclick",
    ):
        assert part not in html


def test_an_editors_first_heading_is_below_the_title() -> None:
    assert "<h1" not in render_prose("# A\n\nB\n===")


def test_no_text_takes_long_to_show() -> None:
    for text in ("[" * 50_000, "> " * 20_000, "*a_" * 20_000, "`" * 50_000, "- " * 20_000):
        render_prose(text)


# Two at once, and what is gone.


def test_who_saves_second_gets_their_text_back_and_may_save_it_again(
    editing: Client, eric: User
) -> None:
    mine, theirs = form(editing, body="Mine"), form(editing, body="Theirs, first")
    signed_in(eric).post(ADDRESS, theirs)
    response = editing.post(ADDRESS, mine)
    html = main_part(response)
    assert response.status_code == 409 and "Theirs, first" in html and "Mine" in html
    assert stored().body == "Theirs, first" and changes_told() == ["page-principles"]
    again = re.search(r'name="read" value="(\w+)"', html)
    assert again and editing.post(ADDRESS, mine | {"read": again[1]}).status_code == 302
    assert stored().body == "Mine"


def test_a_draft_that_was_published_meanwhile_gives_back_what_was_typed(
    editing: Client, draft: Edition, edie: User, eric: User
) -> None:
    mine = form(editing, body="Typed in vain")
    publish(draft, edie, eric)
    response = editing.post(ADDRESS, mine)
    assert response.status_code == 409 and "Typed in vain" in main_part(response)
    assert stored().body != "Typed in vain"
    assert "<textarea" not in main_part(editing.get(ADDRESS))


@pytest.mark.parametrize("what", ["page", "draft"])
def test_a_page_that_is_gone_gives_back_what_was_typed(
    editing: Client, draft: Edition, eric: User, what: str
) -> None:
    mine = form(editing, body="Typed in vain")
    if what == "page":
        stored().delete()
    else:
        editions.discard(draft=draft, by=eric)
    response = editing.post(ADDRESS, mine)
    assert response.status_code == 409 and "Typed in vain" in main_part(response)
    assert editing.get(ADDRESS).status_code == 404


def test_a_published_page_is_read_and_never_changed(editing: Client) -> None:
    address = "/editors/editions/ddscp-2019-12/pages/principles/"
    before = Page.objects.get(edition__slug="ddscp-2019-12", code="principles")
    assert "<textarea" not in main_part(editing.get(address))
    assert editing.post(address, {"title": "x", "body": "x", "read": ""}).status_code == 409
    before_and_after = {before.body, Page.objects.get(pk=before.pk).body}
    assert before_and_after == {before.body}


def test_who_is_no_editor_saves_nothing(draft: Edition, lead: User, leads_browser: Client) -> None:
    assert leads_browser.get(ADDRESS).status_code == 404
    assert leads_browser.post(ADDRESS, {"title": "x"}).status_code == 404
    with pytest.raises(NotEditor):
        save_page(page=stored(), read="", values={}, by=lead)
