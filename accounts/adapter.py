"""How allauth behaves here."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs themselves up: accounts are made for people by their agency."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Return where a person's work is: editors have no conversations."""
        if request.user.is_editor:
            return reverse("admin:index")
        return super().get_login_redirect_url(request)
