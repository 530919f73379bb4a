"""manage.py load_guidance: put the shipped editions in the database."""

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction

from guidance_content.editions import publish_shipped
from thresholds import index
from thresholds.models import Edition

# Edition -> the fixtures that make it whole, in the order in which they refer to each other.
EDITIONS = {
    "ddscp-2019-12": (
        "ddscp-2019-12",
        "ddscp-2019-12-rules",
        "ddscp-2019-12-pages",
        "ddscp-2019-12-sayings",
        "ddscp-2019-12-ladders",
    ),
    "warwickshire-spectrum": ("warwickshire-spectrum", "warwickshire-spectrum-pages"),
}


class Command(BaseCommand):
    help = "Loads the editions that are not in the database yet. Changes none that is."

    def handle(self, *args: object, **options: object) -> None:
        for slug, fixtures in EDITIONS.items():
            if Edition.objects.filter(slug=slug).exists():
                self.stdout.write(f"{slug}: already loaded")
                continue
            self.stdout.write(f"{slug}: loading", ending="")
            with transaction.atomic():
                for fixture in fixtures:
                    call_command("loaddata", fixture, verbosity=0)
                    self.stdout.write(" .", ending="")
                    self.stdout.flush()
                edition = publish_shipped(edition=Edition.objects.get(slug=slug))
                index.refresh(edition)
            self.stdout.write(" done")
