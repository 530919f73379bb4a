"""The forms on which editors correct contacts and links."""

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils import timezone

from accounts.people_forms import OneLine
from guidance_content.contacts import digest
from referrals.fields import DatePartsField, PlainText
from thresholds.models import Area, Contact, Link
from thresholds.opening import BadHours, from_data, to_data
from thresholds.opening_lines import from_lines
from thresholds.opening_words import to_lines

Purpose = Contact.Purpose
# By these somebody is called when a child is in danger, or everything else is closed.
BY_TELEPHONE = (Purpose.URGENT, Purpose.OUT_OF_HOURS)
REVIEW_MONTHS = 6
LONGEST_REVIEW = timedelta(days=2 * 366)

SHAPE = re.compile(r"[+(]?[0-9][0-9 ()-]{2,20}( ?(ext|x)\.? ?[0-9]{1,6})?")
# A whole number within the country; Childline's; and short ones, such as 101 and 116 123. The
# last six digits of a number are not a number: a mobile telephone could not dial them.
DIALLED = re.compile(r"0[1-35789][0-9]{8,9}|08001111|999|1[0-9]{2}|116[0-9]{3}|1800[0-9]")
FOLD = """<details class="govuk-details" {state}>
<summary class="govuk-details__summary"><span class="govuk-details__summary-text">
Area, purpose, name, source and owner</span></summary><div class="govuk-details__text">"""
CORRECTED_SOURCE = (
    "If you change a number, an address or printed hours and leave this as it is, it will say "
    "that an editor corrected them."
)
NO_NUMBER = "Enter a telephone number, like 01632 960001 or 07700 900001"


def digits_of(phone: str) -> str:
    """Return what is dialled within the country, without an extension."""
    number = re.split(r"[a-z]", phone.lower())[0].replace("(0)", "")
    return re.sub(r"[^0-9]", "", number.replace("+44", "0"))


def check_phone(phone: str) -> None:
    """Raises ValidationError for what is no telephone number in the United Kingdom."""
    if not (SHAPE.fullmatch(phone) and DIALLED.fullmatch(digits_of(phone))):
        raise ValidationError(NO_NUMBER)


def text(label: str, required: str = "", **kwargs: Any) -> OneLine:
    """A field of one line, which `required` asks for in words."""
    kwargs = {"max_length": 200, "required": bool(required)} | kwargs
    return OneLine(label=label, error_messages={"required": required}, **kwargs)


def without_tricks(address: str) -> None:
    """Raises ValidationError for signs that show nothing, or turn the text: it would read as
    another address than it is.
    """
    if not address.isprintable():
        raise ValidationError("The address holds a character that cannot be seen. Type it anew")


def web_address() -> forms.URLField:
    return forms.URLField(
        label="Web address (optional)",
        max_length=400,
        required=False,
        assume_scheme="https",
        validators=[URLValidator(schemes=["http", "https"]), without_tricks],
        error_messages={"invalid": "Enter a web address that begins with https:// or http://"},
    )


def within_review(day: date) -> None:
    """Raises ValidationError for a day that has come, or is further off than two years."""
    today = timezone.localdate()
    if not today < day <= today + LONGEST_REVIEW:
        raise ValidationError("The date must be in the future, and within two years")


def confirm_again_by() -> DatePartsField:
    return DatePartsField(
        label="Confirm it again by",
        validators=[within_review],
        error_messages={"required": "Enter by when it must be confirmed again"},
    )


def how_it_is_known(label: str) -> PlainText:
    return PlainText(
        label=label,
        help_text="Such as “I rang the number on 3 March and spoke to the duty desk”. "
        "Do not write about a child.",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say how it is known"},
    )


class RowForm(forms.Form):
    """A form about one contact or link, as it was when its page was looked at."""

    read = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    row: Contact | Link | None

    def __init__(self, *args: Any, row: Contact | Link | None = None, **kwargs: Any) -> None:
        self.row = row
        initial = self.initial_of(row) | {"read": digest(row)} if row else {}
        super().__init__(*args, initial=initial, **kwargs)
        if row and "source" in self.fields:
            self.fields["source"].help_text = CORRECTED_SOURCE

    def initial_of(self, row: Any) -> dict[str, Any]:
        return {name: getattr(row, name) for name in self.base_fields if hasattr(row, name)}

    def values(self) -> dict[str, Any]:
        """Return what a service writes."""
        return {k: v for k, v in self.cleaned_data.items() if k not in ("read", "how")}

    @property
    def is_overtaken(self) -> bool:
        """Say whether what was posted was typed over something else than what stands there now."""
        read = self.data.get("read") if self.is_bound else None
        return bool(self.row and read) and read != digest(self.row)

    def look_again(self) -> None:
        """Let what was typed be posted once more, over what another editor has written."""
        self.data = self.data.copy()
        self.data["read"] = digest(self.row)


