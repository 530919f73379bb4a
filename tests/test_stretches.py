"""A list that is looked through stretch by stretch holds the same, in the same order."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from accounts.models import Agency, User
from referrals import stretches
from referrals.desk_forms import STATUSES, TO_REVIEW, DeskForm
from referrals.desk_pages import asked_for, page_of
from referrals.finding import index_of
from referrals.models import LAST_TURN, Child, Conversation
from tests.many import conversation_of

pytestmark = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite looks into every record"
)
State = Conversation.ReviewState
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)  # of a Monday
WEEK = timedelta(weeks=1)


@pytest.fixture
def many(agency: Agency, teacher: User) -> list[Conversation]:
    """Records of every age, state and turn, of which one in two has the word."""
    pick, now = Random(4), timezone.now()
    made, changed = [], []
    for number in range(400):
        # The later, the more of them, and some to the second when a week begins.
        at = now - timedelta(days=1500) * pick.random() ** 3
        if number % 20 == 0:
            at = MIDNIGHT - WEEK * pick.randrange(150) - timedelta(seconds=number % 40 // 20)
        state = pick.choice(State.values)
        changed.append(at)
        made.append(
            conversation_of(
                agency,
                teacher,
                at - timedelta(days=30) * pick.random(),
                review_state=state,
                turn=pick.randrange(LAST_TURN + 1),
                waits_since=at - WEEK if state != State.SIGNED_OFF or number % 7 == 0 else None,
                judged_level=pick.choice([1, 2]),
                words=index_of(agency.pk, pick.choice(["she has a bruise", "nothing else"])),
            )
        )
    Conversation.objects.bulk_create(made)
    for row, at in zip(made, changed, strict=True):
        Conversation.objects.filter(pk=row.pk).update(updated_at=at)
    Child.objects.bulk_create(Child(conversation=row) for row in made)
    return made


def listed(agency: Agency, lead: User, asked: dict[str, str]) -> Iterator[int]:
    """Yield the keys on all pages of a search."""
    form = DeskForm({"words": "bruise", **asked}, agency=agency)
    assert form.is_valid()
    after = ""
    while True:
        rows, after = page_of(form, lead, agency, after)
        yield from (row.pk for row in rows)
        if not after:
            return


@pytest.mark.parametrize("asked", [{}, {"level": "2"}, {"since": "2025-06-01"}], ids=str)
def test_every_list_is_the_same_in_stretches(
    many: list[Conversation],
    agency: Agency,
    lead: User,
    monkeypatch: pytest.MonkeyPatch,
    asked: dict[str, str],
) -> None:
    for status, _ in STATUSES:
        told = asked | {"status": status}
        monkeypatch.setattr(stretches, "is_between", lambda words: False)
        plain = list(listed(agency, lead, told))
        monkeypatch.setattr(stretches, "is_between", lambda words: True)
        assert list(listed(agency, lead, told)) == plain, status
        assert len(plain) > 25 or status not in (TO_REVIEW, "all") or asked


@pytest.mark.parametrize("status", [TO_REVIEW, "all", "reopened"])
def test_stretches_leave_nothing_out_and_none_lies_in_two(
    many: list[Conversation], agency: Agency, lead: User, status: str
) -> None:
    told = {"agency": agency.pk, "lead": lead.pk}
    found = asked_for(status, told)
    parts = [
        set(found.filter(stretch).values_list("pk", flat=True))
        for stretch in stretches.stretches_of(status, told)
    ]
    assert sum(map(len, parts)) == len(set.union(*parts)) == found.count() > 0
    assert sum(map(bool, parts)) > 2


def test_only_words_between_rare_and_common_are_looked_for_in_stretches(
    many: list[Conversation], agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE referrals_conversation")
    number = sum(index_of(agency.pk, "bruise") in row.words.split() for row in many)
    words = Q(words__has=index_of(agency.pk, "bruise"))
    for few, share, between in ((number // 2, 0.9, True), (number * 2, 0.9, False),
                                (number // 2, 0.1, False)):  # fmt: skip
        monkeypatch.setattr(stretches, "FEW", few)
        monkeypatch.setattr(stretches, "MANY", share)
        assert stretches.is_between(words) is between


def test_postgresql_looks_places_up_in_the_index_of_words(agency: Agency) -> None:
    """The migration writes an expression, and the query another: they must be one."""
    words = Q(words__has=index_of(agency.pk, "bruise"))
    found = Conversation.objects.filter(words, stretches.StandsIn("reopened")).order_by()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    (condition,) = [line for line in found.explain().splitlines() if "Index Cond" in line]
    assert "string_to_array" in condition and "&&" in condition


def test_what_is_written_stands_in_the_index_of_words_at_once(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reloptions FROM pg_class WHERE relname = 'conversation_words_and_places'"
        )
        assert cursor.fetchall() == [(["fastupdate=off"],)]
