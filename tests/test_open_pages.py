"""The open pages: for everyone, complete, current, and never one area's facts under another's."""

import re
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from guidance_content.models import Page
from guidance_content.prose import render_prose
from tests.editors import make_draft, make_editor, put_in_force
from tests.pages import main_of, text_of, words
from thresholds.guidance import Guidance
from thresholds.models import Area, Contact, Edition, Indicator, Link
from thresholds.open_pages import printed_date

pytestmark = pytest.mark.django_db

FIXED = [
    "/",
    "/guidance/",
    "/guidance/questions/",
    "/levels/",
    "/domains/",
    "/ladders/",
    "/grid/",
    "/find/",
    "/services/",
    "/contacts/",
    "/glossary/",
    "/quick-check/",
    "/areas/warwickshire/",
    "/accessibility/",
    "/privacy/",
    "/cookies/",
]
UNKNOWN = [
    "/levels/9/",
    "/levels/0/",
    "/levels/x/",
    "/domains/nowhere/",
    "/ladders/nowhere/",
    "/indicators/dd999/",
    "/indicators/",
    "/guidance/nothing/",
    "/areas/nowhere/",
    "/areas/derby/",
    "/areas/warwickshire/nothing/",
    "/areas/warwickshire/introduction/",
    "/guidance/before-a-referral/",
]
URGENT = {"Derby City": "01332 641172", "Derbyshire": "01629 533190"}
CARD = re.compile(r'<div class="phone-card">(.*?)</div>', re.DOTALL)


@pytest.fixture
def addresses(ddscp: Guidance) -> list[str]:
    """Every open address, with those that the guidance itself makes."""
    return [
        *FIXED,
        *(f"/levels/{level.number}/" for level in ddscp.levels),
        *(f"/domains/{domain.code}/" for domain in ddscp.domains),
        *(f"/ladders/{ladder.code}/" for ladder in ddscp.ladders[:3]),
        *(f"/indicators/{sign.code}/" for sign in ddscp.indicators[::60]),
        *(
            f"/guidance/{code}/"
            for code in Page.objects.filter(edition__slug=ddscp.slug).values_list("code", flat=True)
        ),
        "/areas/warwickshire/before-a-referral/",
    ]


def test_every_open_page_answers_without_signing_in(client: Client, addresses: list[str]) -> None:
    assert [a for a in addresses if client.get(a).status_code != 200] == []


def test_no_open_page_sets_a_cookie_or_starts_a_session(
    client: Client, addresses: list[str]
) -> None:
    for address in [*addresses, *UNKNOWN]:
        response = client.get(address)
        assert not response.cookies, address
        assert not response.wsgi_request.session.session_key, address
    assert not client.cookies


def test_every_link_between_pages_leads_somewhere(client: Client, addresses: list[str]) -> None:
    links = {
        link.split("#")[0]
        for address in addresses
        for link in re.findall(r'href="(/[^"]*)"', client.get(address).content.decode())
        if not link.startswith("/static/")
    }
    assert set(addresses) <= links
    assert [link for link in links if client.get(link).status_code not in (200, 302)] == []


def test_every_page_has_a_title_of_its_own(client: Client, addresses: list[str]) -> None:
    titles = [
        re.search(r"<title>(.*?)</title>", client.get(a).content.decode()).group(1)
        for a in addresses
    ]
    assert len(set(titles)) == len(addresses)


def test_999_is_on_every_page(client: Client, addresses: list[str]) -> None:
    for address in [*addresses, *UNKNOWN]:
        assert 'href="tel:999"' in client.get(address).content.decode(), address


def test_each_area_has_its_own_urgent_number_and_never_the_others(
    client: Client, addresses: list[str]
) -> None:
    for address in addresses:
        if address.startswith("/areas/"):
            continue
        cards = CARD.findall(client.get(address).content.decode())
        shown = {area: [c for c in cards if f">{area}<" in c] for area in URGENT}
        for area, own in shown.items():
            others = {number for name, number in URGENT.items() if name != area}
            assert own, (address, area)
            assert all(URGENT[area] in card for card in own), (address, area)
            assert not any(number in card for card in own for number in others), (address, area)


