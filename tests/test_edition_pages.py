"""The pages on which an edition goes its way: who may, what is refused, who is overtaken."""

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AppendOnly, Event, User
from guidance_content import confirming, editions
from guidance_content.edition_state import token
from guidance_content.exchange import as_document
from guidance_content.models import Confirmation
from tests.editors import SHIPPED, make_draft, make_editor, publish, put_in_force, shipped
from tests.people import make_person, signed_in
from thresholds import drafts
from thresholds.models import Contact, Edition, Indicator, Level, PathwayStep

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_draft")]

ACTS = ("propose", "withdraw", "approve", "roll_back", "discard", "confirm")
REASON = "Nobody answered the line"


def today() -> date:
    return timezone.localdate()


def at(name: str, edition: Edition | str, *args: str) -> str:
    return reverse(name, args=[getattr(edition, "slug", edition), *args])


def read(browser: Client, address: str) -> str:
    """Return what the form at an address says of what it was made from."""
    found = re.search(r'name="read" value="([^"]*)"', browser.get(address).content.decode())
    return found[1] if found else ""


def act(browser: Client, name: str, edition: Edition, **given: object) -> HttpResponse:
    """Look at the page of an act, and do it."""
    address = at(f"edition_{name}", edition)
    return browser.post(address, {"read": read(browser, address)} | parts(given))


def parts(given: dict[str, Any]) -> dict[str, object]:
    """Return what a form posts: a date in its three parts."""
    posted: dict[str, object] = {}
    for name, value in given.items():
        if isinstance(value, date):
            days = {"day": value.day, "month": value.month, "year": value.year}
            posted |= {f"{name}_{part}": number for part, number in days.items()}
        else:
            posted[name] = value
    return posted


def shown(response: HttpResponse) -> str:
    return response.content.decode()


def fresh(edition: Edition) -> Edition:
    return Edition.objects.get(pk=edition.pk)


def reword(edition: Edition, by: User, text: str = "Reworded") -> None:
    with drafts.changing(edition, by=by, what="indicator-dd001"):
        Indicator.objects.filter(edition=edition, code="dd001").update(text=text)


def proposed(draft: Edition, by: User, day: date | None = None) -> Edition:
    return editions.propose(draft=draft, by=by, publish_from=day or today())


def spoil(draft: Edition) -> None:
    PathwayStep.objects.filter(edition=draft, level__number=3, area__slug="derby").delete()


# The home


def test_the_home_heads_with_what_is_out_of_date(edies: Client) -> None:
    page = shown(edies.get(reverse("editors_home")))
    urgent = Contact.objects.filter(purpose=Contact.Purpose.URGENT)
    places = [page.index(reverse("editor_contact_confirm", args=[c.pk])) for c in urgent]
    assert max(places) < page.index(reverse("editor_links"))
    assert page.index(reverse("editor_links")) < page.index("Drafts")
    assert at("edition_confirm", SHIPPED) in page


def test_the_home_says_for_whom_a_draft_waits(
    edies: Client, sams: Client, draft: Edition, edie: User
) -> None:
    proposed(draft, edie)
    mine, theirs = (shown(b.get(reverse("editors_home"))) for b in (edies, sams))
    assert "another editor must approve it" in mine and "Waiting for you" not in mine
    assert "Waiting for you" in theirs and at("edition_approve", draft) in theirs


def test_the_home_lists_every_edition_once_in_its_state(
    edies: Client, edie: User, sam: User, draft: Edition
) -> None:
    to_come = publish(make_draft(edie, "to-come"), edie, sam, today() + timedelta(days=9))
    taken_back = put_in_force(make_draft(edie, "taken-back"))
    editions.roll_back(edition=taken_back, by=sam, reason="Wrong")
    page = shown(edies.get(reverse("editors_home")))
    order = [
        page.index(f'href="{at("edition", e)}"') for e in (draft, SHIPPED, to_come, taken_back)
    ]
    assert order == sorted(order)


