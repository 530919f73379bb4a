"""What is changed in the admin, told in the chains of the agencies that it concerns.

The admin saves forms and knows no services. So what was there before is compared with what
is there after, and the differences are written in the same transaction.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.db.models import QuerySet

from accounts.account_email import BY_ANOTHER, tell_of
from accounts.events import note, note_about, subject_of
from accounts.models import Event, Membership, User

Verb = Event.Verb
Told = tuple[Verb, Membership, str]
POWERS = {
    "is_active": "active",
    "is_editor": "editor",
    "is_staff": "staff",
    "is_superuser": "superuser",
}


@contextmanager
def told_memberships(among: Callable[[], QuerySet[Membership]], *, by: User) -> Iterator[None]:
    """Note what is done meanwhile to memberships. `among` returns them, before and after."""
    with transaction.atomic():
        before = {row.pk: row for row in _with_agency(among()).select_for_update(of=("self",))}
        yield
        after = {row.pk: row for row in _with_agency(among())}
        told = [
            entry
            for key in sorted(before.keys() | after.keys())
            for entry in _differences(before.get(key), after.get(key))
        ]
        # Chains are locked in one order, so that nobody waits for each other.
        for verb, row, detail in sorted(told, key=lambda entry: entry[1].agency_id):
            note(verb, actor=by, agency=row.agency, subject=subject_of(row), detail=detail)


def _with_agency(memberships: QuerySet[Membership]) -> QuerySet[Membership]:
    return memberships.select_related("agency")


def _differences(before: Membership | None, after: Membership | None) -> list[Told]:
    """Return what happened to one membership. One given to somebody else is another one."""
    if before and after and _whose(before) != _whose(after):
        return [*_differences(before, None), *_differences(None, after)]
    if after is None:
        return [(Verb.REMOVED_MEMBER, before, f"user-{before.user_id}")] if before else []
    told = []
    if before is None:
        told.append((Verb.MADE_MEMBER, after, after.role))
    elif before.role != after.role:
        told.append((Verb.ROLE_CHANGED, after, after.role))
    if bool(after.suspended_at) != bool(before and before.suspended_at):
        told.append((Verb.SUSPENDED if after.suspended_at else Verb.RESTORED, after, ""))
    return told


def _whose(membership: Membership) -> tuple[int, int]:
    return membership.user_id, membership.agency_id


@contextmanager
def told_account(person: User, *, by: User) -> Iterator[None]:
    """Note what a person's account may do from now on, and by what else they sign in."""
    with transaction.atomic():
        before = User.objects.filter(pk=person.pk).first() or User()
        yield
        after = User.objects.get(pk=person.pk)
        for power, word in POWERS.items():
            if (now := getattr(after, power)) != getattr(before, power):
                _note_account(person, f"made-{word}" if now else f"no-longer-{word}", by)
        for field, change in BY_ANOTHER.items():
            if before.pk and getattr(after, field) != getattr(before, field):
                _note_account(person, f"new-{field}", by)
                tell_of(change, person, to=before.email)


@contextmanager
def told_sign_on_link(person: User, *, by: User) -> Iterator[None]:
    """Note that a person's link to single sign-on is removed, where there is one."""
    links = SocialAccount.objects.filter(user=person)
    with transaction.atomic():
        before = links.count()
        yield
        if links.count() < before:
            _note_account(person, "sign-on-link-removed", by)


def _note_account(person: User, code: str, by: User) -> None:
    note_about(person, Verb.ACCOUNT_CHANGED, actor=by, detail=code)
