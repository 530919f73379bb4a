"""Where the child lives: asked, never guessed. docs/decisions/0007 says why."""

from django.utils import timezone

from accounts.choices import Choice
from referrals import answers
from referrals.fields import StepForm, radios
from thresholds.concern import ELSEWHERE, UNKNOWN_AREA
from thresholds.context import cards
from thresholds.models import Area


class AreaForm(StepForm):
    """Whoever is not sure is told how to find out, and asked once more.

    Not to be sure is no error, and no answer yet. Not to know is an answer: it goes on.
    """

    page_heading = True
    place = radios(
        "Where does the child live?",
        [],
        help_text="It decides which council, which telephone numbers and which pathway apply. "
        "A postcode that begins with DE can be in either area.",
        error_messages={"required": "Choose where the child lives, or “I am not sure”"},
    )

    def __init__(self, *args: object, areas: list[Area], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.areas = areas
        self.fields["place"].choices = [
            *((area.slug, Choice(area.name, hint=covers(area))) for area in areas),
            (ELSEWHERE, Choice("Somewhere else", hint="That place’s own council decides")),
            (answers.NOT_SURE, Choice("I am not sure", hint="You see how to find out")),
            (UNKNOWN_AREA, Choice("I do not know", hint="Go on, and add it once you know")),
        ]

    @property
    def is_unsure(self) -> bool:
        """Say whether the page has to tell how to find out."""
        return self["place"].value() in (answers.NOT_SURE, UNKNOWN_AREA)

    @property
    def cards(self) -> list[dict[str, object]]:
        """The numbers of every area: whichever it is, one of them is right."""
        return cards(self.areas, timezone.now())

    def offer(self) -> None:
        """Offer “I am not sure” at first, and to go on without knowing once that was chosen."""
        left_out = answers.NOT_SURE if self.is_unsure else UNKNOWN_AREA
        field = self.fields["place"]
        field.widget.choices = [pair for pair in field.choices if pair[0] != left_out]

    def is_valid(self) -> bool:
        return super().is_valid() and "place" in self.cleaned_data

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        if data.get("place") == answers.NOT_SURE:
            del data["place"]
        return data


def covers(area: Area) -> str:
    """Return which places an area is made of, as far as its data say."""
    return area.districts or (f"{area.council}’s own area" if area.council else "")
