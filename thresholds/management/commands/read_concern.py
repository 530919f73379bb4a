"""manage.py read_concern: read a concern, as JSON on standard input, against an edition."""

import json
import sys
from collections import Counter
from typing import TextIO

from django.core.management.base import BaseCommand, CommandError

from thresholds.concern import Concern, ConcernError, parse_concern, quoted
from thresholds.guidance import Contact, Guidance
from thresholds.load import contacts_of, current_edition, load
from thresholds.models import Area, Edition
from thresholds.next_steps import Action, NextSteps, next_steps
from thresholds.reading import Prompt, Reading, Reason, read


class Command(BaseCommand):
    help = "Reads a concern (JSON on standard input) and prints the reading as JSON."
    # Their warnings would stand on standard error, where only a refusal belongs.
    requires_system_checks = ()

    def handle(self, *args: object, **options: object) -> None:
        try:
            data = parse_json(read_text(sys.stdin))
            guidance = find_guidance(data)
            concern = parse_concern(data, guidance)
        except ConcernError as problem:
            raise CommandError(str(problem), returncode=2) from None
        contacts = contacts_of(Area.objects.filter(slug=concern.area))
        self.stdout.write(
            json.dumps(as_json(concern, guidance, contacts), ensure_ascii=False, indent=1)
        )


def read_text(stream: TextIO) -> str:
    """Return all of `stream`. Raises ConcernError when it is not text."""
    try:
        return stream.read()
    except UnicodeDecodeError:
        raise ConcernError("This is not JSON: it is not text in UTF-8.") from None


def parse_json(text: str) -> dict[str, object]:
    """Return the JSON object in `text`. Raises ConcernError when it holds none.

    A key given twice is refused: of two answers about danger, one would be lost.
    """
    try:
        data = json.loads(text, object_pairs_hook=_object)
    except ConcernError:
        raise
    except (ValueError, RecursionError) as problem:
        raise ConcernError(f"This is not JSON: {problem}.") from None
    if not isinstance(data, dict):
        raise ConcernError("The concern must be a JSON object.")
    return data


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    for key, times in Counter(key for key, _ in pairs).items():
        if times > 1:
            raise ConcernError(f"{quoted(key)} is given twice.")
    return dict(pairs)


def find_guidance(data: dict[str, object]) -> Guidance:
    """Return the edition that `data` names, or else the one in force in its area.

    Raises ConcernError for an unknown area or edition, or one that is for reading only.
    """
    areas = {area.slug: area for area in Area.objects.all()}
    slug = data.get("area")
    if not isinstance(slug, str) or slug not in areas:
        raise ConcernError(f'"area" must be one of: {", ".join(areas)}.')
    guidance = load(find_edition(data.get("edition"), areas[slug]))
    if guidance.for_reading_only:
        raise ConcernError(
            f"{guidance.slug!r} has no indicators: no concern can be read against it."
        )
    return guidance


def find_edition(slug: object, area: Area) -> Edition:
    """Return the edition called `slug`, for None the one in force in `area`.

    Raises ConcernError when there is none.
    """
    if slug is None:
        try:
            return current_edition(area)
        except Edition.DoesNotExist:
            raise ConcernError("No edition is in force in this area.") from None
    edition: Edition
    for edition in Edition.objects.select_related("partnership"):
        if edition.slug == slug:
            return edition
    raise ConcernError(f"There is no edition {quoted(slug)}.")


def as_json(
    concern: Concern, guidance: Guidance, contacts: tuple[Contact, ...]
) -> dict[str, object]:
    reading = read(concern, guidance)
    steps = next_steps(reading, concern, guidance, contacts)
    return {"edition": guidance.slug, **_reading(reading), **_next_steps(steps)}


def _reading(reading: Reading) -> dict[str, object]:
    return {
        "level": reading.level,
        "up_to": reading.up_to,
        "child_protection": reading.child_protection,
        "urgency": reading.urgency,
        "reasons": [_reason(reason) for reason in reading.reasons],
        "would_change": [_prompt(prompt) for prompt in reading.would_change],
        "ask": [_prompt(prompt) for prompt in reading.ask],
        "strengths": [strength.code for strength in reading.strengths],
    }


def _reason(reason: Reason) -> dict[str, object]:
    return {
        "rule": reason.rule.code,
        "text": reason.text,
        "indicators": [indicator.code for indicator in reason.indicators],
        "signs": [{"level": sign.level, "text": sign.text} for sign in reason.indicators],
        "section": reason.section,
    }


def _prompt(prompt: Prompt) -> dict[str, object]:
    return {"about": prompt.about, "text": prompt.text, "section": prompt.section}


def _next_steps(steps: NextSteps) -> dict[str, object]:
    return {
        "next_steps": [_action(action) for action in steps.actions],
        "pathway": [
            {"step": step.step, "title": step.title, "text": step.text, "section": step.section}
            for step in steps.pathway
        ],
        "contacts": [vars(contact) for contact in steps.contacts],
        "services": [{"level": service.level, "name": service.name} for service in steps.services],
    }


def _action(action: Action) -> dict[str, object]:
    return {
        "text": action.text,
        "section": action.section,
        "due_hours": action.due_hours,
        "phone": action.contact.phone if action.contact else "",
        "url": action.contact.url if action.contact else "",
    }
