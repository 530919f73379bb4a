"""Facts that are checked and corrected outside the edition, and the history of their corrections.

`Contact` and `Link` are met by name here, because models.py imports this module.
"""

import re
from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from accounts.models import AppendOnly
from thresholds.opening import BadHours, from_data

ONE_THING = Q(contact__isnull=False, link__isnull=True) | Q(
    contact__isnull=True, link__isnull=False
)
PARTIAL_DATE = re.compile(r"[12][0-9]{3}(-[0-9]{2}(-[0-9]{2})?)?")


def valid_partial_date(text: str) -> None:
    """Raises ValidationError for what is no year, month or day of the calendar."""
    try:
        if PARTIAL_DATE.fullmatch(text):
            date(*[*map(int, text.split("-")), 1, 1][:3])
            return
    except ValueError:
        pass
    raise ValidationError("Give a year, a month or a day as 2019, 2019-12 or 2019-12-31.")


def valid_opening(data: object) -> None:
    """Raises ValidationError for what thresholds.opening does not understand."""
    try:
        from_data(data)
    except BadHours as bad:
        raise ValidationError(str(bad)) from bad


class Checked(models.Model):
    """Where a fact comes from, who keeps it, and when it was last confirmed.

    An empty `checked_on` means that nobody has ever confirmed it.
    """

    source = models.CharField(max_length=300)
    owner = models.CharField(max_length=200, blank=True)
    checked_on = models.DateField(null=True, blank=True)
    review_by = models.DateField(null=True, blank=True)

    class Meta:
        abstract = True


class Retirable(Checked):
    """A fact that is never deleted, because records may name it. A retired one is shown nowhere."""

    retired_on = models.DateField(null=True, blank=True)

    class Meta:
        abstract = True


class ContactChangeQuerySet(models.QuerySet["ContactChange"]):
    """History is read and added to. Raises AppendOnly for anything else."""

    def update(self, **kwargs: Any) -> int:
        raise AppendOnly("The history of a contact is never changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnly("The history of a contact is never removed.")

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        raise AppendOnly("The history of a contact is never changed.")


class ContactChange(models.Model):
    """What an editor did to a contact or a link: who, when, what was before and after, and why.

    `before` and `after` hold only what differs. Written by guidance_content.contacts alone.
    """

    class Kind(models.TextChoices):
        ADDED = "added", "Added"
        CORRECTED = "corrected", "Corrected"
        CONFIRMED = "confirmed", "Confirmed"
        RETIRED = "retired", "Retired"
        RESTORED = "restored", "Taken back into use"

    contact = models.ForeignKey(
        "thresholds.Contact", null=True, on_delete=models.PROTECT, related_name="changes"
    )
    link = models.ForeignKey(
        "thresholds.Link", null=True, on_delete=models.PROTECT, related_name="changes"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    note = models.CharField("how it is known", max_length=500)

    objects = ContactChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=ONE_THING, name="change_of_one_contact_or_link"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.contact or self.link}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add it. Raises AppendOnly for one that stands already."""
        if not self._state.adding:
            raise AppendOnly("The history of a contact is never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnly("The history of a contact is never removed.")
