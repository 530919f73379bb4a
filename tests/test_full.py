"""A disk that is full, as SQLite tells of it: nothing is half, what was typed is given back."""

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Event
from referrals.models import Answer
from tests.pages import main_part
from tests.people import walk_to

pytestmark = [
    pytest.mark.django_db(databases=["default", "standby"]),
    pytest.mark.skipif(
        connection.vendor != "sqlite", reason="tests/faults fills PostgreSQL's disk"
    ),
]

WORDS = "She said that nobody had been at home since Friday. " * 300


def test_a_full_disk_saves_nothing_half_and_afterwards_all_goes_on(
    teachers_browser: Client,
) -> None:
    url = walk_to(teachers_browser, "concern")
    before = Answer.objects.count(), Event.objects.count()
    teachers_browser.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
        try:
            refused = teachers_browser.post(url, {"concern": WORDS})
        finally:
            cursor.execute("PRAGMA max_page_count = 1073741823")
    assert refused.status_code == 503 and WORDS.strip() in main_part(refused)
    assert (Answer.objects.count(), Event.objects.count()) == before
    assert teachers_browser.post(url, {"concern": WORDS}).status_code == 302
