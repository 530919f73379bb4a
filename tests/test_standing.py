"""Where a record stands is kept in its row: it is always what its rows say, whatever was done."""

import re
from datetime import datetime, timedelta
from random import Random

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Agency, Membership, User
from referrals import desk, desk_pages, follow_up, review, services, standing
from referrals.desk_forms import TO_REVIEW
from referrals.desk_pages import asked_for, place_of, told_by
from referrals.models import Child, Conversation, FollowUp, Review
from tests.many import fill
from tests.people import make_person, walk_to
from thresholds.models import Level

HOUR = timedelta(hours=1)


def stored() -> list[tuple[object, ...]]:
    columns = ("pk", "due_at", "is_late", "turn", "waits_since")
    return list(Conversation.objects.order_by("pk").values_list(*columns))


def worked_out(row: Conversation, now: datetime) -> tuple[object, ...]:
    """Return where a row stands, from what belongs to it, the long way."""
    undone = row.follow_ups.filter(done_at=None)
    due_at = min((one.due_at for one in undone), default=None)
    late = due_at is not None and due_at <= now
    top = max(level.number for level in Level.objects.filter(edition=row.edition))
    levels = [level for level in (row.judged_level, row.read_level) if level]
    met = [
        row.danger,
        row.child_protection,
        max(levels, default=0) >= top,
        late,
        row.below_reading,
        row.consent_refused,
        comes_again(row),
    ]
    left = row.status == "draft" and row.danger and row.updated_at <= now - HOUR / 2
    waits = row.review_state not in ("", "signed-off") or late or left
    turn = met.index(True) if True in met else 7
    return row.pk, due_at, late, turn, (row.recorded_at or row.updated_at) if waits else None


def comes_again(row: Conversation) -> bool:
    child = getattr(row, "child", None)
    if not child or not child.born_key:
        return False
    year = (row.recorded_at - timedelta(days=365), row.recorded_at)
    others = Conversation.objects.filter(agency=row.agency, kept_from=None).exclude(pk=row.pk)
    same = others.filter(child__born_key=child.born_key)
    return any(year[0] <= other.recorded_at < year[1] for other in same)


@pytest.fixture
def many(agency: Agency, teacher: User, lead: User) -> list[Conversation]:
    """Records of all sorts, some of the same child, and where they stand written down."""
    now = timezone.now()
    made = fill(agency, teacher, now - timedelta(days=500), now, 30)
    born_on = timezone.localdate() - timedelta(days=3000)
    for number, one in enumerate(made):
        Child.objects.create(conversation=one, name=f"Child {number % 9}", born_on=born_on)
    standing.stand(Conversation.objects.all())
    return made


def act(dice: Random, row: Conversation, lead: User, people: list[User]) -> None:
    """Do something to a record that may move it."""
    undone = row.follow_ups.filter(done_at=None).first()
    match dice.randrange(5):
        case 0:
            review.review(
                conversation=row, reviewer=lead, read=review.digest(row),
                decision=dice.choice(list(Review.Decision)), level=3,
            )  # fmt: skip
        case 1:
            review.add(conversation=row, author=lead, text="There is more.")
        case 2:
            review.keep_from(conversation=row, people=[dice.choice(people)], by=lead)
        case 3 if undone:
            # It cannot be done before the conversation began, which here was just now.
            follow_up.mark_done(follow_up=undone, by=lead)
        case _:
            day = timezone.localdate() + timedelta(days=dice.randrange(9))
            follow_up.set_review(conversation=row, on=day, by=lead)


def test_it_follows_whatever_is_done(
    many: list[Conversation], agency: Agency, lead: User, colleague: User
) -> None:
    dice = Random(20261127)
    for _ in range(60):
        act(dice, Conversation.objects.get(pk=dice.choice(many).pk), lead, [colleague, lead])
    now = timezone.now()
    wanted = [worked_out(row, now) for row in Conversation.objects.order_by("pk")]
    assert stored() == wanted
    # There is something of everything, or the comparison would say little.
    assert len({turn for *_, turn, _ in wanted}) >= 5
    assert {late for _, _, late, *_ in wanted} == {True, False}


