"""What a server loads before it starts its workers."""

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from pytest import MonkeyPatch

from portal import warm
from thresholds import index, load
from thresholds.models import Edition


@pytest.fixture
def left_open(monkeypatch: MonkeyPatch) -> list[str]:
    """Keep the connection of the test, and tell that it was asked to be closed."""
    closed: list[str] = []
    monkeypatch.setattr(warm.connections, "close_all", lambda: closed.append("closed"))
    return closed


def test_the_edition_in_force_and_its_finder_are_there(db: None, left_open: list[str]) -> None:
    load.forget()
    index.forget()
    warm.guidance()
    edition = Edition.objects.select_related("partnership").get(slug="ddscp-2019-12")
    with CaptureQueriesContext(connection) as asked:
        assert load.load(edition).indicators and index.finder_of(edition)
    assert not asked.captured_queries
    assert left_open == ["closed"]


def test_a_database_that_is_not_there_does_not_stop_the_server(
    left_open: list[str], monkeypatch: MonkeyPatch
) -> None:
    def refuse(manager: object) -> None:
        raise DatabaseError("no connection")

    monkeypatch.setattr(type(Edition.objects), "in_force", refuse)
    warm.guidance()
    assert left_open == ["closed"]
