"""Backups: one folder each, with what the database held at one moment and a manifest of it.

PostgreSQL is dumped by pg_dump, SQLite copied by VACUUM INTO. With a recipient the backup is
locked by `age`: the server holds only the half of the key that locks.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from django.db import connection, transaction

from portal import manifest
from portal.manifest import BadManifest, Manifest
from portal.other_database import instead

MANIFEST, PARTIAL = "manifest.json", ".partial"
NAMED = "%Y-%m-%dT%H%M%SZ"


class BackupFailed(Exception):
    """The text says what did not work, and what to do."""


def back_up(folder: Path, recipient: str = "") -> Path:
    """Write a backup into `folder` and return it. `recipient` is an age key to lock it with.

    Until it is whole it has a name that no command reads. Raises BackupFailed.
    """
    name = datetime.now(UTC).strftime(NAMED)
    partial = folder / f"{name}{PARTIAL}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial.mkdir(mode=0o700)
        file = partial / ("database.age" if recipient else "database")
        held = _dump(file, recipient)
        held |= {"taken_at": name, "file": file.name, "sha256": _sha256(file)}
        write_for_owner(partial / MANIFEST, manifest.seal(held))
        partial.rename(folder / name)
    except OSError as error:
        raise BackupFailed(f"{error.strerror}: {error.filename or folder}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder / name


def prune(folder: Path, keep: int) -> int:
    """Remove the oldest backups beyond `keep`. Return how many were removed."""
    old = backups(folder)[:-keep]
    for backup in old:
        shutil.rmtree(backup)
    return len(old)


def backups(folder: Path) -> list[Path]:
    """Return the whole backups in a folder, the oldest first."""
    return sorted(path.parent for path in folder.glob(f"*Z/{MANIFEST}"))


def read_manifest(backup: Path) -> Manifest:
    """Return the manifest of a backup whose file is as it was written. Raises BackupFailed."""
    try:
        held = manifest.unseal((backup / MANIFEST).read_text(encoding="utf-8"))
        file = backup / held["file"]
        if _sha256(file) != held["sha256"]:
            raise BackupFailed(f"{file.name} is damaged: it is not what was written.")
    except OSError as error:
        raise BackupFailed(f"{Path(error.filename).name} cannot be read in {backup}.") from error
    except UnicodeDecodeError as error:
        raise BackupFailed("The manifest cannot be read.") from error
    except BadManifest as error:
        raise BackupFailed(str(error)) from error
    return held


def restore(backup: Path, held: Manifest, identity: Path | None) -> None:
    """Put a backup into the database in use, which must be empty. Raises BackupFailed."""
    if held["vendor"] != connection.vendor:
        raise BackupFailed(f"The backup is of {held['vendor']}; this is {connection.vendor}.")
    if connection.introspection.table_names():
        raise BackupFailed("The database is not empty. A backup is restored into an empty one.")
    with _opened(backup / held["file"], identity) as source:
        if connection.vendor == "postgresql":
            program = ["pg_restore", "--no-owner", "--no-privileges", "--exit-on-error"]
            _run([*program, "--single-transaction", f"--dbname={_name()}"], stdin=source)
            # A dump does not say how common each value is: until PostgreSQL knows, a search for a
            # rare word reads every record.
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = 0")
                cursor.execute("ANALYZE")
        else:
            connection.close()
            with open(_name(), "wb", opener=_for_owner) as target:
                shutil.copyfileobj(source, target)


def _dump(file: Path, recipient: str) -> Manifest:
    """Write what the database holds at this moment to `file`; return what that is."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            # A large database takes its time, and this transaction waits for it.
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
            program = ["pg_dump", "--format=custom", f"--snapshot={snapshot}"]
            with _locked(file, recipient) as target:
                _run([*program, f"--dbname={_name()}"], stdout=target)
            return manifest.take()
    copy = file.with_suffix(".copy")
    copy.touch(mode=0o600)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(copy)])
    with open(copy, "rb") as source, _locked(file, recipient) as target:
        shutil.copyfileobj(source, target)
    with instead(f"sqlite:///{copy}"):
        held = manifest.take()
    for left in copy.parent.glob(f"{copy.name}*"):
        left.unlink()
    return held


@contextmanager
def _locked(file: Path, recipient: str) -> Iterator[IO[bytes]]:
    """Yield what to write to: the file, or the program that locks it."""
    with open(file, "wb", opener=_for_owner) as target:
        if not recipient:
            yield target
            return
        with _started(["age", "--recipient", recipient], stdout=target, stdin=-1) as age:
            yield age.stdin  # type: ignore[misc]


@contextmanager
def _opened(file: Path, identity: Path | None) -> Iterator[IO[bytes]]:
    """Yield what to read from. Raises BackupFailed when the key does not open it."""
    if file.suffix != ".age":
        with open(file, "rb") as source:
            yield source
        return
    if not identity:
        raise BackupFailed("The backup is locked: name the file with the key (--identity).")
    # Once before anything is written: half a backup must not be restored.
    _run(["age", "--decrypt", "--identity", str(identity), "--output", os.devnull, str(file)])
    with _started(
        ["age", "--decrypt", "--identity", str(identity), str(file)], stdout=subprocess.PIPE
    ) as age:
        yield age.stdout  # type: ignore[misc]
        age.stdout.read()  # type: ignore[union-attr]  # pg_restore may leave the last bytes


@contextmanager
def _started(command: list[str], **pipes: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program beside the block. Raises BackupFailed when it does not end well."""
    try:
        process = subprocess.Popen(command, stderr=subprocess.PIPE, **pipes)  # noqa: S603
    except FileNotFoundError:
        raise BackupFailed(f"{command[0]} is not installed.") from None
    with process:
        yield process
        if process.stdin:
            process.stdin.close()
        said = process.stderr.read() if process.stderr else b""
        if process.wait():
            raise BackupFailed(_refusal(command[0], said))


def _run(command: list[str], **pipes: Any) -> None:
    """Run a program that finds its database by the environment. Raises BackupFailed."""
    own = connection.settings_dict
    told = {
        f"PG{name}": str(own[name]) for name in ("USER", "PASSWORD", "HOST", "PORT") if own[name]
    }
    if mode := own["OPTIONS"].get("sslmode"):
        told["PGSSLMODE"] = mode
    try:
        subprocess.run(  # noqa: S603
            command, env=os.environ | told, check=True, stderr=subprocess.PIPE, **pipes
        )
    except FileNotFoundError:
        raise BackupFailed(f"{command[0]} is not installed.") from None
    except subprocess.CalledProcessError as error:
        raise BackupFailed(_refusal(command[0], error.stderr)) from None


def _refusal(program: str, said: bytes) -> str:
    """Return that a program failed. Only age's own words: a database's could hold a row."""
    words = said.decode(errors="replace").strip().splitlines()
    return f"{program} failed" + (f": {words[0]}" if program == "age" and words else ".")


def _name() -> str:
    return str(connection.settings_dict["NAME"])


def _sha256(file: Path) -> str:
    with open(file, "rb") as opened:
        told = sha256()
        while part := opened.read(1 << 20):
            told.update(part)
    return told.hexdigest()


def write_for_owner(file: Path, text: str) -> None:
    """Write a file that nobody but its owner may ever read. Raises OSError."""
    with open(file, "w", encoding="utf-8", opener=_for_owner) as opened:
        opened.write(text)


def _for_owner(path: str, flags: int) -> int:
    """Open a file so that nobody but its owner may ever read it."""
    return os.open(path, flags, 0o600)
