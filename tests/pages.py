"""A page's words and a print's, as a reader has them."""

import re
from html import unescape
from io import BytesIO

from django.http import HttpResponse
from django.test import Client
from pypdf import PdfReader

from referrals.models import Conversation
from referrals.pdf import render_pdf


def words(client: Client, address: str) -> str:
    """The text of a page's main part."""
    return text_of(main_of(client, address))


def main_of(client: Client, address: str) -> str:
    return main_part(client.get(address))


def main_part(response: HttpResponse) -> str:
    html = response.content.decode()
    return html[html.index("<main") : html.index("</main>")]


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def squeezed(text: str) -> str:
    """A wording as `text_of` gives it."""
    return re.sub(r"\s+", " ", text)


def pdf_text(conversation: Conversation) -> str:
    """The text of a record as it is printed."""
    reader = PdfReader(BytesIO(render_pdf(conversation)))
    text = " ".join(page.extract_text() for page in reader.pages).replace("\0", "")
    return re.sub(r"\s+", " ", text)


def squash(text: str) -> str:
    """Return a text without its spaces: a PDF breaks its lines where it likes."""
    return re.sub(r"\s", "", text)
