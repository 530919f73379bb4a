"""manage.py index_sayings EDITION: encode what the finder compares with."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from thresholds import index
from thresholds.models import Edition, FinderIndex


class Command(BaseCommand):
    help = "Encodes the wordings and sayings of an edition for the finder (up to a minute)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("edition")
        parser.add_argument("--to", type=Path, help="also write the vectors to this file")

    def handle(
        self, *args: object, edition: str, to: Path | None = None, **options: object
    ) -> None:
        found = Edition.objects.filter(slug=edition).first()
        if found is None:
            raise CommandError(f"There is no edition {edition!r}.", returncode=2)
        index.refresh(found, tell=self.tell)
        if to:
            to.write_bytes(bytes(FinderIndex.objects.get(edition=found).vectors))
        self.stdout.write(f"{edition}: {len(index.finder_of(found).vectors)} texts encoded")

    def tell(self, done: int, total: int) -> None:
        self.stdout.write(f"{done} of {total}")
        self.stdout.flush()
