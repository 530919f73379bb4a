"""Ladders, the sheet of all indicators, and the page of one: complete, word for word, our own."""

import re
from dataclasses import replace

import pytest
from django.test import Client

from tests.editors import make_draft, make_editor, put_in_force
from tests.pages import main_of, squeezed, text_of, words
from thresholds.guidance import Guidance
from thresholds.ladder_views import by_main_domain, main_domain, same_wording

pytestmark = pytest.mark.django_db

EMPTY = "parents-drugs-and-alcohol"


def levels_of(html: str) -> list[tuple[str, str]]:
    """Each level's heading and what stands below it, in the order of the page."""
    parts = re.findall(r'<section class="rung".*?</section>', html, re.DOTALL)
    return [
        (text_of(re.findall(r"<h2.*?</h2>", part, re.DOTALL)[0]).strip(), part) for part in parts
    ]


def test_every_ladder_is_listed_once_with_its_summary(client: Client, ddscp: Guidance) -> None:
    html = main_of(client, "/ladders/")
    listed = re.findall(r'href="/ladders/([^/"]+)/"', html)
    assert sorted(listed) == sorted(ladder.code for ladder in ddscp.ladders)
    assert all(ladder.summary in text_of(html) for ladder in ddscp.ladders)


def test_a_ladder_stands_under_the_domain_of_most_of_its_indicators(ddscp: Guidance) -> None:
    for domain, ladders in by_main_domain(ddscp):
        for ladder in ladders:
            domains = [ddscp.by_code[code].domain for code in ladder.indicators]
            assert domains.count(domain.code) == max(map(domains.count, domains)), ladder.code


def test_of_equal_domains_the_gravest_indicator_decides(ddscp: Guidance) -> None:
    low = next(i for i in ddscp.indicators if i.level == 2 and i.domain == "health")
    high = next(i for i in ddscp.indicators if i.level == 4 and i.domain == "education-learning")
    both = replace(ddscp.ladders[0], indicators=(low.code, high.code))
    assert main_domain(ddscp, both) == "education-learning"


def test_a_ladder_without_indicators_is_listed_all_the_same(
    client: Client, ddscp: Guidance
) -> None:
    bare = replace(ddscp.ladders[0], indicators=())
    guidance = replace(ddscp, ladders=(bare,))
    assert [ladders for _, ladders in by_main_domain(guidance)] == [[bare]]


def test_every_ladder_has_its_indicators_word_for_word_at_their_levels(
    client: Client, ddscp: Guidance
) -> None:
    for ladder in ddscp.ladders:
        levels = levels_of(main_of(client, f"/ladders/{ladder.code}/"))
        assert len(levels) == len(ddscp.levels)
        for level, (heading, part) in zip(ddscp.levels, levels, strict=True):
            own = [
                ddscp.by_code[c]
                for c in ladder.indicators
                if ddscp.by_code[c].level == level.number
            ]
            assert level.title in heading
            assert part.count("<li>") == len(own), (ladder.code, level.number)
            for sign in own:
                assert squeezed(sign.text) in text_of(part)
                assert ddscp.domain_by_code[sign.domain].name in text_of(part)
                assert f'href="/indicators/{sign.code}/"' in part


def test_strengths_come_first_and_are_called_so(client: Client, ddscp: Guidance) -> None:
    first, _ = levels_of(main_of(client, "/ladders/domestic-abuse/"))[0]
    assert "strength" in first


def test_a_level_that_prints_nothing_says_so_and_leads_on(client: Client, ddscp: Guidance) -> None:
    levels = levels_of(main_of(client, f"/ladders/{EMPTY}/"))
    for level, (_, part) in zip(ddscp.levels, levels, strict=True):
        if "<li>" not in part:
            assert f'href="/levels/{level.number}/"' in part
            assert "safeguarding lead" in part
    assert any("<li>" not in part for _, part in levels)


@pytest.mark.parametrize("address", ["/ladders/", "/ladders/domestic-abuse/", "/indicators/dd034/"])
def test_the_grouping_is_called_the_projects_own(client: Client, address: str) -> None:
    assert "project’s own" in words(client, address)


@pytest.mark.parametrize("address", ["/ladders/domestic-abuse/", "/indicators/dd034/", "/grid/"])
def test_the_indicators_are_called_no_checklist(client: Client, address: str) -> None:
    assert "not a checklist" in words(client, address)


def test_ladders_lead_to_the_special_routes_of_their_signs(client: Client, ddscp: Guidance) -> None:
    for ladder in ddscp.ladders:
        routes = [r for r in ddscp.special_routes if r.indicators & set(ladder.indicators)]
        html = main_of(client, f"/ladders/{ladder.code}/")
        assert html.count('href="#special-routes"') >= len(routes)
        assert all(squeezed(r.text) in text_of(html) for r in routes)
        assert ('id="special-routes"' in html) == bool(routes)


