"""Many requests: the desk asked by several people at once, and memory after thousands of pages."""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

from bench.client import Browser
from bench.pages import LONG_PAGE
from bench.servers import Server
from bench.table import Line, p50, p95

ADDRESSES = ("/", LONG_PAGE, "/desk/", "/conversations/", "/conversations/new/", "/grid/")
# How often memory is read on the way.
INTERVALS = 5


def desk_at_once(lead: Browser, times: int, clients: int = 4) -> list[Line]:
    """Ask for the desk by so many clients, each `times` times, one request after the other."""
    desks = ("/desk/", "/desk/?status=all", "/desk/?level=4", "/desk/?status=signed-off")

    def work(number: int) -> list[float]:
        taken = []
        for turn in range(times):
            page = lead.get(desks[(number + turn) % len(desks)])
            if page.status != 200:
                raise SystemExit(f"The desk for {clients} at once: {page.status}")
            taken.append(page.seconds)
        return taken

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        taken = [each for found in pool.map(work, range(clients)) for each in found]
    a_second = len(taken) / (time.perf_counter() - began)
    return [
        Line(
            f"Desk, p95, {clients} clients at once", p95(taken) * 1000, 80, "ms",
            f"p50 {p50(taken) * 1000:.1f} ms, {a_second:.0f} a second",
        )
    ]  # fmt: skip


def memory(
    server: Server, author: Browser, lead: Browser, pdf: str, requests: int, pdfs: int
) -> list[Line]:
    """Return what the server holds: before and after PDFs, on the way, after all requests."""
    beside = f"shared memory counted once; {server.at_first:.0f} MB as it started"
    lines = [Line("Before PDFs", server.megabytes(), 130, "MB", beside)]
    for _ in range(pdfs):
        page = lead.get(pdf)
        if page.status != 200:
            raise SystemExit(f"The PDF: {page.status}")
    lines.append(Line("After PDFs", server.megabytes(), 260, "MB"))
    first, on_the_way, taken, errors = set(server.processes()), [], [], 0
    for number, address in zip(range(1, requests + 1), cycle(ADDRESSES), strict=False):
        page = (lead if address == "/desk/" else author).get(address)
        taken.append(page.seconds)
        errors += page.status != 200
        if number % max(1, requests // INTERVALS) == 0:
            on_the_way.append(server.megabytes())
    anew = len(set(server.processes()) - first)
    beside = ", ".join(f"{each:.0f}" for each in on_the_way) + " MB on the way"
    if anew:
        beside += f"; {anew} workers began anew"
    lines += [
        Line(f"After {requests:,} requests more", server.megabytes(), 260, "MB", beside),
        Line("These requests: errors", errors, 0, ""),
        Line("These requests, p95", p95(taken) * 1000, None, "ms", f"p50 {p50(taken) * 1000:.1f}"),
    ]
    for _ in range(2):
        author.post("/find/", {"words": "comes in hungry and dirty"})
    lines.append(Line("After the finder was used", server.megabytes(), None, "MB"))
    return lines
