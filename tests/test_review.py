"""What a lead decides about a record, and what comes after it."""

import pytest
from django.contrib.messages import get_messages
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Agency, Membership, User
from referrals import erasure, follow_up, review, services
from referrals.models import Addendum, Conversation, CouncilAnswer, Escalation, Review
from tests.pages import main_of, text_of
from tests.people import LEVEL_2, make_person, record, signed_in

Decision = Review.Decision
State = Conversation.ReviewState


@pytest.fixture
def done(teachers_browser: Browser) -> Conversation:
    return record(teachers_browser)


def decide(conversation: Conversation, by: User, decision: str, **more: object) -> Review:
    return review.review(
        conversation=conversation,
        reviewer=by,
        decision=Decision(decision),
        read=review.digest(conversation),
        **more,
    )


def state_of(conversation: Conversation) -> str:
    return Conversation.objects.get(pk=conversation.pk).review_state


def address(conversation: Conversation, page: str = "review") -> str:
    return f"/conversations/{conversation.token}/{page}/"


def posted(conversation: Conversation, decision: str, **more: object) -> dict[str, object]:
    return {"decision": decision, "read": review.digest(conversation)} | more


@pytest.mark.parametrize(
    ("decision", "more", "state", "level"),
    [
        ("agree", {}, State.REVIEWED, 2),
        ("ask", {"text": "What did the nurse say?"}, State.ASKED, None),
        ("other-level", {"level": 3, "text": "Two agencies"}, State.REVIEWED, 3),
        ("sign-off", {}, State.SIGNED_OFF, 2),
    ],
)
def test_a_review_moves_the_record(
    done: Conversation, lead: User, leads_browser: Browser, decision: str, more: dict[str, object],
    state: str, level: int | None,
) -> None:  # fmt: skip
    assert done.review_state == State.AWAITING
    response = leads_browser.post(address(done), posted(done, decision, **more))
    assert response.status_code == 302
    kept = Review.objects.get()
    assert (kept.reviewer, kept.decision, kept.text) == (lead, decision, more.get("text", ""))
    moved = Conversation.objects.get(pk=done.pk)
    assert (moved.review_state, moved.lead_level) == (state, level)
    assert moved.content == done.content


@pytest.mark.parametrize(
    ("decision", "before", "after"),
    [
        (None, State.AWAITING, State.AWAITING),
        ("ask", State.ASKED, State.AWAITING),
        ("agree", State.REVIEWED, State.REOPENED),
        ("sign-off", State.SIGNED_OFF, State.REOPENED),
    ],
)
def test_an_addition_opens_the_review_again(
    done: Conversation, lead: User, teacher: User, decision: str | None, before: str, after: str
) -> None:
    if decision:
        decide(done, lead, decision, text="Why?")
    assert state_of(done) == before
    review.add(conversation=done, author=teacher, text="He came hungry again.")
    assert state_of(done) == after


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "decision"),
        ({"decision": "ask"}, "text"),
        ({"decision": "other-level", "text": "Because"}, "level"),
        ({"decision": "other-level", "level": "3"}, "text"),
        ({"decision": "other-level", "level": "2", "text": "The same as judged"}, "level"),
        ({"decision": "agree", "level": "3"}, "decision"),
        ({"decision": "burn"}, "decision"),
    ],
)
def test_a_review_that_says_too_little_is_refused_and_kept_on_the_page(
    done: Conversation, leads_browser: Browser, data: dict[str, str], field: str
) -> None:
    whole = {"read": review.digest(done)} | data
    page = leads_browser.post(address(done), whole)
    assert page.status_code == 200
    assert f"id_{field}" in page.content.decode()
    assert data.get("text", "") in page.content.decode()
    assert not Review.objects.exists()


