"""Who belongs to an agency, and as what. Its leads decide, and the invited person accepts.

Each service is one transaction and writes its event in it. Nobody changes their own
membership: so the lead who suspends or demotes somebody stays, and an agency is never left
without a lead.
"""

import secrets
from datetime import datetime
from hashlib import sha256

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.events import note, subject_of
from accounts.leads import Refused, lock, lock_as_lead, notes_refusals
from accounts.models import Agency, Event, Invitation, Membership, User

TOKEN_BYTES = 32


class Gone(Exception):
    """An invitation that is used, withdrawn, too old or from somebody who no longer leads."""


# Invitations


def live_invitations() -> QuerySet[Invitation]:
    """Return those that would still be accepted. One dies with its sender's role."""
    sender = Membership.objects.leads().filter(
        user=OuterRef("invited_by"), agency=OuterRef("agency"), user__is_editor=False
    )
    unused = Invitation.objects.filter(accepted_at=None, withdrawn_at=None)
    return unused.filter(Exists(sender), expires_at__gt=timezone.now())


def find_invitation(*, token: str) -> Invitation | None:
    """Return the live invitation whose link holds `token`, if there is one."""
    live = live_invitations().select_related("agency", "invited_by")
    return live.filter(digest=_digest(token)).first()


def _digest(token: str) -> str:
    return sha256(token.encode(errors="replace")).hexdigest()


@notes_refusals
def invite(*, agency: Agency, email: str, role: str, invited_by: User) -> tuple[Invitation, str]:
    """Return a new invitation and its token, which is kept nowhere else.

    Whether the address has an account elsewhere makes no difference. Raises NotLead, and
    Refused for somebody who belongs to the agency, in force or not.
    """
    lock_as_lead(agency, invited_by, subject_of(agency))
    email = email.strip().lower()
    member = agency.memberships.filter(user__email__iexact=email).select_related("user").first()
    if member:
        raise Refused(
            _why_not_invited(member), actor=invited_by, agency=agency, subject=subject_of(member)
        )
    open_to_them = Invitation.objects.filter(agency=agency, email=email)
    _withdraw_all(open_to_them, by=invited_by)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    invitation = Invitation.objects.create(
        agency=agency, email=email, role=role, invited_by=invited_by, digest=_digest(token)
    )
    note(
        Event.Verb.INVITED,
        actor=invited_by,
        agency=agency,
        subject=subject_of(invitation),
        detail=role,
    )
    return invitation, token


def _why_not_invited(member: Membership) -> str:
    if member.suspended_at:
        return "suspended-member"
    return "already-member" if member.user.is_active else "closed-account"


def send_again(*, invitation: Invitation, by: User) -> tuple[Invitation, str]:
    """Return a new invitation in place of `invitation`: its token is known to nobody here.

    Raises Gone for one that was accepted or withdrawn, and what `invite` raises.
    """
    invitation.refresh_from_db()
    if invitation.accepted_at or invitation.withdrawn_at:
        raise Gone
    return invite(
        agency=invitation.agency, email=invitation.email, role=invitation.role, invited_by=by
    )


@notes_refusals
def withdraw(*, invitation: Invitation, by: User) -> None:
    """Take an invitation back. Raises Gone for one that was accepted or withdrawn, and NotLead."""
    lock_as_lead(invitation.agency, by, subject_of(invitation))
    if not _withdraw_all(Invitation.objects.filter(pk=invitation.pk), by=by):
        raise Gone


def _withdraw_all(invitations: QuerySet[Invitation], *, by: User) -> int:
    """Take back all that are still open, also those that are too old. Returns how many."""
    taken_back = list(invitations.filter(accepted_at=None, withdrawn_at=None))
    for invitation in taken_back:
        invitation.withdrawn_at = timezone.now()
        invitation.save(update_fields=["withdrawn_at"])
        subject = subject_of(invitation)
        note(Event.Verb.WITHDREW, actor=by, agency=invitation.agency, subject=subject)
    return len(taken_back)


# Accepting


