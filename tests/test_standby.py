"""The standby copy: what is in it, how it is replaced, and that the open pages answer from it.

Here the database refuses every question. tests/faults stops, fills and kills a real one.
"""

import sqlite3
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, connections
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.models import User
from guidance_content import contacts, standby
from portal import without_database
from tests import quick_check
from tests.access import POLICIES, address
from tests.pages import main_part
from tests.people import walk_to
from thresholds import index
from thresholds.load import forget
from thresholds.models import Contact, Edition, Indicator

pytestmark = pytest.mark.django_db(databases=["default", "standby"])

BANNER = "Our database cannot be reached"
NOWHERE = SimpleNamespace()
# What monitors ask is no page: test_health.py.
OPEN = {
    name: address(name, policy, NOWHERE)
    for name, policy in POLICIES.items()
    if policy.open and name not in ("invitation_accept", "edition_schema", "health", "ready")
}


# They offer a conversation otherwise, which nobody can begin then.
OFFERING = {"front", "questions"}


def refuse(*args: object) -> None:
    raise OperationalError("could not connect to server")


@pytest.fixture
def copy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A fresh copy, which the portal reads when it needs it."""
    standby.refresh()
    path = Path(settings.STANDBY_FILE)
    read_from(path, monkeypatch)
    yield path
    path.unlink(missing_ok=True)


def read_from(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the portal look where it looks outside of tests, as each request does anew."""
    reads = connections[standby.ALIAS]
    place = {**reads.get_connection_params(), "database": f"file:{path}?mode=ro"}
    monkeypatch.setattr(reads, "connection", reads.get_new_connection(place))


@pytest.fixture
def person(teachers_browser: Client) -> Client:
    """A browser in which the teacher is signed in, and which meets the page for an error."""
    teachers_browser.raise_request_exception = False
    return teachers_browser


def from_memory_of_nothing() -> None:
    forget()
    index.forget()