def test_time_alone_moves_it_when_a_desk_is_read(
    many: list[Conversation], agency: Agency, lead: User
) -> None:
    FollowUp.objects.bulk_create(
        FollowUp(conversation=one, kind="plan", due_at=timezone.now() + HOUR) for one in many[:9]
    )
    standing.stand(Conversation.objects.all())
    later = timezone.now() + 2 * HOUR
    wanted = [worked_out(row, later) for row in Conversation.objects.order_by("pk")]
    assert stored() != wanted
    standing.settle(agency, later)
    assert stored() == wanted


def test_what_was_forgotten_is_found_when_a_desk_is_read(
    many: list[Conversation], agency: Agency, lead: User
) -> None:
    before = stored()
    Conversation.objects.filter(review_state="awaiting").update(waits_since=None)
    assert stored() != before
    standing.settle(agency, timezone.now())
    assert stored() == before


def test_a_record_kept_from_one_lead_moves_no_later_one(
    many: list[Conversation], agency: Agency, lead: User
) -> None:
    """Its place would tell that lead of a record that they must not know of."""
    other = make_person("other-lead@school.example", agency, Membership.Role.LEAD)
    again = Conversation.objects.filter(turn=standing.AGAIN.turn).latest("recorded_at")
    earlier = Conversation.objects.filter(
        child__name_key=again.child.name_key, recorded_at__lt=again.recorded_at
    )
    for one in earlier:
        review.keep_from(conversation=one, people=[other], by=lead)
    again.refresh_from_db()
    assert again.turn == 7
    rows = {
        who: desk_pages.rows_of(led_by(who, agency).filter(pk=again.pk), who)[0].again
        for who in (lead, other)
    }
    assert rows[lead] and not rows[other]


def led_by(who: User, agency: Agency):
    return Conversation.objects.led_by(who).filter(agency=agency)


def test_whoever_goes_on_with_a_draft_takes_it_off_the_desk(
    teachers_browser: Browser, lead: User, agency: Agency
) -> None:
    walk_to(teachers_browser, "concern", danger={"danger": "yes"})
    draft, later = Conversation.objects.get(), timezone.now() + HOUR
    standing.settle(agency, later)
    assert desk.queue(lead, agency).exists()
    services.save_answer(conversation=draft, step="concern", data={"concern": "Now safe."})
    assert not desk.queue(lead, agency).exists()


def test_the_queue_is_walked_page_by_page_without_a_gap(
    many: list[Conversation], agency: Agency, lead: User
) -> None:
    whole = list(desk.queue(lead, agency).values_list("pk", flat=True))
    walked: list[int] = []
    told, place = {"lead": lead.pk, "agency": agency.pk}, {}
    while rows := desk_pages.rows_of(asked_for(TO_REVIEW, told | place), lead)[:4]:
        walked += [row.pk for row in rows]
        place = told_by(TO_REVIEW, place_of(rows[-1], "waits_since"))
    assert walked == whole and len(whole) > 8


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite chooses by other rules")
def test_what_is_late_is_counted_without_a_walk_through_all_that_waits(
    many: list[Conversation], agency: Agency, lead: User
) -> None:
    with CaptureQueriesContext(connection) as asked:
        desk.waiting(lead, agency)
    (counts,) = (query["sql"] for query in asked)
    with connection.cursor() as cursor:
        # Of so few rows it would read all. A plan that is kept was made before this was said.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        cursor.execute(f"EXPLAIN {counts.rpartition('; ')[2]}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Only Scan using conversation_overdue" in plan, plan


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps no plan")
def test_earlier_records_of_a_child_are_looked_up_by_the_plan_that_is_kept(
    many: list[Conversation], agency: Agency, lead: User
) -> None:
    """An index with a condition is passed over, unless the query itself says the condition.

    These hold all that is asked of a child: its row is not read.
    """
    rows = desk_pages.rows_of(desk.queue(lead, agency), lead)
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as asked:
        # Of so few rows it would read all, or go by the agency's. What is kept is planned again.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "ALTER TABLE referrals_child DROP CONSTRAINT referrals_child_conversation_id_key"
        )
        desk_pages.count_earlier(rows, lead)
    executed = asked[-1]["sql"].rpartition("; ")[2]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {executed}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "$1" in plan, plan
    alone = set(re.findall(r"Index Only Scan using (\w+)", plan))
    assert {"child_known_by_name", "child_known_by_reference"} <= alone, plan
