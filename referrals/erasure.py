"""Erasing a conversation: the one way in which a recorded one is ever deleted.

Its events stay, because they name things by number alone. That it was erased is an event, a
row (Erasure) and a line of the ledger's file. The line comes first to the disk: see ledger.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.contrib.sessions.models import Session
from django.db import connection, models, transaction
from django.utils import timezone

from accounts.models import Event, User
from referrals import holding, ledger, services, standing
from referrals.kept import Erasure, Hold
from referrals.models import Conversation

Reason = Erasure.Reason
AGAIN = "again"


class Held(Exception):
    """The conversation, or all of its agency, is held: nobody may erase it."""


class NothingThere(Exception):
    """The conversation is gone already."""


@transaction.atomic
def erase(*, conversation: Conversation, by: User | None, reason: Reason) -> Erasure:
    """Delete a conversation with all its parts, and write down that it was erased.

    `by` is None for the portal itself. Raises Held, NothingThere, and what ledger.append
    raises; then nothing is erased.
    """
    locked = lock(conversation)
    if Hold.objects.on(locked).exists():
        raise Held
    line = ledger.Line(
        token=str(locked.token),
        reference=locked.reference or "",
        agency=locked.agency_id,
        at=timezone.now().isoformat(),
        by=by.pk if by else None,
        reason=str(reason),
    )
    _remove(locked)
    services.tell(Event.Verb.ERASED, locked, by, str(reason))
    made = _row(line)
    # Last of all, so that what fails before it leaves no line, and before the commit, so that
    # nothing is erased without one.
    ledger.append(line)
    return made


def lock(conversation: Conversation) -> Conversation:
    """Return the conversation as it stands, locked after its agency. Raises NothingThere."""
    holding.locked_agency(conversation.agency)
    try:
        return services.lock(conversation)
    except Conversation.DoesNotExist:
        raise NothingThere from None


def _remove(conversation: Conversation) -> None:
    """Delete the rows. The cascade takes every table that belongs to a conversation."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # What the trigger on the table asks for; it ends with this transaction.
            told = [str(conversation.token)]
            cursor.execute("SELECT set_config('portal.erasing', %s, true)", told)
    is_about_a_child = hasattr(conversation, "child")  # read while it is there
    plain: models.QuerySet[Conversation] = models.QuerySet(Conversation)
    plain.filter(pk=conversation.pk).delete()
    if is_about_a_child:
        # Later ones about the same child may be the first now.
        standing.stand_after(conversation)


def _row(line: ledger.Line) -> Erasure:
    row, _ = Erasure.objects.update_or_create(
        token=line.token,
        defaults={
            "reference": line.reference,
            "agency": line.agency,
            "at": datetime.fromisoformat(line.at),
            "by": line.by,
            "reason": line.reason,
        },
    )
    return row


@dataclass
class Applied:
    """What `apply` did: how many it erased again, and how many were gone already.

    `later` are the tokens of those that somebody saved or held after the erasure was written.
    `missing` counts rows of the database that the file does not have.
    """

    again: int = 0
    gone: int = 0
    later: list[str] = field(default_factory=list)
    missing: int = 0


def apply(path: Path) -> Applied:
    """Erase again whatever of the ledger is there, such as after a restore or a crash.

    Twice is as once. Raises DamagedLedger or OSError before anything is changed.
    """
    lines = {line.token: line for line in ledger.read(path)}
    done = Applied()
    found = {str(c.token): c for c in _there(lines)}
    for token, line in lines.items():
        if token not in found:
            _row(line)
            done.gone += 1
        elif _erase_again(found[token], line):
            done.again += 1
        else:
            done.later.append(token)
    known = map(str, Erasure.objects.values_list("token", flat=True))
    done.missing = len(set(known) - lines.keys())
    forget_visits(lines)
    return done


def _there(tokens: Iterable[str]) -> Iterable[Conversation]:
    """Yield the conversations that exist, asked for a few hundred at a time."""
    wanted = list(tokens)
    for start in range(0, len(wanted), 500):
        some = Conversation.objects.filter(token__in=wanted[start : start + 500])
        yield from some.select_related("agency").defer("content")


@transaction.atomic
def _erase_again(conversation: Conversation, line: ledger.Line) -> bool:
    """Erase what the ledger says was erased, unless somebody acted on it since that line.

    A hold that is older than the line had been lifted when the line was written.
    """
    locked = lock(conversation)
    at = datetime.fromisoformat(line.at)
    if locked.updated_at > at or Hold.objects.on(locked).filter(placed_at__gt=at).exists():
        return False
    _remove(locked)
    services.tell(Event.Verb.ERASED, locked, None, AGAIN)
    _row(line)
    return True


def parts_of(conversation: Conversation) -> dict[str, int]:
    """Return how many rows of which table would be erased with it, itself among them."""
    counted = {"Conversation": 1}
    for relation in Conversation._meta.related_objects:
        rows: Any = relation.related_model._base_manager
        number = rows.filter(**{relation.field.name: conversation}).count()
        counted[str(relation.related_model.__name__)] = number
    return {name: number for name, number in counted.items() if number}


def forget_visits(tokens: Iterable[str]) -> None:
    """Take these conversations out of the sessions, which keep when a draft was last opened.

    One that its owner's browser is just saving may come back; it ends within minutes.
    """
    gone = set(tokens)
    for row in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        data = row.get_decoded()
        if gone & set(data.get("visits", {})):
            data["visits"] = {key: at for key, at in data["visits"].items() if key not in gone}
            row.session_data = Session.objects.encode(data)
            row.save(update_fields=["session_data"])
