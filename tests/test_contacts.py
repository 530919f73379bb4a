"""Contacts and links are corrected at once, by editors alone, and every change leaves a trace."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AppendOnly, User
from guidance_content import contacts as services
from guidance_content.contact_forms import months_after
from guidance_content.contacts import Overtaken, digest, facts
from tests.correcting import HOW, contact, form_of, page_of, text_of
from tests.membership import make_powerful, told
from tests.pages import main_part
from tests.people import make_person, signed_in
from thresholds.drafts import NotEditor
from thresholds.models import Area, Contact, ContactChange, Link

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor() -> User:
    return make_powerful(make_person("edie@portal.example", None), is_editor=True)


@pytest.fixture
def second() -> User:
    return make_powerful(make_person("eric@portal.example", None), is_editor=True)


@pytest.fixture
def editors(editor: User) -> Client:
    return signed_in(editor)


# What an editor does


def test_a_corrected_number_is_shown_to_everyone_at_once(editors: Client) -> None:
    row = contact()
    posted = form_of(editors, page_of(row), phone="01332 111111")
    assert editors.post(page_of(row), posted).status_code == 302
    open_page = Client().get("/contacts/").content.decode()
    assert "01332 111111" in open_page and row.phone not in open_page


def test_a_correction_changes_nothing_else(editors: Client) -> None:
    row = contact()
    before = facts(row)
    editors.post(page_of(row), form_of(editors, page_of(row), phone="01332 111111"))
    source = {"source": facts(contact())["source"]}
    assert facts(contact()) == before | {"phone": "01332 111111"} | source


def test_a_number_that_is_not_in_the_source_is_not_said_to_come_from_it(editors: Client) -> None:
    row = contact()
    editors.post(page_of(row), form_of(editors, page_of(row), owner="Somebody else"))
    assert contact().source == row.source
    editors.post(page_of(row), form_of(editors, page_of(row), phone="01332 111111"))
    assert row.source not in contact().source and "editor" in contact().source
    posted = form_of(editors, page_of(row), phone="01332 222222", source="Letter of 3 May")
    editors.post(page_of(row), posted)
    assert contact().source == "Letter of 3 May"


def test_saving_without_a_change_writes_nothing(editors: Client) -> None:
    for row in (contact(), Link.objects.first()):
        response = editors.post(page_of(row), form_of(editors, page_of(row)))
        assert response.status_code == 302
    assert not ContactChange.objects.exists() and not mail.outbox


def test_a_change_is_an_event_and_a_dated_line_of_history(editors: Client, editor: User) -> None:
    row = contact()
    editors.post(page_of(row), form_of(editors, page_of(row), phone="01332 111111"))
    change = ContactChange.objects.get()
    assert (change.by, change.contact, change.note) == (editor, row, HOW["how"])
    assert change.before["phone"] == row.phone and change.after["phone"] == "01332 111111"
    assert set(change.before) == set(change.after) == {"phone", "source"}
    assert change.at.date() == timezone.now().date()
    assert told("changed", None) == [(editor.pk, f"contact:{row.pk}", "corrected")]
    assert HOW["how"] in text_of(editors.get(page_of(row)).content)


def test_what_was_confirmed_is_not_confirmed_of_another_number(editors: Client) -> None:
    row = contact()
    Contact.objects.filter(pk=row.pk).update(checked_on=timezone.localdate())
    posted = form_of(editors, page_of(row), owner="Derby City Council")
    editors.post(page_of(row), posted)
    assert contact().checked_on
    posted = form_of(editors, page_of(row), phone="01332 111111")
    assert editors.post(page_of(row), posted).url == page_of(row, "_confirm")
    assert contact().checked_on is None


def test_confirming_says_when_until_when_and_how(editors: Client, editor: User) -> None:
    row, today = contact("derby", "urgent"), timezone.localdate()
    address = page_of(row, "_confirm")
    assert editors.post(address, form_of(editors, address)).status_code == 302
    confirmed = contact("derby", "urgent")
    assert (confirmed.checked_on, confirmed.review_by) == (today, months_after(today, 6))
    change = ContactChange.objects.get()
    assert change.kind == "confirmed" and change.note == HOW["how"]
    assert told("changed", None) == [(editor.pk, f"contact:{row.pk}", "confirmed")]
    assert "Confirmed on" in text_of(Client().get("/contacts/").content)


def test_the_review_date_can_be_another(editors: Client) -> None:
    row = Link.objects.first()
    address, day = page_of(row, "_confirm"), timezone.localdate() + timedelta(days=30)
    parts = {"review_by_day": day.day, "review_by_month": day.month, "review_by_year": day.year}
    editors.post(address, form_of(editors, address, **parts))
    assert Link.objects.get(pk=row.pk).review_by == day


def test_before_it_is_confirmed_an_editor_reads_what_the_card_makes_of_the_hours(
    editors: Client,
) -> None:
    row = contact("derbyshire", "advice")
    shown = text_of(editors.get(page_of(row, "_confirm")).content)
    assert "Monday: 9am to 5pm" in shown and "Sunday: closed" in shown
    assert "Bank holidays not known" in shown and "The phone card says now" in shown
    shown = text_of(editors.get(page_of(contact("derby", "urgent"), "_confirm")).content)
    assert "does not say whether it is open" in shown


def test_hours_are_corrected_as_lines_that_come_back_as_they_were_typed(editors: Client) -> None:
    row = contact()
    lines = "Monday to Friday 8am to 8pm\nSaturday 9am to 4pm\nBank holidays 10am to 2pm"
    editors.post(page_of(row), form_of(editors, page_of(row), opening=lines))
    assert contact().opening["days"]["saturday"] == ["09:00-16:00"]
    assert contact().opening["days"]["bank_holiday"] == ["10:00-14:00"]
    assert form_of(editors, page_of(row))["opening"] == [lines]


def test_what_is_seldom_changed_is_folded_but_not_an_error_in_it(editors: Client) -> None:
    row = contact()
    wrong = editors.post(page_of(row), form_of(editors, page_of(row), owner=""))
    for page, is_open in ((editors.get(page_of(row)), False), (wrong, True)):
        main = page.content.decode().split("<main")[1]
        assert bool(re.search(r"<details[^>]* open", main)) == is_open


def test_a_new_contact_is_shown_and_not_confirmed(editors: Client) -> None:
    address = reverse("editor_contact_add")
    posted = {
        "area": Area.objects.get(slug="derby").pk, "purpose": "out_of_hours",
        "name": "Night team", "phone": "01332 960001", "phone_again": "01332 960001",
        "hours": "24 hours",
        "opening": "Every day 24 hours\nOpen on bank holidays", "section": "Letter of May",
        "source": "Derby City Council", "owner": "Derby City Council", **HOW,
    }  # fmt: skip
    assert editors.post(address, posted).status_code == 302
    added = contact("derby", "out_of_hours")
    assert added.checked_on is None and added.opening["bank_holidays"] == "open"
    shown = text_of(Client().get("/contacts/").content)
    assert "01332 960001" in shown and "Open now" in shown


def test_a_new_link_has_an_address_of_its_own(editors: Client) -> None:
    address = reverse("editor_link_add")
    areas = [area.pk for area in Area.objects.filter(slug__in=["derby", "derbyshire"])]
    posted = {
        "name": Link.objects.first().name, "kind": "tool", "url": "https://example.org/a",
        "areas": areas, "section": "1", "source": "A letter", "owner": "Somebody", **HOW,
    }  # fmt: skip
    for _ in range(2):
        assert editors.post(address, posted).status_code == 302
    added = Link.objects.filter(url="https://example.org/a")
    assert len({row.slug for row in added}) == 2
    assert {area.slug for area in added[0].areas.all()} == {"derby", "derbyshire"}


def test_a_retired_one_is_shown_to_editors_alone_and_can_be_used_again(editors: Client) -> None:
    for row, shown in ((contact(), contact().phone), (Link.objects.get(slug="gcp"), "GCP Tools,")):
        for is_shown in (False, True):
            address = page_of(row, "_retire")
            assert editors.post(address, form_of(editors, address)).status_code == 302
            assert (shown in text_of(Client().get("/contacts/").content)) == is_shown
            kind = f"editor_{row._meta.model_name}s"
            assert row.name in text_of(editors.get(reverse(kind)).content)
    kinds = list(ContactChange.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["retired", "restored"] * 2


def test_what_is_out_of_date_stands_first(editors: Client) -> None:
    today = timezone.localdate()
    Contact.objects.update(checked_on=today, review_by=today + timedelta(days=200))
    stale, soon = contact("derbyshire", "referral"), contact("derbyshire", "advice")
    Contact.objects.filter(pk=stale.pk).update(review_by=today - timedelta(days=1))
    Contact.objects.filter(pk=soon.pk).update(review_by=today + timedelta(days=9))
    Contact.objects.filter(pk=contact("derby", "urgent").pk).update(retired_on=today)
    shown = text_of(editors.get(reverse("editor_contacts")).content)
    shown = shown[shown.index("All contacts") :]
    order = [shown.index(name) for name in (stale.name, soon.name, "First Contact Team")]
    assert order == sorted(order)


# Two at once


def test_the_second_of_two_editors_is_told_and_loses_nothing(editors: Client, second: User) -> None:
    row, others = contact(), signed_in(second)
    mine = form_of(editors, page_of(row), phone="01332 111111", owner="Mine")
    others.post(page_of(row), form_of(others, page_of(row), phone="01332 222222"))
    response = editors.post(page_of(row), mine)
    assert response.status_code == 409
    assert contact().phone == "01332 222222"
    page = response.content.decode()
    assert "01332 111111" in page and "Mine" in page and "01332 222222" in page
    assert str(second) in page
    again = dict(re.findall(r'name="(read)" value="(\w+)"', page))
    assert editors.post(page_of(row), mine | again).status_code == 302
    assert contact().phone == "01332 111111"
    assert ContactChange.objects.count() == 2


def test_what_another_editor_wrote_is_told_with_what_is_refused(
    editors: Client, second: User
) -> None:
    # Who leaves an emergency number alone has not typed it twice: the other one is the reason.
    row, others = contact(purpose="urgent"), signed_in(second)
    mine = form_of(editors, page_of(row), owner="Mine")
    new = dict.fromkeys(("phone", "phone_again"), "01332 222222")
    others.post(page_of(row), form_of(others, page_of(row), **new))
    response = editors.post(page_of(row), mine)
    assert response.status_code == 409 and contact(purpose="urgent").owner != "Mine"
    page = text_of(main_part(response).encode())
    told = page[: page.index("Telephone number again")]
    assert str(second) in told and "01332 222222" in told


def test_nobody_confirms_what_was_changed_meanwhile(editors: Client, second: User) -> None:
    row, others = contact(), signed_in(second)
    address = page_of(row, "_confirm")
    mine = form_of(editors, address)
    others.post(page_of(row), form_of(others, page_of(row), phone="01332 222222"))
    response = editors.post(address, mine)
    assert response.status_code == 409 and "01332 222222" in response.content.decode()
    assert contact().checked_on is None


# Refusals

ADDRESSES = ("editor_contacts", "editor_links", "editor_contact_add", "editor_link_add")


def refused(client: Client, status: int) -> None:
    """Nobody but an editor reads or writes here, and nothing is written."""
    row = contact()
    addresses = [reverse(name) for name in ADDRESSES]
    addresses += [page_of(row), page_of(row, "_confirm"), page_of(row, "_retire")]
    for address in addresses:
        assert client.get(address).status_code == status, address
    posted = facts(row) | HOW | {"phone": "01332 111111", "read": digest(row)}
    for address in addresses[2:]:
        assert client.post(address, posted).status_code in (status, 403, 405), address
    assert facts(contact()) == facts(row) and not ContactChange.objects.exists()


def test_a_practitioner_is_refused_and_it_is_noted(teacher: User, teachers_browser: Client) -> None:
    refused(teachers_browser, 404)
    assert (teacher.pk, "editors", "not-editor") in told("refused", teacher.agencies.get())


def test_a_lead_is_refused(leads_browser: Client) -> None:
    refused(leads_browser, 404)


def test_a_superuser_who_is_no_editor_is_refused() -> None:
    person = make_powerful(make_person("sue@x.example", None), is_staff=True, is_superuser=True)
    refused(signed_in(person), 404)


def test_an_anonymous_visitor_is_sent_to_sign_in() -> None:
    refused(Client(), 302)
    assert "/account/login/" in Client().get(reverse("editor_contacts")).url


def test_an_editor_without_a_second_factor_sets_one_up_first() -> None:
    person = make_person("new@portal.example", None)
    User.objects.filter(pk=person.pk).update(is_editor=True)
    client = signed_in(person)
    refused(client, 302)
    assert client.get(reverse("editor_contacts")).url == reverse("mfa_index")


def services_on(row: Contact) -> list[Callable[[User], object]]:
    said = {"row": row, "read": digest(row), "note": "x"}
    return [
        lambda by: services.add(model=Contact, values=facts(row), note="x", by=by),
        lambda by: services.correct(values={"phone": "01332 111111"}, by=by, **said),
        lambda by: services.confirm(review_by=date(2030, 1, 1), by=by, **said),
        lambda by: services.retire(by=by, **said),
        lambda by: services.restore(by=by, **said),
    ]


def test_no_service_serves_somebody_who_is_no_editor(lead: User) -> None:
    for service in services_on(contact()):
        with pytest.raises(NotEditor):
            service(lead)
    assert not ContactChange.objects.exists()


def test_no_service_writes_over_what_it_did_not_see(editor: User) -> None:
    row = contact()
    stale = services_on(row)[1:]
    Contact.objects.filter(pk=row.pk).update(phone="01332 222222")
    for service in stale:
        with pytest.raises(Overtaken):
            service(editor)


# What stays


def test_history_is_never_changed(editor: User) -> None:
    row = contact()
    change = services.retire(row=row, read=digest(row), note="x", by=editor)
    for act in (
        lambda: ContactChange.objects.update(note="y"),
        lambda: ContactChange.objects.all().delete(),
        change.delete,
        change.save,
    ):
        with pytest.raises(AppendOnly):
            act()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's own refusal")
def test_postgresql_refuses_to_change_history(editor: User) -> None:
    row = contact()
    services.retire(row=row, read=digest(row), note="x", by=editor)
    for sql in (
        "UPDATE thresholds_contactchange SET note = ''",
        "DELETE FROM thresholds_contactchange",
    ):
        with pytest.raises(Exception, match="never changed"), transaction.atomic():
            connection.cursor().execute(sql.format("thresholds_contactchange"))


def test_a_contact_with_a_history_cannot_be_deleted(editor: User) -> None:
    row = contact()
    services.retire(row=row, read=digest(row), note="x", by=editor)
    with pytest.raises(Exception, match="protected"):
        row.delete()


@pytest.mark.parametrize(
    ("day", "later"),
    [
        (date(2026, 8, 31), date(2027, 2, 28)),
        (date(2026, 11, 23), date(2027, 5, 23)),
        (date(2027, 8, 30), date(2028, 2, 29)),
    ],
)
def test_half_a_year_later(day: date, later: date) -> None:
    assert months_after(day, 6) == later
