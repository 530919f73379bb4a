"""What an agency holds about a child, in pieces, to be given to whoever may ask for it.

Only what comes from a list of choices or a calendar, and what names the child alone, is given
by default. All that somebody wrote may tell of other people, which no machine can know: it is
held back whole, until a lead has read it and released it, piece by piece.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import Event, Membership, User
from referrals import desk, services, summary
from referrals.due import Due
from referrals.fields import DatePartsField
from referrals.journey import UNFINISHED, Data, Walk
from referrals.kept import Hold
from referrals.models import Conversation, Review, key_of
from referrals.steps import STEPS, Step
from referrals.wording import RECORDED_AS, as_list, chosen_as, long_moment, shown


class Why(StrEnum):
    """Why a piece is held back by default, as a plain code."""

    OTHERS = "others"
    WORDS = "words"
    SOURCE = "source"
    PLACE = "place"
    STAFF = "staff"

    @property
    def told(self) -> str:
        """The reason as the family reads it."""
        return {
            Why.OTHERS: "It can name other people, who have rights of their own.",
            Why.WORDS: "Somebody wrote it in their own words, which can tell of other people.",
            Why.SOURCE: "It says who saw or told something.",
            Why.PLACE: "It can show where somebody lives or can be found.",
            Why.STAFF: "It names somebody who works with children.",
        }[self]


@dataclass(frozen=True)
class Piece:
    """A part of a record. `why` is empty for what is given by default."""

    code: str
    title: str
    text: str
    why: Why | None = None

    @property
    def key(self) -> str:
        """Code and digest of the text: what a lead releases is what they have read."""
        return f"{self.code}~{sha256(self.text.encode()).hexdigest()[:16]}"


@dataclass(frozen=True)
class Record:
    """One conversation about the child, as its pieces; `seen` tells who opened it, by role."""

    conversation: Conversation
    pieces: tuple[Piece, ...]
    seen: tuple[tuple[datetime, str, str], ...]
    is_held: bool

    @property
    def name(self) -> str:
        if self.conversation.is_recorded:
            return f"Record {self.conversation.reference}"
        return f"Draft begun on {long_moment(self.conversation.created_at)}"

    @property
    def given(self) -> list[Piece]:
        return [piece for piece in self.pieces if piece.why is None]

    @property
    def held_back(self) -> list[Piece]:
        return [piece for piece in self.pieces if piece.why is not None]

    @property
    def about(self) -> list[str]:
        """The child’s name and day of birth, as far as they were given: is it the same child?"""
        told = {piece.code: piece.text for piece in self.pieces}
        return [told[code] for code in ("child-name", "child-born-on") if code in told]

    def key(self, piece: Piece) -> str:
        return f"{self.conversation.token}~{piece.key}"


# What the events of an export say: that it was made, and which piece was released.
EXPORT = "subject-access"
RELEASE = "release-"
# Fields that somebody types and that name the child alone.
OF_THE_CHILD = {("child", "name"), ("child", "agency_reference")}
# Why a field is held back, where another reason fits better than that somebody wrote it. These
# are held back even where they are chosen from a list.
SPECIAL = {
    "siblings": Why.OTHERS,
    "household": Why.OTHERS,
    "parental_responsibility": Why.OTHERS,
    "kept_from": Why.STAFF,
    "callback": Why.STAFF,
    "to": Why.STAFF,
    "discussed_with": Why.STAFF,
    "professionals": Why.STAFF,
    "advice_from": Why.STAFF,
    "address": Why.PLACE,
    "whereabouts": Why.PLACE,
    "school": Why.PLACE,
    "gp": Why.PLACE,
}
SECTIONS = {"judgement": "The practitioner’s judgement", "evidence": "Signs"}
# What the journey keeps beside the answers: how far it was, in which agency, when it was shown.
NOT_ANSWERS = {
    "area": {"school", "agency", "author"},
    "call": {"called_at"},
    "evidence": {"asked"},
    "reading": {"seen"},
    "next-steps": {"seen"},
    "sharing": {"seen"},
}


def records_about(lead: User, conversation: Conversation) -> list[Record]:
    """Return what a lead may see about the child of a record: that one first, drafts last."""
    same = desk.about_same_child(lead, conversation)
    others = same.select_related("agency", "author", "area", "edition__partnership")
    found = [conversation, *others, *drafts_about(lead, conversation)]
    return [_record(each) for each in found]


def drafts_about(lead: User, conversation: Conversation) -> list[Conversation]:
    """Return the agency's drafts that may be about the child: same reference, or same name.

    As with records, another date of birth is another child.
    """
    child = conversation.child
    led = Conversation.objects.led_by(lead).drafts().filter(agency=conversation.agency)
    related = led.select_related("agency", "author", "area", "edition__partnership")
    return [draft for draft in related.prefetch_related("answers") if _is_about(draft, child)]


def _is_about(draft: Conversation, child: Any) -> bool:
    said = services.saved_answers(draft).get("child", {})
    name, reference = key_of(str(said.get("name") or "")), key_of(_text(said, "agency_reference"))
    if reference and reference == key_of(child.agency_reference):
        return True
    born = _text(said, "born_on")
    other = bool(born and child.born_on and born != child.born_on.isoformat())
    return bool(name and name == key_of(child.name) and not other)


def _text(data: Data, name: str) -> str:
    return str(data.get(name) or "")


def _record(conversation: Conversation) -> Record:
    pieces = [*_facts(conversation), *_answered(conversation), *_came_later(conversation)]
    return Record(
        conversation,
        tuple(piece for piece in pieces if piece.text),
        tuple(_who_saw(conversation)),
        Hold.objects.on(conversation).exists(),
    )


def _facts(conversation: Conversation) -> Iterator[Piece]:
    """Yield what the columns of the record tell."""
    if conversation.recorded_at:
        yield Piece("recorded", "Recorded", long_moment(conversation.recorded_at))
    else:
        yield Piece("saved", "Not finished; last saved", long_moment(conversation.updated_at))
    yield Piece("agency", "By", conversation.agency.name)
    guidance = services.guidance_of(conversation)
    titles = {level.number: level.title for level in guidance.levels}
    yield Piece("guidance", "Guidance used", f"{guidance.title}, {guidance.partnership}")
    if conversation.read_level:
        levels = dict.fromkeys([conversation.read_level, conversation.read_up_to])
        read = " to ".join(titles.get(level or 0, "") for level in levels)
        protection = ", child protection" if conversation.child_protection else ""
        yield Piece("read-level", "What the guidance indicated", read + protection)
        urgency = summary.URGENCY.get(conversation.urgency, "")
        yield Piece("urgency", "How urgent", urgency)


def _answered(conversation: Conversation) -> Iterator[Piece]:
    """Yield every answer that is kept, those too that a later answer made stale."""
    saved, walked = services.saved_answers(conversation), services.walk_of(conversation)
    for step in STEPS:
        if step.slug in saved:
            yield from _of_step(step, saved[step.slug], walked, conversation)


def _of_step(step: Step, data: Data, walked: Walk, conversation: Conversation) -> Iterator[Piece]:
    guidance = services.guidance_of(conversation)
    if step.slug == "signs":
        for number, (label, text) in enumerate(step.rows(data, walked.known, guidance)):
            yield Piece(f"signs-{number}", f"{step.title}: {label}", text)
        return
    fields = step.form(walked.known, guidance).fields
    skipped = NOT_ANSWERS.get(step.slug, set())
    for name, value in data.items():
        # "unfinished" says only that the page was left half-filled.
        if name in skipped or name == UNFINISHED or value in (None, "", [], {}):
            continue
        title = _under(step, _title(name, fields.get(name), guidance))
        text = _shown(fields.get(name), value)
        yield Piece(_code(step.slug, name), title, text, why_held(step.slug, name, fields))


def _under(step: Step, label: str) -> str:
    """Return what a family calls an answer: the pages' titles speak to whoever answered them."""
    section = SECTIONS.get(step.slug, step.title)
    return label if label == section else f"{section}: {label}"


