"""A lead invites by email. The page tells nobody who has an account elsewhere."""

import re
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts import people
from accounts.models import Agency, Invitation, Membership, User
from tests.membership import NEW, Role, Verb, membership_of, message_levels, plain, told
from tests.people import make_person

pytestmark = pytest.mark.django_db


def send(browser: Client, email: str = NEW, role: str = Role.PRACTITIONER) -> HttpResponse:
    return browser.post(reverse("people_invite"), {"email": email, "role": role})


def test_a_lead_invites_by_email(leads_browser: Client, lead: User, agency: Agency) -> None:
    response = send(leads_browser, " New.Person@Example.org ", Role.READER)
    assert response["Location"] == f"{reverse('people')}?agency={agency.pk}"
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.role, invitation.agency) == (NEW, Role.READER, agency)
    assert told(Verb.INVITED, agency) == [(lead.pk, f"invitation:{invitation.pk}", "reader")]
    page = leads_browser.get(reverse("people"))
    assert NEW in page.content.decode()


def test_the_letter_holds_what_it_needs_and_no_more(
    leads_browser: Client, agency: Agency, lead: User, settings: Settings
) -> None:
    lead.name = "Ann O'Neil & <Sons>"
    lead.save()
    send(leads_browser)
    (letter,) = mail.outbox
    assert letter.recipients() == [NEW]
    assert letter.from_email == settings.DEFAULT_FROM_EMAIL
    assert lead.name in letter.body, "the name as it is written, not as HTML"
    assert agency.name in letter.body
    assert lead.email not in letter.body
    assert agency.name not in letter.subject, "a subject shows on a locked screen"
    assert not letter.attachments
    (link,) = re.findall(r"https?://\S+", letter.body)
    token = link.rstrip("/").rsplit("/", 1)[-1]
    invitation = Invitation.objects.get()
    assert people.find_invitation(token=token) == invitation
    assert invitation.digest != token, "the token is kept nowhere"


def test_the_invite_page_never_tells_who_has_an_account(
    leads_browser: Client, elsewhere: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stranger, a member elsewhere, an editor and a closed account: all the same."""
    # The letter and the page tell the minute at which the invitation ends.
    now = timezone.now()
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    make_person("member@example.org", elsewhere)
    User.objects.create_user("editor@example.org", is_editor=True)
    User.objects.create_user("closed@example.org", is_active=False)
    answers = set()
    for email in (NEW, "member@example.org", "editor@example.org", "closed@example.org"):
        Invitation.objects.all().delete()
        response = send(leads_browser, email)
        page = plain(leads_browser.get(response["Location"])).replace(email, "")
        letter = re.sub(r"invitation/[^/]+/", "", mail.outbox[-1].body)
        ids = re.sub(r"invitations/\d+/", "", page)
        answers.add((response.status_code, ids, letter.replace(email, "")))
    assert len(answers) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "already-member"),
        ({"suspended": True}, "suspended-member"),
        ({"closed": True}, "closed-account"),
    ],
)
def test_who_belongs_to_the_agency_is_not_invited(
    leads_browser: Client, lead: User, teacher: User, agency: Agency,
    change: dict[str, bool], code: str,
) -> None:  # fmt: skip
    if "suspended" in change:
        people.suspend(membership=membership_of(teacher), by=lead)
    User.objects.filter(pk=teacher.pk).update(is_active="closed" not in change)
    response = send(leads_browser, teacher.email.upper())
    assert response.status_code == 200
    assert 'href="#id_email"' in response.content.decode()
    assert not Invitation.objects.exists()
    assert not mail.outbox
    subject = f"membership:{membership_of(teacher).pk}"
    assert told(Verb.REFUSED, agency) == [(lead.pk, subject, code)]


@pytest.mark.parametrize(
    ("posted", "field"),
    [
        ({}, "email"),
        ({"email": "no address", "role": "reader"}, "email"),
        ({"email": NEW}, "role"),
        ({"email": NEW, "role": "king"}, "role"),
    ],
)
def test_a_wrong_form_invites_nobody(
    leads_browser: Client, posted: dict[str, str], field: str
) -> None:
    response = leads_browser.post(reverse("people_invite"), posted)
    assert f'href="#id_{field}"' in response.content.decode()
    assert not Invitation.objects.exists()


def test_a_second_invitation_takes_the_first_one_back(
    leads_browser: Client, lead: User, agency: Agency, elsewhere: Agency
) -> None:
    Membership.objects.create(user=lead, agency=elsewhere, role=Role.LEAD)
    _, other = people.invite(agency=elsewhere, email=NEW, role=Role.READER, invited_by=lead)
    _, old = people.invite(agency=agency, email=NEW, role=Role.READER, invited_by=lead)
    _, new = people.invite(agency=agency, email=NEW, role=Role.LEAD, invited_by=lead)
    assert people.find_invitation(token=old) is None
    assert people.find_invitation(token=new)
    assert people.find_invitation(token=other), "another agency's is none of its business"
    assert len(told(Verb.WITHDREW, agency)) == 1


def test_an_invitation_outlives_a_mail_server_that_is_down(
    leads_browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = "django.core.mail.backends.locmem.EmailBackend.send_messages"
    for trouble in (SMTPServerDisconnected, TimeoutError, ConnectionRefusedError):
        with monkeypatch.context() as patch:
            patch.setattr(backend, lambda *args, trouble=trouble: (_ for _ in ()).throw(trouble))
            response = send(leads_browser)
        assert response.status_code == 302
        assert message_levels(response)[-1] == "warning"
    kept = Invitation.objects.get(withdrawn_at=None)
    response = leads_browser.post(reverse("invitation_send_again", args=[kept.pk]))
    assert message_levels(response)[-1] == "success"
    assert [letter.to for letter in mail.outbox] == [[NEW]]


def test_sending_again_makes_a_new_link_for_the_same_role(
    leads_browser: Client, lead: User, agency: Agency
) -> None:
    first, old = people.invite(agency=agency, email=NEW, role=Role.LEAD, invited_by=lead)
    leads_browser.post(reverse("invitation_send_again", args=[first.pk]))
    again = Invitation.objects.get(withdrawn_at=None)
    assert (again.email, again.role) == (NEW, Role.LEAD)
    assert people.find_invitation(token=old) is None
    leads_browser.post(reverse("invitation_send_again", args=[first.pk]))
    assert len(mail.outbox) == 1, "the one that was replaced cannot be sent again"


def test_a_lead_withdraws_an_invitation(leads_browser: Client, lead: User, agency: Agency) -> None:
    invitation, token = people.invite(agency=agency, email=NEW, role=Role.READER, invited_by=lead)
    address = reverse("invitation_withdraw", args=[invitation.pk])
    assert leads_browser.get(address).status_code == 302
    assert people.find_invitation(token=token), "looking withdraws nothing"
    for level in ("success", "warning"):
        assert message_levels(leads_browser.post(address))[-1] == level
    assert people.find_invitation(token=token) is None
    assert told(Verb.WITHDREW, agency) == [(lead.pk, f"invitation:{invitation.pk}", "")]
