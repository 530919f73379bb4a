"""What the attacks share: every page as some who may see it, and how its markup is read."""

from collections.abc import Iterator
from dataclasses import dataclass, field
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


@dataclass
class Control:
    """Something of a form that is sent: the kind is the type of an input, or its tag."""

    name: str
    kind: str
    value: str = ""
    options: list[str] = field(default_factory=list)


@dataclass
class PageForm:
    """A form as a page holds it."""

    action: str
    method: str
    controls: list[Control] = field(default_factory=list)

    def as_sent(self) -> dict[str, list[str]]:
        """Return what a browser would send if nothing was touched."""
        sent: dict[str, list[str]] = {}
        for control in self.controls:
            values = control.options if control.kind == "select" else [control.value]
            sent.setdefault(control.name, []).extend(values[:1])
        return sent

    def texts(self) -> list[str]:
        """Return the names of what somebody types into."""
        return [c.name for c in self.controls if c.kind in ("text", "textarea", "search")]


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self._form: PageForm | None = None
        self._area: Control | None = None
        self._select: Control | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = PageForm(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        if self._form is None:
            return
        if tag == "option" and self._select:
            place = 0 if "selected" in given else len(self._select.options)
            self._select.options.insert(place, given.get("value", ""))
        if not given.get("name"):
            return
        kind = given.get("type", "text") if tag == "input" else tag
        control = Control(given["name"], kind, given.get("value", ""))
        if tag == "textarea":
            self._area = control
        elif tag == "select":
            self._select = control
        elif tag != "input" or (kind in ("radio", "checkbox") and "checked" not in given):
            return
        self._form.controls.append(control)

    def handle_data(self, data: str) -> None:
        if self._area:
            self._area.value += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag == "textarea":
            self._area = None
        if tag == "select":
            self._select = None


def forms_of(response: HttpResponse) -> list[PageForm]:
    """Return the forms of the page that post, but for that of signing out."""
    parser = _Forms()
    parser.feed(response.content.decode())
    ours = [form for form in parser.forms if form.method == "post"]
    return [form for form in ours if not form.action.endswith("/logout/")]