def _code(slug: str, name: str) -> str:
    return f"{slug}-{name}".replace("_", "-").lower()


def why_held(slug: str, name: str, fields: dict[str, forms.Field]) -> Why | None:
    """Return why an answer is held back by default, None if it is given."""
    if name.startswith("seen_by_"):
        return Why.SOURCE
    field = fields.get(name)
    # That the family's agreement came from a parent names nobody; a typed name could.
    if (slug, name) in OF_THE_CHILD or (is_chosen(field) and name not in SPECIAL):
        return None
    return SPECIAL.get(name, Why.WORDS)


def is_chosen(field: forms.Field | None) -> bool:
    """Say whether an answer comes from a list or a calendar, so that nothing can be typed in."""
    return isinstance(
        field, forms.ChoiceField | DatePartsField | forms.TimeField | forms.BooleanField
    )


def _title(name: str, field: forms.Field | None, guidance: Any) -> str:
    for start, words in (("seen_by_", "Who saw or said"), ("note_", "Note on")):
        sign = guidance.by_code.get(name.removeprefix(start)) if name.startswith(start) else None
        if sign:
            return f"{words} “{sign.text}”"
    label = str(field.label) if field and field.label else name.replace("_", " ").capitalize()
    return RECORDED_AS.get(name, label)


