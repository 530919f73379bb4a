"""The words of the emails: what kind of thing it is, of which reference, and what to do."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from referrals.due import Due
from referrals.models import Alert, Conversation, FollowUp

Kind = Alert.Kind
NOW = (Kind.DANGER, Kind.LEVEL_4, Kind.BELOW_READING, Kind.HARM_UNDECIDED, Kind.IDLE_DANGER)
RECORD_TELLS = {
    Kind.DANGER: "It says that a child is in danger now.",
    Kind.LEVEL_4: "It is at the highest level of need.",
    Kind.BELOW_READING: "It is judged lower than the guidance indicates.",
    Kind.HARM_UNDECIDED: "Whether there is significant harm is not decided yet.",
}


def letter(alerts: list[Alert]) -> EmailMessage:
    """Return one email to one person about one conversation.

    The subject is neutral: anybody may see it on a locked telephone.
    """
    first = alerts[0]
    conversation = first.conversation
    words = {
        "conversation": conversation,
        "recipient": first.recipient,
        "is_author": first.recipient_id == conversation.author_id,
        "record_tells": [RECORD_TELLS[kind] for kind in _kinds(alerts) if kind in RECORD_TELLS],
        "is_idle": Kind.IDLE_DANGER in _kinds(alerts),
        "is_asked": Kind.ASKED in _kinds(alerts),
        "due": _due(alerts),
        "link": settings.PORTAL_URL + _address(alerts, conversation),
    }
    return EmailMessage(
        subject=_subject(alerts, conversation),
        body=render_to_string("email/alert.txt", words).strip() + "\n",
        to=[first.recipient.email],
        headers={"Auto-Submitted": "auto-generated"},
    )


def _kinds(alerts: list[Alert]) -> list[Kind]:
    return [Kind(alert.kind) for alert in alerts]


def _subject(alerts: list[Alert], conversation: Conversation) -> str:
    urgent = any(kind in NOW for kind in _kinds(alerts))
    words = "The threshold portal needs you now" if urgent else "The threshold portal: to do"
    return f"{words}: {conversation.reference}" if conversation.reference else words


def _due(alerts: list[Alert]) -> list[Due]:
    keys = [alert.about for alert in alerts if alert.kind in (Kind.WRITING, Kind.PLAN)]
    now = timezone.now()
    return [Due(row, now) for row in FollowUp.objects.filter(pk__in=keys)]


def _address(alerts: list[Alert], conversation: Conversation) -> str:
    """Return where to go: a lead who cannot open a draft yet goes to their desk."""
    if _due(alerts):
        return reverse("conversation_follow_up", args=[conversation.token])
    is_author = alerts[0].recipient_id == conversation.author_id
    if conversation.reaches_leads or is_author:
        return reverse("conversation", args=[conversation.token])
    return reverse("desk")