def test_the_second_of_two_leads_is_told_and_neither_loses_text(
    done: Conversation, agency: Agency, leads_browser: Browser, lead: User
) -> None:
    second = make_person("second@school.example", agency, Membership.Role.LEAD)
    first_read, second_read = (
        posted(done, "agree", text="First words"),
        posted(done, "sign-off", text="Second words"),
    )
    assert leads_browser.post(address(done), first_read).status_code == 302
    browser = signed_in(second)
    overtaken = browser.post(address(done), second_read)
    page = overtaken.content.decode()
    assert overtaken.status_code == 409
    assert "Second words" in page and "First words" in page and str(lead) in page
    assert [kept.text for kept in Review.objects.all()] == ["First words"]
    # Now they have read it, and the same form is taken.
    again = posted(done, "sign-off", text="Second words")
    assert again["read"] in page
    assert browser.post(address(done), again).status_code == 302
    assert [kept.text for kept in Review.objects.all()] == ["First words", "Second words"]


@pytest.mark.parametrize("what", ["addition", "answer"])
def test_a_review_of_what_has_grown_meanwhile_is_not_kept(
    done: Conversation, leads_browser: Browser, teacher: User, what: str
) -> None:
    read = posted(done, "sign-off")
    if what == "addition":
        review.add(conversation=done, author=teacher, text="More")
    else:
        CouncilAnswer.objects.create(
            conversation=done, answer="no-action", answered_on="2026-01-02", noted_by=teacher
        )
    assert leads_browser.post(address(done), read).status_code == 409
    assert not Review.objects.exists()


def test_a_change_to_what_was_signed_off_is_seen(done: Conversation, lead: User) -> None:
    signed = decide(done, lead, "sign-off")
    review.add(conversation=done, author=lead, text="Later")
    assert review.is_as_signed(Review.objects.get(pk=signed.pk))
    content = done.content | {"author": "Somebody else"}
    Conversation.objects.filter(pk=done.pk).update(content=content)
    assert not review.is_as_signed(Review.objects.get(pk=signed.pk))


def test_a_lead_who_judges_otherwise_gets_an_escalation_that_quotes(
    done: Conversation, leads_browser: Browser
) -> None:
    leads_browser.post(address(done), posted(done, "other-level", level=4, text="He is afraid"))
    draft = Escalation.objects.get()
    for sign in done.signs.select_related("indicator"):
        assert sign.indicator.text in draft.text
    assert "Multi-Agency Dispute Resolution and Escalation Policy" in draft.text
    assert "He is afraid" in draft.text
    assert "Level 4" in draft.text


def test_nothing_is_signed_off_over_what_was_done_meanwhile(
    done: Conversation, lead: User, teacher: User
) -> None:
    """A call, or a plan that was looked at, may say what changes the lead's mind."""
    plan = follow_up.set_review(conversation=done, on=timezone.localdate(), by=teacher)
    told = {"conversation": done, "by": teacher, "called_at": timezone.now()}
    for act in (
        lambda: follow_up.note_call(said="The child is in hospital", **told),
        lambda: follow_up.mark_done(follow_up=plan, by=teacher, note="It did not help"),
    ):
        read = review.digest(done)
        act()
        with pytest.raises(review.ReadSomethingElse):
            review.review(conversation=done, reviewer=lead, decision=Decision.SIGN_OFF, read=read)
    assert not done.reviews.exists()


