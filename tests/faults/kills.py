"""Whole conversations through HTTP while processes are killed with -9: is anything lost?

    python -m tests.faults --kills 1000 --seed 7

People record conversations, and send a page again when no answer came or the portal says that it
could not save. Meanwhile web processes and processes of PostgreSQL are killed at random, alone and
all at once. Everything that was acknowledged is written down here, and afterwards sought in the
database: it must be there as it was sent, once, and whole. Exits 1 if it is not.

`--break` takes a safeguard away, which must be found out: `transaction` (a step is no longer one)
or `commit` (PostgreSQL says done before it is on the disk).
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import requests

from tests.faults import machines
from tests.faults.visitor import Visitor, hidden, text_of
from tests.people import LEVEL_2

PEOPLE = ("teacher@example.org", "stranger@example.org") * 2
# How often what is killed: a web process, all of them, one of PostgreSQL's, all of those.
TARGETS = {"worker": 10, "portal": 1, "backend": 4, "cluster": 3}
# Where a step holds words of its author, by which one attempt is told from another.
WORDS = {
    "child": "siblings", "call": "said", "concern": "concern", "questions": "life-and-wishes",
    "in-place": "discussed_with", "evidence": "note_dd034", "judgement": "reason",
    "next-steps": "plan", "family": "address",
}  # fmt: skip
BREAKS = {"": (), "transaction": (), "commit": ("synchronous_commit=off",)}
PATIENCE = 90


@dataclass
class Step:
    """What was sent for one step: in how many attempts, and which words may stand there now."""

    attempts: int = 0
    may_stand: list[str] = field(default_factory=list)


@dataclass
class Told:
    """What one conversation is known to hold, by its token."""

    author: str
    steps: dict[str, Step] = field(default_factory=dict)
    recorded: bool = False


class Journal:
    """What all people were told, and what should not have happened at all."""

    def __init__(self) -> None:
        self.conversations: dict[str, Told] = {}
        self.answers: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.acknowledged = 0
        self.over = threading.Event()
        self.lock = threading.Lock()

    def count(self, what: str) -> None:
        with self.lock:
            self.answers[what] += 1

    def acknowledge(self) -> None:
        with self.lock:
            self.acknowledged += 1


class Person(threading.Thread):
    """Records conversation after conversation, until the killing is over."""

    def __init__(self, number: int, email: str, visitor: Visitor, journal: Journal, seed: int):
        super().__init__(daemon=True)
        self.number, self.email, self.visitor, self.journal = number, email, visitor, journal
        self.random = random.Random(f"{seed}/{number}")
        self.made = 0

    def run(self) -> None:
        try:
            while not self.journal.over.is_set():
                self.made += 1
                self.record_one()
        except Exception as error:
            self.journal.wrong.append(f"{self.email}: {type(error).__name__}: {error}"[:400])

    def record_one(self) -> None:
        at = "/conversations/new/"
        told = Told(self.email)
        while not at.endswith("/summary/"):
            at = self.answer(at, told)
            token = at.split("/")[2]
            self.journal.conversations.setdefault(token, told)
        told.recorded = True

    def answer(self, at: str, told: Told) -> str:
        """Answer the page at an address until that is acknowledged. Return where it led."""
        slug = "area" if at.endswith("/new/") else at.rstrip("/").rsplit("/", 1)[-1]
        page = self.until_answered(lambda: self.visitor.look(at))
        if page.status_code == 302:  # recorded already, by an attempt whose answer was lost
            return urlsplit(page.headers["Location"]).path
        keys, step, give_up = hidden(page.text), Step(), time.monotonic() + PATIENCE
        while True:
            step.attempts += 1
            words = f"{self.number}-{self.made}-{slug}-{step.attempts}"
            data = {**LEVEL_2.get(slug, {}), **keys}
            if slug in WORDS:
                data[WORDS[slug]] = words
            try:
                response = self.visitor.send(at, data)
            except requests.RequestException:
                self.journal.count("no answer")
                step.may_stand.append(words)
            else:
                self.journal.count(str(response.status_code))
                if response.status_code == 302:
                    step.may_stand = [words]
                    told.steps[slug] = step
                    self.journal.acknowledge()
                    return urlsplit(response.headers["Location"]).path
                step.may_stand.append(words)
                if response.status_code == 409:
                    # An attempt that nobody acknowledged was saved after all: keep it, or this one.
                    if self.random.random() < 0.5:
                        told.steps[slug] = step
                        return self.go_on(at)
                    keys = hidden(response.text)
                elif response.status_code != 503:
                    self.journal.wrong.append(f"{response.status_code} at {slug}")
                elif slug in WORDS and words not in text_of(response.text):
                    self.journal.wrong.append(f"{slug} was not given back")
            if time.monotonic() > give_up:
                raise TimeoutError(f"{slug} could not be saved in {PATIENCE} seconds")
            time.sleep(0.2 + self.random.random() / 2)

    def go_on(self, at: str) -> str:
        start = "/".join(at.split("/")[:3]) + "/"
        response = self.until_answered(lambda: self.visitor.look(start))
        return urlsplit(response.headers["Location"]).path

    def until_answered(self, ask: Callable[[], requests.Response]) -> requests.Response:
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            try:
                response = ask()
            except requests.RequestException:
                self.journal.count("no answer")
            else:
                if response.status_code in (200, 302):
                    return response
                self.journal.count(f"{response.status_code} for a look")
                if response.status_code != 503:
                    raise RuntimeError(f"{response.status_code} for a look")
            time.sleep(0.2 + self.random.random() / 2)
        raise TimeoutError(f"No page came in {PATIENCE} seconds")


class Killer:
    """Kills at random moments, each time after somebody has got on since the last."""

    def __init__(self, running: machines.Machines, journal: Journal, seed: int) -> None:
        self.web, self.database, self.journal = running.web, running.database, journal
        self.random = random.Random(f"{seed}/killer")
        self.killed: Counter[str] = Counter()

    def kill(self, times: int) -> None:
        while self.killed.total() < times and not self.journal.over.is_set():
            before = self.journal.acknowledged
            machines.wait_until(
                lambda before=before: self.journal.acknowledged > before or self.journal.wrong,
                "The next acknowledged step", PATIENCE,
            )  # fmt: skip
            if self.journal.wrong:
                return
            time.sleep(self.random.random() / 4)
            target = self.random.choices(list(TARGETS), list(TARGETS.values()))[0]
            self.killed[target] += getattr(self, target)()

    def worker(self) -> int:
        return self.one_of(self.web.workers())

    def backend(self) -> int:
        return self.one_of(self.database.backends())

    def one_of(self, pids: list[int]) -> int:
        if not pids:
            return 0
        machines.kill(self.random.choice(pids))
        return 1

    def portal(self) -> int:
        self.web.kill()
        self.web.start()
        return 1

    def cluster(self) -> int:
        self.database.kill()
        self.database.start()
        return 1


def drive(folder: Path, kills: int, seed: int, broken: str) -> list[str]:
    """Record and kill. Return what is wrong afterwards: nothing, if all is well."""
    app = "tests.faults.broken_wsgi" if broken == "transaction" else "portal.wsgi"
    with machines.running(folder, *BREAKS[broken], app=app) as running:
        assert broken or running.database.ask("SHOW fsync") == "on"
        journal, killer = Journal(), None
        people = []
        for number, email in enumerate(PEOPLE):
            visitor = Visitor(running.web.url)
            visitor.sign_in(email, running.passwords[email])
            people.append(Person(number, email, visitor, journal, seed))
        began = time.monotonic()
        for person in people:
            person.start()
        killer = Killer(running, journal, seed)
        try:
            killer.kill(kills)
        finally:
            journal.over.set()
        for person in people:
            person.join(2 * PATIENCE)
        killed = ", ".join(f"{number} × {what}" for what, number in killer.killed.items())
        print(f"{killer.killed.total()} kills in {time.monotonic() - began:.0f} s: {killed}")
        print(f"Answers to what was sent: {dict(journal.answers)}")
        stuck = [f"{person.email} did not finish" for person in people if person.is_alive()]
        return journal.wrong + stuck + look(running, journal)


def look(running: machines.Machines, journal: Journal) -> list[str]:
    """Seek in the database what people were told."""
    running.web.kill()
    told = {token: asdict(each) for token, each in journal.conversations.items()}
    # In a process of its own: this one may have been set up for another database.
    done = subprocess.run(
        (sys.executable, "-m", "tests.faults.sought"),
        cwd=machines.BASE_DIR, env=running.environment, input=json.dumps(told),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    *wrong, counts = done.stdout.splitlines() or [done.stderr]
    print(counts)
    return wrong + [done.stderr] * bool(done.returncode)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--break", dest="broken", choices=BREAKS, default="")
    given = parser.parse_args()
    print(f"Seed {given.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        wrong = drive(Path(folder), given.kills, given.seed, given.broken)
    for line in wrong:
        print(f"WRONG: {line}")
    print("Something is wrong." if wrong else "All that was acknowledged is there, once and whole.")
    return 1 if wrong else 0
