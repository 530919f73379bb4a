"""Holds: a lead's decision that a record, or all of an agency, is not erased for now.

Placing and lifting are events. Doing either twice changes nothing.
"""

from django.db import transaction
from django.utils import timezone

from accounts.events import note, subject_of
from accounts.models import Agency, Event, User
from referrals import services
from referrals.kept import Hold
from referrals.models import Conversation

Verb = Event.Verb


def locked_agency(agency: Agency) -> Agency:
    """Return the agency, so that nobody erases anything of it, or holds it, meanwhile.

    Rows that refer to it can still be written: whoever holds one record has locked that first.
    """
    return Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)


@transaction.atomic
def hold(*, conversation: Conversation, reason: str, by: User) -> Hold:
    """Keep one conversation from being erased. One that is held already keeps its hold."""
    locked = services.lock(conversation)
    if there := locked.holds.open().first():
        return there
    made = Hold.objects.create(
        agency=locked.agency, conversation=locked, reason=reason, placed_by=by
    )
    services.tell(Verb.HELD, locked, by)
    return made


@transaction.atomic
def hold_all(*, agency: Agency, reason: str, by: User) -> Hold:
    """Keep everything of an agency from being erased."""
    locked = locked_agency(agency)
    if there := _on_all(locked):
        return there
    made = Hold.objects.create(agency=locked, reason=reason, placed_by=by)
    note(Verb.HELD, actor=by, agency=locked, subject=subject_of(locked))
    return made


@transaction.atomic
def lift(*, conversation: Conversation, by: User) -> bool:
    """Lift the hold on one conversation. Returns False, and writes nothing, where there is none."""
    locked = services.lock(conversation)
    lifted = _lift(locked.holds.open().first(), by)
    if lifted:
        services.tell(Verb.RELEASED, locked, by)
    return lifted


@transaction.atomic
def lift_all(*, agency: Agency, by: User) -> bool:
    """Lift the hold on all of an agency. Holds on single records stay."""
    locked = locked_agency(agency)
    lifted = _lift(_on_all(locked), by)
    if lifted:
        note(Verb.RELEASED, actor=by, agency=locked, subject=subject_of(locked))
    return lifted


def _on_all(agency: Agency) -> Hold | None:
    return Hold.objects.open().filter(agency=agency, conversation=None).first()


def _lift(found: Hold | None, by: User) -> bool:
    if found is None:
        return False
    found.lifted_by, found.lifted_at = by, timezone.now()
    found.save(update_fields=["lifted_by", "lifted_at"])
    return True
