"""The page about cookies names each that a browser really gets, how long it lasts, and no other."""

import re
from pathlib import Path

import pytest
from django.contrib import admin
from django.http import HttpResponse
from django.test import Client
from django.utils.html import strip_tags
from pytest_django import Settings

from accounts.models import User
from tests.browser.audit import WIDTHS
from tests.people import BACKEND, record
from tests.quick_check import CARRY_ON, answer, check_to
from tests.signing_in import give_password
from tests.test_settings import PRODUCTION, django

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[1]
ENTRY = re.compile(r"<li>\s*(?:<p[^>]*>)?<strong>([\w.-]+)</strong>(.*?)</li>", re.DOTALL)
WRITES = re.compile(r"(?:localStorage|sessionStorage)\.setItem\(\s*([^,]+),")
LASTS = {
    "until you close your browser": "",
    "15 minutes": 15 * 60,
}


@pytest.fixture
def told(client: Client, db: None) -> dict[str, str]:
    """What the page says of each name."""
    html = client.get("/cookies/").content.decode()
    return {name: strip_tags(words) for name, words in ENTRY.findall(html)}


def lifetime(words: str) -> object:
    return next(seconds for text, seconds in LASTS.items() if f"It lasts {text}" in words)


def test_the_page_names_every_cookie_and_how_long_it_lasts(
    told: dict[str, str], teacher: User, lead: User, ddscp: object
) -> None:
    got: dict[str, object] = {}

    class Browser(Client):
        """Notes every cookie that it is given, but for those that are deleted."""

        def request(self, **request: object) -> HttpResponse:
            response = super().request(**request)
            got.update((c.key, c["max-age"]) for c in response.cookies.values() if c.value)
            return response

    for address in ("/", "/levels/2/", "/contacts/", "/cookies/", "/find/", "/quick-check/"):
        Browser().get(address)
    check = check_to(Browser(), "next-steps")
    assert not got, "open pages and a quick check set no cookie"

    carrying = Browser()
    answer(carrying, check, carry="yes")
    assert got.keys() == {"quick_check"}
    for person in (teacher, lead):
        carrying.get("/account/login/")
        give_password(carrying, person)
        carrying.get(CARRY_ON)
        carrying.get("/desk/")
        carrying.post("/account/logout/")
    carrying.force_login(teacher, backend=BACKEND)
    record(carrying)
    cookies = {name for name, words in told.items() if "It lasts" in words}
    assert got.keys() == cookies
    assert {name: lifetime(told[name]) for name in cookies} == got


def test_the_page_names_what_scripts_keep_in_the_browser(told: dict[str, str]) -> None:
    ours = keys_in(ROOT / "static" / "js" / "src")
    admins = keys_in(Path(admin.__path__[0]) / "static" / "admin" / "js")
    assert len(ours) == 1 and len(admins) > 2
    assert {name for name, words in told.items() if "It lasts" not in words} == ours | admins


def keys_in(folder: Path) -> set[str]:
    """Return the keys under which the scripts of a folder keep things."""
    found = set()
    for path in folder.glob("*.js"):
        script = path.read_text(encoding="utf-8")
        assert "document.cookie" not in script or path.name == "theme.js", path.name
        for key in WRITES.findall(script):
            constant = re.search(rf"const {re.escape(key)} = ([^;]+);", script)
            found.add((constant[1] if constant else key).strip("'\""))
    return found


def test_the_page_tells_when_a_session_ends(told: dict[str, str], settings: Settings) -> None:
    assert f"{settings.IDLE_SECONDS // 60} minutes" in told[settings.SESSION_COOKIE_NAME]
    assert f"{settings.SIGNED_IN_SECONDS // 3600} hours" in told[settings.SESSION_COOKIE_NAME]


def test_the_privacy_notice_tells_when_a_session_ends(client: Client, settings: Settings) -> None:
    words = strip_tags(client.get("/privacy/").content.decode())
    assert f"done nothing for {settings.IDLE_SECONDS // 60} minutes" in words
    assert f"{settings.SIGNED_IN_SECONDS // 3600} hours after you signed in" in words
    assert settings.IDLE_WARNING_SECONDS == 120 and "warned two minutes before" in words


def test_the_accessibility_statement_names_the_widths_that_are_tested(client: Client) -> None:
    words = strip_tags(client.get("/accessibility/").content.decode())
    *others, last = (str(width) for width in WIDTHS)
    assert f"at widths of {', '.join(others)} and {last} pixels" in words


def test_production_names_its_cookies_as_the_page_does() -> None:
    """There they have other names, which no other host can set."""
    show = "from guidance_content.views import text_of; print(text_of('cookies'))"
    text = django(show, **PRODUCTION).stdout
    assert set(re.findall(r"\*\*(\S+)\*\* .*It lasts", text)) == {
        "__Host-session",
        "__Host-csrf",
        "__Secure-quick_check",
    }
