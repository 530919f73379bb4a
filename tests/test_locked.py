"""What people write about a child cannot be read from the database, and is found all the same."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.exceptions import FieldError
from django.db import connection, models
from django.db.models import F, TextField
from django.db.models.functions import Cast
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from psycopg2 import connect
from pytest_django import Settings

from accounts.locked import (
    CannotOpen,
    LockedDateField,
    LockedField,
    LockedJSONField,
    LockedTextField,
)
from accounts.models import Agency, User
from referrals import desk, desk_pages, follow_up, review, services
from referrals.fields import PlainText
from referrals.finding import has_all_words, key_of, words_in
from referrals.models import Answer, Child, Conversation, CouncilAnswer, Review
from referrals.steps import BY_SLUG, STEPS
from tests.dumping import dumped
from tests.people import LEVEL_2, record
from thresholds.consent import YOUNG_PERSON

ROOT = Path(__file__).parents[1]
CANARY = "Zebedee"
OLD, NEW = "an old key " * 4, "a new key " * 4


@contextmanager
def scratch_database(folder: Path) -> Iterator[str]:
    """Make an empty database of the kind that the tests use. Yield its address."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{folder}/scratch.sqlite3"
        return
    name, held = f"scratch_{uuid4().hex}", connection.settings_dict
    server = connect(**connection.get_connection_params() | {"dbname": "postgres"})
    server.autocommit = True
    with closing(server), server.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        try:
            login = f"{held['USER']}:{quote(held['PASSWORD'])}".rstrip(":")
            yield f"postgres://{login}@{held['HOST']}:{held['PORT']}/{name}"
        finally:
            cursor.execute(f"DROP DATABASE {name}")


def raw(field: str, row: Answer | Child | Conversation) -> str:
    """Return what stands in the column itself."""
    rows = type(row).objects.filter(pk=row.pk).annotate(raw=Cast(F(field), TextField()))
    return str(rows.values_list("raw", flat=True).get())


# Nothing to read


def write_everywhere(client: Client, agreement: str) -> tuple[Conversation, set[tuple[str, str]]]:
    """Go the whole way with the canary in every text of every step. Return where it was typed."""
    given = {"agreement": agreement, "given_by": YOUNG_PERSON, "given_how": "spoken"}
    posted = LEVEL_2 | {"agreement": given, "sharing": {"shares": "yes"}}
    posted |= {"judgement": {"level": "4"}}  # which leads to a referral
    url, typed = "/conversations/new/", set()
    while not url.endswith("/check/"):
        slug = "area" if url.endswith("/new/") else url.split("/")[3]
        texts: list[str] = []
        if slug != "area":
            draft = Conversation.objects.get(token=url.split("/")[2])
            known, guidance = services.walk_of(draft).known, services.guidance_of(draft)
            fields = BY_SLUG[slug].form(known, guidance).fields
            texts = [name for name, field in fields.items() if isinstance(field, PlainText)]
        typed |= {(slug, name) for name in texts}
        response = client.post(url, posted[slug] | dict.fromkeys(texts, CANARY))
        assert response.status_code == 302, url
        url = response.url
    return draft, typed


def test_no_column_holds_a_word_that_somebody_wrote(
    teachers_browser: Client, leads_browser: Client, teacher: User, lead: User
) -> None:
    everywhere = set()
    for agreement in ("given", "refused", "unsafe"):
        draft, typed = write_everywhere(teachers_browser, agreement)
        saved = services.saved_answers(Conversation.objects.get(pk=draft.pk))
        everywhere |= {place for place in typed if saved[place[0]].get(place[1]) == CANARY}
    declared = {
        (step.slug, name)
        for step in STEPS
        for name, field in step.form_class.base_fields.items()
        if isinstance(field, PlainText)
    }
    assert everywhere >= declared, declared - everywhere
    assert len(everywhere) > 30
    done = services.record(conversation=draft)
    review.add(conversation=done, author=teacher, text=CANARY)
    review.review(
        conversation=done, reviewer=lead, decision=Review.Decision.OTHER_LEVEL, level=3,
        read=review.digest(done), text=CANARY,
    )  # fmt: skip
    letter = review.escalate(conversation=done, author=lead)
    review.save_escalation(escalation=letter, text=CANARY, by=lead)
    today = done.recorded_at.date()
    follow_up.note_answer(
        conversation=done, by=teacher, answer=CouncilAnswer.Answer.NO_REPLY,
        answered_on=today, note=CANARY,
    )  # fmt: skip
    follow_up.note_call(
        conversation=done, by=teacher, called_at=done.recorded_at, to=CANARY, said=CANARY
    )
    for item in done.follow_ups.all():
        follow_up.mark_done(follow_up=item, by=teacher, note=CANARY)
    assert str(done.token) in leads_browser.post("/desk/", {"words": CANARY}).content.decode()
    held = list(dumped())
    assert len(held) > 1000
    assert {place for place, text in held if CANARY.lower() in text.lower()} == set()
    born = {place for place, text in held if "2017-04-03" in text}
    assert born == set(), "the date of birth"


