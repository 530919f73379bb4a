"""manage.py restore_drill FOLDER: would the newest backup do? Exits 1 if it would not."""

import os
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from portal.backups import BackupFailed, backups
from portal.other_database import instead, settings_of
from portal.overdue import OLDEST_BACKUP, note_drill, taken_at
from portal.restoring import restore_and_check

SUFFIX = "_drill"


class Command(BaseCommand):
    help = "Restores the newest backup into a scratch database, and compares it with its manifest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--identity", type=Path, help="the file with the age key that opens it")
        parser.add_argument(
            "--scratch",
            default=os.environ.get("DRILL_DATABASE_URL", ""),
            help=f"PostgreSQL: the address of a database whose name ends with {SUFFIX}, "
            "DRILL_DATABASE_URL if left out. What it holds is removed, before and after",
        )
        parser.add_argument(
            "--oldest",
            type=int,
            default=OLDEST_BACKUP // timedelta(hours=1),
            help="hours that the newest may be old (26)",
        )

    def handle(
        self, *, folder: Path, identity: Path | None, scratch: str, oldest: int, **options: object
    ) -> None:
        found = backups(folder)
        if not found:
            raise CommandError(f"There is no backup in {folder}.")
        newest = found[-1]
        age = timezone.now() - taken_at(newest)
        try:
            with scratch_database(scratch):
                restored = restore_and_check(newest, identity)
        except (BackupFailed, ValueError) as error:
            raise CommandError(f"{newest.name}: {error}") from error
        wrong = restored.found
        if age > timedelta(hours=oldest):
            wrong = [*wrong, f"It is {age // timedelta(hours=1)} hours old: are backups taken?"]
        for problem in wrong:
            self.stderr.write(problem)
        if wrong:
            raise CommandError(f"{newest.name} would not do: {len(wrong)} found.")
        try:
            note_drill(folder, newest)
        except BackupFailed as error:
            raise CommandError(f"{newest.name} would do, but that is not noted: {error}") from error
        self.stdout.write(f"{newest.name} would do. {restored.told}")


@contextmanager
def scratch_database(url: str) -> Iterator[None]:
    """Let queries go to an empty database, and leave nothing in it. Raises ValueError."""
    if connection.vendor == "sqlite":
        with tempfile.TemporaryDirectory() as folder, instead(f"sqlite:///{folder}/scratch"):
            yield
        return
    if not url or not settings_of(url)["NAME"].endswith(SUFFIX):
        raise ValueError(f"Name a database that ends with {SUFFIX} (--scratch): it is emptied.")
    with instead(url):
        _empty()
        try:
            yield
        finally:
            _empty()


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
