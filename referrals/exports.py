"""Numbers and records as CSV, to be opened in a spreadsheet: written row by row, and safe there.

Records go out without the child's name and without anything that somebody wrote: a file
lies about for years. Its references lead back to the records in the portal.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import StringIO

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from accounts.models import Agency, User
from referrals.models import Conversation, CouncilAnswer, FollowUp
from referrals.numbers import AGREEMENT, NOT_SURE, Numbers
from referrals.periods import Period
from thresholds.concern import ELSEWHERE

# By this mark a spreadsheet knows the encoding.
BOM = "\ufeff"
# What makes a spreadsheet take a cell for a formula: a sign or a break at its beginning, or
# after what shows nothing. Also the wide and the small signs of East Asian type.
FORMULA = re.compile(r"[\s\u200b-\u200d\u2060\ufeff\x00]*[=+@\t\r\n＝＋－＠﹢﹣﹦﹫-]")
ROWS_AT_ONCE = 500

COUNT_COLUMNS = ("Agency", "From", "To", "Table", "Row", "Conversations")
RECORD_COLUMNS = (
    "Reference",
    "Recorded at",
    "Author",
    "Area",
    "Level judged",
    "Level indicated",
    "Indicated up to",
    "Level of the lead",
    "Child protection",
    "In danger now",
    "Agreement of the family",
    "Review",
    "Follow-up in writing due",
    "Follow-up in writing done",
    "Council’s latest answer",
)


def safe_cell(value: object) -> str:
    """Return a value as text that no spreadsheet runs as a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if FORMULA.match(text) else text


def csv_of(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield a CSV file in pieces, few rows at a time, so that none is ever held whole.

    Every cell is quoted: a spreadsheet that separates by semicolons must not find its own.
    """
    buffer = StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    buffer.write(BOM)
    writer.writerow(columns)
    for number, row in enumerate(rows, start=1):
        writer.writerow([safe_cell(cell) for cell in row])
        if number % ROWS_AT_ONCE == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def count_rows(agency: Agency, period: Period, numbers: Numbers) -> Iterator[list[object]]:
    """Yield the counts as the page shows them, small ones hidden."""
    head = [agency.name, *period.query.values()]
    yield [*head, "All", "Recorded conversations", numbers.total.replace(",", "")]
    for table in numbers.tables:
        for row in table.rows:
            yield [*head, table.title, row.label, row.hidden if row.count is None else row.count]


def records_for(lead: User, agency: Agency, period: Period) -> QuerySet[Conversation]:
    """Return the recorded conversations of a period that a lead may see."""
    led = Conversation.objects.led_by(lead).recorded()
    return led.filter(agency=agency, recorded_at__gte=period.start, recorded_at__lt=period.end)


def record_rows(records: QuerySet[Conversation]) -> Iterator[list[object]]:
    """Yield a row for each record, oldest first, read a few at a time."""
    writing = FollowUp.objects.filter(
        conversation=OuterRef("pk"), kind=FollowUp.Kind.WRITING
    ).order_by("-pk")
    answers = CouncilAnswer.objects.filter(conversation=OuterRef("pk")).order_by("-pk")
    rows = records.order_by("recorded_at", "pk").values_list(
        "reference",
        "recorded_at",
        "author__name",
        "area__name",
        "place",
        "judged_level",
        "read_level",
        "read_up_to",
        "lead_level",
        "child_protection",
        "danger",
        "agreement",
        "review_state",
        Subquery(writing.values("due_at")[:1]),
        Subquery(writing.values("done_at")[:1]),
        Subquery(answers.values("answer")[:1]),
    )
    for row in rows.iterator(chunk_size=ROWS_AT_ONCE):
        yield _in_words(*row)


def _in_words(
    reference: str,
    recorded_at: datetime,
    author: str,
    area: str | None,
    place: str,
    judged: int | None,
    read: int | None,
    up_to: int | None,
    lead: int | None,
    child_protection: bool,
    danger: bool,
    agreement: str,
    state: str,
    due_at: datetime | None,
    done_at: datetime | None,
    answer: str | None,
) -> list[object]:
    return [
        reference,
        _moment(recorded_at),
        author,
        area or ("Elsewhere" if place == ELSEWHERE else "Not known"),
        judged or NOT_SURE,
        read,
        up_to,
        lead,
        _yes_no(child_protection),
        _yes_no(danger),
        AGREEMENT.get(agreement, "Not answered"),
        dict(Conversation.ReviewState.choices).get(state, state),
        _moment(due_at),
        _moment(done_at),
        dict(CouncilAnswer.Answer.choices).get(answer or "", ""),
    ]


def _moment(moment: datetime | None) -> str:
    """Return a moment as the clock shows it here, such as 2026-11-24T17:40+00:00."""
    return timezone.localtime(moment).isoformat(timespec="minutes") if moment else ""


def _yes_no(value: bool) -> str:
    return "Yes" if value else "No"
