"""A preview: the open pages as if a draft were in force, for one editor and nobody else."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.models import Agency, User
from guidance_content import editions
from guidance_content.importing import import_document
from guidance_content.models import Page
from guidance_content.preview import KEY, Preview
from referrals import services
from referrals.models import Conversation
from tests.editors import make_editor, publish, shipped
from tests.elsewhere import northshire
from tests.pages import main_part
from tests.people import record, signed_in
from tests.quick_check import ANSWERS, START, Form, answer, check_to, html_of, pages
from thresholds import index
from thresholds.load import as_if_in_force
from thresholds.models import (
    Domain,
    Edition,
    Indicator,
    Ladder,
    Level,
    NextStep,
    PathwayStep,
    Question,
    Rule,
    Term,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_draft")]

NEW = "A wording that only the draft has"
BANNER = "You are looking at the"


@pytest.fixture
def eric(db: None) -> User:
    return make_editor("eric")


@pytest.fixture
def draft(draft: Edition) -> Edition:
    """A draft in which one indicator and one page say something else."""
    sign = Indicator.objects.get(edition=draft, code="dd034")
    sign.text = f"{sign.text}. {NEW}"
    sign.save()
    page = Page.objects.get(edition=draft, code="principles")
    page.body += NEW
    page.save()
    return draft


@pytest.fixture
def editing(edie: User) -> Client:
    return signed_in(edie)


@pytest.fixture
def looking(editing: Client, draft: Edition) -> Client:
    """The editor's browser, in which the preview is on."""
    assert begin(editing, draft).url == "/"
    return editing


def begin(browser: Client, edition: Edition) -> HttpResponse:
    return browser.post(f"/editors/editions/{edition.slug}/preview/")


def shows(browser: Client, address: str) -> str:
    return html_of(browser.get(address))


# What it shows, and to whom.


def test_every_open_page_follows_the_draft(looking: Client, draft: Edition) -> None:
    sign = Indicator.objects.get(edition=draft, code="dd034")
    ladder = Ladder.objects.filter(indicators=sign).first()
    for address in (
        f"/levels/{sign.level.number}/",
        f"/domains/{sign.domain.code}/",
        f"/ladders/{ladder.code}/",
        "/grid/",
        "/indicators/dd034/",
        "/guidance/principles/",
    ):
        html = shows(looking, address)
        assert NEW in html and BANNER in html, address
        assert NEW not in shows(Client(), address), address


def test_the_finder_follows_the_draft(looking: Client) -> None:
    assert f". {NEW}" in html_of(looking.post("/find/", {"text": NEW}))
    # Of everyone's, it is the text that was typed that comes back.
    assert f". {NEW}" not in html_of(Client().post("/find/", {"text": NEW}))


