"""Who the child is: what the page takes, and what it asks to look at again."""

import pytest
from django.test import Client as Browser
from django.utils.timezone import localdate

from tests.people import LEVEL_2, walk_to


@pytest.mark.parametrize(
    ("years", "taken"), [(0, True), (17, True), (18, True), (25, True), (26, False), (100, False)]
)
def test_a_birthday_is_a_childs_or_a_young_persons(
    teachers_browser: Browser, years: int, taken: bool
) -> None:
    """A year mistyped would count from then how long the record is kept."""
    url = walk_to(teachers_browser, "child")
    today = localdate()
    born = {
        "born_on_day": today.day,
        "born_on_month": today.month,
        "born_on_year": today.year - years,
    }
    if (today.month, today.day) == (2, 29):
        born |= {"born_on_day": 28}
    assert (teachers_browser.post(url, LEVEL_2["child"] | born).status_code == 302) == taken
