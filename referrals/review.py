"""What happens to a recorded conversation: additions, a lead's review, an escalation.

Each is one transaction and writes its event. Whoever acts on something that has changed
since they read it is told, and nothing is written.
"""

import json
from datetime import datetime
from hashlib import sha256

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone

from accounts.models import Event, User
from referrals import alerts, services, standing
from referrals.finding import add_to_index
from referrals.models import (
    Addendum,
    Alert,
    Conversation,
    Escalation,
    Review,
)

State = Conversation.ReviewState
# What an addition does to the review, by the state that it meets.
AFTER_ADDITION = {
    State.AWAITING: State.AWAITING,
    State.ASKED: State.AWAITING,
    State.REVIEWED: State.REOPENED,
    State.REOPENED: State.REOPENED,
    State.SIGNED_OFF: State.REOPENED,
}
# What the council answers is news to a lead, but no answer to what a lead asked of the author.
AFTER_ANSWER = AFTER_ADDITION | {State.ASKED: State.ASKED}
AFTER_REVIEW = {
    Review.Decision.AGREE: State.REVIEWED,
    Review.Decision.ASK: State.ASKED,
    Review.Decision.OTHER_LEVEL: State.REVIEWED,
    Review.Decision.SIGN_OFF: State.SIGNED_OFF,
}
DISAGREE = "disagree"


class ReadSomethingElse(Exception):
    """The conversation is not as the person read it: somebody added to it or reviewed it."""


def digest(conversation: Conversation, kept: str = "") -> str:
    """Return the digest of everything there is to read: 64 hexadecimal digits.

    That is what is kept with a review, whose digest may be told, and what was done about it, which
    goes on after it.
    """
    done = conversation.follow_ups.exclude(done_at=None).order_by("pk")
    matter = [
        kept or kept_digest(conversation),
        list(conversation.calls.order_by("pk").values_list("pk", "to", "called_at", "said")),
        list(done.values_list("pk", "done_at", "note")),
    ]
    return _digest(matter)


def kept_digest(conversation: Conversation, until: datetime | None = None) -> str:
    """Return the digest of the record, what was added, reviewed and answered, until a moment."""
    addenda, reviews, answers = (
        rows.filter(**{f"{moment}__lt": until}) if until else rows.all()
        for rows, moment in (
            (conversation.addenda, "added_at"),
            (conversation.reviews, "reviewed_at"),
            (conversation.council_answers, "noted_at"),
        )
    )
    matter = [
        conversation.content,
        list(addenda.values_list("pk", "author", "text")),
        list(reviews.values_list("pk", "reviewer", "decision", "level", "text")),
        list(answers.values_list("pk", "answer", "answered_on", "note")),
    ]
    return _digest(matter)


def _digest(matter: list[object]) -> str:
    told = json.dumps(matter, sort_keys=True, cls=DjangoJSONEncoder)
    return sha256(told.encode()).hexdigest()


def is_as_signed(review: Review) -> bool:
    """Say whether what a lead read when they reviewed is unchanged."""
    return review.digest == kept_digest(review.conversation, review.reviewed_at)


@transaction.atomic
def add(*, conversation: Conversation, author: User, text: str) -> Addendum:
    """Add to a recorded conversation. Whatever its review had come to, it is open again."""
    locked = services.lock(conversation)
    addendum = Addendum.objects.create(conversation=locked, author=author, text=text)
    services.tell(Event.Verb.ADDED, locked, author)
    words = add_to_index(locked.words, locked.agency_id, text)
    take_in(locked, author, AFTER_ADDITION, words=words)
    return addendum


def take_in(
    conversation: Conversation, by: User, after: dict[State, State], **changed: object
) -> None:
    """Take the review of a locked conversation on to where something new brings it: `after`."""
    before = State(conversation.review_state)
    _move(conversation, after[before], **changed)
    if before in (State.REVIEWED, State.SIGNED_OFF):
        services.tell(Event.Verb.REOPENED, conversation, by)


@transaction.atomic
def review(
    *,
    conversation: Conversation,
    reviewer: User,
    decision: Review.Decision,
    read: str,
    level: int | None = None,
    text: str = "",
) -> Review:
    """Keep what a lead decided about what they read, whose digest is `read`.

    Raises ReadSomethingElse, and keeps nothing, when there is more to read by now.
    """
    locked = services.lock(conversation)
    kept = kept_digest(locked)
    if read != digest(locked, kept):
        raise ReadSomethingElse
    made = Review.objects.create(
        conversation=locked,
        reviewer=reviewer,
        decision=decision,
        level=level,
        text=text,
        digest=kept,
    )
    _move(locked, AFTER_REVIEW[decision], lead_level=_lead_level(locked, decision, level))
    if decision == Review.Decision.SIGN_OFF:
        services.tell(Event.Verb.SIGNED_OFF, locked, reviewer, kept)
    else:
        services.tell(Event.Verb.REVIEWED, locked, reviewer, str(decision))
    if decision == Review.Decision.ASK:
        alerts.ask([Alert.Kind.ASKED], locked, [locked.author], about=made.pk)
    return made


