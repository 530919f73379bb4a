"""manage.py backup FOLDER: write a backup there, and remove the oldest."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from portal.backups import BackupFailed, back_up, prune


class Command(BaseCommand):
    help = "Writes a backup of one moment, with a manifest of what it holds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--recipient", default="", help="the age key that locks it: age1…")
        parser.add_argument("--keep", type=int, default=14, help="how many to keep (14)")

    def handle(self, *, folder: Path, recipient: str, keep: int, **options: object) -> None:
        if keep < 1:
            raise CommandError("--keep must be 1 or more.")
        try:
            backup = back_up(folder, recipient)
            removed = prune(folder, keep)
        except BackupFailed as error:
            raise CommandError(f"There is no new backup. {error}") from error
        self.stdout.write(f"{backup} is written. {removed} older removed.")
