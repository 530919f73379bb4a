"""A time of day, as people write it."""

from datetime import time

import pytest
from django.core.exceptions import ValidationError

from referrals.fields import ClockField

QUARTER_TO_SIX = time(17, 45)


@pytest.mark.parametrize(
    "typed",
    [
        "17:45",
        "17.45",
        "1745",
        "5.45pm",
        "5:45 PM",
        "05:45pm",
        "5:45 p.m.",
        "5.45 p.m",
        "5.45 P. M.",
    ],
)
def test_a_time_is_taken_as_people_write_it(typed: str) -> None:
    assert ClockField().clean(typed) == QUARTER_TO_SIX


def test_a_half_of_the_day_without_minutes_is_taken() -> None:
    assert ClockField().clean("9 a.m.") == time(9)


@pytest.mark.parametrize(
    "typed", ["25:99", "5.45 xm", "p.m.", "quarter to six", "17:45 p.m. or so"]
)
def test_what_is_no_time_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        ClockField().clean(typed)
