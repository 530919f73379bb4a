"""manage.py check_backups FOLDER: are backups taken, and drills made? Exits 1 if they are not."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.overdue import overdue


class Command(BaseCommand):
    help = "Says whether the newest backup or the last restore drill is too old, or missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *, folder: Path, **options: object) -> None:
        if wrong := overdue(folder, timezone.now()):
            raise CommandError("\n".join(wrong))
        self.stdout.write("The newest backup and the last restore drill are recent.")
