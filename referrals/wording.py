"""How an answer is kept as JSON, put back into its form, and shown to a person."""

from datetime import date, datetime, time

from django.forms import ChoiceField, Field, MultipleChoiceField, TimeField
from django.utils import timezone

from referrals import answers
from referrals.fields import DatePartsField
from referrals.forms import SEEN_BY
from referrals.journey import Answers
from thresholds.guidance import Indicator

Row = tuple[str, str]

# What a question is called once it is answered, where the question itself reads badly there.
RECORDED_AS = {
    "place": "Lives in",
    "danger": "In danger now",
    "made": "Telephone call made",
    "to_whom": "Called",
    "to": "Name",
    "concern": "The concern",
    "agency_reference": "Agency’s reference",
    "services_now": "Help in place",
    "not_asked_reason": "Why agreement was not asked",
    "advice_from": "Advice from",
    "advice_outcome": "Outcome",
    "what_shared": "Shared, and not shared",
    "callback": "Call back",
    "whereabouts": "Where the child is now",
    "gender": "Sex or gender",
    "address": "Address",
    "language": "Languages at home",
    "ethnicity": "Ethnicity",
    "on": "Day",
    "at": "Time",
    "said": "What was said",
    "assessment": "Early Help Assessment done",
    "plan_tried": "Plan tried that did not meet the needs",
    "sudden_escalation": "Needs have grown suddenly",
    "discussed": "Talked to the safeguarding lead or line manager",
    "discussed_with": "Talked to",
    "advice": "Their advice",
    "level": "Level judged",
    "reason": "Why",
    "difference": "Why judgement and guidance differ",
    "significant_harm": "Reasonable cause to suspect significant harm",
    "services": "Services offered",
    "other_service": "Other service",
    "plan": "Plan",
    "review_on": "Review on",
    "kept_from": "Kept from",
    "agreement": "Agreement of the family",
    "given_by": "Agreed by",
    "given_how": "Agreed",
    "given_on": "Agreed on",
    "young_person_reason": "Why the young person decides",
    "shares": "Information shared with another agency",
    "basis": "Why, and on what basis",
    "family_told": "Family told of it",
    "service_told": "Receiving service told that permission was withheld",
    "parental_responsibility": "Parental responsibility",
    "household": "In the home",
    "interpreter": "Interpreter needed",
    "due_on": "Due date",
}

# The same for choices that a form words in the first person.
CHOSEN_AS = {
    "I do not know yet": "Not known yet",
    "I have not decided yet": "Not decided yet",
    "I have not asked, and should not": "Not asked: it would put the child at risk, "
    "nobody can agree, or asking is not reasonable",
    "I have not asked yet": "Not asked yet",
    "I am not sure yet": "Not sure yet",
    "I do not know": "Not known",
    "I saw or heard it": "The author saw or heard it",
}

TWELVE_O_CLOCK = {"12:00am": "midnight, when the day begins,", "12:00pm": "midday"}


def plain(value: object) -> object:
    """Return a form's value as JSON holds it."""
    return value.isoformat() if isinstance(value, date | time) else value


def restored(field: Field, value: object) -> object:
    """Return a saved value as its field showed it: JSON keeps dates and times as text."""
    if isinstance(field, DatePartsField) and isinstance(value, str):
        return date.fromisoformat(value)
    if isinstance(field, TimeField) and isinstance(value, str):
        return time.fromisoformat(value)
    return value


def shown(field: Field, value: object) -> str:
    """Return an answer as a person reads it."""
    if value in (None, "", []):
        return ""
    if isinstance(field, MultipleChoiceField):
        return "\n".join(str(dict(field.choices).get(item, item)) for item in as_list(value))
    if isinstance(field, ChoiceField):
        return chosen_as(str(dict(field.choices).get(value, value)))
    if isinstance(field, DatePartsField):
        return day_of(date.fromisoformat(str(value)))
    if isinstance(field, TimeField):
        return time.fromisoformat(str(value)).strftime("%H:%M")
    return str(value)


def evidence_for(code: str, known: Answers) -> str:
    """Return who saw or said a sign, and the note, a line each."""
    seen_by = answers.text(known, "evidence", f"seen_by_{code}")
    lines = [
        chosen_as(dict(SEEN_BY)[seen_by]) if seen_by else "",
        answers.text(known, "evidence", f"note_{code}"),
    ]
    return "\n".join(line for line in lines if line)


def chosen_as(label: str) -> str:
    return CHOSEN_AS.get(label, label)


def as_list(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def wordings(signs: list[Indicator]) -> str:
    return "\n".join(sign.text for sign in signs)


def long_day(value: str) -> str:
    return day_of(date.fromisoformat(value)) if value else ""


def day_of(value: date) -> str:
    """Return 21 November 2026. A list has many: Django's way would take ten times as long."""
    return f"{value.day} {value:%B %Y}"


def long_moment(moment: datetime) -> str:
    """Return a moment as people in England write it: 5:40pm on Tuesday 24 November 2026.

    Nobody reads 12:00am on a day as its beginning for sure: twelve o'clock is said in words.
    """
    local = timezone.localtime(moment)
    shown = local.strftime("%I:%M%p").lstrip("0").lower()
    clock = TWELVE_O_CLOCK.get(shown, shown)
    return f"{clock} on {local:%A} {day_of(local)}"