def test_the_sheet_has_every_indicator_in_its_own_cell(client: Client, ddscp: Guidance) -> None:
    html = main_of(client, "/grid/").replace("<wbr>", "")
    rows = re.findall(r'<tr role="row" id.*?</tr>', html, re.DOTALL)
    assert len(rows) == len(ddscp.domains)
    for domain, row in zip(ddscp.domains, rows, strict=True):
        assert domain.name in text_of(re.findall(r"<th.*?</th>", row, re.DOTALL)[0])
        cells = re.findall(r"<td.*?</td>", row, re.DOTALL)
        for level, cell in zip(ddscp.levels, cells, strict=True):
            own = [
                i for i in ddscp.indicators if (i.domain, i.level) == (domain.code, level.number)
            ]
            assert level.title in cell
            assert cell.count("<li>") == len(own)
            assert all(squeezed(sign.text) in text_of(cell) for sign in own)
            assert own or text_of(cell).strip()


def test_the_sheet_is_a_table_with_headings_for_rows_and_columns(
    client: Client, ddscp: Guidance
) -> None:
    html = main_of(client, "/grid/")
    assert len(re.findall(r'<th[^>]*scope="col"', html)) == 1 + len(ddscp.levels)
    assert len(re.findall(r'<th[^>]*scope="row"', html)) == len(ddscp.domains)


def test_every_indicator_has_a_page_with_all_that_is_known_of_it(
    client: Client, ddscp: Guidance
) -> None:
    for sign in ddscp.indicators:
        html = main_of(client, f"/indicators/{sign.code}/").replace("<wbr>", "")
        text = text_of(html)
        assert text_of(re.findall(r"<h1.*?</h1>", html, re.DOTALL)[0]).strip() == squeezed(
            sign.text
        )
        for fact in (
            sign.code,
            ddscp.level_by_number[sign.level].title,
            ddscp.domain_by_code[sign.domain].name,
            sign.section,
            sign.heading,
        ):
            assert fact in text, (sign.code, fact)
        ladders = set(re.findall(r'href="/ladders/([^/"]+)/"', html))
        assert ladders == {ladder.code for ladder in ddscp.ladders_of[sign.code]}
        routes = [r for r in ddscp.special_routes if sign.code in r.indicators]
        assert all(squeezed(r.text) in text for r in routes)
        others = {other.code for other in same_wording(ddscp, sign)}
        assert set(re.findall(r'href="/indicators/([^/"]+)/"', html)) == others


def test_a_wording_of_several_levels_names_its_worries_at_the_others(ddscp: Guidance) -> None:
    shared = [sign for sign in ddscp.indicators if sign.shared_key]
    for sign in shared:
        levels = {sign.level, *(other.level for other in same_wording(ddscp, sign))}
        assert tuple(sorted(levels)) == ddscp.levels_of_wording[sign.shared_key]
    assert not any(same_wording(ddscp, sign) for sign in ddscp.indicators if not sign.shared_key)


def test_lists_of_indicators_lead_to_each_by_its_code(client: Client, ddscp: Guidance) -> None:
    for address, own in (
        ("/levels/3/", [i for i in ddscp.indicators if i.level == 3]),
        ("/domains/health/", [i for i in ddscp.indicators if i.domain == "health"]),
    ):
        html = main_of(client, address)
        links = re.findall(r'href="/indicators/([^/"]+)/">(.*?)</a>', html)
        assert sorted(code for code, _ in links) == [sign.code for sign in own]
        assert all(code in text_of(name) for code, name in links)


@pytest.mark.parametrize(
    "address", ["/guidance/", "/levels/", "/levels/2/", "/domains/", "/domains/health/"]
)
def test_pages_of_the_guidance_lead_to_ladders_and_to_the_sheet(
    client: Client, address: str
) -> None:
    html = main_of(client, address)
    assert 'href="/ladders/"' in html
    assert 'href="/grid/"' in html


@pytest.mark.parametrize(
    "address", ["/levels/2/", "/domains/health/", "/ladders/dental-care/", "/grid/", "/contacts/"]
)
def test_pages_that_people_print_say_how(client: Client, address: str) -> None:
    assert main_of(client, address).count("data-print") == 1


def test_what_is_edited_is_shown_as_text(client: Client) -> None:
    draft = make_draft(make_editor("edie"))
    rows = draft.indicator_set.filter(code="dd058")
    rows.update(text="<script>alert(1)</script>")
    draft.ladder_set.filter(code="domestic-abuse").update(summary="<script>alert(2)</script>")
    put_in_force(draft)
    for address in ("/ladders/", "/ladders/domestic-abuse/", "/grid/", "/indicators/dd058/"):
        html = client.get(address).content.decode()
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert" in html, address
