"""Emails are sent once, to a real mail server too, and hold nothing about the child."""

import logging
from datetime import timedelta
from email.message import EmailMessage as Letter

import pytest
from django.core.cache import cache
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import CommandError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Agency, Membership, User
from referrals import alerts, mailing, review
from referrals.models import Conversation, Review
from tests.alerting import (
    CANARY,
    DANGER,
    HOUR,
    Commit,
    Inbox,
    Kind,
    commit,
    done,
    inbox,
    later,
    run,
    told,
)
from tests.people import LEVEL_2, make_person, record, walk_to
from tests.postgres import free_port

pytestmark = pytest.mark.usefixtures("lead")

__all__ = ["commit", "done", "inbox"]  # fixtures


# Two that send at the same time.


class Meddling(EmailBackend):
    """While it sends, the command runs again: as if cron had started it a second time."""

    def send_messages(self, messages: list[Letter]) -> int:
        mailing.send_all()
        return super().send_messages(messages)


def test_two_that_send_at_the_same_time_send_once(
    done: Conversation, settings: Settings, mailoutbox: list[Letter]
) -> None:
    done.follow_ups.all().delete()
    settings.EMAIL_BACKEND = f"{__name__}.Meddling"
    run()
    assert len(mailoutbox) == 1


def test_what_another_sends_is_left_to_it(done: Conversation, mailoutbox: list[Letter]) -> None:
    done.follow_ups.all().delete()
    held = [f"sending-alert-{key}" for key in done.alerts.values_list("pk", flat=True)]
    cache.set_many(dict.fromkeys(held, True), 60)
    run()
    assert not mailoutbox
    cache.delete_many(held)
    run()
    assert len(mailoutbox) == 1


# To a real mail server.


def canaries() -> dict[str, dict[str, object]]:
    """Return a whole conversation with the canary in every text that a person types."""
    day = {"on_day", "on_month", "on_year", "at", "born_on_day", "born_on_month", "born_on_year"}
    chosen = {"place", "danger", "made", "to_whom", "assessment", "plan_tried", "level"}
    chosen |= {"sudden_escalation", "discussed", "significant_harm", "agreement", "given_by"}
    chosen |= {"given_how", "shares", "codes", "unknown_domains", "seen_by_dd034"} | day
    texts = {
        "child": ("name", "agency_reference", "siblings"),
        "in-place": ("services_now", "advice"),
        "reading": ("difference",),
        "next-steps": ("other_service", "plan"),
        "family": ("callback", "whereabouts", "gender", "address", "household", "school", "gp"),
    }
    filled = {}
    for step, data in (LEVEL_2 | DANGER).items():
        typed = dict.fromkeys(texts.get(step, ()), CANARY)
        kept = {name: value if name in chosen else CANARY for name, value in data.items()}
        filled[step.replace("-", "_")] = typed | kept
    filled["judgement"] = {"level": "1", "reason": CANARY}
    return filled


def test_alerts_arrive_and_hold_nothing_about_the_child(
    teachers_browser: Client, lead: User, commit: Commit, inbox: Inbox
) -> None:
    with commit():
        made = record(teachers_browser, **canaries())
    assert CANARY in str(made.content)
    Conversation.objects.filter(pk=made.pk).update(review_state=Conversation.ReviewState.AWAITING)
    draft_url = walk_to(teachers_browser, "judgement", **canaries())
    Conversation.objects.drafts().update(updated_at=timezone.now() - HOUR)
    run()
    with commit():
        review.review(
            conversation=made,
            reviewer=lead,
            decision=Review.Decision.ASK,
            read=review.digest(made),
            text=CANARY,
        )
    sent_to = sorted(letter["To"].split("@")[0] for letter in inbox.letters)
    # The record and the overdue writing; the draft; the question.
    assert sent_to == ["lead"] * 3 + ["teacher"] * 3
    born, area = "2017", "Derby"
    for raw, letter in zip(inbox.raw, inbox.letters, strict=True):
        body = letter.get_content()
        whole = raw.decode() + body + str(letter.items())
        for hidden in (CANARY, born, area, "Level"):
            assert hidden not in whole
        assert "https://portal.example/" in body and "999" in body
        assert "danger" not in letter["Subject"].lower()
        assert made.reference in letter["Subject"] or draft_url.split("/")[2] in body
    assert inbox.connections == 3


def test_a_server_that_refuses_leaves_the_record_and_the_next_run_sends_once(
    teachers_browser: Client, commit: Commit, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    inbox.refuses = "@"
    with caplog.at_level(logging.INFO), commit():
        made = record(teachers_browser, **DANGER | {"call": {"made": "no"}})
    assert made.is_recorded and made.alerts.count() == 3
    assert {(row.sent_at, row.failures) for row in made.alerts.all()} == {(None, 1)}
    # One try, though two things were to be told; and the log names nobody.
    assert inbox.connections == 1
    ours = [row.getMessage() for row in caplog.records if row.name.startswith("referrals")]
    assert len(ours) == 1 and "SMTPRecipientsRefused" in ours[0] and "@" not in ours[0]
    with pytest.raises(CommandError) as failed:
        run()
    assert failed.value.returncode == 1
    inbox.refuses = "nobody"
    run(), run()
    assert len(inbox.letters) == 1
    assert told(made) == [Kind.DANGER, Kind.LEVEL_4, Kind.BELOW_READING]


def test_a_server_that_is_not_there_is_tried_once(
    done: Conversation, agency: Agency, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = make_person("second@school.example", agency, Membership.Role.LEAD)
    alerts.write(Kind.DANGER, done, [second])
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    opened: list[str] = []
    really = mailing.Post._open

    def counted(post: mailing.Post) -> str:
        opened.append(really(post))
        return opened[-1]

    monkeypatch.setattr(mailing.Post, "_open", counted)
    result = mailing.send_all()
    assert opened == ["ConnectionRefusedError"]
    assert (result.sent, result.failed) == (0, done.alerts.count())


def test_one_refused_address_does_not_keep_back_the_others(
    done: Conversation, agency: Agency, inbox: Inbox
) -> None:
    done.alerts.all().delete()
    second = make_person("second@school.example", agency, Membership.Role.LEAD)
    alerts.write(Kind.DANGER, done, [User.objects.get(email="lead@school.example"), second])
    inbox.refuses = "lead@"
    result = mailing.send_all()
    assert (result.sent, result.failed) == (1, 1)
    assert [letter["To"] for letter in inbox.letters] == ["second@school.example"]


def test_after_three_days_it_is_given_up_and_named(
    done: Conversation, mailoutbox: list[Letter]
) -> None:
    done.follow_ups.all().delete()
    later(created_at=timezone.now() - timedelta(days=3, minutes=1))
    shown = run()
    assert not mailoutbox
    assert "Given up" in shown and done.reference in shown and "Sent 0" in shown
