"""Leads look after the people of their agency, and nobody else does. A leaver is out at once."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import people
from accounts.leads import NotLead, Refused
from accounts.models import Agency, Invitation, Membership, User
from tests.membership import (
    NEW,
    Role,
    Verb,
    make_powerful,
    membership_of,
    message_levels,
    plain,
    told,
)
from tests.people import make_person, record, signed_in, walk_to

pytestmark = pytest.mark.django_db

MEMBER_PAGES = ["person_role", "person_suspend", "person_restore"]
INVITATION_PAGES = ["invitation_withdraw", "invitation_send_again"]
ADMIN = "admin:accounts_membership_changelist"


# Who may


def addresses(agency: Agency) -> list[str]:
    """Return every page for leads, with a membership and an invitation of `agency`."""
    member = make_person("colleague@school.example", agency)
    invitation = Invitation.objects.create(
        agency=agency, email=NEW, role=Role.READER, invited_by=member, digest="0" * 64
    )
    return [
        f"{reverse('people')}?agency={agency.pk}",
        f"{reverse('people_invite')}?agency={agency.pk}",
        *(reverse(name, args=[membership_of(member).pk]) for name in MEMBER_PAGES),
        *(reverse(name, args=[invitation.pk]) for name in INVITATION_PAGES),
    ]


def practitioner(agency: Agency, elsewhere: Agency) -> User:
    return make_person("asker@example.org", agency)


def reader(agency: Agency, elsewhere: Agency) -> User:
    return make_person("asker@example.org", agency, Role.READER)


def lead_elsewhere(agency: Agency, elsewhere: Agency) -> User:
    return make_person("asker@example.org", elsewhere, Role.LEAD)


def suspended_lead(agency: Agency, elsewhere: Agency) -> User:
    user = make_person("asker@example.org", agency, Role.LEAD)
    people.suspend(membership=membership_of(user), by=User.objects.get(email="lead@school.example"))
    return user


def editor(agency: Agency, elsewhere: Agency) -> User:
    """An editor, even one with a lead's membership left over."""
    user = make_person("asker@example.org", agency, Role.LEAD)
    User.objects.filter(pk=user.pk).update(is_editor=True)
    return user


@pytest.mark.parametrize(
    ("who", "own"),
    [
        (practitioner, "agency"),
        (reader, "agency"),
        (lead_elsewhere, "elsewhere"),
        (suspended_lead, "agency"),
        (editor, "agency"),
    ],
)
def test_for_everybody_else_the_pages_are_not_there(
    lead: User, agency: Agency, elsewhere: Agency, who: Callable[[Agency, Agency], User], own: str
) -> None:
    asker = who(agency, elsewhere)
    browser, pages = signed_in(asker), addresses(agency)
    before = [*Membership.objects.values(), *Invitation.objects.values()]
    for address in pages:
        assert browser.get(address).status_code == 404, address
    for address in pages[1:]:
        posted = {"email": "x@example.org", "role": Role.LEAD}
        assert browser.post(address, posted).status_code == 404, address
    assert [*Membership.objects.values(), *Invitation.objects.values()] == before
    refusals = told(Verb.REFUSED, {"agency": agency, "elsewhere": elsewhere}[own])
    assert len(refusals) == 2 * len(pages) - 1
    assert {(actor, code) for actor, _, code in refusals} == {(asker.pk, "not-lead")}


def test_somebody_of_no_agency_is_noted_by_the_portal() -> None:
    user = make_person("nobody@example.org", None)
    assert signed_in(user).get(reverse("people")).status_code == 404
    assert told(Verb.REFUSED, None) == [(user.pk, "agency", "not-lead")]


