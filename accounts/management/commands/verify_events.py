"""manage.py verify_events: is every event as it was written? Exits 1 if one is not."""

from django.core.management.base import BaseCommand, CommandError

from accounts.events import faults
from accounts.models import Event


class Command(BaseCommand):
    help = "Checks the chains of events and says which event was changed, removed or moved."

    def handle(self, *args: object, **options: object) -> None:
        found = list(faults())
        for fault in found:
            self.stderr.write(f"{fault.chain}, event {fault.number}: {fault.what}")
        if found:
            raise CommandError(f"The events are not whole: {len(found)} found.", returncode=1)
        self.stdout.write(f"All {Event.objects.count()} events are whole.")
