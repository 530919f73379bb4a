"""The recorded conversation. It belongs to an agency, and is frozen once it is recorded.

What comes later (addenda, reviews, follow-ups, the council's answer) is added beside it:
added.py. How long it is kept: kept.py.
Whatever somebody writes about a child is locked: docs/decisions/0013 says with what.
"""

import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, Q
from django.db.models.lookups import Exact

from accounts.locked import LockedDateField, LockedJSONField, LockedTextField
from accounts.models import Agency, Membership, User
from referrals.desk_indexes import desk_indexes
from referrals.fields import SHORT
from referrals.finding import IndexField, blind, key_of
from thresholds.models import Area, Edition, Indicator

# How long a draft about danger may lie before somebody is told of it.
IDLE = timedelta(minutes=30)
LEAD, READER = Membership.Role.LEAD, Membership.Role.READER
# The turn of what waits for no particular reason: referrals/standing.py.
LAST_TURN = 7
NEVER_DELETED = "A recorded conversation is never deleted: it is erased, and the ledger says so."


class Frozen(Exception):
    """Something tried to change a conversation after it was recorded."""


def subject_of(token: object) -> str:
    """Return how events name the conversation with this token, be there one or not."""
    return f"conversation:{token}"


def new_token() -> uuid.UUID:
    """Return 128 random bits for an address. Python's own random ones have six fewer."""
    return uuid.UUID(bytes=secrets.token_bytes(16))


def is_left_in_danger(now: datetime) -> Q:
    """Return the condition on a draft about danger that nobody has saved for a while."""
    return left_in_danger_since(now - IDLE)


def left_in_danger_since(moment: object) -> Q:
    """Return the condition on a draft about danger that nobody has saved since a moment."""
    return Q(status=Conversation.Status.DRAFT, danger=True, updated_at__lte=moment)


class Unindexed(models.Func):
    """A key as a sum that no index holds."""

    template = "(%(expressions)s + 0)"
    output_field = models.BigIntegerField()


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, user: User) -> "ConversationQuerySet":
        """Return what `user` may see: their own, and what they see as a lead.

        This is the only way in, with its two parts `own_of` and `led_by`. Both need a
        membership in force: whoever is suspended, edits the guidance or only reads an
        agency's numbers sees nothing.
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(self._own(user.pk) | self._led_by(user.pk))

    def own_of(self, user: User) -> "ConversationQuerySet":
        """Return what `user` may see because it is their own: the shorter way to it."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.own_of_key(user.pk)

    def own_of_key(self, key: object) -> "ConversationQuerySet":
        """Return the same for whoever has this key: the query asks all of it."""
        return self.filter(self._own(key))

    def _own(self, key: object) -> Q:
        member = Membership.objects.held_by(key).exclude(role=READER)
        return Q(author=key, agency__in=member.values("agency"))

    def led_by(self, user: User) -> "ConversationQuerySet":
        """Return what `user` sees as a lead, and may review once it is recorded."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(self._led_by(user.pk))

    def led_in(
        self, agency: object, key: object, agency_first: bool = True
    ) -> "ConversationQuerySet":
        """Return the same of one agency, for whoever has this key: the query asks all of it.

        The role is asked for once and not of each row.

        Where rows are found by something rarer than their agency, the database must not begin
        with the agency's: of a plan that is kept, it cannot know how many these are.
        """
        return self.filter(self._led_by(key, agency, agency_first))

    def _led_by(self, key: object, agency: object = None, agency_first: bool = True) -> Q:
        """Their agency's, but for one that is about them. That is for another lead.

        A draft comes to the leads once its author has said whom it is about.
        """
        led = Membership.objects.held_by(key).filter(role=LEAD)
        if agency is None:
            theirs = Q(agency__in=led.values("agency"))
        else:
            its = Q(agency=agency) if agency_first else Q(Exact(Unindexed("agency"), agency))
            theirs = its & Q(Exists(led.filter(agency=agency)))
        about = self.model.kept_from.through.objects.filter(user=key).values("conversation")
        return theirs & Q(reaches_leads=True) & ~Q(pk__in=about)

    def drafts(self) -> "ConversationQuerySet":
        return self.filter(status=Conversation.Status.DRAFT)

    def left_in_danger(self, now: datetime) -> "ConversationQuerySet":
        return self.filter(is_left_in_danger(now))

    def recorded(self) -> "ConversationQuerySet":
        return self.filter(status=Conversation.Status.RECORDED)

    def for_lists(self) -> "ConversationQuerySet":
        """Leave out the long texts, which no list shows: they are most of a record."""
        long = (models.TextField, models.JSONField)
        return self.defer(*(f.name for f in self.model._meta.fields if isinstance(f, long)))

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete drafts alone: what is recorded goes by erasure.erase. Raises Frozen."""
        if self.recorded().exists():
            raise Frozen(NEVER_DELETED)
        return super().delete()

    delete.queryset_only = True  # type: ignore[attr-defined]
    delete.alters_data = True  # type: ignore[attr-defined]


