"""The prose of the guidance, and who confirmed an edition, and how."""

from typing import Any

from django.conf import settings
from django.db import models

from accounts.models import AppendOnly
from thresholds.models import CodedRow, Edition


class Page(CodedRow):
    """A page of guidance in Markdown, in the project's own words. `code` is its address."""

    title = models.CharField(max_length=200)
    summary = models.CharField(max_length=300)
    body = models.TextField()

    def __str__(self) -> str:
        return self.title


class ConfirmationQuerySet(models.QuerySet["Confirmation"]):
    """Confirmations are read and added to. Raises AppendOnly for anything else."""

    def update(self, **kwargs: Any) -> int:
        raise AppendOnly("A confirmation is never changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnly("A confirmation is never removed.")

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        raise AppendOnly("A confirmation is never changed.")


class Confirmation(models.Model):
    """An editor said that an edition is still the one to go by: who, when, and how it is known.

    Written by guidance_content.confirming alone.
    """

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="confirmations")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    owner = models.CharField(max_length=200)
    review_by = models.DateField()
    note = models.CharField("how it is known", max_length=500)

    objects = ConfirmationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.edition}, confirmed until {self.review_by}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add it. Raises AppendOnly for one that stands already."""
        if not self._state.adding:
            raise AppendOnly("A confirmation is never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnly("A confirmation is never removed.")