def test_problems_are_counted_on_the_page_to_which_the_home_leads(
    edies: Client, draft: Edition
) -> None:
    spoil(draft)
    assert f'href="{at("edition", draft)}#problems"' in shown(edies.get(reverse("editors_home")))
    page = shown(edies.get(at("edition", draft)))
    assert 'id="problems"' in page and "1 thing stops its publication" in page


def test_the_header_leads_editors_to_their_room(edies: Client) -> None:
    room = f'href="{reverse("editors_home")}"'
    assert room in shown(edies.get(reverse("mfa_index")))
    teacher = signed_in(make_person("tess@school.example", None))
    assert room not in shown(teacher.get(reverse("conversation_list"), follow=True))


# Who may


@pytest.mark.parametrize(
    "name", ["edition", "edition_json", "edition_draft", *(f"edition_{a}" for a in ACTS)]
)
def test_to_others_the_room_is_not_there(name: str, draft: Edition) -> None:
    person = make_person("tess@school.example", None)
    assert signed_in(person).get(at(name, draft)).status_code == 404
    event = Event.objects.latest("pk")
    assert (event.verb, event.actor, event.detail) == ("refused", person.pk, "not-editor")


@pytest.mark.parametrize("name", ["edition", *(f"edition_{a}" for a in ACTS)])
def test_an_edition_that_is_gone_is_told_and_what_was_typed_is_given_back(
    name: str, edies: Client
) -> None:
    assert edies.get(at(name, "gone")).status_code == 404
    if name != "edition":
        response = edies.post(at(name, "gone"), {"reason": "Because of this", "read": "x"})
        assert response.status_code == 404 and "Because of this" in shown(response)


# The page of an edition


def test_a_draft_shows_what_it_is_made_of_with_links(edies: Client, draft: Edition) -> None:
    page = shown(edies.get(at("edition", draft)))
    assert f"/admin/thresholds/rule/?edition__id__exact={draft.pk}" in page
    assert f"/admin/thresholds/rule/add/?edition={draft.pk}" in page
    assert at("edition_signs", draft) in page and at("edition_discard", draft) in page
    assert f"from={SHIPPED}&amp;to={draft.slug}" in page


def test_a_draft_shows_errors_apart_from_warnings_with_links(edies: Client, draft: Edition) -> None:
    spoil(draft)
    text = Indicator.objects.get(edition=draft, code="dd034").text
    Indicator.objects.filter(edition=draft, code="dd035").update(text=text)
    page = shown(edies.get(at("edition", draft)))
    stop, judge = page.index("These stop publication (2)"), page.index("for two editors to judge")
    assert stop < page.index(at("edition_sign", draft, "dd035")) < judge
    assert at("edition_propose", draft) not in page


@pytest.mark.parametrize("name", [f"edition_{act}" for act in (*ACTS, "draft")])
def test_every_page_of_a_draft_is_shown(name: str, edies: Client, draft: Edition) -> None:
    assert edies.get(at(name, draft)).status_code == 200


def test_a_published_edition_offers_no_change(edies: Client) -> None:
    page = shown(edies.get(at("edition", SHIPPED)))
    for name in ("propose", "approve", "discard", "withdraw", "indicators"):
        assert f'"{at(f"edition_{name}", SHIPPED)}"' not in page
    assert f'href="{reverse("admin:index")}' not in page.split("<main")[1]
    assert at("edition_draft", SHIPPED) in page


@pytest.mark.parametrize("name", ["propose", "withdraw", "approve", "discard"])
def test_a_published_edition_is_changed_by_no_form(name: str, edies: Client) -> None:
    before = Edition.objects.filter(pk=shipped().pk).values().get()
    page = edies.get(at(f"edition_{name}", SHIPPED))
    assert 'name="read"' not in shown(page)
    given = parts({"read": "x", "publish_from": today(), "reason": REASON})
    assert edies.post(at(f"edition_{name}", SHIPPED), given).status_code == 409
    assert Edition.objects.filter(pk=shipped().pk).values().get() == before


