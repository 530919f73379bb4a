"""Sends alerts: each once, only to whoever may still know, only while it still matters.

Whoever sends claims first, in the cache that all processes share, so that two do not send
the same. Nothing in the database is locked while a mail server takes its time.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby

from django.core.cache import cache
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.events import note
from accounts.models import Event, Membership, User
from referrals.letters import letter
from referrals.models import Alert, Conversation, FollowUp

log = logging.getLogger(__name__)

Kind = Alert.Kind
State = Conversation.ReviewState
GIVE_UP_AFTER = timedelta(days=3)
# Longer than any mail server can take; whoever died while sending is waited for no longer.
CLAIM_SECONDS = 300
RECORDED = (Kind.DANGER, Kind.LEVEL_4, Kind.BELOW_READING, Kind.HARM_UNDECIDED)
DUE = (Kind.WRITING, Kind.PLAN)


@dataclass
class Sent:
    """How many were sent, could not be sent, and were dropped because nobody needs them now."""

    sent: int = 0
    failed: int = 0
    dropped: int = 0
    why: set[str] = field(default_factory=set)


def unsent() -> QuerySet[Alert]:
    return Alert.objects.filter(sent_at=None).order_by("conversation", "recipient", "pk")


def given_up() -> list[Alert]:
    """Return those that were tried for so long that nobody tries any more, if still needed."""
    return still_needed(unsent().filter(created_at__lt=timezone.now() - GIVE_UP_AFTER))


def still_needed(alerts: QuerySet[Alert]) -> list[Alert]:
    """Return those that the recipient may know of and that still matter. Removes the others."""
    found = list(alerts.select_related("conversation__agency", "conversation__author", "recipient"))
    needed = [alert for alert in found if may_know(alert) and is_needed(alert)]
    Alert.objects.filter(pk__in=[alert.pk for alert in found if alert not in needed]).delete()
    return needed


def send_new(conversation_key: int) -> None:
    """Send what was just written about a conversation. Never raises: what fails is tried again."""
    try:
        send(unsent().filter(conversation=conversation_key, failures=0))
    except Exception as error:
        # The message of an error can hold an address: its class says enough.
        log.error("Alerts were not sent: %s", type(error).__name__)


def send_all() -> Sent:
    """Send what is not sent yet, but for what is given up."""
    return send(unsent().filter(created_at__gte=timezone.now() - GIVE_UP_AFTER))


def send(alerts: QuerySet[Alert]) -> Sent:
    """Send these alerts, one email for what one person has to know about one conversation."""
    result = Sent()
    keys = alerts.values_list("conversation", "recipient", "pk")
    groups = [[key for _, _, key in group] for _, group in groupby(keys, lambda row: row[:2])]
    post = Post()
    for group in groups:
        claimed = [key for key in group if cache.add(_claim(key), True, CLAIM_SECONDS)]
        try:
            _send_group(claimed, post, result)
        except Exception as error:
            # One that cannot be written must not keep back those that come after it.
            result.failed += len(claimed)
            result.why.add(type(error).__name__)
        finally:
            cache.delete_many([_claim(key) for key in claimed])
    post.close()
    if result.why:
        log.error("Alerts were not sent: %s", ", ".join(sorted(result.why)))
    return result


def _claim(key: int) -> str:
    return f"sending-alert-{key}"


def _send_group(keys: list[int], post: "Post", result: Sent) -> None:
    """Send what is claimed, as far as it is still unsent and needed."""
    rows = unsent().filter(pk__in=keys)
    waiting, needed = rows.count(), still_needed(rows)
    result.dropped += waiting - len(needed)
    if not needed:
        return
    if failure := post.deliver(needed):
        result.failed += len(needed)
        result.why.add(failure)
        Alert.objects.filter(pk__in=[alert.pk for alert in needed]).update(
            failures=F("failures") + 1
        )
        return
    _mark_sent(needed)
    result.sent += len(needed)


@transaction.atomic
def _mark_sent(alerts: Iterable[Alert]) -> None:
    for alert in alerts:
        Alert.objects.filter(pk=alert.pk).update(sent_at=timezone.now())
        conversation = alert.conversation
        note(
            Event.Verb.ALERTED,
            actor=None,
            agency=conversation.agency,
            subject=conversation.subject,
            detail=alert.kind,
        )


class Post:
    """One connection to the mail server, opened when it is first needed.

    A server that cannot be reached is tried once, not once for each email.
    """

    def __init__(self) -> None:
        self.connection: BaseEmailBackend | None = None
        self.unreachable = ""

    def deliver(self, alerts: list[Alert]) -> str:
        """Send one email about these alerts. Returns "", or the class of what went wrong."""
        email = letter(alerts)
        if failure := self.unreachable or self._open():
            return failure
        try:
            self.connection.send_messages([email])  # type: ignore[union-attr]
        except Exception as error:
            # What else was said on this connection may not hold: the next email opens another.
            self.close()
            return type(error).__name__
        return ""

    def _open(self) -> str:
        if self.connection:
            return ""
        try:
            connection = get_connection()
            connection.open()
        except Exception as error:
            self.unreachable = type(error).__name__
            return self.unreachable
        self.connection = connection
        return ""

    def close(self) -> None:
        connection, self.connection = self.connection, None
        try:
            if connection:
                connection.close()
        except Exception as error:
            log.warning("The mail server did not say goodbye: %s", type(error).__name__)


def may_know(alert: Alert) -> bool:
    """Say whether the recipient may know of it now: they may have left, or it is about them."""
    conversation, person = alert.conversation, alert.recipient
    if conversation.may_be_opened_by(person):
        return True
    return not conversation.is_recorded and leads_unseen(conversation, person)


def leads_unseen(conversation: Conversation, person: User) -> bool:
    """Say whether this is a lead who cannot open the draft yet: they can talk to its author."""
    led = Membership.objects.of(person).filter(role=Membership.Role.LEAD)
    about = conversation.kept_from.filter(pk=person.pk)
    return led.filter(agency=conversation.agency).exists() and not about.exists()


def is_needed(alert: Alert) -> bool:
    """Say whether it still matters: it may have been seen to while it waited."""
    kind = Kind(alert.kind)
    needs: dict[Kind, Callable[[Alert], bool]] = {
        **dict.fromkeys(RECORDED, _is_unread),
        **dict.fromkeys(DUE, _is_open),
        Kind.ASKED: _is_unanswered,
        Kind.IDLE_DANGER: _is_idle,
    }
    return needs[kind](alert)


def _is_unread(alert: Alert) -> bool:
    return not alert.conversation.reviews.exists()


def _is_unanswered(alert: Alert) -> bool:
    return alert.conversation.review_state == State.ASKED


def _is_open(alert: Alert) -> bool:
    return FollowUp.objects.filter(pk=alert.about, done_at=None).exists()


def _is_idle(alert: Alert) -> bool:
    left = Conversation.objects.left_in_danger(timezone.now())
    return left.filter(pk=alert.conversation_id).exists()
