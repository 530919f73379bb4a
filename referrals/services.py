"""What can be done to a conversation: each in one transaction, whole or not at all."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from accounts.models import Agency, User
from referrals import answers
from referrals.journey import Answers, Data, Walk, walk
from referrals.models import Answer, Call, Child, Conversation, Frozen, Sign, new_reference
from referrals.steps import STEPS
from referrals.summary import Facts, called, summarise
from thresholds.guidance import Guidance
from thresholds.load import contacts_of, current_edition, load
from thresholds.models import Area, Edition, Indicator


class Incomplete(Exception):
    """A conversation cannot be recorded: the step named is not answered."""


def edition_for(area: Area | None) -> Edition:
    """Return the edition in force in `area`, or of the first area that can be worked with.

    Raises Area.DoesNotExist or Edition.DoesNotExist while no guidance is loaded.
    """
    return current_edition(area or Area.objects.filter(contacts__isnull=False).earliest("position"))


@transaction.atomic
def start(*, author: User, agency: Agency, data: Data) -> Conversation:
    """Return a new draft, under the edition in force where the child lives."""
    place = str(data["place"])
    area = Area.objects.filter(slug=place).first()
    conversation = Conversation.objects.create(
        author=author, agency=agency, edition=edition_for(area), area=area, place=place
    )
    save_answer(conversation=conversation, step="area", data=data)
    return conversation


@transaction.atomic
def save_answer(*, conversation: Conversation, step: str, data: Data) -> Data:
    """Save what was answered at `step`, in place of an earlier answer, and return it.

    Raises Frozen when the conversation is recorded.
    """
    saved, changed = dict(data), {"updated_at": timezone.now()}
    # A page that was left half-filled may not say where yet.
    if step == "area" and "place" in data:
        place = str(data["place"])
        saved["school"] = conversation.agency.kind == Agency.Kind.SCHOOL
        changed |= {"place": place, "area": Area.objects.filter(slug=place).first()}
    # The update also locks the row, so that nothing is saved while it is being recorded.
    if not Conversation.objects.drafts().filter(pk=conversation.pk).update(**changed):
        raise Frozen("A recorded conversation cannot be changed.")
    Answer.objects.bulk_create(
        [Answer(conversation=conversation, step=step, data=saved)],
        update_conflicts=True,
        unique_fields=["conversation", "step"],
        update_fields=["data", "saved_at"],
    )
    return saved


def saved_answers(conversation: Conversation) -> dict[str, Data]:
    return {answer.step: answer.data for answer in conversation.answers.all()}


def guidance_of(conversation: Conversation) -> Guidance:
    """Return the edition that the conversation began with."""
    return load(conversation.edition)


def walk_of(conversation: Conversation, changed: Answers | None = None) -> Walk:
    """Return how far the conversation has come, with `changed` answers in place of saved ones."""
    saved = saved_answers(conversation) | dict(changed or {})
    return walk(STEPS, saved, guidance_of(conversation))


@transaction.atomic
def record(*, conversation: Conversation) -> Conversation:
    """Freeze a whole conversation, give it a reference and keep its summary.

    Recording twice changes nothing: the second returns what the first recorded. Raises
    Incomplete, and changes nothing, while a step is unanswered.
    """
    locked = (
        Conversation.objects.select_for_update(of=("self",))
        .select_related("author", "agency", "edition__partnership", "area")
        .get(pk=conversation.pk)
    )
    if locked.is_recorded:
        return locked
    walked = walk_of(locked)
    if not walked.is_complete:
        raise Incomplete(walked.first_open)
    facts = facts_of(locked, walked)
    locked.recorded_at = timezone.now()
    locked.content = summarise(facts, locked.recorded_at)
    locked.reference = unused_reference()
    locked.status = Conversation.Status.RECORDED
    locked.judged_level = facts.judgement
    locked.read_level = facts.reading.level
    locked.read_up_to = facts.reading.up_to
    locked.child_protection = facts.reading.child_protection
    locked.urgency = facts.steps.urgency
    locked.agreement = facts.concern.agreement
    _write_parts(locked, facts)
    locked.save()
    return locked


def facts_of(conversation: Conversation, walked: Walk) -> Facts:
    """Return what a summary of the conversation is made from, with today's contacts."""
    areas = Area.objects.filter(pk=conversation.area_id)
    return Facts(conversation, guidance_of(conversation), walked.known, contacts_of(areas))


def unused_reference() -> str:
    reference = new_reference()
    while Conversation.objects.filter(reference=reference).exists():
        reference = new_reference()
    return reference


def _write_parts(conversation: Conversation, facts: Facts) -> None:
    """Write the rows that lists, counts and later conversations look for."""
    known = facts.known
    Child.objects.create(
        conversation=conversation,
        name=answers.text(known, "child", "name"),
        agency_reference=answers.text(known, "child", "agency_reference"),
        born_on=_day(answers.text(known, "child", "born_on")),
        due_on=_day(answers.text(known, "child", "due_on")),
        siblings=answers.text(known, "child", "siblings"),
    )
    if called_at := called(known):
        Call.objects.create(
            conversation=conversation,
            to=answers.text(known, "call", "to"),
            called_at=called_at,
            said=answers.text(known, "call", "said"),
            to_council=answers.text(known, "call", "to_whom") == "council",
        )
    indicators = Indicator.objects.filter(
        edition=conversation.edition, code__in=facts.concern.indicators
    )
    Sign.objects.bulk_create(
        Sign(
            conversation=conversation,
            indicator=indicator,
            seen_by=answers.text(known, "evidence", f"seen_by_{indicator.code}"),
            note=answers.text(known, "evidence", f"note_{indicator.code}"),
        )
        for indicator in indicators
    )


def _day(value: str) -> date | None:
    return date.fromisoformat(value) if value else None
