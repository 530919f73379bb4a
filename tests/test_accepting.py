"""Accepting an invitation: by the person invited, once, in time, and by their own choice."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import pytest
from django.core import mail
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import people
from accounts.models import Agency, Event, Invitation, Membership, User
from tests.membership import NEW, Role, Verb, make_powerful, membership_of, plain, told
from tests.people import make_person, signed_in

pytestmark = pytest.mark.django_db

PASSWORD = "three random words"
ANSWERS = {"name": "Nia New", "job_title": "School nurse", "password": PASSWORD}


class Invited(NamedTuple):
    """An invitation, and the address of the page behind its link."""

    row: Invitation
    link: str


def invited(agency: Agency, lead: User, email: str = NEW) -> Invited:
    row, token = people.invite(agency=agency, email=email, role=Role.PRACTITIONER, invited_by=lead)
    return Invited(row, reverse("invitation_accept", args=[token]))


@pytest.fixture
def invitation(agency: Agency, lead: User) -> Invited:
    return invited(agency, lead)


@pytest.fixture
def known() -> User:
    """Somebody with an account and no agency, to whom the invitation goes."""
    return make_person(NEW, None)


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def is_unused(invitation: Invited) -> bool:
    return people.live_invitations().filter(pk=invitation.row.pk).exists()


# The link


def dead_unknown(invitation: Invited, lead: User) -> str:
    return reverse("invitation_accept", args=["not-a-token"])


def dead_used(invitation: Invited, lead: User) -> str:
    Client().post(invitation.link, ANSWERS)
    return invitation.link


def dead_withdrawn(invitation: Invited, lead: User) -> str:
    people.withdraw(invitation=invitation.row, by=lead)
    return invitation.link


def dead_too_old(invitation: Invited, lead: User) -> str:
    Invitation.objects.update(expires_at=timezone.now())
    return invitation.link


def dead_sender_left(invitation: Invited, lead: User) -> str:
    other = make_person("other@school.example", invitation.row.agency, Role.LEAD)
    people.suspend(membership=membership_of(lead), by=other)
    return invitation.link


DEAD = [dead_unknown, dead_used, dead_withdrawn, dead_too_old, dead_sender_left]


@pytest.mark.parametrize("dead", DEAD)
def test_every_dead_link_gives_the_same_page(
    client: Client, invitation: Invited, lead: User, dead: Callable[[Invited, User], str]
) -> None:
    unknown = client.get(reverse("invitation_accept", args=["x" * 43]))
    link = dead(invitation, lead)
    members = Membership.objects.count()
    for response in (client.get(link), client.post(link, ANSWERS)):
        assert response.status_code == 410
        assert "no-store" in response["Cache-Control"]
        assert plain(response) == plain(unknown)
    assert Membership.objects.count() == members


def test_a_link_lasts_seven_days(invitation: Invited) -> None:
    lasts = invitation.row.expires_at - timezone.now()
    assert timedelta(days=6, hours=23) < lasts <= timedelta(days=7)


@pytest.mark.parametrize("who", ["nobody", "known", "lead"])
def test_looking_accepts_nothing_and_gives_nothing_away(
    invitation: Invited, lead: User, known: User, who: str
) -> None:
    client = {"nobody": Client(), "known": signed_in(known), "lead": signed_in(lead)}[who]
    response = client.get(invitation.link)
    token = invitation.link.split("/")[-2]
    title = re.search(r"<title>(.*?)</title>", response.content.decode(), re.S)[1]
    assert response.status_code == 200
    assert token not in title
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "same-origin"
    assert is_unused(invitation)
    assert not known.memberships.exists()


# Somebody new


def test_a_new_person_makes_their_account_and_is_at_work(
    client: Client, invitation: Invited, agency: Agency
) -> None:
    page = client.get(invitation.link).content.decode()
    assert set(ANSWERS) <= set(re.findall(r'name="(\w+)"', page))
    response = client.post(invitation.link, {**ANSWERS, "email": "evil@example.org"})
    assert response["Location"] == reverse("conversation_list")
    assert is_signed_in(client)
    user = User.objects.get(email=NEW)
    assert (user.name, user.job_title) == ("Nia New", "School nurse")
    assert user.check_password(PASSWORD)
    assert not (user.is_staff or user.is_superuser or user.is_editor)
    membership = membership_of(user)
    assert (membership.agency, membership.role) == (agency, Role.PRACTITIONER)
    joined = (user.pk, f"membership:{membership.pk}", "practitioner")
    assert told(Verb.JOINED, agency) == [joined]
    assert client.get(reverse("conversation_new")).status_code == 200


def test_a_new_lead_sets_up_a_second_factor_at_once(
    client: Client, agency: Agency, lead: User
) -> None:
    """Without the password again, which they have only just chosen."""
    _, token = people.invite(agency=agency, email=NEW, role=Role.LEAD, invited_by=lead)
    client.post(reverse("invitation_accept", args=[token]), ANSWERS)
    assert is_signed_in(client)
    assert client.get(reverse("people"))["Location"] == reverse("mfa_index")
    assert client.get(reverse("mfa_activate_totp")).status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " \u202e "}, "name"),
        ({"name": "x" * 151}, "name"),
        ({"password": ""}, "password"),
        ({"password": "short"}, "password"),
        ({"password": "password1234"}, "password"),
    ],
)
def test_a_wrong_answer_makes_no_account(
    client: Client, invitation: Invited, change: dict[str, str], field: str
) -> None:
    response = client.post(invitation.link, ANSWERS | change)
    page = response.content.decode()
    assert response.status_code == 200
    assert f'href="#id_{field}"' in page
    assert PASSWORD not in page, "a password is never sent back"
    assert not User.objects.filter(email=NEW).exists()
    assert is_unused(invitation)


def test_a_name_keeps_to_one_line(client: Client, invitation: Invited) -> None:
    """It is printed in letters that this person may send as a lead."""
    client.post(invitation.link, ANSWERS | {"name": " Nia\r\n\r\nCall  me\u202e ", "job_title": ""})
    user = User.objects.get(email=NEW)
    assert (user.name, user.job_title) == ("Nia Call me", "")


def test_a_link_that_is_followed_twice_makes_one_member(invitation: Invited) -> None:
    first, second = Client(), Client()
    for browser in (first, second):
        assert browser.get(invitation.link).status_code == 200
    assert first.post(invitation.link, ANSWERS).status_code == 302
    assert second.post(invitation.link, ANSWERS).status_code == 410
    assert User.objects.filter(email=NEW).count() == 1
    assert not is_signed_in(second)


def test_an_account_made_meanwhile_is_never_taken_over(invitation: Invited, known: User) -> None:
    with pytest.raises(people.Gone):
        people.accept_as_new(invitation=invitation.row, **ANSWERS)
    known.refresh_from_db()
    assert not known.check_password(PASSWORD)


def test_accepting_needs_the_security_token(invitation: Invited, known: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(invitation.link, ANSWERS).status_code == 403
    browser.cookies = signed_in(known).cookies
    assert browser.post(invitation.link).status_code == 403
    assert is_unused(invitation)


# Somebody known


def test_a_known_person_signs_in_first(client: Client, invitation: Invited, known: User) -> None:
    wanted = f'href="{reverse("account_login")}?next={invitation.link}"'
    for response in (client.get(invitation.link), client.post(invitation.link, ANSWERS)):
        assert response.status_code == 200
        assert wanted in response.content.decode()
    assert is_unused(invitation)
    assert not is_signed_in(client)


def test_a_known_person_joins_and_their_account_stays_as_it_was(
    invitation: Invited, known: User, agency: Agency
) -> None:
    before = User.objects.filter(pk=known.pk).values("name", "email", "password", "job_title").get()
    response = signed_in(known).post(invitation.link, ANSWERS)
    assert response["Location"] == reverse("conversation_list")
    after = User.objects.filter(pk=known.pk).values("name", "email", "password", "job_title").get()
    assert after == before
    membership = membership_of(known)
    assert (membership.agency, membership.role) == (agency, Role.PRACTITIONER)
    assert told(Verb.JOINED, agency) == [(known.pk, f"membership:{membership.pk}", "practitioner")]
    assert signed_in(known).post(invitation.link).status_code == 410


def test_an_address_in_capitals_is_the_same_person(agency: Agency, lead: User) -> None:
    User.objects.create(email=NEW.title(), name="Nia")
    invitation = invited(agency, lead, NEW.upper())
    assert signed_in(User.objects.get(name="Nia")).post(invitation.link).status_code == 302


# Refusals


def refuse(user: User, invitation: Invited, code: str, chain: Agency | None) -> HttpResponse:
    """Post as `user`: refused, noted in that chain, and nobody is a member who was not."""
    before = list(Membership.objects.values())
    response = signed_in(user).post(invitation.link, ANSWERS)
    assert response.status_code == 403
    assert list(Membership.objects.values()) == before
    assert told(Verb.REFUSED, chain) == [(user.pk, f"invitation:{invitation.row.pk}", code)]
    assert is_unused(invitation)
    return response


def test_somebody_else_is_offered_to_sign_out(invitation: Invited, agency: Agency) -> None:
    other = make_person("other@school.example", agency)
    page = refuse(other, invitation, "other-person", agency).content.decode()
    assert NEW not in page, "whose invitation it is stays with whom it was sent to"
    assert f'name="next" value="{invitation.link}"' in page
    out = signed_in(other).post(reverse("account_logout"), {"next": invitation.link})
    assert out["Location"] == invitation.link


def test_an_editor_joins_no_agency_and_only_they_are_told(
    client: Client, agency: Agency, lead: User, invitation: Invited
) -> None:
    editor = make_powerful(make_person(NEW, None), is_editor=True)
    mine = refuse(editor, invitation, "editor", None)
    assert plain(signed_in(editor).get(invitation.link)) == plain(mine)
    others = invited(agency, lead, "other@example.org")
    make_person("other@example.org", None)
    seen, seen_by_others = plain(client.get(invitation.link)), plain(client.get(others.link))
    assert seen.replace(NEW, "").replace(invitation.link, "") == seen_by_others.replace(
        "other@example.org", ""
    ).replace(others.link, "")


def test_an_invitation_restores_nobody(agency: Agency, lead: User, known: User) -> None:
    invitation = invited(agency, lead)
    membership = Membership.objects.create(user=known, agency=agency)
    people.suspend(membership=membership, by=lead)
    refuse(known, invitation, "suspended", agency)


def test_a_member_has_nothing_to_accept(agency: Agency, known: User, invitation: Invited) -> None:
    Membership.objects.create(user=known, agency=agency, role=Role.READER)
    refuse(known, invitation, "joined-already", agency)


def test_a_link_sends_no_letter(client: Client, invitation: Invited) -> None:
    client.post(invitation.link, ANSWERS)
    assert not mail.outbox
    told = Event.objects.exclude(verb=Event.Verb.PUBLISHED)
    assert told.count() == 3, "one for the invitation, one for joining, one for signing in"
