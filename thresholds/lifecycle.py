"""The life of an edition: who made it, proposed, approved and withdrew it, and when.

What is written here is part of the edition: once it is published only its withdrawal and its
currency (owner, checked on, review by) can still be written.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.prepared import Given
from thresholds.published import PUBLISHED, PublishedEdition

# The columns of an edition that no one changes once it is published.
FROZEN = (
    "slug", "partnership_id", "title", "source_date", "note", "source", "status", "published_on",
    "based_on_id", "created_by_id", "created_at", "proposed_by_id", "proposed_at", "publish_from",
    "proposal_note", "digest", "approved_by_id", "approved_at", "unconfirmed_reason",
)  # fmt: skip


class EditionQuerySet(models.QuerySet):
    """Editions. Raises PublishedEdition for what would change a published one."""

    def in_force(self, today: date | Given | None = None) -> "EditionQuerySet":
        """Return those published by today and not withdrawn, the one in force first.

        Of two that are published from one day, the one approved later is in force.
        """
        today = today or timezone.localdate()
        found = self.filter(status=PUBLISHED, published_on__lte=today, withdrawn_at=None)
        return found.latest_first()

    def latest_first(self) -> "EditionQuerySet":
        approved = models.F("approved_at").desc(nulls_last=True)
        return self.order_by("-published_on", approved, "-pk")

    def update(self, **kwargs: Any) -> int:
        names = {name.removesuffix("_id") for name in kwargs}
        if names & {"id", "pk", *(name.removesuffix("_id") for name in FROZEN)}:
            self._refuse()
        return super().update(**kwargs)

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        rows = list(objs)
        # Of one that is there already, a conflict can be turned into a change.
        there = models.Q(pk__in=[row.pk for row in rows if row.pk])
        there |= models.Q(slug__in=[row.slug for row in rows])
        self.model._default_manager.filter(there)._refuse()
        return super().bulk_create(rows, *args, **kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        self._refuse()
        return super().delete()

    delete.queryset_only = True  # type: ignore[attr-defined]
    delete.alters_data = True  # type: ignore[attr-defined]

    def _refuse(self) -> None:
        if self.filter(status=PUBLISHED).exists():
            raise PublishedEdition("A published edition is never changed.")


def _person() -> models.ForeignKey:
    """An editor who did something to an edition. Such an account is closed, never deleted."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )


def _moment() -> models.DateTimeField:
    return models.DateTimeField(null=True, blank=True, editable=False)


class EditionLife(models.Model):
    """`digest` is that of the content as it was proposed, and so as it was published."""

    based_on = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    created_by = _person()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    proposed_by = _person()
    proposed_at = _moment()
    publish_from = models.DateField(null=True, blank=True, editable=False)
    proposal_note = models.TextField(blank=True, editable=False)
    digest = models.CharField(max_length=64, blank=True, editable=False)
    approved_by = _person()
    approved_at = _moment()
    unconfirmed_reason = models.TextField(blank=True, editable=False)
    withdrawn_by = _person()
    withdrawn_at = _moment()
    withdrawn_reason = models.TextField(blank=True, editable=False)

    class Meta:
        abstract = True

    # Not save(): loaddata goes past that.
    def _save_table(self, *args: Any, **kwargs: Any) -> bool:
        stored: Any = type(self)._base_manager.filter(pk=self.pk).first() if self.pk else None
        if stored and stored.status == PUBLISHED:
            written = kwargs.get("update_fields", args[5] if len(args) > 5 else None)
            for field in self._meta.concrete_fields:
                names = {field.name, field.attname}
                if field.attname not in FROZEN or (written and not names & set(written)):
                    continue
                # As it will be written: a date may still be text here.
                value = field.to_python(getattr(self, field.attname))
                if value != getattr(stored, field.attname):
                    raise PublishedEdition(f"{field.name} of a published edition never changes.")
        return super()._save_table(*args, **kwargs)  # type: ignore[misc]

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        if type(self)._base_manager.filter(pk=self.pk, status=PUBLISHED).exists():  # type: ignore[misc]
            raise PublishedEdition("A published edition is never deleted.")
        return super().delete(*args, **kwargs)
