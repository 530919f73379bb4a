"""What came after a record: additions, reviews, what was done about it, the council's answers.

The page of the record and its PDF show the same, in the order in which it came.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import zip_longest

from accounts.models import Event, User
from referrals import follow_up, services, summary
from referrals.models import Conversation, FollowUp, Review
from referrals.summary import Block, Table
from referrals.wording import long_day, long_moment

DID = {
    Review.Decision.AGREE: "agrees with the judgement",
    Review.Decision.ASK: "asks for more",
    Review.Decision.SIGN_OFF: "signed this off",
}
DONE = {
    FollowUp.Kind.WRITING: "wrote to the council",
    FollowUp.Kind.PLAN: "looked at the plan again",
}


@dataclass(frozen=True)
class Entry:
    """One thing that came later, to be read as a sentence: who, and what they did."""

    at: datetime
    who: str
    did: str
    text: str


def entries_of(conversation: Conversation) -> list[Entry]:
    parts = (_additions, _reviews, _calls, _done, _answers)
    found = [entry for part in parts for entry in part(conversation)]
    return sorted(found, key=lambda entry: entry.at)


def _additions(conversation: Conversation) -> Iterator[Entry]:
    for row in conversation.addenda.select_related("author"):
        yield Entry(row.added_at, str(row.author), "added", row.text)


def _reviews(conversation: Conversation) -> Iterator[Entry]:
    titles = {level.number: level.title for level in services.guidance_of(conversation).levels}
    for row in conversation.reviews.select_related("reviewer"):
        did = DID.get(Review.Decision(row.decision)) or f"judges {titles.get(row.level, '')}"
        yield Entry(row.reviewed_at, str(row.reviewer), did, row.text)


def _calls(conversation: Conversation) -> Iterator[Entry]:
    """Yield the calls that the record itself does not tell of. It can tell of one, the first."""
    calls = list(conversation.calls.order_by("pk"))
    if calls and summary.tells_of_a_call(conversation.content):
        calls = calls[1:]
    if not calls:
        return
    # Who noted a call stands in its event, in the same order.
    noted = Event.objects.filter(
        subject=conversation.subject, verb=Event.Verb.FOLLOWED_UP, detail=follow_up.CALL
    ).order_by("number")
    keys = list(noted.values_list("actor", flat=True))
    people = User.objects.in_bulk(keys)
    for call, key in zip_longest(calls, keys[: len(calls)]):
        who = str(people[key]) if key in people else "Somebody"
        did = "called the council" + (f", {call.to}" if call.to else "")
        yield Entry(call.called_at, who, did, call.said)


def _done(conversation: Conversation) -> Iterator[Entry]:
    for row in conversation.follow_ups.exclude(done_at=None).select_related("done_by"):
        yield Entry(row.done_at, str(row.done_by), DONE[FollowUp.Kind(row.kind)], row.note)


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
