"""manage.py read_concern: read a concern, as JSON on standard input, against an edition."""

import json
import sys

from django.core.management.base import BaseCommand, CommandError

from thresholds.concern import Concern, ConcernError, parse_concern
from thresholds.guidance import Contact, Guidance
from thresholds.load import contacts_of, current_edition, load
from thresholds.models import Area, Edition
from thresholds.next_steps import Action, NextSteps, next_steps
from thresholds.reading import Prompt, Reading, Reason, read


class Command(BaseCommand):
    help = "Reads a concern (JSON on standard input) and prints the reading as JSON."

    def handle(self, *args: object, **options: object) -> None:
        try:
            data = parse_json(sys.stdin.read())
            guidance = find_guidance(data)
            concern = parse_concern(data, guidance)
        except ConcernError as problem:
            raise CommandError(str(problem), returncode=2) from None
        contacts = contacts_of(Area.objects.filter(slug=concern.area))
        self.stdout.write(
            json.dumps(as_json(concern, guidance, contacts), ensure_ascii=False, indent=1)
        )


def parse_json(text: str) -> dict[str, object]:
    """Return the JSON object in `text`. Raises ConcernError when it holds none."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise ConcernError(f"This is not JSON: {problem}.") from None
    if not isinstance(data, dict):
        raise ConcernError("The concern must be a JSON object.")
    return data


def find_guidance(data: dict[str, object]) -> Guidance:
    """Return the edition that `data` names, or else the one in force in its area.

    Raises ConcernError for an unknown area or edition, or one that is for reading only.
    """
    area = Area.objects.filter(slug=str(data.get("area", ""))).first()
    if area is None:
        areas = ", ".join(Area.objects.values_list("slug", flat=True))
        raise ConcernError(f'"area" must be one of: {areas}.')
    try:
        edition = current_edition(area)
        if data.get("edition") is not None:
            edition = Edition.objects.select_related("partnership").get(slug=str(data["edition"]))
    except Edition.DoesNotExist:
        raise ConcernError(f"There is no edition {data.get('edition')!r} for this area.") from None
    guidance = load(edition)
    if guidance.for_reading_only:
        raise ConcernError(
            f"{guidance.slug!r} has no indicators: no concern can be read against it."
        )
    return guidance


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
    }
