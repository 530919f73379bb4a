"""What came after a record: on its page and in its PDF, with who and when."""

import json
import re
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from referrals import follow_up, later, review
from referrals.models import Conversation
from referrals.pdf import BREAK, render_pdf
from referrals.services import guidance_of
from referrals.wording import long_moment
from tests.hostile import TYPED
from tests.pages import pdf_text, squash
from tests.people import record

LATER = "Added after this was recorded"


def test_nothing_is_printed_as_added_where_nothing_was(teachers_browser: Client) -> None:
    assert LATER not in pdf_text(record(teachers_browser))


def test_what_came_later_is_printed_with_who_and_when_in_its_order(
    teachers_browser: Client, teacher: User, lead: User
) -> None:
    done = record(teachers_browser)
    recorded = json.dumps(done.content)
    add(done, teacher, "He came hungry again.")
    decide(done, lead, "ask", text="Who fetched him?")
    decide(done, lead, "other-level", level=3, text="Two agencies.")
    follow_up.note_answer(
        conversation=done, by=teacher, answer="early-help",
        answered_on=timezone.localdate(), note="Said Sam",
    )  # fmt: skip
    decide(done, lead, "agree")
    decide(done, lead, "sign-off")
    when = long_moment(timezone.now()).split(" on ")[1]
    before, after = pdf_text(done).split(LATER)
    said = (
        "teacher Added: He came hungry again.", "lead Asks for more: Who fetched him?",
        f"lead Judges {guidance_of(done).level_by_number[3].title}: Two agencies.",
        f"Noted the council’s answer of {when.split(' ', 1)[1]}: early help instead: Said Sam",
        "lead Agrees with the judgement", "lead Signed this off",
    )  # fmt: skip
    places = [squash(after).find(squash(words)) for words in said]
    assert -1 not in places and places == sorted(places), after
    assert squash(after).count(squash(when)) >= len(said)
    assert not any(squash(words) in squash(before) for words in said)
    assert json.dumps(Conversation.objects.get(pk=done.pk).content) == recorded


def test_the_page_and_the_pdf_say_the_same_of_what_came_later(
    teachers_browser: Client, teacher: User, lead: User
) -> None:
    done = record(teachers_browser)
    add(done, teacher, "He came hungry again.")
    decide(done, lead, "sign-off", text="Thank you")
    page = teachers_browser.get(f"/conversations/{done.token}/summary/").content.decode()
    for entry in later.entries_of(done):
        assert f"{entry.who} {entry.did}" in page and entry.text in page
        assert squash(f"{entry.who} {entry.did}") in squash(pdf_text(done)).lower()
        assert squash(entry.text) in squash(pdf_text(done))


def test_hostile_text_that_was_added_is_printed_as_it_was_typed(
    teachers_browser: Client, teacher: User
) -> None:
    done = record(teachers_browser)
    add(done, teacher, TYPED)
    printed = pdf_text(done)
    assert "<script>alert(1)</script>" in printed and "{{ 7*7 }}" in printed


def test_an_endless_word_that_was_added_gets_places_to_break(
    teachers_browser: Client, teacher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = record(teachers_browser)
    add(done, teacher, "x" * 20_000)
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "referrals.pdf.render_to_string", lambda name, context: shown.append(context) or "<p>"
    )
    render_pdf(done)
    (row,) = shown[0]["content"]["blocks"][-1]["table"]["rows"]
    assert max(len(piece) for piece in re.split(rf"[\s{BREAK}]", row[-1])) < 80


def test_a_pdf_with_what_came_later_is_tagged_too(teachers_browser: Client, teacher: User) -> None:
    done = record(teachers_browser)
    add(done, teacher, "He came hungry again.")
    pdf = pikepdf.open(BytesIO(render_pdf(done)))
    assert pdf.open_metadata().get("pdfuaid:part") == "1"
    outline = pdf.open_outline()
    assert [child.title for child in outline.root[0].children][-1] == LATER


def add(done: Conversation, by: User, text: str) -> None:
    review.add(conversation=done, author=by, text=text)


def decide(done: Conversation, by: User, decision: str, **more: object) -> None:
    read = review.digest(done)
    review.review(conversation=done, reviewer=by, decision=decision, read=read, **more)


def test_what_was_done_about_it_is_printed_with_who_did_it(
    teachers_browser: Client, teacher: User, lead: User
) -> None:
    """Without it the 48 hours would look unmet on paper."""
    done = record(teachers_browser)
    told = {"by": lead, "called_at": timezone.now()}
    follow_up.note_call(conversation=done, to="Sam", said="They will visit", **told)
    plan = follow_up.set_review(conversation=done, on=timezone.localdate(), by=teacher)
    follow_up.mark_done(follow_up=plan, by=teacher, note="It works")
    written = done.follow_ups.create(kind="writing", due_at=timezone.now())
    follow_up.mark_done(follow_up=written, by=lead, note="By their form")
    after = squash(pdf_text(done).split(LATER)[1])
    for words in (
        "lead Called the council, Sam: They will visit",
        "teacher Looked at the plan again: It works",
        "lead Wrote to the council: By their form",
    ):  # fmt: skip
        assert squash(words) in after, words


def test_the_call_that_the_record_tells_of_is_not_told_twice(
    teachers_browser: Client, teacher: User
) -> None:
    done = record(teachers_browser)
    assert done.calls.count() == 1 and not later.entries_of(done)
    told = {"conversation": done, "by": teacher, "called_at": done.calls.get().called_at}
    follow_up.note_call(to="Another", **told)
    assert [entry.did for entry in later.entries_of(done)] == ["called the council, Another"]
