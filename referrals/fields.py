"""What the conversation's forms share: their base, their fields, and the words in common."""

import calendar
import re
from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from referrals.journey import Answers
from thresholds.guidance import Guidance

YES_NO = [("yes", "Yes"), ("no", "No")]
YES_NO_UNKNOWN = [*YES_NO, ("unknown", "I do not know yet")]
LONG = 20_000
MISSING = "missing"
DATE_PARTS = ("day", "month", "year")
# Control characters, and marks that show nothing or turn the text around them.
CLOCK_FORMATS = [
    *("%H:%M", "%H.%M", "%H%M"),
    *("%I:%M%p", "%I.%M%p", "%I:%M %p", "%I.%M %p", "%I%p", "%I %p"),
]
HALF_OF_DAY = re.compile(r"([ap])\.? ?m\.?$", re.IGNORECASE)
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
TOO_LONG = "Use %(limit_value)d characters or fewer: this has %(show_value)d"
SHORT = 300
MONTH_NAMES = [name.lower() for name in calendar.month_name][1:]


class PlainText(forms.CharField):
    """Text as a person typed it, without characters that no page and no PDF can show."""

    def __init__(self, **kwargs: Any) -> None:
        messages = {"max_length": TOO_LONG} | kwargs.pop("error_messages", {})
        super().__init__(error_messages=messages, **kwargs)

    def to_python(self, value: Any) -> str:
        lines = str(value or "").replace("\r\n", "\n")
        return str(super().to_python(UNPRINTABLE.sub("", lines)))


def radios(label: str, choices: list[tuple[str, str]], **kwargs: Any) -> forms.ChoiceField:
    messages = {"invalid_choice": "Choose one of the answers"} | kwargs.pop("error_messages", {})
    return forms.ChoiceField(
        label=label,
        choices=choices,
        widget=forms.RadioSelect,
        error_messages=messages,
        **kwargs,
    )


def long_text(label: str, rows: int = 4, **kwargs: Any) -> PlainText:
    widget = forms.Textarea(attrs={"rows": rows})
    return PlainText(label=label, widget=widget, max_length=LONG, **kwargs)


def short_text(label: str, **kwargs: Any) -> PlainText:
    return PlainText(label=label, max_length=SHORT, **kwargs)


def refuse_future(day: date | None) -> date | None:
    """Return `day`. Raises ValidationError for one that is still to come."""
    if day and day > timezone.localdate():
        raise ValidationError("The date must be today or in the past")
    return day


def refuse_past(day: date | None) -> date | None:
    """Return `day`. Raises ValidationError for one that has gone."""
    if day and day < timezone.localdate():
        raise ValidationError("The date must be today or later")
    return day


def moment_of(day: date, clock: time) -> datetime:
    """Return the moment, in UTC, at which a clock in the United Kingdom showed this.

    An hour that came twice counts as the first: a deadline is never later than it should be.
    Raises ValidationError for an hour that the clocks jumped over.
    """
    shown = datetime.combine(day, clock)
    moment = timezone.make_aware(shown).astimezone(UTC)
    if timezone.localtime(moment).replace(tzinfo=None) != shown:
        raise ValidationError("The clocks went forward then, from 1am to 2am. Check the time")
    return moment


class DatePartsWidget(forms.MultiWidget):
    """A day, a month and a year, typed. `autocomplete="bday"` in attrs fills in a birthday."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({part: forms.TextInput() for part in DATE_PARTS}, attrs)

    def decompress(self, value: date | None) -> list[int | None]:
        return [value.day, value.month, value.year] if value else [None, None, None]


class DatePartsField(forms.Field):
    """A date from its three parts: a date, or None when nothing was typed.

    An error names the parts at fault in its `params["parts"]`, so that the page can point at them.
    """

    widget = DatePartsWidget
    default_error_messages = {
        "required": "Enter a date",
        "incomplete": "The date must include a %(missing)s",
        "year": "The year must have 4 numbers, like 2015",
        "invalid": "This is not a real date. Check the day and the month",
    }

    def to_python(self, value: Any) -> date | None:
        if value is None or isinstance(value, date):
            return value
        day, month, year = (str(part or "").strip() for part in value)
        missing = [
            part for part, typed in zip(DATE_PARTS, (day, month, year), strict=True) if not typed
        ]
        if len(missing) == len(DATE_PARTS):
            return None
        if missing:
            raise self._error("incomplete", missing)
        if not (year.isdecimal() and len(year) == 4 and 1900 <= int(year) < 2100):
            raise self._error("year", ["year"])
        try:
            return date(int(year), month_number(month), day_or_month(day))
        except ValueError:
            raise self._error("invalid", ["day", "month"]) from None

    def _error(self, code: str, parts: list[str]) -> ValidationError:
        params = {"missing": " and ".join(parts), "parts": parts}
        return ValidationError(self.error_messages[code], code=code, params=params)


def day_or_month(typed: str) -> int:
    """One or two digits; ValueError for anything else that Python would take for a number."""
    if not (typed.isdecimal() and len(typed) <= 2):
        raise ValueError(typed)
    return int(typed)


def month_number(typed: str) -> int:
    """The month a person meant by "3", "03", "Mar" or "march"; ValueError if it is none."""
    if len(typed) < 3:
        return day_or_month(typed)
    for number, name in enumerate(MONTH_NAMES, start=1):
        if name.startswith(typed.lower()):
            return number
    raise ValueError(typed)


class ClockField(forms.TimeField):
    """A time of day as people write it: 17:45, 5.45pm, 5:45 p.m."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label="At what time?",
            help_text="For example, 17:45 or 5.45pm.",
            input_formats=CLOCK_FORMATS,
            widget=forms.TimeInput(format="%H:%M", attrs={"class": "govuk-input--width-5"}),
            error_messages={
                "required": "Enter the time",
                "invalid": "Enter the time with hours and minutes, like 17:45",
            },
            **kwargs,
        )

    def to_python(self, value: Any) -> time | None:
        return super().to_python(
            HALF_OF_DAY.sub(r"\1m", value) if isinstance(value, str) else value
        )


def missing(message: str) -> ValidationError:
    """Return an error about something that is not there yet, such as a required field's own."""
    return ValidationError(message, code=MISSING)


class StepForm(forms.Form):
    """A form of the journey. `needs_earlier_answers` decides which questions it puts."""

    needs_earlier_answers = False

    def __init__(self, *args: object, known: Answers, guidance: Guidance, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.known = known
        self.guidance = guidance

    def is_only_unfinished(self) -> bool:
        """Say whether nothing is wrong but what is missing, so that it can be kept for later."""
        errors = [error for field in self.errors.as_data().values() for error in field]
        return all(error.code in ("required", MISSING) for error in errors)
