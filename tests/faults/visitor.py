"""Somebody at a browser that is only HTTP: reads a page's fields and sends its form."""

import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

SECONDS = 40


class Fields(HTMLParser):
    """The hidden fields of a page's main part."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.feed(html[html.index("<main") : html.index("</main>")])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("type") == "hidden":
            self.found[given["name"] or ""] = given.get("value") or ""


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

    def sign_in(self, email: str, password: str) -> None:
        page = self.look("/account/login/")
        done = self.send(
            "/account/login/", hidden(page.text) | {"login": email, "password": password}
        )
        assert done.status_code == 302, f"{email} could not sign in: {done.status_code}"
