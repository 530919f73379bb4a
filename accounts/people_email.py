"""The letter that carries an invitation: the one place where its token is ever written."""

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.timezone import localtime

from accounts.models import Invitation

# A mail server that does not answer must not hold a page for ever.
PATIENCE_SECONDS = 10


def send(letter: EmailMessage) -> bool:
    """Send a letter now. Returns whether the mail server took it.

    Raises OSError: all that smtplib raises is one, as is a server that cannot be reached.
    """
    return bool(get_connection(timeout=PATIENCE_SECONDS).send_messages([letter]))


def send_invitation(invitation: Invitation, link: str) -> bool:
    """Send it, once it is committed. Returns False if the mail server did not take it."""
    ends = localtime(invitation.expires_at)
    until = f"{date_format(ends, 'H:i')} on {date_format(ends, 'l j F Y')}"
    words = {"invitation": invitation, "link": link, "until": until}
    letter = EmailMessage(
        subject=render_to_string("email/invitation_subject.txt").strip(),
        body=render_to_string("email/invitation.txt", words).strip() + "\n",
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[invitation.email],
    )
    try:
        return send(letter)
    except OSError:
        return False
