"""The letter by which every other editor learns that a contact or a link was changed.

It holds what stands on open pages anyway, and no note: that is free text.
"""

import logging
from datetime import date
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format

from accounts.models import User
from guidance_content.contacts import DATES
from thresholds.models import Area, Contact, ContactChange, Link
from thresholds.opening import BadHours, from_data
from thresholds.opening_words import to_lines

log = logging.getLogger(__name__)

LABELS = {
    "area": "Area", "areas": "Areas", "purpose": "Purpose", "name": "Name", "phone": "Telephone",
    "hours": "Hours as printed", "opening": "Opening hours", "url": "Web address",
    "section": "Section", "source": "Source", "owner": "Owner", "kind": "Kind", "note": "Note",
    "checked_on": "Confirmed on", "review_by": "Review by", "retired_on": "Retired on",
}  # fmt: skip
CHOICES = {"purpose": dict(Contact.Purpose.choices), "kind": dict(Link.Kind.choices)}


def tell_editors(change: ContactChange) -> bool:
    """Send it to every editor but the one who did it. Returns False if one could not be sent.

    Never raises: what was changed is written already, and must not be lost by a mail server.
    """
    others = User.objects.filter(is_editor=True, is_active=True).exclude(pk=change.by_id)
    letters = [letter(change, editor) for editor in others]
    return not letters or _send(letters)


def _send(letters: list[EmailMessage]) -> bool:
    """Send them over one connection: one that is refused does not keep back the others."""
    connection = get_connection()
    sent = 0
    try:
        connection.open()
        for post in letters:
            sent += _send_one(connection, post)
        connection.close()
    except Exception as error:
        _log(error)
    return sent == len(letters)


def _send_one(connection: BaseEmailBackend, post: EmailMessage) -> int:
    try:
        return connection.send_messages([post]) or 0
    except Exception as error:
        _log(error)
        return 0


def _log(error: Exception) -> None:
    """The message of an error can hold an address: its class says enough."""
    log.error("An editor was not told of a change: %s", type(error).__name__)


def letter(change: ContactChange, recipient: User) -> EmailMessage:
    row = change.contact or change.link
    kind = row._meta.model_name
    link = settings.PORTAL_URL + reverse(f"editor_{kind}", args=[row.pk])
    words = {
        "recipient": recipient,
        "change": change,
        "row": row,
        "kind": kind,
        "lines": differences(change),
        "link": link,
    }
    return EmailMessage(
        subject=f"The threshold portal: a {kind} was {change.get_kind_display().lower()}",
        body=render_to_string("email/contact_changed.txt", words).strip() + "\n",
        to=[recipient.email],
        headers={"Auto-Submitted": "auto-generated"},
    )


def differences(change: ContactChange) -> list[tuple[str, str, str]]:
    """Return what a change changed: the name of the fact, before and after in words."""
    return [
        (LABELS[name], in_words(name, change.before.get(name, "")), in_words(name, value))
        for name, value in change.after.items()
    ]


def in_words(name: str, value: Any) -> str:
    """Return a fact in words, "" for one that is not known."""
    if name in CHOICES:
        return str(CHOICES[name].get(value, value))
    if name in DATES:
        return date_format(date.fromisoformat(value), "j F Y") if value else ""
    if name in ("area", "areas"):
        slugs = value if isinstance(value, list) else [value]
        names = dict(Area.objects.values_list("slug", "name"))
        return ", ".join(names.get(slug, slug) for slug in slugs)
    if name == "opening":
        try:
            return to_lines(from_data(value or {})).replace("\n", "; ")
        except BadHours:
            return ""
    return str(value or "")
