"""The events: who did what, when. One append-only chain of digests for each agency.

An event is written in the transaction of what it tells of; a refusal in one of its own.
Each digest covers the event and the digest before it, keyed, so that nobody who can reach
the table alone can change, remove or reorder a row and make the chain fit again.
"""

import hmac
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256

from django.conf import settings
from django.db import connection, transaction
from django.db.models import CharField, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat, JSONObject
from django.utils import timezone

from accounts.models import Agency, Chain, Event, Invitation, Membership, User

PORTAL = "portal"
PLAIN_CODE = re.compile(r"[a-z0-9-]{0,64}")


@dataclass(frozen=True)
class Fault:
    """A place where a chain does not hold: the chain's key, the event's number, what is wrong."""

    chain: str
    number: int
    what: str


def chain_key(agency: Agency | None) -> str:
    """Return the key of an agency's chain, or of the portal's own."""
    return f"agency:{agency.pk}" if agency else PORTAL


def subject_of(thing: User | Agency | Membership | Invitation) -> str:
    """Return how events name it, such as membership:7."""
    return f"{thing._meta.model_name}:{thing.pk}"


@dataclass(frozen=True)
class Head:
    """The end of a chain as somebody read it: the key of its row, its length and last digest."""

    id: int
    length: int
    head: str


def head_of(agency: str) -> Subquery:
    """Return the end of the chain of the agency in column `agency`, as a dictionary or None."""
    key = Concat(Value("agency:"), Cast(OuterRef(agency), CharField()))
    told = JSONObject(id=F("pk"), length=F("length"), head=F("head"))
    return Subquery(Chain.objects.filter(key=key).values(told=told))


def note(
    verb: Event.Verb,
    *,
    actor: User | None,
    agency: Agency | None,
    subject: str = "",
    detail: str = "",
    head: Head | None = None,
) -> Event:
    """Write down that `actor` did `verb` to `subject`; None is the portal itself.

    `head` is the end of the chain, where it was read just before: if nobody has written since,
    that spares asking for it again. Raises ValueError for a `detail` that is no plain code: it
    could hold personal data.
    """
    if not PLAIN_CODE.fullmatch(detail):
        raise ValueError(f"The detail of an event is a plain code, not {len(detail)} characters.")
    told = {"actor": actor.pk if actor else None, "subject": subject, "detail": detail}
    key = chain_key(agency)
    with transaction.atomic(savepoint=False):
        event = head and _added(head, key, verb=verb, **told)
        if not event:
            chain, _ = Chain.objects.select_for_update().get_or_create(key=key)
            now = Head(chain.pk, chain.length, chain.head)
            event = _added(now, key, verb=verb, **told)
    if event is None:
        raise RuntimeError(f"The chain {key} moved under its lock.")
    return event


def _added(head: Head, key: str, verb: Event.Verb, **told: object) -> Event | None:
    """Write an event after `head`, and move the chain on to it. None if it has moved by now.

    Moving it locks the chain's row, and asks once more where it ends.
    """
    event = Event(
        chain_id=head.id, number=head.length + 1, at=timezone.now(), verb=str(verb), **told
    )
    event.digest = digest(event, key, head.head, settings.EVENT_KEYS[0])
    if connection.vendor == "postgresql":
        return event if _added_at_once(event, head) else None
    at_end = Chain.objects.filter(pk=head.id, length=head.length, head=head.head)
    if not at_end.update(length=event.number, head=event.digest):
        return None
    event.save(force_insert=True)
    return event


def _added_at_once(event: Event, head: Head) -> bool:
    """Do both in one journey to the database: what waits for the chain waits for it."""
    columns = ["number", "at", "actor", "verb", "subject", "detail", "digest"]
    names, places = ", ".join(columns), ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH moved AS (UPDATE {Chain._meta.db_table} SET length = %s, head = %s "  # noqa: S608
            "WHERE id = %s AND length = %s AND head = %s RETURNING id) "
            f"INSERT INTO {Event._meta.db_table} (chain_id, {names}) "
            f"SELECT id, {places} FROM moved RETURNING id",
            [event.number, event.digest, head.id, head.length, head.head]
            + [getattr(event, name) for name in columns],
        )
        row = cursor.fetchone()
    if row:
        event.pk, event._state.adding = row[0], False
    return row is not None


def note_refusal(
    *, actor: User, subject: str, detail: str = "", concerned: Agency | None = None
) -> None:
    """Write down that `actor` was refused, in the chain of their own agency.

    That is the one concerned, if it is theirs; the portal's for somebody of no agency.
    """
    own = own_agencies(actor)
    named = own.filter(pk=concerned.pk).first() if concerned else None
    agency = named or own.first()
    note(Event.Verb.REFUSED, actor=actor, agency=agency, subject=subject, detail=detail)


def note_about(person: User, verb: Event.Verb, *, actor: User | None, detail: str = "") -> None:
    """Write down what was done to a person's account, in the chain of each agency of theirs."""
    for agency in list(own_agencies(person)) or [None]:
        note(verb, actor=actor, agency=agency, subject=subject_of(person), detail=detail)


def own_agencies(user: User) -> QuerySet[Agency]:
    """Return the agencies that a person belongs to, in force or suspended."""
    return Agency.objects.filter(memberships__user=user).order_by("pk")


def digest(event: Event, chain: str, previous: str, key: str) -> str:
    """Return the keyed digest of an event and of all that came before it in its chain."""
    told = [
        chain,
        event.number,
        event.at.astimezone(UTC).isoformat(),
        event.actor,
        str(event.verb),
        event.subject,
        event.detail,
        previous,
    ]
    return hmac.new(key.encode(), json.dumps(told).encode(), sha256).hexdigest()


def faults() -> Iterator[Fault]:
    """Yield where the chains do not hold, chain by chain. Nothing means that all is whole."""
    for chain in Chain.objects.order_by("key"):
        events = Event.objects.filter(chain=chain).order_by("number").iterator()
        yield from faults_of(chain, events)


def faults_of(chain: Chain, events: Iterable[Event]) -> Iterator[Fault]:
    """Yield the faults of one chain, given its events in the order of their numbers.

    After a changed event the walk goes on from the digest that is written there, so that
    one change is told once.
    """
    previous, expected = "", 1
    for event in events:
        if event.number != expected:
            yield Fault(chain.key, event.number, f"number {expected} should stand here")
        elif not _holds(event, chain.key, previous):
            yield Fault(chain.key, event.number, "it is not what was written there")
        previous, expected = event.digest, event.number + 1
    if (chain.length, chain.head) != (expected - 1, previous):
        yield Fault(
            chain.key, expected, f"the chain had {chain.length} events and {expected - 1} are there"
        )


def _holds(event: Event, chain: str, previous: str) -> bool:
    return any(
        hmac.compare_digest(event.digest, digest(event, chain, previous, key))
        for key in settings.EVENT_KEYS
    )
