"""Is a restored database what was backed up, and do erased records stay erased?"""

from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from django.core.management import CommandError, call_command

from accounts.events import faults
from portal import manifest
from portal.backups import read_manifest, restore
from portal.health import not_applied


@dataclass(frozen=True)
class Restored:
    """`told` says what was compared; `found` is how it differs, a line each."""

    told: str
    found: list[str]


def restore_and_check(backup: Path, identity: Path | None) -> Restored:
    """Restore into the database in use, and compare. Raises BackupFailed.

    The counts of rows are compared first, before anything is changed. Then come the migrations
    that are newer than the backup, and last the erasures since: what was erased after the
    backup was taken is in it.
    """
    held = read_manifest(backup)
    restore(backup, held, identity)
    found = manifest.row_differences(held)
    if not_applied():
        call_command("migrate", verbosity=0)
    found += manifest.differences(held)
    erased, wrong = erase_again()
    found += wrong
    found += [f"{fault.chain}, event {fault.number}: {fault.what}" for fault in faults()]
    told = (
        f"{sum(held['rows'].values())} rows in {len(held['rows'])} tables, "
        f"{len(held['chains'])} chains of events and {len(held['summaries'])} summaries compared. "
        f"{erased}"
    )
    return Restored(told, found)


def erase_again() -> tuple[str, list[str]]:
    """Erase what the ledger of erasures names. Return what was done, and what went wrong."""
    told, wrong = StringIO(), StringIO()
    try:
        call_command("apply_erasures", stdout=told, stderr=wrong)
    except CommandError as error:
        return told.getvalue().strip(), [*wrong.getvalue().splitlines(), str(error)]
    return told.getvalue().strip(), []