class Conversation(models.Model):
    """A concern about a child, from first worry to record.

    `area` is empty when the child lives elsewhere or nobody knows where; `place` says
    which. `content` is the summary as it stood when it was recorded. The columns beside it
    repeat what lists and counts need, and are empty until then. Only `review_state`,
    `lead_level`, `kept_from` and `words`, the index of what it says, go on changing after that,
    and where it stands in the lead's desk (`due_at` to `waits_since`), which follows from all
    of it: standing.py.
    """

    class ReviewState(models.TextChoices):
        AWAITING = "awaiting", "Awaiting review"
        ASKED = "asked", "More was asked for"
        REVIEWED = "reviewed", "Reviewed, not signed off"
        REOPENED = "reopened", "Reopened by an addition"
        SIGNED_OFF = "signed-off", "Signed off"

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        RECORDED = "recorded", "Recorded"

    token = models.UUIDField(default=new_token, unique=True, editable=False)
    # Indexes begin with these two.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="conversations",
        db_index=False,
    )
    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, related_name="conversations", db_index=False
    )
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="conversations")
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT)
    place = models.CharField(max_length=50)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    recorded_at = models.DateTimeField(null=True, blank=True)
    reference = models.CharField(max_length=12, null=True, blank=True, unique=True)
    judged_level = models.PositiveSmallIntegerField(null=True, blank=True)
    read_level = models.PositiveSmallIntegerField(null=True, blank=True)
    read_up_to = models.PositiveSmallIntegerField(null=True, blank=True)
    child_protection = models.BooleanField(default=False)
    urgency = models.CharField(max_length=20, blank=True)
    agreement = models.CharField(max_length=20, blank=True)
    danger = models.BooleanField(default=False)
    below_reading = models.BooleanField(default=False)
    consent_refused = models.BooleanField(default=False)
    content = LockedJSONField(null=True, blank=True)

    kept_from = models.ManyToManyField(User, blank=True, related_name="kept_from")
    reaches_leads = models.BooleanField(default=False)
    review_state = models.CharField(max_length=12, choices=ReviewState.choices, blank=True)
    lead_level = models.PositiveSmallIntegerField(null=True, blank=True)
    words = IndexField(blank=True)

    # The first follow-up that is not done, and whether a desk has seen that it is overdue.
    due_at = models.DateTimeField(null=True, blank=True)
    is_late = models.BooleanField(default=False, db_default=False)
    # The gravest has 0. Nothing in `waits_since`: it does not wait for a lead.
    turn = models.SmallIntegerField(default=LAST_TURN, db_default=LAST_TURN)
    waits_since = models.DateTimeField(null=True, blank=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        indexes = [
            models.Index(
                fields=["agency", "status", "-updated_at", "-id"], name="conversation_desk"
            ),
            # One's own list, and the desk's of an author: its filters are looked up in the rest.
            models.Index(
                fields=[
                    *("author", "status", "-updated_at", "-id"),
                    *("agency", "review_state", "judged_level", "area"),
                ],
                name="conversation_by_author",
            ),
            *desk_indexes(),
            # All that referrals/numbers.py counts: without it, it reads every row of every agency.
            models.Index(
                fields=["agency", "recorded_at"],
                include=[
                    *("edition", "area", "place", "danger", "child_protection", "judged_level"),
                    *("read_level", "read_up_to", "agreement", "lead_level", "review_state"),
                ],
                name="conversation_numbers",
                condition=models.Q(status="recorded"),
            ),
        ]

    def __str__(self) -> str:
        return self.reference or "Draft"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, unless the conversation is recorded already. Raises Frozen."""
        if self.pk and type(self).objects.recorded().filter(pk=self.pk).exists():
            raise Frozen(f"{self.reference} is recorded and cannot be changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete a draft. Raises Frozen for a record: see erasure.erase."""
        if type(self).objects.recorded().filter(pk=self.pk).exists():
            raise Frozen(NEVER_DELETED)
        return super().delete(*args, **kwargs)

    @property
    def subject(self) -> str:
        """The name under which events tell of it: its token."""
        return subject_of(self.token)

    @property
    def is_recorded(self) -> bool:
        return self.status == self.Status.RECORDED

    def may_be_opened_by(self, user: User) -> bool:
        return Conversation.objects.visible_to(user).filter(pk=self.pk).exists()


class Answer(models.Model):
    """What was answered at one step. Saved as it is posted, also while it is a draft."""

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="answers", db_index=False
    )
    step = models.SlugField(max_length=30)
    data = LockedJSONField()
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "step"], name="one_answer_a_step"),
        ]

    def __str__(self) -> str:
        return self.step


