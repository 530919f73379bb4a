"""Whole conversations, so many a second, for so many minutes, from first page to record.

An open loop: the next begins when its moment has come, whether or not the last has ended, as
people do. Where the machine is too small for the rate, they queue, and it is told. The client is a
process of its own, and its work comes off the same processors.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from queue import Empty, Queue

from bench.client import Browser, Refused
from bench.servers import Server
from bench.table import Line, p50, p95

ROOT = Path(__file__).resolve().parents[1]
AT_ONCE = 24
# How often memory is read on the way.
INTERVALS = 10


def measure(server: Server, sessions: list[str], a_second: float, seconds: float) -> list[Line]:
    """Let a process of its own do them, and read meanwhile what the server holds."""
    given = json.dumps([server.port, sessions, a_second, seconds])
    held = [server.megabytes()]
    client = subprocess.Popen(
        [sys.executable, __file__], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    told, asked = None, given
    while told is None:
        try:
            told, _ = client.communicate(asked, timeout=max(1.0, seconds / INTERVALS))
        except subprocess.TimeoutExpired:
            held.append(server.megabytes())
        asked = None
    if client.returncode:
        raise SystemExit("The client of the steady load ended early.")
    found = json.loads(told)
    held.append(server.megabytes())
    reached = found["done"] / found["seconds"]
    return [
        Line(
            f"Whole conversations a second, of {a_second:g} asked", reached, None, "/s",
            f"{found['done']:,} in {found['seconds']:.0f} s, {found['requests']:,} requests",
        ),
        Line("Errors", sum(found["errors"].values()), 0, "", ", ".join(found["errors"])),
        Line("Waited for a free browser at the end", found["late"], None, "s"),
        Line("A step, saved and the next page, p50", found["p50"] * 1000, None, "ms"),
        Line("A step, saved and the next page, p95", found["p95"] * 1000, None, "ms"),
        Line("Processors used by the client, of 2", found["client"], None, ""),
        Line(
            "Memory of the server after it", held[-1], 260, "MB",
            f"before it {held[0]:.0f}; on the way "
            + (", ".join(f"{each:.0f}" for each in held[1:-1]) or "not read"),
        ),
    ]  # fmt: skip


class Run:
    def __init__(self, port: int, sessions: list[str]) -> None:
        self.port, self.sessions = port, sessions
        self.moments: Queue[float] = Queue()
        self.steps: list[float] = []
        self.errors: Counter[str] = Counter()
        self.done = self.requests = 0
        self.late = 0.0
        self.over = threading.Event()
        self.lock = threading.Lock()

    def work(self, number: int) -> None:
        from bench.pages import Journey

        browser = Browser(self.port, self.sessions[number % len(self.sessions)])
        while not (self.over.is_set() and self.moments.empty()):
            try:
                moment = self.moments.get(timeout=0.2)
            except Empty:
                continue
            self.late = max(0.0, time.monotonic() - moment)
            try:
                journey, taken = Journey(browser), []
                while not journey.is_complete:
                    taken.append(journey.step())
                journey.record()
            except (Refused, OSError, KeyError) as error:
                with self.lock:
                    self.errors[f"{type(error).__name__}: {error}"[:80]] += 1
                continue
            with self.lock:
                self.done += 1
                self.steps += taken
                self.requests += 2 * len(taken) + 3


def main() -> None:
    import django

    django.setup()
    port, sessions, a_second, seconds = json.load(sys.stdin)
    run = Run(port, sessions)
    threads = [threading.Thread(target=run.work, args=[n]) for n in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    began, cpu = time.monotonic(), time.process_time()
    for number in range(int(a_second * seconds)):
        moment = began + number / a_second
        time.sleep(max(0, moment - time.monotonic()))
        run.moments.put(moment)
    run.over.set()
    for thread in threads:
        thread.join()
    taken = time.monotonic() - began
    told = {
        "done": run.done, "seconds": taken, "requests": run.requests, "errors": run.errors,
        "late": run.late, "p50": p50(run.steps), "p95": p95(run.steps),
        "client": (time.process_time() - cpu) / taken,
    }  # fmt: skip
    print(json.dumps(told))


if __name__ == "__main__":
    main()
