"""For leads: open conversations that would read differently under an edition that is on its way.

Open is what is recorded and not signed off: its lead may still judge it again. A draft that
somebody is still writing is not read here: half of it would read as something that it is not.
Everything is asked within what the lead may see.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import DateTimeField, Q, QuerySet
from django.utils import timezone

from accounts.models import Agency, User
from accounts.prepared import Given, Prepared
from referrals.desk import is_key
from referrals.models import Conversation, ConversationQuerySet
from referrals.replay import Outcome, ReadTwice, read_twice
from referrals.summary import URGENCY
from thresholds.load import load
from thresholds.models import Edition

# Of what is published on no day yet.
NEVER = date.max
# How long a new edition is told of, once it is in force.
NEW_FOR = timedelta(days=28)
PAGE = 25
# How many are read for one page at most: a page must not take long.
MOST = 5000


@dataclass(frozen=True)
class Row:
    """A conversation, how it reads and would read, and the words of the signs that do it."""

    conversation: Conversation
    before: str
    after: str
    signs: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """Some of the conversations. `after` is where the next page begins, 0 where there is none."""

    rows: tuple[Row, ...]
    after: int


def open_to(user: User, agency: Agency) -> ConversationQuerySet:
    """Return what `user` leads in `agency` and nobody has signed off."""
    led = Conversation.objects.led_by(user).filter(agency=agency)
    return led.recorded().exclude(review_state=Conversation.ReviewState.SIGNED_OFF)


def on_their_way() -> list[Edition]:
    """Return the editions that are newly in force, to come or proposed."""
    since, today = timezone.now() - NEW_FOR, timezone.localdate()
    found = TELLING(since)
    came_back = {edition.partnership_id for edition in found if edition.withdrawn_at}
    stand = [edition for edition in found if not edition.withdrawn_at]
    in_force = [edition for edition in stand if _published(edition) <= today]
    to_come = [edition for edition in stand if _published(edition) > today]
    return [
        *_newly_in_force(in_force, timezone.localdate(since), came_back),
        *sorted(to_come, key=lambda edition: (_published(edition), edition.publish_from or NEVER)),
    ]


def _published(edition: Edition) -> date:
    return edition.published_on or NEVER


def _telling() -> QuerySet[Edition]:
    """Return what stands or is proposed, those in force first, and what was lately withdrawn."""
    published = Q(status=Edition.Status.PUBLISHED, withdrawn_at=None)
    proposed = Q(status=Edition.Status.DRAFT, proposed_by__isnull=False)
    withdrawn = Q(withdrawn_at__gte=Given(0, DateTimeField()))
    found = Edition.objects.filter(published | proposed | withdrawn)
    return found.select_related("partnership").latest_first()


TELLING = Prepared(_telling)


def to_tell(user: User, agency: Agency) -> list[Edition]:
    """Return those of them under which an open conversation of the lead could read differently."""
    editions = on_their_way()
    # Mostly there is none.
    still_open = open_to(user, agency).order_by() if editions else Conversation.objects.none()
    return [edition for edition in editions if _others_are_open(still_open, edition)]


def _others_are_open(still_open: ConversationQuerySet, edition: Edition) -> bool:
    """Say whether one of them began under another edition of the same partnership."""
    others = Edition.objects.filter(partnership=edition.partnership_id).exclude(pk=edition.pk)
    keys = list(others.values_list("pk", flat=True))
    return still_open.filter(edition__in=keys).exists()


def _newly_in_force(
    in_force: Iterable[Edition], since: date, came_back: set[int]
) -> Iterator[Edition]:
    """Yield those in force that are new, or that came back when a later one was withdrawn."""
    seen: set[int] = set()
    for edition in in_force:
        if edition.partnership_id not in seen:
            seen.add(edition.partnership_id)
            if _published(edition) >= since or edition.partnership_id in came_back:
                yield edition


def page_of(user: User, agency: Agency, edition: Edition, after: str = "") -> Page:
    """Return the open conversations that would read differently, the oldest first.

    `after` is where a page begins. A place that is none is the beginning.
    """
    among = open_to(user, agency).filter(edition__partnership=edition.partnership_id)
    among = among.exclude(edition=edition)
    found, last = _read(edition, among, int(after) if is_key(after) else 0)
    related = among.for_lists().select_related("child", "author", "edition__partnership")
    conversations = related.in_bulk([one.pk for one in found])
    rows = [_row(conversations[one.pk], one) for one in found if one.pk in conversations]
    return Page(tuple(rows), last)


def _read(edition: Edition, among: ConversationQuerySet, after: int) -> tuple[list[ReadTwice], int]:
    found: list[ReadTwice] = []
    done = 0
    for chunk in read_twice(edition, among, after=after):
        for one in chunk:
            if len(found) == PAGE or done == MOST:
                return found, after
            after, done = one.pk, done + 1
            if one.differs:
                found.append(one)
    return found, 0


def _row(conversation: Conversation, read: ReadTwice) -> Row:
    words = load(conversation.edition).by_code
    signs = tuple(words[code].text for code in words if code in read.signs)
    return Row(conversation, _told(read.before), _told(read.after), signs)


def _told(outcome: Outcome) -> str:
    """Return a reading in a line, such as "Level 2 to 3, as planned"."""
    levels = f"Level {outcome.level}"
    if outcome.up_to > outcome.level:
        levels += f" to {outcome.up_to}"
    protection = ["child protection"] if outcome.child_protection else []
    return ", ".join([levels, *protection, URGENCY[outcome.urgency].lower()])
