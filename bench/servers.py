"""A private PostgreSQL and gunicorn servers, started for one run and ended with it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.postgres import Missing, Postgres, free_port

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
WORKERS = 2
# For a process that has the libraries of production, and none of those of the tests.
AS_INSTALLED = {"PYTHONPATH": f"{ROOT / 'bench' / 'without_tests'}{os.pathsep}{ROOT}"}


@contextmanager
def postgresql(shared_buffers: str = "512MB", kept: Path | None = None) -> Iterator[str]:
    """Yield the address of a new PostgreSQL, without the name of a database at its end.

    Its settings are the ordinary ones: what is committed is on the disk. With `kept`, it is the
    one of that folder and stays there.
    """
    settings = (f"shared_buffers={shared_buffers}", "max_wal_size=4GB")
    home = kept.resolve() if kept else Path(tempfile.mkdtemp(prefix="bench-"))
    home.mkdir(exist_ok=True)
    home.chmod(0o755)
    try:
        server = Postgres(home, "shared_preload_libraries=pg_stat_statements", *settings)
        try:
            server.start()
            yield server.url.removesuffix("/postgres")
        finally:
            server.stop("fast" if kept else "immediate")
    except Missing as missing:
        raise SystemExit(str(missing)) from None
    finally:
        if not kept:
            shutil.rmtree(home, ignore_errors=True)


def environment(database: str, folder: str) -> dict[str, str]:
    """Return the portal's settings as production has them, behind a proxy that ends TLS.

    What it writes beside its database goes into `folder`.
    """
    return {
        "DEBUG": "false",
        "SECRET_KEY": "of-no-use-but-for-this-run-" * 3,
        "ALLOWED_HOSTS": "localhost",
        "BEHIND_PROXY": "true",
        "DATABASE_URL": database,
        "STANDBY_FILE": f"{folder}/standby.sqlite3",
        "EMAIL_URL": "dummymail://",
        "PORTAL_URL": "https://localhost",
    }


class Server:
    """A gunicorn with two synchronous workers, which share what the portal loads before."""

    def __init__(self, application: str, **environ: str) -> None:
        self.port = free_port()
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed by stop)
        command = [str(BIN / "gunicorn"), application, "--bind", f"127.0.0.1:{self.port}"]
        command += ["--workers", str(WORKERS), "--preload", "--log-level", "warning"]
        if (ROOT / "deploy" / "gunicorn.conf.py").exists() and application.startswith("portal"):
            # As it is deployed, but for what this run says.
            command += ["--config", str(ROOT / "deploy" / "gunicorn.conf.py")]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | AS_INSTALLED | environ,
            stdout=self.log,
            stderr=self.log,
        )
        self._wait()
        while len(self.processes()) <= WORKERS:
            time.sleep(0.1)
        self.at_first = self.megabytes()

    def _wait(self) -> None:
        for _ in range(600):
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        self.log.seek(0)
        raise SystemExit(f"The server did not start:\n{self.log.read()[-3000:]}")

    def processes(self) -> list[int]:
        """Return the keys of the master and its workers."""
        own = self.process.pid
        children = Path(f"/proc/{own}/task/{own}/children").read_text().split()
        return [own, *map(int, children)]

    def megabytes(self) -> float:
        """Return what the whole server holds. What its processes share counts once."""
        total = 0
        for key in self.processes():
            lines = Path(f"/proc/{key}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return total / 1024

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()
