"""manage.py apply_erasures: erases again what a restore brought back. Exits 1 if not all."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from referrals import erasure, ledger
from referrals.kept import Erasure


class Command(BaseCommand):
    help = (
        "Erases again every conversation of the ledger's file that is in the database, such as "
        "after a restore. Running it twice is as running it once. Of a damaged file nothing is "
        "done."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", help="the ledger; ERASURE_LEDGER if left out")

    def handle(self, *args: object, **options: Any) -> None:
        path = Path(options["file"] or settings.ERASURE_LEDGER)
        if not options["file"] and not path.exists() and not Erasure.objects.exists():
            self.stdout.write(
                f"There is no ledger at {path}: nothing was erased yet, or it is lost."
            )
            return
        try:
            done = erasure.apply(path)
        except ledger.DamagedLedger as error:
            raise CommandError(f"The ledger is damaged; nothing was changed. {error}") from None
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise CommandError(f"The ledger cannot be read; nothing was changed: {why}.") from None
        self.stdout.write(f"Erased again {done.again}, gone already {done.gone}.")
        if done.missing:
            self.stderr.write(
                f"The database knows {done.missing} erasures that this file does not have: "
                "is it the right one?"
            )
        for token in done.later:
            self.stderr.write(f"Not erased, because it was saved or held after that: {token}")
        if done.missing or done.later:
            raise CommandError("The ledger and the database do not agree.", returncode=1)
