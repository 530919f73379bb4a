"""allauth's forms in our words: plain labels, and hints that are text.

allauth writes its hints as HTML and its labels twice, as placeholders too. Here the pages
write the links, a label is a label, and an error says what to do.
"""

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.core.validators import EmailValidator

WORDS = {
    "login": ("Email address", ""),
    "email": ("Email address", ""),
    "password": ("Password", ""),
    "oldpassword": ("Your password now", ""),
    "password1": ("New password", "At least 12 characters. Three random words make a good one."),
    "password2": ("New password again", ""),
}


MISSING = {
    "login": "Enter your email address",
    "email": "Enter your email address",
    "password": "Enter your password",
    "oldpassword": "Enter your password as it is now",
    "password1": "Enter a new password",
    "password2": "Enter the new password again",
}
NO_ADDRESS = "Enter an email address, like name@example.org"


class InOurWords(forms.BaseForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label, field.help_text = WORDS[name]
            field.widget.attrs.pop("placeholder", None)
            field.error_messages["required"] = MISSING[name]
            if isinstance(field, forms.EmailField):
                # The message of its own check stands before that of the field.
                field.validators = [EmailValidator(NO_ADDRESS)]


class SignInForm(InOurWords, allauth_forms.LoginForm):
    """Without "remember me": people share computers at work."""

    remember = None

    def clean(self) -> dict[str, Any]:
        return {**super().clean(), "remember": False}


class ChangePasswordForm(InOurWords, allauth_forms.ChangePasswordForm):
    pass


class SetPasswordForm(InOurWords, allauth_forms.SetPasswordForm):
    pass


class ResetPasswordForm(InOurWords, allauth_forms.ResetPasswordForm):
    pass


class ResetPasswordKeyForm(InOurWords, allauth_forms.ResetPasswordKeyForm):
    pass


class ReauthenticateForm(InOurWords, allauth_forms.ReauthenticateForm):
    pass
