"""manage.py import_edition FILE: bring in an edition, written as one JSON document, as a draft."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from guidance_content.importing import import_document
from guidance_content.shape import LARGEST, DocumentError, quoted, read_document
from thresholds import index


class Command(BaseCommand):
    help = "Brings in an edition (JSON, docs/edition.schema.json) as a draft."
    # Their warnings would stand on standard error, where only a refusal belongs.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")

    def handle(self, *args: object, file: str, **options: object) -> None:
        try:
            edition = import_document(read_document(read_file(file)), tell=self.tell)
        except DocumentError as problem:
            raise CommandError(str(problem), returncode=2) from None
        # The draft is there by now: this only makes its finder quick.
        index.refresh(edition, tell=self.tell_encoded)
        self.stdout.write(f"{edition.slug}: a draft of {edition.partnership}")

    def tell(self, name: str, count: int) -> None:
        self.stdout.write(f"{name.replace('_', ' ')}: {count}")
        self.stdout.flush()

    def tell_encoded(self, done: int, total: int) -> None:
        self.stdout.write(f"encoded for the finder: {done} of {total}")
        self.stdout.flush()


def read_file(name: str) -> bytes:
    """Return what is in a file, no more than is needed to see that it is too large."""
    try:
        with Path(name).open("rb") as file:
            return file.read(LARGEST + 1)
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise DocumentError(f"{quoted(name)} cannot be read: {reason}.") from None
