"""The PDF, beside WeasyPrint as it comes: the same page, untagged, nothing kept and reused.

It stands beside two. Both print the same words from the same HTML in the same letters, on as many
pages, by the lines that WeasyPrint's manual shows.

- With a plain style sheet: what one writes at first who knows CSS and not what it costs WeasyPrint.
  It is ours but for three lines (`plain.css`): the table finds its columns' widths by what is in
  them, as tables do; lines of neighbours are one, and every second row is grey, as tables mostly
  have it. Nothing there is meant to be slow. `overflow-wrap: anywhere` is left out: with such
  columns it takes more than three times as long, which nobody would leave so. The goal was set
  beside such a document: the levers that led to it are these, and then reuse.
- With our style sheet: what is left once that is written well, which is reuse against tags. There
  is no goal for it.

Only ours also reads the record and fills the page with it each time, 2 in 100 of its time.
Rubbish is looked for as it is in each: once in ours, at its end, and as Python does in the others.
"""

import gc
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.servers import AS_INSTALLED
from bench.table import Line, p50, ratio
from referrals import pdf
from referrals.models import Conversation

ROOT = Path(__file__).resolve().parents[1]
OURS = pdf.OWN_FILES / "summary.css"
PLAIN = ROOT / "bench" / "plain.css"


def bare(page: str, *sheets: Path) -> bytes:
    """Return the page as a PDF with its own fonts, by the lines that WeasyPrint's manual shows."""
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    styles = [CSS(filename=sheet, font_config=fonts) for sheet in sheets]
    base = pdf.OWN_FILES.as_uri() + "/"
    html = HTML(string=page, base_url=base)
    return bytes(html.write_pdf(stylesheets=styles, font_config=fonts))


def seconds(work: Any, *given: object) -> float:
    """Return what it takes, with the look for what it leaves: each pays for its own rubbish."""
    began = time.perf_counter()
    work(*given)
    gc.collect(0)
    return time.perf_counter() - began


def times_longer(conversation: Conversation, times: int) -> Conversation:
    """Return the record with its blocks several times over. It is not saved."""
    content = conversation.content
    longer = Conversation.objects.get(pk=conversation.pk)
    longer.content = content | {"blocks": content["blocks"] * times}
    return longer


def pages_of(document: bytes) -> int:
    import io

    from pypdf import PdfReader

    return len(PdfReader(io.BytesIO(document)).pages)


def four_pages(conversation: Conversation) -> tuple[Conversation, bytes]:
    """Return the record made long enough for four pages, and its PDF."""
    for times in range(1, 12):
        longer = times_longer(conversation, times)
        document = pdf.render_pdf(longer)
        if pages_of(document) >= 4:
            return longer, document
    raise SystemExit("The record never came to four pages.")


def measure(conversation: Conversation, rounds: int, first_ones: int, long: int) -> list[Line]:
    longer, document = four_pages(conversation)
    page, pages = pdf.page_of(longer), pages_of(document)
    for sheets in ((OURS,), (OURS, PLAIN)):
        if pages_of(bare(page, *sheets)) != pages:
            raise SystemExit("The bare PDF is not the same document.")
    ours, plain, theirs = [], [], []
    # As the server does: to look through all that a process holds takes half as long as a PDF,
    # and would fall now on one of the two, now on the other.
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        plain.append(seconds(bare, page, OURS, PLAIN))
        theirs.append(seconds(bare, page, OURS))
        ours.append(seconds(pdf.render_pdf, longer))
    fresh = [_fresh(longer) for _ in range(first_ones)]
    first = p50([one["first"] for one in fresh])
    warm = p50([one["warm"] for one in fresh])
    lines = [
        ratio(f"PDF, {pages} pages, to a plain style sheet, p50", p50(ours), p50(plain), 0.8),
        ratio(f"PDF, {pages} pages, to our style sheet, p50", p50(ours), p50(theirs), None),
        ratio("PDF, first of a process to its warm ones", first, warm, 1.3),
        Line("PDF: size", len(document) / 1000, 45, "kB"),
        Line(
            "PDF: memory of a process after it",
            max(one["megabytes"] for one in fresh), 150, "MB", "all of it, shared or not",
        ),
    ]  # fmt: skip
    if long:
        lines.append(_growth(longer, pages, long))
    return lines


def _growth(conversation: Conversation, pages: int, times: int) -> Line:
    """Return how much longer a page of a long document takes than one of a short one."""
    longer = times_longer(conversation, times)
    many = pages_of(pdf.render_pdf(longer))
    # The short ones beside the long one, and not some minutes before it.
    short = [seconds(pdf.render_pdf, conversation) for _ in range(5)]
    long = seconds(pdf.render_pdf, longer)
    short += [seconds(pdf.render_pdf, conversation) for _ in range(5)]
    return Line(
        f"PDF: a page of {many} to a page of {pages}", (long / many) / (p50(short) / pages), 1.3,
        beside=f"{long:.2f} s in all",
    )  # fmt: skip


def _fresh(conversation: Conversation) -> dict[str, float]:
    """Return what a process's first PDF takes, and its next ones, once all is imported."""
    given = json.dumps([conversation.pk, conversation.content])
    told = subprocess.run(
        [sys.executable, str(ROOT / "bench" / "fresh.py")], cwd=ROOT, input=given, text=True,
        stdout=subprocess.PIPE, check=True, env=os.environ | AS_INSTALLED,
    )  # fmt: skip
    return dict(json.loads(told.stdout))
