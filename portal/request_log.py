"""One line a request: what was asked for and how it went, not by which address or with what."""

from collections.abc import Callable
from re import fullmatch
from time import monotonic
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponse

from accounts.log_lines import lines

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

log = lines("portal.requests")


class RequestLog:
    """Writes the line, and puts the request's number on every other line of the request.

    It asks nothing of the database or the session: they may be what is wrong.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = monotonic()
        with structlog.contextvars.bound_contextvars(request=number_of(request)):
            response = self.get_response(request)
            match = request.resolver_match
            log.info(
                "request",
                method=request.method if request.method in METHODS else "other",
                route=match.view_name if match else "",
                status=response.status_code,
                ms=round((monotonic() - began) * 1000),
                user=user_of(request),
            )
        return response


def number_of(request: HttpRequest) -> str:
    """Return the number that nginx gave the request, or a new one: a stranger may send any text."""
    given = request.headers.get("X-Request-ID", "")
    return given if fullmatch(r"[0-9a-f]{32}", given) else uuid4().hex


def user_of(request: HttpRequest) -> int | None:
    """Return the key of the person, if a page has asked who it is. This does not ask."""
    return getattr(getattr(request, "_cached_user", None), "pk", None)
