"""What an edition on its way would change for a lead's open conversations: theirs alone."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Agency, Membership, User
from referrals import would_differ
from referrals.models import Conversation
from tests.editors import make_editor
from tests.many import conversation_of, fill
from tests.people import LEVEL_2, make_person, record, signed_in, walk_to
from tests.test_replay import another
from thresholds.models import Edition

ADDRESS = "/desk/editions/draft/"


def propose(edition: Edition) -> Edition:
    day = timezone.localdate() + timedelta(days=7)
    Edition.objects.filter(pk=edition.pk).update(
        proposed_by=make_editor("one"), proposed_at=timezone.now(), publish_from=day
    )
    return edition


def put_in_force(edition: Edition, days_ago: int = 0) -> None:
    day = timezone.localdate() - timedelta(days=days_ago)
    Edition.objects.filter(pk=edition.pk).update(
        status=Edition.Status.PUBLISHED, published_on=day, approved_at=timezone.now()
    )


@pytest.fixture
def proposed(db: None) -> Edition:
    """An edition on its way, in which dd034 is of the highest level."""
    return propose(another(dd034={"level": 4}))


def page(client: Client, query: str = "") -> str:
    response = client.get(ADDRESS + query)
    assert response.status_code == 200
    return response.content.decode()


def test_a_lead_sees_which_would_read_differently_and_why(
    proposed: Edition, teachers_browser: Client, leads_browser: Client
) -> None:
    done = record(teachers_browser)
    same = record(teachers_browser, signs={"codes": ["dd001"]}, evidence={})
    shown = page(leads_browser)
    assert str(done.token) in shown and done.reference in shown
    assert str(same.token) not in shown
    assert "Level 2, to plan and review" in shown and "Level 4" in shown
    words = Conversation.objects.get(pk=done.pk).signs.get(indicator__code="dd034").indicator.text
    assert words in shown


def test_the_desk_tells_of_an_edition_while_it_is_on_its_way(
    teachers_browser: Client, leads_browser: Client
) -> None:
    edition = another(dd034={"level": 4})
    record(teachers_browser)
    assert ADDRESS not in leads_browser.get("/desk/").content.decode()
    propose(edition)
    assert ADDRESS in leads_browser.get("/desk/").content.decode()
    put_in_force(edition)
    assert ADDRESS in leads_browser.get("/desk/").content.decode()
    assert str(Conversation.objects.get().token) in page(leads_browser)


def test_an_edition_that_is_no_longer_new_is_told_of_no_more(
    teachers_browser: Client, leads_browser: Client
) -> None:
    record(teachers_browser)
    put_in_force(another(), days_ago=29)
    assert ADDRESS not in leads_browser.get("/desk/").content.decode()
    assert leads_browser.get(ADDRESS).status_code == 404


def test_the_edition_that_comes_back_is_told_of(
    proposed: Edition, teacher: User, agency: Agency, lead: User
) -> None:
    put_in_force(proposed)
    conversation_of(agency, teacher, timezone.now(), edition=proposed).save()
    assert would_differ.to_tell(lead, agency) == []
    Edition.objects.filter(pk=proposed.pk).update(withdrawn_at=timezone.now())
    assert [e.slug for e in would_differ.to_tell(lead, agency)] == ["ddscp-2019-12"]


def test_a_draft_that_is_not_proposed_is_no_page(leads_browser: Client) -> None:
    another()
    assert leads_browser.get(ADDRESS).status_code == 404


# Whose they are.


def test_another_agencys_lead_sees_none_of_them(
    proposed: Edition, teachers_browser: Client, elsewhere: Agency
) -> None:
    done = record(teachers_browser)
    other = signed_in(make_person("l@trust.example", elsewhere, Membership.Role.LEAD))
    assert str(done.token) not in page(other)
    assert ADDRESS not in other.get("/desk/").content.decode()
    assert other.get(f"{ADDRESS}?agency={done.agency_id}").status_code == 404


def test_of_two_agencies_one_at_a_time_is_shown(
    proposed: Edition, teachers_browser: Client, elsewhere: Agency, lead: User
) -> None:
    Membership.objects.create(user=lead, agency=elsewhere, role=Membership.Role.LEAD)
    nurse = make_person("n@trust.example", elsewhere)
    done, there = record(teachers_browser), record(signed_in(nurse))
    for agency, own, others in ((done.agency, done, there), (elsewhere, there, done)):
        shown = page(signed_in(lead), f"?agency={agency.pk}")
        assert str(own.token) in shown and str(others.token) not in shown


def test_a_lead_who_is_the_subject_does_not_see_it(
    proposed: Edition, teachers_browser: Client, lead: User, agency: Agency
) -> None:
    subject = make_person("other-lead@school.example", agency, Membership.Role.LEAD)
    child = LEVEL_2["child"] | {"kept_from": [str(subject.pk)]}
    done = record(teachers_browser, child=child)
    assert str(done.token) not in page(signed_in(subject))
    assert str(done.token) in page(signed_in(lead))


@pytest.mark.parametrize("role", [Membership.Role.PRACTITIONER, Membership.Role.READER])
def test_nobody_but_a_lead_comes_in(
    proposed: Edition, teachers_browser: Client, agency: Agency, role: Membership.Role
) -> None:
    record(teachers_browser)
    person = make_person("p@school.example", agency, role)
    assert signed_in(person).get(ADDRESS).status_code == 404
    assert teachers_browser.get(ADDRESS).status_code == 404


def test_an_editor_and_a_suspended_lead_do_not_come_in(
    proposed: Edition, teachers_browser: Client, agency: Agency, lead: User
) -> None:
    record(teachers_browser)
    editor = make_editor("two")
    Membership.objects.create(user=editor, agency=agency, role=Membership.Role.LEAD)
    assert signed_in(editor).get(ADDRESS).status_code == 404
    Membership.objects.filter(user=lead).update(suspended_at=timezone.now())
    assert signed_in(lead).get(ADDRESS).status_code == 404


# Which they are.


def test_what_is_signed_off_or_still_being_written_is_not_listed(
    proposed: Edition, teachers_browser: Client, leads_browser: Client
) -> None:
    done = record(teachers_browser)
    walk_to(teachers_browser, "check")
    assert page(leads_browser).count('data-label="Child and reference"') == 1
    Conversation.objects.filter(pk=done.pk).update(review_state=Conversation.ReviewState.SIGNED_OFF)
    assert "data-label" not in page(leads_browser)
    assert ADDRESS not in leads_browser.get("/desk/").content.decode()


def test_what_was_recorded_under_the_edition_itself_or_elsewhere_is_not_listed(
    proposed: Edition, teacher: User, agency: Agency, lead: User
) -> None:
    now = timezone.now()
    other = Edition.objects.get(slug="warwickshire-spectrum")
    for edition in (proposed, other):
        conversation_of(agency, teacher, now, edition=edition).save()
    assert would_differ.page_of(lead, agency, proposed) == would_differ.Page((), 0)


def test_pages_show_each_once(
    proposed: Edition,
    teacher: User,
    agency: Agency,
    lead: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = timezone.now()
    fill(agency, teacher, now, now, 200)
    monkeypatch.setattr(would_differ, "PAGE", 10**6)
    monkeypatch.setattr(would_differ, "MOST", 10**6)
    whole = would_differ.page_of(lead, agency, proposed)
    keys = [row.conversation.pk for row in whole.rows]
    assert keys and not whole.after
    monkeypatch.setattr(would_differ, "PAGE", 2)
    monkeypatch.setattr(would_differ, "MOST", 30)
    found, after = [], ""
    while after != "0":
        part = would_differ.page_of(lead, agency, proposed, after)
        assert len(part.rows) <= 2
        found += [row.conversation.pk for row in part.rows]
        after = str(part.after)
    assert found == keys


@pytest.mark.parametrize("after", ["x", "-1", "9" * 400, "\u0663", ""])
def test_a_place_that_is_none_is_the_beginning(
    proposed: Edition, teachers_browser: Client, leads_browser: Client, after: str
) -> None:
    done = record(teachers_browser)
    assert str(done.token) in page(leads_browser, f"?after={after}")
