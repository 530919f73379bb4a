"""The file of erasures, outside the database, so that a restored backup can be brought up to date.

One line each, in JSON: token, reference, agency, moment, person by number, reason code. Each
line is signed together with the one before it (EVENT_KEYS), so that a line which was changed,
removed or moved is found; that lines are missing at the very end is not.

A line is written and forced to the disk before its transaction commits. So an erasure is never
without its line; after a crash, a line may be without its erasure, and `apply_erasures` does it.
"""

import fcntl
import hmac
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.conf import settings

# More than any line has.
TAIL = 4096


class DamagedLedger(Exception):
    """The file is not as it was written: `line` is the first that does not hold, from 1."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"Line {line}: {what}.")
        self.line = line


@dataclass(frozen=True)
class Line:
    """One erasure. `by` is a person's number, None for the portal; `at` an ISO moment."""

    token: str
    reference: str
    agency: int
    at: str
    by: int | None
    reason: str


def append(line: Line) -> None:
    """Write a line and force it to the disk. Raises OSError or DamagedLedger; then none is there.

    A last line without its end was being written when the machine stopped. Its transaction
    never committed, so it makes way.
    """
    with _locked(Path(settings.ERASURE_LEDGER)) as file:
        end = _cut_torn_line(file)
        told = json.dumps(_signed(line, _last_digest(file, end))) + "\n"
        try:
            file.seek(end)
            if file.write(told.encode()) != len(told):
                raise OSError("The disk took only a part of the line.")
            os.fsync(file.fileno())
        except OSError:
            file.truncate(end)
            raise


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    """Open the file for one process at a time; make it, for its owner's eyes, if there is none."""
    is_new = not path.exists()
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if is_new:
            _force_name(path.parent)
        yield file


def _force_name(folder: Path) -> None:
    """Force the name of a new file to the disk: fsync of the file alone does not."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _cut_torn_line(file: BinaryIO) -> int:
    """Remove a last line without its end, and return where the next begins."""
    size = file.seek(0, os.SEEK_END)
    start = max(0, size - TAIL)
    file.seek(start)
    end = start + file.read(TAIL).rfind(b"\n") + 1
    if end < size:
        file.truncate(end)
    return end


def _last_digest(file: BinaryIO, end: int) -> str:
    """Return the digest of the last line, "" where there is none. Raises DamagedLedger."""
    if not end:
        return ""
    start = max(0, end - TAIL)
    file.seek(start)
    raw = file.read(end - start).splitlines()[-1]
    try:
        return str(_checked(raw, 0)["digest"])
    except DamagedLedger:
        file.seek(0)
        _checked(raw, len(file.read().splitlines()))
        raise


def read(path: Path) -> list[Line]:
    """Return all lines, the oldest first. Raises DamagedLedger, or OSError for no such file."""
    lines, after = [], ""
    for number, raw in enumerate(path.read_bytes().splitlines(keepends=True), start=1):
        if not raw.endswith(b"\n"):
            raise DamagedLedger(number, "its end is missing. If it is the last, delete it")
        told = _checked(raw, number)
        if told["after"] != after:
            raise DamagedLedger(number, "it does not follow the line before it")
        after = told["digest"]
        lines.append(Line(**{name: told[name] for name in Line.__dataclass_fields__}))
    return lines


def _signed(line: Line, after: str) -> dict[str, Any]:
    told = asdict(line) | {"after": after}
    return told | {"digest": _digest(told, settings.EVENT_KEYS[0])}


def _checked(raw: bytes, number: int) -> dict[str, Any]:
    """Return what a line tells. Raises DamagedLedger where it is not what was written."""
    try:
        told = json.loads(raw)
        digest = told.pop("digest")
        holds = any(hmac.compare_digest(digest, _digest(told, key)) for key in settings.EVENT_KEYS)
        UUID(told["token"])
        datetime.fromisoformat(told["at"])
    except (ValueError, TypeError, KeyError, AttributeError):
        raise DamagedLedger(number, "it is no line of a ledger") from None
    if not holds or told.keys() != {*Line.__dataclass_fields__, "after"}:
        raise DamagedLedger(number, "it is not what was written there")
    return told | {"digest": digest}


def _digest(told: dict[str, Any], key: str) -> str:
    return hmac.new(key.encode(), json.dumps(told, sort_keys=True).encode(), sha256).hexdigest()
