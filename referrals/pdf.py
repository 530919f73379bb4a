"""The summary as a tagged PDF (PDF/UA-1)."""

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from accounts.models import User
from referrals import later
from referrals.models import Conversation
from referrals.printable import lacking, numbers_of

ENDLESS = re.compile(r"\S{80,}")
PIECES = re.compile(r".{1,40}", re.DOTALL)
BREAK = "\u200b"
# Whatever ends a line: it takes as long as a hundred words do.
LINE_END = re.compile("\r\n|[\n\v\f\r\x85\u2028\u2029]")
# As many as a text may have. After that its lines run on, with a sign between them.
MOST_LINES, RUN_ON = 300, " ¶ "
OWN_FILES = Path(settings.BASE_DIR, "static", "pdf").resolve()


class OwnFilesOnly(URLFetcher):
    """Refuses every address but files of static/pdf: a summary can hold hostile text."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        parts = urlsplit(url)
        path = Path(unquote(parts.path)).resolve()
        if parts.scheme != "file" or parts.netloc or not path.is_relative_to(OWN_FILES):
            raise FatalURLFetchingError("The summary may load nothing but its own fonts.")
        return super().fetch(url, headers)


@cache
def style() -> tuple[CSS, FontConfiguration]:
    """Return the parsed style sheet. Parsing it costs as much as a page, so it is kept."""
    fonts = FontConfiguration()
    return _sheet("summary.css", fonts), fonts


def _sheet(name: str, fonts: FontConfiguration) -> CSS:
    return CSS(filename=OWN_FILES / name, font_config=fonts, url_fetcher=OwnFilesOnly())


def breakable(content: Any) -> Any:
    """Return `content` with places to break in words that no line could hold, and with few lines.

    Without them, finding where to break 20,000 letters takes most of a minute, and so does
    setting 10,000 lines of one letter.
    """
    if isinstance(content, dict):
        return {key: breakable(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [breakable(value) for value in content]
    if isinstance(content, str):
        return ENDLESS.sub(lambda word: BREAK.join(PIECES.findall(word[0])), _in_few_lines(content))
    return content


def _in_few_lines(text: str) -> str:
    lines = LINE_END.split(text)
    rest = [line for line in lines[MOST_LINES:] if line.strip()]
    return RUN_ON.join(["\n".join(lines[:MOST_LINES]), *rest])


def page_of(conversation: Conversation, by: User | None = None) -> str:
    """Return the recorded summary, and what was added since, as a page to be printed.

    It says that it is printed now and, if that is told, by whom: a copy that is found somewhere
    must not pass for the record as it is.
    """
    content = breakable(conversation.content)
    content["blocks"] += breakable(later.blocks_of(conversation))
    told = {"conversation": conversation, "content": content, "now": timezone.now(), "by": by}
    boxes = lacking(content, by, conversation.agency.name)
    return render_to_string("journey/summary_pdf.html", told | {"boxes": numbers_of(boxes)})


def render_pdf(conversation: Conversation, by: User | None = None) -> bytes:
    """Return the recorded summary of `conversation`, and what was added since, printed `by` them.

    Raises FatalURLFetchingError if the page asks for anything but the project's own files.
    """
    return printed(page_of(conversation, by))


def printed(page: str, *more: str) -> bytes:
    """Return a page as a tagged PDF, in our style and `more` style sheets of static/pdf.

    What it holds must be `breakable`. Raises FatalURLFetchingError as `render_pdf` does.
    """
    sheet, fonts = style()
    with tidied():
        sheets = [sheet, *(_sheet(name, fonts) for name in more)]
        html = HTML(string=page, base_url=OWN_FILES.as_uri() + "/", url_fetcher=OwnFilesOnly())
        return bytes(html.write_pdf(stylesheets=sheets, font_config=fonts, pdf_variant="pdf/ua-1"))


@contextmanager
def tidied() -> Iterator[None]:
    """Throw away at its end what a PDF leaves over, and look for nothing meanwhile.

    Nearly all is in use until then, and to look many times takes as long as once. What lay until
    somebody looked was still there for the next PDF, and a process grew by half as much again.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        # What was made meanwhile is all of the youngest.
        gc.collect(0)
