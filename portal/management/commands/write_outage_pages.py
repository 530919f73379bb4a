"""manage.py write_outage_pages FOLDER: what nginx shows when the portal itself cannot answer."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.template.loader import render_to_string
from django.utils import timezone

from thresholds.context import cards
from thresholds.models import Area

PAGES = ("413", "429", "502")
# How a line stood at the moment of writing is wrong an hour later.
OF_THE_MOMENT = {"state": "", "hours_may_differ": False, "until_then": None}


class Command(BaseCommand):
    help = "Writes pages that stand by themselves, with the telephone numbers of today."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *, folder: Path, **options: object) -> None:
        found = cards(Area.objects.all(), timezone.now())
        for card in found:
            card["contacts"] = [line | OF_THE_MOMENT for line in card["contacts"]]  # type: ignore[attr-defined]
        told = {"phone_cards": found, "today": timezone.localdate()}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name in PAGES:
                page = folder / f"{name}.new"
                page.write_text(render_to_string(f"outage/{name}.html", told), encoding="utf-8")
                page.chmod(0o644)
                page.replace(folder / f"{name}.html")
        except OSError as error:
            raise CommandError(f"{folder} cannot be written: {error.strerror}.") from error
