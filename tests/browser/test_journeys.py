"""Whole conversations, without JavaScript, from the first question to the PDF in hand."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pikepdf
import pytest
from playwright.sync_api import Browser

from tests.browser.audit import Auditor, Findings, examine
from tests.browser.cases import (
    AREAS,
    CALLED_AT,
    CASES,
    CHILD,
    CONCERN,
    DUE_HOURS,
    EDITION,
    FAMILY,
    LEVEL_2_LONGEST,
    LEVELS,
    LONDON,
    NEXT_STEPS,
    SIGNS,
    WISHES,
    contacts,
    marks,
    urgent_phone,
)
from tests.browser.journey import Journey, live
from tests.browser.person import Person, Seen, squash
from tests.browser.portal import Portal

pytestmark = pytest.mark.browser

LONGEST = 15
EMERGENCY = "999"


@pytest.fixture(scope="session")
def journey(
    request: pytest.FixtureRequest,
    browser: Browser,
    portal: Portal,
    auditor: Auditor,
    window: Callable[..., Person],
) -> Iterator[Journey]:
    """A conversation that is lived once and looked at by many tests."""
    case = CASES[request.param]
    person = window(width=case.width)
    try:
        yield live(case, person, auditor)
    finally:
        person.context.close()


every = pytest.mark.parametrize("journey", list(CASES), indirect=True)
derby_danger = pytest.mark.parametrize("journey", ["derby-danger"], indirect=True)
derbyshire_refused = pytest.mark.parametrize("journey", ["derbyshire-refused"], indirect=True)
level_2 = pytest.mark.parametrize("journey", ["level-2"], indirect=True)
level_1 = pytest.mark.parametrize("journey", ["level-1"], indirect=True)
elsewhere_danger = pytest.mark.parametrize("journey", ["elsewhere-danger"], indirect=True)


def written(day: datetime) -> str:
    """A day as a person writes it, as `squash` leaves it."""
    return squash(f"{day.day} {day:%B %Y}")


# Every conversation


@every
def test_the_pdf_says_what_the_record_is(journey: Journey) -> None:
    year, month = EDITION["source_date"].split("-")
    edition_date = squash(f"{datetime(int(year), int(month), 1):%B %Y}")
    assert re.fullmatch(r"[A-Z0-9-]{6,}", journey.reference)
    assert squash(journey.reference) in journey.pdf.text
    assert edition_date in journey.pdf.text
    assert squash(EDITION["title"]) in journey.pdf.text
    assert written(datetime.now(LONDON)) in journey.pdf.text


@every
def test_every_sheet_of_the_pdf_is_marked_and_numbered(journey: Journey) -> None:
    sheets = journey.pdf.pages
    for number, sheet in enumerate(sheets, 1):
        assert squash("Official-Sensitive") in sheet
        assert f"{number}of{len(sheets)}" in sheet


@every
def test_page_and_pdf_tell_the_childs_voice_and_the_concern(journey: Journey) -> None:
    for words in (WISHES, CONCERN["concern"], CHILD["name"], CHILD["siblings"]):
        assert squash(words) in journey.summary.text
        assert squash(words) in journey.pdf.text


@every
def test_the_childs_voice_stands_before_the_signs(journey: Journey) -> None:
    text = journey.pdf.text
    first_sign = min(text.index(squash(SIGNS[code]["text"])) for code in journey.case.signs)
    assert text.index(squash(WISHES)) < first_sign


@every
def test_every_sign_is_word_for_word_with_its_level_and_its_note(journey: Journey) -> None:
    for code in journey.case.signs:
        sign, note = SIGNS[code], journey.case.answers[f"note_{code}"]
        assert squash(sign["text"]) in journey.pdf.text
        assert squash(str(note)) in journey.pdf.text
        domain = r"\D{0,80}"
        row = rf"{sign['level'][1]}{domain}{re.escape(squash(sign['text']))}"
        beside = bool(re.search(row, journey.pdf.text))
        assert beside, f"no level beside “{sign['text']}”"


@every
def test_the_judgement_and_its_reason_are_kept(journey: Journey) -> None:
    answers = journey.case.answers
    assert squash(LEVELS[int(str(answers["level"]))]["name"]) in journey.pdf.text
    assert squash(str(answers["reason"])) in journey.pdf.text


@every
def test_nothing_typed_is_missing_from_check_summary_and_pdf(journey: Journey) -> None:
    answers = journey.case.answers.values()
    texts = [value for value in answers if isinstance(value, str) and " " in value]
    assert len(texts) > 5
    check = journey.pages[-1].text
    for text in map(squash, texts):
        assert text in check
        assert text in journey.summary.text
        assert text in journey.pdf.text


@every
def test_the_pdf_is_tagged(journey: Journey) -> None:
    with pikepdf.open(BytesIO(journey.pdf.data)) as pdf:
        root = pdf.Root
        assert root.MarkInfo.Marked
        assert root.StructTreeRoot.K
        assert str(root.Lang).startswith("en")
        assert root.ViewerPreferences.DisplayDocTitle
        assert root.Outlines.First
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
            assert journey.reference in metadata["dc:title"]


@every
def test_no_child_is_named_where_machines_keep_names(journey: Journey) -> None:
    """Addresses, titles and file names stay in histories and logs."""
    with pikepdf.open(BytesIO(journey.pdf.data)) as pdf:
        titles = [str(pdf.docinfo.get("/Title", ""))]
    places = [*titles, journey.pdf.filename]
    for page in journey.all_pages:
        places += [page.url, page.title]
    for part in str(CHILD["name"]).split():
        assert [place for place in places if part.casefold() in place.casefold()] == []


@every
def test_no_page_is_kept_by_the_browser(journey: Journey) -> None:
    assert journey.kept_by_browser == []


@every
def test_every_page_has_its_own_heading_and_title(journey: Journey) -> None:
    for page in journey.all_pages:
        headings = re.findall(r"<h1[ >].*?</h1>", page.html, re.DOTALL)
        assert len(headings) == 1, f"{page.slug} has {len(headings)} main headings"
    titles = [page.title for page in journey.all_pages]
    assert len(set(titles)) == len(titles)


@every
def test_999_and_the_areas_urgent_number_are_on_every_page(journey: Journey) -> None:
    area = str(journey.case.answers["place"])
    wanted = {squash(urgent_phone(slug)) for slug in AREAS if area in (slug, "elsewhere")}
    for page in journey.after_area:
        assert f"tel:{EMERGENCY}" in page.html
        for number in wanted:
            assert f"tel:{number}" in page.text, f"{number} is not on {page.slug}"


@every
def test_axe_finds_nothing(journey: Journey) -> None:
    journey.findings.check()


# Derby, Level 4, in danger


@derby_danger
def test_danger_reaches_the_phone_card_on_its_second_page(journey: Journey) -> None:
    assert journey.slugs[1:3] == ["danger", "call-now"]
    urgent = squash(urgent_phone("derby"))
    for slug in ("danger", "call-now"):
        assert {EMERGENCY, urgent} <= journey.visible_phones[slug]
        assert journey.cards[slug] == [AREAS["derby"]["name"]]


@derby_danger
def test_a_derby_child_meets_nothing_of_derbyshires(journey: Journey) -> None:
    check_absent(journey, marks("derbyshire"))


@derby_danger
def test_the_deadline_counts_from_the_call(journey: Journey) -> None:
    due = (CALLED_AT.astimezone(UTC) + timedelta(hours=DUE_HOURS)).astimezone(LONDON)
    # Nothing else in the record falls on that day, but what says when it was made, after midnight.
    assert written(due) != written(CALLED_AT)
    clock = f"{due:%I:%M%p}".lstrip("0").lower()
    for text in (journey.summary.text, journey.pdf.text):
        days = [match.start() for match in re.finditer(written(due), text)]
        all_near = [text[max(0, day - 30) : day] for day in days]
        told = [near for near in all_near if not re.search("(Recorded|Printed)at", near)]
        assert told and all(clock in near or f"{due:%H:%M}" in near for near in told)


@derby_danger
def test_the_danger_record_says_whom_to_call(journey: Journey) -> None:
    urgent = next(row for row in contacts("derby") if row["purpose"] == "urgent")
    for text in (journey.summary.text, journey.pdf.text):
        assert squash(urgent["phone"]) in text
        assert squash(urgent["name"]) in text
        assert squash(NEXT_STEPS["phone-now-derby"]["text"]) in text
        assert squash(NEXT_STEPS["writing-derby"]["text"]) in text


@derby_danger
def test_without_asking_the_reason_is_kept_and_nobody_is_told_to_ask(journey: Journey) -> None:
    assert squash(str(journey.case.answers["not_asked_reason"])) in journey.pdf.text
    assert squash(NEXT_STEPS["family-unsafe"]["text"]) in journey.pdf.text
    assert squash(NEXT_STEPS["family-4"]["text"]) not in journey.pdf.text


# Derbyshire, Level 3, agreement refused


@derbyshire_refused
def test_a_refusal_never_stops_the_referral(journey: Journey) -> None:
    assert {"advice_from", "service_told", *FAMILY} <= journey.asked.keys()
    assert journey.reference


@derbyshire_refused
def test_the_refusal_and_its_early_help_exception_are_in_the_pdf(journey: Journey) -> None:
    for name in ("advice_from", "advice_outcome", "basis"):
        assert squash(str(journey.case.answers[name])) in journey.pdf.text
    for code in ("refused", "refused-level-3", "no-assessment-refused-derbyshire"):
        assert squash(NEXT_STEPS[code]["text"]) in journey.pdf.text
    assert squash(NEXT_STEPS["early-help-first-derbyshire"]["text"]) not in journey.pdf.text


@derbyshire_refused
def test_a_derbyshire_child_meets_nothing_of_derbys(journey: Journey) -> None:
    vulnerable_childrens_meeting = "(VCM)"
    check_absent(journey, {*marks("derby"), vulnerable_childrens_meeting})


# Level 2


@level_2
def test_level_2_takes_few_pages(journey: Journey) -> None:
    assert journey.slugs[0] == "area"
    assert journey.slugs[-1] == "check"
    assert len(journey.slugs) <= LONGEST


def test_the_longest_way_at_level_2_takes_few_pages(arrive: Callable[..., Person]) -> None:
    """A sign that may be harm, and a family that was not asked yet: each adds a page."""
    slugs = arrive().hurry(LEVEL_2_LONGEST.answers)
    assert len(slugs) <= LONGEST, slugs


@level_2
def test_an_assessment_that_was_done_is_updated_not_asked_for(journey: Journey) -> None:
    assert squash(NEXT_STEPS["family-2-assessed"]["text"]) in journey.pdf.text
    assert squash(NEXT_STEPS["family-2"]["text"]) not in journey.pdf.text


@level_2
def test_level_2_asks_for_no_referral_details(journey: Journey) -> None:
    assert {"family", "call-now"} & set(journey.slugs) == set()


# Level 1


@level_1
def test_level_1_ends_with_a_plan(journey: Journey) -> None:
    assert squash(NEXT_STEPS["plan-1"]["text"]) in journey.pdf.text
    assert squash(NEXT_STEPS["review"]["text"]) in journey.pdf.text
    assert {"family", "call-now"} & set(journey.slugs) == set()


@level_1
def test_nothing_is_due_in_48_hours_at_level_1(journey: Journey) -> None:
    assert f"{DUE_HOURS}hours" not in journey.pdf.text


# Elsewhere, in danger


@elsewhere_danger
def test_a_child_from_elsewhere_gets_both_cards_under_their_own_headings(
    journey: Journey,
) -> None:
    for slug in ("danger", "call-now"):
        assert journey.cards[slug] == [area["name"] for area in AREAS.values()]
        assert EMERGENCY in journey.visible_phones[slug]


@elsewhere_danger
def test_a_child_from_elsewhere_can_be_recorded(journey: Journey) -> None:
    assert journey.reference
    assert squash(NEXT_STEPS["phone-now-elsewhere"]["text"]) in journey.pdf.text


@elsewhere_danger
def test_no_areas_pathway_is_recorded_for_a_child_from_elsewhere(journey: Journey) -> None:
    anywhere = {row["text"] for row in NEXT_STEPS.values() if not row["area"]}
    theirs = {squash(row["text"]) for row in NEXT_STEPS.values() if row["text"] not in anywhere}
    theirs |= {mark for area in AREAS for mark in marks(area)}
    assert [words for words in theirs if words in journey.pdf.text] == []


@elsewhere_danger
def test_a_lower_judgement_is_kept_beside_the_reading(journey: Journey) -> None:
    """The judgement says Level 2, the guidance Level 4: both stand, and so does the reason."""
    assert squash(LEVELS[2]["name"]) in journey.pdf.text
    assert squash(LEVELS[4]["name"]) in journey.pdf.text
    assert squash(str(journey.case.answers["difference"])) in journey.pdf.text


# Round about


@level_1
@pytest.mark.parametrize("path", ["/", "/conversations/", "/account/password/change/"])
def test_a_persons_own_pages_are_sound(
    arrive: Callable[..., Person], auditor: Auditor, journey: Journey, path: str
) -> None:
    person, findings = arrive(), Findings()
    person.hurry(journey.case.answers, until="child")
    assert person.open(path).ok
    here = person.seen()
    auditor.look(path, here.url, here.html, person.policy, findings)
    findings.check()


# With JavaScript


def test_javascript_adds_and_breaks_nothing(arrive: Callable[..., Person]) -> None:
    """What the scripts add is as sound as the page without them, and the policy allows it."""
    case = CASES["level-2"]
    person, findings, said = arrive(width=320, scripts=True), Findings(), []
    person.page.on("console", lambda message: said.append((message.type, message.text)))
    person.page.on("pageerror", lambda error: said.append(("error", str(error))))

    def look(page: Seen) -> None:
        examine(person.page, page.slug, findings, widths=(320,))

    person.open("/conversations/new/")
    person.walk(case.answers, each=look)
    look(person.record())
    assert [text for kind, text in said if kind == "error"] == []
    findings.check()


def check_absent(journey: Journey, unwanted: set[str]) -> None:
    found = [
        (page.slug, mark) for page in journey.after_area for mark in unwanted if mark in page.text
    ]
    found += [("pdf", mark) for mark in unwanted if mark in journey.pdf.text]
    assert found == []
