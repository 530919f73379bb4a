"""A PostgreSQL of its own, started for one purpose and ended with it. bench/ uses it too."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

START_SECONDS = 60


class Missing(Exception):
    """There is no PostgreSQL on this machine. The text says what to install."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Postgres:
    """A cluster in `home`, made if there is none: what is committed is on the disk.

    `options` are settings of the server, such as "max_connections=40". Raises Missing, and
    RuntimeError with what a program of PostgreSQL said.
    """

    def __init__(self, home: Path, *options: str) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        if not found:
            raise Missing("There is no PostgreSQL here (Debian: apt-get install postgresql).")
        self.bin, self.data, self.port = found[-1], home / "data", free_port()
        self.home, self.log = home, home / "postgres.log"
        self.options = [
            f"port={self.port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={home}",
            *options,
        ]  # fmt: skip
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(home, "postgres")
        if not self.data.exists():
            self._run(
                "initdb", "-D", self.data, "--auth=trust", "--username=portal", "--encoding=UTF8"
            )

    @property
    def url(self) -> str:
        return f"postgres://portal@127.0.0.1:{self.port}/postgres"

    def _run(self, program: str, *arguments: object, check: bool = True) -> None:
        command = [str(self.bin / program), *map(str, arguments)]
        if os.getuid() == 0:
            command = [
                "setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command
            ]  # fmt: skip
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}")

    def start(self) -> None:
        options = " ".join(f"-c {option}" for option in self.options)
        self._run(
            "pg_ctl", "-D", self.data, "-w", "-t", START_SECONDS, "-l", self.log, "-o", options,
            "start",
        )  # fmt: skip

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "-D", self.data, "-m", mode, "stop", check=False)