def test_the_find_box_is_once_on_every_page_and_posts(client: Client, addresses: list[str]) -> None:
    """What people type may be about a child: it must not stand in an address."""
    for address in addresses:
        forms = re.findall(r"<form[^>]*search[^>]*>", client.get(address).content.decode())
        assert len(forms) == 1, address
        assert 'method="post"' in forms[0], address
        assert 'action="/find/"' in forms[0], address


def test_a_corrected_number_is_shown_at_once(client: Client) -> None:
    client.get("/contacts/")
    Contact.objects.filter(area__slug="derby", purpose="urgent").update(phone="01332 000000")
    assert "01332 000000" in words(client, "/contacts/")
    assert "01332 641172" not in words(client, "/contacts/")


@pytest.mark.parametrize("address", UNKNOWN)
def test_an_unknown_address_is_a_page_not_found(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("address", ["/levels/", "/guidance/", "/contacts/", "/ladders/", "/grid/"])
def test_an_open_page_can_only_be_read(client: Client, address: str) -> None:
    assert client.post(address).status_code == 405


def test_pages_are_kept_for_a_minute_at_most_and_not_at_all_when_signed_in(
    client: Client,
) -> None:
    assert "max-age=60" in client.get("/contacts/")["Cache-Control"]
    client.force_login(User.objects.create_user("a@example.org", name="A"))
    assert "no-store" in client.get("/contacts/")["Cache-Control"]


def test_without_guidance_the_front_page_still_says_999(client: Client) -> None:
    Contact.objects.all().delete()
    assert 'href="tel:999"' in client.get("/").content.decode()
    assert client.get("/levels/").status_code == 404


def test_every_indicator_stands_word_for_word_on_its_level_and_domain(
    client: Client, ddscp: Guidance
) -> None:
    assert len(ddscp.indicators) == 215
    levels = {v.number: words(client, f"/levels/{v.number}/") for v in ddscp.levels}
    domains = {d.code: words(client, f"/domains/{d.code}/") for d in ddscp.domains}
    for indicator in ddscp.indicators:
        wording = re.sub(r"\s+", " ", indicator.text)
        assert wording in levels[indicator.level], indicator.code
        assert wording in domains[indicator.domain], indicator.code


def test_a_level_has_only_its_own_indicators(client: Client, ddscp: Guidance) -> None:
    for level in ddscp.levels:
        html = main_of(client, f"/levels/{level.number}/")
        listed = html[html.index('id="indicators"') :]
        own = sum(i.level == level.number for i in ddscp.indicators)
        assert len(re.findall(r"<li>", listed)) == own + len(
            {i.domain for i in ddscp.indicators if i.level == level.number}
        )


def test_each_level_gives_what_is_printed_and_each_areas_steps_apart(
    client: Client, ddscp: Guidance
) -> None:
    for level in ddscp.levels:
        html = main_of(client, f"/levels/{level.number}/")
        text = text_of(html)
        for printed in (level.description, level.referral_route, level.needs, level.outcome):
            for line in printed.splitlines():
                assert re.sub(r"\s+", " ", line.removeprefix("• ")).strip() in text
        for area in ddscp.areas:
            start = html.index(f'aria-labelledby="steps-{area}"')
            own = text_of(html[start : html.index("</section>", start)])
            for step in ddscp.steps_of(area, level.number):
                assert all(re.sub(r"\s+", " ", line) in own for line in step.text.splitlines())


def test_a_wording_printed_at_several_levels_says_so(client: Client, ddscp: Guidance) -> None:
    shared = next(i for i in ddscp.indicators if i.shared_key and i.level == 2)
    others = [n for n in ddscp.levels_of_wording[shared.shared_key] if n != 2]
    after = words(client, "/levels/2/").split(re.sub(r"\s+", " ", shared.text), 1)[1][:90]
    assert all(f"Level {n}" in after for n in others)


def test_signs_with_a_special_route_lead_to_it(client: Client, ddscp: Guidance) -> None:
    for level in ddscp.levels:
        codes = {i.code for i in ddscp.indicators if i.level == level.number}
        routes = [r for r in ddscp.special_routes if r.indicators & codes]
        html = main_of(client, f"/levels/{level.number}/")
        assert html.count('href="#special-routes"') >= len(routes)
        assert all(re.sub(r"\s+", " ", r.text) in text_of(html) for r in routes)


def test_the_nine_questions_and_twenty_terms_are_all_there(client: Client, ddscp: Guidance) -> None:
    questions = words(client, "/guidance/questions/")
    assert len(ddscp.questions) == 9
    assert all(re.sub(r"\s+", " ", q.text) in questions for q in ddscp.questions)
    glossary = main_of(client, "/glossary/")
    assert glossary.count("<dt") == len(ddscp.terms) == 20
    assert all(t.definition in text_of(glossary) for t in ddscp.terms)


def test_every_service_is_listed(client: Client, ddscp: Guidance) -> None:
    text = words(client, "/services/")
    assert all(re.sub(r"\s+", " ", s.name) in text for s in ddscp.services)


def test_every_page_of_guidance_says_how_far_it_can_be_trusted(
    client: Client, addresses: list[str]
) -> None:
    without = {"/", "/contacts/", "/accessibility/", "/privacy/", "/cookies/"}
    for address in [a for a in addresses if a not in without]:
        text = words(client, address)
        slug = "warwickshire-spectrum" if "warwickshire" in address else "ddscp-2019-12"
        edition = Edition.objects.get(slug=slug)
        assert edition.title in text, address
        assert edition.note in text, address
        assert printed_date(edition.source_date) in text, address


def test_a_confirmed_edition_is_no_longer_called_unconfirmed(client: Client) -> None:
    before = words(client, "/levels/")
    Edition.objects.filter(slug="ddscp-2019-12").update(checked_on="2026-11-01", review_by=None)
    assert "1 November 2026" not in before
    assert "1 November 2026" in words(client, "/levels/")


def test_a_prose_page_cites_its_section(client: Client) -> None:
    page = Page.objects.get(code="information-sharing")
    assert page.section in words(client, "/guidance/information-sharing/")


def test_contacts_show_hours_only_as_printed(client: Client) -> None:
    html = main_of(client, "/contacts/")
    cards = {area: next(c for c in CARD.findall(html) if f">{area}<" in c) for area in URGENT}
    for contact in Contact.objects.exclude(phone="").select_related("area"):
        assert (contact.hours or "No hours printed") in cards[contact.area.name]


def test_links_and_tools_stand_under_their_own_areas(client: Client) -> None:
    html = main_of(client, "/contacts/")
    starts = {area: html.index(f'aria-label="{area.name}"') for area in home_areas()}
    for area, start in starts.items():
        own = html[start : html.index("</section>", start)]
        for link in Link.objects.prefetch_related("areas"):
            is_here = f">{link.name}<" in unescape(own) or link.name in text_of(own)
            assert is_here == (area in link.areas.all()), (area, link)


def home_areas() -> list[Area]:
    return list(Area.objects.filter(contacts__isnull=False).distinct())


def test_a_link_that_is_no_web_address_is_not_a_link(client: Client) -> None:
    Link.objects.filter(slug="gcp").update(url="javascript:alert(1)")
    assert "javascript:" not in client.get("/contacts/").content.decode()


WARWICKSHIRE_WORDS = ("Early Help Single Assessment", "Spectrum of Support", "Targeted help")
DERBY_WORDS = ("Starting Point", "First Contact", "Early Help Assessment", "Derby", "0162", "0133")


def test_no_warwickshire_term_stands_on_another_areas_page(
    client: Client, addresses: list[str]
) -> None:
    for address in [a for a in addresses if not a.startswith("/areas/")]:
        html = unescape(client.get(address).content.decode())
        assert not [term for term in WARWICKSHIRE_WORDS if term in html], address


def test_no_derby_or_derbyshire_fact_stands_on_warwickshires_pages(client: Client) -> None:
    for address in ("/areas/warwickshire/", "/areas/warwickshire/before-a-referral/"):
        html = unescape(client.get(address).content.decode())
        assert not [term for term in DERBY_WORDS if term in html], address


def test_warwickshires_pages_lead_to_no_other_areas_levels(client: Client) -> None:
    for address in ("/areas/warwickshire/", "/areas/warwickshire/before-a-referral/"):
        links = re.findall(r'href="(/[^"]*)"', main_of(client, address))
        assert not [a for a in links if a.startswith(("/levels", "/domains", "/guidance/"))]


def test_another_areas_guidance_is_led_to_only_while_it_is_in_force(client: Client) -> None:
    Edition.objects.filter(slug="warwickshire-spectrum").update(withdrawn_at=timezone.now())
    assert "/areas/warwickshire/" not in main_of(client, "/guidance/")
    assert client.get("/areas/warwickshire/").status_code == 404


def test_warwickshire_has_its_levels_services_and_page(client: Client) -> None:
    text = words(client, "/areas/warwickshire/")
    for level in Edition.objects.get(slug="warwickshire-spectrum").level_set.all():
        assert level.name in text
        assert all(service.name in text for service in level.services.all())
    assert "/areas/warwickshire/before-a-referral/" in main_of(client, "/areas/warwickshire/")


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '<img src="https://example.org/x.png" onerror="alert(1)">',
        "![x](https://example.org/x.png)",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "[x](vbscript:msgbox(1))",
        "<javascript:alert(1)>",
        "[x]: javascript:alert(1)\n\n[x]",
        '[x](/ok "\\" onclick=\\"alert(1)")',
        "## <svg onload=alert(1)>",
    ],
)
def test_hostile_markdown_is_shown_as_text(client: Client, hostile: str) -> None:
    draft = make_draft(make_editor("edie"))
    Page.objects.filter(edition=draft, code="introduction").update(body=hostile)
    put_in_force(draft)
    html = main_of(client, "/guidance/introduction/")
    tags = re.findall(r"<[^>]*>", html)
    assert not [tag for tag in tags if re.match(r"<(script|img|svg|iframe)", tag, re.IGNORECASE)]
    assert not [tag for tag in tags if re.search(r"href=\"(?!/|#|https?:|tel:)", tag)]
    assert not [tag for tag in tags if re.search(r"\son\w+=", re.sub(r'"[^"]*"', '""', tag))]


