"""Whom a record is kept from, in an agency of few and of many: a list to tick, or an address."""

import logging
import re

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.models import Agency, Event, Membership, User
from referrals import holding, review
from referrals.desk import LISTED
from referrals.models import Conversation
from tests.attack import forms_of, markup_of
from tests.hostile import ALL, as_read
from tests.people import make_person, record, signed_in


@pytest.fixture
def done(teachers_browser: Browser) -> Conversation:
    return record(teachers_browser)


@pytest.fixture
def many(agency: Agency) -> list[User]:
    """As many colleagues as make a list too long."""
    return join(agency, LISTED + 1)


def join(agency: Agency, number: int) -> list[User]:
    """Let so many people more work at an agency."""
    first = User.objects.count()
    people = User.objects.bulk_create(
        User(email=f"colleague-{first + n}@many.example", name=f"Colleague {first + n}")
        for n in range(number)
    )
    Membership.objects.bulk_create(Membership(user=user, agency=agency) for user in people)
    return people


def address(conversation: Conversation) -> str:
    return f"/conversations/{conversation.token}/keep-from/"


def asked_for(browser: Browser, conversation: Conversation) -> set[str]:
    """Return the fields of the page by name, and how many of each there are."""
    page = browser.get(address(conversation)).text
    found = {name: page.count(f'name="{name}"') for name in ("email", "people")}
    return {f"{number} {name}" for name, number in found.items() if number}


def kept_from(conversation: Conversation) -> set[User]:
    return set(conversation.kept_from.all())


def told(conversation: Conversation) -> list[tuple[int | None, str]]:
    """Return who kept it from whom, as the events tell it."""
    events = Event.objects.filter(verb=Event.Verb.KEPT_FROM, subject=conversation.subject)
    return list(events.order_by("number").values_list("actor", "detail"))


def test_few_are_a_list_and_one_more_is_a_field_for_an_address(
    done: Conversation, agency: Agency, leads_browser: Browser, teachers_browser: Browser
) -> None:
    # With the lead, they are as many as are listed to the author.
    few = join(agency, LISTED - 1)
    assert asked_for(teachers_browser, done) == {f"{LISTED} people"}
    # The lead sees neither themselves nor the author.
    assert asked_for(leads_browser, done) == {f"{LISTED - 1} people"}
    done.kept_from.add(few[0])
    assert asked_for(teachers_browser, done) == {f"{LISTED - 1} people"}
    # Whoever is kept out counts too, so that naming somebody never changes the kind of page.
    join(agency, 1)
    assert asked_for(teachers_browser, done) == {"1 email"}
    assert asked_for(leads_browser, done) == {f"{LISTED - 1} people"}
    join(agency, 1)
    assert asked_for(leads_browser, done) == {"1 email"}
    page = leads_browser.get(address(done)).text
    assert few[0].email in page
    assert few[1].email not in page


def test_somebody_is_named_by_their_address_and_then_another(
    done: Conversation, many: list[User], lead: User, leads_browser: Browser,
    teachers_browser: Browser, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.INFO)
    logging.getLogger("django.db.backends").setLevel(logging.INFO)
    for person in (many[0], lead):
        sent = {"email": f"  {person.email.upper()} \n"}
        response = teachers_browser.post(address(done), sent)
        # The next can be named at once, and no address holds anybody.
        assert (response.status_code, response.url) == (302, address(done))
    assert kept_from(done) == {many[0], lead}
    by = done.author_id
    assert told(done) == [(by, f"user-{many[0].pk}"), (by, f"user-{lead.pk}")]
    assert leads_browser.get(address(done)).status_code == 404
    page = teachers_browser.get(address(done))
    assert many[0].email in page.text and lead.email in page.text
    title = " ".join(text for tag, text in markup_of(page).texts if tag == "title")
    for person in (many[0], lead):
        assert person.email.lower() not in caplog.text.lower() + title.lower()
        assert person.name.lower() not in title.lower()


