"""How long records are kept: an agency's schedule, holds on erasing, and what was erased.

Imported at the end of models.py, which is where Django finds these tables.
"""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q

from accounts.locked import LockedTextField
from accounts.models import Agency, User


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    def binding(self, agency: Agency, now: datetime) -> list["Schedule"]:
        """Return the schedule in force at `now` and those still to come; none is none in force.

        Something may be erased only once all of these say so.
        """
        rows = list(self.filter(agency=agency).order_by("-pk"))
        coming = [row for row in rows if row.in_force_from > now]
        in_force = next((row for row in rows if row.in_force_from <= now), None)
        return [in_force, *coming] if in_force else []


class Schedule(models.Model):
    """How long an agency keeps its records: one row each time somebody sets it.

    It is added and never changed. Until an agency has one in force, nothing of it is erased.
    """

    class Count(models.TextChoices):
        BIRTH = "birth", "From the child’s birth"
        RECORD = "record", "From the last thing that was added to the record"

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="schedules")
    draft_months = models.PositiveSmallIntegerField()
    referral_years = models.PositiveSmallIntegerField()
    referral_from = models.CharField(max_length=10, choices=Count.choices)
    other_years = models.PositiveSmallIntegerField()
    other_from = models.CharField(max_length=10, choices=Count.choices)
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(auto_now_add=True)
    in_force_from = models.DateTimeField()

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        """The whole schedule as one plain code, for its event."""
        parts = ("drafts", self.draft_months, "referral", self.referral_years, self.referral_from)
        return "-".join(map(str, (*parts, "other", self.other_years, self.other_from)))


class HoldQuerySet(models.QuerySet["Hold"]):
    def open(self) -> "HoldQuerySet":
        return self.filter(lifted_at=None)

    def on(self, conversation: Any) -> "HoldQuerySet":
        """Return the open holds on one conversation, and on all of its agency."""
        whole = Q(conversation=None, agency=conversation.agency_id)
        return self.open().filter(whole | Q(conversation=conversation))


class Hold(models.Model):
    """A decision that one record, or all of an agency where none is named, is not erased.

    `reason` is in somebody's own words, and can be about a person.
    """

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="holds")
    conversation = models.ForeignKey(
        "referrals.Conversation",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="holds",
    )
    reason = LockedTextField()
    placed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField(auto_now_add=True)
    lifted_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True, blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"],
                condition=Q(lifted_at=None),
                name="one_open_hold_a_conversation",
            ),
            models.UniqueConstraint(
                fields=["agency"],
                condition=Q(lifted_at=None, conversation=None),
                name="one_open_hold_an_agency",
            ),
        ]

    def __str__(self) -> str:
        return f"Hold {self.pk}"


class Erasure(models.Model):
    """That a conversation was erased: nothing of what it said, and no name.

    Agency and person are numbers, as in an event, so that a row fits into any backup.
    """

    class Reason(models.TextChoices):
        DRAFT = "schedule-draft", "Schedule: a draft that nobody went on with"
        REFERRAL = "schedule-referral", "Schedule: led to a referral"
        OTHER = "schedule-other", "Schedule: did not lead to a referral"
        RIGHT = "right-to-erasure", "Somebody asked for it, and it was granted"
        MISTAKE = "by-mistake", "It should not have been recorded"
        TRIAL = "trial", "Not about a real child"

    token = models.UUIDField(unique=True)
    reference = models.CharField(max_length=12, blank=True)
    agency = models.BigIntegerField()
    at = models.DateTimeField()
    by = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=20, choices=Reason.choices)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"Erasure {self.pk}: {self.reason}"


BY_HAND = (Erasure.Reason.RIGHT, Erasure.Reason.MISTAKE, Erasure.Reason.TRIAL)
