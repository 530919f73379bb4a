"""Emails: whom they reach and when, and what is no longer sent."""

from datetime import timedelta
from email.message import EmailMessage as Letter

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Agency, Membership, User
from referrals import alerts, follow_up, mailing, review
from referrals.models import Alert, Conversation, FollowUp, Review
from referrals.wording import long_moment
from tests.alerting import CANARY, DANGER, HOUR, Commit, Kind, commit, done, later, run, told
from tests.people import LEVEL_2, make_person, record, walk_to

pytestmark = pytest.mark.usefixtures("lead")

__all__ = ["commit", "done"]  # fixtures


HARM_UNKNOWN = {
    "signs": {"codes": ["dd034", "dd058"]},
    "reading": {"significant_harm": "unknown", "difference": "I am to ask today"},
}


def kinds(conversation: Conversation) -> list[tuple[str, str]]:
    found = conversation.alerts.order_by("pk")
    return list(found.values_list("recipient__name", "kind"))


def people(letters: list[Letter]) -> list[str]:
    return sorted(letter.to[0].split("@")[0] for letter in letters)


def danger_draft(browser: Client, last: str = "concern", idle: timedelta = HOUR) -> Conversation:
    url = walk_to(browser, last, **DANGER)
    later(updated_at=timezone.now() - idle)
    return Conversation.objects.get(token=url.split("/")[2])


# Who is told of what.


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        (DANGER, [Kind.DANGER, Kind.LEVEL_4]),
        (
            {"judgement": {"level": "4", "reason": "Bad"}},
            [Kind.LEVEL_4, Kind.HARM_UNDECIDED],
        ),
        ({"judgement": {"level": "1", "reason": "Fine"}}, [Kind.BELOW_READING]),
        (HARM_UNKNOWN, [Kind.HARM_UNDECIDED]),
    ],
)
def test_the_lead_is_told_at_once_in_one_email(
    teachers_browser: Client,
    commit: Commit,
    mailoutbox: list[Letter],
    changes: dict[str, dict[str, object]],
    expected: list[str],
) -> None:
    if expected == [Kind.DANGER, Kind.LEVEL_4]:
        changes = changes | {"judgement": {"level": "4", "reason": "Bad"}}
    with commit():
        made = record(teachers_browser, **changes)
    assert kinds(made) == [("lead", kind) for kind in expected]
    assert [letter.to for letter in mailoutbox] == [["lead@school.example"]] * bool(expected)
    assert told(made) == expected
    assert not mailing.unsent().exists()


def test_a_person_whom_it_is_about_is_not_told(teachers_browser: Client, lead: User) -> None:
    child = LEVEL_2["child"] | {"kept_from": [str(lead.pk)]}
    made = record(teachers_browser, child=child, **DANGER)
    assert kinds(made) == []


def test_a_lead_of_another_agency_is_not_told(teachers_browser: Client, elsewhere: Agency) -> None:
    make_person("lead@trust.example", elsewhere, Membership.Role.LEAD)
    made = record(teachers_browser, **DANGER)
    assert {row.recipient.email for row in made.alerts.all()} == {"lead@school.example"}


def test_the_author_is_told_that_the_lead_asks(
    done: Conversation, lead: User, commit: Commit, mailoutbox: list[Letter]
) -> None:
    Alert.objects.all().delete()
    with commit():
        review.review(
            conversation=done,
            reviewer=lead,
            decision=Review.Decision.ASK,
            read=review.digest(done),
            text=f"How is {CANARY}?",
        )
    assert [letter.to for letter in mailoutbox] == [["teacher@school.example"]]
    assert CANARY not in mailoutbox[0].body and done.reference in mailoutbox[0].body


@pytest.mark.parametrize(
    ("last", "idle", "expected"),
    [
        ("concern", 31, ["teacher", "lead"]),
        ("child", 31, ["teacher", "lead"]),  # the leads cannot open it yet
        ("concern", 29, []),
    ],
)
def test_a_danger_draft_left_idle_is_told_to_author_and_leads_once(
    teachers_browser: Client,
    mailoutbox: list[Letter],
    last: str,
    idle: int,
    expected: list[str],
) -> None:
    draft = danger_draft(teachers_browser, last, timedelta(minutes=idle))
    run(), run()
    assert kinds(draft) == [(name, Kind.IDLE_DANGER) for name in expected]
    assert people(mailoutbox) == sorted(expected)
    for letter in mailoutbox:
        assert long_moment(draft.created_at) in letter.body
        can_open = letter.to[0].startswith("teacher") or draft.reaches_leads
        assert (str(draft.token) in letter.body) == can_open
        assert letter.to[0].startswith("teacher") or "teacher" in letter.body


