"""The summary of a conversation: blocks of plain values, for a page, a PDF or plain text.

A summary is made once, when the conversation is recorded, and kept with it. It holds what
was shown then: the words of the edition, the contacts and the deadlines.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.text import Truncator

from referrals import answers
from referrals.consent_forms import AgreementForm
from referrals.deadlines import called, council_called, due_by, writing_hours
from referrals.fields import YES_NO_UNKNOWN
from referrals.forms import CallForm
from referrals.journey import Answers
from referrals.models import Conversation
from referrals.steps import BY_SLUG
from referrals.wording import (
    RECORDED_AS,
    Row,
    chosen_as,
    evidence_for,
    long_day,
    long_moment,
    shown,
)
from thresholds.concern import ELSEWHERE, Concern
from thresholds.consent import missing
from thresholds.context import currency
from thresholds.guidance import Contact, Guidance, Indicator
from thresholds.next_steps import NextSteps, next_steps
from thresholds.reading import Reading

OPENING = 280
NEXT_STEPS = "next-steps"
HARM = "significant_harm"
CALL, NO_CALL = "Telephone call", "None made yet"
URGENCY = {
    "now": "Now",
    "without_delay": "Without delay",
    "plan": "To plan and review",
}


@dataclass(frozen=True)
class Table:
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Block:
    """A part of the summary. `items` is a list, such as reasons or steps."""

    slug: str
    title: str
    rows: tuple[Row, ...] = ()
    items: tuple[str, ...] = ()
    table: Table | None = None
    note: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.rows or self.items or (self.table and self.table.rows))


@dataclass(frozen=True)
class Facts:
    """Everything that a summary is made from."""

    conversation: Conversation
    guidance: Guidance
    known: Answers
    contacts: tuple[Contact, ...]

    @cached_property
    def concern(self) -> Concern:
        return answers.concern_of(self.known, self.guidance)

    @cached_property
    def reading(self) -> Reading:
        return answers.reading_of(self.known, self.guidance)

    @cached_property
    def judgement(self) -> int | None:
        return answers.judgement_of(self.known)

    @cached_property
    def steps(self) -> NextSteps:
        return next_steps(self.reading, self.concern, self.guidance, self.contacts, self.judgement)

    def rows(self, *slugs: str) -> tuple[Row, ...]:
        """Return what was answered at these steps, as pairs of label and text."""
        return tuple(
            row
            for slug in slugs
            if slug in self.known
            for row in BY_SLUG[slug].rows(self.known[slug], self.known, self.guidance)
        )


def summarise(facts: Facts, made_at: datetime) -> dict[str, object]:
    """Return the whole summary as values that JSON can hold, empty blocks left out."""
    conversation = facts.conversation
    blocks = (
        request_block(facts, made_at),
        Block("voice", "The child’s voice", rows=voice_rows(facts)),
        Block("concern", "What was seen, heard and said", rows=facts.rows("concern")),
        Block("signs", "Signs in the guidance", table=sign_table(facts), items=unknowns(facts)),
        judgement_block(facts),
        Block("in-place", "What is already in place", rows=facts.rows("in-place")),
        Block("questions", "Questions considered", rows=question_rows(facts)),
        consent_block(facts),
        next_steps_block(facts),
        Block("plan", "Services and plan", rows=facts.rows("next-steps")),
        family_block(facts),
    )
    return {
        "made_at": made_at.isoformat(),
        "made_at_words": long_moment(made_at),
        "edition": facts.guidance.title,
        "partnership": facts.guidance.partnership,
        "source_date": facts.guidance.source_date,
        "author": str(conversation.author),
        "blocks": [asdict(block) for block in blocks if not block.is_empty],
    }


def request_block(facts: Facts, made_at: datetime) -> Block:
    """Return the first half page: who, what, how urgent, and what is asked for."""
    conversation, known = facts.conversation, facts.known
    author = conversation.author
    rows = [
        ("Child", child_line(known)),
        ("Lives in", place_name(conversation)),
        (RECORDED_AS["address"], answers.text(known, "family", "address")),
        (RECORDED_AS["whereabouts"], answers.text(known, "family", "whereabouts")),
        ("Asked for", asked_for(facts)),
        ("How urgent", URGENCY[facts.steps.urgency]),
        ("In danger now", yes_no(facts.concern.danger)),
        ("What happened", opening(answers.text(known, "concern", "concern"))),
        ("Reasonable cause to suspect significant harm", harm_line(facts)),
        (CALL, call_line(known)),
        ("Follow-up in writing", deadline_line(facts, made_at)),
        ("Agreement of the family", agreement_line(facts)),
        (
            "From",
            ", ".join(filter(None, [str(author), author.job_title, str(conversation.agency)])),
        ),
        (RECORDED_AS["callback"], answers.text(known, "family", "callback")),
        ("Agency’s telephone", conversation.agency.phone),
        ("Email", author.email),
    ]
    return Block("request", "In short", rows=tuple((label, text) for label, text in rows if text))


def child_line(known: Answers) -> str:
    parts = [
        answers.text(known, "child", "name"),
        prefixed("reference ", answers.text(known, "child", "agency_reference")),
        prefixed("born ", long_day(answers.text(known, "child", "born_on"))),
        prefixed("due ", long_day(answers.text(known, "child", "due_on"))),
    ]
    return ", ".join(part for part in parts if part)


def opening(story: str) -> str:
    """Return the beginning of a longer text, cut at a word."""
    return Truncator(" ".join(story.split())).chars(OPENING, truncate=" … (in full below)")


def place_name(conversation: Conversation) -> str:
    if conversation.area:
        return conversation.area.name
    return {ELSEWHERE: "Outside Derby City and Derbyshire"}.get(conversation.place, "Not known")


def asked_for(facts: Facts) -> str:
    if facts.reading.child_protection:
        return "Child protection (section 47)"
    level = facts.guidance.level_by_number[facts.steps.level]
    if facts.steps.is_referral:
        return f"Support at {level.title}"
    if facts.judgement is None:
        # Nobody judged that level: it is only what is left when little is known.
        return "No request to the council so far. The practitioner is not sure yet of a level"
    return f"No request to the council. Support at {level.title}, by the agency and its partners"


def harm_line(facts: Facts) -> str:
    asked = HARM in facts.known.get("reading", {})
    return yes_no(facts.concern.significant_harm) if asked else ""


def call_line(known: Answers) -> str:
    if answers.text(known, "call", "made") != "yes":
        return NO_CALL
    called_at = called(known)
    parts = [
        shown(CallForm.base_fields["to_whom"], answers.text(known, "call", "to_whom")),
        answers.text(known, "call", "to"),
        long_moment(called_at) if called_at else "",
    ]
    said = prefixed(". ", answers.text(known, "call", "said"))
    return ", ".join(part for part in parts if part) + said


def tells_of_a_call(content: Mapping[str, Any]) -> bool:
    """Say whether a summary as it was recorded tells of a call that was made."""
    rows = [tuple(row) for block in content["blocks"] for row in block["rows"]]
    return any(label == CALL and text != NO_CALL for label, text in rows)


def deadline_line(facts: Facts, made_at: datetime) -> str:
    """Return when the written follow-up is due, where something goes to the council."""
    hours = writing_hours(facts.steps)
    called_at = council_called(facts.known)
    if hours is None or not (called_at or facts.reading.child_protection):
        return ""
    late = called_at and called_at + timedelta(hours=hours) < made_at
    due = due_by(hours, called_at)
    return f"{due} (overdue when this was recorded)" if late else due


def agreement_line(facts: Facts) -> str:
    field = AgreementForm.base_fields["agreement"]
    return shown(field, answers.text(facts.known, "agreement", "agreement"))


def voice_rows(facts: Facts) -> tuple[Row, ...]:
    voices = [question for question in facts.guidance.questions if question.childs_voice]
    rows = [(voice.text, answers.text(facts.known, "questions", voice.code)) for voice in voices]
    told = [row for row in rows if row[1]]
    return tuple(told) or (("Wishes and feelings", "Not recorded yet"),)


def question_rows(facts: Facts) -> tuple[Row, ...]:
    """Return what was answered to the questions, but for the child's voice, which stands first."""
    rows = [
        (question.text, answers.text(facts.known, "questions", question.code))
        for question in facts.guidance.questions
        if not question.childs_voice
    ]
    return tuple(row for row in rows if row[1])


