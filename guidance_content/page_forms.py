"""The form on which an editor writes a prose page."""

from typing import Any

from django import forms

from accounts.people_forms import OneLine
from guidance_content.models import Page
from guidance_content.pages import FIELDS, digest
from referrals.fields import PlainText

# As much as a page that comes with an edition's document may have.
LONGEST = 200_000


class PageForm(forms.Form):
    """A prose page, as it was when its form was looked at."""

    read = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    title = OneLine(label="Title", max_length=200, error_messages={"required": "Enter a title"})
    summary = OneLine(
        label="What it is about, in a line",
        help_text="It stands below the title in the list of pages.",
        max_length=300,
        error_messages={"required": "Enter what the page is about"},
    )
    section = OneLine(
        label="Section of the document that it explains",
        max_length=100,
        error_messages={"required": "Enter a section, such as Section 2"},
    )
    body = PlainText(
        label="Text",
        help_text="In Markdown: “How to write it” stands beside the form, or below it.",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 24}),
        error_messages={"required": "Enter the text of the page"},
    )

    def __init__(self, *args: Any, page: Page, **kwargs: Any) -> None:
        self.page = page
        initial = {name: getattr(page, name) for name in FIELDS} | {"read": digest(page)}
        super().__init__(*args, initial=initial, **kwargs)

    def values(self) -> dict[str, str]:
        """Return what a service writes."""
        return {name: self.cleaned_data[name] for name in FIELDS}

    def look_again(self) -> None:
        """Let what was typed be posted once more, over what another editor has written."""
        self.data = self.data.copy()
        self.data["read"] = digest(self.page)