def test_the_dump_of_these_tests_finds_what_is_not_locked(teacher: User) -> None:
    assert "accounts_user.email" in {place for place, text in dumped() if teacher.email in text}


# Columns of referrals that are not locked: codes, digests, and moments that lists go by.
PLAIN = {
    "Conversation": {"place", "reference", "urgency", "agreement", "words"},
    "Answer": {"step"},
    "Child": {"name_key", "reference_key", "born_key"},
    "Sign": {"seen_by"},
    "Review": {"digest"},
    "CouncilAnswer": {"answered_on"},
    "Erasure": {"reference"},
}


def test_whoever_adds_a_column_of_text_locks_it_or_says_here_that_it_need_not_be() -> None:
    texts = (models.CharField, models.TextField, models.JSONField, models.DateField)
    for model in apps.get_app_config("referrals").get_models():
        plain = {
            field.name
            for field in model._meta.concrete_fields
            if isinstance(field, texts)
            and not isinstance(field, LockedField | models.DateTimeField)
            and not field.choices
        }
        assert plain == PLAIN.get(model.__name__, set()), model


# The fields


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(
    st.sampled_from([LockedTextField()]).flatmap(lambda f: st.tuples(st.just(f), st.text()))
    | st.tuples(st.just(LockedJSONField()), JSON)
    | st.tuples(st.just(LockedDateField()), st.dates())
)
def test_a_value_comes_back_as_it_was(pair: tuple[LockedTextField, object]) -> None:
    field, value = pair
    kept = field.get_db_prep_save(value, connection)
    assert field.from_db_value(kept, None, connection) == value
    if kept:
        assert kept != field.get_db_prep_save(value, connection), "no two tokens are alike"


def test_whatever_writes_a_column_locks_it(teachers_browser: Client) -> None:
    done = record(teachers_browser)
    child = done.child
    Child.objects.filter(pk=child.pk).update(siblings="By update")
    answer = done.answers.get(step="concern")
    answer.data = {"concern": "In bulk"}
    Answer.objects.bulk_update([answer], ["data"])
    child.refresh_from_db(), answer.refresh_from_db()
    assert (child.siblings, answer.data["concern"]) == ("By update", "In bulk")
    for field, row in (
        ("siblings", child),
        ("data", answer),
        ("content", done),
        ("born_on", child),
    ):
        assert raw(field, row).startswith("gAAAA")


def test_nothing_can_be_looked_up_in_a_locked_field(db: None) -> None:
    for asked in (
        {"name": "Amina"}, {"name__icontains": "a"}, {"born_on": date(2017, 4, 3)},
        {"conversation__answers__data__concern": "x"}, {"conversation__content__has_key": "x"},
        {"name__in": ["a"]}, {"born_on__year": 2017}, {"name__lower": "a"},
    ):  # fmt: skip
        with pytest.raises(FieldError, match="is locked"):
            Child.objects.filter(**asked)
    assert not Child.objects.filter(due_on__isnull=True), "but for whether there is something"


def test_a_token_that_was_tampered_with_is_refused(teachers_browser: Client) -> None:
    child = record(teachers_browser).child
    token = raw("name", child)
    other = Fernet(Fernet.generate_key()).encrypt(b"Amina").decode()
    for wrong in (token[:-1], token[:40] + "A" + token[41:], other, "Amina Example", "ünlocked"):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE referrals_child SET name = %s", [wrong])
        with pytest.raises(CannotOpen) as refused:
            Child.objects.get()
        told = str(refused.value)
        assert "DATA_KEYS" in told and "Child.name" in told and wrong not in told


