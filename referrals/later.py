"""What came after a record: additions, reviews and the council's answers.

The page of the record and its PDF show the same, in the order in which it came.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from referrals import services
from referrals.models import Conversation, Review
from referrals.summary import Block, Table
from referrals.wording import long_day, long_moment

DID = {
    Review.Decision.AGREE: "agrees with the judgement",
    Review.Decision.ASK: "asks for more",
    Review.Decision.SIGN_OFF: "signed this off",
}


@dataclass(frozen=True)
class Entry:
    """One thing that came later, to be read as a sentence: who, and what they did."""

    at: datetime
    who: str
    did: str
    text: str


def entries_of(conversation: Conversation) -> list[Entry]:
    found = [*_additions(conversation), *_reviews(conversation), *_answers(conversation)]
    return sorted(found, key=lambda entry: entry.at)


def _additions(conversation: Conversation) -> Iterator[Entry]:
    for row in conversation.addenda.select_related("author"):
        yield Entry(row.added_at, str(row.author), "added", row.text)


def _reviews(conversation: Conversation) -> Iterator[Entry]:
    titles = {level.number: level.title for level in services.guidance_of(conversation).levels}
    for row in conversation.reviews.select_related("reviewer"):
        did = DID.get(Review.Decision(row.decision)) or f"judges {titles.get(row.level, '')}"
        yield Entry(row.reviewed_at, str(row.reviewer), did, row.text)


def _answers(conversation: Conversation) -> Iterator[Entry]:
    for row in conversation.council_answers.select_related("noted_by"):
        day = long_day(row.answered_on.isoformat())
        did = f"noted the council’s answer of {day}: {str(row).lower()}"
        yield Entry(row.noted_at, str(row.noted_by), did, row.note)


def blocks_of(conversation: Conversation) -> list[dict[str, object]]:
    """Return it as a part of the PDF. There is none where nothing came later."""
    rows = tuple(
        (long_moment(entry.at), entry.who, "\n".join(filter(None, [_sentence(entry), entry.text])))
        for entry in entries_of(conversation)
    )
    table = Table(("When", "Who", "What"), rows)
    block = Block("later", "Added after this was recorded", table=table)
    return [] if block.is_empty else [asdict(block)]


def _sentence(entry: Entry) -> str:
    return f"{entry.did[0].upper()}{entry.did[1:]}" + (":" if entry.text else "")
