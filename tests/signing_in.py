"""Signing in by password and setting up a second factor, for tests of both."""

import re

from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from tests.people import app_code

PASSWORD = "a long pass phrase"
SET_UP = "/account/security/"


def give_password(client: Client, user: User) -> HttpResponse:
    return client.post("/account/login/", {"login": user.email, "password": PASSWORD})


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, f"{address} answers {response.status_code}"
    return response.content.decode()


def secret_on(html: str) -> str:
    return re.search(r"secret=([A-Z2-7]+)", html)[1]  # type: ignore[index]


def set_up_app(client: Client) -> HttpResponse:
    secret = secret_on(page(client, f"{SET_UP}app/"))
    return client.post(f"{SET_UP}app/", {"code": app_code(secret)})
