"""The forms of the pages on which leads look after their people, and of accepting."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from accounts.choices import Choice
from accounts.forms import WORDS
from accounts.models import Agency, Membership, User

# They show nothing, and yet names in some scripts are spelt with them.
JOINERS = "\u200c\u200d"

SEES = {
    Membership.Role.PRACTITIONER: "Records conversations, and sees no one else’s.",
    Membership.Role.LEAD: "Records conversations, sees and reviews all of the agency’s, "
    "and looks after its people.",
    Membership.Role.READER: "Sees the agency’s numbers, and no conversation.",
}
ROLES = [(role.value, Choice(role.label, hint)) for role, hint in SEES.items()]


class OneLine(forms.CharField):
    """Text on one line, without characters that show nothing: it is printed in emails."""

    def to_python(self, value: Any) -> str:
        line = " ".join(str(value or "").split())
        return "".join(sign for sign in line if sign.isprintable() or sign in JOINERS)


def role_field(label: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=ROLES,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a role", "invalid_choice": "Choose one of the roles"},
    )


class InviteForm(forms.Form):
    email = forms.EmailField(
        label="Their email address at work",
        help_text="We will email them a link that works for 7 days.",
        # Not the lead's own address, which a browser would offer.
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "Enter their email address",
            "invalid": "Enter an email address, like name@example.org",
        },
    )
    role = role_field("What they will do here")

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class RoleForm(forms.Form):
    role = role_field("Role")


class NewPersonForm(forms.Form):
    """What a person without an account tells when they accept. The address is the invited one."""

    name = OneLine(
        label="Your full name",
        help_text="It is shown on what you record.",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name", "spellcheck": "false"}),
        error_messages={"required": "Enter your full name"},
    )
    job_title = OneLine(
        label="Your job title (optional)",
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
    )
    password = forms.CharField(
        label="Choose a password",
        help_text=WORDS["password1"][1],
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "Choose a password"},
    )

    def __init__(self, *args: Any, email: str, agency: Agency, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email, self.agency = email, agency

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        name = self.cleaned_data.get("name", "")
        person = User(email=self.email, name=name)
        person.agency_name = self.agency.name
        validate_password(password, person)
        return password
