"""manage.py load_guidance: put the shipped editions in the database."""

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction

from thresholds import index
from thresholds.models import Edition, Ladder

# Edition -> the fixtures that make it whole, in the order in which they refer to each other.
EDITIONS = {
    "ddscp-2019-12": ("ddscp-2019-12", "ddscp-2019-12-rules", "ddscp-2019-12-pages"),
    "warwickshire-spectrum": ("warwickshire-spectrum", "warwickshire-spectrum-pages"),
}
# What this project adds of its own. Editions that were loaded before it existed get it too.
ADDED = {"ddscp-2019-12": ("ddscp-2019-12-sayings", "ddscp-2019-12-ladders")}


class Command(BaseCommand):
    help = "Loads the editions that are not in the database yet. Changes none that is."

    def handle(self, *args: object, **options: object) -> None:
        for slug, fixtures in EDITIONS.items():
            wanted: tuple[str, ...] = ()
            if not Edition.objects.filter(slug=slug).exists():
                wanted += fixtures
            if not Ladder.objects.filter(edition__slug=slug).exists():
                wanted += ADDED.get(slug, ())
            if wanted:
                self._load(slug, wanted)
            else:
                self.stdout.write(f"{slug}: already loaded")

    def _load(self, slug: str, fixtures: tuple[str, ...]) -> None:
        self.stdout.write(f"{slug}: loading", ending="")
        with transaction.atomic():
            for fixture in fixtures:
                call_command("loaddata", fixture, verbosity=0)
                self.stdout.write(" .", ending="")
                self.stdout.flush()
            index.refresh(Edition.objects.get(slug=slug))
        self.stdout.write(" done")
