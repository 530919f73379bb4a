"""manage.py restore BACKUP: put a backup into the empty database that the settings name."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from portal.backups import BackupFailed
from portal.restoring import restore_and_check


class Command(BaseCommand):
    help = "Restores one backup into an empty database, and says whether all of it is there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("backup", type=Path, help="the folder of the one backup")
        parser.add_argument("--identity", type=Path, help="the file with the age key that opens it")

    def handle(self, *, backup: Path, identity: Path | None, **options: object) -> None:
        try:
            restored = restore_and_check(backup, identity)
        except BackupFailed as error:
            raise CommandError(str(error)) from error
        for found in restored.found:
            self.stderr.write(found)
        if restored.found:
            raise CommandError(f"The backup is not whole: {len(restored.found)} found.")
        self.stdout.write(f"{restored.told} All of it is there.")
