"""A person at a browser: signs in, answers by field name, goes on, reads what comes out."""

import html
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import APIResponse, BrowserContext, Locator, Response
from pypdf import PdfReader

FIRST = "area"
LAST = "check"
DATE_PARTS = ("day", "month", "year")
MOST_PAGES = 25
PATIENCE = 10_000
ERRORS = ".govuk-error-summary a"
CODE_PAGE = "/account/login/code/"

# The secrets of the authenticator apps, by portal and email address.
APPS: dict[tuple[str, str], str] = {}

Value = str | date | list[str]
Answers = Mapping[str, Value]


@dataclass(frozen=True)
class Seen:
    """A page as it was met."""

    slug: str
    url: str
    title: str
    html: str
    status: int

    @cached_property
    def text(self) -> str:
        """All of its words and addresses, also the folded ones, without a space between."""
        return squash(html.unescape(self.html))


@dataclass(frozen=True)
class Pdf:
    filename: str
    data: bytes

    @cached_property
    def pages(self) -> list[str]:
        return [squash(page.extract_text()) for page in PdfReader(BytesIO(self.data)).pages]

    @cached_property
    def text(self) -> str:
        return "".join(self.pages)


def code_of(secret: str, late: int = 0) -> str:
    """The code that an authenticator app shows, or shows so many seconds later."""
    return format_hotp_value(hotp_value(secret, int(time.time() + late) // 30))


def as_posted(answers: Mapping[str, Value]) -> dict[str, str | list[str]]:
    """Return answers as a form posts them: a date in its three parts."""
    posted: dict[str, str | list[str]] = {}
    for name, value in answers.items():
        if isinstance(value, date):
            posted |= {f"{name}_{part}": str(getattr(value, part)) for part in DATE_PARTS}
        else:
            posted[name] = value
    return posted


def squash(text: str) -> str:
    """Leave out white space and hyphenation: where a line breaks says nothing."""
    return "".join(text.replace("\u00ad", "").split())


class Person:
    """One browser window.

    `responses` holds every page that was asked for, in order; `asked` where each field that
    was answered stood.
    """

    def __init__(self, context: BrowserContext, portal: str) -> None:
        self.context = context
        self.portal = portal
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.responses: list[Response] = []
        self.asked: dict[str, str] = {}
        self.page.on("response", self._note)

    def _note(self, response: Response) -> None:
        if response.request.is_navigation_request():
            self.responses.append(response)

    # Where am I?

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    @property
    def slug(self) -> str:
        """The step that the page asks, or "check" or "summary"."""
        return FIRST if self.path.endswith("/new/") else self.path.rstrip("/").split("/")[-1]

    @property
    def conversation(self) -> str:
        """The path of the conversation that this page is about."""
        found = re.match(r"/conversations/[0-9a-f-]{36}/", self.path)
        assert found, f"{self.path} is not a page of a conversation"
        return found[0]

    def seen(self) -> Seen:
        last = self.responses[-1]
        return Seen(self.slug, self.page.url, self.page.title(), self.page.content(), last.status)

    @property
    def policy(self) -> str:
        return self.responses[-1].headers["content-security-policy"]

    def errors(self) -> list[Locator]:
        return self.page.locator(ERRORS).all()

    # Going about

    def open(self, path: str) -> Response:
        response = self.page.goto(self.portal + path)
        assert response, f"{path} did not load"
        return response

    def step(self, slug: str) -> Response:
        return self.open(f"{self.conversation}{slug}/")

    def press(self, button: Locator) -> Response:
        """Press what leads to another page, and wait for that page."""
        with self.page.expect_navigation() as arrived:
            button.click()
        return arrived.value

    def sign_in(self, email: str, password: str) -> None:
        self.open("/account/login/")
        self.give_password(email, password)
        # Each code works once: whoever signs in often takes the next one, or the last.
        for late in (0, 30, -30):
            if self.path == CODE_PAGE:
                self.give_code(email, late)
        assert not self.path.startswith("/account/"), f"{email} could not sign in"

    def give_password(self, email: str, password: str) -> None:
        self.answer("login", email)
        self.answer("password", password)
        self.go_on()

    def give_code(self, email: str, late: int = 0) -> None:
        self.answer("code", code_of(APPS[self.portal, email], late))
        self.go_on()

    def sign_out(self) -> None:
        self.press(self.page.locator("header form[action*=logout] button"))

    def go_on(self) -> Response:
        return self.press(self.page.locator("main form button:not([name])").first)

    def leave(self) -> Response:
        return self.press(self.page.locator("main form button[name=leave]"))

    # Answering

    def field(self, name: str) -> Locator:
        return self.page.locator(f'main form [name="{name}"]')

    def answer(self, name: str, value: Value) -> None:
        if isinstance(value, date):
            for part, typed in as_posted({name: value}).items():
                self.field(part).fill(typed)
        elif isinstance(value, list):
            for item in value:
                self.tick(name, item)
        elif (kind := self._kind(name)) in ("radio", "checkbox"):
            self.tick(name, value)
        elif kind == "select-one":
            self.field(name).select_option(value)
        else:
            self.field(name).fill(value)

    def _kind(self, name: str) -> str:
        return self.field(name).first.evaluate("field => field.type")

    def tick(self, name: str, value: str) -> None:
        box = self.page.locator(f'input[name="{name}"][value="{value}"]')
        folded = self.page.locator("details:not([open])", has=box)
        if folded.count():
            folded.locator("> summary").click()
        box.check()

    def is_ticked(self, name: str, value: str) -> bool:
        return self.page.locator(f'input[name="{name}"][value="{value}"]').is_checked()

    def answer_step(self, answers: Answers) -> None:
        """Answer what this page asks."""
        names = self.page.locator("main form [name]").evaluate_all(
            "fields => fields.map(field => field.name)"
        )
        for name, value in answers.items():
            if name in names or f"{name}_{DATE_PARTS[0]}" in names:
                self.answer(name, value)
                self.asked[name] = self.slug

    def walk(
        self, answers: Answers, until: str = LAST, each: Callable[[Seen], None] | None = None
    ) -> list[Seen]:
        """Answer page after page up to `until`, which is met and left open."""
        passed: list[Seen] = []
        while True:
            assert len(passed) < MOST_PAGES, f"No end: {[page.slug for page in passed]}"
            here = self.seen()
            passed.append(here)
            if each:
                each(here)
            if here.slug == until:
                return passed
            self.answer_step(answers)
            self.go_on()
            said = [error.inner_text() for error in self.errors()]
            assert self.slug != here.slug, f"Held up at {here.slug}: {said}"

    def hurry(self, answers: Answers, until: str = LAST) -> list[str]:
        """Start a conversation, post page after page unseen, and open `until`.

        Every page is sent all answers, and takes what it asks. Returns the slugs of the pages,
        the last one too.
        """
        path, slugs = "/conversations/new/", [FIRST]
        self.open(path)
        while slugs[-1] != until:
            response = self.post(path, as_posted(answers))
            assert response.status == 302, f"Held up at {slugs[-1]}"
            path = response.headers["location"]
            slugs.append(path.rstrip("/").split("/")[-1])
            assert len(slugs) < MOST_PAGES, f"No end: {slugs}"
        self.open(path)
        return slugs

    def record(self) -> Seen:
        assert self.slug == LAST, f"{self.path} does not record"
        self.go_on()
        assert self.slug == "summary", f"Recording led to {self.path}"
        return self.seen()

    def read_pdf(self) -> Pdf:
        with self.page.expect_download() as coming:
            self.page.locator('main a[href$="summary.pdf"]').first.click()
        download = coming.value
        return Pdf(download.suggested_filename, Path(download.path()).read_bytes())

    # Going round the forms

    def token(self) -> str:
        """The token against forgery that the open page carries."""
        return self.page.locator("input[name=csrfmiddlewaretoken]").first.input_value()

    def post(self, path: str, fields: Mapping[str, str | list[str]]) -> APIResponse:
        """Post what no form of the portal would send, and do not follow where it leads."""
        body = urlencode({"csrfmiddlewaretoken": self.token(), **fields}, doseq=True)
        return self.context.request.post(
            self.portal + path,
            data=body,
            headers={"content-type": "application/x-www-form-urlencoded"},
            max_redirects=0,
        )


def drafts(person: Person) -> set[str]:
    """Return the addresses of the conversations that a person can go on with."""
    person.open("/conversations/")
    links = [link.get_attribute("href") or "" for link in person.page.locator("main a").all()]
    return {link for link in links if re.fullmatch(r"/conversations/[0-9a-f-]{36}/", link)}
