"""The PDF: whatever somebody typed, making it fetches nothing, and it holds nothing but pages."""

import io
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pikepdf
import pytest
from django.test import Client
from pypdf import PdfReader
from weasyprint import HTML
from weasyprint.urls import FatalURLFetchingError

from guidance_content.compare import compare
from guidance_content.compare_pdf import comparison_pdf
from guidance_content.exchange import as_document
from referrals.fields import SHORT
from referrals.pdf import OwnFilesOnly
from tests.editors import shipped
from tests.hostile import ALL
from tests.people import LEVEL_2, record
from thresholds.models import Edition


class Ear(BaseHTTPRequestHandler):
    """Whoever asks this server for anything has fetched what a text told them to."""

    heard: list[str] = []

    def do_GET(self) -> None:
        self.heard.append(self.path)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def ear() -> Iterator[str]:
    """The address of a server that hears whether anything was fetched."""
    Ear.heard.clear()
    server = HTTPServer(("127.0.0.1", 0), Ear)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


FETCHES = (
    "<img src='{}/a.png'>", "<link rel=attachment href='{}/b'>",
    "<link rel=stylesheet href='{}/c'>", "<style>@import url({}/d);</style>",
    "<p style='background:url({}/e)'>x</p>", "<svg><image href='{}/f'/></svg>",
    "<object data='{}/g'></object>", "<a href='{}/h'>x</a>", "<embed src='{}/i'>",
    "<img srcset='{}/j 2x'>", "<iframe src='{}/k'></iframe>",
    "<style>@font-face{{font-family:x;src:url({}/l)}} p{{font-family:x}}</style><p>x",
    "<svg><use href='{}/m#x'/></svg>", "<a rel=attachment href='{}/n'>x</a>",
    "<ul style='list-style-image:url({}/p)'><li>x</ul>", "<base href='{}/q/'><img src=r>",
)  # fmt: skip
ANYWHERE = ("file:///etc/passwd", "ftp://127.0.0.1/x", "//127.0.0.1/x", "\\\\127.0.0.1\\x")


def test_a_summary_fetches_nothing_and_holds_nothing_hidden(
    teachers_browser: Client, ear: str
) -> None:
    telling = "\n".join(text.format(where) for text in FETCHES for where in (ear, ANYWHERE[0]))
    told = {
        step.replace("-", "_"): {
            name: telling[:SHORT]
            if name in ("name", "to", "discussed_with")
            else f"{value} {telling}"
            for name, value in data.items()
            if isinstance(value, str) and " " in value
        }
        for step, data in LEVEL_2.items()
    }
    told = {step: LEVEL_2[step.replace("_", "-")] | data for step, data in told.items()}
    told["child"] = told["child"] | {"siblings": "\n".join(ALL)}
    conversation = record(teachers_browser, **told)
    url = f"/conversations/{conversation.token}/"
    teachers_browser.post(f"{url}add/", {"text": telling})
    pdf = teachers_browser.get(f"{url}summary.pdf").content
    assert Ear.heard == []
    assert list(hidden_in(pdf)) == []
    words = words_of(pdf)
    assert "root:x:0" not in words
    # The texts are printed as texts.
    assert words.count("rel=attachment") > 20


def test_a_comparison_fetches_nothing_and_holds_nothing_hidden(draft: Edition, ear: str) -> None:
    telling = " ".join(text.format(where) for text in FETCHES for where in (ear, ANYWHERE[0]))
    for sign in draft.indicator_set.all()[:20]:
        sign.text = f"{sign.text} {telling}"
        sign.save()
    draft.title = f"{FETCHES[0].format(ear)}{FETCHES[1].format(ANYWHERE[0])}"
    draft.save()
    before, after = shipped(), Edition.objects.get(pk=draft.pk)
    found = compare(as_document(before), as_document(after))
    pdf = comparison_pdf(before, after, found)
    assert Ear.heard == []
    assert list(hidden_in(pdf)) == []
    assert "rel=attachment" in words_of(pdf)


@pytest.mark.parametrize("text", FETCHES)
def test_markup_that_got_into_a_pdf_would_still_fetch_nothing(text: str, ear: str) -> None:
    """Were a text ever not escaped, the fetcher would stand in the way."""
    for where in (ear, *ANYWHERE):
        page = HTML(string=text.format(where), url_fetcher=OwnFilesOnly(), base_url=ear)
        with suppress(FatalURLFetchingError):
            assert list(hidden_in(page.write_pdf(), links=True)) == []
    assert Ear.heard == []


def test_the_ear_hears(ear: str) -> None:
    """Without our fetcher, WeasyPrint does fetch: the tests above would fail."""
    HTML(string=FETCHES[0].format(ear)).write_pdf()
    assert Ear.heard == ["/a.png"]


def hidden_in(pdf: bytes, links: bool = False) -> Iterator[str]:
    """Yield what a PDF holds or does besides its pages: files, scripts, links out."""
    wrong = {"/JavaScript", "/Launch", "/EmbeddedFile", "/Filespec", "/SubmitForm"}
    wrong |= set() if links else {"/URI", "/GoToR", "/ImportData"}
    with pikepdf.open(io.BytesIO(pdf)) as document:
        yield from (f"the file {name}" for name in document.attachments)
        for thing in document.objects:
            if isinstance(thing, pikepdf.Dictionary):
                yield from sorted({str(thing.get("/S", "")), str(thing.get("/Type", ""))} & wrong)
                yield from (key for key in ("/OpenAction", "/AA", "/JS") if key in thing)


def words_of(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(page.extract_text() for page in pages).replace("\0", "")
