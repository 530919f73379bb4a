"""The phone card: whether a line is open now, and how far its number can be trusted, in words."""

import re
from datetime import date, datetime, timedelta
from html import unescape
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from referrals.summary import contact_line
from tests.people import record
from thresholds import context
from thresholds.context import cards, phone_cards
from thresholds.load import contacts_of
from thresholds.models import Area, Contact
from thresholds.opening import ENGLAND, from_data, to_data
from thresholds.opening_lines import from_lines
from thresholds.opening_words import to_lines

pytestmark = pytest.mark.django_db

SUNDAY_3AM = datetime(2026, 11, 22, 3, tzinfo=ENGLAND)
MONDAY_NOON = datetime(2026, 11, 23, 12, tzinfo=ENGLAND)
URGENT = "01629 533190"


def line(area: str, purpose: str, now: datetime) -> dict[str, object]:
    """What the card of an area shows for one purpose at a moment."""
    card = cards(Area.objects.filter(slug=area), now)[0]
    return next(row for row in card["contacts"] if row["purpose"] == purpose)


def give_hours(area: str, purpose: str, lines: str) -> None:
    opening = to_data(from_lines(lines))
    Contact.objects.filter(area__slug=area, purpose=purpose).update(opening=opening)


def words(client: Client, monkeypatch: pytest.MonkeyPatch, now: datetime) -> str:
    monkeypatch.setattr(timezone, "now", lambda: now)
    html = client.get("/contacts/").content.decode()
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def test_the_shipped_hours_are_only_what_the_document_prints() -> None:
    known = {(c.area.slug, c.purpose): c for c in Contact.objects.exclude(opening={})}
    assert set(known) == {("derbyshire", "advice"), ("derby", "advice")}
    assert known["derbyshire", "advice"].opening["bank_holidays"] == "unknown"
    assert set(known["derby", "advice"].opening) == {"times"}


def test_a_closed_line_says_when_it_opens_and_whom_to_call_until_then() -> None:
    shown = line("derbyshire", "advice", SUNDAY_3AM)
    assert "Closed" in shown["state"] and "Monday at 9am" in shown["state"]
    assert shown["until_then"]["phone"] == URGENT


def test_an_open_line_sends_nobody_elsewhere() -> None:
    shown = line("derbyshire", "advice", MONDAY_NOON)
    assert "Open" in shown["state"] and shown["until_then"] is None


def test_hours_without_days_and_no_hours_are_neither_open_nor_closed() -> None:
    for now in (SUNDAY_3AM, MONDAY_NOON):
        dayless = line("derby", "advice", now)
        assert "10am to 1pm" in dayless["state"] and dayless["until_then"] is None
        assert line("derby", "urgent", now)["state"] == ""


def test_until_then_is_never_a_line_that_is_closed_too() -> None:
    give_hours("derbyshire", "urgent", "Monday to Friday 8am to 8pm")
    assert line("derbyshire", "advice", SUNDAY_3AM)["until_then"] == {}
    assert line("derbyshire", "urgent", SUNDAY_3AM)["until_then"] == {}


def test_the_line_for_out_of_hours_comes_first_and_only_of_the_same_area() -> None:
    for area, phone in (("derbyshire", "01000 000001"), ("derby", "01000 000002")):
        Contact.objects.create(
            area=Area.objects.get(slug=area), purpose="out_of_hours", name="Night team",
            phone=phone, section="Section 6", source="A test",
        )  # fmt: skip
    assert line("derbyshire", "advice", SUNDAY_3AM)["until_then"]["phone"] == "01000 000001"
    give_hours("derbyshire", "out_of_hours", "Monday to Friday 5pm to 9am")
    assert line("derbyshire", "advice", SUNDAY_3AM)["until_then"]["phone"] == URGENT