def _shown(field: forms.Field | None, value: object) -> str:
    if field is not None:
        return shown(field, value)
    if isinstance(value, dict):
        return "\n".join(str(each) for each in value.values() if each)
    return "\n".join(as_list(value)) if isinstance(value, list) else str(value)


def _came_later(conversation: Conversation) -> Iterator[Piece]:
    """Yield what came after the record, each with its key in its code."""
    titles = {level.number: level.title for level in services.guidance_of(conversation).levels}
    for row in conversation.addenda.all():
        title = f"Added at {long_moment(row.added_at)}"
        yield Piece(f"addition-{row.pk}", title, row.text, Why.WORDS)
    for row in conversation.reviews.all():
        at = long_moment(row.reviewed_at)
        level = f": {titles[row.level]}" if row.level in titles else ""
        decided = chosen_as(Review.Decision(row.decision).label) + level
        yield Piece(f"review-{row.pk}", f"A safeguarding lead’s decision at {at}", decided)
        title = f"What the lead wrote at {at}"
        yield Piece(f"review-text-{row.pk}", title, row.text, Why.WORDS)
    for row in conversation.calls.all():
        at = long_moment(row.called_at)
        whom = "To the council" if row.to_council else "To somebody else"
        yield Piece(f"call-{row.pk}", f"A telephone call at {at}", whom)
        yield Piece(f"call-to-{row.pk}", f"Who was called at {at}", row.to, Why.STAFF)
        yield Piece(f"call-said-{row.pk}", f"What was said at {at}", row.said, Why.WORDS)
    now = timezone.now()
    for row in conversation.follow_ups.all():
        done = f"Done at {long_moment(row.done_at)}" if row.done_at else "Not done yet"
        title = f"{row.get_kind_display()}, due {Due(row, now).when}"
        yield Piece(f"follow-up-{row.pk}", title, done)
        yield Piece(f"follow-up-note-{row.pk}", f"Note on: {title}", row.note, Why.WORDS)
    for row in conversation.council_answers.all():
        title = f"The council’s answer of {row.answered_on:%d/%m/%Y}"
        yield Piece(f"council-{row.pk}", title, row.get_answer_display())
        yield Piece(f"council-note-{row.pk}", f"Note on: {title}", row.note, Why.WORDS)
    for row in conversation.escalations.all():
        title = f"A letter drafted at {long_moment(row.created_at)}"
        yield Piece(f"letter-{row.pk}", title, row.text, Why.WORDS)
    for row in conversation.holds.all():
        title = f"Why it was kept from being erased, from {long_moment(row.placed_at)}"
        yield Piece(f"hold-{row.pk}", title, row.reason, Why.WORDS)


# What happened to the record that tells of its being seen or taken out.
SEEN = (
    Event.Verb.OPENED,
    Event.Verb.PRINTED,
    Event.Verb.EXPORTED,
    Event.Verb.REVIEWED,
    Event.Verb.SIGNED_OFF,
    Event.Verb.ALERTED,
)


def _who_saw(conversation: Conversation) -> Iterator[tuple[datetime, str, str]]:
    """Yield when somebody saw the record, in which role, and what they did: no names."""
    events = Event.objects.filter(subject=conversation.subject, verb__in=SEEN).order_by("at", "pk")
    roles = dict(Membership.objects.filter(agency=conversation.agency).values_list("user", "role"))
    words = dict(Membership.Role.choices)
    for event in events:
        if event.detail.startswith(RELEASE):
            continue
        if event.actor is None:
            who = "The portal"
        elif event.actor == conversation.author_id:
            who = "The person who recorded it"
        else:
            role = roles.get(event.actor)
            who = words[role] if role else "Somebody who is not of the agency any more"
        yield event.at, str(who), desk.did(event)
