"""A browser that is quick: cookies, forms and redirects, and the time that each answer took."""

import gzip
import http.client
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

CSRF = "c" * 32
ASSET = re.compile(r'(?:href|src)="(/static/[^"]+)"')


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def location(self) -> str:
        return self.headers.get("location", "")


@dataclass
class Browser:
    """Somebody who is signed in, or nobody. gunicorn's synchronous workers keep no connection."""

    port: int
    session: str = ""
    # The names of the cookies: the session's, and the one against forged requests.
    cookies: tuple[str, str] = ("__Host-session", "__Host-csrf")
    seconds: float = 0
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, None, headers)

    def post(self, path: str, data: Mapping[str, object]) -> Answer:
        given = {"csrfmiddlewaretoken": CSRF, **data}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, urlencode(given, doseq=True), kind)

    def ask(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Answer:
        session, against_forging = self.cookies
        cookies = f"{against_forging}={CSRF}"
        if self.session:
            cookies += f"; {session}={self.session}"
        told = {
            "Host": "localhost",
            "X-Forwarded-Proto": "https",
            "Referer": "https://localhost/",
            "Cookie": cookies,
            **headers,
        }
        began = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, told)
            found = connection.getresponse()
            content = found.read()
        finally:
            connection.close()
        seconds = time.perf_counter() - began
        self.seconds += seconds
        kept = {name.lower(): value for name, value in found.getheaders()}
        return Answer(found.status, kept, content, seconds)

    def save(self, path: str, data: Mapping[str, object]) -> Answer:
        """Post, follow the redirect, and return the next page with the seconds of both."""
        posted = self.post(path, data)
        if posted.status != 302:
            raise Refused(f"{path}: {posted.status}")
        page = self.get(posted.location)
        if page.status != 200:
            raise Refused(f"{posted.location}: {page.status}")
        page.headers["location"] = posted.location
        page.seconds += posted.seconds
        return page


class Refused(Exception):
    """The portal did not answer as it should."""


def weight(port: int, path: str) -> tuple[int, int, int]:
    """Return the bytes of a first visit, its requests, and the bytes of the next visit.

    As a proxy sends them: pages as gzip, static files as whitenoise has them. On the next
    visit the static files are in the browser's cache.
    """
    browser = Browser(port)
    page = browser.get(path)
    html = len(gzip.compress(page.body, 6))
    assets = sorted(set(ASSET.findall(page.body.decode())))
    sizes = [len(browser.get(asset, **{"Accept-Encoding": "br, gzip"}).body) for asset in assets]
    return html + sum(sizes), 1 + len(assets), html
