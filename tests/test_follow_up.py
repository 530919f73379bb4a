"""What is due after a record, and what was done about it: hours, days, pages and refusals."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Agency, Event, Membership, User
from referrals import deadlines, follow_up
from referrals.models import Alert, Call, Conversation, CouncilAnswer, FollowUp
from referrals.wording import long_moment
from tests.people import make_person, record, signed_in, walk_to

Answer, Kind, State = CouncilAnswer.Answer, FollowUp.Kind, Conversation.ReviewState
CHILD_PROTECTION = {"danger": {"danger": "yes"}}
NO_CALL = {"call": {"made": "no"}}
PLAN = {"next_steps": {"plan": "Meet", "review_on_day": "1", "review_on_month": "2"}}
# The call of LEVEL_2 was at 17:10 on 20 November 2025.
CALLED = datetime(2025, 11, 20, 17, 10, tzinfo=UTC)
THEN = {"on_day": "21", "on_month": "11", "on_year": "2025", "at": "9:30"}
HOUR = timedelta(hours=1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.fixture
def done(teachers_browser: Client) -> Conversation:
    """A child protection record, with a call to the council."""
    return record(teachers_browser, **CHILD_PROTECTION)


@pytest.fixture
def lead(agency: Agency) -> User:
    return make_person("lead@school.example", agency, Membership.Role.LEAD)


def writing(conversation: Conversation) -> FollowUp:
    return conversation.follow_ups.get(kind=Kind.WRITING)


def page(conversation: Conversation, rest: str = "") -> str:
    return f"/conversations/{conversation.token}/follow-up/{rest}"


def details(conversation: Conversation) -> list[str]:
    told = Event.objects.filter(subject=conversation.subject, verb=Event.Verb.FOLLOWED_UP)
    return list(told.values_list("detail", flat=True))


# What is done, kept once.


def test_a_follow_up_is_done_by_whom_and_when(done: Conversation, lead: User) -> None:
    then = CALLED + HOUR
    assert follow_up.mark_done(follow_up=writing(done), by=lead, done_at=then, note="By email")
    found = writing(done)
    assert (found.done_at, found.done_by, found.note) == (then, lead, "By email")
    assert details(done) == ["writing"]


def test_done_twice_changes_nothing(done: Conversation, lead: User) -> None:
    row = writing(done)
    follow_up.mark_done(follow_up=row, by=done.author)
    first = writing(done)
    assert not follow_up.mark_done(
        follow_up=row, by=lead, note="Me too", next_review=date(2099, 1, 1)
    )
    assert writing(done).done_at == first.done_at and writing(done).done_by == done.author
    assert details(done) == ["writing"]


@pytest.mark.parametrize("wrong", ["to come", "before the call"])
def test_nothing_is_done_before_it_can_have_been(done: Conversation, wrong: str) -> None:
    moment = timezone.now() + HOUR if wrong == "to come" else CALLED - timedelta(days=1)
    with pytest.raises(follow_up.NotThen):
        follow_up.mark_done(follow_up=writing(done), by=done.author, done_at=moment)
    assert writing(done).done_at is None and details(done) == []


def test_a_plan_looked_at_may_be_looked_at_again(done: Conversation) -> None:
    today = timezone.localdate()
    first = follow_up.set_review(conversation=done, on=today, by=done.author)
    follow_up.mark_done(follow_up=first, by=done.author, next_review=today + timedelta(days=7))
    plans = done.follow_ups.filter(kind=Kind.PLAN)
    assert [row.done_at is None for row in plans] == [False, True]
    assert plans.last().due_at == deadlines.end_of(today + timedelta(days=7))


def test_a_plan_is_not_looked_at_in_the_past(done: Conversation) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    with pytest.raises(follow_up.NotThen):
        follow_up.set_review(conversation=done, on=yesterday, by=done.author)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (State.AWAITING, State.AWAITING),
        (State.ASKED, State.ASKED),
        (State.REVIEWED, State.REOPENED),
        (State.SIGNED_OFF, State.REOPENED),
        (State.REOPENED, State.REOPENED),
    ],
)
@pytest.mark.parametrize("answer", Answer.values)
def test_what_the_council_answers_opens_a_settled_review(
    done: Conversation, answer: str, before: State, after: State
) -> None:
    Conversation.objects.filter(pk=done.pk).update(review_state=before)
    today = timezone.localdate()
    for _ in range(2):  # the second time is a form sent twice
        follow_up.note_answer(conversation=done, by=done.author, answer=answer, answered_on=today)
    done.refresh_from_db()
    assert done.review_state == after
    assert done.council_answers.count() == 1
    assert details(done) == [f"council-{answer}"]


@pytest.mark.parametrize("days", [1, -3650])
def test_the_council_answers_neither_tomorrow_nor_before_the_worry(
    done: Conversation, days: int
) -> None:
    day = timezone.localdate() + timedelta(days=days)
    with pytest.raises(follow_up.NotThen):
        follow_up.note_answer(
            conversation=done, by=done.author, answer=Answer.ACCEPTED, answered_on=day
        )
    assert not done.council_answers.exists()


def test_a_call_told_later_starts_the_hours(teachers_browser: Client) -> None:
    made = record(teachers_browser, **CHILD_PROTECTION | NO_CALL)
    assert not made.follow_ups.exists()
    called_at = timezone.now() - HOUR
    for _ in range(2):
        follow_up.note_call(conversation=made, by=made.author, called_at=called_at, to="Duty")
    assert made.calls.get().to_council
    assert writing(made).due_at == called_at + timedelta(hours=48)
    assert details(made) == ["call"]


def test_a_call_starts_nothing_where_the_guidance_asks_for_no_writing(
    teachers_browser: Client,
) -> None:
    made = record(teachers_browser, **NO_CALL)
    follow_up.note_call(conversation=made, by=made.author, called_at=timezone.now())
    assert made.calls.exists() and not made.follow_ups.exists()


def test_an_alert_is_taken_back_before_the_chain_is_locked(done: Conversation) -> None:
    """Whoever marks it as sent locks the alert first, and then the chain."""
    Alert.objects.create(
        conversation=done, recipient=done.author, kind=Alert.Kind.WRITING, about=writing(done).pk
    )
    with CaptureQueriesContext(connection) as queries:
        follow_up.note_call(conversation=done, by=done.author, called_at=CALLED - HOUR)
    asked = [query["sql"] for query in queries.captured_queries]
    taken = [n for n, sql in enumerate(asked) if sql.startswith("DELETE") and "_alert" in sql]
    chained = [n for n, sql in enumerate(asked) if "accounts_chain" in sql]
    assert taken and taken[0] < chained[0], asked


@pytest.mark.parametrize("later", [HOUR, -HOUR])
def test_writing_is_due_by_the_earliest_call(done: Conversation, later: timedelta) -> None:
    row = writing(done)
    Alert.objects.create(
        conversation=done, recipient=done.author, kind=Alert.Kind.WRITING, about=row.pk
    )
    follow_up.note_call(conversation=done, by=done.author, called_at=CALLED + later)
    assert writing(done).due_at == CALLED + min(later, 0 * HOUR) + timedelta(hours=48)
    # Whoever was told of a later moment is told again.
    assert done.alerts.exists() == (later > 0 * HOUR)


@pytest.mark.parametrize("later", [HOUR, -HOUR])
def test_a_call_after_the_writing_is_followed_by_writing_again(
    done: Conversation, later: timedelta
) -> None:
    wrote = CALLED + 2 * HOUR
    follow_up.mark_done(follow_up=writing(done), by=done.author, done_at=wrote)
    follow_up.note_call(conversation=done, by=done.author, called_at=wrote + later)
    assert done.follow_ups.filter(done_at=None).exists() == (later > 0 * HOUR)


@pytest.mark.parametrize("wrong", [HOUR, -timedelta(days=3650)])
def test_a_call_is_neither_still_to_come_nor_long_ago(done: Conversation, wrong: timedelta) -> None:
    with pytest.raises(follow_up.NotThen):
        follow_up.note_call(conversation=done, by=done.author, called_at=timezone.now() + wrong)
    assert done.calls.count() == 1


# The pages.


def test_the_page_puts_what_is_overdue_first_and_says_how_late(
    done: Conversation, teachers_browser: Client
) -> None:
    follow_up.set_review(conversation=done, on=date(2099, 1, 1), by=done.author)
    shown = teachers_browser.get(page(done)).content.decode()
    assert shown.index("days late") < shown.index("1 January 2099")
    assert long_moment(writing(done).due_at) in shown
    opened = Event.objects.filter(subject=done.subject, verb=Event.Verb.OPENED)
    assert opened.filter(actor=done.author.pk).exists()


def test_author_and_lead_do_all_of_it_by_the_pages(
    done: Conversation, teacher: User, lead: User
) -> None:
    today = timezone.localdate()
    this_day = {"day": str(today.day), "month": str(today.month), "year": str(today.year)}
    key = writing(done).pk
    told = [
        (teacher, f"{key}/done/", THEN | {"note": "By the council’s form"}),
        (lead, "answer/", _parts("answered_on", this_day) | {"answer": "no-action", "note": "Why"}),
        (teacher, "call/", THEN | {"at": "10:00", "to": "Duty", "said": "They look again"}),
        (lead, "review-day/", _parts("on", this_day)),
    ]
    for user, rest, posted in told:
        assert signed_in(user).post(page(done, rest), posted).url == page(done)
    plan = done.follow_ups.get(kind=Kind.PLAN)
    looked = THEN | {"note": "Better"} | _parts("next_review", this_day | {"year": "2099"})
    signed_in(teacher).post(page(done, f"{plan.pk}/done/"), looked)
    assert details(done) == ["writing", "council-no-action", "call", "plan-set", "plan", "plan-set"]
    shown = signed_in(lead).get(page(done)).content.decode()
    for words in ("By the council’s form", "Why", "They look again", "Better", str(teacher)):
        assert words in shown
    # Whoever does not agree with the council finds what the guidance says to do.
    assert "Escalation Policy" in shown


def _parts(name: str, day: dict[str, str]) -> dict[str, str]:
    return {f"{name}_{part}": value for part, value in day.items()}


@pytest.mark.parametrize(
    ("rest", "posted", "kept"),
    [
        ("done/", THEN | {"on_year": "2099", "note": "Sent by post"}, "Sent by post"),
        ("done/", THEN | {"on_year": "2024", "note": "Sent by post"}, "Sent by post"),
        ("done/", THEN | {"at": "25:99"}, "25:99"),
        ("done/", THEN | {"on_day": "31"}, 'value="31"'),
        ("answer/", {"note": "They rang back"}, "They rang back"),
        ("answer/", {"answer": "nonsense", "note": "They rang back"}, "They rang back"),
        ("call/", THEN | {"on_year": "2099", "said": "They will ring"}, "They will ring"),
        ("call/", {"said": "They will ring"}, "They will ring"),
        ("review-day/", {"on_day": "1", "on_month": "1", "on_year": "2020"}, 'value="2020"'),
    ],
)
def test_a_bad_answer_is_refused_with_an_error_and_what_was_typed(
    done: Conversation, teachers_browser: Client, rest: str, posted: dict[str, str], kept: str
) -> None:
    rest = f"{writing(done).pk}/{rest}" if rest == "done/" else rest
    response = teachers_browser.post(page(done, rest), posted)
    shown = response.content.decode()
    assert response.status_code == 200
    assert "govuk-error-summary" in shown and kept in shown
    assert details(done) == []


def test_a_form_sent_twice_is_no_mistake(done: Conversation, teachers_browser: Client) -> None:
    address = page(done, f"{writing(done).pk}/done/")
    for _ in range(2):
        assert teachers_browser.post(address, THEN | {"note": "Sent"}).url == page(done)
    assert details(done) == ["writing"]


def test_what_was_typed_after_somebody_else_had_done_it_is_given_back(
    done: Conversation, teachers_browser: Client, lead: User
) -> None:
    row = writing(done)
    follow_up.mark_done(follow_up=row, by=lead)
    late = THEN | {"note": "I sent it on Friday"}
    response = teachers_browser.post(page(done, f"{row.pk}/done/"), late)
    assert response.status_code == 409
    assert "I sent it on Friday" in response.content.decode()
    assert writing(done).done_by == lead


PAGES = ["", "answer/", "call/", "review-day/", "1/done/"]


@pytest.mark.parametrize("rest", PAGES)
def test_a_draft_has_no_follow_up(teachers_browser: Client, rest: str) -> None:
    draft = Conversation.objects.get(token=walk_to(teachers_browser, "concern").split("/")[2])
    assert teachers_browser.get(page(draft, rest)).url == f"/conversations/{draft.token}/"


@pytest.mark.parametrize("who", ["colleague", "other lead", "reader", "about them", "left"])
def test_others_find_no_follow_up(
    done: Conversation, agency: Agency, lead: User, teacher: User, who: str
) -> None:
    other = Agency.objects.create(name="Another School")
    role = Membership.Role
    stranger = {
        "colleague": lambda: make_person("c@school.example", agency),
        "other lead": lambda: make_person("o@other.example", other, role.LEAD),
        "reader": lambda: make_person("r@school.example", agency, role.READER),
        "about them": lambda: lead,
        "left": lambda: teacher,
    }[who]()
    done.kept_from.add(lead)
    Membership.objects.filter(user=teacher).update(suspended_at=timezone.now())
    browser, key = signed_in(stranger), writing(done).pk
    for rest in [*PAGES[:-1], f"{key}/done/"]:
        for response in (browser.get(page(done, rest)), browser.post(page(done, rest), THEN)):
            assert response.status_code in (404, 405)
    assert details(done) == []


def test_a_follow_up_of_another_record_is_not_found_here(
    done: Conversation, teachers_browser: Client
) -> None:
    other = record(teachers_browser, **CHILD_PROTECTION)
    address = page(done, f"{writing(other).pk}/done/")
    assert teachers_browser.post(address, THEN).status_code == 404
    assert writing(other).done_at is None


def test_the_list_begins_with_what_waits_for_its_author(
    done: Conversation, teachers_browser: Client
) -> None:
    Conversation.objects.filter(pk=done.pk).update(review_state=State.ASKED)
    shown = teachers_browser.get("/conversations/").content.decode()
    assert shown.index(page(done)) < shown.index(f"/{done.token}/summary/")
    assert f"/{done.token}/add/" in shown
    follow_up.mark_done(follow_up=writing(done), by=done.author)
    Conversation.objects.filter(pk=done.pk).update(review_state=State.SIGNED_OFF)
    shown = teachers_browser.get("/conversations/").content.decode()
    assert page(done) not in shown and f"/{done.token}/add/" not in shown


def test_a_record_keeps_the_review_day_of_its_plan(teachers_browser: Client) -> None:
    year = str(timezone.localdate().year + 1)
    plan = {"next_steps": PLAN["next_steps"] | {"review_on_year": year}}
    made = record(teachers_browser, **NO_CALL | plan)
    assert made.follow_ups.get().due_at == deadlines.end_of(date(int(year), 2, 1))
    assert not Call.objects.filter(conversation=made).exists()
