"""Who may look after an agency: only its leads, with a membership in force. Refusals are noted.

A refusal is an event that outlives what is rolled back, in the chain of the asker's own agency.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import transaction

from accounts.events import note_refusal
from accounts.models import Agency, Event, Invitation, Membership, User

LEAD = Membership.Role.LEAD
SUBJECT_LENGTH = Event._meta.get_field("subject").max_length
P = ParamSpec("P")
T = TypeVar("T")

WHY = {
    "own-membership": "You cannot suspend yourself or change your own role. Ask another "
    "safeguarding lead of your agency to do it",
    "already-member": "This person already belongs to your agency. You can change their role "
    "on the page of your agency’s people",
    "suspended-member": "This person’s access to your agency is suspended. Restore it on the page "
    "of your agency’s people instead",
    "closed-account": "This person belongs to your agency, but their account is closed. Ask the "
    "people who run this portal to open it again",
}


class Noted(Exception):
    """Something was refused: whom, for what, and why in one plain code."""

    def __init__(self, code: str, *, actor: User, agency: Agency | None, subject: str) -> None:
        super().__init__(WHY.get(code, code))
        self.code, self.actor, self.agency, self.subject = code, actor, agency, subject


class NotLead(Noted):
    """Who asks is no lead of that agency: they learn nothing, not even that it is there."""


class Refused(Noted):
    """Who asks may know why. For a lead, the text says it in a sentence without a full stop."""


def notes_refusals(service: Callable[P, T]) -> Callable[P, T]:
    """Make a service one transaction, and note what it refuses once that is rolled back."""

    @wraps(service)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            with transaction.atomic():
                return service(*args, **kwargs)
        except Noted as refused:
            _note(refused)
            raise

    return wrapper


def _note(refused: Noted) -> None:
    note_refusal(
        actor=refused.actor,
        subject=refused.subject,
        detail=refused.code,
        concerned=refused.agency,
    )


# What a lead may see


def agency_for(*, lead: User, pk: str = "") -> Agency:
    """Return an agency that `lead` leads, the first where none is named. Raises NotLead."""
    agencies = Agency.objects.of(lead, LEAD)
    named = pk.isdecimal() and len(pk) < 19
    if pk:
        agencies = agencies.filter(pk=pk) if named else agencies.none()
    if found := agencies.first():
        return found
    raise _not_lead(lead, f"agency:{pk}" if named else "agency")


def membership_for(*, lead: User, pk: int) -> Membership:
    """Return a membership of an agency that `lead` leads. Raises NotLead."""
    found = Membership.objects.select_related("agency", "user").filter(pk=pk)
    if membership := found.filter(agency__in=Agency.objects.of(lead, LEAD)).first():
        return membership
    raise _not_lead(lead, f"membership:{pk}")


def invitation_for(*, lead: User, pk: int) -> Invitation:
    """Return an invitation to an agency that `lead` leads. Raises NotLead."""
    found = Invitation.objects.select_related("agency").filter(pk=pk)
    if invitation := found.filter(agency__in=Agency.objects.of(lead, LEAD)).first():
        return invitation
    raise _not_lead(lead, f"invitation:{pk}")


def _not_lead(user: User, subject: str) -> NotLead:
    """Note that `user` looked for what is not theirs, and return what to raise."""
    refused = NotLead("not-lead", actor=user, agency=None, subject=subject[:SUBJECT_LENGTH])
    _note(refused)
    return refused


def lock(agency: Agency) -> None:
    """Let one change at a time happen to the people of an agency."""
    Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)


def lock_as_lead(agency: Agency, lead: User, subject: str) -> None:
    """Lock the agency. Raises NotLead if `lead` does not lead it, or does no longer."""
    lock(agency)
    if not Agency.objects.of(lead, LEAD).filter(pk=agency.pk).exists():
        raise NotLead("not-lead", actor=lead, agency=agency, subject=subject)
