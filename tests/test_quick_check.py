"""The quick check: the conversation's own questions and reading, for anybody, with nothing kept."""

import re
from html import unescape

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Agency
from tests.editors import make_draft, make_editor, put_in_force
from tests.pages import text_of
from tests.people import make_person, signed_in, walk_to
from tests.quick_check import (
    ANSWERS,
    IN_PLACE,
    START,
    Fields,
    Form,
    answer,
    check_to,
    html_of,
    pages,
)
from tests.statements import reads
from thresholds.guidance import Guidance
from thresholds.load import forget
from thresholds.models import Area, Contact, Edition, Indicator

pytestmark = pytest.mark.django_db

WORRY = "mum is drinking a lot and he comes in hungry"


# Nothing is kept


def rows() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


def test_a_whole_check_keeps_no_row_no_session_and_no_cookie(client: Client) -> None:
    before = rows()
    with CaptureQueriesContext(connection) as queries:
        responses = [*pages(client)]
        found = answer(client, check_to(client, "signs"), worry=WORRY, find="yes")
    assert len(responses) == 6
    assert [response.cookies for response in (*responses, found)] == [{}] * 7
    assert not client.cookies
    assert not responses[-1].wsgi_request.session.session_key
    assert [query["sql"] for query in queries if not reads(query["sql"])] == []
    assert rows() == before


def test_no_page_is_kept_by_a_browser_and_each_can_be_left(client: Client) -> None:
    for response in pages(client, danger={"danger": "yes"}):
        assert "no-store" in response["Cache-Control"]
        assert "govuk-exit-this-page" in response.content.decode()


def test_what_was_answered_stands_in_no_address_and_no_title(client: Client) -> None:
    for response in pages(client):
        html = response.content.decode()
        assert response.wsgi_request.get_full_path() == START
        links = re.findall(r'(?:href|action)="([^"]*)"', html)
        title = re.search(r"<title>(.*?)</title>", html)[1]
        for said in ("dd034", "dd058", "education-learning", "derby", "level=", "danger="):
            ours = [link for link in links if link.startswith(("/", "?")) and said in link]
            assert not ours and said not in title.casefold()