def test_the_life_of_an_edition_is_told(
    edies: Client, draft: Edition, edie: User, sam: User
) -> None:
    edition = publish(draft, edie, sam)
    editions.roll_back(edition=edition, by=edie, reason="The board had not agreed")
    page = shown(edies.get(at("edition", edition)))
    told = [page.index(f">{word}</h3>") for word in ("Begun", "Proposed", "Approved", "Withdrawn")]
    assert told == sorted(told)
    assert REASON in page and "The board had not agreed" in page and "Sam" in page


def test_the_whole_edition_is_downloaded_as_it_is_exported(edies: Client, edie: User) -> None:
    response = edies.get(at("edition_json", SHIPPED))
    assert json.loads(response.content) == as_document(shipped())
    assert f'filename="{SHIPPED}.json"' in response["Content-Disposition"]
    event = Event.objects.latest("pk")
    assert (event.verb, event.actor, event.detail) == ("exported", edie.pk, "json")


# A new draft


NEW = {"title": "The next", "slug": "ddscp-2026", "source_date": "2026-11"}


def test_a_draft_is_begun_with_what_is_offered(edies: Client, edie: User) -> None:
    page = shown(edies.get(at("edition_draft", SHIPPED)))
    offered = dict(re.findall(r'name="(title|slug|source_date)"[^>]*value="([^"]*)"', page))
    response = edies.post(at("edition_draft", SHIPPED), offered)
    draft = Edition.objects.get(slug=offered["slug"])
    assert (response["Location"], draft.created_by) == (at("edition", draft), edie)
    again = shown(edies.get(at("edition_draft", SHIPPED)))
    assert f'value="{offered["slug"]}"' not in again and at("edition", draft) in again


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", SHIPPED), ("slug", "no slug"), ("slug", ""), ("slug", "Capital"),
        ("slug", "x" * 51), ("title", ""), ("title", "x" * 201),
        ("source_date", "2026-13"), ("source_date", "November"), ("source_date", "2026-02-30"),
        ("source_date", "0000"),
    ],
)  # fmt: skip
def test_a_wrong_draft_is_refused_and_nothing_is_written(
    field: str, value: str, edies: Client
) -> None:
    before = Edition.objects.count(), Event.objects.count()
    response = edies.post(at("edition_draft", SHIPPED), NEW | {field: value})
    assert "govuk-error-summary" in shown(response) and NEW["title"][:3] in shown(response)
    assert (Edition.objects.count(), Event.objects.count()) == before


def test_a_draft_is_made_from_no_draft(edies: Client, draft: Edition) -> None:
    assert 'name="slug"' not in shown(edies.get(at("edition_draft", draft)))
    assert edies.post(at("edition_draft", draft), NEW).status_code == 409
    assert not Edition.objects.filter(slug=NEW["slug"]).exists()


# Proposing


def test_a_draft_is_proposed_and_the_proposal_withdrawn(
    edies: Client, sams: Client, draft: Edition, edie: User
) -> None:
    day = today() + timedelta(days=3)
    assert act(edies, "propose", draft, publish_from=day, note="As agreed").status_code == 302
    draft = fresh(draft)
    assert (draft.proposed_by, draft.publish_from) == (edie, day)
    assert "As agreed" in shown(sams.get(at("edition_approve", draft)))
    assert act(sams, "withdraw", draft).status_code == 302
    assert fresh(draft).proposed_by is None


@pytest.mark.parametrize("days", [-1, 10_000])
def test_a_day_that_has_gone_or_is_far_off_is_refused(
    days: int, edies: Client, draft: Edition
) -> None:
    response = act(edies, "propose", draft, publish_from=today() + timedelta(days), note="Mine")
    assert "govuk-error-summary" in shown(response) and "Mine" in shown(response)
    assert fresh(draft).proposed_by is None


def test_a_draft_with_problems_is_not_proposed(edies: Client, draft: Edition) -> None:
    given = {"read": read(edies, at("edition_propose", draft))} | parts({"publish_from": today()})
    spoil(draft)
    page = shown(edies.get(at("edition_propose", draft)))
    assert 'name="read"' not in page and "add/?edition=" in page
    assert edies.post(at("edition_propose", draft), given | {"note": "Mine"}).status_code == 409
    assert fresh(draft).proposed_by is None


