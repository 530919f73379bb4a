"""The open pages, for somebody who is not signed in, with JavaScript as most people have it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from unicodedata import normalize

import pytest
from playwright.sync_api import ConsoleMessage, Request, Response
from pypdf import PdfReader

from tests.browser.audit import Findings, examine
from tests.browser.cases import AREAS, LEVELS, contacts, phones, rows
from tests.browser.person import Person, squash

pytestmark = pytest.mark.browser

PAGES = [row["code"] for row in rows("ddscp-2019-12-pages", "guidance_content.page")]
OTHER_PAGES = [row["code"] for row in rows("warwickshire-spectrum-pages", "guidance_content.page")]
DOMAINS = [row["code"] for row in rows("ddscp-2019-12", "thresholds.domain")]
LADDERS = [row["code"] for row in rows("ddscp-2019-12-ladders", "thresholds.ladder")]
OPEN = [
    "/",
    "/guidance/",
    "/guidance/questions/",
    *(f"/guidance/{code}/" for code in PAGES),
    "/levels/",
    *(f"/levels/{number}/" for number in LEVELS),
    "/domains/",
    *(f"/domains/{code}/" for code in (DOMAINS[0], DOMAINS[4], DOMAINS[-1])),
    "/ladders/",
    *(f"/ladders/{code}/" for code in (LADDERS[0], *LADDERS[21:24])),
    "/grid/",
    *(f"/indicators/{code}/" for code in ("dd034", "dd060", "dd214")),
    "/find/",
    "/services/",
    "/contacts/",
    "/glossary/",
    "/quick-check/",
    "/areas/warwickshire/",
    *(f"/areas/warwickshire/{code}/" for code in OTHER_PAGES),
    "/accessibility/",
    "/privacy/",
    "/cookies/",
    "/account/login/",
    "/account/password/reset/",
]
NOT_THERE = "/levels/9/"
TOLD = "Zephyrine comes in hungry and dirty, and her mum is drinking. She is not hit."


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
        # A line that is closed names 999 too, for danger meanwhile.
        assert {squash(link.inner_text()) for link in links} - {"999"} == phones(slug)


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


@pytest.mark.parametrize("scripts", [True, False])
def test_the_find_box_answers_and_leaves_no_trace(
    arrive: Callable[..., Person], scripts: bool
) -> None:
    reader = arrive(email="", scripts=scripts)
    reader.open("/levels/2/")
    reader.page.get_by_label("Find in the guidance").fill(TOLD)
    reader.press(reader.page.get_by_role("button", name="Find", exact=True))
    assert reader.page.url == reader.portal + "/find/"
    assert "Zephyrine" not in reader.page.title()
    assert reader.page.locator(".found > li").count()
    assert reader.page.locator(".found mark").count()
    assert reader.page.locator("main textarea").input_value() == TOLD
    assert reader.context.cookies() == []
    if scripts:
        findings = Findings()
        examine(reader.page, "what was found", findings)
        findings.check()


@pytest.mark.parametrize("text", ["dental care", ""])
def test_what_the_find_box_says_is_sound(reader: Person, text: str) -> None:
    """Where the guidance uses the same words, and where there were none."""
    listener, findings = Listener(reader), Findings()
    reader.open("/find/")
    reader.page.locator("main textarea").fill(text)
    reader.press(reader.page.locator("main button[type=submit]").first)
    assert listener.complaints == []
    assert bool(reader.errors()) == (not text)
    examine(reader.page, f"found for {text!r}", findings)
    findings.check()


def test_the_sheet_is_a_table_on_a_screen_and_cards_on_a_phone(
    arrive: Callable[..., Person],
) -> None:
    for width, is_table in ((320, False), (768, False), (1280, True)):
        reader = arrive(email="", width=width)
        reader.open("/grid/")
        first, second = reader.page.locator(".sheet tbody tr").first.locator("td").all()[:2]
        boxes = [first.bounding_box() or {}, second.bounding_box() or {}]
        assert (boxes[0]["y"] == boxes[1]["y"]) == is_table, width


@dataclass(frozen=True)
class Sheet:
    """A printed page: its words without a space between, and whether it lies on its side."""

    text: str
    is_wide: bool


def printed(reader: Person) -> list[Sheet]:
    paper = PdfReader(BytesIO(reader.page.pdf(format="A4", prefer_css_page_size=True)))
    return [
        Sheet(
            # A printed "fi" may be one letter.
            squash(normalize("NFKC", page.extract_text())),
            page.mediabox.width > page.mediabox.height,
        )
        for page in paper.pages
    ]


# Address -> whether the paper lies on its side; words that must be on it, and that must not.
PRINTED = {
    "/grid/": (True, ["Domain"], ["Find in the guidance", "Print this page"]),
    "/levels/4/": (False, ["999", "Not confirmed since"], ["Find in the guidance", "Breadcrumb"]),
    "/ladders/domestic-abuse/": (False, ["project’s own"], ["Print this page", "/indicators/"]),
    "/contacts/": (False, ["Not confirmed since"], ["Print this page", "Sign in"]),
}


@pytest.mark.parametrize("path", PRINTED)
def test_paper_keeps_what_matters_and_drops_what_is_pressed(reader: Person, path: str) -> None:
    is_wide, there, not_there = PRINTED[path]
    reader.open(path)
    paper = printed(reader)
    assert {page.is_wide for page in paper} == {is_wide}
    text = "".join(page.text for page in paper)
    assert [words for words in there if squash(words) not in text] == []
    assert [words for words in not_there if squash(words) in text] == []


@pytest.mark.parametrize("path", ["/contacts/", "/levels/2/"])
def test_paper_has_every_number_and_the_whole_address_of_a_form(reader: Person, path: str) -> None:
    reader.open(path)
    text = "".join(page.text for page in printed(reader))
    for area in AREAS:
        assert {phone for phone in phones(area) if phone not in text} == set()
        assert [row["url"] for row in contacts(area) if squash(row["url"]) not in text] == []


def test_paper_repeats_the_headings_of_the_sheet(reader: Person) -> None:
    reader.open("/grid/")
    with_table = [page.text for page in printed(reader) if re.search(r"dd\d{3}", page.text)]
    assert len(with_table) > 1
    for text in with_table:
        assert all(squash(f"Level {n} {level['name']}") in text for n, level in LEVELS.items())


@pytest.mark.parametrize("scripts", [True, False])
def test_how_to_print_is_a_button_or_a_hint(arrive: Callable[..., Person], scripts: bool) -> None:
    reader = arrive(email="", scripts=scripts)
    reader.open("/levels/2/")
    buttons = reader.page.get_by_role("button", name="Print this page")
    assert buttons.count() == int(scripts)
    assert reader.page.locator("[data-print]").is_visible()
    if scripts:
        reader.page.evaluate("window.print = () => { document.title = 'printed' }")
        buttons.click()
        assert reader.page.title() == "printed"


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
