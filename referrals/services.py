"""What can be done to a conversation: each in one transaction, whole or not at all.

Each writes its event in that transaction. What happens once it is recorded is in review.py
and follow_up.py.
"""

import json
import secrets
from datetime import date, datetime
from functools import partial
from hashlib import sha256
from typing import cast

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.events import Head, note
from accounts.models import Agency, Event, Membership, User
from referrals import alerts, answers, standing
from referrals.deadlines import called, council_called, end_of, writing_due
from referrals.finding import index_of
from referrals.journey import UNFINISHED, Answers, Data, Walk, walk
from referrals.models import (
    Answer,
    Call,
    Child,
    Conversation,
    FollowUp,
    Frozen,
    Sign,
)
from referrals.steps import STEPS
from referrals.summary import Facts, summarise, words_to_find
from thresholds.guidance import Guidance
from thresholds.load import contacts_of, current_edition, in_force_of, load
from thresholds.models import Area, Edition, Indicator

# Without letters and digits that are mistaken for each other on the telephone.
REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


# What is read with a conversation, because whoever has it asks for these next.
BESIDE = ("author", "agency", "edition__partnership", "area")


class Overtaken(Exception):
    """Another answer was saved since the page was shown: it is `saved`. Nothing was written."""

    def __init__(self, saved: Data) -> None:
        super().__init__("Another answer was saved meanwhile.")
        self.saved = saved


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
    tell(Event.Verb.BEGAN, conversation, author)
    save_answer(conversation=conversation, step="area", data=data)
    return conversation


@transaction.atomic
def save_answer(
    *, conversation: Conversation, step: str, data: Data, seen: str | None = None
) -> Data:
    """Save what its author answered at `step`, in place of an earlier answer, and return it.

    `seen` is the version of the answer that the author had before them; None asks for no more
    than to save. Raises Overtaken where another is saved by now, unless it is the same as `data`,
    and Frozen when the conversation is recorded.
    """
    # Whoever goes on with a draft has not left it: it waits for no lead.
    saved, changed = dict(data), {"updated_at": timezone.now(), "waits_since": None}
    # A page that was left half-filled may not say where yet.
    if step == "area" and "place" in data:
        place = str(data["place"])
        saved["school"] = conversation.agency.kind == Agency.Kind.SCHOOL
        saved["agency"], saved["author"] = conversation.agency_id, conversation.author_id
        changed |= {"place": place, "area": Area.objects.filter(slug=place).first()}
    if step == "danger":
        changed["danger"] = data.get("danger") == "yes"
    if step == "child":
        conversation.kept_from.set(people_of(conversation.agency, data.get("kept_from")))
        changed |= {} if data.get(UNFINISHED) else {"reaches_leads": True}
    now = _answer_once_locked(conversation, step, changed)
    if seen is not None and now is not None and version(now) not in (seen, version(saved)):
        raise Overtaken(now)
    Answer.objects.bulk_create(
        [Answer(conversation=conversation, step=step, data=saved)],
        update_conflicts=True,
        unique_fields=["conversation", "step"],
        update_fields=["data", "saved_at"],
    )
    tell(Event.Verb.CHANGED, conversation, conversation.author, step)
    return saved


def _answer_once_locked(
    conversation: Conversation, step: str, changed: dict[str, object]
) -> Data | None:
    """Change the draft's row, which locks it, and return what is answered at `step` by now.

    Nothing is saved, nor is it recorded, while it is locked. Raises Frozen once it is recorded.
    """
    draft = Conversation.objects.drafts().filter(pk=conversation.pk)
    # Whatever is saved moves `updated_at`. Where it stands, so does what was read with the row.
    as_read = draft.filter(updated_at=conversation.updated_at)
    if "answered" in conversation.__dict__ and as_read.update(**changed):
        return saved_answers(conversation).get(step)
    if not draft.update(**changed):
        raise Frozen("A recorded conversation cannot be changed.")
    now = Answer.objects.filter(conversation=conversation, step=step).first()
    return cast(Data, now.data) if now else None


def tell(
    verb: Event.Verb, conversation: Conversation, actor: User | None, detail: str = ""
) -> None:
    """Write an event about a conversation into the chain of its agency."""
    read = conversation.__dict__.pop("chain_head", None)
    note(
        verb,
        actor=actor,
        agency=conversation.agency,
        subject=conversation.subject,
        detail=detail,
        head=Head(**read) if read else None,
    )


def people_of(agency: Agency, keys: object) -> list[User]:
    """Return the members of an agency that were chosen by their keys. Others are left out."""
    chosen = [str(key) for key in keys] if isinstance(keys, list) else []
    return list(agency.members.filter(pk__in=[int(key) for key in chosen if key.isdecimal()]))


def export(*, actor: User, agency: Agency, what: str) -> None:
    """Note that somebody takes numbers or records out of the portal, by what they took."""
    note(Event.Verb.EXPORTED, actor=actor, agency=agency, detail=what)


