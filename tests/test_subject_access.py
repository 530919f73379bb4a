"""What a family gets: the child's own, nobody else's, until a lead has read and released it."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django import forms
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import Agency, Event, Membership, User
from referrals import follow_up, holding, review, services, subject_access
from referrals.models import Conversation, Review
from referrals.pdf import BREAK
from referrals.steps import STEPS
from referrals.subject_access import Why
from referrals.wording import day_of
from tests.people import LEVEL_2, record, walk_to

# One word for each place in which somebody other than the child can be named.
OTHERS = {
    "sibling": "Siblingcanary",
    "story": "Storycanary",
    "note": "Notecanary",
    "call": "Callcanary",
    "said": "Saidcanary",
    "talked": "Talkedcanary",
    "why": "Whycanary",
    "plan": "Plancanary",
    "addition": "Additioncanary",
    "review": "Reviewcanary",
    "answer": "Answercanary",
    "hold": "Holdcanary",
    "address": "Addresscanary",
    "household": "Householdcanary",
    "parent": "Parentcanary",
    "professional": "Professionalcanary",
    "stale": "Stalecanary",
}
FULL: dict[str, dict[str, object]] = {
    "child": LEVEL_2["child"] | {"siblings": OTHERS["sibling"]},
    "call": LEVEL_2["call"] | {"to": OTHERS["call"], "said": OTHERS["said"]},
    "concern": {"concern": f"{OTHERS['story']} shouted at her."},
    "in_place": LEVEL_2["in-place"] | {"discussed_with": OTHERS["talked"]},
    "evidence": {"seen_by_dd034": "parent", "note_dd034": OTHERS["note"]},
    "judgement": {"level": "4", "reason": OTHERS["why"]},
    "next_steps": {"plan": OTHERS["plan"]},
    "family": {
        "address": OTHERS["address"],
        "household": OTHERS["household"],
        "parental_responsibility": OTHERS["parent"],
        "professionals": OTHERS["professional"],
        "ethnicity": "Written by hand",
        "interpreter": "no",
    },
}


@pytest.fixture
def done(teachers_browser: Browser, lead: User, teacher: User) -> Conversation:
    """A record in which other people are named wherever they can be."""
    for person, name in ((lead, "Leadcanary Long"), (teacher, "Teachercanary Short")):
        person.name = name
        person.save()
    made = record(teachers_browser, **FULL)
    # An answer that a later one made stale is held all the same.
    sharing = made.answers.get(step="sharing")
    sharing.data["advice_from"] = OTHERS["stale"]
    sharing.save()
    review.add(conversation=made, author=teacher, text=OTHERS["addition"])
    review.review(
        conversation=made, reviewer=lead, decision=Review.Decision.AGREE,
        text=OTHERS["review"], read=review.digest(made),
    )  # fmt: skip
    review.escalate(conversation=made, author=lead)
    follow_up.note_answer(
        conversation=made, by=teacher, answer="accepted", note=OTHERS["answer"],
        answered_on=timezone.localdate(),
    )  # fmt: skip
    holding.hold(conversation=made, reason=OTHERS["hold"], by=lead)
    return made


def address(conversation: Conversation) -> str:
    return f"/conversations/{conversation.token}/subject-access/"


def unpacked(response: HttpResponse) -> tuple[dict[str, Any], str]:
    """Return the data, and the text of the document."""
    assert response["Content-Type"] == "application/zip", response.content.decode()[:3000]
    with ZipFile(BytesIO(response.content)) as archive:
        assert archive.namelist() == ["records.pdf", "records.json"]
        data = json.loads(archive.read("records.json"))
        reader = PdfReader(BytesIO(archive.read("records.pdf")))
    text = " ".join(page.extract_text() for page in reader.pages).replace("\0", "")
    return data, re.sub(r"\s+", " ", text.replace(BREAK, ""))


def keys(conversation: Conversation, lead: User) -> dict[str, str]:
    """Return the key of each piece that is held back, by its code."""
    (one, *_) = subject_access.records_about(lead, conversation)
    return {piece.code: one.key(piece) for piece in one.held_back}


def test_by_default_nobody_but_the_child_is_named(
    leads_browser: Browser, lead: User, teacher: User, done: Conversation
) -> None:
    page = leads_browser.get(address(done)).content.decode()
    # The lead reads all of it, and nothing is ticked.
    assert not [word for word in OTHERS.values() if word not in page]
    assert not re.search(r"checkbox[^>]* checked", page)
    response = leads_browser.post(address(done), {"asked": "on"})
    data, text = unpacked(response)
    everything = text + json.dumps(data, ensure_ascii=False)
    people = [*OTHERS.values(), str(lead), str(teacher), lead.email, teacher.email, "Liam Birch"]
    people += ["A parent or carer said it", "1 Example Road", "fetch her"]
    for name in people:
        assert name.casefold() not in everything.casefold(), name
    # The child's own is given, in both.
    given = {piece["title"]: piece["text"] for piece in data["records"][0]["given"]}
    assert given["The child: Name"] == "Amina Example"
    assert given["The child: Date of birth"] == "3 April 2017"
    assert given["Details for the referral: Interpreter needed"] == "No"
    for said in ("Amina Example", "3 April 2017", "Minor concerns re diet", "Safeguarding lead"):
        assert said in text
        assert said in json.dumps(data, ensure_ascii=False)
    held = {piece["title"]: piece["why"] for piece in data["records"][0]["held_back"]}
    assert held["The concern"] == Why.WORDS.told
    assert held["Details for the referral: Address"] == Why.PLACE.told
    assert all(held.values())
    assert Why.OTHERS.told in text
    assert "data protection officer" in text


def test_only_what_a_lead_ticks_goes_out_and_is_noted(
    leads_browser: Browser, lead: User, done: Conversation
) -> None:
    released = keys(done, lead)
    chosen = [released["concern-concern"], released["evidence-note-dd034"]]
    data, text = unpacked(leads_browser.post(address(done), {"asked": "on", "released": chosen}))
    told = text + json.dumps(data)
    for name, word in OTHERS.items():
        assert (word in told) == (name in ("story", "note")), name
    assert "The concern" not in {piece["title"] for piece in data["records"][0]["held_back"]}
    events = Event.objects.filter(subject=done.subject, verb="exported").order_by("number")
    assert [event.detail for event in events] == [
        "subject-access", "release-concern-concern", "release-evidence-note-dd034",
    ]  # fmt: skip
    assert {event.actor for event in events} == {lead.pk}


def test_the_file_is_kept_by_nobody_and_named_after_nobody(
    leads_browser: Browser, done: Conversation
) -> None:
    response = leads_browser.post(address(done), {"asked": "on"})
    assert "no-store" in response["Cache-Control"]
    assert response["Content-Disposition"] == (
        f'attachment; filename="subject-access-{done.reference}.zip"'
    )


def test_who_has_seen_it_is_told_by_role(
    leads_browser: Browser, teachers_browser: Browser, done: Conversation, colleague: User
) -> None:
    teachers_browser.get(f"/conversations/{done.token}/summary/")
    leads_browser.get(f"/conversations/{done.token}/summary/")
    services.tell(Event.Verb.OPENED, done, colleague)
    Membership.objects.filter(user=colleague).delete()
    services.tell(Event.Verb.ALERTED, done, None)
    data, _ = unpacked(leads_browser.post(address(done), {"asked": "on"}))
    seen = {(entry["who"], entry["did"]) for entry in data["records"][0]["seen"]}
    assert seen >= {
        ("The person who recorded it", "opened"),
        ("Safeguarding lead", "opened"),
        ("Somebody who is not of the agency any more", "opened"),
        ("The portal", "sent an alert"),
    }


# Which records


def test_all_of_the_childs_records_that_the_lead_may_see(
    teachers_browser: Browser, leads_browser: Browser, lead: User, agency: Agency
) -> None:
    first, again = record(teachers_browser), record(teachers_browser)
    record(teachers_browser, child={"name": "Somebody Else"})
    kept_from_lead = record(teachers_browser)
    kept_from_lead.kept_from.add(lead)
    walk_to(teachers_browser, "concern")
    Conversation.objects.drafts().get().kept_from.add(lead)
    walk_to(teachers_browser, "concern")
    walk_to(teachers_browser, "concern", child={"name": "Another Draft"})
    walk_to(teachers_browser, "concern", child=LEVEL_2["child"] | {"born_on_year": "2016"})
    found = subject_access.records_about(lead, first)
    assert [each.conversation.is_recorded for each in found] == [True, True, False]
    assert [each.conversation for each in found][:2] == [first, again]
    page = leads_browser.get(address(first)).content.decode()
    assert kept_from_lead.reference not in page
    assert "Another Draft" not in page
    # It is long: each record has its place, and says whose it is before anything is folded.
    for number, each in enumerate(found, 1):
        assert f'href="#record-{number}">{each.name}</a>' in page
        section = page.split(f'id="record-{number}"')[1].split("<details")[0]
        assert "Amina Example, born 3 April 2017" in section
    assert 'href="#make"' in page and 'id="make"' in page
    opened = Event.objects.filter(verb="opened", actor=lead.pk).values_list("subject", flat=True)
    assert set(opened) == {each.conversation.subject for each in found}
    data, _ = unpacked(leads_browser.post(address(first), {"asked": "on"}))
    assert [each["name"].split()[0] for each in data["records"]] == ["Record", "Record", "Draft"]


def test_a_record_can_be_left_out_whole_and_that_is_said(
    teachers_browser: Browser, leads_browser: Browser
) -> None:
    first, again = record(teachers_browser), record(teachers_browser)
    data, text = unpacked(
        leads_browser.post(address(first), {"asked": "on", "left_out": str(again.token)})
    )
    assert data["records_left_out_whole"] == 1
    assert again.reference not in text + json.dumps(data)
    assert "Held back whole: 1" in text
    assert not Event.objects.filter(subject=again.subject, verb="exported").exists()


# Refusals


def test_nothing_goes_out_unconfirmed(leads_browser: Browser, done: Conversation) -> None:
    response = leads_browser.post(address(done), {"released": ["x"]})
    assert response["Content-Type"].startswith("text/html")
    assert "error-summary" in response.content.decode()
    assert not Event.objects.filter(verb="exported").exists()


def test_what_changed_since_it_was_read_is_not_released(
    teachers_browser: Browser, leads_browser: Browser, lead: User
) -> None:
    done = record(teachers_browser)
    draft = review.escalate(conversation=done, author=lead)
    old = keys(done, lead)[f"letter-{draft.pk}"]
    review.save_escalation(escalation=draft, text="Now about Somebody", by=lead)
    asked = {"asked": "on", "released": [old]}
    response = leads_browser.post(address(done), asked)
    assert response["Content-Type"].startswith("text/html")
    assert "was changed since you read this page" in response.content.decode()
    assert not Event.objects.filter(verb="exported").exists()


def test_a_piece_of_another_record_is_not_released(
    teachers_browser: Browser, leads_browser: Browser, lead: User
) -> None:
    done = record(teachers_browser)
    other = record(teachers_browser, child={"name": "Somebody Else"})
    stolen = keys(other, lead)["concern-concern"]
    response = leads_browser.post(address(done), {"asked": "on", "released": [stolen]})
    assert response["Content-Type"].startswith("text/html")


def test_who_may_not_export(teachers_browser: Browser, leads_browser: Browser, lead: User) -> None:
    done = record(teachers_browser)
    assert teachers_browser.post(address(done), {"asked": "on"}).status_code == 404
    done.kept_from.add(lead)
    assert leads_browser.post(address(done), {"asked": "on"}).status_code == 404
    assert not Event.objects.filter(verb="exported").exists()


# Everything that can be answered is either given or held, on purpose


def fields() -> Iterator[tuple[str, str, dict[str, forms.Field]]]:
    for step in STEPS:
        for name in step.form_class.base_fields:
            yield step.slug, name, dict(step.form_class.base_fields)


def test_whatever_can_be_typed_is_held_back(db: None) -> None:
    given = {
        (slug, name)
        for slug, name, among in fields()
        if subject_access.why_held(slug, name, among) is None
        and not isinstance(among[name], forms.ChoiceField | forms.BooleanField)
    }
    # The child's own name and reference, and days and times.
    assert given == {
        ("child", "name"), ("child", "agency_reference"), ("child", "born_on"),
        ("child", "due_on"), ("call", "on"), ("call", "at"), ("next-steps", "review_on"),
        ("agreement", "given_on"),
    }  # fmt: skip
    assert subject_access.why_held("child", "kept_from", {}) is Why.STAFF
    assert subject_access.why_held("evidence", "seen_by_dd001", {}) is Why.SOURCE
    assert subject_access.why_held("concern", "a-new-question", {}) is Why.WORDS


def test_a_plan_is_told_to_be_due_on_its_own_day(
    teachers_browser: Browser, lead: User, teacher: User
) -> None:
    """Not at the moment at which that day has ended, which is the next day's."""
    made = record(teachers_browser)
    day = timezone.localdate() + timedelta(days=7)
    follow_up.set_review(conversation=made, on=day, by=teacher)
    (one, *_) = subject_access.records_about(lead, made)
    (told,) = [piece.title for piece in one.pieces if piece.code.startswith("follow-up-")][-1:]
    assert day_of(day) in told and day_of(day + timedelta(days=1)) not in told


def test_every_answer_and_all_that_came_later_is_told_of(lead: User, done: Conversation) -> None:
    """Nothing of a record is forgotten by the export: what is not given is held back by name."""
    (one,) = subject_access.records_about(lead, done)
    whole = " ".join(piece.text for piece in one.pieces)
    assert not [word for word in OTHERS.values() if word not in whole]
    codes = [piece.code for piece in one.pieces]
    assert len(codes) == len(set(codes))
