"""The form of each step that asks something: its words and its checks, no order, no saving.

A form is given what earlier steps answered (`known`) and the edition (`guidance`), because
some questions depend on them.
"""

from datetime import date, datetime

from django import forms
from django.utils import timezone

from referrals import answers
from referrals.fields import (
    YES_NO,
    YES_NO_UNKNOWN,
    Choice,
    DatePartsField,
    long_text,
    radios,
    refuse_future,
    short_text,
)
from referrals.journey import Answers
from thresholds.concern import ELSEWHERE, UNKNOWN_AREA
from thresholds.consent import YOUNG_PERSON
from thresholds.guidance import Guidance, Level

SEEN_BY = [
    ("", "Choose"),
    ("me", "I saw or heard it"),
    ("child", "The child said it"),
    ("parent", "A parent or carer said it"),
    ("practitioner", "Another practitioner saw or said it"),
    ("other", "Somebody else saw or said it"),
]


class StepForm(forms.Form):
    """A form of the journey."""

    def __init__(self, *args: object, known: Answers, guidance: Guidance, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.known = known
        self.guidance = guidance


class AreaForm(StepForm):
    page_heading = True
    place = radios(
        "Where does the child live?",
        [],
        help_text="It decides which council, which telephone numbers and which pathway apply.",
        error_messages={"required": "Choose where the child lives, or “I do not know”"},
    )

    def __init__(self, *args: object, areas: list[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].choices = [
            *areas,
            (ELSEWHERE, Choice("Somewhere else", hint="That place’s own council decides")),
            (UNKNOWN_AREA, "I do not know"),
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

    def clean_born_on(self) -> date | None:
        return refuse_future(self.cleaned_data["born_on"])

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        if not (data.get("name") or data.get("agency_reference")):
            self.add_error("name", "Enter the child’s name or your agency’s own reference")
        return data


class CallForm(StepForm):
    made = radios(
        "Have you telephoned anybody about this?",
        YES_NO,
        error_messages={"required": "Choose whether you have telephoned anybody"},
    )
    to = short_text(
        "Whom did you call?", required=False, help_text="The service, and the name if you have it."
    )
    on = DatePartsField(label="On which day?", required=False)
    at = forms.TimeField(
        label="At what time?",
        required=False,
        help_text="For example, 17:45. A follow-up in writing is due 48 hours after this.",
        input_formats=["%H:%M", "%H.%M", "%H%M"],
        widget=forms.TimeInput(format="%H:%M", attrs={"class": "govuk-input--width-5"}),
        error_messages={"invalid": "Enter the time with hours and minutes, like 17:45"},
    )
    said = long_text("What was said?", required=False)

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        if data.get("made") == "yes":
            self._require("to", "Enter whom you called")
            self._require("on", "Enter the day of the call")
            self._require("at", "Enter the time of the call")
        if data.get("on") and data.get("at"):
            called_at = timezone.make_aware(datetime.combine(data["on"], data["at"]))
            if called_at > timezone.now():
                self.add_error("at", "The call must be in the past")
            data["called_at"] = called_at
        return data

    def _require(self, field: str, message: str) -> None:
        if not self.errors.get(field) and not self.cleaned_data.get(field):
            self.add_error(field, message)


class ConcernForm(StepForm):
    page_heading = True
    concern = long_text(
        "What are you worried about?",
        rows=10,
        help_text="In your own words: what was seen, heard and said, when, and by whom. "
        "Write down what the child said as they said it.",
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
        self.fields["codes"].choices = [(i.code, i.text) for i in self.guidance.indicators]
        self.fields["unknown_domains"].choices = [(d.code, d.name) for d in self.guidance.domains]

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        if not self.errors and not data.get("codes") and not data.get("unknown_domains"):
            self.add_error("codes", "Choose at least one sign, or say what you do not know yet")
        return data


class EvidenceForm(StepForm):
    """Who saw or said each sign, and a note."""

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
    """Asks about a difference, once, and only where there is one."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        reading = answers.reading_of(self.known, self.guidance)
        if answers.differs(reading, answers.judgement_of(self.known)):
            self.fields["difference"] = long_text(
                "What do you know that the signs do not show?",
                required=False,
                help_text="You and the guidance differ. That is allowed: both are kept.",
            )


class HarmForm(StepForm):
    page_heading = True
    significant_harm = radios(
        "Is there reasonable cause to suspect that the child is suffering, or is likely to "
        "suffer, significant harm?",
        YES_NO_UNKNOWN,
        error_messages={"required": "Choose whether there is reasonable cause to suspect it"},
    )


class NextStepsForm(StepForm):
    services = forms.MultipleChoiceField(
        label="Which services have you offered, or will you?",
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

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        level = answers.level_now(self.known, self.guidance)
        names = [service.name for service in self.guidance.services_of(level)]
        self.fields["services"].choices = [(name, name) for name in names]
        # Another council's services are not known here.
        if answers.has_no_area(self.known):
            del self.fields["services"]


class AgreementForm(StepForm):
    agreement = radios(
        "Does the family agree to the help?",
        [
            ("given", "Yes, they agree"),
            ("refused", "No, they do not agree"),
            (
                "unsafe",
                Choice(
                    "I have not asked, and should not",
                    hint="Asking would put the child at risk, nobody can agree, or asking is "
                    "not reasonable",
                ),
            ),
            ("not_asked", "I have not asked yet"),
        ],
        error_messages={"required": "Choose whether the family agrees"},
    )
    given_by = radios(
        "If they agree: who agreed?",
        [
            ("parent", "A parent or carer"),
            (YOUNG_PERSON, "The young person, who can decide for themselves"),
            ("both", "A parent or carer, and the young person"),
        ],
        required=False,
    )
    given_how = radios("How?", [("spoken", "In words"), ("written", "In writing")], required=False)
    given_on = DatePartsField(label="When?", required=False)
    young_person_reason = long_text(
        "If the young person decides: why does that fit their age?", rows=2, required=False
    )

    def clean_given_on(self) -> date | None:
        return refuse_future(self.cleaned_data["given_on"])


class AgreementRecordForm(StepForm):
    """What the path of a refusal, or of not asking, must record. Nothing here is compulsory."""

    FIELDS = {
        "refused": {
            "advice_from": "Whose advice and approval did you get?",
            "advice_outcome": "What was the outcome?",
        },
        "unsafe": {
            "not_asked_reason": "Why should you not ask?",
            "advice_from": "Whom did you discuss this with?",
            "advice_outcome": "What did you decide?",
            "what_shared": "What was shared, and what was not?",
        },
        "not_asked": {"not_asked_reason": "Why have you not asked yet, and when will you?"},
    }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        agreement = answers.text(self.known, "agreement", "agreement")
        for name, label in self.FIELDS.get(agreement, {}).items():
            self.fields[name] = long_text(label, rows=2, required=False)
        if agreement == "refused":
            self.fields["advice_from"].help_text = (
                "From a manager, designated senior person or named professional. "
                "If asking would cause undue delay, say so here."
            )


class SharingForm(StepForm):
    shares = radios(
        "Will information about the child go to another agency?",
        [("yes", "Yes"), ("no", "No"), ("unknown", "I have not decided yet")],
        error_messages={"required": "Choose whether information will be shared"},
    )
    basis = long_text(
        "If so: why is it right to share, and on what basis?",
        rows=3,
        required=False,
        help_text="To protect a child from harm you do not need consent.",
    )
    family_told = radios(
        "Has the family been told?",
        [
            ("yes", "Yes"),
            ("no", "Not yet"),
            ("unsafe", "No: telling them would put the child at risk"),
        ],
        required=False,
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        if answers.text(self.known, "agreement", "agreement") == "refused":
            self.fields["service_told"] = radios(
                "Has the receiving service been told that the family did not agree?",
                [("yes", "Yes"), ("no", "Not yet")],
                required=False,
            )


class FamilyForm(StepForm):
    """What a multi-agency referral form asks about the child and family."""

    address = long_text("Child’s address", rows=3, required=False)
    household = long_text("Who lives in the home?", rows=3, required=False)
    parental_responsibility = long_text("Who has parental responsibility?", rows=2, required=False)
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
