"""The export that a family gets: a document to read and the same as data, in one ZIP file.

What is held back is listed with its reason, so that nobody takes a part for the whole.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import Event, User
from referrals import services
from referrals.models import Conversation
from referrals.pdf import breakable, printed
from referrals.printable import lacking, numbers_of
from referrals.subject_access import EXPORT, RELEASE, Piece, Record
from referrals.wording import long_moment

NOTES = (
    "This is what this agency holds in its threshold guidance portal about one child, as far as "
    "the person who made it may see it. The agency may hold more elsewhere.",
    "What can name or describe other people is held back, unless somebody read it and released "
    "it. Each part that is held back is listed with the reason.",
    "A part can also be held back because giving it could harm somebody, or because a court, the "
    "police or an inquiry needs it. Ask the agency’s data protection officer about anything that "
    "is held back.",
)


@dataclass(frozen=True)
class Choice:
    """What a lead decided: keys of pieces to release, and tokens of records to leave out."""

    released: Collection[str] = ()
    left_out: Collection[str] = ()

    def gives(self, record: Record, piece: Piece) -> bool:
        return piece.why is None or record.key(piece) in self.released

    def leaves_out(self, record: Record) -> bool:
        return str(record.conversation.token) in self.left_out


def document(records: list[Record], choice: Choice) -> dict[str, Any]:
    """Return what goes out, as values that JSON can hold. Nothing else reaches the family."""
    now = timezone.now()
    kept = [record for record in records if not choice.leaves_out(record)]
    return {
        "made_at": _stamp(now),
        "made_at_words": long_moment(now),
        "agency": records[0].conversation.agency.name,
        "notes": list(NOTES),
        "records_left_out_whole": len(records) - len(kept),
        "records": [_told(record, choice) for record in kept],
    }


def _told(record: Record, choice: Choice) -> dict[str, Any]:
    given = [piece for piece in record.pieces if choice.gives(record, piece)]
    held = [piece for piece in record.pieces if not choice.gives(record, piece)]
    return {
        "name": record.name,
        "given": [
            {"title": p.title, "text": p.text, "released_by_a_person": p.why is not None}
            for p in given
        ],
        "held_back": [{"title": p.title, "why": p.why.told if p.why else ""} for p in held],
        "seen": [
            {"at": _stamp(at), "at_words": long_moment(at), "who": who, "did": did}
            for at, who, did in record.seen
        ],
    }


def _stamp(at: datetime) -> str:
    return timezone.localtime(at).isoformat(timespec="minutes")


def export(*, conversation: Conversation, records: list[Record], choice: Choice, by: User) -> bytes:
    """Return the ZIP file, and write down what was released: an event a record and a piece."""
    told = document(records, choice)
    boxes = numbers_of(lacking(told))
    page = {"document": breakable(told), "conversation": conversation, "boxes": boxes}
    pdf = printed(render_to_string("desk/subject_access_pdf.html", page))
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        archive.writestr("records.pdf", pdf)
        archive.writestr("records.json", json.dumps(told, ensure_ascii=False, indent=1))
    _note(records, choice, by)
    return packed.getvalue()


@transaction.atomic
def _note(records: list[Record], choice: Choice, by: User) -> None:
    for record in records:
        if choice.leaves_out(record):
            continue
        services.tell(Event.Verb.EXPORTED, record.conversation, by, EXPORT)
        for piece in record.held_back:
            if choice.gives(record, piece):
                code = f"{RELEASE}{piece.code}"[:64]
                services.tell(Event.Verb.EXPORTED, record.conversation, by, code)
