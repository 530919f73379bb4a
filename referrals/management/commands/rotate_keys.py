"""manage.py rotate_keys: locks everything again under the first keys, while the portal runs."""

from collections.abc import Iterator

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.rotation import AGAIN, ALREADY, SHUT, Count, relock_columns, relock_second_factors
from referrals.rotation import index_again

# Rows that somebody was writing are met by the next pass.
PASSES = 5


class Command(BaseCommand):
    help = (
        "Locks again, under the first of DATA_KEYS and MFA_KEYS, what older keys locked, and "
        "makes the index again under the first of INDEX_KEYS. Begin it again if it was stopped. "
        "Exits 1 if anything is left, or if no key opens something."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and change nothing")

    def handle(self, *args: object, dry_run: bool, **options: object) -> None:
        for _ in range(1 if dry_run else PASSES):
            total = Count()
            for what, count in everything(dry_run):
                total += count
                self.stdout.write(in_a_line(what, count, dry_run))
            if dry_run or not total[AGAIN]:
                break
            self.stdout.write("Once more, for what was written meanwhile:")
        if total[SHUT]:
            raise CommandError(f"No key opens {total[SHUT]:,} values. Put theirs back in.")
        if dry_run:
            return
        if total[AGAIN]:
            raise CommandError(
                "Something is still being written under an older key. Restart every process of "
                "the portal with the new settings, and begin again."
            )
        self.stdout.write("Everything is under the first keys. Older ones can be taken out.")


def in_a_line(what: str, count: Count, dry: bool) -> str:
    again = "to be locked again" if dry else "locked again"
    shut = f", {count[SHUT]:,} THAT NO KEY OPENS" if count[SHUT] else ""
    return f"{what}: {count[AGAIN]:,} {again}, {count[ALREADY]:,} already{shut}"


def everything(dry: bool) -> Iterator[tuple[str, Count]]:
    yield from relock_columns(dry=dry)
    yield from index_again(dry=dry)
    yield from relock_second_factors(dry=dry)