def test_nobody_is_led_to_sign_in(client: Client, agency: Agency) -> None:
    for address in addresses(agency):
        for response in (client.get(address), client.post(address)):
            assert response["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("wrong", ["999999", "9" * 40, "-1", "x", "1 OR 1"])
def test_an_agency_that_is_not_there_is_not_found(leads_browser: Client, wrong: str) -> None:
    assert leads_browser.get(reverse("people"), {"agency": wrong}).status_code == 404
    assert leads_browser.get(f"/people/{'9' * 80}/role/").status_code == 404


def test_a_lead_of_several_agencies_sees_one_at_a_time(
    leads_browser: Client, lead: User, agency: Agency, elsewhere: Agency
) -> None:
    Membership.objects.create(user=lead, agency=elsewhere, role=Role.LEAD)
    make_person("nurse@trust.example", elsewhere)
    make_person("cook@school.example", agency)
    for chosen, shown, hidden in ((agency, "cook@", "nurse@"), (elsewhere, "nurse@", "cook@")):
        page = leads_browser.get(reverse("people"), {"agency": chosen.pk}).content.decode()
        assert shown in page
        assert hidden not in page
    first = min(agency, elsewhere, key=str)
    assert plain(leads_browser.get(reverse("people"))) == plain(
        leads_browser.get(reverse("people"), {"agency": first.pk})
    )


def test_the_pages_are_never_kept(leads_browser: Client, agency: Agency) -> None:
    for address in addresses(agency):
        assert "no-store" in leads_browser.get(address)["Cache-Control"], address


def test_the_list_takes_as_many_queries_for_many_people(
    leads_browser: Client, agency: Agency
) -> None:
    counts = []
    leads_browser.get(reverse("people"))
    for number in (1, 20):
        for member in range(number):
            make_person(f"person{number}-{member}@school.example", agency)
        with CaptureQueriesContext(connection) as queries:
            assert leads_browser.get(reverse("people")).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


# Roles, and leaving


def test_a_lead_changes_a_role(
    leads_browser: Client, lead: User, teacher: User, agency: Agency
) -> None:
    membership = membership_of(teacher)
    address = reverse("person_role", args=[membership.pk])
    for role in (Role.LEAD, Role.LEAD, Role.READER):
        assert message_levels(leads_browser.post(address, {"role": role}))[-1] == "success"
        membership.refresh_from_db()
        assert membership.role == role
    subject = f"membership:{membership.pk}"
    changes = [(lead.pk, subject, "lead"), (lead.pk, subject, "reader")]
    assert told(Verb.ROLE_CHANGED, agency) == changes, "the same role again is no change"
    assert leads_browser.post(address, {"role": "king"}).status_code == 200
    assert len(told(Verb.ROLE_CHANGED, agency)) == 2


@pytest.mark.parametrize("others", [0, 1])
@pytest.mark.parametrize(
    ("name", "posted"), [("person_suspend", {}), ("person_role", {"role": "reader"})]
)
def test_a_lead_never_changes_their_own_membership(
    leads_browser: Client,
    lead: User,
    agency: Agency,
    name: str,
    posted: dict[str, str],
    others: int,
) -> None:
    for number in range(others):
        make_person(f"other{number}@school.example", agency, Role.LEAD)
    membership = membership_of(lead)
    response = leads_browser.post(reverse(name, args=[membership.pk]), posted)
    assert message_levels(response)[-1] == "warning"
    membership.refresh_from_db()
    assert (membership.role, membership.suspended_at) == (Role.LEAD, None)
    assert told(Verb.REFUSED, agency) == [
        (lead.pk, f"membership:{membership.pk}", "own-membership")
    ]


def test_a_leaver_loses_access_at_the_next_request(
    leads_browser: Client, teacher: User, teachers_browser: Client, agency: Agency, lead: User
) -> None:
    draft = walk_to(teachers_browser, "concern")
    recorded = record(teachers_browser)
    summary = reverse("conversation_summary", args=[recorded.token])
    own = {draft: 200, summary: 200, reverse("conversation_new"): 200}
    assert {path: teachers_browser.get(path).status_code for path in own} == own

    membership = membership_of(teacher)
    assert leads_browser.get(reverse("person_suspend", args=[membership.pk])).status_code == 200
    assert teachers_browser.get(draft).status_code == 200, "looking at the page suspends nobody"
    for _ in range(2):
        leads_browser.post(reverse("person_suspend", args=[membership.pk]))
    refused = {draft: 404, summary: 404, reverse("conversation_new"): 403}
    assert {path: teachers_browser.get(path).status_code for path in own} == refused
    assert str(recorded.reference) not in teachers_browser.get("/conversations/").content.decode()
    assert teachers_browser.post(draft, {"concern": "More"}).status_code == 404
    assert leads_browser.get(summary).status_code == 200, "what they recorded stays"
    assert told(Verb.SUSPENDED, agency) == [(lead.pk, f"membership:{membership.pk}", "")]

    for _ in range(2):
        leads_browser.post(reverse("person_restore", args=[membership.pk]))
    assert {path: teachers_browser.get(path).status_code for path in own} == own
    assert told(Verb.RESTORED, agency) == [(lead.pk, f"membership:{membership.pk}", "")]


@pytest.mark.parametrize("end", ["suspend", "demote", "close"])
def test_nobody_who_leaves_lets_themselves_in_again(lead: User, agency: Agency, end: str) -> None:
    leaver = make_person("leaver@school.example", agency, Role.LEAD)
    _, token = people.invite(agency=agency, email=NEW, role=Role.LEAD, invited_by=leaver)
    if end == "suspend":
        people.suspend(membership=membership_of(leaver), by=lead)
    elif end == "demote":
        people.change_role(membership=membership_of(leaver), role=Role.READER, by=lead)
    else:
        User.objects.filter(pk=leaver.pk).update(is_active=False)
    assert people.find_invitation(token=token) is None
    if end != "close":
        assert len(told(Verb.WITHDREW, agency)) == 1


def test_a_lead_who_was_suspended_a_moment_ago_decides_nothing(
    lead: User, teacher: User, agency: Agency
) -> None:
    """The page was let through; the service looks again."""
    other = make_person("other@school.example", agency, Role.LEAD)
    invitation, _ = people.invite(agency=agency, email=NEW, role=Role.READER, invited_by=lead)
    people.suspend(membership=membership_of(other), by=lead)
    membership = membership_of(teacher)
    for attempt in (
        lambda: people.suspend(membership=membership, by=other),
        lambda: people.restore(membership=membership_of(other), by=other),
        lambda: people.change_role(membership=membership, role=Role.LEAD, by=other),
        lambda: people.withdraw(invitation=invitation, by=other),
        lambda: people.invite(agency=agency, email="a@b.example", role="lead", invited_by=other),
        lambda: people.send_again(invitation=invitation, by=other),
    ):
        with pytest.raises(NotLead):
            attempt()
    assert len(told(Verb.REFUSED, agency)) == 6


def test_a_refusal_says_why_in_a_sentence(lead: User, teacher: User, agency: Agency) -> None:
    with pytest.raises(Refused, match=r" "):
        people.suspend(membership=membership_of(lead), by=lead)
    with pytest.raises(Refused, match=r" "):
        people.invite(agency=agency, email=teacher.email, role=Role.LEAD, invited_by=lead)


def test_every_change_needs_the_security_token(lead: User, agency: Agency) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = signed_in(lead).cookies
    for address in addresses(agency):
        assert browser.post(address, {"role": Role.LEAD, "email": NEW}).status_code == 403, address


def test_the_admin_shows_who_is_suspended(teacher: User) -> None:
    admin = make_powerful(make_person("admin@example.org", None), is_staff=True, is_superuser=True)
    assert "suspended_at" in signed_in(admin).get(reverse(ADMIN)).content.decode()
