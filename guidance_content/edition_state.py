"""How an edition stands, in words for editors: its state, its life, and what was done to it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Event, User
from guidance_content import content
from guidance_content.editions import PUBLISHED
from thresholds.drafts import subject_of
from thresholds.lifecycle import EditionLife
from thresholds.models import Edition

DRAFT, PROPOSED, TO_COME, IN_FORCE, EARLIER, WITHDRAWN = (
    "draft", "proposed", "to_come", "in_force", "earlier", "withdrawn",
)  # fmt: skip
TAGS = {
    DRAFT: "Draft",
    PROPOSED: "Proposed",
    TO_COME: "To come",
    IN_FORCE: "In force",
    EARLIER: "Earlier",
    WITHDRAWN: "Withdrawn",
}
# Columns of an edition that editors set on its way, besides those of its life.
ALSO = ("title", "source_date", "note", "source", "status", "published_on")
CURRENCY = ("owner", "checked_on", "review_by")
THE_PORTAL = "The portal"
PEOPLE = ("partnership", "based_on", "created_by", "proposed_by", "approved_by", "withdrawn_by")


@dataclass(frozen=True)
class Moment:
    """Something that happened to an edition: what, by whom, when, and why or for what."""

    what: str
    who: str
    when: datetime | date | None
    note: str = ""
    by_clock: bool = True


def editions() -> QuerySet[Edition]:
    """Return every edition, with the people of its life."""
    return Edition.objects.select_related(*PEOPLE)


def in_force_of(editions: Iterable[Edition]) -> dict[int, Edition]:
    """Return the edition in force of each partnership of these editions, by its key."""
    partnerships = {edition.partnership_id for edition in editions}
    found: dict[int, Edition] = {}
    for edition in Edition.objects.in_force().filter(partnership__in=partnerships):
        found.setdefault(edition.partnership_id, edition)
    return found


def state_of(edition: Edition, in_force: dict[int, Edition]) -> str:
    if edition.status != PUBLISHED:
        return PROPOSED if edition.proposed_by_id else DRAFT
    if edition.withdrawn_at:
        return WITHDRAWN
    if edition.published_on and edition.published_on > timezone.localdate():
        return TO_COME
    return IN_FORCE if in_force.get(edition.partnership_id) == edition else EARLIER


def sentence_of(edition: Edition, state: str) -> str:
    """Say what the state means, for whoever reads or works with the guidance."""
    kept = "Conversations that began under it keep it."
    if state == PROPOSED:
        return (
            f"{edition.proposed_by} proposed it for publication from {day(edition.publish_from)}. "
            "Another editor must approve it. Any change to it withdraws the proposal."
        )
    return {
        DRAFT: "Nobody but editors sees it. It can be changed.",
        TO_COME: f"It is published, and comes into force on {day(edition.published_on)}. "
        "It can no longer be changed.",
        IN_FORCE: f"Everyone has gone by it since {day(edition.published_on)}. "
        "It can no longer be changed.",
        EARLIER: f"A later edition is in force. {kept}",
        WITHDRAWN: f"It was taken back. {kept}",
    }[state]


def life_of(edition: Edition) -> list[Moment]:
    """Return what became of an edition, the first first."""
    found = [_created(edition)]
    if edition.proposed_by_id:
        asked = f"For publication from {day(edition.publish_from)}."
        note = f"{asked} {edition.proposal_note}".strip()
        found.append(Moment("Proposed", str(edition.proposed_by), edition.proposed_at, note))
    if edition.status == PUBLISHED:
        found.append(_published(edition))
    for kept in reversed(edition.confirmations.select_related("by")):
        note = f"Until {day(kept.review_by)}. {kept.note}"
        found.append(Moment("Confirmed", str(kept.by), kept.at, note))
    if edition.withdrawn_at:
        by, why = str(edition.withdrawn_by), edition.withdrawn_reason
        found.append(Moment("Withdrawn", by, edition.withdrawn_at, why))
    return found


def _created(edition: Edition) -> Moment:
    note = f"From “{edition.based_on}”." if edition.based_on else ""
    who = str(edition.created_by) if edition.created_by_id else THE_PORTAL
    return Moment("Begun", who, edition.created_at, note)


def _published(edition: Edition) -> Moment:
    """Of one that came with the portal nobody knows the hour: it is in force from its date."""
    note = f"In force from {day(edition.published_on)}."
    if edition.unconfirmed_reason:
        note += f" An emergency number was not confirmed. {edition.unconfirmed_reason}"
    if edition.approved_by_id:
        return Moment("Approved", str(edition.approved_by), edition.approved_at, note)
    return Moment("Published", THE_PORTAL, edition.approved_at, note)


@dataclass(frozen=True)
class Done:
    """An event about an edition, as editors read it."""

    what: str
    who: str
    at: datetime
    code: str


def done_to(edition: Edition, most: int = 50) -> list[Done]:
    """Return what was done to an edition, the latest first."""
    told = Event.objects.filter(subject=subject_of(edition)).order_by("-at", "-number")[:most]
    events = list(told)
    people = User.objects.in_bulk({event.actor for event in events if event.actor})
    return [
        Done(
            Event.Verb(event.verb).label,
            str(people.get(event.actor, THE_PORTAL)),
            event.at,
            event.detail,
        )
        for event in events
    ]


def token(edition: Edition) -> str:
    """Return what tells whether an edition is as it was when a page about it was looked at."""
    life = [field.attname for field in EditionLife._meta.get_fields() if field.concrete]
    told = [str(getattr(edition, name)) for name in (*life, *ALSO, *CURRENCY)]
    if edition.status != PUBLISHED:
        told.append(content.digest(edition))
    return sha256(json.dumps(told).encode()).hexdigest()


def day(value: date | None) -> str:
    return date_format(value, "j F Y") if value else "no date"
