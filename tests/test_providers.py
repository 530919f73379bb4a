"""Which providers the portal starts with, and for which addresses they can vouch."""

import json
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from accounts.single_sign_on import vouched_email
from portal.providers import single_sign_on

EMAIL = "tess@school.example"
TENANT = "11111111-2222-3333-4444-555555555555"
MICROSOFT = f"https://login.microsoftonline.com/{TENANT}/v2.0"


def entry(**changes: Any) -> dict[str, Any]:
    return {
        "id": "school",
        "name": "Microsoft",
        "issuer": MICROSOFT,
        "client_id": "x",
        "secret": "x",
        "emails": "tenant",
        "domains": ["school.example"],
    } | changes


UNSAFE = {
    "no JSON": "[",
    "no list": "{}",
    "a list of texts": '["x"]',
    "everybody's Microsoft": [entry(issuer="https://login.microsoftonline.com/common/v2.0")],
    "every organisation": [entry(issuer="https://login.microsoftonline.com/organizations/v2.0")],
    "private accounts": [entry(issuer="https://login.microsoftonline.com/consumers/v2.0")],
    "private accounts by number": [
        entry(issuer=MICROSOFT.replace(TENANT, "9188040d-6c67-4c5b-b112-36a304b66dad"))
    ],
    "no tenant": [entry(issuer="https://login.microsoftonline.com/")],
    "spelt otherwise": [entry(issuer="https://LOGIN.microsoftonline.com/Common/v2.0")],
    "another of Microsoft's": [entry(issuer="https://sts.windows.net/common/")],
    "Microsoft without a rule": [entry(emails="claim")],
    "Google as a tenant": [entry(issuer="https://accounts.google.com")],
    "not encrypted": [entry(issuer="http://login.example/")],
    "no address": [entry(issuer="login.example")],
    "no rule for addresses": [entry(emails="")],
    "an unknown rule": [entry(emails="yes")],
    "no domains": [entry(domains=[])],
    "every domain": [entry(domains=["*"])],
    "no secret": [entry(secret="")],
    "an unknown key": [entry(verified_email=True)],
    "a missing key": [{"id": "school"}],
    "an id with a slash": [entry(id="a/b")],
    "one id twice": [entry(), entry()],
}


@pytest.mark.parametrize("listed", UNSAFE.values(), ids=UNSAFE)
def test_the_portal_does_not_start_with_unsafe_providers(listed: object) -> None:
    text = listed if isinstance(listed, str) else json.dumps(listed)
    with pytest.raises(ImproperlyConfigured):
        single_sign_on(text)


@pytest.mark.parametrize(
    "listed",
    [[], [entry()], [entry(), entry(id="g", issuer="https://accounts.google.com", emails="claim")]],
)
def test_the_portal_starts_with_safe_providers(listed: list[dict[str, Any]]) -> None:
    made = single_sign_on(json.dumps(listed))["openid_connect"]["APPS"]
    assert [app["provider_id"] for app in made] == [one["id"] for one in listed]


# Whom a provider vouches for

STAFF = {"iss": MICROSOFT, "email": "Tess@School.example", "acct": "0"}
GOOGLE = {
    "iss": "https://accounts.google.com", "email": EMAIL, "email_verified": True,
    "hd": "school.example",
}  # fmt: skip


@pytest.mark.parametrize(
    ("claims", "emails", "vouched"),
    [
        (STAFF, "tenant", EMAIL),
        (STAFF | {"acct": 0}, "tenant", EMAIL),
        (STAFF | {"acct": 1}, "tenant", ""),
        (STAFF | {"acct": None}, "tenant", ""),
        (STAFF | {"idp": "https://sts.windows.net/another/"}, "tenant", ""),
        (STAFF | {"email": "tess@gmail.example"}, "tenant", ""),
        (STAFF | {"email": "tess@sub.school.example"}, "tenant", ""),
        (STAFF | {"email": "te\u017f\u017f@school.example"}, "tenant", ""),
        (STAFF | {"email": None}, "tenant", ""),
        (STAFF, "claim", ""),
        (GOOGLE, "claim", EMAIL),
        (GOOGLE | {"email_verified": False}, "claim", ""),
        (GOOGLE | {"hd": "another.example"}, "claim", ""),
        ({key: GOOGLE[key] for key in GOOGLE if key != "hd"}, "claim", ""),
    ],
)
def test_only_addresses_that_are_vouched_for_count(
    claims: dict[str, Any], emails: str, vouched: str
) -> None:
    assert vouched_email(claims, {"emails": emails, "domains": ["school.example"]}) == vouched
