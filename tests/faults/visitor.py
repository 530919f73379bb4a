"""Somebody at a browser that is only HTTP: reads a page's fields and sends its form."""

import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

from tests.people import LEVEL_2, app_code

SECONDS = 40


class Fields(HTMLParser):
    """The hidden fields of a page's main part: inputs, and texts that are given back."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.text = ""
        self.feed(html[html.index("<main") : html.index("</main>")])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("type") == "hidden":
            self.found[given["name"] or ""] = given.get("value") or ""
        self.text = (given["name"] or "") if tag == "textarea" and "hidden" in given else ""

    def handle_data(self, data: str) -> None:
        if self.text:
            self.found[self.text] = data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        self.text = ""


def hidden(html: str) -> dict[str, str]:
    return Fields(html).found


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", html))


class Visitor:
    """`send` and `look` raise requests.RequestException where no answer came."""

    def __init__(self, url: str) -> None:
        self.url, self.session = url, requests.Session()

    def look(self, path: str) -> requests.Response:
        return self.session.get(urljoin(self.url, path), timeout=SECONDS, allow_redirects=False)

    def send(self, path: str, data: dict[str, object]) -> requests.Response:
        return self.session.post(
            urljoin(self.url, path), data, timeout=SECONDS, allow_redirects=False
        )

    def fields(self, path: str) -> dict[str, str]:
        """Return the hidden fields of a page, to be sent with its form."""
        page = self.look(path)
        assert page.status_code == 200, f"{path} answers {page.status_code}"
        return hidden(page.text)

    def sign_in(self, email: str, password: str, secret: str = "") -> None:
        at = "/account/login/"
        done = self.send(at, self.fields(at) | {"login": email, "password": password})
        if secret:
            at = done.headers["Location"]
            done = self.send(at, self.fields(at) | {"code": app_code(secret)})
        assert done.status_code == 302, f"{email} could not sign in: {done.status_code}"

    def walk_to(self, last: str) -> str:
        """Answer every step before `last` of a new conversation. Return its address."""
        at = "/conversations/new/"
        while not at.endswith(f"/{last}/"):
            slug = "area" if at.endswith("/new/") else at.rstrip("/").rsplit("/", 1)[-1]
            done = self.send(at, self.fields(at) | LEVEL_2.get(slug, {}))
            assert done.status_code == 302, f"{at} answers {done.status_code}"
            at = done.headers["Location"]
        return at