def test_who_proposes_second_is_told_of_the_first(
    edies: Client, sams: Client, draft: Edition, edie: User
) -> None:
    address = at("edition_propose", draft)
    given = {"read": read(sams, address), "note": "My own note"}
    day = today() + timedelta(days=3)
    act(edies, "propose", draft, publish_from=day)
    response = sams.post(address, given | parts({"publish_from": today()}))
    assert response.status_code == 409
    assert "Edie" in shown(response) and "My own note" in shown(response)
    assert (fresh(draft).proposed_by, fresh(draft).publish_from) == (edie, day)


# Approving


def test_a_second_editor_publishes(edies: Client, sams: Client, draft: Edition, edie: User) -> None:
    reword(draft, edie)
    proposed(draft, edie)
    page = shown(sams.get(at("edition_approve", draft)))
    assert "Indicators:" in page and "1 reworded" in page
    assert f"from={SHIPPED}&amp;to={draft.slug}" in page
    assert at("edition_replay", draft) in page
    assert act(sams, "approve", draft, reason=REASON).status_code == 302
    draft = fresh(draft)
    assert (draft.status, draft.unconfirmed_reason) == ("published", REASON)


def test_an_emergency_number_that_is_not_confirmed_is_named_and_needs_a_reason(
    sams: Client, draft: Edition, edie: User
) -> None:
    proposed(draft, edie)
    page = shown(sams.get(at("edition_approve", draft)))
    for contact in Contact.objects.filter(purpose=Contact.Purpose.URGENT):
        assert (
            contact.phone in page and reverse("editor_contact_confirm", args=[contact.pk]) in page
        )
    assert "govuk-error-summary" in shown(act(sams, "approve", draft, reason="  "))
    assert fresh(draft).status == "draft"


def test_where_all_are_confirmed_no_reason_is_asked(
    sams: Client, draft: Edition, edie: User
) -> None:
    Contact.objects.update(checked_on=today(), review_by=None)
    proposed(draft, edie)
    assert 'name="reason"' not in shown(sams.get(at("edition_approve", draft)))
    assert act(sams, "approve", draft).status_code == 302
    assert fresh(draft).unconfirmed_reason == ""


def test_a_number_that_lapses_meanwhile_asks_for_the_reason(
    sams: Client, draft: Edition, edie: User
) -> None:
    Contact.objects.update(checked_on=today(), review_by=None)
    proposed(draft, edie)
    given = {"read": read(sams, at("edition_approve", draft))}
    Contact.objects.update(checked_on=None)
    response = sams.post(at("edition_approve", draft), given)
    assert 'name="reason"' in shown(response) and fresh(draft).status == "draft"


def test_nobody_approves_their_own_proposal(edies: Client, draft: Edition, edie: User) -> None:
    proposed(draft, edie)
    assert 'name="read"' not in shown(edies.get(at("edition_approve", draft)))
    given = {"read": token_of(draft), "reason": REASON}
    assert edies.post(at("edition_approve", draft), given).status_code == 409
    event = Event.objects.latest("pk")
    assert (event.verb, event.actor, event.detail) == ("refused", edie.pk, "own-proposal")
    assert fresh(draft).status == "draft"


def token_of(edition: Edition) -> str:
    return token(fresh(edition))


def test_a_draft_that_is_not_proposed_is_not_approved(sams: Client, draft: Edition) -> None:
    given = {"read": token_of(draft), "reason": REASON}
    assert sams.post(at("edition_approve", draft), given).status_code == 409
    assert fresh(draft).status == "draft"


def test_what_was_not_read_is_not_approved(sams: Client, draft: Edition, edie: User) -> None:
    """The draft is changed and proposed anew while the second editor reads the first."""
    proposed(draft, edie)
    given = {"read": read(sams, at("edition_approve", draft)), "reason": "Rung three times"}
    reword(fresh(draft), edie)
    proposed(fresh(draft), edie)
    response = sams.post(at("edition_approve", draft), given)
    assert response.status_code == 409 and fresh(draft).status == "draft"
    assert "Rung three times" in shown(response) and "Edie" in shown(response)
    looked_again = re.search(r'name="read" value="([^"]*)"', shown(response))
    assert looked_again
    again = sams.post(at("edition_approve", draft), given | {"read": looked_again[1]})
    assert again.status_code == 302 and fresh(draft).status == "published"


