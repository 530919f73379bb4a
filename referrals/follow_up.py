"""What is done after a record: written to the council, plan looked at, answer noted.

Each is one transaction and writes its event. Doing the same again changes nothing.
"""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Event, User
from referrals import review, services, standing
from referrals.deadlines import end_of, writing_hours
from referrals.models import Alert, Call, Conversation, CouncilAnswer, FollowUp

Kind = FollowUp.Kind
# A call longer than this before everything else is a slip of the pen, such as last year's.
CALLED_BEFORE = timedelta(days=90)
# What the event of a call that is noted later tells.
CALL = "call"


class NotThen(Exception):
    """It cannot have been then: that is still to come, or before the conversation began."""


def earliest(conversation: Conversation) -> datetime:
    """Return when something about this worry can have been done first.

    That is the beginning of the day on which the conversation or its first call began.
    """
    calls = conversation.calls.values_list("called_at", flat=True)
    return _start_of(min([conversation.created_at, *calls]))


def earliest_call(conversation: Conversation) -> datetime:
    return earliest(conversation) - CALLED_BEFORE


def _start_of(moment: datetime) -> datetime:
    return end_of(timezone.localdate(moment) - timedelta(days=1))


@transaction.atomic
def mark_done(
    *,
    follow_up: FollowUp,
    by: User,
    done_at: datetime | None = None,
    note: str = "",
    next_review: date | None = None,
) -> bool:
    """Keep that it was done, when and by whom. A plan may be looked at again on `next_review`.

    Returns False, and changes nothing, when it was done already. Raises NotThen.
    """
    conversation = services.lock(follow_up.conversation)
    found = FollowUp.objects.get(pk=follow_up.pk)
    if found.done_at:
        return False
    found.done_at, found.done_by, found.note = done_at or timezone.now(), by, note
    _check(found.done_at, earliest(conversation))
    found.save()
    standing.stand_alone(conversation)
    services.tell(Event.Verb.FOLLOWED_UP, conversation, by, found.kind)
    if next_review:
        set_review(conversation=conversation, on=next_review, by=by)
    return True


@transaction.atomic
def set_review(*, conversation: Conversation, on: date, by: User) -> FollowUp:
    """Set the day on which the plan is looked at. A day that stands is not set again."""
    if on < timezone.localdate():
        raise NotThen
    locked = services.lock(conversation)
    due_at = end_of(on)
    open_ones = locked.follow_ups.filter(kind=Kind.PLAN, done_at=None)
    if same := open_ones.filter(due_at=due_at).first():
        return same
    made = FollowUp.objects.create(conversation=locked, kind=Kind.PLAN, due_at=due_at)
    standing.stand_alone(locked)
    services.tell(Event.Verb.FOLLOWED_UP, locked, by, "plan-set")
    return made


@transaction.atomic
def note_answer(
    *, conversation: Conversation, by: User, answer: str, answered_on: date, note: str = ""
) -> CouncilAnswer:
    """Keep what the council answered. A review that was settled is open again for a lead."""
    locked = services.lock(conversation)
    if not timezone.localdate(earliest(locked)) <= answered_on <= timezone.localdate():
        raise NotThen
    last = locked.council_answers.last()
    if last and (last.answer, last.answered_on, last.note) == (answer, answered_on, note):
        return last
    made = CouncilAnswer.objects.create(
        conversation=locked, answer=answer, answered_on=answered_on, note=note, noted_by=by
    )
    services.tell(Event.Verb.FOLLOWED_UP, locked, by, f"council-{answer}")
    review.take_in(locked, by, review.AFTER_ANSWER)
    return made


@transaction.atomic
def note_call(
    *, conversation: Conversation, by: User, called_at: datetime, to: str = "", said: str = ""
) -> Call:
    """Keep a call to the council that the record does not tell of, and start its deadline.

    What was said is news to a lead: a review that was settled is open again.
    """
    locked = services.lock(conversation)
    _check(called_at, earliest_call(locked))
    for call in locked.calls.filter(called_at=called_at, to_council=True):
        if (call.to, call.said) == (to, said):
            return call
    made = Call.objects.create(
        conversation=locked, to=to, called_at=called_at, said=said, to_council=True
    )
    _start_writing(locked, called_at)
    # After that: whoever marks an alert as sent has locked it, and waits for the chain.
    services.tell(Event.Verb.FOLLOWED_UP, locked, by, CALL)
    review.take_in(locked, by, review.AFTER_ANSWER)
    return made


def _start_writing(conversation: Conversation, called_at: datetime) -> None:
    """See to it that the council has this call in writing in time.

    One follow-up in writing is open at a time, due by the earliest call that it follows.
    What was written after the call has followed it already.
    """
    facts = services.facts_of(conversation, services.walk_of(conversation))
    hours = writing_hours(facts.steps)
    written = conversation.follow_ups.filter(kind=Kind.WRITING)
    if not hours or written.filter(done_at__gte=called_at).exists():
        return
    due_at = called_at + timedelta(hours=hours)
    if not (still_open := written.filter(done_at=None).first()):
        FollowUp.objects.create(conversation=conversation, kind=Kind.WRITING, due_at=due_at)
    elif due_at < still_open.due_at:
        still_open.due_at = due_at
        still_open.save(update_fields=["due_at"])
        # Who was reminded of the later moment has not been told of this one.
        conversation.alerts.filter(kind=Alert.Kind.WRITING, about=still_open.pk).delete()


def _check(moment: datetime, first: datetime) -> None:
    if not first <= moment <= timezone.now():
        raise NotThen
