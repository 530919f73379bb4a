"""What the driver of kills seeks in the database afterwards."""

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from accounts.events import faults  # noqa: E402
from accounts.models import Event, SentForm  # noqa: E402
from referrals.models import Child, Conversation  # noqa: E402
from tests.faults.kills import WORDS  # noqa: E402

# By token: what one conversation is known to hold, as kills.Told.
Told = dict[str, Any]


def missing(conversations: dict[str, Told]) -> Iterator[str]:
    """Yield what is not as people were told, what is there twice, and what is half."""
    found = {
        str(each.token): each
        for each in Conversation.objects.prefetch_related("answers", "signs__indicator", "calls")
    }
    begun, sent = set(conversations), SentForm.objects.count()
    yield from (f"{token} is not there" for token in begun - found.keys())
    yield from (f"{token} is there, and nobody was told" for token in found.keys() - begun)
    if sent != len(begun):
        yield f"{sent} first pages were sent once, and {len(begun)} conversations begun"
    events = events_by_subject()
    for token in begun & found.keys():
        told, there = conversations[token], found[token]
        yield from (f"{token}: {what}" for what in of_one(told, there, events[there.subject]))
    yield from (f"event {fault.number} of {fault.chain}: {fault.what}" for fault in faults())
    recorded = sum(told["recorded"] for told in conversations.values())
    saved = sum(len(told["steps"]) for told in conversations.values())
    if not recorded:
        yield "Nothing was recorded: this shows nothing"
    yield f"{len(begun)} conversations, {recorded} of them recorded, {saved} acknowledged steps"


def events_by_subject() -> dict[str, Counter]:
    events: dict[str, Counter] = {}
    for subject, verb, detail in Event.objects.values_list("subject", "verb", "detail"):
        events.setdefault(subject, Counter())[verb, detail] += 1
    return events


def of_one(told: Told, there: Conversation, events: Counter) -> Iterator[str]:
    answers = {answer.step: answer.data for answer in there.answers.all()}
    for slug, step in told["steps"].items():
        if slug != "check":
            yield from of_step(slug, step, answers, events["changed", slug])
    # Each answer has its event, and each event its answer.
    changed = {detail for verb, detail in events if verb == "changed"}
    if changed != answers.keys():
        yield f"events {sorted(changed)}, answers {sorted(answers)}"
    if events["began", ""] != 1:
        yield f"it began {events['began', '']} times"
    if there.is_recorded != told["recorded"]:
        yield f"recorded: {there.is_recorded}, told: {told['recorded']}"
    if events["recorded", ""] != int(there.is_recorded):
        yield f"it has {events['recorded', '']} events of its recording"
    if there.is_recorded:
        yield from of_record(told, there)


def of_step(slug: str, step: dict[str, Any], answers: dict[str, dict], saves: int) -> Iterator[str]:
    if slug not in answers:
        yield f"{slug} was acknowledged and is not there"
    elif slug in WORDS and answers[slug].get(WORDS[slug]) not in step["may_stand"]:
        yield f"{slug} is {answers[slug].get(WORDS[slug])!r}, not {sorted(step['may_stand'])}"
    if not 1 <= saves <= step["attempts"]:
        yield f"{slug} was sent {step['attempts']} times and saved {saves} times"


def of_record(told: Told, there: Conversation) -> Iterator[str]:
    if not (there.reference and there.content and there.recorded_at):
        yield "the record is half"
    if Child.objects.filter(conversation=there).count() != 1:
        yield "the record has not one child"
    signs = sorted(sign.indicator.code for sign in there.signs.all())
    if signs != ["dd001", "dd034"] or len(there.calls.all()) != 1:
        yield f"the record has signs {signs} and {len(there.calls.all())} calls"
    content = json.dumps(there.content)
    for slug in ("concern", "judgement", "family"):
        step = told["steps"].get(slug)
        if step and not any(words in content for words in step["may_stand"]):
            yield f"the summary does not hold what {slug} says"


if __name__ == "__main__":
    for line in missing(json.load(sys.stdin)):
        print(line)
