"""Signing in and out, and tries to get in: in the chains of the person's agencies, and in the log.

A line of the log names a person by their key, and nobody where no account was found. A try with a
password is told after the answer, and with the same work whether or not somebody has the address.
"""

from collections.abc import Callable

import structlog
from django.core.cache import cache
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse

from accounts.events import note_about, note_refusal
from accounts.log_lines import lines
from accounts.models import Event, User

log = lines("portal.sign_ins")

# Why a try failed, as events and the log tell it.
PASSWORD, CODE, PASSKEY, CLOSED, LOCKED = (
    "wrong-password", "wrong-code", "wrong-passkey", "closed", "locked",
)  # fmt: skip
# allauth's code of an error, where there were too many tries.
TOO_MANY = "too_many_login_attempts"
# Seconds. While an account is locked, its chain tells so once: tries may come by the thousand.
LOCKED_FOR = 300
NOBODY = 0


def signed_in(person: User, how: str) -> None:
    """Write down that they are in. `how` is a plain code, such as password-totp."""
    note_about(person, Event.Verb.SIGNED_IN, actor=person, detail=how)
    log.info("signed in", user=person.pk, how=how)


def signed_out(person: User, why: str = "") -> None:
    note_about(person, Event.Verb.SIGNED_OUT, actor=person, detail=why)
    log.info("signed out", user=person.pk)


def failed(person: User, why: str) -> None:
    """Write down that somebody tried to be this person. It may have been them or not.

    Of NOBODY there is a line of the log. The event is written, which takes its time, and taken
    back: else anybody could fill the chain, which is kept for ever, with made-up addresses.
    """
    log.warning("sign-in failed", user=person.pk or None, why=why)
    if why == LOCKED and not cache.add(f"accounts.locked:{person.email}", True, LOCKED_FOR):
        return
    with transaction.atomic():
        here = transaction.savepoint()
        note_about(person, Event.Verb.SIGN_IN_FAILED, actor=None, detail=why)
        is_kept = person.pk != NOBODY
        (transaction.savepoint_commit if is_kept else transaction.savepoint_rollback)(here)


def failed_by_nobody(why: str) -> None:
    """Write down a try with a passkey that no account has."""
    log.warning("sign-in failed", user=None, why=why)


def tried(email: str, why: str) -> None:
    """Write down a try with this address, whoever has it. For after the answer."""
    email = email.strip().lower()
    try:
        failed(User.objects.filter(email=email).first() or User(pk=NOBODY, email=email), why)
    except DatabaseError as error:
        log.error("sign-in failed, and could not be told", why=type(error).__name__)


def forged(request: HttpRequest) -> None:
    """Write down a form that came without its token: forged, or out of date."""
    match, person = request.resolver_match, getattr(request, "user", None)
    route = match.view_name if match else ""
    known = person if person and person.is_authenticated else None
    log.warning("no token", user=known.pk if known else None, route=route)
    if known:
        note_refusal(actor=known, subject=route, detail="no-token")


def then_do(response: HttpResponse, work: Callable[[], object]) -> HttpResponse:
    """Return the response, after which `work` is done: once the browser has all of it."""
    close, request = response.close, structlog.contextvars.get_contextvars()

    def closed() -> None:
        try:
            with structlog.contextvars.bound_contextvars(**request):
                work()
        finally:
            close()

    response.close = closed  # type: ignore[method-assign]
    return response
