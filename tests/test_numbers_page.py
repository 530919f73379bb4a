"""The page of an agency’s numbers and its files: what it shows to whom, and whom it refuses."""

from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Agency, Event, Membership, User
from referrals.models import Conversation
from referrals.periods import Period
from referrals.small_numbers import FEW, HELD
from tests.many import conversation_of, fill, level, other_agency
from tests.people import make_person, signed_in

__all__ = ["other_agency"]  # fixtures

LEAD, READER = Membership.Role.LEAD, Membership.Role.READER


@pytest.fixture
def reader(agency: Agency) -> User:
    return make_person("reader@school.example", agency, READER)


def page(user: User, query: str = "") -> str:
    response = signed_in(user).get(f"/desk/numbers/{query}")
    assert response.status_code == 200
    return unescape(response.content.decode())


def test_a_reader_sees_the_numbers_and_is_offered_no_records(
    agency: Agency, reader: User, teacher: User
) -> None:
    fill(agency, teacher, Period.usual().start, timezone.now(), 40)
    shown = page(reader)
    assert "Recorded conversations: <strong>40</strong>" in shown
    assert shown.count("<svg") == shown.count("<table") == 14
    assert "numbers.csv" in shown and "records.csv" not in shown
    assert not any(done.reference in shown for done in Conversation.objects.all())


def test_a_lead_also_counts_what_they_may_not_open(
    agency: Agency, lead: User, teacher: User
) -> None:
    done = fill(agency, teacher, Period.usual().start, timezone.now(), 12)
    done[0].kept_from.add(lead)
    shown = page(lead)
    assert "Recorded conversations: <strong>12</strong>" in shown
    assert "records.csv" in shown


def test_the_page_is_kept_by_no_cache_and_has_no_style_in_it(agency: Agency, lead: User) -> None:
    response = signed_in(lead).get("/desk/numbers/")
    assert "no-store" in response["Cache-Control"]
    assert " style=" not in response.content.decode()


def test_small_numbers_are_not_anywhere_in_the_page(
    agency: Agency, lead: User, teacher: User
) -> None:
    for number, count in ((2, 30), (3, 3), (4, 20)):
        for _ in range(count):
            conversation_of(agency, teacher, timezone.now(), judged_level=number).save()
    shown = page(lead)
    assert f"{level(3)}: {FEW}" in shown and f"{level(4)}: {HELD}" in shown
    assert f"{level(2)}: 30" in shown


@pytest.mark.parametrize("number", [1, 4])
def test_with_few_conversations_the_page_shows_no_table(
    agency: Agency, lead: User, teacher: User, number: int
) -> None:
    fill(agency, teacher, Period.usual().start, timezone.now(), number)
    shown = page(lead)
    assert FEW in shown and "<svg" not in shown and "<table" not in shown


def test_a_period_is_kept_in_the_form_and_in_the_addresses(agency: Agency, lead: User) -> None:
    this = timezone.localdate().replace(day=1)
    shown = page(lead, f"?from={this:%Y-%m}&to={this:%Y-%m}")
    assert f"<strong>{this:%B %Y}</strong>" in shown
    assert f"numbers.csv?agency={agency.pk}&from={this:%Y-%m}&to={this:%Y-%m}" in shown


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("?from={later}&to={earlier}", "The last month must be the same as the first, or later"),
        ("?from=yesterday", "Choose the first month from the list"),
        ("?to=2999-01", "Choose the last month from the list"),
        ("?from=2026-01-15", "Choose the first month from the list"),
        ("?from=", "Choose the first month"),
    ],
)
def test_a_wrong_period_is_told_and_the_usual_one_shown(
    agency: Agency, lead: User, query: str, error: str
) -> None:
    usual = Period.usual()
    asked = query.format(later=usual.query["to"], earlier=usual.query["from"])
    shown = page(lead, asked)
    assert "There is a problem" in shown and error in shown
    assert f"<strong>{usual}</strong>" in shown
    assert f'value="{usual.query["to"]}" selected' in shown or "to=2999" in query


def test_who_belongs_to_two_agencies_chooses(
    agency: Agency, other_agency: Agency, lead: User, teacher: User
) -> None:
    Membership.objects.create(user=lead, agency=other_agency, role=READER)
    fill(other_agency, teacher, Period.usual().start, timezone.now(), 10)
    shown = page(lead, f"?agency={other_agency.pk}")
    assert "Recorded conversations: <strong>10</strong>" in shown
    assert "records.csv" not in shown
    assert f"?agency={agency.pk}" in shown
    assert "records.csv" in page(lead, f"?agency={agency.pk}")


# Refusals.

ADDRESSES = ["/desk/numbers/", "/desk/numbers.csv", "/desk/records.csv"]


@pytest.fixture(params=ADDRESSES)
def address(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def refused(user: User, address: str) -> bool:
    response = signed_in(user).get(address)
    noted = Event.objects.filter(verb=Event.Verb.REFUSED, actor=user.pk).count()
    exported = Event.objects.filter(verb=Event.Verb.EXPORTED).count()
    return (response.status_code, noted, exported) == (404, 1, 0)


def test_a_practitioner_is_refused(teacher: User, address: str) -> None:
    assert refused(teacher, address)


def test_somebody_without_an_agency_is_refused(db: None, address: str) -> None:
    assert refused(make_person("nobody@example.org", None), address)


def test_an_editor_is_refused_even_with_a_membership(lead: User, address: str) -> None:
    User.objects.filter(pk=lead.pk).update(is_editor=True)
    assert refused(lead, address)


def test_a_suspended_lead_is_refused(lead: User, address: str) -> None:
    Membership.objects.filter(user=lead).update(suspended_at=timezone.now())
    assert refused(lead, address)


def test_a_lead_of_another_agency_is_refused(
    agency: Agency, other_agency: Agency, address: str
) -> None:
    stranger = make_person("stranger@trust.example", other_agency, LEAD)
    assert refused(stranger, f"{address}?agency={agency.pk}")


@pytest.mark.parametrize("agency_id", ["0", "x", "", "999999999999999999999", "%00"])
def test_an_agency_that_is_not_there_is_refused(lead: User, address: str, agency_id: str) -> None:
    assert refused(lead, f"{address}?agency={agency_id}")


def test_a_reader_is_refused_the_records(reader: User) -> None:
    assert refused(reader, "/desk/records.csv")


def test_a_lead_who_only_reads_elsewhere_is_refused_the_records_there(
    lead: User, other_agency: Agency
) -> None:
    Membership.objects.create(user=lead, agency=other_agency, role=READER)
    assert refused(lead, f"/desk/records.csv?agency={other_agency.pk}")


def test_who_is_not_signed_in_is_asked_to(db: None, address: str) -> None:
    response = Client().get(address)
    assert response.status_code == 302 and "/login/" in response.url


def test_nothing_is_posted(lead: User, address: str) -> None:
    assert signed_in(lead).post(address).status_code == 405
