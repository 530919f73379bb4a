"""What an agency learns from its recorded conversations: how many, by what.

The counts cover all that the agency recorded in a period, also what one lead may not open:
a count shows no record. All are made in the database, in a few queries, however many
conversations there are. What leaves `numbers_of` is safe to show (see small_numbers).

So that a hidden number cannot be had from two tables, each table but that of the domains
puts every conversation in one row, under the one total; a count that two tables share is
marked. Where nearly all were judged at one level, three tables together can tell it all the
same: docs/hazards.md says so. Periods are whole months (see periods). How often there are
several conversations about one child is left out: in most agencies every such number would
be hidden, and one child with many conversations could be told from it all the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from accounts.models import Agency
from referrals.consent_forms import AgreementForm
from referrals.models import Conversation, CouncilAnswer, FollowUp, Review, Sign
from referrals.periods import Period, month_before, starts, words
from referrals.small_numbers import LEAST, Row, Table, safe, shown_total
from referrals.wording import chosen_as
from thresholds.concern import ELSEWHERE
from thresholds.models import Area, Domain, Edition, Level

State = Conversation.ReviewState
# After the levels.
DOMAINS_AT = 6
NOT_SURE = "Not sure"
NO_LEAD_LEVEL = "No level from a lead yet"
AGREEMENT = {
    value: chosen_as(label) for value, label in AgreementForm.base_fields["agreement"].choices
}
# How many days after the day of the record, at most.
REVIEWED_AFTER = {"On the same day": 0, "Within 3 days": 3, "Within a week": 7}


@dataclass(frozen=True)
class Numbers:
    """The total as it may be shown, and the tables. None are shown where the total is small."""

    total: str
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class Cell:
    """A row to be counted: those conversations for which `when` holds."""

    label: str
    when: Q
    elsewhere: bool = False


@dataclass(frozen=True)
class Plan:
    """A table to be counted from the conversations' own columns."""

    slug: str
    title: str
    counted: str
    heading: str
    cells: tuple[Cell, ...]


def numbers_of(agency: Agency, period: Period) -> Numbers:
    """Return the numbers of an agency as they may be shown."""
    total, tables = counted(agency, period)
    if total < LEAST:
        return Numbers(shown_total(total), ())
    return Numbers(shown_total(total), tuple(safe(table, total) for table in tables))


def counted(agency: Agency, period: Period, now: datetime | None = None) -> tuple[int, list[Table]]:
    """Return the true counts. They are not to be shown: see `numbers_of`."""
    scope = {
        "agency": agency,
        "status": Conversation.Status.RECORDED,
        "recorded_at__gte": period.start,
        "recorded_at__lt": period.end,
    }
    rows = Conversation.objects.filter(**scope).order_by()
    # For each of the few editions, whether there is one: not all rows for their editions.
    used = Exists(rows.filter(edition=OuterRef("pk")))
    editions = list(Edition.objects.filter(used).values_list("pk", flat=True))
    plans = list(_plans(period, _level_names(editions)))
    named = {
        f"{plan.slug.replace('-', '_')}_{place}": Count("agency", filter=cell.when)
        for plan in plans
        for place, cell in enumerate(plan.cells)
    }
    # Of nothing but what the index conversation_numbers holds, which is no key: no row is read.
    counts = rows.aggregate(total=Count("agency"), **named)
    total = counts.pop("total")
    found = iter(counts.values())
    tables = [
        Table(
            plan.slug,
            plan.title,
            plan.counted,
            plan.heading,
            tuple(Row(cell.label, next(found), cell.elsewhere) for cell in plan.cells),
        )
        for plan in plans
    ]
    parts = {f"conversation__{name}": value for name, value in scope.items()}
    tables.insert(DOMAINS_AT, _by_domain(parts, editions))
    tables += [
        _by_first_review(parts, total),
        _by_writing(parts, total, now or timezone.now()),
        _by_council(parts, total),
    ]
    return total, tables


# By the conversations' own columns