def is_known(email: str) -> bool:
    """Tell whether an address has an account. Only for whoever holds a link sent to it."""
    return User.objects.filter(email__iexact=email).exists()


def why_not(invitation: Invitation, user: User) -> str:
    """Return the code of why `user` cannot accept `invitation`; "" if they can."""
    if user.email.lower() != invitation.email:
        return "other-person"
    if user.is_editor:
        return "editor"
    member = Membership.objects.filter(user=user, agency=invitation.agency).first()
    if member:
        return "suspended" if member.suspended_at else "joined-already"
    return ""


@notes_refusals
def accept(*, invitation: Invitation, user: User) -> Membership:
    """Make `user` a member. Nothing else of their account changes. Raises Gone or Refused."""
    return _join(_take(invitation), user)


@notes_refusals
def accept_as_new(
    *, invitation: Invitation, name: str, job_title: str, password: str
) -> Membership:
    """Make an account for the address that was invited, and its member. Raises Gone.

    Gone is also raised for an address that has an account: that person signs in first.
    """
    taken = _take(invitation)
    if is_known(taken.email):
        raise Gone
    user = User.objects.create_user(taken.email, password, name=name, job_title=job_title)
    return _join(taken, user)


def _take(invitation: Invitation) -> Invitation:
    """Lock the agency and read the invitation again. Raises Gone if it is no longer live."""
    lock(invitation.agency)
    found = live_invitations().select_related("agency").filter(pk=invitation.pk).first()
    if not found:
        raise Gone
    return found


def _join(invitation: Invitation, user: User) -> Membership:
    agency = invitation.agency
    if code := why_not(invitation, user):
        raise Refused(code, actor=user, agency=agency, subject=subject_of(invitation))
    membership = Membership.objects.create(user=user, agency=agency, role=invitation.role)
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])
    subject = subject_of(membership)
    note(Event.Verb.JOINED, actor=user, agency=agency, subject=subject, detail=membership.role)
    return membership


# Members


@notes_refusals
def suspend(*, membership: Membership, by: User) -> None:
    """Take a person's access to the agency from the next request on. Raises NotLead, Refused.

    The invitations they sent are taken back, so that nobody lets themselves in again.
    """
    _lock_to_change(membership, by)
    if not membership.suspended_at:
        _set_suspended(membership, timezone.now(), Event.Verb.SUSPENDED, by)
        _withdraw_sent(membership, by)


@notes_refusals
def restore(*, membership: Membership, by: User) -> None:
    """Give a suspended person their access back, in the role they had."""
    _lock_to_change(membership, by)
    if membership.suspended_at:
        _set_suspended(membership, None, Event.Verb.RESTORED, by)


@notes_refusals
def change_role(*, membership: Membership, role: str, by: User) -> None:
    """Give a person another role in the agency. Raises NotLead, Refused."""
    _lock_to_change(membership, by)
    if membership.role == role:
        return
    membership.role = role
    membership.save(update_fields=["role"])
    subject = subject_of(membership)
    note(Event.Verb.ROLE_CHANGED, actor=by, agency=membership.agency, subject=subject, detail=role)
    if role != Membership.Role.LEAD:
        _withdraw_sent(membership, by)


def _lock_to_change(membership: Membership, by: User) -> None:
    """Lock the agency and read the membership again. Raises NotLead, or Refused for one's own."""
    subject = subject_of(membership)
    lock_as_lead(membership.agency, by, subject)
    if membership.user_id == by.pk:
        raise Refused("own-membership", actor=by, agency=membership.agency, subject=subject)
    membership.refresh_from_db(fields=["role", "suspended_at"])


def _set_suspended(membership: Membership, at: datetime | None, verb: Event.Verb, by: User) -> None:
    membership.suspended_at = at
    membership.save(update_fields=["suspended_at"])
    note(verb, actor=by, agency=membership.agency, subject=subject_of(membership))


def _withdraw_sent(membership: Membership, by: User) -> None:
    sent = Invitation.objects.filter(agency=membership.agency, invited_by=membership.user)
    _withdraw_all(sent, by=by)
