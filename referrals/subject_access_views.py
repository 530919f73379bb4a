"""The page on which a lead makes the export for a family that asks what is held about a child."""

from django import forms
from django.http import HttpRequest, HttpResponse

from accounts.posted import may_post, posted
from referrals import subject_access
from referrals.access import find_led, personal, show, tell_opened
from referrals.subject_access import Record
from referrals.subject_access_export import Choice, export

CHANGED = (
    "Something was changed since you read this page, or is not on it. Read it again and choose "
    "again."
)


class ReleaseForm(forms.Form):
    """Which held-back pieces go out, which records stay out whole. Nothing is ticked before."""

    released = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": CHANGED},
    )
    left_out = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": CHANGED},
    )
    asked = forms.BooleanField(
        label="I know who asks, and that they may have what this gives them",
        help_text="If you are not sure, or giving it could harm the child or somebody else, ask "
        "your data protection officer first.",
        error_messages={"required": "Confirm that you know who asks and that they may have it"},
    )

    def __init__(self, *args: object, records: list[Record], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["released"].choices = [
            (record.key(piece), piece.title) for record in records for piece in record.held_back
        ]
        self.fields["left_out"].choices = [
            (str(record.conversation.token), record.name) for record in records
        ]

    def clean(self) -> dict[str, object]:
        """Tell of what was changed meanwhile once, and not at a checkbox that is gone."""
        changed = [name for name in ("released", "left_out") if self.errors.pop(name, None)]
        if changed:
            self.add_error(None, CHANGED)
        return self.cleaned_data

    def choice(self) -> Choice:
        return Choice(set(self.cleaned_data["released"]), set(self.cleaned_data["left_out"]))


@personal
@may_post
def subject_access_page(request: HttpRequest, token: object) -> HttpResponse:
    """Everything about the child that the lead may see, to read and release; or the export."""
    conversation = find_led(request, token)
    records = subject_access.records_about(request.user, conversation)
    form = ReleaseForm(posted(request), records=records)
    if form.is_bound and form.is_valid():
        packed = export(
            conversation=conversation, records=records, choice=form.choice(), by=request.user
        )
        response = HttpResponse(packed, content_type="application/zip")
        name = f"subject-access-{conversation.reference}.zip"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
    for record in records:
        tell_opened(request, record.conversation)
    ticked = set(request.POST.getlist("released")) | set(request.POST.getlist("left_out"))
    return show(
        request,
        "desk/subject_access.html",
        conversation=conversation,
        records=records,
        form=form,
        ticked=ticked,
    )
