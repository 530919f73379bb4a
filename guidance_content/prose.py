"""Markdown to HTML in GOV.UK's classes. HTML in the text is shown as text, never run."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

CLASSES = {
    "h2": "govuk-heading-m",
    "h3": "govuk-heading-s",
    "p": "govuk-body",
    "ul": "govuk-list govuk-list--bullet",
    "ol": "govuk-list govuk-list--number",
    "a": "govuk-link",
    "blockquote": "govuk-inset-text",
}
HARMLESS = re.compile(r"(https?://|mailto:|tel:|/(?!/)|#)", re.IGNORECASE)

# No pictures: one from elsewhere would tell its server who reads this page.
_markdown = MarkdownIt("commonmark", {"html": False}).disable("image")
# Not whatever is known to be harmful, but all that is not known to be harmless, stays text.
_markdown.validateLink = lambda address: bool(HARMLESS.match(address))  # type: ignore[method-assign]


@lru_cache(maxsize=100)
def render_prose(text: str) -> SafeString:
    """Return `text` as HTML. Links to anything but the web, email and telephones stay text."""
    tokens = _markdown.parse(text)
    for token in _every(tokens):
        _dress(token)
    return mark_safe(_markdown.renderer.render(tokens, _markdown.options, {}))  # noqa: S308


def in_new_tabs(html: SafeString) -> SafeString:
    """Return prose whose links leave the page that shows it open: a form on it is not lost."""
    return mark_safe(html.replace("<a ", '<a target="_blank" '))  # noqa: S308


def split_title(text: str) -> tuple[str, str]:
    """Return the title that Markdown begins with, and what follows it."""
    title, _, body = text.partition("\n")
    return title.removeprefix("# ").strip(), body


def _every(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        children: Sequence[Token] = token.children or ()
        yield from _every(children)


def _dress(token: Token) -> None:
    if token.tag == "h1":
        token.tag = "h2"  # the title of the page is its first heading, and the only one
    if token.nesting == 1 and token.tag in CLASSES:
        token.attrJoin("class", CLASSES[token.tag])
    if token.type == "link_open" and not str(token.attrGet("href")).startswith("/"):
        token.attrSet("rel", "noreferrer")
    if token.tag == "blockquote":
        token.tag = "div"  # an inset of our own words quotes nobody