def _lead_level(
    conversation: Conversation, decision: Review.Decision, level: int | None
) -> int | None:
    """Return the level that the lead stands for: signing off says yes to what stands."""
    if decision == Review.Decision.OTHER_LEVEL:
        return level
    if decision == Review.Decision.AGREE:
        return conversation.judged_level
    if decision == Review.Decision.SIGN_OFF:
        return conversation.lead_level or conversation.judged_level
    return conversation.lead_level


@transaction.atomic
def keep_from(*, conversation: Conversation, people: list[User], by: User) -> None:
    """Close a conversation to the people whom it is about, and open it to nobody else."""
    # Locked before the chain of events, as in every other act. Otherwise the commit, which looks
    # whether the conversation is there, waits for whoever has locked it and waits for the chain.
    locked = services.lock(conversation)
    added = set(people) - set(locked.kept_from.all())
    locked.kept_from.add(*added)
    if added:
        standing.stand_after(locked)
    for person in sorted(added, key=lambda user: user.pk):
        services.tell(Event.Verb.KEPT_FROM, locked, by, f"user-{person.pk}")


@transaction.atomic
def escalate(*, conversation: Conversation, author: User) -> Escalation:
    """Return a new draft of an escalation, with the signs and the policy quoted."""
    conversation = services.lock(conversation)
    draft = Escalation.objects.create(
        conversation=conversation, author=author, text=escalation_text(conversation, author)
    )
    services.tell(Event.Verb.ESCALATED, conversation, author)
    return draft


def version_of(escalation: Escalation) -> str:
    """Return what tells whether somebody has changed it since it was looked at."""
    return services.version({"text": escalation.text})


@transaction.atomic
def save_escalation(*, escalation: Escalation, text: str, by: User, read: str = "") -> None:
    """Save a draft over the one whose version is `read`, or over any. The same changes nothing.

    Raises ReadSomethingElse, and keeps nothing, when somebody else has changed it.
    """
    services.lock(escalation.conversation)
    escalation.refresh_from_db()
    if escalation.text == text:
        return
    if read and version_of(escalation) != read:
        raise ReadSomethingElse
    escalation.text = text
    escalation.save()
    services.tell(Event.Verb.CHANGED, escalation.conversation, by, "escalation")


def escalation_text(conversation: Conversation, author: User) -> str:
    """Return the beginnings of a letter: who says what, on which signs, under which policy."""
    guidance = services.guidance_of(conversation)
    titles = {level.number: level.title for level in guidance.levels}
    signs = conversation.signs.select_related("indicator__level").order_by("indicator__position")
    quoted = [
        f"- “{sign.indicator.text}” ({titles[sign.indicator.level.number]})" for sign in signs
    ]
    policies = [rule for rule in guidance.next_steps if rule.code == DISAGREE]
    judged = titles.get(conversation.judged_level or 0, "Not sure")
    lines = [
        f"Escalation about {conversation.reference}",
        f"From {author}, {conversation.agency}",
        "",
        "What we do not agree about",
        f"The practitioner judged: {judged}.",
        f"The guidance indicates: {titles[conversation.read_level or 1]}.",
    ]
    if conversation.lead_level and conversation.lead_level != conversation.judged_level:
        lines.append(f"The safeguarding lead judges: {titles[conversation.lead_level]}.")
    if answer := conversation.council_answers.last():
        lines.append(f"The council answered: {answer}.")
    other = conversation.reviews.filter(decision=Review.Decision.OTHER_LEVEL).last()
    if other and other.text:
        lines += ["", "Why the safeguarding lead judges otherwise", other.text]
    lines += ["", f"The signs, as {guidance.title} prints them", *quoted]
    for policy in policies:
        lines += ["", f"What the guidance says ({policy.section})", f"“{policy.text}”"]
    lines += ["", "What we ask for", "", "By when", ""]
    return "\n".join(lines)


def _move(conversation: Conversation, state: State, **changed: object) -> None:
    """Write the columns that go on changing after a conversation is recorded."""
    changed |= {"review_state": state, "updated_at": timezone.now()}
    Conversation.objects.filter(pk=conversation.pk).update(**changed)
    standing.stand_alone(conversation)
