"""What is taken out as CSV: nobody else's records, no formula, no name of a child, and noted."""

import csv
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from accounts.events import faults
from accounts.models import Agency, Event, Membership, User
from referrals import exports
from referrals.exports import COUNT_COLUMNS, RECORD_COLUMNS, csv_of, safe_cell
from referrals.models import Child, Conversation, CouncilAnswer, FollowUp
from referrals.numbers import numbers_of
from referrals.periods import Period
from referrals.small_numbers import FEW, HELD
from tests.many import conversation_of, fill
from tests.people import make_person, signed_in

LEAD, READER = Membership.Role.LEAD, Membership.Role.READER
Rows = list[dict[str, str]]


@pytest.fixture
def lead(agency: Agency) -> User:
    return make_person("lead@school.example", agency, LEAD)


def taken(user: User, name: str, query: str = "") -> Rows:
    """What a person gets, read as a spreadsheet reads it."""
    response = signed_in(user).get(f"/desk/{name}.csv{query}")
    assert response.status_code == 200
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text)))


def this_year(agency: Agency, author: User, number: int) -> list[Conversation]:
    return fill(agency, author, Period.usual().start, timezone.now(), number)


# Formulas. A spreadsheet trims a cell, drops what shows nothing, and takes wide signs for narrow.

DANGEROUS = st.sampled_from("=+-@\t\r\n＝＋－＠﹦")
BEFORE = st.text(st.sampled_from(" \t\r\n\xa0\u2003\u3000\u200b\ufeff\x00"), max_size=5)


@given(BEFORE, DANGEROUS, st.text(max_size=20))
def test_no_cell_is_a_formula(before: str, sign: str, rest: str) -> None:
    cell = f"{before}{sign}{rest}"
    assert safe_cell(cell) == f"'{cell}"


@given(st.text(max_size=40))
def test_a_cell_is_what_it_was_but_for_an_apostrophe(text: str) -> None:
    cell = safe_cell(text)
    assert cell.removeprefix("'") == text or cell == text
    assert not re.match(r"[\s\u200b-\u200d\u2060\ufeff\x00]*[=+\-@＝＋－＠]", cell)


@given(st.lists(st.tuples(st.text(max_size=10), st.text(max_size=10)), max_size=5))
def test_a_file_reads_back_whatever_is_in_it(rows: list[tuple[str, str]]) -> None:
    text = "".join(csv_of(("One", "Two"), rows))
    assert text.startswith("\ufeff")
    read = list(csv.reader(StringIO(text.removeprefix("\ufeff"), newline="")))
    assert read == [["One", "Two"], *([safe_cell(one), safe_cell(two)] for one, two in rows)]


@pytest.mark.parametrize(("value", "cell"), [(None, ""), (0, "0"), (12, "12"), ("Derby", "Derby")])
def test_ordinary_values_stay_as_they_are(value: object, cell: str) -> None:
    assert safe_cell(value) == cell


def test_a_file_is_written_as_it_is_read() -> None:
    """A piece is out before the rows after it are even asked for."""
    asked = []

    def rows() -> Iterator[list[int]]:
        for number in range(exports.ROWS_AT_ONCE * 3):
            asked.append(number)
            yield [number]

    pieces = csv_of(("Number",), rows())
    first = next(pieces)
    assert len(asked) == exports.ROWS_AT_ONCE
    assert first.count("\r\n") == exports.ROWS_AT_ONCE + 1
    assert len("".join(pieces).splitlines()) == exports.ROWS_AT_ONCE * 2


# Counts.


def test_the_counts_are_those_of_the_page(agency: Agency, lead: User, teacher: User) -> None:
    this_year(agency, teacher, 40)
    rows = taken(lead, "numbers")
    assert list(rows[0]) == list(COUNT_COLUMNS)
    assert (rows[0]["Row"], rows[0]["Conversations"]) == ("Recorded conversations", "40")
    tables = numbers_of(agency, Period.usual()).tables
    assert [row["Conversations"] for row in rows[1:]] == [
        row.shown for table in tables for row in table.rows
    ]


def test_small_counts_are_hidden_in_the_file_too(agency: Agency, lead: User, teacher: User) -> None:
    this_year(agency, teacher, 40)
    numbers = [row["Conversations"] for row in taken(lead, "numbers")]
    assert FEW in numbers and HELD in numbers
    assert not {"1", "2", "3", "4"} & set(numbers)


def test_a_small_total_is_all_that_is_taken(agency: Agency, lead: User, teacher: User) -> None:
    this_year(agency, teacher, 4)
    assert [row["Conversations"] for row in taken(lead, "numbers")] == [FEW]


def test_a_reader_takes_the_counts(agency: Agency, teacher: User) -> None:
    this_year(agency, teacher, 10)
    reader = make_person("reader@school.example", agency, READER)
    assert taken(reader, "numbers")[0]["Conversations"] == "10"


# Records.


