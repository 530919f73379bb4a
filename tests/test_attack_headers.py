"""What every response says to browsers, and what no page may hold."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from tests.access import POLICIES, make_world
from tests.attack import Markup, all_pages, is_page, markup_of, quiet
from tests.test_settings import PRODUCTION, django

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
REFUSED_BY_POLICY = {"camera", "geolocation", "microphone", "payment", "usb", "display-capture"}
# These load something, or send something there, without a click.
LOADS = {
    "script": "src", "link": "href", "img": "src", "iframe": "src", "frame": "src",
    "object": "data", "embed": "src", "source": "src", "video": "src", "audio": "src",
    "track": "src", "form": "action", "input": "src", "use": "href", "image": "href",
    "base": "href",
}  # fmt: skip
Problems = Iterator[str]


def wrong_headers(response: HttpResponse) -> Problems:
    for name, value in ALWAYS.items():
        if response.get(name) != value:
            yield f"{name}: {response.get(name)}"
    allowed = policy_of(response)
    if allowed.get("default-src") != ["'none'"]:
        yield f"default-src {allowed.get('default-src')}"
    for directive in ("frame-ancestors", "base-uri"):
        if allowed.get(directive) != ["'none'"]:
            yield f"{directive} {allowed.get(directive)}"
    if allowed.get("form-action") != ["'self'"]:
        yield f"form-action {allowed.get('form-action')}"
    for directive, sources in allowed.items():
        if not set(sources) <= {"'self'", "'none'"}:
            yield f"{directive} {sources}"
    kind = response.get("Content-Type", "")
    if kind.startswith("text/") and "charset=utf-8" not in kind.replace('"', ""):
        yield f"Content-Type: {kind}"
    refused = response.get("Permissions-Policy", "")
    if missing := {name for name in REFUSED_BY_POLICY if f"{name}=()" not in refused}:
        yield f"Permissions-Policy lets in {missing}"


def wrong_cookies(response: HttpResponse) -> Problems:
    """Ours alone, that no script can read and no other site's form sends."""
    for name, cookie in response.cookies.items():
        if name not in ("sessionid", "csrftoken", "quick_check"):
            yield f"the cookie {name}"
        # One that is only taken away again says less.
        elif cookie.value and not (cookie["httponly"] and cookie["samesite"] == "Lax"):
            yield f"the cookie {cookie.OutputString()}"


def policy_of(response: HttpResponse) -> dict[str, list[str]]:
    parts = [part.split() for part in response.get("Content-Security-Policy", "").split(";")]
    return {part[0]: part[1:] for part in parts if part}


def inline_or_elsewhere(markup: Markup) -> Problems:
    """Yield what the policy would stop, or what would be loaded from another host."""
    for tag, attributes in markup.elements:
        if tag in ("style", "base", "iframe", "object", "embed"):
            yield f"<{tag}>"
        if tag == "script" and not attributes.get("src") and is_code(attributes):
            yield f"an inline script {attributes}"
        if "http-equiv" in attributes:
            yield f"http-equiv {attributes}"
        for name, value in attributes.items():
            if name == "style" or name.startswith("on") or name == "srcdoc":
                yield f"<{tag} {name}>"
            if re.match(r"\s*(javascript|vbscript|data):", value, re.IGNORECASE):
                yield f"<{tag} {name}={value[:30]}>"
        loaded = attributes.get(LOADS.get(tag, ""), "")
        parts = urlsplit(loaded)
        if parts.scheme or parts.netloc:
            yield f"<{tag}> from {loaded}"


def is_code(attributes: dict[str, str]) -> bool:
    """Data in a page (type="application/json", as the admin has) runs nowhere."""
    return attributes.get("type", "") in ("", "module", "text/javascript", "importmap")


def test_every_page_of_everybody_is_strict(db: None) -> None:
    world = make_world("recorded")
    seen, problems = 0, []
    for method in ("GET", "POST"):
        for where, response in all_pages(world, method):
            seen += 1
            problems += [f"{where}: {what}" for what in wrong_headers(response)]
            if is_page(response):
                problems += [f"{where}: {w}" for w in inline_or_elsewhere(markup_of(response))]
            if "anonymous" not in where and "no-store" not in response.get("Cache-Control", ""):
                problems.append(f"{where}: kept by the browser, {response.status_code}")
            problems += [f"{where}: {what}" for what in wrong_cookies(response)]
    assert seen > 2 * len(POLICIES)
    assert not problems, "\n".join(sorted(set(problems)))


def test_pages_of_refusals_and_faults_are_strict(
    db: None, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    def fails(*args: object, **kwargs: object) -> None:
        raise RuntimeError("what went wrong")

    settings.ALLOWED_HOSTS = ["testserver"]
    client = quiet(Client(enforce_csrf_checks=True))
    pages = {
        400: client.get("/", headers={"host": "evil.example"}),
        403: client.post("/account/login/", {"login": "a@b.example"}),
        404: client.get("/no-such-page/"),
        405: Client().post("/privacy/"),
    }
    monkeypatch.setattr("thresholds.views.render", fails)
    pages[500] = client.get("/")
    problems = []
    for status, response in pages.items():
        assert response.status_code == status
        problems += [f"{status}: {what}" for what in wrong_headers(response)]
        inside = ("what went wrong", "RuntimeError", "Traceback", "evil.example", ".py")
        text = response.content.decode()
        problems += [f"{status}: tells {word}" for word in inside if word in text]
        if is_page(response):
            problems += [f"{status}: {w}" for w in inline_or_elsewhere(markup_of(response))]
    assert not problems, "\n".join(problems)


def test_production_names_its_cookies_so_that_no_other_host_can_set_them() -> None:
    code = """
from django.conf import settings as s
from referrals.quick_check_views import COOKIE
print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, COOKIE)
print(s.SESSION_COOKIE_PATH, s.CSRF_COOKIE_PATH, s.SESSION_COOKIE_DOMAIN, s.CSRF_COOKIE_DOMAIN)
print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY,
      s.CSRF_COOKIE_HTTPONLY, s.SESSION_COOKIE_SAMESITE, s.CSRF_COOKIE_SAMESITE)
"""
    shown = django(code, **PRODUCTION)
    names, where, how = shown.stdout.splitlines()
    assert names == "__Host-session __Host-csrf __Secure-quick_check", shown.stderr
    assert where == "/ / None None"
    assert how == "True True True True Lax Lax"


def test_static_files_are_for_our_own_pages_alone(settings: Settings) -> None:
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    response = Client().get("/static/css/portal.css")
    assert response.status_code == 200
    b"".join(response.streaming_content)
    for name, value in ALWAYS.items():
        assert response[name] == value