def test_the_finder_learns_a_drafts_new_wordings_alone(
    draft: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.forget()
    encoded: list[str] = []
    encoder = index.encoder()
    meanings = encoder.meanings
    monkeypatch.setattr(encoder, "meanings", lambda new: encoded.extend(new) or meanings(new))
    index.find("hungry", draft)
    new = {text for text in encoded if text != "hungry"}
    assert len(new) == 1 and NEW in new.pop()


def test_the_quick_check_follows_the_draft_to_its_end(looking: Client) -> None:
    shown = {Form(html).page: html for html in map(html_of, pages(looking))}
    assert all(BANNER in html for html in shown.values())
    assert all(NEW in shown[page] for page in ("signs", "reading", "next-steps"))
    assert not Conversation.objects.exists()
    assert NEW not in check_to(Client(), "signs")


def test_a_quick_check_of_a_preview_becomes_no_conversation(looking: Client) -> None:
    last = check_to(looking, "next-steps")
    assert 'name="carry"' not in last
    refused = answer(looking, last, carry="yes")
    assert Form(html_of(refused)).page == "next-steps"
    assert "quick_check" not in looking.cookies


def test_what_is_not_open_never_follows(
    looking: Client, draft: Edition, teachers_browser: Client
) -> None:
    shown = looking.get("/editors/editions/next/pages/")
    assert BANNER not in html_of(shown)
    done = record(teachers_browser)
    assert done.edition == shipped()
    for address in (f"/conversations/{done.token}/summary/", START, "/levels/2/"):
        html = html_of(teachers_browser.get(address))
        assert NEW not in html and BANNER not in html


def test_a_conversation_begins_under_the_edition_in_force(
    looking: Client, teacher: User, agency: Agency
) -> None:
    looking.get("/levels/")
    started = services.start(author=teacher, agency=agency, data={"place": "derby"})
    assert started.edition == shipped()


def test_another_editor_sees_what_everyone_sees(looking: Client, eric: User) -> None:
    html = shows(signed_in(eric), "/levels/2/")
    assert NEW not in html and BANNER not in html


def test_no_page_of_a_preview_is_kept(looking: Client) -> None:
    for address in ("/levels/2/", "/quick-check/", "/guidance/nothing/"):
        response = looking.get(address)
        kept = response["Cache-Control"]
        assert "no-store" in kept and "private" in kept and "public" not in kept, address


def test_a_page_that_the_draft_lacks_is_not_found_in_it(looking: Client, draft: Edition) -> None:
    Page.objects.get(edition=draft, code="principles").delete()
    missing = looking.get("/guidance/principles/")
    assert missing.status_code == 404 and BANNER in missing.content.decode()
    assert Client().get("/guidance/principles/").status_code == 200


def test_other_partnerships_stay_as_they_are(looking: Client) -> None:
    assert "Warwickshire" in shows(looking, "/areas/warwickshire/")
    assert BANNER in shows(looking, "/areas/warwickshire/")


def test_another_partnerships_draft_begins_where_it_would_stand(editing: Client) -> None:
    draft = import_document(northshire())
    assert begin(editing, draft).url == "/areas/north/"
    assert "Needing some help" in shows(editing, "/areas/north/")
    assert "/areas/north/" in shows(editing, "/guidance/")
    html = check_to(editing, "signs", area={"place": "north"}, judgement={"level": "2"}, reading={})
    assert "Often comes hungry" in html
    assert Client().get("/areas/north/").status_code == 404
    assert "Derby City" in shows(editing, "/guidance/principles/")


# Who begins one, and how it ends.


def test_an_edition_to_come_can_be_looked_at(
    editing: Client, draft: Edition, edie: User, eric: User
) -> None:
    publish(draft, edie, eric, timezone.localdate() + timedelta(days=30))
    begin(editing, draft)
    assert NEW in shows(editing, "/levels/2/") and "edition to come" in shows(editing, "/")


def test_an_edition_in_force_is_no_preview(editing: Client) -> None:
    assert begin(editing, shipped()).url != "/"
    assert BANNER not in shows(editing, "/")


def test_a_missing_edition_is_not_found(editing: Client) -> None:
    assert editing.post("/editors/editions/none/preview/").status_code == 404


def test_looking_at_the_address_begins_nothing(editing: Client, draft: Edition) -> None:
    """Whoever pressed the button too late, and signed in again, comes to the edition from it."""
    assert editing.get("/editors/editions/next/preview/").url == "/editors/editions/next/"
    assert BANNER not in shows(editing, "/")


def test_a_lead_begins_none(leads_browser: Client, draft: Edition) -> None:
    assert begin(leads_browser, draft).status_code == 404
    assert BANNER not in shows(leads_browser, "/")


def test_it_stops_when_the_editor_says_so(looking: Client) -> None:
    assert "/editors/editions/next/" in looking.post("/editors/preview/stop/").url
    html = shows(looking, "/levels/2/")
    assert NEW not in html and BANNER not in html
    assert looking.post("/editors/preview/stop/").url == "/"


def ends_kindly(browser: Client) -> None:
    first, second = shows(browser, "/levels/2/"), shows(browser, "/levels/2/")
    assert "You see what everyone sees" in first and BANNER not in first
    assert "You see what everyone sees" not in second and BANNER not in second


def test_it_ends_when_the_draft_is_discarded(looking: Client, draft: Edition, eric: User) -> None:
    editions.discard(draft=draft, by=eric)
    ends_kindly(looking)


def test_it_ends_when_the_draft_is_published(
    looking: Client, draft: Edition, edie: User, eric: User
) -> None:
    publish(draft, edie, eric)
    ends_kindly(looking)


def test_it_ends_when_an_edition_to_come_is_withdrawn(
    looking: Client, draft: Edition, edie: User, eric: User
) -> None:
    to_come = publish(draft, edie, eric, timezone.localdate() + timedelta(days=30))
    editions.roll_back(edition=to_come, by=eric, reason="A misprint")
    ends_kindly(looking)


def test_it_ends_with_the_role_of_an_editor(looking: Client, edie: User) -> None:
    User.objects.filter(pk=edie.pk).update(is_editor=False)
    html = shows(looking, "/levels/2/")
    assert NEW not in html and BANNER not in html
    User.objects.filter(pk=edie.pk).update(is_editor=True)
    assert BANNER not in shows(looking, "/levels/2/")


def test_it_ends_with_signing_out(looking: Client, edie: User) -> None:
    looking.logout()
    assert BANNER not in shows(looking, "/")


# Nothing is left behind.


@pytest.mark.parametrize("trouble", [None, Http404, PermissionDenied, KeyError, SystemExit])
def test_what_is_set_for_a_request_ends_with_it(
    draft: Edition, edie: User, trouble: type[BaseException] | None
) -> None:
    seen: list[Edition | None] = []

    def answered(request: HttpRequest) -> HttpResponse:
        preview.process_view(request, view_of(True), (), {})
        seen.append(as_if_in_force.get())
        if trouble:
            raise trouble
        return HttpResponse()

    preview = Preview(answered)
    request = request_of(edie, draft)
    if trouble:
        with pytest.raises(trouble):
            preview(request)
    else:
        preview(request)
    assert seen == [draft] and as_if_in_force.get() is None


def test_a_view_that_is_not_open_is_left_alone(draft: Edition, edie: User) -> None:
    request = request_of(edie, draft)
    Preview(lambda request: HttpResponse()).process_view(request, view_of(False), (), {})
    assert as_if_in_force.get() is None and not hasattr(request, "preview")


def view_of(open_to_all: bool) -> Callable[..., HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    if open_to_all:
        view.open_to_all = True  # type: ignore[attr-defined]
    return view


def request_of(user: User, edition: Edition) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user, request.session = user, {KEY: edition.pk}  # type: ignore[assignment]
    return request


def test_what_one_request_sees_another_does_not(draft: Edition) -> None:
    seen: list[Edition | None] = []
    before = as_if_in_force.set(draft)
    other = Thread(target=lambda: seen.append(as_if_in_force.get()))
    other.start()
    other.join()
    as_if_in_force.reset(before)
    assert seen == [None]


# A draft that is not whole.


def without(*models: type[Any]) -> Callable[[Edition], None]:
    def delete(draft: Edition) -> None:
        for model in models:
            model.objects.filter(edition=draft).delete()

    return delete


def of_rows(model: type[Any], **values: object) -> Callable[[Edition], None]:
    return lambda draft: model.objects.filter(edition=draft).update(**values)


def empty_level(draft: Edition) -> None:
    Indicator.objects.filter(edition=draft, level__number=3).delete()


def no_level_3(draft: Edition) -> None:
    Level.objects.get(edition=draft, number=3).delete()


BROKEN: dict[str, Callable[[Edition], object]] = {
    "an empty level": empty_level,
    "a level gone that rules name": no_level_3,
    "no levels": without(Level),
    "no domains": without(Domain),
    "no indicators": without(Indicator),
    "no rules and no next steps": without(Rule, NextStep),
    "no pathway, no prose, no ladders": without(PathwayStep, Question, Term, Page, Ladder),
    "rules about no level": of_rows(Rule, level=None, at_least=None, supports=None, opens=None),
    "rules about a level that is not": of_rows(Rule, supports=9, opens=9),
    "rules of no kind": of_rows(Rule, kind="", about="weather", urgency="soon"),
    "next steps that cannot be read": of_rows(NextStep, when={"weather": ["rain"], "level": 3}),
    "nothing has a name": lambda draft: [
        model.objects.filter(edition=draft).update(name="") for model in (Level, Domain, Ladder)
    ],
    "no title and no date": lambda draft: Edition.objects.filter(pk=draft.pk).update(
        title="", source_date=""
    ),
}
EVERYWHERE = [
    "/levels/", "/levels/3/", "/domains/", "/ladders/", "/ladders/domestic-abuse/", "/grid/",
    "/indicators/dd034/", "/services/", "/guidance/", START,
]  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_draft_is_shown_or_says_what_is_wrong(
    looking: Client, draft: Edition, what: str
) -> None:
    BROKEN[what](draft)
    answers = [(address, looking.get(address)) for address in EVERYWHERE]
    answers += [("found", looking.post("/find/", {"text": "hungry"})), *checked(looking)]
    for address, response in answers:
        assert response.status_code in (200, 404, 409), address
        html = response.content.decode()
        assert BANNER in html and 'href="tel:999"' in html, address
    assert Client().get("/levels/3/").status_code == 200


def test_a_page_that_cannot_be_shown_leads_to_what_is_wrong(
    looking: Client, draft: Edition
) -> None:
    without(Domain)(draft)
    response = looking.get("/domains/")
    assert response.status_code == 409 and "no-store" in response["Cache-Control"]
    assert "/admin/thresholds/" in main_part(response)


def checked(looking: Client) -> Iterator[tuple[str, HttpResponse]]:
    """Yield what answers a check in which all is posted at once, page by page."""
    everything = {name: value for step in ANSWERS.values() for name, value in step.items()}
    for page in ("area", "signs", "judgement", "reading"):
        yield f"check, after {page}", looking.post(START, everything | {"page": page})


def test_only_a_previews_errors_are_made_kind(
    editing: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thresholds.views.by_domain", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        editing.get("/levels/2/")