def test_what_was_changed_past_the_editors_pages_is_not_approved(
    sams: Client, draft: Edition, edie: User
) -> None:
    proposed(draft, edie)
    Indicator.objects.filter(edition=draft, code="dd001").update(text="By the back door")
    assert 'name="read"' not in shown(sams.get(at("edition_approve", draft)))
    given = {"read": token_of(draft), "reason": REASON}
    assert sams.post(at("edition_approve", draft), given).status_code == 409
    assert fresh(draft).status == "draft"


def test_who_approves_second_is_told_that_it_is_published(
    sams: Client, draft: Edition, edie: User
) -> None:
    proposed(draft, edie)
    pats = signed_in(make_editor("pat"))
    given = {"read": read(pats, at("edition_approve", draft)), "reason": "My reason"}
    act(sams, "approve", draft, reason=REASON)
    response = pats.post(at("edition_approve", draft), given)
    assert response.status_code == 409
    assert "Sam" in shown(response) and "My reason" in shown(response)
    assert fresh(draft).unconfirmed_reason == REASON


# Going back


def test_an_edition_is_taken_back_with_a_reason(sams: Client, edie: User, draft: Edition) -> None:
    edition = put_in_force(draft)
    page = shown(sams.get(at("edition_roll_back", edition)))
    assert shipped().title in page
    assert "govuk-error-summary" in shown(act(sams, "roll_back", edition, reason=" "))
    assert fresh(edition).withdrawn_at is None
    assert act(sams, "roll_back", edition, reason="Wrong").status_code == 302
    assert fresh(edition).withdrawn_reason == "Wrong"


def test_an_edition_to_come_is_taken_back(
    sams: Client, draft: Edition, edie: User, sam: User
) -> None:
    edition = publish(draft, edie, sam, today() + timedelta(days=9))
    assert act(sams, "roll_back", edition, reason="Too early").status_code == 302
    assert fresh(edition).withdrawn_at


def test_the_only_edition_is_not_taken_back(sams: Client) -> None:
    assert 'name="read"' not in shown(sams.get(at("edition_roll_back", SHIPPED)))
    given = {"read": token_of(shipped()), "reason": "Wrong"}
    assert sams.post(at("edition_roll_back", SHIPPED), given).status_code == 409
    assert shipped().withdrawn_at is None


def test_an_earlier_edition_is_not_taken_back(sams: Client, draft: Edition) -> None:
    put_in_force(draft)
    given = {"read": token_of(shipped()), "reason": "Wrong"}
    assert sams.post(at("edition_roll_back", SHIPPED), given).status_code == 409
    assert shipped().withdrawn_at is None


def test_who_takes_it_back_second_is_told(edies: Client, sams: Client, draft: Edition) -> None:
    edition = put_in_force(draft)
    given = {"read": read(sams, at("edition_roll_back", edition)), "reason": "My reason"}
    act(edies, "roll_back", edition, reason="Hers")
    response = sams.post(at("edition_roll_back", edition), given)
    assert response.status_code == 409
    assert "Edie" in shown(response) and "My reason" in shown(response)
    assert fresh(edition).withdrawn_reason == "Hers"


# Discarding


def test_a_draft_is_discarded_once_it_was_said_what_is_lost(
    edies: Client, draft: Edition, edie: User
) -> None:
    reword(draft, edie)
    page = shown(edies.get(at("edition_discard", draft)))
    assert "1 reworded" in page and at("edition_json", draft) in page
    assert Edition.objects.filter(pk=draft.pk).exists()
    assert act(edies, "discard", draft)["Location"] == reverse("editors_home")
    assert not Edition.objects.filter(pk=draft.pk).exists()


