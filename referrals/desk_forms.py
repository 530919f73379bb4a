"""The filters of the lead's desk. They are kept in the address, and hold nothing of a child.

What is searched for in the text is posted, because it may be a child's name.
"""

import re
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import BigAutoField, Q, QuerySet
from django.db.models.lookups import LessThanOrEqual

from accounts.models import Agency, Membership, User
from accounts.prepared import Given, Prepared
from referrals.deadlines import end_of
from referrals.desk import Counted, is_key
from referrals.finding import has_all_words, words_in
from referrals.models import Conversation
from thresholds.models import Area, Level

REFERENCE = re.compile(r"^TG-?[0-9A-Z]{4}-?[0-9A-Z]{4}$")
TO_REVIEW, ALL, DRAFTS = "to-review", "all", "drafts"
STATUSES = [
    (TO_REVIEW, "To review"),
    (ALL, "All recorded"),
    *Conversation.ReviewState.choices,
    (DRAFTS, "Drafts"),
]
ANY = ("", "Any")
# As many authors as a list may have.
FEW = 200
# Nothing was recorded before or after: the calendar's own ends are moments in no zone.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2099, 12, 31)
NOT_A_YEAR = f"The year must be from {FIRST_DAY.year} to {LAST_DAY.year}"
LEVELS: Prepared[Any] = Prepared(
    lambda: Level.objects.values_list("number").order_by("number").distinct()
)
AREAS = Prepared(Area.objects.all)


def _members() -> QuerySet[User, Any]:
    """Return the members of an agency by name, or none where they are more than FEW."""
    agency = Given(0, BigAutoField())
    number = Counted(Membership.objects.filter(agency=agency), FEW)
    found = User.objects.filter(LessThanOrEqual(number, FEW), agencies=agency)
    return found.values_list("pk", "name", "email").order_by("name", "pk")


MEMBERS: Prepared[Any] = Prepared(_members)


def day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=[
            MinValueValidator(FIRST_DAY, NOT_A_YEAR),
            MaxValueValidator(LAST_DAY, NOT_A_YEAR),
        ],
        error_messages={"invalid": "Enter a real day, like 2026-11-23"},
    )


class DeskForm(forms.Form):
    """What to show of the desk. Whatever is left empty narrows nothing."""

    status = forms.ChoiceField(label="Show", choices=STATUSES, required=False)
    words = forms.CharField(
        label="Reference, or words about the child",
        required=False,
        max_length=200,
        help_text="Whole words only, and all of them must be there. Capitals and accents "
        "make no difference.",
    )
    level = forms.ChoiceField(label="Judged level", required=False)
    area = forms.ChoiceField(label="Area", required=False)
    author = forms.ChoiceField(label="Author", required=False)
    since = day("Recorded on or after")
    until = day("Recorded on or before")

    def __init__(self, *args: object, agency: Agency, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.agency = agency
        self.fields["level"].choices = [ANY, *((str(n), f"Level {n}") for (n,) in LEVELS())]
        self.fields["area"].choices = [
            ANY,
            *((str(area.pk), area.name) for area in AREAS()),
            ("none", "Elsewhere or not known"),
        ]
        self._offer_authors()

    def _offer_authors(self) -> None:
        """Offer a list where it is short. One of thousands would help nobody, and take long."""
        if people := MEMBERS(self.agency.pk):
            self.fields["author"].choices = [
                ANY,
                *((str(key), name or email) for key, name, email in people),
            ]
            return
        self.fields["author"] = forms.EmailField(
            label="Author’s email address",
            required=False,
            error_messages={"invalid": "Enter an email address, like name@example.org"},
        )
        # An address of a page holds the person's key, never their email.
        key = self.data.get("author", "")
        if is_key(key):
            person = self.agency.members.filter(pk=key).first()
            self.data = {**self.data, "author": person.email if person else ""}

    def clean_words(self) -> str:
        words = str(self.cleaned_data["words"])
        if words and not words_in(words):
            raise forms.ValidationError("Enter a word, a number or a reference")
        return words

    def clean_author(self) -> str:
        """Return the key of the author that was chosen, or whose email was typed."""
        given = str(self.cleaned_data["author"])
        if not given or isinstance(self.fields["author"], forms.ChoiceField):
            return given
        person = self.agency.member_at(given)
        if person is None:
            raise forms.ValidationError("Nobody in this agency has this email address")
        return str(person.pk)

    def clean_status(self) -> str:
        return self.cleaned_data["status"] or TO_REVIEW

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        if data.get("since") and data.get("until") and data["until"] < data["since"]:
            self.add_error("until", "This day must not be before the other")
        return data

    @property
    def is_queue(self) -> bool:
        return self.cleaned_data.get("status", TO_REVIEW) == TO_REVIEW

    @property
    def narrows(self) -> bool:
        """Say whether anything but the status is asked for."""
        return any(value for name, value in self.cleaned_data.items() if name != "status")

    @property
    def narrowed(self) -> dict[str, object]:
        """What narrows the list, by name: the moments of days, and `elsewhere` for no area."""
        asked = self.cleaned_data
        found = {name: asked[name] for name in ("level", "area", "author") if asked.get(name)}
        if found.get("area") == "none":
            del found["area"]
            found["elsewhere"] = True
        if since := asked.get("since"):
            found["since"] = end_of(since - timedelta(days=1))
        if until := asked.get("until"):
            found["until"] = end_of(until)
        return found

    @property
    def said(self) -> Q:
        """What the words that are searched for are found by: of a reference or of the text."""
        words = self.cleaned_data.get("words", "")
        typed = words.upper().replace(" ", "")
        if REFERENCE.match(typed):
            letters = typed.replace("-", "")
            return Q(reference=f"TG-{letters[2:6]}-{letters[6:]}")
        return has_all_words(self.agency.pk, words)
