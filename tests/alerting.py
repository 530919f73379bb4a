"""Emails that are due, and a mail server on this machine to which they go."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage as Letter
from io import StringIO

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from accounts.models import Event
from referrals.models import Alert, Conversation
from tests.people import record
from tests.postgres import free_port

Kind = Alert.Kind
DANGER = {"danger": {"danger": "yes"}}
HOUR = timedelta(hours=1)
CANARY = "Zebedee"
Commit = Callable[..., object]


@pytest.fixture
def commit(django_capture_on_commit_callbacks: Commit) -> Callable[[], object]:
    """What is done within it is committed at its end, and sent then."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def done(teachers_browser: Client) -> Conversation:
    """A child protection record that nobody was told of yet."""
    return record(teachers_browser, **DANGER)


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
