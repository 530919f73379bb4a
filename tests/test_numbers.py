"""An agency's numbers: counted right, and small ones hidden."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Agency, User
from referrals.models import Conversation, CouncilAnswer, FollowUp, Review, Sign
from referrals.numbers import counted, numbers_of
from referrals.periods import Period
from referrals.small_numbers import FEW, HELD, Table
from tests.many import conversation_of, fill, level, other_agency
from tests.people import record, signed_in
from thresholds.models import Edition, Level

__all__ = ["other_agency"]  # fixtures

YEAR = Period(date(2025, 11, 1), date(2026, 10, 1))
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
Value = Callable[[Conversation], str]


def by_slug(tables: list[Table]) -> dict[str, dict[str, int | None]]:
    return {table.slug: {row.label: row.count for row in table.rows} for table in tables}


def table_of(agency: Agency, slug: str, period: Period = YEAR) -> dict[str, int | None]:
    return by_slug(counted(agency, period, NOW)[1])[slug]


# Counted one by one, as a person would.


def beside(one: int | None, low: int, high: int, missing: str) -> str:
    if one is None:
        return missing
    if one < low:
        return "A lower level"
    return "A higher level" if one > high else "What the guidance indicated, or within its range"


def kind(done: Conversation) -> str:
    if done.danger:
        return "In danger now"
    return "Child protection, not in danger now" if done.child_protection else "Neither"


def area(done: Conversation) -> str:
    if done.area:
        return done.area.name
    return "Elsewhere" if done.place == "elsewhere" else "Not known"


def agreement(done: Conversation) -> str:
    return {
        "given": "Yes, they agree",
        "refused": "No, they do not agree",
        "unsafe": "Not asked: it would put the child at risk, nobody can agree, or asking is "
        "not reasonable",
        "not_asked": "Not asked yet",
    }.get(done.agreement, "Not answered")


def lead_judged(done: Conversation) -> str:
    if done.lead_level is None:
        return "No level from a lead yet"
    if done.judged_level is None:
        return "A level, where the practitioner was not sure"
    if done.lead_level == done.judged_level:
        return "The same level"
    return "A higher level" if done.lead_level > done.judged_level else "A lower level"


def first_review(done: Conversation) -> str:
    reviews = sorted(Review.objects.filter(conversation=done), key=lambda review: review.pk)
    if not reviews:
        return "Not yet"
    on = [timezone.localdate(moment) for moment in (reviews[0].reviewed_at, done.recorded_at)]
    days = (on[0] - on[1]).days
    if days < 1:
        return "On the same day"
    return "Within 3 days" if days <= 3 else "Within a week" if days <= 7 else "Later"


def writing(done: Conversation) -> str:
    due = list(FollowUp.objects.filter(conversation=done, kind="writing"))
    if not due:
        return "None was due"
    if due[0].done_at:
        return "Sent in time" if due[0].done_at <= due[0].due_at else "Sent later"
    return "Not sent, overdue" if due[0].due_at < NOW else "Not sent, not due yet"


def council(done: Conversation) -> str:
    answers = list(CouncilAnswer.objects.filter(conversation=done).order_by("pk"))
    return answers[-1].get_answer_display() if answers else "None noted"


BRUTE: dict[str, Value] = {
    "months": lambda done: timezone.localtime(done.recorded_at).strftime("%B %Y"),
    "areas": area,
    "kinds": kind,
    "judged": lambda done: level(done.judged_level),
    "read": lambda done: level(done.read_level),
    "judged-read": lambda done: beside(
        done.judged_level, done.read_level, done.read_up_to, "Not sure"
    ),
    "consent": agreement,
    "lead-judged": lead_judged,
    "lead-read": lambda done: beside(
        done.lead_level, done.read_level, done.read_up_to, "No level from a lead yet"
    ),
    "reviews": lambda done: done.get_review_state_display(),
    "first-review": first_review,
    "writing": writing,
    "council": council,
}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_counts_are_those_that_one_counts_by_hand(
    agency: Agency, other_agency: Agency, teacher: User, seed: int
) -> None:
    """Of 200 conversations; more lie before and after, and at another agency."""
    fill(agency, teacher, YEAR.start, YEAR.end, 200, seed)
    fill(agency, teacher, YEAR.start - timedelta(days=60), YEAR.start, 20, seed)
    fill(agency, teacher, YEAR.end, YEAR.end + timedelta(days=60), 20, seed)
    fill(other_agency, teacher, YEAR.start, YEAR.end, 20, seed)
    total, tables = counted(agency, YEAR, NOW)
    rows = list(
        Conversation.objects.filter(
            agency=agency, recorded_at__gte=YEAR.start, recorded_at__lt=YEAR.end
        )
    )
    assert total == len(rows) == 200
    found = by_slug(tables)
    assert found.keys() == BRUTE.keys() | {"domains"}
    for slug, value in BRUTE.items():
        by_hand = Counter(value(done) for done in rows)
        assert {label: count for label, count in found[slug].items() if count} == by_hand, slug
    signs = Sign.objects.filter(conversation__in=rows, indicator__level__strengths=False)
    worries = set(signs.values_list("conversation", "indicator__domain__name"))
    by_domain = Counter(name for _, name in worries)
    assert {label: count for label, count in found["domains"].items() if count} == by_domain


def test_every_table_but_that_of_the_domains_adds_up_to_the_total(
    agency: Agency, teacher: User
) -> None:
    """On this rests that no small number can be had from several tables."""
    fill(agency, teacher, YEAR.start, YEAR.end, 100)
    total, tables = counted(agency, YEAR, NOW)
    for table in tables:
        assert table.overlaps == (table.slug == "domains")
        if not table.overlaps:
            assert sum(row.count or 0 for row in table.rows) == total, table.slug


def test_a_count_that_two_tables_share_is_marked_in_both(agency: Agency, teacher: User) -> None:
    fill(agency, teacher, YEAR.start, YEAR.end, 100)
    marked = {
        (table.slug, row.label)
        for table in counted(agency, YEAR, NOW)[1]
        for row in table.rows
        if row.elsewhere
    }
    assert marked == {
        ("judged", "Not sure"),
        ("judged-read", "Not sure"),
        ("lead-judged", "No level from a lead yet"),
        ("lead-read", "No level from a lead yet"),
        ("reviews", "Awaiting review"),
        ("first-review", "Not yet"),
    }


def test_a_conversation_that_went_through_its_pages_is_counted(
    teachers_browser: Client, agency: Agency
) -> None:
    record(teachers_browser)
    found = by_slug(counted(agency, Period.usual())[1])
    assert found["areas"]["Derby City"] == 1
    assert found["consent"]["Yes, they agree"] == 1
    assert found["judged"][level(2)] == found["read"][level(2)] == 1
    assert found["first-review"]["Not yet"] == found["reviews"]["Awaiting review"] == 1


def test_a_draft_is_not_counted(agency: Agency, teacher: User) -> None:
    draft = conversation_of(agency, teacher, YEAR.start, status=Conversation.Status.DRAFT)
    draft.save()
    assert counted(agency, YEAR)[0] == 0


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        # Half past midnight, when the clocks have just gone back, and at the end of summer time.
        (datetime(2026, 11, 1, 0, 30, tzinfo=UTC), "November 2026"),
        (datetime(2026, 10, 31, 23, 30, tzinfo=UTC), "October 2026"),
        # In summer the month begins an hour before it does in UTC.
        (datetime(2026, 6, 30, 23, 30, tzinfo=UTC), "July 2026"),
        (datetime(2026, 6, 30, 22, 59, tzinfo=UTC), "June 2026"),
        (datetime(2026, 3, 31, 23, 0, tzinfo=UTC), "April 2026"),
    ],
)
def test_a_month_is_one_of_the_local_calendar(
    agency: Agency, teacher: User, moment: datetime, month: str
) -> None:
    conversation_of(agency, teacher, moment).save()
    months = table_of(agency, "months", Period(date(2026, 1, 1), date(2026, 12, 1)))
    assert {label: count for label, count in months.items() if count} == {month: 1}
    assert len(months) == 12


@pytest.mark.parametrize(
    ("recorded", "reviewed", "label"),
    [
        # Three quarters of an hour, and yet the next day here, although one day in UTC.
        ("2026-06-10T22:30+00:00", "2026-06-10T23:15+00:00", "Within 3 days"),
        ("2026-06-10T23:15+00:00", "2026-06-11T22:30+00:00", "On the same day"),
        ("2026-06-10T08:00+00:00", "2026-06-13T20:00+00:00", "Within 3 days"),
        ("2026-06-10T08:00+00:00", "2026-06-17T20:00+00:00", "Within a week"),
        ("2026-06-10T08:00+00:00", "2026-06-18T07:00+00:00", "Later"),
    ],
)
def test_the_days_to_a_review_are_local_days(
    agency: Agency, teacher: User, recorded: str, reviewed: str, label: str
) -> None:
    done = conversation_of(agency, teacher, datetime.fromisoformat(recorded))
    done.save()
    review = Review.objects.create(conversation=done, reviewer=teacher, decision="agree")
    Review.objects.filter(pk=review.pk).update(reviewed_at=datetime.fromisoformat(reviewed))
    assert table_of(agency, "first-review")[label] == 1


def test_of_several_follow_ups_in_writing_the_latest_counts(agency: Agency, teacher: User) -> None:
    done = conversation_of(agency, teacher, YEAR.start)
    done.save()
    FollowUp.objects.create(conversation=done, kind="writing", due_at=NOW, done_at=NOW)
    FollowUp.objects.create(conversation=done, kind="writing", due_at=NOW - timedelta(days=1))
    found = table_of(agency, "writing")
    assert (found["Sent in time"], found["Not sent, overdue"]) == (0, 1)


def test_levels_go_by_number_alone_where_editions_name_them_differently(
    agency: Agency, teacher: User
) -> None:
    first = Edition.objects.get(slug="ddscp-2019-12")
    second = Edition.objects.create(
        slug="another", partnership=first.partnership, title="Another", source_date="2024-12"
    )
    for number in (1, 2, 3, 4):
        same = Level.objects.get(edition=first, number=number).name
        Level.objects.create(
            edition=second, number=number, name=same if number == 4 else "Otherwise", section="1"
        )
    for edition in (first, second):
        conversation_of(agency, teacher, YEAR.start, edition=edition).save()
    assert list(table_of(agency, "judged")) == [
        "Level 1", "Level 2", "Level 3", level(4), "Not sure",
    ]  # fmt: skip
    assert table_of(agency, "judged")["Level 2"] == 2


def test_few_queries_count_however_many_conversations(
    agency: Agency, teacher: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in (5, 100):
        fill(agency, teacher, YEAR.start, YEAR.end, number, number)
        with django_assert_num_queries(9):
            counted(agency, YEAR, NOW)


def test_numbers_that_leave_are_never_small(agency: Agency, teacher: User) -> None:
    fill(agency, teacher, YEAR.start, YEAR.end, 40)
    shown = [row for table in numbers_of(agency, YEAR).tables for row in table.rows]
    assert any(row.hidden == FEW for row in shown) and any(row.hidden == HELD for row in shown)
    assert all(row.count is None or row.count == 0 or row.count >= 5 for row in shown)


@pytest.mark.parametrize(("number", "total", "tables"), [(0, "0", 0), (4, FEW, 0), (5, "5", 14)])
def test_a_small_total_shows_nothing_else(
    agency: Agency, teacher: User, number: int, total: str, tables: int
) -> None:
    fill(agency, teacher, YEAR.start, YEAR.end, number)
    numbers = numbers_of(agency, YEAR)
    assert (numbers.total, len(numbers.tables)) == (total, tables)


def test_the_page_takes_few_queries(agency: Agency, lead: User, teacher: User) -> None:
    fill(agency, teacher, Period.usual().start, timezone.now(), 50)
    client = signed_in(lead)
    with CaptureQueriesContext(connection) as queries:
        client.get("/desk/numbers/")
    assert len(queries) <= 20, [query["sql"][:100] for query in queries]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's index holds the key alone")
def test_counting_the_conversations_reads_their_index_and_no_row(
    agency: Agency, teacher: User
) -> None:
    """A row is wide, and there may be millions: a column more that is counted must be in it."""
    fill(agency, teacher, Period.usual().start, timezone.now(), 50)
    with CaptureQueriesContext(connection) as queries:
        counted(agency, YEAR)
    asked = [query["sql"] for query in queries]
    counts = [sql for sql in asked if 'FROM "referrals_conversation"' in sql.split(" WHERE ")[0]]
    used = [sql for sql in asked if sql.startswith('SELECT "thresholds_edition"."id" AS "pk"')]
    assert len(counts) == len(used) == 1
    with connection.cursor() as cursor:
        # Of so few rows it would read all, or go by whichever index comes first.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(
            "SELECT indexrelid::regclass FROM pg_index WHERE NOT indisunique "
            "AND indrelid = 'referrals_conversation'::regclass "
            "AND indexrelid <> 'conversation_numbers'::regclass"
        )
        for (other,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {other}")
        for sql in (*counts, *used):
            cursor.execute(f"EXPLAIN {sql}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Index Only Scan using conversation_numbers" in plan, plan
