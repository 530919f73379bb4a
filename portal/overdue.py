"""Are backups still taken, and is one still tried by a drill? A drill leaves a note beside them."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from portal import manifest
from portal.backups import NAMED, BackupFailed, backups, write_for_owner
from portal.manifest import BadManifest

DRILL = "drill.json"
OLDEST_BACKUP = timedelta(hours=26)
# Every month, and some days to come to it.
OLDEST_DRILL = timedelta(days=35)
# Clocks differ a little. A backup from the future would hide for ever that none is taken.
AHEAD = timedelta(hours=1)


def taken_at(backup: Path) -> datetime:
    """Return when a backup was taken, as its name says."""
    return datetime.strptime(backup.name, NAMED).replace(tzinfo=UTC)


def note_drill(folder: Path, backup: Path) -> None:
    """Note that a drill found this backup to be good. Raises BackupFailed."""
    told = {"backup": backup.name, "drilled_at": datetime.now(UTC).strftime(NAMED)}
    new = folder / f"{DRILL}.new"
    try:
        write_for_owner(new, manifest.seal(told))
        os.replace(new, folder / DRILL)
    except OSError as error:
        raise BackupFailed(f"{folder} cannot be written: {error.strerror}.") from error


def overdue(folder: Path, now: datetime) -> list[str]:
    """Return what is wrong with the age of the backups and of the last drill, a sentence each."""
    return [*_of_backups(folder, now), *_of_drills(folder, now)]


def _of_backups(folder: Path, now: datetime) -> list[str]:
    found = backups(folder)
    if not found:
        return [f"There is no backup in {folder}."]
    age = now - taken_at(found[-1])
    if age < -AHEAD:
        return ["The newest backup is dated in the future: is the clock right?"]
    if age > OLDEST_BACKUP:
        hours = age // timedelta(hours=1)
        return [f"The newest backup is {hours} hours old: are backups taken?"]
    return []


def _of_drills(folder: Path, now: datetime) -> list[str]:
    try:
        note = manifest.unseal((folder / DRILL).read_text(encoding="utf-8"))
        done = datetime.strptime(note["drilled_at"], NAMED).replace(tzinfo=UTC)
    except FileNotFoundError:
        return ["No restore drill is noted. Nobody knows whether a backup would do: make one."]
    except (OSError, BadManifest, KeyError, ValueError) as error:
        return [f"The note of the last restore drill cannot be read ({type(error).__name__})."]
    age = now - done
    if age < -AHEAD:
        return ["The last restore drill is dated in the future: is the clock right?"]
    if age > OLDEST_DRILL:
        return [f"The last restore drill was {age.days} days ago. Make one every month."]
    return []
