"""A real PostgreSQL, with fsync on, and the portal in front of it: to stop, to fill and to kill.

Processes are ended by the numbers that these classes started, and by no others.
"""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import pytest
import requests

from portal.settings import BASE_DIR
from tests.browser.portal import prepare
from tests.postgres import START_SECONDS, Missing, Postgres, free_port

WORKERS = 2


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started and that still run."""
    with suppress(OSError):
        return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def command_of(pid: int) -> str:
    with suppress(OSError):
        return (
            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        )
    return ""


def kill(*pids: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def wait_until(happens, what: str, seconds: float = START_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not happens():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} took more than {seconds} seconds")
        time.sleep(0.02)


class Killable(Postgres):
    """A PostgreSQL that can be asked, and killed with all that works for it."""

    def postmaster(self) -> int:
        with suppress(OSError, IndexError, ValueError):
            return int((self.data / "postmaster.pid").read_text().splitlines()[0])
        return 0

    def backends(self) -> list[int]:
        """Return the processes that work for the portal."""
        return [
            pid for pid in children_of(self.postmaster()) if "portal postgres" in command_of(pid)
        ]

    def kill(self) -> None:
        """Kill it with all its processes at once, as when the machine's memory is full."""
        pid = self.postmaster()
        kill(pid, *children_of(pid))
        wait_until(lambda: not Path(f"/proc/{pid}").exists(), "The end of PostgreSQL")

    def ask(self, sql: str) -> str:
        command = [self.bin / "psql", "-h", self.home, "-p", str(self.port), "-U", "portal", "-At"]
        # It may always write, whatever a test has set for the portal.
        may_write = {"PGOPTIONS": "-c default_transaction_read_only=off"}
        return subprocess.run(
            [*command, "-c", sql, "postgres"],
            capture_output=True, text=True, check=True, env=os.environ | may_write,
        ).stdout.strip()  # fmt: skip


def cluster(home: Path, *options: str) -> Killable:
    """Make one. Where there is no PostgreSQL, only a developer may go on."""
    try:
        return Killable(home, "max_connections=40", *options)
    except Missing as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing), pytrace=False)
        pytest.skip(str(missing))


class Web:
    """The portal under gunicorn, in a group of its own."""

    def __init__(self, folder: Path, environment: dict[str, str], app: str = "portal.wsgi") -> None:
        self.port, self.app, self.environment = free_port(), app, environment
        self.log: IO[str] = (folder / "portal.log").open("a")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = subprocess.Popen(
            (
                sys.executable, "-m", "gunicorn", self.app, "--bind", f"127.0.0.1:{self.port}",
                "--workers", str(WORKERS), "--preload", "--timeout", "60",
            ),
            cwd=BASE_DIR, env=self.environment, stdout=self.log, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        wait_until(self.answers, "The portal's first answer")

    def answers(self) -> bool:
        with suppress(requests.RequestException):
            return requests.get(f"{self.url}/privacy/", timeout=5).status_code == 200
        return False

    def workers(self) -> list[int]:
        return children_of(self.process.pid) if self.process else []

    def kill(self) -> None:
        """Kill its processes, all at once."""
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


def environment_of(database_url: str, folder: Path, **settings: str) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": database_url,
        "STANDBY_FILE": str(folder / "standby.sqlite3"),
        "ERASURE_LEDGER": str(folder / "erasures.jsonl"),
        "DEBUG": "true",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "EMAIL_URL": "dummymail://",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        **settings,
    }


class Machines:
    """PostgreSQL and the portal, prepared as `make run` prepares it."""

    def __init__(
        self, folder: Path, *options: str, app: str = "portal.wsgi", **settings: str
    ) -> None:
        home = folder / "postgres"
        home.mkdir(exist_ok=True)
        folder.chmod(0o755)
        self.folder, self.database = folder, cluster(home, *options)
        self.database.start()
        self.environment = environment_of(self.database.url, folder, **settings)
        self.passwords, self.apps = prepare(self.environment)
        # With its own error pages, and over plain HTTP.
        served = self.environment | {"DJANGO_SETTINGS_MODULE": "tests.browser.settings"}
        self.web = Web(folder, served, app)

    def end(self) -> None:
        self.web.kill()
        self.database.stop("immediate")


@contextmanager
def running(folder: Path, *options: str, **more: str) -> Iterator[Machines]:
    machines = Machines(folder, *options, **more)
    try:
        machines.web.start()
        yield machines
    finally:
        machines.end()