def test_a_draft_without_danger_may_lie(teachers_browser: Client) -> None:
    walk_to(teachers_browser, "concern")
    later(updated_at=timezone.now() - HOUR)
    run()
    assert not Alert.objects.exists()


@pytest.mark.parametrize(
    ("kind", "before", "expected"),
    [
        ("writing", timedelta(hours=13), []),
        ("writing", timedelta(hours=11), ["teacher"]),
        ("writing", -HOUR, ["teacher", "lead"]),
        ("plan", timedelta(hours=18), []),
        ("plan", timedelta(hours=16), ["teacher"]),
        ("plan", -HOUR, ["teacher", "lead"]),
    ],
)
def test_what_is_due_is_told_before_and_after(
    done: Conversation,
    mailoutbox: list[Letter],
    kind: str,
    before: timedelta,
    expected: list[str],
) -> None:
    Alert.objects.all().delete()
    done.follow_ups.all().delete()
    FollowUp.objects.create(conversation=done, kind=kind, due_at=timezone.now() + before)
    run(), run()
    assert people(mailoutbox) == sorted(expected)
    assert told(done) == [kind] * len(expected)


def test_a_reminded_author_is_told_again_once_it_is_overdue(
    done: Conversation, mailoutbox: list[Letter]
) -> None:
    Alert.objects.all().delete()
    soon = timezone.now() + HOUR
    done.follow_ups.update(due_at=soon)
    run()
    assert [letter.to for letter in mailoutbox] == [["teacher@school.example"]]
    # An hour and a bit later.
    later(created_at=timezone.now() - 3 * HOUR)
    done.follow_ups.update(due_at=timezone.now() - HOUR)
    run(), run()
    assert people(mailoutbox[1:]) == ["lead", "teacher"]
    assert long_moment(done.follow_ups.get().due_at) in mailoutbox[1].body


# What is no longer needed, or no longer theirs, is dropped before it is sent.


@pytest.mark.parametrize("why", ["suspended", "about them", "no lead any more", "reviewed"])
def test_what_a_lead_may_not_or_need_not_know_any_more_is_dropped(
    done: Conversation, lead: User, mailoutbox: list[Letter], why: str
) -> None:
    assert done.alerts.exists()
    done.follow_ups.all().delete()
    member = Membership.objects.filter(user=lead)
    if why == "suspended":
        member.update(suspended_at=timezone.now())
    elif why == "no lead any more":
        member.update(role=Membership.Role.PRACTITIONER)
    elif why == "about them":
        done.kept_from.add(lead)
    else:
        agree = Review.Decision.AGREE
        review.review(conversation=done, reviewer=lead, decision=agree, read=review.digest(done))
    assert "no longer needed" in run()
    assert not mailoutbox and not done.alerts.exists() and told(done) == []


def test_what_was_done_meanwhile_is_not_told(done: Conversation, mailoutbox: list[Letter]) -> None:
    Alert.objects.all().delete()
    row = done.follow_ups.get()
    alerts.write(Kind.WRITING, done, [done.author], row.pk)
    follow_up.mark_done(follow_up=row, by=done.author)
    run()
    assert not mailoutbox and not done.alerts.exists()


def test_a_draft_saved_meanwhile_is_not_told_until_it_lies_again(
    teachers_browser: Client, mailoutbox: list[Letter]
) -> None:
    draft = danger_draft(teachers_browser)
    alerts.write(Kind.IDLE_DANGER, draft, [draft.author])
    later(updated_at=timezone.now())
    run()
    assert not mailoutbox and not draft.alerts.exists()
    later(updated_at=timezone.now() - HOUR)
    run()
    assert len(mailoutbox) == 2


def test_an_author_who_left_is_not_told(
    done: Conversation, teacher: User, mailoutbox: list[Letter]
) -> None:
    Alert.objects.all().delete()
    Membership.objects.filter(user=teacher).update(suspended_at=timezone.now())
    run()
    assert [letter.to for letter in mailoutbox] == [["lead@school.example"]]
