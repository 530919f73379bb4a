"""The forms by which an edition goes its way. Each carries what tells that it was overtaken."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format

from accounts.people_forms import OneLine
from guidance_content.contact_forms import confirm_again_by, how_it_is_known, months_after, text
from guidance_content.edition_state import token
from referrals.fields import DatePartsField, PlainText, refuse_past
from thresholds.checked import valid_partial_date
from thresholds.models import Edition

REVIEW_MONTHS = 12
LONGEST = 1000
FURTHEST = 5 * 366


class EditionForm(forms.Form):
    """A form about an edition, as it was when its page was looked at."""

    read = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, *args: Any, edition: Edition, **kwargs: Any) -> None:
        self.edition = edition
        self.token = token(edition)
        initial = self.initial_of(edition) | {"read": self.token}
        super().__init__(*args, initial=initial, **kwargs)

    def initial_of(self, edition: Edition) -> dict[str, Any]:
        return {}

    def look_again(self) -> None:
        """Let what was typed be posted once more, over what was done meanwhile."""
        self.data = self.data.copy()
        self.data["read"] = self.token


def reason(label: str, help_text: str, missing: str) -> PlainText:
    return PlainText(
        label=label,
        help_text=help_text,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": missing},
    )


class DraftForm(forms.Form):
    """A new draft. What is offered is as good a guess as can be made."""

    title = text("Title", "Enter the title", help_text="As the new document calls itself.")
    slug = text(
        "Short name",
        "Enter a short name",
        max_length=50,
        help_text="Small letters, numbers and hyphens, such as ddscp-2026-11. It stands in "
        "addresses and file names, and never changes.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    source_date = OneLine(
        label="Date of the document",
        help_text="As exact as it is printed: 2026, 2026-11 or 2026-11-30.",
        max_length=10,
        validators=[valid_partial_date],
        widget=forms.TextInput(attrs={"class": "govuk-input--width-10", "autocomplete": "off"}),
        error_messages={"required": "Enter the date of the document"},
    )

    def __init__(self, *args: Any, source: Edition, **kwargs: Any) -> None:
        super().__init__(*args, initial=guess(source), **kwargs)

    def clean_slug(self) -> str:
        slug = str(self.cleaned_data["slug"])
        if slug != slug.lower():
            raise ValidationError("Use small letters only")
        forms.SlugField(error_messages={"invalid": "Use letters, numbers and hyphens only"}).clean(
            slug
        )
        if Edition.objects.filter(slug=slug).exists():
            raise ValidationError("Another edition has this short name. Choose another")
        return slug


def guess(source: Edition) -> dict[str, str]:
    """Return a title, a short name that is free, and a date for a draft that is begun today."""
    today = timezone.localdate()
    stem = f"{source.partnership.slug[:40]}-{today:%Y-%m}"
    taken = set(Edition.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    names = [stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3))]
    return {
        "title": f"{source.title.rpartition(',')[0] or source.title}, {date_format(today, 'F Y')}",
        "slug": next(name for name in names if name not in taken),
        "source_date": f"{today:%Y-%m}",
    }


class ProposeForm(EditionForm):
    publish_from = DatePartsField(
        label="Publish it from",
        help_text="From the start of this day everyone goes by it. If it is approved later, it is "
        "published on the day of approval.",
        error_messages={"required": "Enter the day from which it is published"},
    )
    note = PlainText(
        label="Note for the editor who approves it (optional)",
        help_text="Such as what changed and why. It is kept. Do not write about a child.",
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def initial_of(self, edition: Edition) -> dict[str, Any]:
        today = timezone.localdate()
        asked = max(edition.publish_from or today, today)
        return {"publish_from": asked, "note": edition.proposal_note}

    def clean_publish_from(self) -> date:
        day: date = refuse_past(self.cleaned_data["publish_from"])
        if (day - timezone.localdate()).days > FURTHEST:
            raise ValidationError("The date must be within five years")
        return day


class JustDoIt(EditionForm):
    """Nothing to fill in: only to be sure of what is agreed to."""


class ApproveForm(EditionForm):
    """A reason is asked for only where an emergency number is not confirmed."""

    reason = reason(
        "Why it is published though an emergency number is not confirmed",
        "This is kept, and editors see it. Do not write about a child.",
        "Say why it is published though an emergency number is not confirmed",
    )

    def __init__(self, *args: Any, unconfirmed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not unconfirmed:
            del self.fields["reason"]


class RollBackForm(EditionForm):
    reason = reason(
        "Why it is taken back",
        "This is kept, and editors see it. Do not write about a child.",
        "Say why it is taken back",
    )


class ConfirmEditionForm(EditionForm):
    owner = text(
        "Owner",
        "Enter who keeps it right",
        help_text="Who keeps it right: a partnership, a team or a role.",
    )
    how = how_it_is_known("How did you confirm it?")
    review_by = confirm_again_by()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["how"].help_text = (
            "Such as “The partnership’s manager told me on 3 March that no later edition is "
            "issued”. Do not write about a child."
        )

    def initial_of(self, edition: Edition) -> dict[str, Any]:
        later = months_after(timezone.localdate(), REVIEW_MONTHS)
        return {"owner": edition.owner, "review_by": later}
