"""The form of each step that asks something: its words and its checks, no order, no saving.

A form is given what earlier steps answered (`known`) and the edition (`guidance`), because
some questions depend on them.
"""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.choices import Choice
from referrals import answers
from referrals.fields import (
    YES_NO,
    YES_NO_UNKNOWN,
    ClockField,
    DatePartsField,
    StepForm,
    long_text,
    missing,
    moment_of,
    radios,
    refuse_future,
    refuse_past,
    short_text,
)
from thresholds.guidance import Level
from thresholds.next_steps import asks_about_harm, level_acted_on

PREGNANCY_DAYS = 310
# The glossary's: up to that age somebody can be a child at risk of exploitation.
OLDEST = 25
SEEN_BY = [
    ("", "Choose"),
    ("me", "I saw or heard it"),
    ("child", "The child said it"),
    ("parent", "A parent or carer said it"),
    ("practitioner", "Another practitioner saw or said it"),
    ("other", "Somebody else saw or said it"),
]


class DangerForm(StepForm):
    page_heading = True
    danger = radios(
        "Is the child in danger now?",
        YES_NO_UNKNOWN,
        help_text="For example hurt, about to be hurt, or missing and at risk.",
        error_messages={"required": "Choose whether the child is in danger now"},
    )


class SafetyForm(StepForm):
    """Nothing is asked: the page shows whom to call, and the record goes on."""