def sign_table(facts: Facts) -> Table:
    """Return the chosen signs, worries first and the highest level on top."""
    chosen = [sign for sign in facts.guidance.indicators if sign.code in facts.concern.indicators]
    ordered = sorted(chosen, key=lambda sign: -sign.level)
    return Table(
        ("Level", "Domain", "Sign, as printed, and who saw or said it"),
        tuple(sign_row(sign, facts) for sign in ordered),
    )


def sign_row(sign: Indicator, facts: Facts) -> tuple[str, ...]:
    """Return level, domain, and the sign with what it rests on below it."""
    guidance = facts.guidance
    levels = guidance.levels_of_wording.get(sign.shared_key, (sign.level,))
    numbers = "Level " + ", ".join(str(number) for number in levels)
    strength = " (strength)" if guidance.level_by_number[sign.level].strengths else ""
    lines = [f"“{sign.text}”", evidence_for(sign.code, facts.known)]
    return (
        numbers + strength,
        guidance.domain_by_code[sign.domain].name,
        "\n".join(line for line in lines if line),
    )


def unknowns(facts: Facts) -> tuple[str, ...]:
    return tuple(
        f"Not known yet: {domain.name}"
        for domain in facts.guidance.domains
        if domain.code in facts.concern.unknown_domains
    )


