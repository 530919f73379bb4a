"""The life of an edition: who may do what to it, when, and what is kept of that."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db.models import ProtectedError
from django.utils import timezone

from accounts.events import faults
from accounts.models import Event, User
from guidance_content import content, editions
from guidance_content.exchange import as_document
from guidance_content.models import Page
from referrals.models import Conversation
from referrals.services import edition_for
from tests.editors import make_draft, make_editor, publish, shipped
from tests.people import LEVEL_2, make_person, record, signed_in, walk_to
from thresholds import drafts
from thresholds.drafts import NotEditor
from thresholds.load import current_edition, load
from thresholds.models import Area, Contact, Edition, Indicator, Level, Rule
from thresholds.published import PublishedEdition

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_draft")]

Verb = Event.Verb
REASON = "Nobody answered the line"
Service = Callable[[Edition, User], object]


def today() -> date:
    return timezone.localdate()


def current() -> Edition:
    return current_edition(Area.objects.get(slug="derby"))


def verbs() -> list[str]:
    return [event.verb for event in Event.objects.filter(subject__startswith="edition:")]


def reword(edition: Edition, by: User, text: str = "Reworded") -> None:
    with drafts.changing(edition, by=by, what="indicator-dd001"):
        Indicator.objects.filter(edition=edition, code="dd001").update(text=text)


# Drafts


def test_a_draft_is_a_whole_copy_with_the_same_codes(draft: Edition) -> None:
    before, after = as_document(shipped()), as_document(draft)
    assert {**before, "edition": None} == {**after, "edition": None}
    assert (draft.based_on, draft.created_by.name) == (shipped(), "Edie")


def test_a_copy_refers_to_nothing_outside_itself(draft: Edition) -> None:
    for model in content.row_models():
        for field in content.inner_keys(model):
            keys = model.objects.filter(edition=draft).values(field.name)
            others = field.related_model.objects.filter(pk__in=keys).exclude(edition=draft)
            assert not others.exists(), (model, field)
    rule = Rule.objects.get(edition=draft, code="names-harm")
    assert set(rule.indicators.values_list("edition", flat=True)) == {draft.pk}
    assert Page.objects.filter(edition=draft).exists()


def test_a_draft_is_in_force_nowhere(draft: Edition) -> None:
    assert current() == shipped()
    assert edition_for(None) == shipped()


@pytest.mark.parametrize("slug", ["ddscp-2019-12", "no slug", ""])
def test_a_slug_that_is_taken_or_none_makes_no_draft(slug: str, edie: User) -> None:
    count = Edition.objects.count()
    with pytest.raises(editions.Refused):
        make_draft(edie, slug)
    assert Edition.objects.count() == count


def test_a_draft_is_not_made_from_a_draft(draft: Edition, edie: User) -> None:
    with pytest.raises(editions.Refused):
        make_draft(edie, "another", source=draft)


def test_a_discarded_draft_is_gone_and_its_event_stays(draft: Edition, edie: User) -> None:
    editions.discard(draft=draft, by=edie)
    assert not Edition.objects.filter(slug="next").exists()
    assert not Level.objects.filter(edition=draft.pk).exists()
    assert verbs()[-2:] == [Verb.DRAFTED, Verb.DISCARDED]


def test_a_published_edition_is_not_discarded(edie: User) -> None:
    with pytest.raises(editions.Refused):
        editions.discard(draft=shipped(), by=edie)


# Who may


SERVICES: dict[str, Service] = {
    "create": lambda draft, by: make_draft(by, "another"),
    "propose": lambda draft, by: editions.propose(draft=draft, by=by, publish_from=today()),
    "withdraw": lambda draft, by: editions.withdraw_proposal(draft=draft, by=by),
    "approve": lambda draft, by: editions.approve(draft=draft, by=by, reason=REASON),
    "roll back": lambda draft, by: editions.roll_back(edition=shipped(), by=by, reason="x"),
    "discard": lambda draft, by: editions.discard(draft=draft, by=by),
    "change": reword,
}


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("who", ["practitioner", "superuser", "closed account"])
def test_only_editors_in_force_do_anything(service: str, who: str, draft: Edition) -> None:
    person = {
        "practitioner": lambda: make_person("tess@school.example", None),
        "superuser": lambda: User.objects.create_superuser("su@example.org", "x", name="Sue"),
        "closed account": lambda: User.objects.create_user(
            "gone@example.org", name="Gone", is_editor=True, is_active=False
        ),
    }[who]()
    editions.propose(draft=draft, by=make_editor("pat"), publish_from=today())
    before = (content.digest(draft), verbs())
    with pytest.raises(NotEditor):
        SERVICES[service](draft, person)
    assert (content.digest(draft), verbs()) == before


# Proposing and approving


def test_two_editors_publish_a_draft(draft: Edition, edie: User, sam: User) -> None:
    reword(draft, edie)
    published = publish(draft, edie, sam)
    assert current() == published
    assert (published.proposed_by, published.approved_by) == (edie, sam)
    assert published.unconfirmed_reason == REASON
    assert published.digest == content.digest(published)
    assert load(published).by_code["dd001"].text == "Reworded"
    assert verbs()[-4:] == [Verb.DRAFTED, Verb.CHANGED, Verb.PROPOSED, Verb.PUBLISHED]
    assert list(faults()) == []
    with pytest.raises(PublishedEdition):
        reword(published, edie)


def test_nobody_approves_what_they_proposed(draft: Edition, edie: User) -> None:
    with pytest.raises(editions.SecondEditor):
        publish(draft, edie, edie)
    assert current() == shipped()


def test_what_is_not_proposed_is_not_approved(draft: Edition, sam: User) -> None:
    with pytest.raises(editions.Refused):
        editions.approve(draft=draft, by=sam, reason=REASON)


def test_a_change_withdraws_the_proposal(draft: Edition, edie: User, sam: User) -> None:
    editions.propose(draft=draft, by=edie, publish_from=today(), note="Look at dd001")
    reword(draft, sam)
    draft.refresh_from_db()
    assert (draft.proposed_by, draft.publish_from, draft.digest) == (None, None, "")
    assert verbs()[-2:] == [Verb.UNPROPOSED, Verb.CHANGED]
    with pytest.raises(editions.Refused):
        editions.approve(draft=draft, by=sam, reason=REASON)


def test_a_change_past_the_services_is_found_by_the_digest(
    draft: Edition, edie: User, sam: User
) -> None:
    editions.propose(draft=draft, by=edie, publish_from=today())
    Indicator.objects.filter(edition=draft, code="dd001").update(text="Slipped in")
    draft.refresh_from_db()
    assert not editions.is_as_proposed(draft)
    with pytest.raises(editions.ChangedSince):
        editions.approve(draft=draft, by=sam, reason=REASON)


def test_the_digest_tells_every_kind_of_change(draft: Edition) -> None:
    seen = {content.digest(draft)}
    Rule.objects.get(edition=draft, code="names-harm").indicators.clear()
    seen.add(content.digest(draft))
    for model in content.row_models():
        row = model.objects.filter(edition=draft).first()
        model.objects.filter(pk=row.pk).update(heading="Another")
        seen.add(content.digest(draft))
    draft.title = "Another"
    seen.add(content.digest(draft))
    assert len(seen) == 3 + len(content.row_models())


def test_a_draft_with_problems_is_neither_proposed_nor_approved(
    draft: Edition, edie: User, sam: User
) -> None:
    voice = draft.question_set.filter(childs_voice=True)
    voice.update(childs_voice=False)
    with pytest.raises(editions.HasProblems):
        editions.propose(draft=draft, by=edie, publish_from=today())
    draft.question_set.filter(code="life-and-wishes").update(childs_voice=True)
    editions.propose(draft=draft, by=edie, publish_from=today())
    # Outside the draft, so that the digest does not tell.
    Contact.objects.filter(area__slug="derby").update(purpose="")
    with pytest.raises(editions.HasProblems):
        editions.approve(draft=draft, by=sam, reason=REASON)


def test_a_proposal_is_for_today_or_later(draft: Edition, edie: User) -> None:
    with pytest.raises(editions.Refused):
        editions.propose(draft=draft, by=edie, publish_from=today() - timedelta(days=1))


def test_an_unconfirmed_emergency_number_needs_a_reason(
    draft: Edition, edie: User, sam: User
) -> None:
    editions.propose(draft=draft, by=edie, publish_from=today())
    for reason in ("", "  "):
        with pytest.raises(editions.NeedsReason):
            editions.approve(draft=draft, by=sam, reason=reason)


def test_confirmed_emergency_numbers_need_no_reason(draft: Edition, edie: User, sam: User) -> None:
    ahead = today() + timedelta(days=90)
    Contact.objects.filter(purpose="urgent").update(checked_on=today(), review_by=ahead)
    editions.propose(draft=draft, by=edie, publish_from=today())
    assert editions.approve(draft=draft, by=sam).unconfirmed_reason == ""


# Days


def test_an_edition_with_a_later_date_is_in_force_from_that_day(
    draft: Edition, edie: User, sam: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = today() + timedelta(days=10)
    publish(draft, edie, sam, day)
    assert current() == shipped()
    monkeypatch.setattr(timezone, "localdate", lambda *args: day)
    assert current() == draft


def test_an_approval_after_the_day_publishes_from_today(
    draft: Edition, edie: User, sam: User
) -> None:
    editions.propose(draft=draft, by=edie, publish_from=today())
    Edition.objects.filter(pk=draft.pk).update(publish_from=today() - timedelta(days=3))
    assert editions.approve(draft=draft, by=sam, reason=REASON).published_on == today()


def test_of_two_from_one_day_the_later_approved_is_in_force(
    draft: Edition, edie: User, sam: User
) -> None:
    newer = make_draft(edie, "newer")
    publish(newer, edie, sam)
    publish(draft, edie, sam)
    assert current() == draft


# Rolling back


def test_rolling_back_brings_the_edition_before(draft: Edition, edie: User, sam: User) -> None:
    publish(draft, edie, sam)
    assert editions.roll_back(edition=draft, by=sam, reason="Level 3 is wrong") == shipped()
    draft.refresh_from_db()
    assert (draft.withdrawn_by, draft.withdrawn_reason) == (sam, "Level 3 is wrong")
    assert current() == shipped()
    assert verbs()[-1] == Verb.ROLLED_BACK


def test_rolling_back_goes_one_edition_at_a_time(draft: Edition, edie: User, sam: User) -> None:
    publish(draft, edie, sam)
    newer = publish(make_draft(edie, "newer"), edie, sam)
    with pytest.raises(editions.Refused):
        editions.roll_back(edition=draft, by=sam, reason="x")
    assert editions.roll_back(edition=newer, by=sam, reason="x") == draft
    with pytest.raises(editions.Refused):
        editions.roll_back(edition=newer, by=sam, reason="again")


def test_an_edition_that_is_still_to_come_is_withdrawn(
    draft: Edition, edie: User, sam: User
) -> None:
    publish(draft, edie, sam, today() + timedelta(days=10))
    assert editions.roll_back(edition=draft, by=edie, reason="Too early") == shipped()


def test_the_only_edition_is_not_rolled_back(sam: User) -> None:
    with pytest.raises(editions.Refused):
        editions.roll_back(edition=shipped(), by=sam, reason="x")
    assert current() == shipped()


def test_rolling_back_needs_a_reason(draft: Edition, edie: User, sam: User) -> None:
    publish(draft, edie, sam)
    with pytest.raises(editions.Refused):
        editions.roll_back(edition=draft, by=sam, reason=" ")


# Conversations


def test_a_conversation_keeps_the_edition_it_began_with(
    draft: Edition, edie: User, sam: User, teacher: User
) -> None:
    browser = signed_in(teacher)
    begun = walk_to(browser, "signs")
    reword(draft, edie)
    publish(draft, edie, sam)
    assert "Reworded" not in browser.get(begun).content.decode()
    later = walk_to(browser, "signs")
    assert "Reworded" in browser.get(later).content.decode()
    old, new = Conversation.objects.order_by("pk").values_list("edition__slug", flat=True)
    assert (old, new) == ("ddscp-2019-12", "next")
    editions.roll_back(edition=draft, by=sam, reason="x")
    assert "Reworded" in browser.get(later).content.decode()
    answered = browser.post(later, LEVEL_2["signs"])
    assert answered.status_code == 302


def test_an_edition_with_records_goes_by_no_way(
    draft: Edition, edie: User, sam: User, teacher: User
) -> None:
    publish(draft, edie, sam)
    record(signed_in(teacher))
    with pytest.raises((PublishedEdition, ProtectedError)):
        draft.delete()