def test_whoever_cannot_be_named_is_refused_and_what_was_typed_stays(
    done: Conversation, many: list[User], lead: User, teacher: User, elsewhere: Agency,
    leads_browser: Browser, teachers_browser: Browser,
) -> None:  # fmt: skip
    stranger = make_person("stranger@trust.example", elsewhere)
    done.kept_from.add(many[0])
    refused = [
        ("nothing", leads_browser, "  "),
        ("no address", leads_browser, "Sam at <b>the office</b>"),
        ("two addresses", leads_browser, f"{many[1].email}, {many[2].email}"),
        ("nobody", leads_browser, "nobody@many.example"),
        ("of another agency", leads_browser, stranger.email),
        ("oneself", leads_browser, lead.email),
        ("oneself, who is the author", teachers_browser, teacher.email),
        ("the author", leads_browser, teacher.email.upper()),
        ("kept out already", leads_browser, many[0].email.title()),
        ("a key", leads_browser, str(many[1].pk)),
        ("hostile texts", leads_browser, " ".join(ALL)),
    ]
    said = {}
    for why, browser, typed in refused:
        response = browser.post(address(done), {"email": typed, "people": [str(many[1].pk)]})
        assert response.status_code == 200, why
        (form,) = [form for form in forms_of(response) if "email" in form.as_sent()]
        assert as_read(form.as_sent()["email"][0]) == as_read(typed), why
        (said[why],) = re.findall(r'href="#id_email"[^>]*>([^<]+)', response.text)
    assert kept_from(done) == {many[0]} and not told(done)
    # Each is told why, and whoever works elsewhere is nobody here.
    alike = [
        {"nothing"},
        {"no address", "two addresses", "a key"},
        {"hostile texts"},
        {"nobody", "of another agency"},
        {"oneself", "oneself, who is the author"},
        {"the author"},
        {"kept out already"},
    ]
    found = [{why for why, words in said.items() if words == one} for one in set(said.values())]
    assert sorted(map(sorted, found)) == sorted(map(sorted, alike)), said


def test_nobody_else_names_anybody_by_their_address(
    done: Conversation, many: list[User], elsewhere: Agency
) -> None:
    others = make_person("lead@trust.example", elsewhere, Membership.Role.LEAD)
    for person in (many[0], others):
        response = signed_in(person).post(address(done), {"email": many[1].email})
        assert response.status_code == 404
    assert not kept_from(done)


def test_a_list_that_was_ticked_does_what_it_did(
    done: Conversation, agency: Agency, lead: User, teachers_browser: Browser
) -> None:
    people = join(agency, 3)
    chosen = [lead, people[1]]
    sent = {"people": [str(user.pk) for user in chosen], "email": people[2].email}
    response = teachers_browser.post(address(done), sent)
    assert response.url == f"/conversations/{done.token}/summary/"
    assert kept_from(done) == set(chosen)
    assert told(done) == [(done.author_id, f"user-{user.pk}") for user in chosen]
    again = teachers_browser.post(address(done), sent)
    assert again.status_code == 200 and len(told(done)) == len(chosen)


def test_the_page_takes_as_many_queries_for_thousands(
    done: Conversation, agency: Agency, many: list[User], teachers_browser: Browser
) -> None:
    def asked() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as looked:
            teachers_browser.get(address(done))
        with CaptureQueriesContext(connection) as refused:
            teachers_browser.post(address(done), {"email": "nobody@many.example"})
        return len(looked), len(refused)

    done.kept_from.add(many[0])
    asked()
    few = asked()
    done.kept_from.add(*join(agency, 2000)[:50])
    assert asked() == few


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks all at once")
def test_it_waits_for_the_record_before_it_writes_anything(
    done: Conversation, agency: Agency, lead: User
) -> None:
    """As every other act does: of two that take them in another order, one is stopped."""
    (person,) = join(agency, 1)
    for act in (
        lambda: review.keep_from(conversation=done, people=[person], by=lead),
        lambda: review.add(conversation=done, author=lead, text="Rang again"),
        lambda: holding.hold(conversation=done, reason="A court", by=lead),
    ):
        with CaptureQueriesContext(connection) as queries:
            act()
        asked = [query["sql"] for query in queries.captured_queries]
        row = f'"referrals_conversation"."id" = {done.pk} '
        locked = [n for n, sql in enumerate(asked) if "FOR UPDATE" in sql and row in sql]
        written = [n for n, sql in enumerate(asked) if sql.startswith(("INSERT", "UPDATE", "WITH"))]
        assert locked and locked[0] < written[0], asked