def _plans(period: Period, levels: dict[int, str]) -> Iterator[Plan]:
    by_month = "Conversations by the month in which they were recorded."
    yield Plan("months", "Month of the record", by_month, "Month", tuple(_months(period)))
    by_area = "Conversations by the child’s area."
    yield Plan("areas", "Where the child lives", by_area, "Area", tuple(_areas()))
    yield Plan(
        "kinds",
        "Danger and child protection",
        "Conversations in which somebody said that the child was in danger now, and the others "
        "in which the guidance indicated child protection.",
        "Kind",
        (
            Cell("In danger now", Q(danger=True)),
            Cell("Child protection, not in danger now", Q(danger=False, child_protection=True)),
            Cell("Neither", Q(danger=False, child_protection=False)),
        ),
    )
    yield Plan(
        "judged",
        "Level judged by the practitioner",
        "Conversations by the level that the practitioner judged.",
        "Level",
        (*_levels("judged_level", levels), Cell(NOT_SURE, Q(judged_level=None), True)),
    )
    yield Plan(
        "read",
        "Level that the guidance indicated",
        "Conversations by the level that the guidance indicated from the signs and answers: "
        "the lowest, where it gave a range to discuss.",
        "Level",
        tuple(_levels("read_level", levels)),
    )
    yield Plan(
        "judged-read",
        "Judgement beside guidance",
        "Conversations by how the practitioner’s judgement stands to what the guidance indicated. "
        "A difference is no mistake: judgement decides.",
        "The practitioner judged",
        (*_beside_reading("judged_level"), Cell(NOT_SURE, Q(judged_level=None), True)),
    )
    yield Plan(
        "consent",
        "Agreement of the family",
        "Conversations by whether the family agreed to the help.",
        "Does the family agree?",
        (
            *(Cell(label, Q(agreement=value)) for value, label in AGREEMENT.items()),
            Cell("Not answered", ~Q(agreement__in=AGREEMENT)),
        ),
    )
    yield Plan(
        "lead-judged",
        "Lead beside practitioner",
        "Conversations by how the level that a safeguarding lead stands for differs from the "
        "practitioner’s judgement.",
        "The lead judged",
        (
            Cell("The same level", Q(lead_level=F("judged_level"))),
            Cell("A higher level", Q(lead_level__gt=F("judged_level"))),
            Cell("A lower level", Q(lead_level__lt=F("judged_level"))),
            Cell(
                "A level, where the practitioner was not sure",
                Q(lead_level__isnull=False, judged_level=None),
            ),
            Cell(NO_LEAD_LEVEL, Q(lead_level=None), True),
        ),
    )
    yield Plan(
        "lead-read",
        "Lead beside guidance",
        "Conversations by how the level that a safeguarding lead stands for stands to what the "
        "guidance indicated.",
        "The lead judged",
        (*_beside_reading("lead_level"), Cell(NO_LEAD_LEVEL, Q(lead_level=None), True)),
    )
    yield Plan(
        "reviews",
        "State of the review",
        "Conversations by how far their review has come today.",
        "State",
        (
            Cell(State.AWAITING.label, Q(review_state__in=("", State.AWAITING)), True),
            *(
                Cell(state.label, Q(review_state=state))
                for state in State
                if state != State.AWAITING
            ),
        ),
    )


def _months(period: Period) -> Iterator[Cell]:
    for month in period.months:
        within = Q(recorded_at__gte=starts(month), recorded_at__lt=starts(month_before(month, -1)))
        yield Cell(words(month), within)


def _areas() -> Iterator[Cell]:
    for pk, name in Area.objects.values_list("pk", "name"):
        yield Cell(name, Q(area=pk))
    yield Cell("Elsewhere", Q(area=None, place=ELSEWHERE))
    yield Cell("Not known", Q(area=None) & ~Q(place=ELSEWHERE))


def _levels(column: str, levels: dict[int, str]) -> Iterator[Cell]:
    for number, name in levels.items():
        yield Cell(name, Q(**{column: number}))


def _beside_reading(column: str) -> Iterator[Cell]:
    """Within the range that the guidance gave, below its lowest level, above its highest."""
    low, high = F("read_level"), F("read_up_to")
    within = Q(**{f"{column}__gte": low, f"{column}__lte": high})
    yield Cell("What the guidance indicated, or within its range", within)
    yield Cell("A lower level", Q(**{f"{column}__lt": low}))
    yield Cell("A higher level", Q(**{f"{column}__gt": high}))


def _level_names(editions: list[int]) -> dict[int, str]:
    """Return the levels by number, with their name where all these editions agree on it."""
    names: dict[int, set[str]] = {}
    for level in Level.objects.filter(edition__in=editions).order_by("number"):
        names.setdefault(level.number, set()).add(str(level))
    return {
        number: found.pop() if len(found) == 1 else f"Level {number}"
        for number, found in names.items()
    }


