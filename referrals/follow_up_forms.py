"""What is asked about a follow-up, a call and the council's answer after the record."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.choices import Choice
from referrals.fields import (
    ClockField,
    DatePartsField,
    long_text,
    moment_of,
    radios,
    refuse_future,
    refuse_past,
    short_text,
)
from referrals.models import CouncilAnswer
from referrals.wording import long_day

Answer = CouncilAnswer.Answer
ANSWERS = [
    (Answer.ACCEPTED, "They accepted it, and will look into it"),
    (Answer.EARLY_HELP, "They say early help is enough"),
    (Answer.NO_ACTION, "They will take no further action"),
    (
        Answer.NO_REPLY,
        Choice("They have not replied", hint="You expected an answer by now. Ring them again."),
    ),
]


class MomentForm(forms.Form):
    """A day and a time, together a moment in the past: `cleaned_data["moment"]`."""

    on = DatePartsField(label="On which day?", error_messages={"required": "Enter the day"})
    at = ClockField()

    def __init__(self, *args: Any, earliest: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.earliest = earliest

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("on") and data.get("at"):
            try:
                data["moment"] = self._moment(data["on"], moment_of(data["on"], data["at"]))
            except ValidationError as error:
                self.add_error("on" if error.code == "day" else "at", error)
        return data

    def _moment(self, day: date, moment: datetime) -> datetime:
        """Return `moment`. Raises ValidationError where it cannot have been then."""
        refuse_too_early(day, self.earliest)
        if day > timezone.localdate():
            raise ValidationError("The date must be today or in the past", code="day")
        if moment > timezone.now():
            raise ValidationError("The time must be in the past", code="time")
        return moment


def refuse_too_early(day: date, earliest: datetime) -> date:
    """Return `day`. Raises ValidationError for one before anything can have been done."""
    if day < (first := timezone.localdate(earliest)):
        words = f"The date must be {long_day(first.isoformat())} or later"
        raise ValidationError(words, code="day")
    return day


class DoneForm(MomentForm):
    """That the council was written to. Day and time are there already: now."""

    on = DatePartsField(
        label="On which day?",
        help_text="Change this if it was not just now.",
        error_messages={"required": "Enter the day"},
    )
    note = long_text(
        "How was it sent, and to whom?",
        rows=3,
        required=False,
        help_text="You can leave this empty.",
    )


class LookedAtForm(DoneForm):
    """That a plan was looked at, and when the next time is."""

    note = long_text("What did you find?", required=False, help_text="You can leave this empty.")
    next_review = DatePartsField(
        label="When will you look at it again?",
        required=False,
        help_text="Leave this empty if there is no plan to look at any more.",
    )

    def clean_next_review(self) -> date | None:
        return refuse_past(self.cleaned_data["next_review"])


class CouncilCallForm(MomentForm):
    to = short_text("Whom did you talk to?", required=False)
    said = long_text("What was said?", required=False)


class AnswerForm(forms.Form):
    answer = radios(
        "What did the council answer?",
        [(str(value), label) for value, label in ANSWERS],
        error_messages={"required": "Choose what the council answered"},
    )
    answered_on = DatePartsField(
        label="On which day?",
        help_text="If they have not replied, the day on which you last tried.",
        error_messages={"required": "Enter the day"},
    )
    note = long_text(
        "What did they say, and who said it?", required=False, help_text="You can leave this empty."
    )

    def __init__(self, *args: Any, earliest: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.earliest = earliest

    def clean_answered_on(self) -> date | None:
        day = refuse_future(self.cleaned_data["answered_on"])
        return refuse_too_early(day, self.earliest) if day else None


class ReviewDayForm(forms.Form):
    on = DatePartsField(
        label="When will you look at the plan again?",
        help_text="You get an email on that day.",
        error_messages={"required": "Enter the day"},
    )
    page_heading = True

    def clean_on(self) -> date | None:
        return refuse_past(self.cleaned_data["on"])
