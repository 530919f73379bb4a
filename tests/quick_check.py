"""A quick check through its pages, as a browser without JavaScript goes through them."""

import re
from collections.abc import Iterator
from html import unescape

from django.http import HttpResponse
from django.test import Client

START, CARRY_ON = "/quick-check/", "/quick-check/carry-on/"
ANSWERS = {
    "area": {"place": "derby"},
    "danger": {"danger": "no"},
    "signs": {"codes": ["dd034", "dd058"], "unknown_domains": ["education-learning"]},
    "judgement": {"level": "2"},
    "reading": {"significant_harm": "unknown"},
}
# What nobody has said about help in place, as a conversation asks it.
IN_PLACE = {
    "assessment": "unknown", "plan_tried": "unknown", "sudden_escalation": "unknown",
    "discussed": "no",
}  # fmt: skip
INPUT = re.compile(r"<input ([^>]*)>")
ATTRIBUTE = re.compile(r'([\w-]+)(?:="([^"]*)")?')

Fields = dict[str, list[str]]


class Form:
    """What the form in a page's main part would post, and its boxes to tick."""

    def __init__(self, html: str) -> None:
        self.fields: Fields = {}
        self.boxes: list[tuple[str, str]] = []
        for tag in INPUT.findall(html[html.index("<main") : html.index("</main>")]):
            found = dict(ATTRIBUTE.findall(tag))
            name, value = found.get("name", ""), unescape(found.get("value", ""))
            if found.get("type") == "checkbox":
                self.boxes.append((name, value))
            if found.get("type") == "hidden" or "checked" in found:
                self.fields.setdefault(name, []).append(value)

    @property
    def page(self) -> str:
        return self.fields["page"][0]


def html_of(response: HttpResponse) -> str:
    assert response.status_code == 200
    return response.content.decode()


def answer(client: Client, html: str, **answers: object) -> HttpResponse:
    """Post a page as a browser does: what stands in it, and what is answered."""
    return client.post(START, Form(html).fields | answers)


def pages(client: Client, **changes: dict[str, object]) -> Iterator[HttpResponse]:
    """Yield every page of a check, the first too, answered one after the other."""
    answers = ANSWERS | changes
    response = client.get(START)
    while True:
        yield response
        html = html_of(response)
        here = Form(html).page
        if here == "next-steps":
            return
        response = answer(client, html, **answers.get(here, {}))
        assert Form(html_of(response)).page != here, f"held up at {here}"


def check_to(client: Client, last: str, **changes: dict[str, object]) -> str:
    """Return the page `last` of a check."""
    return next(html for html in map(html_of, pages(client, **changes)) if Form(html).page == last)
