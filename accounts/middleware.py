"""What every request of a signed-in person must pass: the time-out, and the second factor."""

from collections.abc import Callable
from datetime import datetime
from time import time
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers

from accounts.posted import typed
from accounts.sign_ins import signed_out

GetResponse = Callable[[HttpRequest], HttpResponse]

BEGAN, SEEN = "signed_in_at", "seen_at"
BROWSER = "browser"
WANTED = "wanted_before_second_factor"
PROVEN = "second_factor_set_up_here"
# What somebody who lacks their second factor may still do. The pages that set one up are
# allauth's, and their names begin with `mfa_`; views marked `open_to_all` need no sign-in at all.
ALLOWED = {"account_logout", "account_reauthenticate", "account_stay"}


class IdleSignOut:
    """Ends a session that nobody used for IDLE_SECONDS, or that began SIGNED_IN_SECONDS ago.

    Use is a request. To spare the database, its time is written once in IDLE_WRITE_SECONDS at
    most, so that a session ends up to that much earlier. The page's own clock starts from
    `request.session_seconds`.

    No browser keeps an answer to somebody who is signed in: not a page, a refusal or a redirect.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        signed_in = SESSION_KEY in request.session
        if signed_in:
            if seconds_left(request) <= 0:
                _end(request, "time-out")
            else:
                now = int(time())
                request.session.setdefault(BEGAN, _signed_in_at(request, now))
                if now - request.session.get(SEEN, 0) >= settings.IDLE_WRITE_SECONDS:
                    request.session[SEEN] = now
                request.session_seconds = told(seconds_left(request))  # type: ignore[attr-defined]
                request.session_warning = settings.IDLE_WARNING_SECONDS  # type: ignore[attr-defined]
        response = self.get_response(request)
        if signed_in:
            add_never_cache_headers(response)
        return response


def _end(request: HttpRequest, why: str) -> None:
    """Sign somebody out, and write down why, as a plain code."""
    with transaction.atomic():
        if request.user.is_authenticated:
            signed_out(request.user, why)
        logout(request)


def _signed_in_at(request: HttpRequest, now: int) -> int:
    """Return when the session began, as allauth noted it: this may not be its first request."""
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY) or [{"at": now}]
    return int(min(now, records[0]["at"]))


def seconds_left(request: HttpRequest) -> int:
    """Return in how many seconds the session ends, if nothing more is heard."""
    now = int(time())
    idle = request.session.get(SEEN, now) + settings.IDLE_SECONDS
    longest = request.session.get(BEGAN, now) + settings.SIGNED_IN_SECONDS
    return int(min(idle, longest)) - now


def told(seconds: int) -> int:
    """Return what a page says of it: a little less, in steps, so that like pages stay alike."""
    step = max(1, settings.IDLE_WRITE_SECONDS // 4)
    return (seconds - 1) // step * step


def extend(request: HttpRequest) -> int:
    """Note that the person is there, and return in how many seconds their session ends."""
    request.session[SEEN] = int(time())
    return told(seconds_left(request))


class SecondFactorFirst:
    """Leads, editors and staff set up a second factor before they do anything else.

    What they post is not done: whoever holds only their password must not get one change
    through. It is given back on the page, to copy.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], *args: Any
    ) -> HttpResponse | None:
        if getattr(view, "open_to_all", False) or not request.user.is_authenticated:
            return None
        user = request.user
        if user.second_factor_since:
            if _is_from_before(request, user.second_factor_since):
                _end(request, "older-than-factor")
                request.session_seconds = 0  # type: ignore[attr-defined]
            return None
        name = (request.resolver_match and request.resolver_match.url_name) or ""
        if not user.must_have_second_factor or name in ALLOWED or name.startswith("mfa_"):
            return None
        if request.method == "GET":
            request.session[WANTED] = request.get_full_path()
            return redirect("mfa_index")
        context = {"typed": typed(request)}
        response = render(request, "account/second_factor_first.html", context, status=403)
        add_never_cache_headers(response)
        return response


def _is_from_before(request: HttpRequest, since: datetime) -> bool:
    """Did the session begin with a password alone, before the person had a second factor?

    It may be somebody else's, who knew the password. The session in which the factor was set
    up goes on.
    """
    began = request.session.get(BEGAN, 0)
    return began < int(since.timestamp()) and PROVEN not in request.session
