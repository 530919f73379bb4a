"""The letter to a person about their own account: of what was not theirs they must hear."""

from datetime import datetime
from functools import partial

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts.log_lines import lines
from accounts.models import User
from accounts.people_email import send

log = lines("portal.sign_ins")
# What allauth calls a change -> what to tell of it.
CHANGES = {
    "account/email/password_changed": "your password was changed",
    "account/email/password_reset": "a new password was chosen by a link that was emailed to you",
    "account/email/password_set": "a password was chosen",
    "mfa/email/totp_activated": "an authenticator app was set up",
    "mfa/email/totp_deactivated": "the authenticator app was removed",
    "mfa/email/recovery_codes_generated": "new recovery codes were made",
    "mfa/email/webauthn_added": "a passkey was added",
    "mfa/email/webauthn_removed": "a passkey was removed",
    "socialaccount/email/account_connected": "your account was linked to single sign-on",
    "socialaccount/email/account_disconnected": "the link to single sign-on was removed",
}
PASSWORDS = {change for change in CHANGES if "/password_" in change}
# What somebody else changed of that by which a person signs in.
BY_ANOTHER = {
    "email": "somebody who looks after accounts gave your account another email address",
    "password": "somebody who looks after accounts chose a new password for you",
}


def tell_of(change: str, person: User, to: str = "") -> None:
    """Email what was changed, once it is committed: to the person, or to the address they had."""
    to = to or person.email
    transaction.on_commit(partial(_send, change, person, to, timezone.localtime()))


def _send(change: str, person: User, to: str, at: datetime) -> None:
    link = settings.PORTAL_URL + reverse("account_reset_password")
    words = {"change": change, "at": at, "link": link}
    letter = EmailMessage(
        subject="Your account in the threshold guidance portal was changed",
        body=render_to_string("email/account_changed.txt", words).strip() + "\n",
        to=[to],
        headers={"Auto-Submitted": "auto-generated"},
    )
    try:
        send(letter)
    except OSError as error:
        # The change stands, and nobody is there who could do anything about it.
        log.error("a change was not emailed", user=person.pk, why=type(error).__name__)