def test_the_page_says_it_and_999(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    at_night = words(client, monkeypatch, SUNDAY_3AM)
    assert re.search(rf"Closed now\. Opens Monday at 9am\. Until then call .*? {URGENT}", at_night)
    assert "999 if a child is in danger. Its hours are not confirmed." in at_night
    assert "Until then" not in words(client, monkeypatch, MONDAY_NOON)


def test_hours_that_cannot_be_read_are_not_known() -> None:
    Contact.objects.filter(purpose="advice").update(opening={"days": "nonsense"})
    assert line("derbyshire", "advice", SUNDAY_3AM)["state"] == ""


def test_a_retired_contact_is_shown_nowhere(client: Client) -> None:
    Contact.objects.filter(phone=URGENT).update(retired_on=date(2026, 11, 1))
    assert URGENT not in client.get("/contacts/").content.decode()
    assert URGENT not in {contact.phone for contact in contacts_of(Area.objects.all())}


@pytest.mark.parametrize("child_area", ["", "derby"])
def test_the_cards_cost_one_query_however_many_contacts_there_are(
    rf: RequestFactory, child_area: str
) -> None:
    area = Area.objects.get(slug="derby")
    Contact.objects.bulk_create(
        Contact(
            area=area, purpose="advice", name=f"Line {number}", phone=f"01332 96{number:04}",
            section="1", source="A letter", opening=to_data(from_lines("Weekdays 9am to 5pm")),
        )
        for number in range(20)
    )  # fmt: skip
    request = rf.get("/")
    request.child_area = child_area
    with CaptureQueriesContext(connection) as queries:
        phone_cards(request)
    assert len(queries) == 1


def test_the_same_minute_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    worked: list[datetime] = []
    really = context.state
    monkeypatch.setattr(
        context, "state", lambda hours, now: worked.append(now) or really(hours, now)
    )
    context._stand.cache_clear()
    for second in (0, 7, 59):
        line("derbyshire", "advice", SUNDAY_3AM.replace(second=second))
    hours = {str(contact.opening) for contact in Contact.objects.filter(area__slug="derbyshire")}
    assert len(worked) == len(hours)


def test_a_minute_that_is_kept_is_not_the_next_one() -> None:
    closing = datetime(2026, 11, 23, 16, 59, 59, tzinfo=ENGLAND)
    assert "Open" in line("derbyshire", "advice", closing)["state"]
    assert "Closed" in line("derbyshire", "advice", closing + timedelta(seconds=1))["state"]


@pytest.mark.parametrize(("purpose", "thing"), [("urgent", "number"), ("referral", "form")])
def test_a_contact_past_its_date_says_so_to_practitioners(purpose: str, thing: str) -> None:
    Contact.objects.update(checked_on=date(2026, 3, 1), review_by=date(2026, 9, 1))
    shown = line("derby", purpose, MONDAY_NOON)
    assert not shown["confirmed"]
    assert f"This {thing} has not been confirmed since 1 March 2026" in shown["status"]
    assert "has not been confirmed" not in line(
        "derby", purpose, datetime(2026, 9, 1, 12, tzinfo=ENGLAND)
    )["status"]  # fmt: skip


def test_open_and_closed_by_hours_that_nobody_confirmed_are_said_to_be_so() -> None:
    for now in (SUNDAY_3AM, MONDAY_NOON):
        assert line("derbyshire", "advice", now)["hours_may_differ"]
        assert not line("derby", "urgent", now)["hours_may_differ"], "it says nothing"
    Contact.objects.update(checked_on=MONDAY_NOON.date(), review_by=date(2027, 5, 1))
    assert not line("derbyshire", "advice", MONDAY_NOON)["hours_may_differ"]


def test_a_contact_that_nobody_ever_confirmed_keeps_its_words() -> None:
    assert "Not confirmed since." in line("derby", "urgent", MONDAY_NOON)["status"]


def test_a_summary_says_it_from_now_on_and_a_record_keeps_what_it_showed(
    teachers_browser: Client,
) -> None:
    done = record(teachers_browser)
    kept = str(done.content)
    assert "Not confirmed since." in kept
    Contact.objects.update(checked_on=date(2020, 3, 1), review_by=date(2020, 9, 1))
    done.refresh_from_db()
    assert str(done.content) == kept
    contact = contacts_of(Area.objects.filter(slug="derby"))[0]
    assert "has not been confirmed since 1 March 2020" in contact_line(contact)


def test_hours_of_a_database_from_before_are_read_word_for_word() -> None:
    Contact.objects.update(opening={})
    edited = Contact.objects.filter(area__slug="derby", purpose="advice")
    edited.update(hours="10am to 4pm")
    migration = import_module("thresholds.migrations.0004_contacts_and_hours")
    migration.read_printed_hours(apps, None)
    known = Contact.objects.exclude(opening={})
    assert [(row.area.slug, row.purpose) for row in known] == [("derbyshire", "advice")]
    assert to_lines(from_data(known[0].opening)).startswith("Monday to Friday 9am to 5pm")