class Child(models.Model):
    """The child of a recorded conversation: enough to recognise the same child again."""

    conversation = models.OneToOneField(
        Conversation, on_delete=models.CASCADE, related_name="child"
    )
    name = LockedTextField(blank=True)
    agency_reference = LockedTextField(blank=True)
    born_on = LockedDateField(null=True, blank=True)
    due_on = LockedDateField(null=True, blank=True)
    siblings = LockedTextField(blank=True)
    # Digests by which the same child is found again in the agency: of the name, of the
    # reference, and of the name with the date of birth. "" where something is missing.
    name_key = models.CharField(max_length=SHORT, blank=True)
    reference_key = models.CharField(max_length=SHORT, blank=True)
    born_key = models.CharField(max_length=SHORT, blank=True)

    class Meta:
        verbose_name_plural = "children"
        # With all that tells whether two children may be one: the desk asks it of every row, and
        # reads no record for it. Without the empty ones: there are many, and they are nobody's.
        indexes = [
            models.Index(
                fields=[key],
                include=["conversation", "born_key", *also],
                name=f"child_known_by_{key[:-4]}",
                condition=~Q(**{key: ""}),
            )
            for key, *also in (("name_key", "reference_key"), ("reference_key",))
        ]

    def __str__(self) -> str:
        return self.name or self.agency_reference

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.fill_keys()
        super().save(*args, **kwargs)

    def fill_keys(self) -> None:
        """Make the digests, and take along those of the same child under an older key."""
        for name, made in self.keys().items():
            setattr(self, name, made[0])
            for older in filter(None, made[1:]):
                type(self).objects.filter(**{name: older}).update(**{name: made[0]})

    def keys(self) -> dict[str, list[str]]:
        """Return each digest by the name of its column, under each key of the index."""
        agency, name = self.conversation.agency_id, key_of(self.name)
        born = f"{name}:{self.born_on.isoformat()}" if name and self.born_on else ""
        return {
            "name_key": blind("name", agency, name),
            "reference_key": blind("reference", agency, key_of(self.agency_reference)),
            "born_key": blind("born", agency, born),
        }


class Sign(models.Model):
    """An indicator observed in a recorded conversation, in the words of its edition."""

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="signs", db_index=False
    )
    indicator = models.ForeignKey(Indicator, on_delete=models.PROTECT, related_name="signs")
    seen_by = models.CharField(max_length=30, blank=True)
    note = LockedTextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "indicator"], name="one_sign_an_indicator"
            ),
        ]

    def __str__(self) -> str:
        return self.indicator.code


class Call(models.Model):
    """A telephone call about the child.

    The 48 hours for writing count from `called_at` where the call was to the council.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="calls")
    to = LockedTextField()
    called_at = models.DateTimeField()
    said = LockedTextField(blank=True)
    to_council = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.to


# These name Conversation by its name, so that they can stand elsewhere.
from referrals import kept  # noqa: E402, F401
from referrals.added import (  # noqa: E402, F401
    Addendum,
    Alert,
    CouncilAnswer,
    Escalation,
    FollowUp,
    Review,
)
