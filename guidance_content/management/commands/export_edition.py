"""manage.py export_edition SLUG: one whole edition as a JSON document."""

import json

from django.core.management.base import BaseCommand, CommandError, CommandParser

from guidance_content.exchange import as_document
from thresholds.models import Edition


class Command(BaseCommand):
    help = "Prints an edition as one JSON document."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")

    def handle(self, *args: object, slug: str, **options: object) -> None:
        try:
            edition = Edition.objects.select_related("partnership").get(slug=slug)
        except Edition.DoesNotExist:
            raise CommandError(f"There is no edition {slug!r}.", returncode=2) from None
        self.stdout.write(json.dumps(as_document(edition), ensure_ascii=False, indent=1))
