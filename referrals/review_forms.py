"""What a lead and an author write on a recorded conversation."""

from django import forms

from accounts.choices import Choice
from accounts.models import User
from referrals.fields import long_text, missing, radios
from referrals.models import Conversation, Review
from thresholds.guidance import Level

HINTS = {
    Review.Decision.AGREE: "You go on with it: it stays on your desk.",
    Review.Decision.ASK: "The author gets an email that says so, without your words.",
    Review.Decision.OTHER_LEVEL: "Both levels are kept. You can then write an escalation.",
    Review.Decision.SIGN_OFF: "Nothing more is needed from you. An addition opens it again.",
}


class ReviewForm(forms.Form):
    """A lead's decision. `read` is the digest of what they had before them."""

    decision = radios(
        "What do you decide?",
        [(value, Choice(label, hint=HINTS[value])) for value, label in Review.Decision.choices],
        error_messages={"required": "Choose what you decide"},
    )
    level = radios(
        "Which level do you judge this to be?",
        [],
        required=False,
        help_text="Only if you judge it to be another level than the practitioner.",
    )
    text = long_text(
        "What do you want to know, or why do you think so?",
        required=False,
        help_text="The author and the other leads of your agency can read this.",
    )
    read = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(
        self, *args: object, levels: tuple[Level, ...], judged: int | None, **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        others = [level for level in levels if level.number != judged]
        self.fields["level"].choices = [(str(level.number), level.title) for level in others]

    def clean_level(self) -> int | None:
        level = self.cleaned_data["level"]
        return int(level) if level else None

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        decision = data.get("decision")
        if decision == Review.Decision.ASK and not data.get("text"):
            self.add_error("text", missing("Write down what you want to know"))
        if decision == Review.Decision.OTHER_LEVEL:
            if not data.get("level"):
                self.add_error("level", missing("Choose the level that you judge this to be"))
            if not data.get("text"):
                self.add_error("text", missing("Write down why you judge another level"))
        elif decision and data.get("level"):
            words = "You chose a level: decide “I judge this to be another level”"
            self.add_error("decision", words)
        return data


class AdditionForm(forms.Form):
    """What somebody adds after the conversation was recorded."""

    text = long_text(
        "What do you want to add?",
        rows=8,
        help_text="What was recorded stays as it is. Your addition is kept beside it, with your "
        "name and the time.",
        error_messages={"required": "Write down what you want to add"},
    )


class EscalationForm(forms.Form):
    """A letter. `read` is the version of the draft that its writer had before them, if known."""

    text = long_text(
        "Your escalation",
        rows=24,
        error_messages={"required": "The draft must not be empty"},
    )
    read = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)


class KeepFromForm(forms.Form):
    """Whom the record is about, among the few people of its agency."""

    people = forms.MultipleChoiceField(
        label="Who must not open this record?",
        widget=forms.CheckboxSelectMultiple,
        help_text="Somebody whom the worry is about. They cannot open it from the next click on, "
        "and you cannot take this back.",
        error_messages={"required": "Choose at least one person"},
    )

    def __init__(self, *args: object, people: list[User], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.listed = {str(user.pk): user for user in people}
        self.fields["people"].choices = [
            (key, f"{user} ({user.email})") for key, user in self.listed.items()
        ]

    @property
    def chosen(self) -> list[User]:
        return [self.listed[key] for key in self.cleaned_data["people"]]


class KeepFromOneForm(forms.Form):
    """The same in an agency of many, of whom one is named by their email address.

    `kept` are those from whom the record is kept already, `by` is who fills it in.
    """

    email = forms.EmailField(
        label="Email address of whoever must not open this record",
        help_text="Somebody whom the worry is about. They cannot open it from the next click on, "
        "and you cannot take this back. You can name another after that.",
        # Neither the person's own address, which a browser would offer, nor one kept by it.
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "required": "Enter the email address of whoever must not open this record",
            "invalid": "Enter an email address, like name@example.org",
        },
    )

    def __init__(
        self,
        *args: object,
        conversation: Conversation,
        kept: list[User],
        by: User,
        **kwargs: object,
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.conversation, self.kept, self.by = conversation, kept, by

    def clean_email(self) -> User:
        """Return whose address it is. Raises ValidationError for who cannot be kept out."""
        agency = self.conversation.agency
        person = agency.member_at(self.cleaned_data["email"])
        if person is None:
            raise forms.ValidationError(f"Nobody at {agency} has this email address")
        if person == self.by:
            raise forms.ValidationError("This is your own address: enter somebody else’s")
        if person.pk == self.conversation.author_id:
            raise forms.ValidationError("This is the author’s address: they can always open it")
        if person in self.kept:
            raise forms.ValidationError("This record is kept from them already")
        return person

    @property
    def chosen(self) -> list[User]:
        return [self.cleaned_data["email"]]
