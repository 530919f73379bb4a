"""The PDF, beside WeasyPrint as it comes: the same page, untagged, nothing kept and reused."""

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


def bare(page: str) -> bytes:
    """Return the page as a PDF with its own fonts, by the lines that WeasyPrint's manual shows."""
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    style = CSS(filename=pdf.OWN_FILES / "summary.css", font_config=fonts)
    base = pdf.OWN_FILES.as_uri() + "/"
    html = HTML(string=page, base_url=base)
    return bytes(html.write_pdf(stylesheets=[style], font_config=fonts))


def seconds(work: Any, *given: object) -> float:
    began = time.perf_counter()
    work(*given)
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
    page = pdf.page_of(longer)
    if pages_of(bare(page)) != pages_of(document):
        raise SystemExit("The bare PDF is not the same document.")
    ours, theirs = [], []
    # As the server does: to look through all that a process holds takes half as long as a PDF,
    # and would fall now on one of the two, now on the other.
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        theirs.append(seconds(bare, page))
        ours.append(seconds(pdf.render_pdf, longer))
    fresh = [_fresh(longer) for _ in range(first_ones)]
    first = p50([one["first"] for one in fresh])
    warm = p50([one["warm"] for one in fresh])
    lines = [
        ratio(f"PDF, {pages_of(document)} pages, warm, p50", p50(ours), p50(theirs), 0.8),
        ratio("PDF, first of a process to its warm ones", first, warm, 1.3),
        Line("PDF: size", len(document) / 1000, 45, "kB"),
        Line(
            "PDF: memory of a process after it",
            max(one["megabytes"] for one in fresh), 150, "MB", "all of it, shared or not",
        ),
    ]  # fmt: skip
    if long:
        lines.append(_growth(longer, p50(ours), long))
    return lines


def _growth(conversation: Conversation, four: float, times: int) -> Line:
    """Return how much longer a page of a long document takes than one of a short one."""
    began = time.perf_counter()
    pages = pages_of(pdf.render_pdf(times_longer(conversation, times)))
    taken = time.perf_counter() - began
    return Line(
        f"PDF: a page of {pages} to a page of 4", (taken / pages) / (four / 4), 1.3,
        beside=f"{taken:.2f} s in all",
    )  # fmt: skip


def _fresh(conversation: Conversation) -> dict[str, float]:
    """Return what a process's first PDF takes, and its next ones, once all is imported."""
    given = json.dumps([conversation.pk, conversation.content])
    told = subprocess.run(
        [sys.executable, str(ROOT / "bench" / "fresh.py")], cwd=ROOT, input=given, text=True,
        stdout=subprocess.PIPE, check=True, env=os.environ | AS_INSTALLED,
    )  # fmt: skip
    return dict(json.loads(told.stdout))