class ChildForm(StepForm):
    name = short_text("Name", required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    agency_reference = short_text(
        "Your agency’s own reference",
        required=False,
        help_text="Such as a pupil, patient or case number. You can give this in place of a name.",
    )
    born_on = DatePartsField(
        label="Date of birth", required=False, help_text="For example, 27 3 2015"
    )
    due_on = DatePartsField(label="Due date, if the baby is not born yet", required=False)
    siblings = long_text(
        "Brothers, sisters and other children in the home",
        rows=3,
        required=False,
        help_text="Names and ages, as far as you know.",
    )
    kept_from = forms.MultipleChoiceField(
        label="Is the worry about a safeguarding lead?",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Whomever you choose cannot open this record. Another lead will review it.",
    )

    def __init__(self, *args: object, leads: list[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kept_from"].choices = leads
        if not leads:
            del self.fields["kept_from"]

    def clean_born_on(self) -> date | None:
        """Return the birthday. A slip in its year would hide the same child, and erase too soon.

        Raises ValidationError where the year must be one.
        """
        born_on = refuse_future(self.cleaned_data["born_on"])
        if born_on and age_on(timezone.localdate(), born_on) > OLDEST:
            raise ValidationError(
                f"Check the year: this person is over {OLDEST}. "
                "If you are not sure, leave the date empty",
                params={"parts": ["year"]},
            )
        return born_on

    def clean_due_on(self) -> date | None:
        """Return the due date. Raises ValidationError where no pregnancy can be due then."""
        due_on = self.cleaned_data["due_on"]
        if due_on and abs((due_on - timezone.localdate()).days) > PREGNANCY_DAYS:
            raise ValidationError("The due date must be within ten months of today")
        return due_on

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        if not (self.errors or data.get("name") or data.get("agency_reference")):
            self.add_error("name", missing("Enter the child’s name or your agency’s reference"))
        if data.get("born_on") and data.get("due_on"):
            self.add_error("due_on", "Give a date of birth or a due date, not both")
        return data


def age_on(day: date, born_on: date) -> int:
    """Return how many birthdays somebody has had. One of 29 February comes on 1 March."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


class CallForm(StepForm):
    made = radios(
        "Have you telephoned anybody about this?",
        YES_NO,
        error_messages={"required": "Choose whether you have telephoned anybody"},
    )
    to_whom = radios(
        "Whom did you call?",
        [
            ("council", "The council’s children’s services"),
            ("emergency", "999 or the police"),
            ("advice", "A consultation or advice line"),
            ("other", "Somebody else"),
        ],
        required=False,
        help_text="The 48 hours for writing count from a call to the council. If you made "
        "several calls, choose that one, and tell of the others under “What was said?”.",
    )
    to = short_text("Name of the service or person", required=False)
    on = DatePartsField(label="On which day?", required=False)
    at = ClockField(required=False)
    said = long_text("What was said?", required=False)

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        details = ("to_whom", "to", "on", "at", "said")
        if data.get("made") == "no" and any(data.get(name) for name in details):
            self.add_error("made", "You told of a call: choose “Yes”, or take its details out")
        if data.get("made") == "yes":
            self._require("to_whom", "Choose whom you called")
            self._require("on", "Enter the day of the call")
            self._require("at", "Enter the time of the call")
        if data.get("on") and data.get("at"):
            self._count_from(data)
        return data

    def _count_from(self, data: dict[str, Any]) -> None:
        """Keep the moment of the call, from which the 48 hours count."""
        try:
            data["called_at"] = moment_of(data["on"], data["at"])
        except ValidationError as error:
            self.add_error("at", error)
            return
        if data["called_at"] > timezone.now():
            self.add_error("at", "The call must be in the past")

    def _require(self, field: str, message: str) -> None:
        if not self.errors.get(field) and not self.cleaned_data.get(field):
            self.add_error(field, missing(message))


class ConcernForm(StepForm):
    page_heading = True
    concern = long_text(
        "What are you worried about?",
        rows=10,
        help_text="In your own words: what was seen, heard and said, when, and by whom. "
        "Write down what the child said as they said it. The family and the council may read "
        "this: leave out the name of anybody who asked not to be named.",
        error_messages={"required": "Write down what you are worried about"},
    )


class QuestionsForm(StepForm):
    """The questions of the edition. Each is offered, none is compulsory."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for question in sorted(self.guidance.questions, key=lambda q: not q.childs_voice):
            self.fields[question.code] = long_text(question.text, rows=3, required=False)


class InPlaceForm(StepForm):
    services_now = long_text(
        "Which services and people help the child and family now?", rows=3, required=False
    )
    assessment = radios(
        "Has an Early Help Assessment been done?",
        YES_NO_UNKNOWN,
        error_messages={"required": "Choose whether an assessment has been done"},
    )
    plan_tried = radios(
        "Has a plan been tried that did not meet the needs?",
        YES_NO_UNKNOWN,
        error_messages={"required": "Choose whether a plan has been tried"},
    )
    sudden_escalation = radios(
        "Have the needs grown suddenly?",
        YES_NO_UNKNOWN,
        error_messages={"required": "Choose whether the needs have grown suddenly"},
    )
    discussed = radios(
        "Have you talked to your safeguarding lead or line manager?",
        YES_NO,
        error_messages={"required": "Choose whether you have talked to them"},
    )
    discussed_with = short_text("Whom did you talk to, and when?", required=False)
    advice = long_text("What did they advise?", rows=3, required=False)


class SignsForm(StepForm):
    """The signs of the edition. A wording printed at several levels is offered once."""

    codes = forms.MultipleChoiceField(
        required=False,
        error_messages={
            "invalid_choice": "One of the signs is not part of this guidance. Choose again."
        },
    )
    unknown_domains = forms.MultipleChoiceField(required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        # Asked for when something is chosen: the page writes its own checkboxes.
        signs, domains = self.guidance.indicators, self.guidance.domains
        self.fields["codes"].choices = lambda: [(sign.code, sign.text) for sign in signs]
        self.fields["unknown_domains"].choices = lambda: [(one.code, one.name) for one in domains]

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        if not self.errors and not data.get("codes") and not data.get("unknown_domains"):
            words = "Choose at least one sign, or say what you do not know yet"
            self.add_error("codes", missing(words))
        return data


class EvidenceForm(StepForm):
    """Who saw or said each sign, and a note."""

    needs_earlier_answers = True

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for code in answers.items(self.known, "signs", "codes"):
            self.fields[f"seen_by_{code}"] = forms.ChoiceField(
                label="Who saw or said it?", choices=SEEN_BY, required=False
            )
            self.fields[f"note_{code}"] = long_text("What, and when?", rows=2, required=False)


class JudgementForm(StepForm):
    level = radios(
        "Which level do you judge this to be?",
        [],
        error_messages={"required": "Choose the level that you judge this to be"},
    )
    reason = long_text(
        "Why do you think so?", error_messages={"required": "Write down why you think so"}
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        levels = [(str(level.number), self._choice(level)) for level in self.guidance.levels]
        self.fields["level"].choices = [*levels, (answers.NOT_SURE, "I am not sure yet")]

    def _choice(self, level: Level) -> Choice:
        """Return a level with how the area's own pathway describes it, where it has one."""
        steps = self.guidance.steps_of(answers.place(self.known), level.number)
        return Choice(level.title, hint=steps[0].text if steps else level.description)


class ReadingForm(StepForm):
    """Asks what only some readings raise: significant harm, and a difference.

    What somebody said of harm before is asked again, whatever sign or level was taken back since:
    `was_asked`. It rests on more than the signs.
    """

    needs_earlier_answers = True

    def __init__(self, *args: object, was_asked: bool = False, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        reading = answers.reading_of(self.known, self.guidance)
        level = level_acted_on(reading, answers.judgement_of(self.known), self.guidance)
        asks = was_asked or asks_about_harm(reading, level, self.guidance)
        # Danger now is child protection already.
        if asks and answers.text(self.known, "danger", "danger") != "yes":
            self.fields["significant_harm"] = radios(
                "Is there reasonable cause to suspect that the child is suffering, or is likely "
                "to suffer, significant harm?",
                YES_NO_UNKNOWN,
                help_text="No count of signs decides this. You do, with your safeguarding lead.",
                error_messages={"required": "Choose whether there is reasonable cause"},
            )
        if answers.differs(reading, answers.judgement_of(self.known)):
            self.fields["difference"] = long_text(
                "What do you know that the signs do not show?",
                required=False,
                help_text="You and the guidance differ. That is allowed: both are kept.",
            )


class NextStepsForm(StepForm):
    needs_earlier_answers = True
    services = forms.MultipleChoiceField(
        label="Which of the services that the guidance names are involved, or will be?",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    other_service = short_text("Another service", required=False)
    plan = long_text("What is the plan, and who does what?", rows=3, required=False)
    review_on = DatePartsField(
        label="When will you look at this again?",
        required=False,
        help_text="Needs change. Come back sooner if you learn more.",
    )

    def clean_review_on(self) -> date | None:
        return refuse_past(self.cleaned_data["review_on"])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        names = [service.name for service in answers.steps_of(self.known, self.guidance).services]
        self.fields["services"].choices = [(name, name) for name in names]
        # Another council's services are not known here.
        if not names:
            del self.fields["services"]


class FamilyForm(StepForm):
    """What a multi-agency referral form asks about the child and family."""

    callback = short_text(
        "Your telephone number, and when to ring you",
        required=False,
        help_text="So that the social worker can ask you more.",
    )
    whereabouts = long_text("Where is the child now, and with whom?", rows=2, required=False)
    gender = short_text("Child’s sex or gender", required=False)
    address = long_text("Child’s address", rows=3, required=False)
    household = long_text("Who lives in the home?", rows=3, required=False)
    parental_responsibility = long_text(
        "Who has parental responsibility?",
        rows=2,
        required=False,
        help_text="Names, and how to reach them safely.",
    )
    ethnicity = short_text("Child’s ethnicity", required=False)
    language = short_text("Languages spoken at home", required=False)
    interpreter = radios("Is an interpreter needed?", YES_NO_UNKNOWN, required=False)
    disability = long_text("Disability or special educational needs", rows=2, required=False)
    school = short_text("School or nursery", required=False)
    gp = short_text("GP", required=False)
    professionals = long_text(
        "Professionals involved",
        rows=3,
        required=False,
        help_text="Name, agency and telephone number.",
    )
