"""Single sign-on: OIDC_PROVIDERS, a JSON list in the environment, as allauth's settings.

What is said in docs/sign-in.md about each key is checked here, when the portal starts: a
provider that could let a stranger in must not wait for the first stranger.
"""

import json
import re
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

KEYS = {"id", "name", "issuer", "client_id", "secret", "emails", "domains"}
LOOPBACK = {"127.0.0.1", "localhost"}
GOOGLE = "https://accounts.google.com"
MICROSOFT = re.compile(
    r"(^|\.)(microsoftonline\.(com|us|de)|partner\.microsoftonline\.cn"
    r"|microsoft\.com|windows\.net)$"
)
TENANT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# The tenant of everybody's private Microsoft accounts.
PRIVATE_ACCOUNTS = "9188040d-6c67-4c5b-b112-36a304b66dad"


def single_sign_on(text: str, *, allow_http: bool = False) -> dict[str, Any]:
    """Return SOCIALACCOUNT_PROVIDERS. Raises ImproperlyConfigured for what is unsafe or unclear."""
    try:
        listed = json.loads(text or "[]")
    except ValueError as error:
        raise ImproperlyConfigured("OIDC_PROVIDERS is no JSON.") from error
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise ImproperlyConfigured("OIDC_PROVIDERS is no JSON list of objects.")
    for one in listed:
        _check(one, allow_http)
    ids = [one["id"] for one in listed]
    if len(set(ids)) < len(ids):
        raise ImproperlyConfigured("Two of OIDC_PROVIDERS have the same id.")
    return {
        "openid_connect": {
            "provider_class": "accounts.single_sign_on.Provider",
            "APPS": [_app(one) for one in listed],
        }
    }


def _app(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "provider_id": one["id"],
        "name": one["name"],
        "client_id": one["client_id"],
        "secret": one["secret"],
        "settings": {
            "server_url": one["issuer"],
            "fetch_userinfo": False,
            "oauth_pkce_enabled": True,
            "emails": one["emails"],
            "domains": [domain.lower() for domain in one["domains"]],
        },
    }


def _check(one: dict[str, Any], allow_http: bool) -> None:
    name = one.get("id", "one without id")

    def refuse(why: str) -> None:
        raise ImproperlyConfigured(f"OIDC_PROVIDERS, {name}: {why}")

    if one.keys() != KEYS:
        refuse(f"it needs exactly these keys: {', '.join(sorted(KEYS))}.")
    texts = [one[key] for key in KEYS - {"domains"}]
    if not all(isinstance(text, str) and text for text in texts):
        refuse("every key but domains is a text.")
    if not re.fullmatch(r"[a-z0-9-]{1,40}", name):
        refuse("its id is small letters, figures and hyphens.")
    domains = one["domains"]
    if not (isinstance(domains, list) and domains and all(map(_is_domain, domains))):
        refuse("domains is a list of those it gives addresses in, such as school.example.")
    if one["emails"] not in ("claim", "tenant"):
        refuse("emails says how it vouches for an address: claim or tenant.")
    _check_issuer(one["issuer"], one["emails"], allow_http, refuse)


def _is_domain(text: object) -> bool:
    return isinstance(text, str) and bool(re.fullmatch(r"([\w-]+\.)+[\w-]+", text, re.ASCII))


def _check_issuer(issuer: str, emails: str, allow_http: bool, refuse: Any) -> None:
    url = urlsplit(issuer)
    host = url.hostname or ""
    is_local = allow_http and url.scheme == "http" and host in LOOPBACK
    if not host or url.query or url.fragment or not (url.scheme == "https" or is_local):
        refuse("its issuer is an https address.")
    if MICROSOFT.search(host):
        tenant = url.path.strip("/").split("/")[0].lower()
        if not TENANT.fullmatch(tenant) or tenant == PRIVATE_ACCOUNTS:
            refuse(
                "its issuer must name your own tenant by its id. With common, organizations or "
                "consumers anybody could come in with an address that they made up."
            )
        if emails != "tenant":
            refuse("Microsoft's tokens have no email_verified: say emails is tenant, or leave it.")
    if issuer.rstrip("/") == GOOGLE and emails != "claim":
        refuse("Google is everybody's: emails must be claim.")
