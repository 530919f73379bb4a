"""What to do next, as a test looks at it: by the codes of the actions."""

from collections.abc import Iterable

import pytest
from pytest_django import DjangoDbBlocker

from thresholds.concern import ELSEWHERE, UNKNOWN_AREA, Concern
from thresholds.guidance import Contact, Guidance
from thresholds.load import contacts_of
from thresholds.models import Area
from thresholds.next_steps import NextSteps, next_steps
from thresholds.reading import read

PLACES = ["derby", "derbyshire"]
OUTSIDE = [ELSEWHERE, UNKNOWN_AREA]
UNDECIDED, NO_HARM, HARM = "unknown", "no", "yes"
NEED_AT_4, HARM_AT_4 = "dd190", "dd157"


@pytest.fixture(scope="session")
def contacts(ddscp: Guidance, django_db_blocker: DjangoDbBlocker) -> tuple[Contact, ...]:
    """The contacts of every area, so that a test can see the wrong ones being left out."""
    with django_db_blocker.unblock():
        return contacts_of(Area.objects.all())


def steps_for(
    concern: Concern,
    guidance: Guidance,
    contacts: Iterable[Contact],
    judgement: int | None = None,
) -> NextSteps:
    return next_steps(read(concern, guidance), concern, guidance, contacts, judgement)


def codes(steps: NextSteps) -> list[str]:
    return [action.code for action in steps.actions]


def check(steps: NextSteps, wanted: set[str], unwanted: set[str]) -> None:
    found = set(codes(steps))
    assert wanted <= found
    assert not unwanted & found
