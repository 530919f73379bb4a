"""What an agency's schedule says is due for erasure, why, and what keeps something back.

Nothing is due where an agency has set no schedule. What is due is erased by `erase_due`; a
draft only after somebody was told of it, and a record never while it is held, waits for
somebody, or belongs with another one that is kept.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.events import note, subject_of
from accounts.models import Agency, Event, Membership, User
from referrals import answers, desk, erasure, services
from referrals.deadlines import end_of
from referrals.kept import Erasure, Hold, Schedule
from referrals.models import Conversation, ConversationQuerySet

Reason = Erasure.Reason
State = Conversation.ReviewState
Count = Schedule.Count

# A new schedule binds from then on, so that other leads see it before anything goes.
NOTICE = timedelta(days=28)
# How long after it was told of a draft is erased at the earliest.
WARNING = timedelta(days=28)
# Counted from a birth, a record is still never erased sooner than this after anything happened.
QUIET_YEARS = 1
AT_ONCE = 500

HELD = "held"
WAITS = "waits for somebody"
TOGETHER = "kept with another record of the same child"
UNTOLD = "nobody was told yet"


@dataclass(frozen=True)
class Due:
    """A conversation whose time has come: since when, by which reason.

    `kept_back` says why it is not erased all the same, "" where nothing stands against it.
    """

    conversation: Conversation
    reason: Reason
    since: datetime
    kept_back: str

    @property
    def name(self) -> str:
        """What it is called where no person may be named."""
        return self.conversation.reference or f"draft {self.conversation.pk}"


@transaction.atomic
def set_schedule(*, agency: Agency, by: User, **chosen: object) -> Schedule:
    """Set how long the agency keeps its records, as an event, binding after NOTICE."""
    made = Schedule.objects.create(
        agency=agency, set_by=by, in_force_from=timezone.now() + NOTICE, **chosen
    )
    note(
        Event.Verb.SCHEDULED,
        actor=by,
        agency=agency,
        subject=subject_of(agency),
        detail=made.code,
    )
    return made


def due_in(agency: Agency, now: datetime) -> Iterator[Due]:
    """Yield what is due in an agency at `now`, what was begun first before all others."""
    schedules = Schedule.objects.binding(agency, now)
    if not schedules:
        return
    among = Conversation.objects.filter(agency=agency).filter(_old_enough(schedules, now))
    related = among.select_related("agency", "author", "edition__partnership", "area", "child")
    parts = related.prefetch_related("calls", "council_answers", "follow_ups", "addenda", "reviews")
    rows, last = parts.defer("content").order_by("pk"), 0
    # Page by page, because whoever reads this may erase what is on the page before.
    while page := list(rows.filter(pk__gt=last)[:AT_ONCE]):
        last = page[-1].pk
        for conversation in page:
            if found := due_of(conversation, schedules, now):
                yield found


def _old_enough(schedules: list[Schedule], now: datetime) -> Q:
    """Return a condition that leaves out, cheaply, what cannot be due yet."""
    months = max(row.draft_months for row in schedules)
    old_draft = Q(status=Conversation.Status.DRAFT, updated_at__lte=_ago(now, months=months))
    old_record = Q(status=Conversation.Status.RECORDED, recorded_at__lte=_ago(now, years=1))
    return old_draft | old_record


def due_of(conversation: Conversation, schedules: list[Schedule], now: datetime) -> Due | None:
    """Return whether and why a conversation is due under all of these schedules."""
    if not schedules:
        return None
    if not conversation.is_recorded:
        since = max(draft_ends(conversation, row) for row in schedules)
        found = Reason.DRAFT
    else:
        ends = {reason: record_ends(conversation, schedules, reason) for reason in _RECORDED}
        # Whether it led to a referral is asked only where it makes a difference.
        if min(ends.values()) > now:
            return None
        found = Reason.REFERRAL if led_to_referral(conversation) else Reason.OTHER
        since = ends[found]
    if since > now:
        return None
    return Due(conversation, found, since, kept_back(conversation, since, schedules, now))


_RECORDED = (Reason.REFERRAL, Reason.OTHER)


def draft_ends(draft: Conversation, schedule: Schedule) -> datetime:
    return later_by(draft.updated_at, months=schedule.draft_months)


def record_ends(
    conversation: Conversation, schedules: Iterable[Schedule], reason: Reason
) -> datetime:
    """Return when a record's time has come under all of these schedules."""
    last = last_happened(conversation)
    found = []
    for row in schedules:
        referral = reason == Reason.REFERRAL
        years = row.referral_years if referral else row.other_years
        counted = row.referral_from if referral else row.other_from
        if counted == Count.RECORD:
            found.append(later_by(last, years=years))
        else:
            of_age = end_of(later_day(born_at_latest(conversation), years))
            found.append(max(of_age, later_by(last, years=QUIET_YEARS)))
    return max(found)


def born_at_latest(conversation: Conversation) -> date:
    """Return the child's birthday, or the latest day that it can be where nobody wrote it down."""
    child = getattr(conversation, "child", None)
    if child and child.born_on:
        return child.born_on
    recorded = timezone.localdate(conversation.recorded_at)
    return max(recorded, child.due_on) if child and child.due_on else recorded