class ContactForm(RowForm):
    area = forms.ModelChoiceField(
        Area.objects.all(),
        label="Area",
        empty_label="Choose an area",
        error_messages={"required": "Choose an area"},
    )
    purpose = forms.ChoiceField(
        label="What it is for",
        choices=Purpose.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what it is for", "invalid_choice": "Choose one"},
    )
    name = text("Name", "Enter the name of the team or form")
    phone = text(
        "Telephone number (optional)",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )
    phone_again = text(
        "Telephone number again",
        max_length=40,
        help_text="If it is for emergencies or outside office hours, type it a second time.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )
    hours = text(
        "Hours as they are printed (optional)",
        help_text="Word for word. Leave it empty if none are printed.",
    )
    opening = PlainText(
        label="Opening hours, for the phone card (optional)",
        help_text="A line for each, such as “Monday to Friday 9am to 5pm”, “Every day 24 hours”, "
        "“Closed on bank holidays” or “Bank holidays 10am to 2pm”. A day that you do not name is "
        "closed. Write only what you know: if you know no hours, leave it empty.",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    url = web_address()
    section = text("Section of the document", "Enter where it stands", max_length=100)
    source = text("Source", "Enter where it comes from", max_length=300)
    owner = text("Owner", "Enter who keeps it right")
    how = how_it_is_known("How you know this")

    # What is changed in a hurry comes first; the rest is folded below it.
    IN_A_HURRY = ("phone", "phone_again", "hours", "opening", "url")
    SELDOM = ("area", "purpose", "name", "section", "source", "owner")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.row:
            self.order_fields([*self.IN_A_HURRY, *self.SELDOM, "how"])
            if self.row.purpose in BY_TELEPHONE:
                self.fields["phone"].label = "Telephone number"
                self.fields["phone_again"].help_text = "If you change it, type it a second time."

    @property
    def helper(self) -> FormHelper:
        """Fold what is seldom changed, unless there is an error in it."""
        helper = FormHelper()
        helper.form_tag, helper.disable_csrf = False, True
        if self.row:
            fold = FOLD.format(state="open" if self.errors.keys() & {*self.SELDOM} else "")
            folded = (HTML(fold), *self.SELDOM, HTML("</div></details>"))
            helper.layout = Layout("read", *self.IN_A_HURRY, *folded, "how")
        return helper

    def initial_of(self, row: Any) -> dict[str, Any]:
        try:
            lines = to_lines(from_data(row.opening))
        except BadHours:
            lines = ""
        return super().initial_of(row) | {"opening": lines}

    def values(self) -> dict[str, Any]:
        found = super().values()
        del found["phone_again"]
        return found

    def clean_phone(self) -> str:
        phone = str(self.cleaned_data["phone"])
        if phone:
            check_phone(phone)
        return phone

    def clean_opening(self) -> dict[str, object]:
        try:
            return to_data(from_lines(self.cleaned_data["opening"]))
        except BadHours as bad:
            raise ValidationError(str(bad)) from bad

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if "phone" in found and "purpose" in found:
            self._check_reachable(found)
            self._check_twice(found)
        if {"area", "purpose", "name"} <= found.keys():
            self._check_unique(found)
        return found

    def _check_reachable(self, found: dict[str, Any]) -> None:
        if not found["phone"] and found["purpose"] in BY_TELEPHONE:
            self.add_error("phone", "Enter a telephone number: this is for emergencies")
        elif not found["phone"] and "url" in found and not found["url"]:
            self.add_error("phone", "Enter a telephone number or a web address")

    def _check_twice(self, found: dict[str, Any]) -> None:
        """An emergency number that is new, or newly one for emergencies, is typed twice."""
        if found["purpose"] not in BY_TELEPHONE or not found.get("phone"):
            return
        is_same = (
            isinstance(self.row, Contact)
            and self.row.purpose in BY_TELEPHONE
            and digits_of(self.row.phone) == digits_of(found["phone"])
        )
        again = digits_of(found.get("phone_again", ""))
        if (again or not is_same) and again != digits_of(found["phone"]):
            self.add_error("phone_again", "Type the same number twice: it is for emergencies")

    def _check_unique(self, found: dict[str, Any]) -> None:
        others = Contact.objects.filter(**{k: found[k] for k in ("area", "purpose", "name")})
        other = others.exclude(pk=self.row.pk if self.row else None).first()
        if other:
            state = "a retired contact" if other.retired_on else "a contact"
            self.add_error("name", f"This area has {state} of this name and purpose already")


class LinkForm(RowForm):
    name = text("Name", "Enter the name of the page or tool")
    kind = forms.ChoiceField(
        label="What it is",
        choices=Link.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what it is", "invalid_choice": "Choose one"},
    )
    url = web_address()
    note = text("Note (optional)", max_length=300)
    areas = forms.ModelMultipleChoiceField(
        Area.objects.all(),
        label="Areas",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one area"},
    )
    section = text("Section of the document", "Enter where it stands", max_length=100)
    source = text("Source", "Enter where it comes from", max_length=300)
    owner = text("Owner", "Enter who keeps it right")
    how = how_it_is_known("How you know this")

    def initial_of(self, row: Any) -> dict[str, Any]:
        return super().initial_of(row) | {"areas": [area.pk for area in row.areas.all()]}


class ConfirmForm(RowForm):
    how = how_it_is_known("How did you confirm it?")
    review_by = confirm_again_by()

    def initial_of(self, row: Any) -> dict[str, Any]:
        return {"review_by": months_after(timezone.localdate(), REVIEW_MONTHS)}


class RetireForm(RowForm):
    how = how_it_is_known("Why, and how you know it")


def months_after(day: date, months: int) -> date:
    """Return the same day of a later month, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
