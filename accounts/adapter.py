"""How allauth behaves here."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs themselves up: accounts are made for people by their agency."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
