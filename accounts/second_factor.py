"""The second factor: who must have one, and how its secrets are kept.

It is an authenticator app or a passkey. Recovery codes stand in for a lost phone and do not
count by themselves: allauth deletes them with the last factor.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Subquery

from accounts.events import note_about
from accounts.keys import lock_of
from accounts.models import Event, Membership, User

MFA_SETTING, MFA_PURPOSE = "MFA_KEYS", "second factor"
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
# How events name them.
CODES = {
    Authenticator.Type.TOTP: "app",
    Authenticator.Type.WEBAUTHN: "passkey",
    Authenticator.Type.RECOVERY_CODES: "recovery-codes",
}

# Conditions on a User. Safeguarding leads, editors of the guidance and staff must have one, and
# everybody where SECOND_FACTOR_FOR_ALL is set.
MUST_HAVE_ONE = (
    Q(is_staff=True)
    | Q(is_editor=True)
    | Exists(Membership.objects.leads().filter(user=OuterRef("pk")))
)
# Since when a User has had one: None for somebody who has none.
SINCE = Subquery(
    Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
    .order_by("created_at")
    .values("created_at")[:1]
)


def must_have_one(user: User) -> bool:
    """The same of one person whose roles are there already."""
    return settings.SECOND_FACTOR_FOR_ALL or has_power(user)


def has_power(user: User) -> bool:
    """Is it a lead, an editor or staff: somebody who reaches more than what is their own?"""
    return user.is_staff or user.is_editor or Membership.Role.LEAD in user.roles


def is_compulsory_for(user: User) -> bool:
    return settings.SECOND_FACTOR_FOR_ALL or User.objects.filter(MUST_HAVE_ONE, pk=user.pk).exists()


def factors_of(user: User) -> int:
    """Return how many apps and passkeys a person has. Recovery codes are none."""
    return Authenticator.objects.filter(user=user, type__in=FACTORS).count()


def is_last_and_compulsory(user: User) -> bool:
    """May the person not remove a factor, because they must have one and have no other?"""
    return factors_of(user) < 2 and is_compulsory_for(user)


@contextmanager
def told(user: User, *, by: User | None) -> Iterator[None]:
    """Note what is set up and removed meanwhile, in one transaction with it.

    What was there is compared with what is there: allauth also makes and removes recovery
    codes of its own accord.
    """
    with transaction.atomic():
        before = _kinds_of(user)
        yield
        after = _kinds_of(user)
        for key in sorted(before.keys() - after.keys()):
            note_about(user, Event.Verb.FACTOR_REMOVED, actor=by, detail=before[key])
        for key in sorted(after.keys() - before.keys()):
            note_about(user, Event.Verb.FACTOR_ADDED, actor=by, detail=after[key])


def _kinds_of(user: User) -> dict[int, str]:
    own = Authenticator.objects.filter(user=user).values_list("pk", "type")
    return {key: CODES[Authenticator.Type(kind)] for key, kind in own}


def remove_all(user: User, *, by: User | None = None) -> int:
    """Remove a person's app, passkeys and recovery codes, for a lost phone.

    Whoever must have a factor is asked to set one up again at their next request. `by` is
    the administrator; None is the command line.
    """
    with told(user, by=by):
        return Authenticator.objects.filter(user=user).delete()[0]


class MFAAdapter(DefaultMFAAdapter):
    """allauth's, in our words, with secrets that cannot be read from the database."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "That code is not right, or it has been used. Wait for the next one",
        "cannot_delete_authenticator": (
            "You can’t remove this: your role needs a second step to sign in. Set up another first"
        ),
    }

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not is_last_and_compulsory(authenticator.user)

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return f"Passkey {number}"

    def encrypt(self, text: str) -> str:
        return _lock().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Raises ImproperlyConfigured where no key fits: a wrong code would be the wrong answer."""
        try:
            return _lock().decrypt(encrypted_text.encode()).decode()
        except InvalidToken as error:
            raise ImproperlyConfigured("None of MFA_KEYS opens a person's secret.") from error

    def _get_site_name(self) -> str:
        return str(settings.MFA_TOTP_ISSUER)


def _lock() -> MultiFernet:
    """The first of MFA_KEYS locks; all of them open."""
    return lock_of(MFA_SETTING, MFA_PURPOSE)