def test_a_record_erased_while_somebody_acts_on_it_is_gone(
    done: Conversation, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the page that was found and the act on it."""
    browser, locked = signed_in(lead), services.lock

    def erased_first(conversation: Conversation) -> Conversation:
        monkeypatch.setattr(services, "lock", locked)
        erasure.erase(conversation=conversation, reason="by-mistake", by=lead)
        return locked(conversation)

    monkeypatch.setattr(services, "lock", erased_first)
    assert browser.post(address(done, "add"), {"text": "He came again."}).status_code == 404


def test_a_call_noted_after_it_was_signed_off_comes_before_a_lead_again(
    done: Conversation, lead: User, teacher: User
) -> None:
    decide(done, lead, "sign-off")
    follow_up.note_call(conversation=done, by=teacher, called_at=timezone.now())
    assert state_of(done) == State.REOPENED
    # What was signed is as it was.
    assert review.is_as_signed(done.reviews.get())


def test_a_lead_who_was_signed_out_comes_from_the_sign_in_page_to_the_record(
    done: Conversation, lead: User
) -> None:
    """The button was pressed too late. Its own address is where the sign-in page leads."""
    url = address(done, "escalations")
    assert f"?next={url}" in Browser().post(url).content.decode()
    assert signed_in(lead).get(url).url == address(done, "summary")
    assert not done.escalations.exists()


def test_an_escalation_is_changed_by_any_lead_and_not_emptied(
    done: Conversation, leads_browser: Browser, lead: User
) -> None:
    draft = review.escalate(conversation=done, author=lead)
    url = address(done, f"escalations/{draft.pk}")
    assert leads_browser.post(url, {"text": "Our letter"}).status_code == 302
    assert leads_browser.post(url, {"text": " "}).status_code == 200
    assert Escalation.objects.get().text == "Our letter"


def test_what_is_kept_from_a_lead_is_closed_to_them_at_once(
    done: Conversation, agency: Agency, leads_browser: Browser, lead: User,
    teachers_browser: Browser,
) -> None:  # fmt: skip
    summary = address(done, "summary")
    assert leads_browser.get(summary).status_code == 200
    response = teachers_browser.post(address(done, "keep-from"), {"people": [str(lead.pk)]})
    assert response.status_code == 302
    assert leads_browser.get(summary).status_code == 404
    assert teachers_browser.get(summary).status_code == 200


@pytest.mark.parametrize("who", ["author", "outsider", "nobody", "not a number"])
def test_only_a_colleague_can_be_kept_out(
    done: Conversation, teacher: User, teachers_browser: Browser, who: str
) -> None:
    stranger = make_person("stranger@other.example", Agency.objects.create(name="Other"))
    person = {"author": teacher.pk, "outsider": stranger.pk, "nobody": 999_999}.get(who, "x")
    page = teachers_browser.post(address(done, "keep-from"), {"people": [str(person)]})
    assert page.status_code == 200
    assert not done.kept_from.exists()


def test_a_lead_named_in_the_conversation_never_sees_it(
    teachers_browser: Browser, agency: Agency, lead: User, leads_browser: Browser
) -> None:
    other = make_person("other@school.example", agency, Membership.Role.LEAD)
    child = LEVEL_2["child"] | {"kept_from": [str(lead.pk)]}
    about_lead = record(teachers_browser, child=child)
    assert leads_browser.get(address(about_lead, "summary")).status_code == 404
    assert signed_in(other).get(address(about_lead, "summary")).status_code == 200
    # Nor does the printed summary say from whom it is kept.
    assert "Kept from" not in str(about_lead.content)


def test_an_addition_may_not_be_empty(done: Conversation, teachers_browser: Browser) -> None:
    assert teachers_browser.post(address(done, "add"), {"text": "  "}).status_code == 200
    assert not Addendum.objects.exists()


def test_what_a_lead_asks_stands_on_the_record_as_it_was_written(
    done: Conversation, lead: User, teachers_browser: Browser
) -> None:
    decide(done, lead, "ask", text="Was it <b>today</b>?")
    page = main_of(teachers_browser, address(done, "summary"))
    asked = page[: page.index('id="later"')]
    assert f"{lead} asks: Was it <b>today</b>?" in text_of(asked)
    assert "<b>today" not in asked


@pytest.mark.parametrize("has_left", [False, True])
def test_a_lead_who_asks_an_author_who_has_left_is_told_that_nobody_hears_it(
    done: Conversation, leads_browser: Browser, has_left: bool
) -> None:
    if has_left:
        Membership.objects.filter(user=done.author).update(suspended_at=timezone.now())
    sent = leads_browser.post(address(done), posted(done, "ask", text="Who saw it?"))
    assert state_of(done) == State.ASKED
    told = [message.level_tag for message in get_messages(sent.wsgi_request)]
    assert ("warning" in told) == has_left
