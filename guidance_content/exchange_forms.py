"""The forms of the pages on which editors bring files and compare editions."""

from collections.abc import Iterable
from typing import Any

from django import forms

from guidance_content.shape import LARGEST
from thresholds.models import Edition

FILE = {"class": "govuk-file-upload"}


class FileForm(forms.Form):
    """One file, read whole: it may not be large."""

    file = forms.FileField(
        label="File",
        help_text=f"At most {LARGEST // 1_000_000} MB.",
        widget=forms.FileInput(attrs=FILE),
        error_messages={"required": "Choose a file", "empty": "The file is empty"},
    )

    def clean_file(self) -> bytes:
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise forms.ValidationError(f"The file is larger than {LARGEST // 1_000_000} MB")
        return file.read()


class TwoEditionsForm(forms.Form):
    """Two editions to compare, by their slugs."""

    def __init__(self, data: Any, editions: Iterable[Edition]) -> None:
        super().__init__(data)
        self.editions = {edition.slug: edition for edition in editions}
        choices = [
            (
                edition.slug,
                f"{edition.title} ({edition.slug}, {edition.get_status_display().lower()})",
            )
            for edition in self.editions.values()
        ]
        for name, label in (("from", "From the edition"), ("to", "To the edition")):
            self.fields[name] = forms.ChoiceField(
                label=label,
                choices=choices,
                error_messages={
                    "required": "Choose an edition",
                    "invalid_choice": "There is no such edition",
                },
            )

    def chosen(self) -> tuple[Edition, Edition]:
        return self.editions[self.cleaned_data["from"]], self.editions[self.cleaned_data["to"]]
