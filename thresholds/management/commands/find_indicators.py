"""manage.py find_indicators "TEXT" --limit N: the indicators that a text brings to mind."""

import json

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http import Http404

from thresholds.index import find
from thresholds.open_pages import home


class Command(BaseCommand):
    help = "Prints, as JSON, the indicators of the edition in force that a text brings to mind."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("text")
        parser.add_argument("--limit", type=int, default=15)

    def handle(self, *args: object, text: str, limit: int, **options: object) -> None:
        if limit < 1:
            raise CommandError("The limit must be 1 or more.", returncode=2)
        if not text.strip():
            raise CommandError("There is no text to look for.", returncode=2)
        try:
            shown = home()
        except Http404 as problem:
            raise CommandError(str(problem), returncode=2) from None
        found = find(text, shown.edition, limit).found
        rows = [
            {
                "code": one.indicator.code,
                "level": one.indicator.level,
                "domain": shown.guidance.domain_by_code[one.indicator.domain].name,
                "text": one.indicator.text,
                "score": round(one.score, 6),
            }
            for one in found
        ]
        self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1))