# By what belongs to a conversation


def _by_domain(parts: dict[str, Any], editions: list[int]) -> Table:
    """Worries alone: a strength in a domain is no reason to count the domain."""
    named = Domain.objects.filter(edition__in=editions).order_by(
        "edition__source_date", "edition", "position"
    )
    names = {domain.code: domain.name for domain in named}
    worries = Sign.objects.filter(indicator__level__strengths=False, **parts)
    found = worries.order_by().values_list("indicator__domain__code")
    counts = dict(found.annotate(found=Count("conversation", distinct=True)))
    return Table(
        "domains",
        "Domain of the worries",
        "Conversations with at least one worry in the domain. One conversation can count in "
        "several domains. Strengths are not counted.",
        "Domain",
        tuple(Row(name, counts.get(code, 0)) for code, name in names.items()),
        overlaps=True,
    )


def _by_first_review(parts: dict[str, Any], total: int) -> Table:
    rows = _one_each(Review.objects.filter(**parts), Review.objects.all(), "pk__lt")
    after = TruncDate("reviewed_at") - TruncDate("conversation__recorded_at")
    days = rows.annotate(after=after).values_list("after").annotate(found=Count("pk"))
    counts, left = [], dict(days)
    for most in REVIEWED_AFTER.values():
        within = [gap for gap in left if gap <= timedelta(days=most)]
        counts.append(sum(left.pop(gap) for gap in within))
    labels = [*REVIEWED_AFTER, "Later"]
    return _with_rest(
        "first-review",
        "Time to the first review",
        "Conversations by the time from the day of the record to the first thing that a "
        "safeguarding lead decided about it, be it only to ask for more.",
        "First review",
        zip(labels, [*counts, sum(left.values())], strict=True),
        Row("Not yet", total, elsewhere=True),
    )


def _by_writing(parts: dict[str, Any], total: int, now: datetime) -> Table:
    due = FollowUp.objects.filter(kind=FollowUp.Kind.WRITING)
    counts = _one_each(due.filter(**parts), due, "pk__gt").aggregate(
        in_time=Count("pk", filter=Q(done_at__lte=F("due_at"))),
        late=Count("pk", filter=Q(done_at__gt=F("due_at"))),
        overdue=Count("pk", filter=Q(done_at=None, due_at__lt=now)),
        waiting=Count("pk", filter=Q(done_at=None, due_at__gte=now)),
    )
    labels = {
        "in_time": "Sent in time",
        "late": "Sent later",
        "overdue": "Not sent, overdue",
        "waiting": "Not sent, not due yet",
    }
    return _with_rest(
        "writing",
        "Follow-up in writing",
        "Conversations by whether the council had the follow-up in writing by the time that the "
        "guidance sets, such as 48 hours after the call. If there were several, the latest counts.",
        "Follow-up",
        ((label, counts[name]) for name, label in labels.items()),
        Row("None was due", total),
    )


def _by_council(parts: dict[str, Any], total: int) -> Table:
    every = CouncilAnswer.objects.all()
    latest = _one_each(every.filter(**parts), every, "pk__gt")
    counts = dict(latest.values_list("answer").annotate(found=Count("pk")))
    return _with_rest(
        "council",
        "What the council answered",
        "Conversations by the latest answer of the council that was noted.",
        "Answer",
        ((answer.label, counts.get(answer, 0)) for answer in CouncilAnswer.Answer),
        Row("None noted", total),
    )


def _one_each(rows: QuerySet, every: QuerySet, other: str) -> QuerySet:
    """Return the first or the latest row of each conversation: none is `other` than it."""
    others = every.filter(conversation=OuterRef("conversation"), **{other: OuterRef("pk")})
    return rows.filter(~Exists(others)).order_by()


def _with_rest(
    slug: str, title: str, counted: str, heading: str, found: Iterable[tuple[str, int]], rest: Row
) -> Table:
    """Return a table whose last row is what is left of the total that stands in `rest`."""
    rows = tuple(Row(label, count) for label, count in found)
    left = (rest.count or 0) - sum(row.count or 0 for row in rows)
    last = Row(rest.label, max(left, 0), rest.elsewhere)
    return Table(slug, title, counted, heading, (*rows, last))