def test_the_finders_text_goes_no_further_than_its_page(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    html = html_of(answer(client, check_to(client, "signs"), worry=WORRY, find="yes"))
    assert WORRY in unescape(html)
    fields = {"worry": WORRY, "codes": ["dd034"]}
    again = html_of(answer(client, html, **fields | {"codes": []}))
    assert WORRY in unescape(again), "it is not lost while its own page is shown again"
    further = html_of(answer(client, html, **fields))
    assert Form(further).page == "judgement"
    assert "drinking" not in further and "worry" not in Form(further).fields
    assert "drinking" not in caplog.text


def test_it_asks_for_nothing_that_tells_who_the_child_is(client: Client) -> None:
    fields = re.compile(r'<(?:input|textarea|select)[^>]* name="([^"]+)"')
    asked = {name for response in pages(client) for name in fields.findall(html_of(response))}
    assert asked == {
        "page", "place", "danger", "codes", "unknown_domains", "worry", "level",
        "significant_harm", "text",
    }  # fmt: skip


# The way through


def test_the_steps_follow_one_another_and_back_keeps_what_was_answered(client: Client) -> None:
    passed = [Form(html_of(response)).page for response in pages(client)]
    assert passed == ["area", "danger", "signs", "judgement", "reading", "next-steps"]
    html = check_to(client, "reading")
    for slug in ("judgement", "signs", "danger", "area"):
        html = html_of(answer(client, html, go=slug))
        form = Form(html)
        assert form.page == slug
        for name, value in ANSWERS[slug].items():
            assert form.fields[name] == ([value] if isinstance(value, str) else value)
    assert Form(html).fields["codes"] == ANSWERS["signs"]["codes"]


def test_danger_comes_to_999_and_the_areas_own_number_at_once(client: Client) -> None:
    html = check_to(client, "call-now", danger={"danger": "yes"})
    assert 'href="tel:999"' in html and 'href="tel:01332641172"' in html
    assert "01629" not in html
    assert Form(html_of(answer(client, html))).page == "signs"


@pytest.mark.parametrize("place", ["elsewhere", "unknown"])
def test_a_child_from_elsewhere_gets_both_cards(client: Client, place: str) -> None:
    told = [*pages(client, area={"place": place}, danger={"danger": "yes"})]
    for response in told[1:]:
        html = response.content.decode()
        assert 'href="tel:01332641172"' in html and 'href="tel:01629533190"' in html


def test_your_own_view_comes_before_the_reading_and_may_be_unsure(client: Client) -> None:
    html = check_to(client, "judgement")
    assert "band__level" not in html
    ahead = html_of(client.post(START, Form(html).fields | {"go": "reading"}))
    assert Form(ahead).page == "judgement"
    unsure = html_of(answer(client, html, level="not_sure"))
    assert Form(unsure).page == "reading"
    assert "band__level--you" not in unsure


def test_an_empty_page_is_told_and_shown_again(client: Client) -> None:
    for response in pages(client):
        html = html_of(response)
        here = Form(html).page
        if here == "next-steps":
            return
        again = html_of(client.post(START, Form(html).fields))
        assert Form(again).page == here
        assert "govuk-error-summary" in again


def test_an_area_whose_guidance_lists_no_signs_says_what_there_is_instead(client: Client) -> None:
    warwickshire = Area.objects.get(slug="warwickshire")
    Contact.objects.create(area=warwickshire, purpose="urgent", name="Front door", phone="01926 1")
    told = html_of(client.post(START, {"page": "area", "place": "warwickshire"}))
    assert 'href="/areas/warwickshire/"' in told and 'href="tel:019261"' in told
    assert "01332" not in told and 'name="danger"' not in told


def test_an_edition_of_ones_own_without_signs_can_still_be_read(client: Client) -> None:
    bare = make_draft(make_editor("ed"))
    Indicator.objects.filter(edition=bare).delete()
    put_in_force(bare)
    forget()
    try:
        told = html_of(client.post(START, {"page": "area", "place": "derby"}))
    finally:
        forget()
    assert 'href="/levels/"' in told and 'href="tel:01332641172"' in told


def test_without_guidance_there_is_no_check(client: Client) -> None:
    Edition.objects.update(withdrawn_at=timezone.now())
    assert client.get(START).status_code == 404


# What a page brings is what somebody typed

STALE = [
    # the page that is posted, the field that is changed, its value, the question that is shown
    ("danger", "place", "atlantis", "area"),
    ("danger", "place", "warwickshire", "area"),
    ("danger", "place", "\x00", "area"),
    ("danger", "place", "not_sure", "area"),
    ("danger", "place", [], "area"),
    ("signs", "danger", "perhaps", "danger"),
    ("signs", "danger", [], "danger"),
    ("judgement", "codes", ["dd999"], "signs"),
    ("judgement", "codes", ["dd034", "'; drop table"], "signs"),
    ("judgement", "unknown_domains", ["nowhere"], "signs"),
    ("judgement", "codes", [], "judgement"),  # what is not known is an answer
    ("reading", "level", "5", "judgement"),
    ("reading", "level", "4 or so", "judgement"),
    ("reading", "level", [], "judgement"),
    ("next-steps", "significant_harm", "maybe", "reading"),
    ("next-steps", "significant_harm", [], "reading"),
    ("next-steps", "place", "atlantis", "area"),
    ("next-steps", "danger", "no way", "danger"),
    ("next-steps", "codes", ["dd999"], "signs"),
    ("next-steps", "level", "one", "judgement"),
    ("reading", "page", "nonsense", "reading"),
    ("signs", "page", "reading", "signs"),
    ("danger", "page", [], "danger"),
    ("danger", "go", "next-steps", "danger"),
    ("signs", "go", "nowhere", "signs"),
]


@pytest.mark.parametrize(("here", "field", "value", "shown"), STALE)
def test_a_changed_field_leads_back_to_its_question(
    client: Client, here: str, field: str, value: object, shown: str
) -> None:
    fields: Fields = Form(check_to(client, here)).fields
    html = html_of(client.post(START, fields | {field: value}))
    assert Form(html).page == shown
    assert "Error: " in html or "govuk-notification-banner" in html


def test_too_many_fields_are_a_clear_page(client: Client) -> None:
    posted = {f"codes{number}": "x" for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}
    response = client.post(START, posted)
    assert response.status_code == 400
    assert 'href="tel:999"' in response.content.decode()


def test_a_text_that_is_too_long_is_told(client: Client) -> None:
    html = html_of(answer(client, check_to(client, "signs"), worry="x" * 30_000, find="yes"))
    assert Form(html).page == "signs" and "govuk-error-summary" in html


def test_an_empty_finder_is_told_and_the_ticks_stay(client: Client) -> None:
    ticked = {"codes": ["dd034"], "find": "yes"}
    html = html_of(answer(client, check_to(client, "signs"), worry=" ", **ticked))
    assert "govuk-error-summary" in html
    assert Form(html).fields["codes"] == ["dd034"]


def test_a_page_can_only_be_read_and_posted(client: Client) -> None:
    assert client.put(START).status_code == client.delete(START).status_code == 405


# Signs


@pytest.fixture
def found(client: Client) -> str:
    """The signs page after somebody typed what worries them."""
    return html_of(answer(client, check_to(client, "signs"), worry=WORRY, find="yes"))


def test_the_finder_brings_signs_forward_and_chooses_none(found: str) -> None:
    assert found.count('class="suggestion ') >= 3
    assert "<mark>" in found
    assert "codes" not in Form(found).fields


def test_every_sign_can_be_chosen_and_each_by_one_box(found: str, ddscp: Guidance) -> None:
    boxes = [value for name, value in Form(found).boxes if name == "codes"]
    assert len(boxes) == len(set(boxes))
    wordings = {sign.shared_key or sign.code for sign in ddscp.indicators}
    assert {ddscp.by_code[code].shared_key or code for code in boxes} == wordings


def test_no_level_stands_beside_a_choice(found: str) -> None:
    form = found[found.index('name="page"') : found.index("</form>", found.index('name="page"'))]
    assert not re.search(r"Level \d", text_of(form))


def test_a_domain_that_nobody_knows_about_is_answer_enough(client: Client) -> None:
    html = check_to(client, "reading", signs={"codes": [], "unknown_domains": ["health"]})
    assert "Who could tell you?" in text_of(html)


# The reading is the conversation's

SAME = {
    "level 2": {},
    "level 1": {"signs": {"codes": ["dd001"], "unknown_domains": []}, "judgement": {"level": "1"}},
    "several at level 3": {"signs": {"codes": ["dd104", "dd124", "dd128"]}},
    "danger": {"danger": {"danger": "yes"}, "signs": {"codes": ["dd157"]}},
    "elsewhere": {"area": {"place": "elsewhere"}},
    "not sure": {"area": {"place": "derbyshire"}, "judgement": {"level": "not_sure"}},
    "harm": {"signs": {"codes": ["dd155"]}, "reading": {"significant_harm": "yes"}},
}
NOT_ASKED = {"agreement": "not_asked", "not_asked_reason": "Not yet"}


AFTER_READING = re.compile(r"<form|<h2[^>]*>(?:Significant harm|You and the guidance|Numbers)")


def reading_in(html: str) -> str:
    """Return the words of the reading, wherever it stands."""
    begin = html.index('<ol class="band"')
    return text_of(html[begin : AFTER_READING.search(html, begin).start()])


@pytest.fixture
def hospitals_browser(db: None) -> Client:
    """Somebody whose agency is no school: a quick check does not know of any."""
    agency = Agency.objects.create(name="Example Hospital", kind=Agency.Kind.HEALTH)
    return signed_in(make_person("nurse@hospital.example", agency))


@pytest.mark.parametrize("case", SAME)
def test_the_reading_and_the_next_steps_are_the_conversations(
    client: Client, hospitals_browser: Client, case: str
) -> None:
    answers = {step: data | SAME[case].get(step, {}) for step, data in ANSWERS.items()}
    theirs = answers | {"judgement": answers["judgement"] | {"reason": "I know her."}}
    theirs |= {"call": {"made": "no"}, "in_place": IN_PLACE, "agreement": NOT_ASKED}
    url = walk_to(hospitals_browser, "next-steps", **theirs)
    reading = hospitals_browser.get(url.replace("next-steps", "reading")).content.decode()
    steps = hospitals_browser.get(url).content.decode()
    last = check_to(client, "next-steps", **answers)
    ours = html_of(answer(client, last, go="reading"))
    assert reading_in(last) == reading_in(ours) == reading_in(reading)
    assert actions(last) == actions(steps)


def actions(html: str) -> list[str]:
    listed = re.search(r'<ol class="[^"]*actions">(.*?)</ol>', html, re.DOTALL)[1]
    return [text_of(item) for item in re.findall(r"<li>(.*?)</li>", listed, re.DOTALL)]


def test_the_next_steps_are_never_none_and_never_an_all_clear(client: Client) -> None:
    html = check_to(client, "next-steps", **SAME["level 1"])
    assert len(actions(html)) >= 3
    assert not re.search(
        r"no (further )?action|nothing (more )?to do", text_of(html), re.IGNORECASE
    )


@pytest.mark.parametrize("code", ["dd207", "dd210", "dd211", "dd212", "dd214", "dd215"])
def test_a_sign_with_a_route_of_its_own_says_so(client: Client, ddscp: Guidance, code: str) -> None:
    html = check_to(client, "next-steps", signs={"codes": [code]})
    route = next(route for route in ddscp.special_routes if code in route.indicators)
    assert any(route.text in action for action in actions(html))


def test_the_last_page_can_stand_alone_on_paper(client: Client, ddscp: Guidance) -> None:
    html = check_to(client, "next-steps")
    text = text_of(html[html.index("<main") : html.index("</main>")])
    for code in ANSWERS["signs"]["codes"]:
        assert ddscp.by_code[code].text in text
    for words in (ddscp.title, "Not confirmed since", "01332 641172", "nothing of it was stored"):
        assert words in text
    assert "01629" not in text
