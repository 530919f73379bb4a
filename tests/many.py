"""Many recorded conversations at once, written straight into the tables."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from accounts.models import Agency, User
from referrals.models import (
    Conversation,
    CouncilAnswer,
    FollowUp,
    Review,
    Sign,
)
from referrals.services import new_reference
from thresholds.models import Area, Edition, Indicator, Level

RECORDED = Conversation.Status.RECORDED
State = Conversation.ReviewState
LEVELS = (None, 1, 2, 3, 4)


@pytest.fixture
def other_agency(db: None) -> Agency:
    return Agency.objects.create(name="Another Trust", kind=Agency.Kind.HEALTH)


def level(number: int | None, missing: str = "Not sure") -> str:
    """How a table of numbers names a level of the shipped edition."""
    names = {1: "Universal", 2: "Emerging", 3: "Intensive", 4: "Specialist"}
    found = {row.number: str(row) for row in Level.objects.filter(edition__slug="ddscp-2019-12")}
    assert names.keys() <= found.keys()
    return found[number] if number else missing


def conversation_of(agency: Agency, author: User, at: datetime, **changes: Any) -> Conversation:
    """Return a recorded conversation, not saved, which says as little as it can."""
    given: dict[str, Any] = {
        "place": "unknown",
        "status": RECORDED,
        "reaches_leads": True,
        "reference": new_reference(),
        "judged_level": 2,
        "read_level": 2,
        "read_up_to": 2,
        "agreement": "given",
        "review_state": State.AWAITING,
    }
    if not ({"edition", "edition_id"} & changes.keys()):
        given["edition"] = Edition.objects.get(slug="ddscp-2019-12")
    return Conversation(agency=agency, author=author, recorded_at=at, **given | changes)


def fill(
    agency: Agency, author: User, start: datetime, end: datetime, number: int, seed: int = 1
) -> list[Conversation]:
    """Record `number` conversations of all sorts between two moments, with what follows them."""
    pick = Random(seed)
    edition = Edition.objects.get(slug="ddscp-2019-12")
    areas = [*Area.objects.all(), None]
    made = Conversation.objects.bulk_create(
        _any_conversation(pick, agency, author, edition, areas, start, end) for _ in range(number)
    )
    indicators = list(Indicator.objects.filter(edition=edition).order_by("code"))
    Sign.objects.bulk_create(
        Sign(conversation=done, indicator=indicator)
        for done in made
        for indicator in pick.sample(indicators, pick.choice((0, 1, 2, 5)))
    )
    Review.objects.bulk_create(_reviews(pick, made, author))
    _date_reviews(pick, made)
    FollowUp.objects.bulk_create(_follow_ups(pick, made))
    CouncilAnswer.objects.bulk_create(
        CouncilAnswer(
            conversation=done,
            answer=pick.choice(CouncilAnswer.Answer.values),
            answered_on=done.recorded_at.date(),
            noted_by=author,
        )
        for done in made
        for _ in range(pick.choice((0, 0, 1, 2)))
    )
    return made


def _any_conversation(
    pick: Random,
    agency: Agency,
    author: User,
    edition: Edition,
    areas: list[Area | None],
    start: datetime,
    end: datetime,
) -> Conversation:
    read = pick.choice((1, 2, 2, 3, 4))
    danger = pick.random() < 0.1
    area = pick.choice(areas)
    state = pick.choice(State.values)
    settled = state not in (State.AWAITING, State.ASKED)
    return conversation_of(
        agency,
        author,
        start + (end - start) * pick.random(),
        edition=edition,
        area=area,
        place=area.slug if area else pick.choice(("elsewhere", "unknown")),
        judged_level=pick.choice(LEVELS),
        read_level=read,
        read_up_to=min(4, read + pick.choice((0, 0, 1))),
        danger=danger,
        child_protection=danger or read == 4,
        agreement=pick.choice(("given", "refused", "unsafe", "not_asked", "unknown")),
        review_state=state,
        lead_level=pick.choice(LEVELS) if settled else None,
    )


def _reviews(pick: Random, made: list[Conversation], reviewer: User) -> Iterator[Review]:
    for done in made:
        for _ in range(pick.choice((0, 1, 2))):
            yield Review(conversation=done, reviewer=reviewer, decision=Review.Decision.AGREE)


def _date_reviews(pick: Random, made: list[Conversation]) -> None:
    """Move the reviews, which are dated as they are written, to days after the record."""
    moments = {done.pk: done.recorded_at for done in made}
    reviews = list(Review.objects.filter(conversation__in=made))
    for review in reviews:
        moments[review.conversation_id] += timedelta(hours=pick.choice((1, 20, 60, 100, 300)))
        review.reviewed_at = moments[review.conversation_id]
    Review.objects.bulk_update(reviews, ["reviewed_at"], batch_size=100)


def _follow_ups(pick: Random, made: list[Conversation]) -> Iterator[FollowUp]:
    for done in made:
        due_at = done.recorded_at + timedelta(hours=48)
        for kind in FollowUp.Kind:
            if pick.random() < 0.6:
                after = pick.choice((None, 10, 100))
                done_at = done.recorded_at + timedelta(hours=after) if after else None
                yield FollowUp(conversation=done, kind=kind, due_at=due_at, done_at=done_at)
