"""manage.py refresh_standby: write the copy of the guidance that answers without the database."""

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from guidance_content import standby


class Command(BaseCommand):
    help = (
        "Writes the standby copy of the guidance again, from the database. "
        "Where that fails, the copy before it stays, and the command exits 1."
    )

    def handle(self, *args: object, **options: object) -> None:
        try:
            standby.refresh()
        except (OSError, DatabaseError) as error:
            made_at = standby.made_at()
            left = f"The copy of {made_at:%Y-%m-%d %H:%M} UTC stays" if made_at else "There is none"
            kind = type(error).__name__
            raise CommandError(f"No standby copy could be written: {kind}. {left}.") from error
        self.stdout.write("The standby copy of the guidance is as the database is now.")
