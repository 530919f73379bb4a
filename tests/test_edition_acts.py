"""Proposing, approving, taking back, discarding, confirming: what is refused, who is overtaken."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import AppendOnly, Event, User
from guidance_content import confirming, editions
from guidance_content.edition_state import token
from guidance_content.models import Confirmation
from tests.edition_forms import (
    REASON,
    act,
    at,
    fresh,
    parts,
    proposed,
    read,
    reword,
    shown,
    spoil,
    today,
)
from tests.editors import SHIPPED, make_draft, make_editor, publish, put_in_force, shipped
from tests.people import make_person, signed_in
from thresholds import drafts
from thresholds.models import Contact, Edition, Indicator

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_draft")]


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


def test_what_another_edition_to_come_may_undo_is_told_before_it_is_published(
    sams: Client, draft: Edition, edie: User, sam: User
) -> None:
    """Two drafts of one edition, for two days: the later has nothing of the earlier."""
    other = make_draft(edie, slug="after-that", title="After that")
    publish(other, edie, sam, day=today() + timedelta(days=30))
    compared = reverse("edition_compare") + f"?from={draft.slug}&amp;to={other.slug}"
    proposed(draft, edie, day=today() + timedelta(days=9))
    assert compared in shown(sams.get(at("edition_approve", draft)))
    editions.withdraw_proposal(draft=fresh(draft), by=edie)
    proposed(fresh(draft), edie, day=today() + timedelta(days=31))
    page = shown(sams.get(at("edition_approve", draft)))
    # Then it comes after the other, and it is the other's words that it changes.
    assert compared not in page and f"?from={other.slug}" in page


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