def test_a_key_that_is_missing_is_named_and_a_page_that_needs_it_fails_whole(
    teachers_browser: Client, settings: Settings
) -> None:
    done = record(teachers_browser)
    settings.DATA_KEYS = [NEW]
    teachers_browser.raise_request_exception = False
    page = teachers_browser.get(f"/conversations/{done.token}/summary/")
    assert page.status_code == 500 and "Amina" not in page.content.decode()
    settings.DATA_KEYS = [NEW, settings.SECRET_KEY]
    assert teachers_browser.get(f"/conversations/{done.token}/summary/").status_code == 200


# Finding in spite of it


def test_words_are_compared_whole_without_capitals_accents_and_apostrophes() -> None:
    for text, words in {
        "Zoë O’Neil-Łuć, born 3/4/2017": {"zoe", "oneil", "luc", "born", "3", "4", "2017"},
        "STRASSE straße ﬁne": {"strasse", "fine"},
        "snake_case\nnew\tline": {"snake", "case", "new", "line"},
        "… — !": set(),
        "": set(),
    }.items():
        assert words_in(text) == words
    assert key_of("Zoë  O'Neil") == key_of("zoe oneil") == "zoeoneil"
    assert key_of("Łukasz Đorđević") == key_of("LUKASZ DORDEVIC")
    assert key_of("Søren Ægir") == key_of("soren aegir")


@given(st.text())
def test_a_text_has_the_words_of_its_own_capitals(text: str) -> None:
    assert words_in(text) == words_in(text.casefold()) == words_in(" ".join(words_in(text)))


def test_a_record_is_found_by_whole_words_and_by_what_was_added(
    teachers_browser: Client, teacher: User, agency: Agency, elsewhere: Agency
) -> None:
    done = record(teachers_browser)
    review.add(conversation=done, author=teacher, text="A bruise; she says it’s from football.")
    for typed, is_found in {
        "breakfast": True, "Three BREAKFAST": True, "amina": True, "bruise breakfast": True,
        "its": True, "2017": True, "break": False, "breakfast supper": False,
    }.items():  # fmt: skip
        among = Conversation.objects.filter(has_all_words(agency.pk, typed))
        assert among.exists() is is_found, typed
    # The index of one agency tells nothing about a word of another.
    assert not Conversation.objects.filter(has_all_words(elsewhere.pk, "breakfast"))


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no such index")
def test_postgresql_finds_words_by_its_index(agency: Agency) -> None:
    asked = Conversation.objects.filter(has_all_words(agency.pk, "breakfast running"))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "conversation_words_and_places" in asked.explain()


def test_a_search_without_a_word_is_told(leads_browser: Client) -> None:
    page = leads_browser.post("/desk/", {"words": "?!"})
    assert page.status_code == 200 and "govuk-error-summary" in page.content.decode()


def test_the_same_child_is_found_while_keys_change(
    teachers_browser: Client, lead: User, agency: Agency, settings: Settings
) -> None:
    settings.INDEX_KEYS = [OLD]
    first = record(teachers_browser)
    record(teachers_browser, child={"name": "Somebody Else"})
    settings.INDEX_KEYS = [NEW, OLD]
    again = record(teachers_browser, child=LEVEL_2["child"] | {"name": "AMINA  example"})
    assert list(desk.about_same_child(lead, again)) == [first]
    queued = {row.pk: row.again for row in desk_pages.rows_of(desk.queue(lead, agency), lead)}
    assert queued[again.pk] == 1 and sum(queued.values()) == 1
    for typed, number in (("breakfast", 3), ("amina", 2), ("somebody", 1)):
        assert Conversation.objects.filter(has_all_words(agency.pk, typed)).count() == number


# From before there were locks


def test_what_a_database_holds_in_plain_words_is_locked_even_if_it_is_killed_half_way(
    db: None, tmp_path: Path
) -> None:
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "portal.settings"}
    command = [sys.executable, "-m", "tests.locking_up"]
    with scratch_database(tmp_path) as address:
        ran = subprocess.run(
            command, cwd=ROOT, env=environment | {"DATABASE_URL": address},
            capture_output=True, text=True, timeout=300,
        )  # fmt: skip
    assert ran.stdout == "All is locked.\n", ran.stderr
