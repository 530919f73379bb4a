"""The open pages, for somebody who is not signed in, with JavaScript as most people have it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import ConsoleMessage, Request, Response

from tests.browser.audit import Findings, examine
from tests.browser.cases import AREAS, LEVELS, phones, rows
from tests.browser.person import Person, squash

pytestmark = pytest.mark.browser

PAGES = [row["code"] for row in rows("ddscp-2019-12-pages", "guidance_content.page")]
OTHER_PAGES = [row["code"] for row in rows("warwickshire-spectrum-pages", "guidance_content.page")]
DOMAINS = [row["code"] for row in rows("ddscp-2019-12", "thresholds.domain")]
OPEN = [
    "/",
    "/guidance/",
    "/guidance/questions/",
    *(f"/guidance/{code}/" for code in PAGES),
    "/levels/",
    *(f"/levels/{number}/" for number in LEVELS),
    "/domains/",
    *(f"/domains/{code}/" for code in (DOMAINS[0], DOMAINS[4], DOMAINS[-1])),
    "/services/",
    "/contacts/",
    "/glossary/",
    "/areas/warwickshire/",
    *(f"/areas/warwickshire/{code}/" for code in OTHER_PAGES),
    "/accessibility/",
    "/privacy/",
    "/account/login/",
    "/account/password/reset/",
]
NOT_THERE = "/levels/9/"


class Listener:
    """Hears what a browser complains of while pages load."""

    def __init__(self, person: Person) -> None:
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        person.page.on("console", self._console)
        person.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        person.page.on("response", self._response)
        person.page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.status} {response.url}")

    def _request(self, request: Request) -> None:
        if request.url.startswith("http"):
            self.hosts.add("/".join(request.url.split("/")[:3]))


@pytest.fixture
def reader(arrive: Callable[..., Person]) -> Person:
    """Somebody who has not signed in."""
    return arrive(email="", scripts=True)


@pytest.mark.parametrize("path", OPEN)
def test_an_open_page_is_sound_at_every_width(reader: Person, path: str) -> None:
    listener, findings = Listener(reader), Findings()
    response = reader.open(path)
    assert response.status == 200
    assert reader.path == path, "an open page asks for no sign-in"
    assert reader.page.locator("h1").count() == 1
    assert listener.complaints == []
    assert listener.hosts == {reader.portal}
    examine(reader.page, path, findings)
    findings.check()


def test_a_missing_page_is_sound_too(reader: Person) -> None:
    findings = Findings()
    assert reader.open(NOT_THERE).status == 404
    assert reader.page.locator('main a[href="/contacts/"]').count()
    examine(reader.page, NOT_THERE, findings)
    findings.check()


def test_a_wrong_password_is_told_and_the_page_is_sound(reader: Person) -> None:
    findings = Findings()
    reader.open("/account/login/")
    reader.answer("login", "nobody@example.org")
    reader.answer("password", "not the password")
    reader.go_on()
    assert reader.path == "/account/login/"
    assert reader.page.locator(".govuk-error-summary").is_visible()
    assert reader.field("login").input_value() == "nobody@example.org"
    examine(reader.page, "a wrong password", findings)
    findings.check()


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_front_page_shows_every_number_under_its_own_area(
    arrive: Callable[..., Person], width: int, scripts: bool
) -> None:
    reader = arrive(email="", width=width, scripts=scripts)
    reader.open("/")
    main = reader.page.locator("main")
    assert main.locator('a[href="tel:999"]').first.is_visible()
    for slug, area in AREAS.items():
        heading = main.get_by_role("heading", name=area["name"], exact=True)
        links = heading.locator("xpath=..").locator('a[href^="tel:"]:visible').all()
        assert {squash(link.inner_text()) for link in links} == phones(slug)


@pytest.mark.parametrize("width", [320, 1280])
def test_999_is_seen_at_once_on_every_kind_of_page(
    arrive: Callable[..., Person], width: int
) -> None:
    """On a phone a folded line says it, and one press shows the numbers."""
    reader = arrive(email="", width=width)
    for path in ("/", "/guidance/", "/levels/2/", "/glossary/", "/account/login/"):
        reader.open(path)
        first = reader.page.get_by_text("999").locator("visible=true").first
        box = first.bounding_box()
        assert box, f"999 is not seen on {path}"
        assert box["y"] < 250, f"999 is far down {path}"
        numbers = reader.page.locator('a[href="tel:999"]')
        if not numbers.locator("visible=true").count():
            reader.page.locator("summary", has_text="999").first.click()
        assert numbers.locator("visible=true").count()


def test_every_open_page_is_reached_by_links_from_the_front(reader: Person) -> None:
    """Nothing is only for those who know its address, and no link leads nowhere."""
    wanted, met, waiting = set(OPEN) - {"/account/password/reset/"}, set(), ["/"]
    while waiting:
        path = waiting.pop()
        met.add(path)
        response = reader.context.request.get(reader.portal + path)
        assert response.ok, f"{path} answers {response.status}"
        if "/conversations/" in path or path.startswith("/account/"):
            continue
        for link in links_of(response.text()):
            if link not in met and link not in waiting:
                waiting.append(link)
    assert wanted - met == set()


def links_of(html: str) -> set[str]:
    return {
        link.split("#")[0].split("?")[0] for link in re.findall(r'<a [^>]*href="(/[^"]*)"', html)
    }
