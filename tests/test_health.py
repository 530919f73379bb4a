"""What a monitor is told: one word, and a status that can be relied on."""

from collections.abc import Callable

import pytest
from django.core import mail
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from referrals.models import Answer
from tests.people import walk_to

OTHER_KEY = "another-key-than-that-of-the-answer"

Break = Callable[[pytest.MonkeyPatch, Settings], object]


def no_database(patch: pytest.MonkeyPatch, settings: Settings) -> None:
    def refuse(*args: object) -> None:
        raise OperationalError("could not connect to server, user portal")

    patch.setattr("django.db.backends.utils.CursorWrapper.execute", refuse)


def no_migration(patch: pytest.MonkeyPatch, settings: Settings) -> None:
    MigrationRecorder(connection).record_unapplied("accounts", "0002_events_and_invitations")


def no_guidance(patch: pytest.MonkeyPatch, settings: Settings) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM thresholds_contact")


def no_cache_table(patch: pytest.MonkeyPatch, settings: Settings) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE portal_cache")


def no_key(patch: pytest.MonkeyPatch, settings: Settings) -> None:
    patch.setattr(settings, "DATA_KEYS", [OTHER_KEY])


BROKEN: list[Break] = [no_database, no_migration, no_guidance, no_cache_table, no_key]


def test_alive_without_a_database(
    client: Client, db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        response = client.get("/health/")
    assert (response.status_code, response.content) == (200, b"alive\n")
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies


@pytest.mark.parametrize("why", BROKEN, ids=lambda why: why.__name__)
def test_ready_only_when_all_is_well(
    client: Client,
    teachers_browser: Client,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    why: Break,
) -> None:
    walk_to(teachers_browser, "child")
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM referrals_answer")
        locked = [token for (token,) in cursor.fetchall()]
    well = client.get("/ready/")
    assert (well.status_code, well.content) == (200, b"ready\n")
    assert "no-store" in well["Cache-Control"] and not well.cookies
    with monkeypatch.context() as patch:
        why(patch, settings)
        ill = client.get("/ready/")
    assert (ill.status_code, ill.content) == (503, b"not ready\n")
    assert locked and not any(secret in caplog.text for secret in (OTHER_KEY, *locked))


def test_ready_before_anybody_has_written_anything(client: Client, db: None) -> None:
    assert not Answer.objects.exists()
    assert client.get("/ready/").status_code == 200


def test_the_mail_server_is_asked_only_when_wanted(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: object) -> None:
        raise ConnectionRefusedError("smtp.example")

    assert client.get("/ready/?mail").status_code == 200
    monkeypatch.setattr(type(mail.get_connection()), "open", refuse)
    assert client.get("/ready/").status_code == 200
    assert client.get("/ready/?mail").status_code == 503