def judgement_block(facts: Facts) -> Block:
    """Return judgement and reading side by side, and any difference between them."""
    guidance, known, reading = facts.guidance, facts.known, facts.reading
    titles = {level.number: level.title for level in guidance.levels}
    first = known.get("judgement", {}).get("first")
    judged = titles[facts.judgement] if facts.judgement else "Not sure yet"
    rows = [
        ("The practitioner’s judgement", judged),
        ("Why", answers.text(known, "judgement", "reason")),
        ("Judged first, before the reading", first_judgement(first, titles)),
        ("What the guidance indicates", reading_line(reading, titles)),
    ]
    if answers.differs(reading, facts.judgement):
        why = answers.text(known, "reading", "difference") or "No reason was given."
        rows.append(("The two differ", why))
    items = [f"{reason.text} ({reason.section})" for reason in reading.reasons]
    # In danger now, it is child protection already: nothing rests on that question.
    open_prompts = [p for p in reading.ask if p.about != HARM or not reading.child_protection]
    items += [f"Not known yet: {prompt.text}" for prompt in open_prompts]
    return Block(
        "judgement",
        "Judgement and guidance",
        rows=tuple((label, text) for label, text in rows if text),
        items=tuple(items),
        note="The reading supports professional judgement and never replaces it.",
    )


def first_judgement(first: object, titles: dict[int, str]) -> str:
    if not isinstance(first, dict):
        return ""
    level = str(first.get("level"))
    title = titles.get(int(level), "") if level.isdigit() else "Not sure"
    return f"{title}: {first.get('reason')}"


def reading_line(reading: Reading, titles: dict[int, str]) -> str:
    if reading.child_protection:
        return f"{titles[reading.level]}, child protection"
    if reading.up_to > reading.level:
        return f"{titles[reading.level]}; discuss up to {titles[reading.up_to]}"
    return titles[reading.level]


def family_block(facts: Facts) -> Block:
    """Return the details of child and family that the first block does not give already.

    Whom the record is kept from is nothing for its readers.
    """
    above = {RECORDED_AS[name] for name in ("address", "whereabouts", "callback", "kept_from")}
    rows = facts.rows("child", "family")
    return Block(
        "child", "The child and family", rows=tuple(row for row in rows if row[0] not in above)
    )


def consent_block(facts: Facts) -> Block:
    consent = answers.consent_of(facts.known)
    todo = tuple(point.text for point in missing(consent, facts.guidance))
    return Block(
        "consent",
        "Agreement and sharing",
        rows=facts.rows("agreement", "sharing"),
        items=todo,
        note="Not done, or not recorded yet. The guidance asks the referrer for what the list says."
        if todo
        else "",
    )


def next_steps_block(facts: Facts) -> Block:
    called_at = council_called(facts.known)
    rows = tuple(
        (
            "\n".join(
                filter(None, [f"{action.text} ({action.section})", contact_line(action.contact)])
            ),
            due_by(action.due_hours, called_at),
        )
        for action in facts.steps.actions
    )
    table = Table(("What to do, and whom to contact", "By when"), rows)
    return Block(NEXT_STEPS, "Next steps for the referrer", table=table)


def contact_line(contact: Contact | None) -> str:
    if contact is None:
        return ""
    hours = f" ({contact.hours or 'no hours printed'})" if contact.phone else ""
    way = contact.phone or contact.url
    return f"{contact.name}: {way}{hours}. {currency(contact, timezone.localdate())}"


def as_text(block: dict[str, Any]) -> str:
    """Return a block as plain text, for a council's own online form."""
    lines = [block["title"].upper()]
    lines += [f"{label}: {text}" for label, text in block["rows"]]
    table = block["table"] or {"rows": []}
    lines += ["- " + ". ".join(filter(None, row)).replace("\n", ". ") for row in table["rows"]]
    lines += [f"- {item}" for item in block["items"]]
    return "\n".join(lines)


def words_to_find(content: dict[str, Any]) -> str:
    """Return what a summary says of this child, to be found by the lead's search.

    Titles, questions and what is to be done next stand in every record: they would find them all.
    """
    said: list[str] = []
    for block in content["blocks"]:
        said += [text for _, text in block["rows"]]
        if block["table"] and block["slug"] != NEXT_STEPS:
            said += [cell for row in block["table"]["rows"] for cell in row if cell]
    return "\n".join(said)


def yes_no(answer: str) -> str:
    return chosen_as(dict(YES_NO_UNKNOWN).get(answer, ""))


def prefixed(words: str, value: str) -> str:
    return words + value if value else ""
