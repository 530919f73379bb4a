"""The chain of events: what is written, and that nothing in it can be changed unseen."""

import random
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client as Browser

from accounts.events import PORTAL, chain_key, faults, note
from accounts.models import Agency, AppendOnly, Chain, Event, User
from referrals import review
from tests.people import LEVEL_2, record, signed_in, walk_to

Verb = Event.Verb
LENGTH = 30
TABLE = Event._meta.db_table


@pytest.fixture
def chain(agency: Agency, teacher: User) -> Chain:
    """An agency's chain of LENGTH events, beside another of the portal."""
    for number in range(LENGTH):
        note(
            Verb.CHANGED, actor=teacher, agency=agency,
            subject=f"conversation:{number % 5}", detail=f"step-{number}",
        )  # fmt: skip
        note(Verb.ALERTED, actor=None, agency=None, subject=f"conversation:{number}")
    return Chain.objects.get(key=chain_key(agency))


def run(sql: str, *values: object) -> None:
    """Change the table as somebody would who can reach the database."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def edit(dice: random.Random, chain: Chain) -> None:
    column, value = dice.choice(
        [
            ("actor", 9_999_999), ("verb", "opened"), ("subject", "conversation:other"),
            ("detail", "another"), ("at", "2020-01-01 00:00:00+00:00"), ("digest", "0" * 64),
        ]
    )  # fmt: skip
    number = dice.randint(1, LENGTH)
    run(
        f"UPDATE {TABLE} SET {column} = %s WHERE chain_id = %s AND number = %s",
        value, chain.pk, number,
    )  # fmt: skip


def delete(dice: random.Random, chain: Chain) -> None:
    first = dice.randint(1, LENGTH)
    last = first + dice.randint(0, 2)
    run(
        f"DELETE FROM {TABLE} WHERE chain_id = %s AND number BETWEEN %s AND %s",
        chain.pk, first, last,
    )  # fmt: skip


def close_up(dice: random.Random, chain: Chain) -> None:
    """Delete an event and number the later ones anew, so that no number is missing."""
    gone = dice.randint(1, LENGTH)
    run(f"DELETE FROM {TABLE} WHERE chain_id = %s AND number = %s", chain.pk, gone)
    for number in range(gone + 1, LENGTH + 1):
        renumber(chain, number, number - 1)


def swap(dice: random.Random, chain: Chain) -> None:
    one, other = dice.sample(range(1, LENGTH + 1), 2)
    renumber(chain, one, 1000)
    renumber(chain, other, one)
    renumber(chain, 1000, other)


def move_to_other_chain(dice: random.Random, chain: Chain) -> None:
    other = Chain.objects.get(key=PORTAL)
    run(
        f"UPDATE {TABLE} SET chain_id = %s, number = %s WHERE chain_id = %s AND number = %s",
        other.pk, Event.objects.filter(chain=other).count() + 1, chain.pk, dice.randint(1, LENGTH),
    )  # fmt: skip


def renumber(chain: Chain, number: int, to: int) -> None:
    run(
        f"UPDATE {TABLE} SET number = %s WHERE chain_id = %s AND number = %s",
        to, chain.pk, number,
    )  # fmt: skip


@pytest.fixture
def trigger_off(db: None) -> None:
    """Do what the owner of the database can: switch off the trigger that refuses changes."""
    if connection.vendor == "postgresql":
        run("SET CONSTRAINTS ALL IMMEDIATE")
        run(f"ALTER TABLE {TABLE} DISABLE TRIGGER events_are_append_only")


def test_a_thousand_tamperings_are_all_found(chain: Chain, trigger_off: None) -> None:
    assert not list(faults())
    dice = random.Random(2026)
    kinds: list[Callable[[random.Random, Chain], None]] = [
        edit, delete, close_up, swap, move_to_other_chain,
    ]  # fmt: skip
    for number in range(1000):
        kind = kinds[number % len(kinds)]
        with transaction.atomic():
            kind(dice, chain)
            assert next(faults(), None), f"{kind.__name__}, number {number}, was not found"
            transaction.set_rollback(True)
    assert not list(faults())


@pytest.mark.parametrize("number", [1, LENGTH // 2, LENGTH])
def test_what_is_found_names_the_event(chain: Chain, trigger_off: None, number: int) -> None:
    run(
        f"UPDATE {TABLE} SET verb = 'opened' WHERE chain_id = %s AND number = %s",
        chain.pk, number,
    )  # fmt: skip
    assert [(fault.chain, fault.number) for fault in faults()] == [(chain.key, number)]


def test_events_of_a_chain_that_is_gone_are_found(chain: Chain, trigger_off: None) -> None:
    with transaction.atomic():
        run(f"UPDATE {Chain._meta.db_table} SET key = %s WHERE id = %s", "agency:0", chain.pk)
        assert list(faults())
        transaction.set_rollback(True)


def test_the_command_says_all_is_whole(chain: Chain, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_events")
    assert Event.objects.count() >= 2 * LENGTH
    assert str(Event.objects.count()) in capsys.readouterr().out


def test_the_command_exits_1_where_it_is_not(
    chain: Chain, trigger_off: None, capsys: pytest.CaptureFixture[str]
) -> None:
    renumber(chain, 7, 1000)
    with pytest.raises(CommandError) as error:
        call_command("verify_events")
    assert error.value.returncode == 1
    assert chain.key in capsys.readouterr().err


def test_a_tampering_with_the_secret_of_another_is_found(
    chain: Chain, settings: pytest.FixtureRequest
) -> None:
    settings.EVENT_KEYS = ["another key altogether"]
    assert list(faults())


def test_a_new_key_leaves_old_events_whole(
    chain: Chain, agency: Agency, settings: pytest.FixtureRequest
) -> None:
    settings.EVENT_KEYS = ["a new key", *settings.EVENT_KEYS]
    note(Verb.OPENED, actor=None, agency=agency)
    assert not list(faults())


@pytest.mark.parametrize(
    "change",
    [
        lambda event: event.save(),
        lambda event: event.delete(),
        lambda event: Event.objects.update(verb=Verb.OPENED),
        lambda event: Event.objects.filter(pk=event.pk).delete(),
        lambda event: Event.objects.bulk_update([event], ["verb"]),
    ],
)
def test_the_model_refuses_changes(chain: Chain, change: Callable[[Event], object]) -> None:
    with pytest.raises(AppendOnly):
        change(Event.objects.first())


@pytest.mark.parametrize("sql", [f"UPDATE {TABLE} SET verb = 'opened'", f"DELETE FROM {TABLE}"])
def test_postgresql_refuses_changes(chain: Chain, sql: str) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("The trigger is PostgreSQL's.")
    with pytest.raises(DatabaseError), transaction.atomic():
        run(sql)


@pytest.mark.parametrize("detail", ["Amina Example", "Über", "a" * 65, "a b"])
def test_a_detail_that_could_name_somebody_is_refused(agency: Agency, detail: str) -> None:
    with pytest.raises(ValueError):
        note(Verb.OPENED, actor=None, agency=agency, detail=detail)


def test_an_event_goes_with_its_transaction(agency: Agency) -> None:
    before = Event.objects.count()
    with transaction.atomic():
        note(Verb.OPENED, actor=None, agency=agency)
        transaction.set_rollback(True)
    assert Event.objects.count() == before


def test_each_act_writes_its_event(
    teachers_browser: Browser, teacher: User, leads_browser: Browser, lead: User
) -> None:
    done = record(teachers_browser)
    base = f"/conversations/{done.token}/"
    leads_browser.get(f"{base}summary/")
    leads_browser.get(f"{base}summary.pdf")
    review.add(conversation=done, author=teacher, text="More")
    read, signed = review.digest(done), review.kept_digest(done)
    review.review(conversation=done, reviewer=lead, decision="sign-off", read=read)
    review.add(conversation=done, author=teacher, text="More again")
    told = Event.objects.filter(subject=done.subject).order_by("number")
    steps = {step for step in LEVEL_2 if step != "call-now"}
    assert set(told.filter(verb=Verb.CHANGED).values_list("detail", flat=True)) >= steps - {
        "family"
    }
    after = [(event.actor, event.verb) for event in told if event.verb not in ("changed", "opened")]
    assert after == [
        (teacher.pk, Verb.BEGAN), (teacher.pk, Verb.RECORDED), (lead.pk, Verb.PRINTED),
        (teacher.pk, Verb.ADDED), (lead.pk, Verb.SIGNED_OFF), (teacher.pk, Verb.ADDED),
        (teacher.pk, Verb.REOPENED),
    ]  # fmt: skip
    assert told.filter(verb=Verb.OPENED, actor=lead.pk).count() == 1
    assert told.get(verb=Verb.SIGNED_OFF).detail == signed
    assert not list(faults())


def test_a_refusal_is_written_for_a_record_and_for_none_alike(
    teachers_browser: Browser, colleague: User
) -> None:
    done = record(teachers_browser)
    missing = "00000000-0000-4000-8000-000000000000"
    browser = signed_in(colleague)
    for token in (done.token, missing):
        browser.get(f"/conversations/{token}/summary/")
    refused = Event.objects.filter(verb=Verb.REFUSED, actor=colleague.pk)
    assert {event.subject for event in refused} == {
        done.subject, f"conversation:{missing}",
    }  # fmt: skip


def test_reading_pages_of_a_draft_is_one_visit(teachers_browser: Browser) -> None:
    url = walk_to(teachers_browser, "concern")
    for _ in range(3):
        teachers_browser.get(url)
    assert Event.objects.filter(verb=Verb.OPENED).count() == 1


def test_no_event_holds_personal_data(teachers_browser: Browser) -> None:
    record(teachers_browser)
    told = " ".join(str(row) for row in Event.objects.values_list())
    for words in ("Amina", "breakfast", "gran", "Example", "teacher", "school"):
        assert words not in told
