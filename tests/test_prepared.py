"""Queries that are compiled once find each time what is there by then, and what was told."""

from contextlib import closing
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.db.models import CharField
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.backend import PERSON
from accounts.models import Membership, User
from accounts.prepared import Given, Prepared
from referrals.access import OWN
from referrals.models import Conversation
from tests.people import walk_to
from thresholds.load import in_force_of
from thresholds.models import Contact, Edition


def test_it_finds_what_is_there_when_it_is_asked(teacher: User, colleague: User) -> None:
    named = Prepared(lambda: User.objects.filter(name=Given(0, CharField())))
    assert named("teacher") == [teacher]
    assert named("colleague") == [colleague]
    assert named.first("' OR true --") is None
    User.objects.filter(pk=colleague.pk).update(name="teacher")
    assert set(named("teacher")) == {teacher, colleague}
    assert named.first("colleague") is None


def test_it_finds_the_same_as_the_query_that_it_is_made_of(
    teachers_browser: Client, teacher: User
) -> None:
    token = walk_to(teachers_browser, "concern").split("/")[2]
    with CaptureQueriesContext(connection) as asked:
        prepared = OWN.first(teacher.pk, token)
    (query,) = asked.captured_queries
    plain = Conversation.objects.own_of(teacher).get(token=token)
    assert prepared == plain
    assert f"{token}".replace("-", "") in query["sql"].replace("-", "")
    fields = [field.attname for field in Conversation._meta.concrete_fields]
    assert {name: getattr(prepared, name) for name in fields} == {
        name: getattr(plain, name) for name in fields
    }
    assert {one["step"] for one in prepared.answered} == {"area", "danger", "child", "call"}


@pytest.mark.parametrize(
    "change",
    [
        lambda person: Membership.objects.filter(user=person).update(suspended_at=timezone.now()),
        lambda person: Membership.objects.filter(user=person).update(role="reader"),
        lambda person: Membership.objects.filter(user=person).delete(),
        lambda person: User.objects.filter(pk=person.pk).update(is_active=False),
        lambda person: User.objects.filter(pk=person.pk).update(is_editor=True),
    ],
    ids=["suspended", "reader", "left", "inactive", "editor"],
)
def test_who_may_no_longer_see_it_finds_nothing(
    change, teachers_browser: Client, teacher: User, colleague: User
) -> None:
    token = walk_to(teachers_browser, "danger").split("/")[2]
    assert OWN.first(teacher.pk, token)
    assert OWN.first(colleague.pk, token) is None
    change(teacher)
    assert OWN.first(teacher.pk, token) is None


def test_a_role_counts_at_the_next_request(teacher: User) -> None:
    assert {one["role"] for one in PERSON.first(teacher.pk).held} == {"practitioner"}
    Membership.objects.filter(user=teacher).update(role="lead")
    assert {one["role"] for one in PERSON.first(teacher.pk).held} == {"lead"}


def test_what_is_in_force_follows_the_day(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    edition = Edition.objects.get(slug="ddscp-2019-12")
    assert in_force_of(edition.partnership_id) == edition
    before = edition.published_on - timedelta(days=1)
    with monkeypatch.context() as earlier:
        earlier.setattr(timezone, "localdate", lambda *args: before)
        assert in_force_of(edition.partnership_id) is None
    assert in_force_of(edition.partnership_id) == edition


def test_a_number_that_changes_is_on_the_next_page(client: Client, db: None) -> None:
    contact = Contact.objects.filter(area__slug="derby").exclude(phone="").first()
    assert contact.phone in client.get("/").text
    Contact.objects.filter(pk=contact.pk).update(phone="01000 999 111")
    assert "01000 999 111" in client.get("/").text


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite prepares nothing for later")
def test_postgresql_reads_a_query_once_for_each_connection(teacher: User) -> None:
    by_name = Prepared(lambda: User.objects.filter(name=Given(0, CharField()), email__contains="%"))
    with CaptureQueriesContext(connection) as asked:
        assert by_name("teacher") == by_name("nobody") == []
    first, second = (query["sql"] for query in asked)
    assert first.startswith("PREPARE ") and "accounts_user" in first
    assert second.startswith("EXECUTE ")
    teacher.email = "a%b@school.example"
    teacher.save()
    assert by_name("teacher") == [teacher]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite prepares nothing for later")
def test_one_plan_is_kept_whatever_is_told(teacher: User) -> None:
    by_name = Prepared(lambda: User.objects.filter(name=Given(0, CharField())))
    with CaptureQueriesContext(connection) as asked:
        for name in ("teacher", "nobody") * 4:
            by_name(name)
    prepared = asked[-1]["sql"].rpartition("EXECUTE ")[2].partition(" ")[0]
    with connection.cursor() as cursor:
        told = "SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE name = %s"
        cursor.execute(told, [prepared])
        assert cursor.fetchone() == (0, 8)


def test_what_failed_is_told_anew(teacher: User) -> None:
    """Nobody knows whether it was prepared: the transaction may have been over before it."""
    by_name = Prepared(lambda: User.objects.filter(name=Given(0, CharField())))
    with pytest.raises(DatabaseError), transaction.atomic():
        with connection.cursor() as cursor, pytest.raises(DatabaseError):
            cursor.execute("SELECT nothing FROM nowhere")
        if connection.vendor == "sqlite":  # which goes on after an error
            raise DatabaseError
        by_name("teacher")
    assert by_name("teacher") == [teacher]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite prepares nothing for later")
def test_a_new_connection_is_told_anew(teacher: User, monkeypatch: pytest.MonkeyPatch) -> None:
    by_name = Prepared(lambda: User.objects.filter(name=Given(0, CharField())))
    assert by_name("teacher") == [teacher]
    own = connections["default"]
    other = own.get_new_connection(own.get_connection_params())
    with closing(other), monkeypatch.context() as changed:
        changed.setattr(own, "connection", other)
        assert by_name("teacher") == []  # the first transaction has kept nobody yet
    assert by_name("teacher") == [teacher]


def test_what_fails_leaves_the_query_to_the_next(teacher: User) -> None:
    """A transaction that is undone takes no prepared query with it, nor does one that fails."""
    by_name = Prepared(lambda: User.objects.filter(name=Given(0, CharField())))
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        assert by_name("teacher") == [teacher]
        raise ZeroDivisionError
    assert by_name("teacher") == [teacher]
