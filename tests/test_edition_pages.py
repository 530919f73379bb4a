"""The editors’ home and the pages of an edition: who may, what they show, a new draft."""

import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Event, User
from guidance_content import editions
from guidance_content.exchange import as_document
from tests.edition_forms import REASON, at, parts, proposed, shown, spoil, today
from tests.editors import SHIPPED, make_draft, publish, put_in_force, shipped
from tests.people import make_person, signed_in
from thresholds.models import Contact, Edition, Indicator, Level

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_draft")]

ACTS = ("propose", "withdraw", "approve", "roll_back", "discard", "confirm")


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


def test_an_editor_whom_the_tables_refuse_is_told_who_can_help(
    edies: Client, edie: User, draft: Edition
) -> None:
    tables, page = reverse("admin:index"), at("edition", draft)
    for is_staff in (True, False):
        User.objects.filter(pk=edie.pk).update(is_staff=is_staff)
        home = shown(edies.get(reverse("editors_home")))
        assert (f'href="{tables}"' in home) == is_staff
        assert ("Staff status" in shown(edies.get(page))) != is_staff
    assert edies.get(tables, follow=True).status_code == 403


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


def test_levels_without_names_are_no_obstacle_to_the_page(edies: Client, draft: Edition) -> None:
    """A draft may be unfinished in any way: its page still tells what is wrong."""
    Level.objects.filter(edition=draft).delete()
    for address in (at("edition", draft), reverse("editors_home"), at("edition_discard", draft)):
        assert edies.get(address).status_code == 200


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