def test_hostile_data_is_shown_as_text(client: Client) -> None:
    draft = make_draft(make_editor("edie"))
    own = Indicator.objects.filter(edition=draft, level__number=2)
    own.update(text="<script>alert(1)</script>")
    Edition.objects.filter(pk=draft.pk).update(note="<script>alert(2)</script>")
    put_in_force(draft)
    for address in ("/levels/2/", "/levels/", "/domains/health/"):
        html = client.get(address).content.decode()
        assert "&lt;script&gt;alert(2)" in html
        assert "<script>alert" not in html


def test_prose_becomes_headings_lists_and_links() -> None:
    html = render_prose("## A\n\nB [c](/contacts/) [d](https://example.org)\n\n- e\n\n> f")
    for tag in ("h2", "p", "ul", "a"):
        assert re.search(rf'<{tag}[^>]* class="govuk-', html), tag
    assert "<blockquote" not in html
    assert re.search(r'href="https://example.org"[^>]*rel="noreferrer"', html)


@pytest.mark.parametrize(
    ("text", "in_words"),
    [("2019", "2019"), ("2019-12", "December 2019"), ("2019-12-31", "31 December 2019")],
)
def test_a_date_is_no_more_exact_than_its_source(text: str, in_words: str) -> None:
    assert printed_date(text) == in_words