def leads_for(conversation: Conversation) -> list[User]:
    """Return the leads who may see it, its author apart. None of them is somebody it is about."""
    leads = Membership.objects.leads().filter(agency=conversation.agency).values("user")
    return list(
        User.objects.filter(pk__in=leads, is_editor=False)
        .exclude(pk=conversation.author_id)
        .exclude(pk__in=conversation.kept_from.all())
    )


def version(data: Data | None) -> str:
    """Return what tells one answer from another: "" for none."""
    if data is None:
        return ""
    told = json.dumps(data, sort_keys=True, cls=DjangoJSONEncoder)
    return sha256(told.encode()).hexdigest()


def version_of(conversation: Conversation, step: str) -> str:
    return version(saved_answers(conversation).get(step))


def asked_again(conversation: Conversation) -> Conversation:
    """Return the conversation without the answers that were read with it."""
    return Conversation.objects.select_related(*BESIDE).get(pk=conversation.pk)


def saved_answers(conversation: Conversation) -> dict[str, Data]:
    """Return the answers by step: those that came with the conversation, where they did."""
    if "answered" in conversation.__dict__:
        if "unlocked" not in conversation.__dict__:
            rows = conversation.answered or ()
            conversation.unlocked = {one["step"]: _read(one["data"]) for one in rows}
        return dict(conversation.unlocked)
    return {answer.step: answer.data for answer in conversation.answers.all()}


def _read(data: object) -> Data:
    """Return an answer that was fetched in a list, where its column is text as what it means."""
    if isinstance(data, str):
        data = Answer._meta.get_field("data").from_db_value(data, None, connection)
    return cast(Data, data)


def guidance_of(conversation: Conversation) -> Guidance:
    """Return the edition that the conversation began with."""
    return load(conversation.edition)


def newer_edition(conversation: Conversation) -> Edition | None:
    """Return the edition that came into force since the conversation began, if one has."""
    began = conversation.edition
    now = in_force_of(began.partnership_id)
    return now if now and now.pk != began.pk else None


def walk_of(conversation: Conversation, changed: Answers | None = None) -> Walk:
    """Return how far the conversation has come, with `changed` answers in place of saved ones."""
    saved = saved_answers(conversation) | dict(changed or {})
    return walk(STEPS, saved, guidance_of(conversation))


def lock(conversation: Conversation) -> Conversation:
    """Return the conversation as it stands now, for nobody else to act on meanwhile."""
    locked = Conversation.objects.select_for_update(of=("self",)).select_related(*BESIDE)
    return locked.get(pk=conversation.pk)


@transaction.atomic
def record(*, conversation: Conversation) -> Conversation:
    """Freeze a whole conversation, give it a reference and keep its summary.

    Recording twice changes nothing: the second returns what the first recorded. Raises
    Incomplete, and changes nothing, while a step is unanswered.
    """
    locked = lock(conversation)
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
    locked.danger = facts.concern.danger == "yes"
    locked.consent_refused = facts.concern.agreement == "refused"
    locked.below_reading = facts.judgement is not None and facts.judgement < facts.reading.level
    locked.reaches_leads, locked.review_state = True, Conversation.ReviewState.AWAITING
    locked.words = index_of(locked.agency_id, words_to_find(locked.content))
    _write_parts(locked, facts)
    locked.save()
    standing.stand_alone(locked)
    tell(Event.Verb.RECORDED, locked, locked.author)
    if kinds := alerts.kinds_of(locked, facts.guidance.highest(), facts.steps.harm_undecided):
        alerts.ask(kinds, locked, leads_for(locked))
    return locked


def facts_of(conversation: Conversation, walked: Walk) -> Facts:
    """Return what a summary of the conversation is made from, with today's contacts."""
    areas = Area.objects.filter(pk=conversation.area_id)
    # Most pages of the journey do without them.
    contacts = SimpleLazyObject(partial(contacts_of, areas))
    return Facts(conversation, guidance_of(conversation), walked.known, contacts)


def new_reference() -> str:
    """Return a reference that tells nothing about the child, such as TG-4K7M-Q2XD."""
    letters = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(8))
    return f"TG-{letters[:4]}-{letters[4:]}"


def unused_reference() -> str:
    reference = new_reference()
    while Conversation.objects.filter(reference=reference).exists():
        reference = new_reference()
    return reference


def due_of(facts: Facts) -> dict[FollowUp.Kind, datetime]:
    """Return what has to be done by when, as far as the conversation tells."""
    due = {}
    if writing := writing_due(facts.steps, council_called(facts.known)):
        due[FollowUp.Kind.WRITING] = writing
    if review_on := _day(answers.text(facts.known, "next-steps", "review_on")):
        due[FollowUp.Kind.PLAN] = end_of(review_on)
    return due


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
    for kind, due_at in due_of(facts).items():
        FollowUp.objects.create(conversation=conversation, kind=kind, due_at=due_at)
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
