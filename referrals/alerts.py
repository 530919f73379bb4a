"""Emails about conversations. None holds anything about a child.

An alert is a row, written in the transaction of what it tells of, and sent after it. One
that could not be sent stays, and `manage.py send_alerts` tries again.
"""

from collections.abc import Iterable
from functools import partial

from django.db import transaction

from accounts.models import User
from referrals import mailing
from referrals.models import Alert, Conversation


def kinds_of(conversation: Conversation, highest: int, harm_undecided: bool) -> list[Alert.Kind]:
    """Return why the leads are told at once of what was just recorded, if at all.

    `highest` is the number of the edition's highest level.
    """
    levels = (conversation.judged_level or 0, conversation.read_level or 0)
    kinds = {
        Alert.Kind.DANGER: conversation.danger,
        Alert.Kind.LEVEL_4: max(levels) >= highest,
        Alert.Kind.BELOW_READING: conversation.below_reading,
        Alert.Kind.HARM_UNDECIDED: harm_undecided,
    }
    return [kind for kind, tells in kinds.items() if tells]


def ask(
    kinds: list[Alert.Kind], conversation: Conversation, people: list[User], about: int = 0
) -> None:
    """Write alerts of these kinds for each of these people, and send them after, once."""
    for kind in kinds:
        write(kind, conversation, people, about)
    transaction.on_commit(partial(mailing.send_new, conversation.pk))


def write(
    kind: Alert.Kind, conversation: Conversation, people: Iterable[User], about: int = 0
) -> None:
    """Write an alert for each of these people, once for the same thing, to be sent later."""
    Alert.objects.bulk_create(
        [
            Alert(conversation=conversation, recipient=person, kind=kind, about=about)
            for person in people
        ],
        ignore_conflicts=True,
    )
