"""What the portal answers while its database cannot be reached, is full or takes too long.

The open pages answer from the standby copy, by the same views. Every other page says what is
safe and what to do, and gives back what was typed. Nobody is signed out: sessions are neither
read nor written.
"""

import logging
import sys
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.core.handlers.exception import convert_exception_to_response
from django.db import (
    DEFAULT_DB_ALIAS,
    DatabaseError,
    InterfaceError,
    InternalError,
    OperationalError,
    connections,
)
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_protect
from django.views.defaults import server_error as went_wrong

from accounts.posted import fields, typed
from guidance_content import standby
from thresholds.load import as_if_in_force

# Seconds. Whoever waited so long for a connection was the last one who did, for a while.
TOO_LONG, PAUSE = 1.0, 5.0
RETRY_SECONDS = 10
READ_ONLY = "25006"
# What monitors ask tells by itself how the database is.
MONITORED = ("/health/", "/ready/")

log = logging.getLogger(__name__)


class ShortCut:
    """Middleware. Once a request has waited long for the database in vain, others do not wait.

    After PAUSE seconds the next request tries again. Each process finds out for itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.until = 0.0

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if monotonic() < self.until and request.path_info not in MONITORED:
            return without_database(request)
        response = self.get_response(request)
        if getattr(request, "has_no_connection", False) and waits_in_vain():
            self.until = monotonic() + PAUSE
        return response


def waits_in_vain() -> bool:
    """Say whether one has to wait for a connection. A database that refuses it costs no time."""
    began, attempt = monotonic(), connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        attempt.ensure_connection()
    except (DatabaseError, InterfaceError):
        return monotonic() - began > TOO_LONG
    attempt.close()
    return False


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a request in which something was raised: Django's handler500."""
    error = fault_of(sys.exc_info()[1])
    if error is None or standby.is_in_use():
        return went_wrong(request)
    state = state_of(error)
    # Its message may quote a row.
    log.error("The database failed: %s %s", type(error).__name__, state or "without a code")
    request.has_no_connection = not state  # type: ignore[attr-defined]
    return without_database(request)


def fault_of(error: BaseException | None) -> DatabaseError | InterfaceError | None:
    """Return the fault of the database that led to an error, if that is what it was."""
    for cause in causes_of(error):
        if isinstance(cause, (OperationalError, InterfaceError)):
            return cause
        if isinstance(cause, InternalError) and state_of(cause) == READ_ONLY:
            return cause
    return None


def causes_of(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def state_of(error: BaseException) -> str:
    """Return the code that the database gave, such as 53100; "" where none came from it."""
    cause = error.__cause__
    return getattr(cause, "pgcode", None) or getattr(cause, "sqlite_errorname", None) or ""


class Untouched(SessionBase):
    """Stands in for a session that is not to be asked for: it is empty, and its cookie stays."""

    # However it is written to, there is nothing to save.
    modified = property(lambda self: False, lambda self, value: None)  # type: ignore[assignment]

    def load(self) -> dict[str, Any]:
        return {}

    def is_empty(self) -> bool:
        return False


def without_database(request: HttpRequest) -> HttpResponse:
    """Answer from the standby copy, or with the page that says what is safe."""
    request.session, request.user = Untouched(), AnonymousUser()
    request.database_is_lost = True  # type: ignore[attr-defined]
    request.preview = None  # type: ignore[attr-defined]
    request.standby_of = standby.made_at()  # type: ignore[attr-defined]
    previewed = as_if_in_force.set(None)
    try:
        with standby.in_use():
            response = _open_page(request) or csrf_protect(unavailable)(request)
    finally:
        as_if_in_force.reset(previewed)
    add_never_cache_headers(response)
    return response


def _open_page(request: HttpRequest) -> HttpResponse | None:
    """Return what an open page shows of the copy; None for other pages, and where that fails."""
    try:
        found = resolve(request.path_info)
    except Resolver404:
        return None
    request.resolver_match = found
    if not (getattr(found.func, "open_to_all", False) and request.standby_of):  # type: ignore[attr-defined]
        return None

    def view(request: HttpRequest) -> HttpResponse:
        return found.func(request, *found.args, **found.kwargs)

    response = convert_exception_to_response(view)(request)
    return response if response.status_code < 500 else None


def unavailable(request: HttpRequest) -> HttpResponse:
    """Say what is safe and what to do, with the telephone numbers of the copy."""
    was_posted = request.method == "POST"
    context = {
        "was_posted": was_posted,
        "typed": typed(request) if was_posted else [],
        "fields": fields(request) if was_posted else [],
        "address": request.get_full_path(),
    }
    try:
        response = render(request, "503.html", context, status=503)
    except DatabaseError:
        # There is no copy: 999 alone.
        response = HttpResponse(render_to_string("503.html", context | {"fields": []}), status=503)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response
