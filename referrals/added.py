"""What is added to a conversation later: additions, reviews, follow-ups, answers, alerts.

Imported at the end of models.py, which is where Django finds these tables.
"""

from django.db import models
from django.db.models import Q

from accounts.locked import LockedTextField
from accounts.models import User


class Addendum(models.Model):
    """What somebody adds to a conversation after it was recorded. It reopens the review."""

    conversation = models.ForeignKey(
        "referrals.Conversation", on_delete=models.CASCADE, related_name="addenda"
    )
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="addenda")
    text = LockedTextField()
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "addenda"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"Addendum {self.pk}"


class Review(models.Model):
    """What a lead decided, and the digest of everything there was to read then."""

    class Decision(models.TextChoices):
        AGREE = "agree", "I agree with the practitioner’s judgement"
        ASK = "ask", "I need to know more"
        OTHER_LEVEL = "other-level", "I judge this to be another level"
        SIGN_OFF = "sign-off", "I sign this off"

    conversation = models.ForeignKey(
        "referrals.Conversation", on_delete=models.CASCADE, related_name="reviews"
    )
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="reviews")
    decision = models.CharField(max_length=12, choices=Decision.choices)
    level = models.PositiveSmallIntegerField(null=True, blank=True)
    text = LockedTextField(blank=True)
    digest = models.CharField(max_length=64)
    reviewed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"Review {self.pk}: {self.decision}"


class Escalation(models.Model):
    """A lead's draft of a letter about a disagreement, to take out of the portal and send."""

    conversation = models.ForeignKey(
        "referrals.Conversation", on_delete=models.CASCADE, related_name="escalations"
    )
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="escalations")
    text = LockedTextField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"Escalation {self.pk}"


class FollowUp(models.Model):
    """Something to be done by a moment: writing to the council, or looking at a plan again."""

    class Kind(models.TextChoices):
        WRITING = "writing", "Follow-up in writing"
        PLAN = "plan", "Look at the plan again"

    conversation = models.ForeignKey(
        "referrals.Conversation", on_delete=models.CASCADE, related_name="follow_ups"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT)
    note = LockedTextField(blank=True)

    class Meta:
        ordering = ["due_at", "id"]
        indexes = [
            models.Index(fields=["due_at"], name="follow_up_open", condition=Q(done_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class CouncilAnswer(models.Model):
    """What the council answered, and on which day. The latest one counts."""

    class Answer(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        EARLY_HELP = "early-help", "Early help instead"
        NO_ACTION = "no-action", "No further action"
        NO_REPLY = "no-reply", "No reply yet"

    conversation = models.ForeignKey(
        "referrals.Conversation", on_delete=models.CASCADE, related_name="council_answers"
    )
    answer = models.CharField(max_length=12, choices=Answer.choices)
    answered_on = models.DateField()
    note = LockedTextField(blank=True)
    noted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    noted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.get_answer_display()


class Alert(models.Model):
    """An email to one person about one conversation: written with it, sent after it."""

    class Kind(models.TextChoices):
        DANGER = "danger", "A child in danger now"
        LEVEL_4 = "level-4", "Level 4"
        BELOW_READING = "below-reading", "Judged below the reading"
        HARM_UNDECIDED = "harm-undecided", "Significant harm undecided"
        IDLE_DANGER = "idle-danger", "A danger draft left idle"
        ASKED = "asked", "The lead asks for more"
        WRITING = "writing", "Follow-up in writing overdue"
        PLAN = "plan", "Time to look at the plan again"

    conversation = models.ForeignKey(
        "referrals.Conversation", on_delete=models.CASCADE, related_name="alerts"
    )
    recipient = models.ForeignKey(User, on_delete=models.CASCADE, related_name="alerts")
    kind = models.CharField(max_length=15, choices=Kind.choices)
    # The follow-up or review that it is about: nobody is told of the same thing twice.
    about = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "recipient", "kind", "about"], name="one_alert_a_person"
            ),
        ]

    def __str__(self) -> str:
        return f"Alert {self.pk}: {self.kind}"