def last_happened(conversation: Conversation) -> datetime:
    """Return when something was last added to the record, or done about it."""
    moments = [conversation.recorded_at, conversation.updated_at]
    moments += [row.added_at for row in conversation.addenda.all()]
    moments += [row.reviewed_at for row in conversation.reviews.all()]
    moments += [row.noted_at for row in conversation.council_answers.all()]
    moments += [row.called_at for row in conversation.calls.all()]
    moments += [row.done_at or row.due_at for row in conversation.follow_ups.all()]
    return max(moment for moment in moments if moment)


def led_to_referral(conversation: Conversation) -> bool:
    """Say whether it was, or may have been, a matter for the council. In doubt it was."""
    if conversation.child_protection or conversation.council_answers.all():
        return True
    if any(call.to_council for call in conversation.calls.all()):
        return True
    walked = services.walk_of(conversation)
    return answers.leads_to_referral(walked.known, services.guidance_of(conversation))


def kept_back(
    conversation: Conversation, since: datetime, schedules: list[Schedule], now: datetime
) -> str:
    """Return why something that is due is not erased yet, "" if nothing stands against it."""
    if Hold.objects.on(conversation).exists():
        return HELD
    if not conversation.is_recorded:
        return "" if was_told(conversation, now) else UNTOLD
    if waits(conversation):
        return WAITS
    others = desk.same_child(conversation, Conversation.objects.all())
    return TOGETHER if any(not _is_over(other, schedules, now) for other in others) else ""


def waits(conversation: Conversation) -> bool:
    """Say whether a record waits for a review, an answer or something that is to be done."""
    is_open = any(row.done_at is None for row in conversation.follow_ups.all())
    return is_open or conversation.review_state in (State.AWAITING, State.ASKED, State.REOPENED)


def _is_over(conversation: Conversation, schedules: list[Schedule], now: datetime) -> bool:
    """Say whether a record's own time has come, and nobody holds it or is waited for."""
    if waits(conversation) or Hold.objects.on(conversation).exists():
        return False
    reason = Reason.REFERRAL if led_to_referral(conversation) else Reason.OTHER
    return record_ends(conversation, schedules, reason) <= now


def erase_if_due(found: Due, now: datetime) -> bool:
    """Erase what was found to be due, if it still is once nobody can change it."""
    with transaction.atomic():
        try:
            locked = erasure.lock(found.conversation)
        except erasure.NothingThere:
            return False
        schedules = Schedule.objects.binding(locked.agency, now)
        still = due_of(locked, schedules, now)
        if still is None or still.kept_back:
            return False
        erasure.erase(conversation=locked, by=None, reason=still.reason)
    return True


# Drafts: nothing that somebody wrote goes without anybody having been told.


def going(drafts: Iterable[Conversation], now: datetime) -> dict[int, datetime]:
    """Return when each of these drafts is erased if nobody goes on with it, the near ones only.

    That is the end of its time, or later where somebody is told of it only now.
    """
    binding: dict[int, list[Schedule]] = {}
    found = {}
    for draft in drafts:
        if draft.agency_id not in binding:
            binding[draft.agency_id] = Schedule.objects.binding(draft.agency, now)
        ends = [draft_ends(draft, row) for row in binding[draft.agency_id]]
        if ends and max(ends) <= now + WARNING and not Hold.objects.on(draft).exists():
            told = first_told(draft) or now
            found[draft.pk] = max(*ends, told + WARNING)
    return found


def tell_going(drafts: Iterable[Conversation], reader: User) -> None:
    """Write down, once, that somebody was shown that these drafts will be erased."""
    for draft in drafts:
        if first_told(draft) is None:
            services.tell(Event.Verb.WARNED, draft, reader)


def first_told(draft: Conversation) -> datetime | None:
    """Return when somebody was first told, since the draft was last saved."""
    told = Event.objects.filter(
        subject=draft.subject, verb=Event.Verb.WARNED, at__gt=draft.updated_at
    )
    return told.order_by("at").values_list("at", flat=True).first()


def was_told(draft: Conversation, now: datetime) -> bool:
    """Say whether somebody was told of it long enough ago.

    A draft that no lead may see yet, of somebody who is there no more, can be told to nobody:
    it holds where the child lives and whether they are in danger.
    """
    if (told := first_told(draft)) is not None:
        return told + WARNING <= now
    members = Membership.objects.active().filter(user=draft.author, agency=draft.agency)
    return not draft.reaches_leads and not members.exists()


def left_behind(lead: User, agency: Agency) -> ConversationQuerySet:
    """Return the drafts that a lead may see of people who work with the agency no more."""
    members = Membership.objects.active().filter(agency=agency, user__is_editor=False)
    led = Conversation.objects.led_by(lead).drafts().filter(agency=agency)
    return led.exclude(author__in=members.values("user"))


# Calendars


def later_by(moment: datetime, *, years: int = 0, months: int = 0) -> datetime:
    """Return the end of the day that is so much later, as people count."""
    return end_of(later_day(timezone.localdate(moment), years, months))


def _ago(moment: datetime, *, years: int = 0, months: int = 0) -> datetime:
    """Return a moment at least so long ago, for a first, wide selection: a little later."""
    return moment - timedelta(days=365 * years + 28 * months)


def later_day(day: date, years: int, months: int = 0) -> date:
    """Return the same day so many years and months later; the next where there is no such day."""
    whole = day.year * 12 + day.month - 1 + years * 12 + months
    try:
        return date(whole // 12, whole % 12 + 1, day.day)
    except ValueError:
        return date((whole + 1) // 12, (whole + 1) % 12 + 1, 1)
