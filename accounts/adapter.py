"""How allauth behaves here."""

from time import time
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpRequest
from django.urls import reverse


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs themselves up: accounts are made for people by their agency."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Return where a person's work is: editors have no conversations."""
        if request.user.is_editor:
            return reverse("editors_home")
        return super().get_login_redirect_url(request)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask for no password that was typed, and no code that was given, minutes ago.

        allauth would ask a lead who has just signed in once more before the set-up page.
        """
        if not super().is_reauthentication_required(app=app, **kwargs):
            return False
        records = get_authentication_records(self.request, self.request.user)
        return not records or time() - records[-1]["at"] >= app_settings.REAUTHENTICATION_TIMEOUT

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count tries by the account alone.

        allauth adds the request's host with its port, and whoever guesses may send any port.
        """
        return str(credentials.get("email", "")).lower()