def test_a_draft_that_another_works_on_is_not_discarded_unseen(
    edies: Client, draft: Edition, sam: User
) -> None:
    given = {"read": read(edies, at("edition_discard", draft))}
    reword(draft, sam)
    response = edies.post(at("edition_discard", draft), given)
    assert response.status_code == 409 and "Sam" in shown(response)
    assert Edition.objects.filter(pk=draft.pk).exists()


# Confirming


def test_an_edition_is_confirmed_with_a_note(edies: Client, edie: User) -> None:
    until = today() + timedelta(days=200)
    given = {"owner": "The board", "how": "Their manager told me", "review_by": until}
    assert act(edies, "confirm", shipped(), **given).status_code == 302
    edition = shipped()
    assert (edition.owner, edition.checked_on, edition.review_by) == ("The board", today(), until)
    kept = Confirmation.objects.get()
    assert (kept.by, kept.note, kept.edition) == (edie, "Their manager told me", edition)
    event = Event.objects.latest("pk")
    assert (event.subject, event.detail) == (f"edition:{edition.pk}", "confirmed")
    assert "Their manager told me" in shown(edies.get(at("edition", edition)))
    assert at("edition_confirm", SHIPPED) not in out_of_date(edies)


def out_of_date(browser: Client) -> str:
    return shown(browser.get(reverse("editors_home"))).partition("Drafts</h2>")[0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"owner": ""}, {"how": ""}, {"how": "x" * 501}, {"review_by": date(2020, 1, 1)},
        {"review_by": date(2099, 1, 1)},
    ],
)  # fmt: skip
def test_a_wrong_confirmation_is_refused(wrong: dict[str, Any], edies: Client) -> None:
    given = {"owner": "Board", "how": "Told", "review_by": today() + timedelta(days=9)} | wrong
    assert "govuk-error-summary" in shown(act(edies, "confirm", shipped(), **given))
    assert shipped().checked_on is None and not Confirmation.objects.exists()


def test_neither_drafts_nor_withdrawn_editions_are_confirmed(
    edies: Client, edie: User, draft: Edition
) -> None:
    until = today() + timedelta(days=9)
    gone = put_in_force(make_draft(edie, "gone"))
    editions.roll_back(edition=gone, by=edie, reason="Wrong")
    for edition in (draft, gone):
        with pytest.raises(editions.Refused):
            confirming.confirm(edition=edition, owner="x", review_by=until, note="x", by=edie)
        assert 'name="read"' not in shown(edies.get(at("edition_confirm", edition)))


def test_only_editors_confirm() -> None:
    person = make_person("tess@school.example", None)
    with pytest.raises(drafts.NotEditor):
        confirming.confirm(edition=shipped(), owner="x", review_by=today(), note="x", by=person)


def test_who_confirms_second_is_told(edies: Client, sams: Client) -> None:
    until = today() + timedelta(days=9)
    given = parts({"owner": "Board", "how": "My own way", "review_by": until})
    given["read"] = read(sams, at("edition_confirm", SHIPPED))
    act(edies, "confirm", shipped(), owner="Board", how="Hers", review_by=until)
    response = sams.post(at("edition_confirm", SHIPPED), given)
    assert response.status_code == 409 and "My own way" in shown(response)
    assert Confirmation.objects.get().note == "Hers"


def test_a_confirmation_stays(edie: User) -> None:
    kept = confirming.confirm(edition=shipped(), owner="x", review_by=today(), note="x", by=edie)
    for change in (kept.save, kept.delete, Confirmation.objects.all().delete):
        with pytest.raises(AppendOnly):
            change()
    with pytest.raises(AppendOnly):
        Confirmation.objects.update(note="y")
    if connection.vendor == "postgresql":
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE guidance_content_confirmation SET note = 'y'")


def test_levels_without_names_are_no_obstacle_to_the_page(edies: Client, draft: Edition) -> None:
    """A draft may be unfinished in any way: its page still tells what is wrong."""
    Level.objects.filter(edition=draft).delete()
    for address in (at("edition", draft), reverse("editors_home"), at("edition_discard", draft)):
        assert edies.get(address).status_code == 200