def test_a_record_is_a_row_of_its_columns(agency: Agency, lead: User, teacher: User) -> None:
    at = timezone.now().replace(second=0, microsecond=0)
    done = conversation_of(
        agency, teacher, at, place="elsewhere", judged_level=None, read_level=3, read_up_to=4,
        lead_level=4, child_protection=True, agreement="refused", review_state="signed-off",
    )  # fmt: skip
    done.save()
    Child.objects.create(conversation=done, name="Amina Example")
    FollowUp.objects.create(conversation=done, kind="writing", due_at=at, done_at=at)
    FollowUp.objects.create(conversation=done, kind="plan", due_at=at + timedelta(days=9))
    for answer in ("no-reply", "accepted"):
        CouncilAnswer.objects.create(
            conversation=done, answer=answer, answered_on=at.date(), note="Secret", noted_by=lead
        )
    local = timezone.localtime(at).isoformat(timespec="minutes")
    (row,) = taken(lead, "records")
    assert list(row.items()) == list(
        zip(
            RECORD_COLUMNS,
            [
                done.reference, local, "teacher", "Elsewhere", "Not sure", "3", "4", "4", "Yes",
                "No", "No, they do not agree", "Signed off", local, local, "Accepted",
            ],
            strict=True,
        )
    )  # fmt: skip


def test_a_moment_is_that_of_the_local_clock(agency: Agency, lead: User, teacher: User) -> None:
    conversation_of(agency, teacher, datetime(2026, 6, 30, 23, 30, tzinfo=UTC)).save()
    (row,) = taken(lead, "records", "?from=2026-07&to=2026-07")
    assert row["Recorded at"] == "2026-07-01T00:30+01:00"
    assert taken(lead, "records", "?from=2026-06&to=2026-06") == []


def test_a_lead_does_not_get_what_is_kept_from_them(
    agency: Agency, lead: User, teacher: User
) -> None:
    done = this_year(agency, teacher, 12)
    done[0].kept_from.add(lead)
    references = {row["Reference"] for row in taken(lead, "records")}
    assert references == {conversation.reference for conversation in done[1:]}


def test_neither_drafts_nor_other_agencies_nor_other_months_are_taken(
    agency: Agency, lead: User, teacher: User
) -> None:
    usual = Period.usual()
    other = Agency.objects.create(name="Another Trust")
    this_year(other, teacher, 3)
    fill(agency, teacher, usual.start - timedelta(days=30), usual.start, 3)
    draft = conversation_of(agency, teacher, timezone.now(), status=Conversation.Status.DRAFT)
    draft.save()
    assert taken(lead, "records") == []


def test_a_lead_of_two_agencies_takes_the_records_of_one(
    agency: Agency, lead: User, teacher: User
) -> None:
    other = Agency.objects.create(name="Another Trust")
    Membership.objects.create(user=lead, agency=other, role=LEAD)
    here, there = this_year(agency, teacher, 3), this_year(other, teacher, 4)
    for chosen, done in ((agency, here), (other, there)):
        rows = taken(lead, "records", f"?agency={chosen.pk}")
        assert {row["Reference"] for row in rows} == {one.reference for one in done}


def test_an_authors_name_is_no_formula(agency: Agency, lead: User, teacher: User) -> None:
    User.objects.filter(pk=teacher.pk).update(name='=HYPERLINK("http://evil.example")')
    this_year(agency, teacher, 1)
    assert taken(lead, "records")[0]["Author"] == '\'=HYPERLINK("http://evil.example")'


def test_many_records_take_as_many_queries_as_few(
    agency: Agency, lead: User, teacher: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    this_year(agency, teacher, 60)
    with django_assert_num_queries(1):
        rows = exports.record_rows(exports.records_for(lead, agency, Period.usual()))
        assert len(list(rows)) == 60


# Both.


@pytest.mark.parametrize(("name", "what"), [("numbers", "counts"), ("records", "records")])
def test_what_is_taken_is_noted_before_anything_is_sent(
    agency: Agency, lead: User, teacher: User, name: str, what: str
) -> None:
    this_year(agency, teacher, 6)
    response = signed_in(lead).get(f"/desk/{name}.csv")
    event = Event.objects.get(verb=Event.Verb.EXPORTED)
    assert (event.actor, event.detail, event.chain.key) == (lead.pk, what, f"agency:{agency.pk}")
    assert response.streaming and not list(faults())


@pytest.mark.parametrize("name", ["numbers", "records"])
def test_a_file_has_a_plain_name_and_is_kept_by_no_cache(
    agency: Agency, lead: User, name: str
) -> None:
    response = signed_in(lead).get(f"/desk/{name}.csv?from=2026-01&to=2026-11")
    assert response["Content-Disposition"] == (
        f'attachment; filename="{name}-2026-01-to-2026-11.csv"'
    )
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("name", ["numbers", "records"])
def test_a_wrong_period_leads_to_the_page_that_says_so_and_nothing_is_taken(
    agency: Agency, lead: User, name: str
) -> None:
    response = signed_in(lead).get(f"/desk/{name}.csv?from=2026-11&to=2026-01")
    assert response.status_code == 302
    assert response.url == "/desk/numbers/?from=2026-11&to=2026-01"
    assert not Event.objects.filter(verb=Event.Verb.EXPORTED).exists()


def test_a_period_runs_over_the_turn_of_a_year() -> None:
    period = Period(date(2025, 11, 1), date(2026, 2, 1))
    assert [f"{month:%Y-%m}" for month in period.months] == [
        "2025-11", "2025-12", "2026-01", "2026-02",
    ]  # fmt: skip
    assert period.end == datetime(2026, 3, 1, tzinfo=UTC)
