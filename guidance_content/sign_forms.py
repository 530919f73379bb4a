"""The forms for one indicator of a draft."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import Truncator

from accounts.people_forms import OneLine
from guidance_content import contact_forms
from guidance_content.signs import (
    FIRST,
    digest,
    naming_digest,
    said_alike,
    same_words,
    siblings,
)
from thresholds.models import Domain, Edition, Indicator, Level

LONGEST = 2000


def chosen_from(label: str, model: Any, missing: str) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        model.objects.none(),
        label=label,
        empty_label="Choose one",
        error_messages={"required": missing, "invalid_choice": missing},
    )


class SignForm(forms.Form):
    """What an indicator says, and where it stands."""

    text = OneLine(
        label="Words",
        help_text="As the document prints them: practitioners read them word for word.",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Enter the words of the indicator"},
    )
    level = chosen_from("Level", Level, "Choose a level")
    domain = chosen_from("Domain", Domain, "Choose a domain")
    section = contact_forms.text(
        "Section of the document",
        "Enter the section of the document in which it is printed",
        max_length=100,
    )
    heading = contact_forms.text("Heading under which it is printed (optional)")

    def __init__(self, *args: Any, draft: Edition, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.draft = draft
        for name, model in (("level", Level), ("domain", Domain)):
            self.fields[name].queryset = model.objects.filter(edition=draft)

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in SignForm.base_fields}

    def clean(self) -> dict[str, Any]:
        """Refuse words that the level has already: nobody could tell which was meant."""
        found = super().clean() or self.cleaned_data
        if {"text", "level"} <= found.keys():
            there = [
                other.code
                for other in same_words(self.draft, found["text"])
                if other.level_id == found["level"].pk and other.pk != self.own_key
            ]
            if there:
                self.add_error("text", f"{found['level']} has these words already, as {there[0]}")
        return found

    own_key: int | None = None


class AddSignForm(SignForm):
    code = OneLine(
        label="Code (optional)",
        help_text="Leave it empty for a new indicator: it gets the next code that is free. Type "
        "one only to bring back an indicator that an earlier edition had.",
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"class": "govuk-input--width-10", "autocomplete": "off"}),
    )

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"]).lower()
        if not code:
            return ""
        forms.SlugField(error_messages={"invalid": "Use letters, numbers and hyphens only"}).clean(
            code
        )
        if code == "add":
            raise ValidationError("Choose another code")
        if Indicator.objects.filter(edition=self.draft, code=code).exists():
            raise ValidationError("The draft has an indicator with this code already")
        return code


class ChangeSignForm(SignForm):
    """`place` is empty for where it is: what moves to another level or domain goes last there."""

    read = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    place = forms.ChoiceField(
        label="Its place among the others of its level and domain",
        help_text="One that you move to another level or domain goes last there.",
        required=False,
        error_messages={"invalid_choice": "Choose a place: the one you chose is gone"},
    )
    alike = forms.BooleanField(
        label="It still means the same as the indicators above", required=False
    )

    def __init__(self, *args: Any, sign: Indicator, **kwargs: Any) -> None:
        self.sign, self.own_key = sign, sign.pk
        initial = {name: getattr(sign, name) for name in SignForm.base_fields}
        initial |= {"alike": True, "read": digest(sign)}
        super().__init__(*args, draft=sign.edition, initial=initial, **kwargs)
        self.alike = said_alike(sign)
        if not self.alike:
            del self.fields["alike"]
        others = siblings(sign)
        self.fields["place"].choices = [
            ("", "Where it is"),
            *([(FIRST, "First")] if others else []),
            *((o.code, f"After “{Truncator(o.text).chars(60)}”") for o in others),
        ]
        self.order_fields(["read", "text", "alike", "level", "domain", "place"])

    def look_again(self) -> None:
        """Let what was typed be posted once more, over what another editor has written."""
        self.data = self.data.copy()
        self.data["read"] = digest(self.sign)


class RetireSignForm(forms.Form):
    read = forms.CharField(widget=forms.HiddenInput, required=False, max_length=128)

    def __init__(self, *args: Any, sign: Indicator, **kwargs: Any) -> None:
        self.token = digest(sign) + naming_digest(sign)
        super().__init__(*args, initial={"read": self.token}, **kwargs)

    def look_again(self) -> None:
        self.data = self.data.copy()
        self.data["read"] = self.token
