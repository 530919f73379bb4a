"""What the attacks share: every page as some who may see it, and how its markup is read."""

from collections.abc import Iterator
from html.parser import HTMLParser
from types import SimpleNamespace as World

from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from tests.access import ANONYMOUS, POLICIES, address
from tests.test_access_matrix import elsewhere

# Together they see everything that there is to see.
SEERS = ("author", "lead", "editor", "staff")
EMPTY = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
}  # fmt: skip


def everywhere(world: World) -> list[tuple[str, str]]:
    """Return name and address of every route, the admin's and allauth's too."""
    own = [(name, address(name, policy, world)) for name, policy in POLICIES.items()]
    return own + sorted(elsewhere())


def seen_by_somebody(world: World, name: str) -> tuple[str, ...]:
    """Return who are enough to see a page in every way that it has."""
    if name in POLICIES:
        policy = POLICIES[name]
        may = [persona for persona in SEERS if policy.may(persona, world.state)]
        return (ANONYMOUS, *may[:1])
    return (ANONYMOUS, "staff") if name.startswith("admin:") else (ANONYMOUS, "author", "lead")


def all_pages(world: World, method: str = "GET") -> Iterator[tuple[str, HttpResponse]]:
    """Ask for every page as nobody and as somebody who may see it. What it changes is undone."""
    for name, url in everywhere(world):
        for persona in seen_by_somebody(world, name):
            yield f"{method} {name}, {persona}", tried(world.browsers[persona], method, url)


def tried(client: Client, method: str, url: str, *args: object, **more: object) -> HttpResponse:
    """Return the response to a request, of which nothing is left: no row and no cookie."""
    cookies = client.cookies.copy()
    with transaction.atomic():
        response = client.generic(method, url, *args, **more)
        if response.streaming:
            b"".join(response.streaming_content)
        transaction.set_rollback(True)
    client.cookies = cookies
    return response


class Markup(HTMLParser):
    """A page as elements `(tag, attributes)`, and the text that stands in each."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self.comments: list[str] = []
        self._open = [""]
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self._open[-1], data))

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def is_page(response: HttpResponse) -> bool:
    return response.get("Content-Type", "").startswith("text/html") and not response.streaming


def markup_of(response: HttpResponse) -> Markup:
    return Markup(response.content.decode())


def quiet(client: Client) -> Client:
    """Return a browser to which a fault of the server is a page, as to everybody's."""
    client.raise_request_exception = False
    return client
