"""How far a number can be trusted. A contact that nobody confirmed never looks confirmed."""

from datetime import date

import pytest

from thresholds.currency import is_confirmed, standing

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("checked_on", "review_by", "confirmed"),
    [
        (None, None, False),
        (None, date(2027, 1, 1), False),
        (date(2026, 10, 1), None, True),
        (date(2026, 10, 1), date(2026, 11, 22), True),
        (date(2026, 10, 1), date(2026, 11, 21), False),
    ],
)
def test_only_a_checked_fact_within_its_review_date_is_confirmed(
    checked_on: date | None, review_by: date | None, confirmed: bool
) -> None:
    assert is_confirmed(checked_on, review_by, TODAY) is confirmed


def test_a_fact_past_its_date_says_since_when() -> None:
    stale = standing(date(2026, 10, 1), date(2026, 11, 21), TODAY)
    fresh = standing(date(2026, 10, 1), date(2026, 11, 22), TODAY)
    assert "1 October 2026" in stale and "1 October 2026" in fresh
    assert stale != fresh
