"""Settings that must not be put together: the portal does not start with them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

OWN_MACHINE = ("localhost", "127.0.0.1", "[::1]", "testserver", ".localhost")
LOOPBACK = re.compile(r"127(\.\d+){3}")
SHORTEST_KEY, FEWEST_LETTERS = 50, 5


def problems(settings: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the settings, a sentence each; none when they are safe."""
    if settings["DEBUG"]:
        return list(_wrong_in_development(settings["ALLOWED_HOSTS"]))
    keys = {"SECRET_KEY": [settings["SECRET_KEY"]]}
    for name in ("EVENT_KEYS", "MFA_KEYS", "DATA_KEYS", "INDEX_KEYS"):
        if settings[name] != keys["SECRET_KEY"]:
            keys[name] = settings[name]
    found = [
        f"{name}: each key needs {SHORTEST_KEY} characters or more, chosen at random."
        for name, values in keys.items()
        if not values or any(_is_weak(key) for key in values)
    ]
    if "*" in settings["ALLOWED_HOSTS"]:
        found.append("ALLOWED_HOSTS: name the hosts; * would let anybody choose one for a link.")
    found += [
        f"{name}: {address} must begin with https://, for what is sent there is personal."
        for name, address in [
            ("PORTAL_URL", settings["PORTAL_URL"]),
            *(("CSRF_TRUSTED_ORIGINS", origin) for origin in settings["CSRF_TRUSTED_ORIGINS"]),
        ]
        if urlsplit(address).scheme != "https"
    ]
    if settings["EMAIL_BACKEND"].endswith("console.EmailBackend"):
        found.append("EMAIL_URL: emails to the console put the links that let people in into logs.")
    return found + list(_unencrypted(settings))


def _unencrypted(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield what goes to another machine without TLS: records, and links that let people in."""
    database = settings["DATABASES"]["default"]
    mode = database.get("OPTIONS", {}).get("sslmode", "")
    is_safe = mode in ("verify-ca", "verify-full") or _is_here(database.get("HOST") or "")
    if database["ENGINE"].endswith("postgresql") and not is_safe:
        yield "DATABASE_URL: a database on another machine needs ?sslmode=verify-full after it."
    is_smtp = settings["EMAIL_BACKEND"].endswith("smtp.EmailBackend")
    encrypted = settings.get("EMAIL_USE_TLS") or settings.get("EMAIL_USE_SSL")
    if is_smtp and not encrypted and not _is_here(settings.get("EMAIL_HOST") or ""):
        yield "EMAIL_URL: a mail server on another machine needs smtp+tls:// or smtp+ssl://."


def _is_here(host: str) -> bool:
    """Is it this machine, or a socket in a folder of it?"""
    return (
        host in ("", "localhost", "::1", "[::1]")
        or host.startswith("/")
        or bool(LOOPBACK.fullmatch(host))
    )


def _wrong_in_development(hosts: list[str]) -> list[str]:
    others = [host for host in hosts if host not in OWN_MACHINE]
    if not others:
        return []
    return [
        f"DEBUG: pages of errors would show records to whoever reaches {', '.join(others)}. "
        "Leave DEBUG unset, or keep to localhost."
    ]


def _is_weak(key: str) -> bool:
    return len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_LETTERS or "insecure" in key
