"""The signs page: what a person wrote brings some forward, all are there, and each only once."""

import logging
import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from referrals import signs_page
from referrals.steps import BY_SLUG
from referrals.summary import Facts
from tests.people import walk_to
from thresholds.guidance import Guidance
from thresholds.ladders import neighbours
from thresholds.search import Answer, Found

BOX = re.compile(r'<input[^>]*name="codes" id="sign-([\w-]+)"')
LINK = re.compile(r'href="#sign-([\w-]+)"')
WORRIES = (
    "Mum is drinking a lot and he comes in hungry and dirty. He is not hitting others. "
    "They are behind with the rent and got a letter about eviction."
)
ARREARS, BEREAVED = "dd098", ("dd060", "dd114", "dd171")


def signs_of(browser: Client, concern: str, **changes: dict[str, object]) -> str:
    """Return the signs page of somebody who wrote `concern`."""
    url = walk_to(browser, "signs", concern={"concern": concern}, **changes)
    return browser.get(url).content.decode()


def part(html: str, start: str, end: str) -> str:
    return html.split(start, 1)[1].split(end, 1)[0]


def suggestions(html: str) -> str:
    return part(html, 'id="suggestions"', 'id="all-signs"')


def words(html: str) -> str:
    """Return what a page says."""
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


def shown(
    guidance: Guidance, *found: str, ticked: tuple[str, ...] = (), left_out: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return what the page shows when the finder finds these codes, with `ticked` saved before."""
    known = {"concern": {"concern": "Something"}}
    answer = Answer(
        tuple(Found(guidance.by_code[code], 0.1, (("Something", True),)) for code in found),
        left_out,
    )
    conversation: Any = SimpleNamespace(edition=None)
    facts = Facts(conversation, guidance, known, ())
    form = BY_SLUG["signs"].form(known, guidance, {"codes": list(ticked)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signs_page, "find", lambda text, edition, limit: answer)
        return signs_page.signs(facts, form)


def placed(page: dict[str, Any]) -> list[str]:
    """Return the codes of all checkboxes of the page, in their order."""
    codes = []
    for one in page["suggestions"]:
        codes += [one.sign.code, *(near.sign.code for near in one.near if near.is_here)]
    for domain in page["domains"]:
        signs = [*domain["strengths"], *domain["worries"]]
        codes += [sign.code for sign in signs if sign.code not in page["above"]]
    return codes


# What somebody wrote.


def test_what_was_written_brings_signs_forward_with_the_words_marked(
    teachers_browser: Client,
) -> None:
    part = suggestions(signs_of(teachers_browser, WORRIES))
    assert ARREARS in BOX.findall(part)
    assert 0 < part.count('class="suggestion ') <= signs_page.OF_MORE
    brought = part.split(f'id="wrote-{ARREARS}"')[1].split("</p>")[0]
    assert "<mark>rent</mark>" in brought


def test_what_is_not_happening_is_left_out_and_said_so(teachers_browser: Client) -> None:
    assert "He is not hitting others" in suggestions(signs_of(teachers_browser, WORRIES))


def test_nothing_is_said_to_be_left_out_where_nothing_is(teachers_browser: Client) -> None:
    page = signs_of(teachers_browser, "They are behind with the rent.")
    assert "suggestions__left-out" not in page


def test_the_answers_to_the_questions_count_too(teachers_browser: Client) -> None:
    told = {"harms-or-risks": "They are behind with the rent and may be evicted."}
    page = signs_of(teachers_browser, "She told me on Friday.", questions=told)
    assert ARREARS in BOX.findall(suggestions(page))


def test_what_may_come_and_what_was_tried_are_no_signs(ddscp: Guidance) -> None:
    asked = {question.code for question in ddscp.questions}
    assert asked > signs_page.NOT_ABOUT_NOW
    known = {
        "concern": {"concern": "The concern"},
        "questions": {code: f"About {code}" for code in asked},
    }
    told = signs_page.own_words(known, ddscp)
    assert "The concern" in told
    assert {code for code in asked if f"About {code}" in told} == asked - signs_page.NOT_ABOUT_NOW


def test_without_a_text_nothing_is_looked_for(
    ddscp: Guidance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signs_page, "find", None)
    facts = Facts(SimpleNamespace(edition=None), ddscp, {"concern": {"concern": " "}}, ())  # type: ignore[arg-type]
    page = signs_page.signs(facts, BY_SLUG["signs"].form({}, ddscp))
    assert page["suggestions"] == [] and not page["left_out"]
    assert len(placed(page)) == len(set(placed(page))) > 200


def test_what_was_written_is_shown_as_text(teachers_browser: Client) -> None:
    page = signs_of(teachers_browser, "The rent <script>alert(1)</script> is behind, <b>badly</b>")
    assert "<script>alert" not in page and "<b>badly" not in page


def test_what_was_written_stands_in_no_address_title_or_log(
    teachers_browser: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        url = walk_to(teachers_browser, "signs", concern={"concern": WORRIES})
        page = teachers_browser.get(url)
    addresses = re.findall(r'(?:href|src|action)="([^"]*)"', page.content.decode())
    title = part(page.content.decode(), "<title>", "</title>")
    kept = [*addresses, title, url, str(page.headers), str(page.cookies)]
    # The queries of a test are logged with their values: those that save the text itself.
    kept += [
        record.getMessage() for record in caplog.records if record.name != "django.db.backends"
    ]
    assert [place for place in kept if "eviction" in place or "drinking" in place] == []
    assert "no-store" in page["Cache-Control"]


# The choices.


def test_nothing_is_ticked_beforehand(teachers_browser: Client) -> None:
    assert not re.search(r"<input[^>]* checked", signs_of(teachers_browser, WORRIES))


def test_every_sign_is_offered_once_and_every_link_leads_to_one(
    teachers_browser: Client, ddscp: Guidance
) -> None:
    page = signs_of(teachers_browser, WORRIES)
    boxes = BOX.findall(page)
    assert len(boxes) == len(set(boxes))
    assert set(boxes) == {sign.code for sign in signs_page.offered_as(ddscp).values()}
    assert set(LINK.findall(page)) <= set(boxes)


def test_no_level_stands_beside_a_choice(teachers_browser: Client, ddscp: Guidance) -> None:
    said = words(part(signs_of(teachers_browser, WORRIES), 'id="id_codes"', "</form>"))
    assert not re.search(r"level\W*\d", said, re.IGNORECASE)
    assert [level.title for level in ddscp.levels if level.title in said] == []


def test_every_worry_shows_how_far_it_goes(ddscp: Guidance) -> None:
    """Its neighbours stand beside it, wherever it stands, and a strength has none."""
    offered = signs_page.offered_as(ddscp)
    page = shown(ddscp, ARREARS, "dd034", "dd125")
    beside = dict(page["near"])
    for one in page["suggestions"]:
        beside[one.sign.code] = tuple(near.sign for near in one.near)
        group = {one.sign, *beside[one.sign.code]}
        for near in one.near:
            assert set(near.further) == set(page["near"][near.sign.code]) - group
    for code in placed(page):
        wanted = {offered[other.code].code for other in neighbours(code, ddscp)}
        assert {sign.code for sign in beside[code]} == wanted
        assert not (wanted and code in ddscp.strength_codes)
    assert sum(bool(near) for near in beside.values()) > 150


def test_a_ticked_sign_has_its_neighbours_in_the_page_itself(
    teachers_browser: Client, ddscp: Guidance
) -> None:
    page = signs_of(teachers_browser, "They are behind with the rent.")
    decay = part(page, 'id="sign-dd035"', 'name="codes"')
    assert LINK.findall(decay) == [sign.code for sign in neighbours("dd035", ddscp)]


@pytest.mark.parametrize("found", [BEREAVED[:1], BEREAVED[2:], BEREAVED])
def test_a_wording_of_several_levels_is_suggested_once(
    ddscp: Guidance, found: tuple[str, ...]
) -> None:
    page = shown(ddscp, *found)
    assert [one.sign.code for one in page["suggestions"]] == [BEREAVED[0]]
    assert set(placed(page)) & set(BEREAVED) == {BEREAVED[0]}


def test_a_neighbour_of_two_suggestions_has_one_checkbox(ddscp: Guidance) -> None:
    one, other = "dd035", neighbours("dd035", ddscp)[0].code
    page = shown(ddscp, one, other)
    assert {one, other} <= {near.sign.code for s in page["suggestions"] for near in s.near}
    assert len(placed(page)) == len(set(placed(page)))


def test_another_copy_of_a_wording_that_was_saved_is_shown_as_chosen(ddscp: Guidance) -> None:
    page = shown(ddscp, ticked=BEREAVED[2:])
    assert [sign.code for sign in page["chosen"]] == [BEREAVED[0]]


def test_a_suggested_sign_counts_in_its_domain_and_leaves_it_folded(ddscp: Guidance) -> None:
    for found, is_open in (((ARREARS,), False), ((), True)):
        page = shown(ddscp, *found, ticked=(ARREARS,))
        own = next(d for d in page["domains"] if d["code"] == ddscp.by_code[ARREARS].domain)
        assert (own["chosen"], own["open"]) == (1, is_open)
        assert sum(domain["chosen"] for domain in page["domains"]) == 1


def test_what_is_chosen_is_listed(teachers_browser: Client, ddscp: Guidance) -> None:
    url = walk_to(teachers_browser, "signs", concern={"concern": WORRIES})
    before = teachers_browser.get(url).content.decode()
    assert re.search(r'id="chosen" hidden', before)
    teachers_browser.post(url, {"codes": [ARREARS, "dd001"], "leave": "yes"})
    after = part(teachers_browser.get(url).content.decode(), 'id="chosen"', "</div>")
    assert "hidden" not in after
    # In the order of the page: what was suggested stands first.
    assert LINK.findall(after) == [ARREARS, "dd001"]
    assert ddscp.by_code[ARREARS].text in after


def test_a_bad_code_keeps_the_suggestions_and_what_was_ticked(teachers_browser: Client) -> None:
    url = walk_to(teachers_browser, "signs", concern={"concern": WORRIES})
    response = teachers_browser.post(url, {"codes": [ARREARS, "dd999"]})
    page = response.content.decode()
    assert "govuk-error-summary" in page
    assert f'value="{ARREARS}" checked' in suggestions(page)


# Other editions, and the cost.


def test_an_edition_without_ladders_and_sayings_still_offers_every_sign(ddscp: Guidance) -> None:
    bare = replace(
        ddscp,
        ladders=(),
        indicators=tuple(replace(sign, sayings=()) for sign in ddscp.indicators),
    )
    page = shown(bare, ARREARS)
    assert [one.near for one in page["suggestions"]] == [()]
    assert set(placed(page)) == {sign.code for sign in signs_page.offered_as(ddscp).values()}


def test_saving_the_signs_looks_for_nothing(
    teachers_browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = walk_to(teachers_browser, "signs")
    monkeypatch.setattr(signs_page, "find", None)
    assert teachers_browser.post(url, {"codes": ["dd034"]}).status_code == 302


def test_the_finder_asks_the_database_once(teachers_browser: Client) -> None:
    url = walk_to(teachers_browser, "signs", concern={"concern": WORRIES})
    teachers_browser.get(url)
    counts = []
    for step in ("in-place", "signs"):
        with CaptureQueriesContext(connection) as queries:
            teachers_browser.get(url.replace("signs", step))
        counts.append(len(queries))
    assert counts[0] == counts[1]
