"""Emails: whom they reach, when, once, and what is not in them."""

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage as Letter
from io import StringIO

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.core.cache import cache
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Agency, Event, Membership, User
from referrals import alerts, follow_up, mailing, review
from referrals.models import Alert, Conversation, FollowUp, Review
from referrals.wording import long_moment
from tests.people import LEVEL_2, make_person, record, walk_to
from tests.postgres import free_port

Kind = Alert.Kind
DANGER = {"danger": {"danger": "yes"}}
HOUR = timedelta(hours=1)
CANARY = "Zebedee"
Commit = Callable[..., object]


@pytest.fixture(autouse=True)
def lead(agency: Agency) -> User:
    return make_person("lead@school.example", agency, Membership.Role.LEAD)


@pytest.fixture
def commit(django_capture_on_commit_callbacks: Commit) -> Callable[[], object]:
    """What is done within it is committed at its end, and sent then."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def done(teachers_browser: Client) -> Conversation:
    """A child protection record that nobody was told of yet."""
    return record(teachers_browser, **DANGER)


def kinds(conversation: Conversation) -> list[tuple[str, str]]:
    found = conversation.alerts.order_by("pk")
    return list(found.values_list("recipient__name", "kind"))


def people(letters: list[Letter]) -> list[str]:
    return sorted(letter.to[0].split("@")[0] for letter in letters)


def told(conversation: Conversation) -> list[str]:
    """Return what the events say was sent, and that it was the portal itself that sent it."""
    sent = Event.objects.filter(subject=conversation.subject, verb=Event.Verb.ALERTED)
    assert all(event.actor is None for event in sent)
    return list(sent.order_by("number").values_list("detail", flat=True))


def run() -> str:
    out = StringIO()
    call_command("send_alerts", stdout=out, stderr=out)
    return out.getvalue()


def later(**changed: object) -> None:
    """Let a draft have been saved, or an alert have been written, at another time."""
    for model, names in ((Conversation, ("updated_at",)), (Alert, ("created_at",))):
        found = {name: value for name, value in changed.items() if name in names}
        if found:
            model.objects.update(**found)


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
        ({"judgement": {"level": "4", "reason": "Bad"}}, [Kind.LEVEL_4]),
        ({"judgement": {"level": "1", "reason": "Fine"}}, [Kind.BELOW_READING]),
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


# A real mail server, on this machine.


class Inbox:
    """What a mail server takes: not for addresses with the text that it `refuses`."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.raw: list[bytes] = []
        self.connections = 0
        self.refuses = "nobody"

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, host: str, answers: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = host
        return answers

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuses in address:
            return f"550 {address} is not known here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.raw.append(envelope.content)
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def inbox(settings: Settings) -> Iterator[Inbox]:
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.PORTAL_URL = "https://portal.example"
    yield inbox
    controller.stop()


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
