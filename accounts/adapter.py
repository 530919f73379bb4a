"""How allauth behaves here."""

from time import time
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts import account_email, sign_ins
from accounts.browsers import kind_of
from accounts.events import note_about
from accounts.middleware import BROWSER
from accounts.models import Event, User


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs themselves up: accounts are made for people by their agency."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "The email address or the password is not right. Try again",
        "enter_current_password": "This is not your password. Enter it as it is now",
        "incorrect_password": "This is not your password. Try again",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Return where a person's work is: not all have conversations."""
        person = request.user
        if person.is_editor:
            return reverse("editors_home")
        if person.is_reader:
            return reverse("numbers")
        if person.is_staff and not person.roles:
            return reverse("admin:index")
        return super().get_login_redirect_url(request)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask for no password that was typed, and no code that was given, minutes ago.

        allauth would ask a lead who has just signed in once more before the set-up page.
        """
        if not super().is_reauthentication_required(app=app, **kwargs):
            return False
        records = get_authentication_records(self.request, self.request.user)
        return not records or time() - records[-1]["at"] >= app_settings.REAUTHENTICATION_TIMEOUT

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell a person of a change to their account, in our words and without their address."""
        if template_prefix in account_email.PASSWORDS:
            note_about(user, Event.Verb.ACCOUNT_CHANGED, actor=user, detail="new-password")
        if change := account_email.CHANGES.get(template_prefix):
            account_email.tell_of(change, user)

    # Signing in and out is told. Of a try with a password the view tells, after the answer.

    def login(self, request: HttpRequest, user: User) -> None:
        with transaction.atomic():
            super().login(request, user)
            request.session[BROWSER] = kind_of(request.headers.get("User-Agent", ""))
            sign_ins.signed_in(user, how_signed_in(request, user))

    def logout(self, request: HttpRequest) -> None:
        with transaction.atomic():
            sign_ins.signed_out(request.user)
            super().logout(request)

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        if not user.is_active:
            sign_ins.failed(user, sign_ins.CLOSED)
        return super().pre_login(request, user, **kwargs)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            request.tried = (credentials.get("email", ""), sign_ins.LOCKED)  # type: ignore[attr-defined]
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        request.tried = (credentials.get("email", ""), sign_ins.PASSWORD)  # type: ignore[attr-defined]

    def reauthenticate(self, user: User, password: str) -> bool:
        try:
            is_proven = super().reauthenticate(user, password)
        except ValidationError:
            sign_ins.failed(user, sign_ins.LOCKED)
            raise
        if not is_proven:
            sign_ins.failed(user, sign_ins.PASSWORD)
        return bool(is_proven)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count tries by the account alone.

        allauth adds the request's host with its port, and whoever guesses may send any port.
        """
        return str(credentials.get("email", "")).lower()


def how_signed_in(request: HttpRequest, user: User) -> str:
    """Return the ways in which somebody proved who they are, as one code: password-totp."""
    records = get_authentication_records(request, user)
    ways = [str(record.get("type") or record["method"]) for record in records]
    return "-".join(way.replace("_", "-") for way in ways)[:64]
