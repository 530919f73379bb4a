"""allauth's forms of the second factor, in our words, and stricter where it lets go too early."""

import struct
from typing import Any

from allauth.core import context
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as base_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.webauthn import forms as webauthn_forms
from django import forms
from django.core.cache import cache
from django.core.exceptions import ValidationError

from accounts import sign_ins
from accounts.models import User

# What the library raises for bytes that are no passkey. allauth catches two of them.
NO_PASSKEY = (ValueError, TypeError, LookupError, AttributeError, struct.error)
HINT = "6 numbers. They change every 30 seconds."


class CodeField(forms.CharField):
    """Typed by hand on a phone: its number keys, and no spell-checker."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            "spellcheck": "false",
            "class": "govuk-input--width-10 govuk-input--extra-letter-spacing",
        }
        messages = {"required": "Enter the code"}
        widget = forms.TextInput(attrs)
        super().__init__(max_length=20, widget=widget, error_messages=messages, **kwargs)


class UsedOnce(base_forms.BaseAuthenticateForm):
    """A code of the app works once for as long as it is valid.

    allauth forgets a used code after 30 seconds, and takes one that is a period old.
    """

    code = CodeField(label="Code", help_text=f"{HINT} Or one of your recovery codes.")

    def clean_code(self) -> str:
        try:
            return self._proven()
        except ValidationError as error:
            locked = error.code == sign_ins.TOO_MANY
            sign_ins.failed(self.user, sign_ins.LOCKED if locked else sign_ins.CODE)
            raise

    def _proven(self) -> str:
        """Return the code. Raises ValidationError if it is wrong, used, or one of too many."""
        code = str(super().clean_code())
        lasts = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
        digits = "".join(filter(str.isalnum, code))
        if not cache.add(f"accounts.used-code:{self.user.pk}:{digits}", True, lasts):
            raise get_adapter().validation_error("incorrect_code")
        return code


class AuthenticateForm(UsedOnce, base_forms.AuthenticateForm):
    pass


class ReauthenticateForm(UsedOnce, base_forms.ReauthenticateForm):
    pass


class SetUpAppForm(totp_forms.ActivateTOTPForm):
    """One secret for the whole visit, kept out of sight.

    allauth makes a new one whenever the page is shown, so that a phone which loads it again
    on the way back from the app would refuse the right code. And it keeps it readable.
    """

    code = CodeField(label="Code from your authenticator app", help_text=HINT)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        forms.Form.__init__(self, *args, **kwargs)
        self.user = user
        session = context.request.session
        if totp.SECRET_SESSION_KEY not in session:
            made = totp.generate_totp_secret()
            session[totp.SECRET_SESSION_KEY] = get_adapter().encrypt(made)
        self.secret = get_adapter().decrypt(session[totp.SECRET_SESSION_KEY])


class AddPasskeyForm(webauthn_forms.AddWebAuthnForm):
    """Every passkey checks who holds it, so that it can stand for the password too."""

    passwordless = None

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["passwordless"] = True
        try:
            return dict(super().clean())
        except NO_PASSKEY as error:
            raise get_adapter().validation_error("incorrect_code") from error


class TakesPasskey(webauthn_forms.AuthenticateWebAuthnForm):
    """What does not fit is told, and gets the same answer as what is no passkey at all."""

    def clean_credential(self) -> Authenticator:
        try:
            return super().clean_credential()
        except ValidationError as error:
            self._tell(sign_ins.LOCKED if error.code == sign_ins.TOO_MANY else sign_ins.PASSKEY)
            raise
        except NO_PASSKEY as error:
            self._tell(sign_ins.PASSKEY)
            raise get_adapter().validation_error("incorrect_code") from error

    def _tell(self, why: str) -> None:
        """Who says to be somebody by a passkey alone may be anybody, and try without end."""
        if self.user:
            sign_ins.failed(self.user, why)
        else:
            sign_ins.failed_by_nobody(why)


class SignInByPasskeyForm(TakesPasskey, webauthn_forms.LoginWebAuthnForm):
    pass


class ReauthenticateByPasskeyForm(TakesPasskey, webauthn_forms.ReauthenticateWebAuthnForm):
    pass


class RenamePasskeyForm(webauthn_forms.EditWebAuthnForm):
    name = forms.CharField(
        label="Name of this passkey", help_text="Such as “School laptop”", max_length=60
    )
