"""manage.py erase_due: what the agencies' schedules say is to go. It goes with --erase alone."""

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import Agency
from referrals import erasure, ledger, retention
from referrals.kept import Erasure


class Command(BaseCommand):
    help = (
        "Lists, by reference, what is due under each agency's schedule and what is kept back, and "
        "why. With --erase, erases what is due, one at a time; what is left over goes the next "
        "time. Agencies without a schedule lose nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--erase", action="store_true", help="erase, and not only list")
        parser.add_argument("--agency", type=int, help="the number of one agency; all if left out")
        parser.add_argument("--limit", type=int, help="erase so many at most")

    def handle(self, *args: object, **options: Any) -> None:
        agencies = Agency.objects.order_by("pk")
        if options["agency"] is not None:
            agencies = agencies.filter(pk=options["agency"])
            if not agencies:
                raise CommandError(f"There is no agency {options['agency']}.")
        if options["limit"] is not None and options["limit"] < 0:
            raise CommandError("The limit must not be below 0.")
        if options["erase"]:
            self._finish()
        self.left, erased = options["limit"], []
        for agency in agencies:
            erased += self._go_through(agency, options["erase"])
        erasure.forget_visits(erased)
        if options["erase"]:
            self.stdout.write(f"Erased {len(erased)}.")
        else:
            self.stdout.write("Nothing was erased. Give --erase to erase what is due.")

    def _finish(self) -> None:
        """Do what a crash left undone: what stands in the ledger and is still there."""
        try:
            done = erasure.apply(Path(settings.ERASURE_LEDGER))
        except FileNotFoundError:
            done = erasure.Applied(missing=Erasure.objects.count())
        except (OSError, ledger.DamagedLedger) as error:
            raise CommandError(f"Nothing was erased: the ledger is damaged. {error}") from None
        if done.missing:
            self.stderr.write(
                f"The ledger's file lacks {done.missing} erasures: look for the old one."
            )
        if done.later:
            self.stderr.write(
                f"{len(done.later)} in the ledger were saved or held after that: kept."
            )
        if done.again:
            self.stdout.write(f"Finished {done.again} that a crash had left undone.")

    def _go_through(self, agency: Agency, erases: bool) -> list[str]:
        """List what is due in one agency, and erase it. Return the tokens of what was erased."""
        now = timezone.now()
        counted, erased = Counter[str](), []
        for found in retention.due_in(agency, now):
            what = found.kept_back or str(found.reason)
            if not found.kept_back and erases:
                if self.left == 0:
                    break
                if not retention.erase_if_due(found, now):
                    continue
                erased.append(str(found.conversation.token))
                self.left = None if self.left is None else self.left - 1
            counted[what] += 1
            since = timezone.localdate(found.since).isoformat()
            told = f"kept back: {what}" if found.kept_back else what
            self.stdout.write(f"{agency} ({agency.pk}): {found.name}, due since {since}, {told}")
        for what, number in sorted(counted.items()):
            self.stdout.write(f"{agency} ({agency.pk}): {number} {what}")
        return erased
