"""What editors type about contacts: what is wrong is said at its field, and nothing is written."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from guidance_content.contact_forms import check_phone
from guidance_content.contacts import facts
from tests.correcting import contact, form_of, page_of, text_of
from tests.membership import make_powerful
from tests.people import make_person, signed_in
from thresholds.models import Contact, ContactChange

pytestmark = pytest.mark.django_db


@pytest.fixture
def editors() -> Client:
    editor: User = make_powerful(make_person("edie@portal.example", None), is_editor=True)
    return signed_in(editor)


# (what is posted in place of what stands there, the field at fault)
BAD = {
    "a number typed differently the second time": (
        {"phone": "01332 111111", "phone_again": "01332 111112"}, "phone_again",
    ),
    "an emergency number typed once": ({"phone": "01332 111111"}, "phone_again"),
    "words for a telephone number": ({"phone": "call us"}, "phone"),
    "a number without its area": ({"phone": "641172", "phone_again": "641172"}, "phone"),
    "a wrong first digit": ({"phone": "0432 641172", "phone_again": "0432 641172"}, "phone"),
    "too few digits": ({"phone": "01332 11"}, "phone"),
    "too many digits": ({"phone": "01332 111111 1111"}, "phone"),
    "a number abroad": ({"phone": "+33 1 23 45 67 89"}, "phone"),
    "digits of another script": ({"phone": "٠١٣٣٢ ١١١١١١"}, "phone"),
    "an emergency without a number": ({"phone": ""}, "phone"),
    "script for an address": ({"url": "javascript:alert(1)"}, "url"),
    "ftp for an address": ({"url": "ftp://example.org/a"}, "url"),
    "data for an address": ({"url": "data:text/html,x"}, "url"),
    "no purpose": ({"purpose": ""}, "purpose"),
    "a purpose that there is not": ({"purpose": "chat"}, "purpose"),
    "no area": ({"area": ""}, "area"),
    "an area that there is not": ({"area": "999999"}, "area"),
    "no name": ({"name": " \u200b "}, "name"),
    "no owner": ({"owner": ""}, "owner"),
    "no note of how it is known": ({"how": " "}, "how"),
    "hours without am or pm": ({"opening": "Monday to Friday 9 to 5"}, "opening"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_said_and_not_written(editors: Client, case: str) -> None:
    changes, field = BAD[case]
    row = contact("derby", "urgent")
    response = editors.post(page_of(row), form_of(editors, page_of(row), **changes))
    assert response.status_code == 200
    page = response.content.decode()
    assert "Error: " in page and re.search(rf'href="#id_{field}[-"]', page), case
    assert facts(contact("derby", "urgent")) == facts(row)
    assert not ContactChange.objects.exists() and not mail.outbox


def test_an_emergency_number_typed_twice_is_taken(editors: Client) -> None:
    row = contact("derby", "urgent")
    twice = {"phone": "01332 111111", "phone_again": "(01332) 111 111"}
    assert editors.post(page_of(row), form_of(editors, page_of(row), **twice)).status_code == 302
    assert contact("derby", "urgent").phone == "01332 111111"


def test_a_number_for_the_night_is_typed_twice_too(editors: Client) -> None:
    row = contact("derby", "advice")
    Contact.objects.filter(pk=row.pk).update(purpose="out_of_hours")
    posted = form_of(editors, page_of(row), phone="01332 111111")
    assert editors.post(page_of(row), posted).status_code == 200
    posted |= {"phone_again": "01332 111111"}
    assert editors.post(page_of(row), posted).status_code == 302


def test_a_number_that_becomes_one_for_emergencies_is_typed_twice(editors: Client) -> None:
    row = contact("derby", "advice")
    posted = form_of(editors, page_of(row), purpose="urgent")
    assert editors.post(page_of(row), posted).status_code == 200
    assert contact("derby", "advice") == row


def test_a_contact_without_a_number_and_an_address_is_refused(editors: Client) -> None:
    row = contact("derby", "referral")
    assert editors.post(page_of(row), form_of(editors, page_of(row), url="")).status_code == 200
    assert contact("derby", "referral").url == row.url


def test_two_contacts_of_one_name_and_purpose_are_refused(editors: Client) -> None:
    row = contact("derby", "advice")
    posted = form_of(editors, page_of(row)) | {"read": ""}
    response = editors.post(reverse("editor_contact_add"), posted)
    assert response.status_code == 200 and "already" in text_of(response.content)


@pytest.mark.parametrize("days", [0, -1, 900])
def test_a_review_date_that_is_past_or_far_off_is_refused(editors: Client, days: int) -> None:
    row, day = contact(), timezone.localdate() + timedelta(days=days)
    address = page_of(row, "_confirm")
    parts = {"review_by_day": day.day, "review_by_month": day.month, "review_by_year": day.year}
    assert editors.post(address, form_of(editors, address, **parts)).status_code == 200
    assert contact().checked_on is None


def test_confirming_without_a_note_is_refused(editors: Client) -> None:
    address = page_of(contact(), "_confirm")
    assert editors.post(address, form_of(editors, address, how="")).status_code == 200
    assert contact().checked_on is None


@pytest.mark.parametrize(
    "phone",
    ["01332 641172", "07812300329", "+44 1332 641172", "+44 (0)1332 641172", "101", "116 123",
     "0800 1111", "020 7946 0000", "01332 641172 ext 12", "0300 123 4567", "(01332) 641172",
     "01332-641-172", "18000"],
)  # fmt: skip
def test_telephone_numbers_of_the_country_are_taken(phone: str) -> None:
    check_phone(phone)