def rows_of(path: Path, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(path) as opened:
        return opened.execute(sql).fetchall()


# Answering from it


def test_every_open_page_answers_the_same_without_the_database(copy: Path, person: Client) -> None:
    before = {name: main_part(Client().get(url)) for name, url in OPEN.items()}
    from_memory_of_nothing()
    with connection.execute_wrapper(refuse):
        for name, url in OPEN.items():
            # Signed in or not: who it is cannot be known then.
            for response in (Client(raise_request_exception=False).get(url), person.get(url)):
                assert response.status_code == 200, name
                assert name in OFFERING or main_part(response) == before[name], name
                page = response.content.decode()
                assert BANNER in page and 'href="tel:999"' in page, name
                assert "no-store" in response["Cache-Control"], name
                assert not response.cookies, name
    assert BANNER not in person.get("/contacts/").content.decode()


def test_the_finder_and_the_quick_check_work_without_the_database(copy: Path) -> None:
    anybody = Client(raise_request_exception=False)
    from_memory_of_nothing()
    with connection.execute_wrapper(refuse):
        found = anybody.post("/find/", {"text": "comes in hungry and dirty"})
        checked = anybody.post("/quick-check/", {"page": "area", "place": "derby"})
    assert "Level" in main_part(found) and found.status_code == 200
    assert "danger" in main_part(checked) and checked.status_code == 200


def test_no_page_offers_a_conversation_that_cannot_be_written(copy: Path, person: Client) -> None:
    offers = {"front": "/conversations/new/", "questions": "/conversations/new/"}
    assert offers.keys() == OFFERING
    for name, offer in offers.items():
        assert f'href="{offer}"' in main_part(person.get(OPEN[name])), name
    *_, checked = quick_check.pages(Client())
    assert 'name="carry"' in main_part(checked)
    from_memory_of_nothing()
    with connection.execute_wrapper(refuse):
        anybody = Client(raise_request_exception=False)
        for name in OPEN:
            page = main_part(anybody.get(OPEN[name]))
            assert "/conversations/" not in page and "/account/" not in page, name
        *_, checked = quick_check.pages(anybody)
    assert 'name="carry"' not in main_part(checked) and "cannot carry on" in main_part(checked)


def test_the_front_page_says_what_to_do_while_nothing_can_be_written(copy: Path) -> None:
    with connection.execute_wrapper(refuse):
        page = main_part(Client(raise_request_exception=False).get("/"))
    told = page[page.index("cannot write") : page.index("</ul>")]
    # In danger, cannot wait, whom to talk to, and where to keep what was said until then.
    assert 'href="tel:999"' in told and 'href="#phone-numbers"' in told
    assert "safeguarding lead" in told and "agency keeps" in told
    assert 'id="phone-numbers"' in page and 'href="tel:01332641172"' in page
    for way in ("/guidance/", "/quick-check/", 'action="/find/"'):
        assert way in page


def test_a_page_that_is_not_there_is_not_found_without_the_database(copy: Path) -> None:
    with connection.execute_wrapper(refuse):
        answered = Client(raise_request_exception=False).get("/levels/9/")
    assert answered.status_code == 404 and 'href="tel:999"' in answered.content.decode()


def test_nobody_is_signed_out_by_a_database_that_is_lost(copy: Path, person: Client) -> None:
    with connection.execute_wrapper(refuse):
        for url in ("/", "/conversations/", "/desk/"):
            assert not person.get(url).cookies
    assert Session.objects.count() == 1
    assert person.get("/conversations/").status_code == 200


def test_a_contact_that_was_corrected_is_in_it_at_once(
    copy: Path,
    edie: User,
    person: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks,
) -> None:
    contact = Contact.objects.get(phone="01332 641172")
    with django_capture_on_commit_callbacks(execute=True):
        contacts.correct(
            row=contact, read=contacts.digest(contact), values={"phone": "01332 000001"},
            note="Rang them", by=edie,
        )  # fmt: skip
    read_from(copy, monkeypatch)
    with connection.execute_wrapper(refuse):
        page = person.get("/contacts/").content.decode()
    assert "01332 000001" in page and "01332 641172" not in page


def test_a_retired_contact_a_draft_and_people_are_not_in_it(
    draft: Edition, edie: User, copy: Path
) -> None:
    contact = Contact.objects.get(phone="01332 641172")
    contacts.retire(row=contact, read=contacts.digest(contact), note="Gone", by=edie)
    Indicator.objects.filter(edition=draft, code="dd034").update(text="Only in a draft")
    standby.refresh()
    content = copy.read_bytes()
    assert b"Only in a draft" not in content and b"edie@" not in content
    assert not rows_of(copy, "SELECT 1 FROM thresholds_contact WHERE phone = '01332 641172'")
    assert rows_of(copy, "SELECT 1 FROM thresholds_contact")
    tables = rows_of(copy, "SELECT name FROM sqlite_master WHERE type = 'table'")
    assert {name.split("_")[0] for (name,) in tables} <= {"thresholds", "guidance", "sqlite"}
    assert not rows_of(copy, "SELECT 1 FROM thresholds_edition WHERE status <> 'published'")
    assert not rows_of(copy, "SELECT 1 FROM thresholds_edition WHERE created_by_id IS NOT NULL")


def test_a_copy_that_cannot_be_written_leaves_the_one_before(
    copy: Path, edie: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks
) -> None:
    before = copy.read_bytes()
    monkeypatch.setattr(standby, "_insert", refuse)
    with pytest.raises(CommandError, match="stays"):
        call_command("refresh_standby")
    assert copy.read_bytes() == before
    # The correction itself holds: it is what everybody sees while there is a database.
    contact = Contact.objects.get(phone="01332 641172")
    with django_capture_on_commit_callbacks(execute=True):
        contacts.retire(row=contact, read=contacts.digest(contact), note="Gone", by=edie)
    contact.refresh_from_db()
    assert contact.retired_on


def test_the_banner_says_of_which_moment_the_copy_is(copy: Path, person: Client) -> None:
    with connection.execute_wrapper(refuse):
        page = person.get("/").content.decode()
    today = timezone.localdate()
    assert f"{today.day} {today:%B %Y}" in page.split(BANNER)[1][:400]
    made_at = standby.made_at()
    assert made_at and timezone.now() - made_at < timedelta(minutes=1)


# What answers instead of a page of somebody's own


def test_what_could_not_be_saved_is_given_back_and_can_be_sent_again(
    copy: Path, person: Client
) -> None:
    url = walk_to(person, "concern")
    with connection.execute_wrapper(refuse):
        refused = person.post(url, {"concern": "She said <b>no</b>.\nTwice.", "once": "k"})
    page = main_part(refused)
    assert refused.status_code == 503 and refused["Retry-After"]
    assert "no-store" in refused["Cache-Control"]
    assert page.count("She said &lt;b&gt;no&lt;/b&gt;.\nTwice.") == 2
    assert f'action="{url}"' in page and 'name="csrfmiddlewaretoken"' in page
    assert 'name="once"' in page
    assert 'href="tel:01332641172"' in refused.content.decode()


def test_monitors_ask_while_nobody_else_waits_for_the_database(copy: Path) -> None:
    """For some seconds after a vain wait; what they are told must not be of a copy."""
    short_cut = without_database.ShortCut(lambda _: HttpResponse("asked"))
    short_cut.until = time.monotonic() + 60
    ask = RequestFactory().get
    assert {short_cut(ask(path)).content for path in ("/health/", "/ready/")} == {b"asked"}
    assert short_cut(ask("/conversations/")).status_code == 503


def test_a_password_is_never_given_back(copy: Path) -> None:
    with connection.execute_wrapper(refuse):
        refused = Client(raise_request_exception=False).post(
            "/account/login/", {"login": "a@school.example", "password": "a long pass phrase"}
        )
    assert refused.status_code == 503
    assert "a long pass phrase" not in refused.content.decode()
    assert "<form" not in main_part(refused)


def test_a_forged_post_is_not_made_good_by_the_page_that_gives_it_back(copy: Path) -> None:
    """A page with a fresh token and another site's words would do what that site wants."""
    with connection.execute_wrapper(refuse):
        strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
        refused = strict.post("/conversations/new/", {"place": "forged"})
    assert refused.status_code == 403
    assert "forged" not in refused.content.decode()


def test_a_page_of_ones_own_says_what_is_safe_with_no_copy_too(
    person: Client,
) -> None:
    Path(settings.STANDBY_FILE).unlink(missing_ok=True)
    with connection.execute_wrapper(refuse):
        shown = person.get("/conversations/")
        front = person.get("/")
    for answered in (shown, front):
        assert answered.status_code == 503 and "is safe" in main_part(answered)
        assert 'href="tel:999"' in answered.content.decode()


def test_what_is_wrong_in_the_portal_is_no_fault_of_the_database(
    person: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object) -> None:
        raise ValueError

    monkeypatch.setattr("referrals.views.due.pressing", fails)
    assert person.get("/conversations/").status_code == 500


def test_only_the_first_waits_for_a_database_that_does_not_answer(
    copy: Path, person: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, asked = [100.0], []

    def wait(*args: object) -> None:
        asked.append(now[0])
        now[0] += 3
        raise OperationalError("timeout expired")

    def no_connection(alias: str) -> SimpleNamespace:
        return SimpleNamespace(ensure_connection=wait)

    monkeypatch.setattr(without_database, "monotonic", lambda: now[0])
    monkeypatch.setattr(connections, "create_connection", no_connection)
    with connection.execute_wrapper(wait):
        assert person.get("/").status_code == 200
        waited = len(asked)
        for _ in range(3):
            assert person.get("/").status_code == 200
            assert person.get("/conversations/").status_code == 503
        assert len(asked) == waited
        now[0] += without_database.PAUSE
        person.get("/")
        assert len(asked) > waited
    now[0] += without_database.PAUSE
    assert person.get("/conversations/").status_code == 200
