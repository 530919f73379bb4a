"""The schedule: what is due, what is kept back and why, and that nobody's draft vanishes unseen."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.utils import timezone

from accounts.events import faults
from accounts.models import Agency, Event, Membership, User
from referrals import erasure, holding, ledger, retention, review
from referrals.kept import Erasure, Schedule
from referrals.models import Conversation, FollowUp
from referrals.retention import HELD, TOGETHER, UNTOLD, WAITS, Due
from tests.people import LEVEL_2, record, walk_to

pytestmark = pytest.mark.usefixtures("ledger_file")

NO_REFERRAL = {
    "call": {"made": "no"},
    "signs": {"codes": ["dd034"]},
    "judgement": {"level": "2", "reason": "x"},
}
YEARS = {"draft_months": 12, "referral_years": 30, "other_years": 10}
FROM_RECORD = YEARS | {"referral_from": "record", "other_from": "record"}
FROM_BIRTH = YEARS | {"referral_from": "birth", "other_from": "birth", "other_years": 25}


def schedule(agency: Agency, by: User, ago: timedelta = timedelta(days=60), **how: object) -> None:
    """Set a schedule that has been in force for a while."""
    made = retention.set_schedule(agency=agency, by=by, **(FROM_RECORD | how))
    Schedule.objects.filter(pk=made.pk).update(in_force_from=timezone.now() - ago)


def settled(browser: Browser, lead: User, **changes: dict[str, object]) -> Conversation:
    """Record something that waits for nobody."""
    done = record(browser, **changes)
    done.follow_ups.update(done_at=timezone.now(), done_by=lead)
    decision = "sign-off"
    review.review(conversation=done, reviewer=lead, decision=decision, read=review.digest(done))
    return Conversation.objects.get(pk=done.pk)


def in_years(years: float) -> datetime:
    return timezone.now() + timedelta(days=366 * years)


def found(agency: Agency, now: datetime) -> dict[int, Due]:
    return {due.conversation.pk: due for due in retention.due_in(agency, now)}


def age_draft(draft: Conversation, **ago: float) -> None:
    Conversation.objects.filter(pk=draft.pk).update(updated_at=timezone.now() - timedelta(**ago))


# When


def test_without_a_schedule_nothing_is_ever_due(
    teachers_browser: Browser, lead: User, agency: Agency
) -> None:
    settled(teachers_browser, lead)
    assert not found(agency, in_years(500))


def test_each_kind_has_its_own_years(teachers_browser: Browser, lead: User, agency: Agency) -> None:
    schedule(agency, lead)
    called = settled(teachers_browser, lead, child={"name": "Aa"})
    other = settled(teachers_browser, lead, child={"name": "Bb"}, **NO_REFERRAL)
    judged = settled(
        teachers_browser, lead, child={"name": "Cc"}, call={"made": "no"},
        judgement={"level": "4", "reason": "x"}, signs={"codes": ["dd104", "dd128"]},
    )  # fmt: skip
    assert not found(agency, in_years(9.9))
    assert {pk: due.reason for pk, due in found(agency, in_years(11)).items()} == {
        other.pk: "schedule-other"
    }
    assert {pk: due.reason for pk, due in found(agency, in_years(31)).items()} == {
        called.pk: "schedule-referral",
        judged.pk: "schedule-referral",
        other.pk: "schedule-other",
    }


def test_counted_from_birth_and_where_nobody_wrote_it_down_as_late_as_can_be(
    teachers_browser: Browser, lead: User, agency: Agency
) -> None:
    schedule(agency, lead, **FROM_BIRTH)
    born = settled(teachers_browser, lead, **NO_REFERRAL)
    unknown = settled(teachers_browser, lead, child={"name": "Bb"}, **NO_REFERRAL)
    due_on = timezone.localdate() + timedelta(days=200)
    unborn = settled(
        teachers_browser, lead, **NO_REFERRAL,
        child={"name": "Cc", "due_on_day": due_on.day, "due_on_month": due_on.month,
               "due_on_year": due_on.year},
    )  # fmt: skip
    whole = Schedule.objects.binding(agency, timezone.now())
    ends = {
        done.pk: timezone.localdate(
            retention.record_ends(done, whole, Erasure.Reason.OTHER) - timedelta(seconds=1)
        )
        for done in (born, unknown, unborn)
    }
    today = timezone.localdate()
    assert ends[born.pk] == date(2042, 4, 3)
    assert ends[unknown.pk] == retention.later_day(today, 25)
    assert ends[unborn.pk] == retention.later_day(due_on, 25)


def test_what_was_added_last_counts(teachers_browser: Browser, lead: User, agency: Agency) -> None:
    schedule(agency, lead)
    done = settled(teachers_browser, lead, **NO_REFERRAL)
    FollowUp.objects.create(
        conversation=done, kind="plan", due_at=timezone.now(), done_at=in_years(5), done_by=lead
    )
    assert not found(agency, in_years(11))
    assert found(agency, in_years(16))
    schedule(agency, lead, **FROM_BIRTH)
    # However long ago the child was born, a year of quiet comes first.
    last = retention.last_happened(Conversation.objects.get(pk=done.pk))
    done.child.born_on = date(1950, 1, 1)
    whole = Schedule.objects.binding(agency, timezone.now())
    assert retention.record_ends(done, whole, Erasure.Reason.OTHER) > last + timedelta(days=364)


@pytest.mark.parametrize(
    ("day", "years", "months", "later"),
    [
        (date(2024, 2, 29), 25, 0, date(2049, 3, 1)),
        (date(2024, 2, 29), 4, 0, date(2028, 2, 29)),
        (date(2026, 12, 31), 0, 2, date(2027, 3, 1)),
        (date(2026, 11, 30), 0, 13, date(2027, 12, 30)),
    ],
)
def test_a_day_so_many_years_later_is_never_too_early(
    day: date, years: int, months: int, later: date
) -> None:
    assert retention.later_day(day, years, months) == later


def test_a_new_schedule_binds_after_its_notice_and_the_longer_counts_until_then(
    teachers_browser: Browser, lead: User, agency: Agency
) -> None:
    settled(teachers_browser, lead, **NO_REFERRAL)
    retention.set_schedule(agency=agency, by=lead, **FROM_RECORD)
    now = timezone.now()
    assert Schedule.objects.binding(agency, now) == []
    assert len(Schedule.objects.binding(agency, now + retention.NOTICE)) == 1
    schedule(agency, lead)
    longer = retention.set_schedule(agency=agency, by=lead, **(FROM_RECORD | {"other_years": 50}))
    Schedule.objects.filter(pk=longer.pk).update(in_force_from=in_years(100))
    assert not found(agency, in_years(11))
    assert found(agency, in_years(51))
    event = Event.objects.filter(verb="scheduled").latest("number")
    assert (event.actor, event.detail) == (
        lead.pk, "drafts-12-referral-30-record-other-50-record",
    )  # fmt: skip
    assert not list(faults())


# What is kept back


def test_what_is_kept_back_and_why(teachers_browser: Browser, lead: User, agency: Agency) -> None:
    schedule(agency, lead)
    now = in_years(40)
    waiting = record(teachers_browser, child={"name": "Aa"}, **NO_REFERRAL)
    open_plan = settled(teachers_browser, lead, child={"name": "Bb"}, **NO_REFERRAL)
    FollowUp.objects.create(conversation=open_plan, kind="plan", due_at=timezone.now())
    held = settled(teachers_browser, lead, child={"name": "Cc"}, **NO_REFERRAL)
    holding.hold(conversation=held, reason="x", by=lead)
    same_as_held = settled(teachers_browser, lead, child=LEVEL_2["child"], **NO_REFERRAL)
    holding.hold(conversation=settled(teachers_browser, lead, **NO_REFERRAL), reason="x", by=lead)
    free = settled(teachers_browser, lead, child={"name": "Ee"}, **NO_REFERRAL)
    why = {pk: due.kept_back for pk, due in found(agency, now).items()}
    assert why[waiting.pk] == why[open_plan.pk] == WAITS
    assert why[held.pk] == HELD
    assert why[same_as_held.pk] == TOGETHER
    assert why[free.pk] == ""
    holding.hold_all(agency=agency, reason="An inquiry", by=lead)
    assert {due.kept_back for due in found(agency, now).values()} == {HELD}


def test_a_childs_records_go_together(
    teachers_browser: Browser, lead: User, agency: Agency
) -> None:
    schedule(agency, lead)
    small = settled(teachers_browser, lead, **NO_REFERRAL)
    grave = settled(teachers_browser, lead)
    assert found(agency, in_years(11))[small.pk].kept_back == TOGETHER
    both = found(agency, in_years(31))
    assert [both[done.pk].kept_back for done in (small, grave)] == ["", ""]


# The command


def test_erase_due_lists_first_names_nobody_and_erases_only_when_told(
    teachers_browser: Browser,
    lead: User,
    agency: Agency,
    elsewhere: Agency,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    schedule(agency, lead)
    gone = [
        settled(teachers_browser, lead, child={"name": name}, **NO_REFERRAL)
        for name in ("Aa", "Bb", "Cc")
    ]
    held = settled(teachers_browser, lead, child={"name": "Dd"}, **NO_REFERRAL)
    holding.hold(conversation=held, reason="x", by=lead)
    then = in_years(11)
    monkeypatch.setattr(timezone, "now", lambda: then)
    call_command("erase_due")
    told = capsys.readouterr().out
    assert all(done.reference in told for done in [*gone, held])
    assert "3 schedule-other" in told
    assert "1 held" in told
    assert not any(name in told for name in ("Aa", "Bb", "teacher", "lead@"))
    assert Conversation.objects.count() == 4

    call_command("erase_due", erase=True, limit=1)
    assert Conversation.objects.count() == 3
    call_command("erase_due", erase=True, agency=elsewhere.pk)
    assert Conversation.objects.count() == 3
    for _ in range(2):
        call_command("erase_due", erase=True)
        assert list(Conversation.objects.all()) == [held]
    assert {(row.by, row.reason) for row in Erasure.objects.all()} == {(None, "schedule-other")}
    assert not list(faults())


def test_erase_due_refuses(ledger_file: Path, agency: Agency) -> None:
    with pytest.raises(CommandError, match="no agency"):
        call_command("erase_due", agency=agency.pk + 1000)
    with pytest.raises(CommandError, match="limit"):
        call_command("erase_due", limit=-1)
    ledger_file.write_text("no ledger\n")
    with pytest.raises(CommandError, match=r"ledger is damaged\. Line 1"):
        call_command("erase_due", erase=True)


def test_the_nightly_run_finishes_what_a_crash_left(
    teachers_browser: Browser, lead: User, agency: Agency
) -> None:
    done = record(teachers_browser)
    at = timezone.now().isoformat()
    ledger.append(ledger.Line(str(done.token), "", agency.pk, at, None, "trial"))
    call_command("erase_due")
    assert Conversation.objects.exists()
    call_command("erase_due", erase=True)
    assert not Conversation.objects.exists()


def test_what_changed_since_it_was_listed_is_kept(
    teachers_browser: Browser, lead: User, agency: Agency
) -> None:
    schedule(agency, lead)
    now = in_years(11)
    held, added, gone = (
        settled(teachers_browser, lead, child={"name": name}, **NO_REFERRAL)
        for name in ("Aa", "Bb", "Cc")
    )
    listed = found(agency, now)
    holding.hold(conversation=held, reason="x", by=lead)
    review.add(conversation=added, author=lead, text="More")
    erasure.erase(conversation=gone, by=lead, reason=Erasure.Reason.TRIAL)
    assert not any(retention.erase_if_due(due, now) for due in listed.values())
    assert set(Conversation.objects.all()) == {held, added}


# Drafts


def test_a_draft_goes_only_after_its_author_was_told(
    teachers_browser: Browser, lead: User, agency: Agency
) -> None:
    schedule(agency, lead)
    url = walk_to(teachers_browser, "concern")
    draft = Conversation.objects.get()
    mine = "/conversations/"
    age_draft(draft, days=300)
    assert "will be erased" not in teachers_browser.get(mine).content.decode()
    assert not Event.objects.filter(verb="warned").exists()
    age_draft(draft, days=500)
    now = timezone.now()
    assert found(agency, now)[draft.pk].kept_back == UNTOLD
    # Looking without reading, as a program does, is not to be told.
    teachers_browser.head(mine)
    assert found(agency, now)[draft.pk].kept_back == UNTOLD
    for _ in range(2):
        assert "will be erased" in teachers_browser.get(mine).content.decode()
    assert Event.objects.filter(verb="warned").count() == 1
    soon = timezone.now() + retention.WARNING - timedelta(minutes=1)
    assert found(agency, soon)[draft.pk].kept_back == UNTOLD
    later = timezone.now() + retention.WARNING
    assert found(agency, later)[draft.pk].kept_back == ""
    # To go on with it is to keep it, and to be told anew another time.
    teachers_browser.post(url, {"concern": "More"})
    assert not found(agency, later)
    age_draft(draft, days=500)
    assert "will be erased" in teachers_browser.get(mine).content.decode()


def test_a_held_draft_is_not_announced_and_not_due(
    teachers_browser: Browser, leads_browser: Browser, lead: User, agency: Agency
) -> None:
    schedule(agency, lead)
    walk_to(teachers_browser, "concern")
    draft = Conversation.objects.get()
    url = f"/conversations/{draft.token}/hold/"
    assert leads_browser.post(url, {"act": "hold", "reason": "A complaint"}).status_code == 302
    age_draft(draft, days=800)
    assert "will be erased" not in teachers_browser.get("/conversations/").content.decode()
    assert found(agency, timezone.now())[draft.pk].kept_back == HELD


def test_drafts_of_people_who_left_are_told_to_a_lead(
    teachers_browser: Browser, leads_browser: Browser, lead: User, teacher: User, agency: Agency
) -> None:
    schedule(agency, lead)
    walk_to(teachers_browser, "concern")
    walk_to(teachers_browser, "danger")
    begun, draft = Conversation.objects.order_by("reaches_leads")
    for each in (begun, draft):
        age_draft(each, days=800)
    page = f"/desk/keeping/?agency={agency.pk}"
    assert str(draft.token) not in leads_browser.get(page).content.decode()
    Membership.objects.filter(user=teacher).update(suspended_at=timezone.now())
    due = found(agency, timezone.now())
    # What no lead may see holds where the child lives, and can be told to nobody.
    assert (due[draft.pk].kept_back, due[begun.pk].kept_back) == (UNTOLD, "")
    shown = leads_browser.get(page).content.decode()
    assert str(draft.token) in shown
    assert str(begun.token) not in shown
    later = timezone.now() + retention.WARNING
    assert found(agency, later)[draft.pk].kept_back == ""


# The page


def posted(**changes: object) -> dict[str, object]:
    return {"act": "schedule"} | FROM_BIRTH | changes


def test_a_lead_sets_the_schedule_on_a_page(
    leads_browser: Browser, teachers_browser: Browser, agency: Agency, lead: User
) -> None:
    page = f"/desk/keeping/?agency={agency.pk}"
    assert "Nothing of your agency is erased" in leads_browser.get(page).content.decode()
    assert leads_browser.post(page, posted()).status_code == 302
    made = Schedule.objects.get()
    assert (made.set_by, made.other_years, made.other_from) == (lead, 25, "birth")
    assert made.in_force_from - timezone.now() > retention.NOTICE - timedelta(minutes=1)
    assert Event.objects.get(verb="scheduled").actor == lead.pk
    assert 'value="25"' in leads_browser.get(page).content.decode()
    assert teachers_browser.post(page, posted()).status_code == 404


REFUSED = {
    "a child's record while they are a child": {"other_years": 17},
    "no years": {"referral_years": ""},
    "a slip of the pen": {"other_years": 0, "other_from": "record"},
    "too many": {"referral_years": 101},
    "no number": {"draft_months": "a year"},
    "drafts at once": {"draft_months": 1},
    "from nothing": {"other_from": ""},
    "from another day": {"other_from": "today"},
}


def test_the_page_refuses_and_keeps_what_was_typed(leads_browser: Browser, agency: Agency) -> None:
    for why, wrong in REFUSED.items():
        response = leads_browser.post(f"/desk/keeping/?agency={agency.pk}", posted(**wrong))
        assert response.status_code == 200, why
        assert "error-summary" in response.content.decode(), why
        assert 'value="30"' in response.content.decode() or "referral_years" in wrong, why
    assert not Schedule.objects.exists()
