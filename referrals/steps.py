"""The steps of a conversation: one class each, and STEPS, the order in one place.

Code owns the order and when a step applies; the edition owns the words of the guidance.
"""

from collections.abc import Mapping
from datetime import date, time

from django.forms import ChoiceField, Field, MultipleChoiceField, TimeField
from django.utils.formats import date_format

from referrals import answers, forms
from referrals.fields import DatePartsField
from referrals.journey import Answers, Data
from thresholds.guidance import Guidance, Indicator
from thresholds.models import Area

Row = tuple[str, str]

# What a question is called once it is answered, where the question itself reads badly there.
RECORDED_AS = {
    "place": "Lives in",
    "danger": "In danger now",
    "made": "Telephone call made",
    "to": "Called",
    "on": "Day",
    "at": "Time",
    "said": "What was said",
    "services_now": "Help in place",
    "assessment": "Early Help Assessment done",
    "plan_tried": "Plan tried that did not meet the needs",
    "sudden_escalation": "Needs have grown suddenly",
    "discussed": "Talked to the safeguarding lead or line manager",
    "discussed_with": "Talked to",
    "advice": "Their advice",
    "level": "Level judged",
    "reason": "Why",
    "difference": "Why judgement and guidance differ",
    "significant_harm": "Reasonable cause to suspect significant harm",
    "services": "Services offered",
    "other_service": "Other service",
    "plan": "Plan",
    "review_on": "Review on",
    "agreement": "Agreement of the family",
    "given_by": "Agreed by",
    "given_how": "Agreed",
    "given_on": "Agreed on",
    "young_person_reason": "Why the young person decides",
    "shares": "Information shared with another agency",
    "basis": "Why, and on what basis",
    "family_told": "Family told of it",
    "service_told": "Receiving service told that permission was withheld",
    "parental_responsibility": "Parental responsibility",
    "household": "In the home",
    "interpreter": "Interpreter needed",
    "due_on": "Due date",
}

# The same for choices that a form words in the first person.
CHOSEN_AS = {
    "I do not know yet": "Not known yet",
    "I have not decided yet": "Not decided yet",
    "I have not asked, and should not": "Not asked: it would put the child at risk, "
    "nobody can agree, or asking is not reasonable",
    "I have not asked yet": "Not asked yet",
    "I am not sure yet": "Not sure yet",
    "I do not know": "Not known",
    "I saw or heard it": "The author saw or heard it",
}


class Step:
    """One page that asks something. `why` says in a line what the answer is for."""

    slug = ""
    title = ""
    why = ""
    form_class: type[forms.StepForm]
    template = "journey/step.html"
    # The page is there to be read: it asks nothing, or only sometimes.
    only_shows = False

    def applies(self, known: Answers, guidance: Guidance) -> bool:
        return True

    def is_answered(self, data: Data, known: Answers, guidance: Guidance) -> bool:
        return True

    def form(
        self,
        known: Answers,
        guidance: Guidance,
        saved: Data | None = None,
        posted: Mapping[str, object] | None = None,
    ) -> forms.StepForm:
        """Return the form, filled with what was posted, or else with what is saved."""
        form = self.form_class(posted, known=known, guidance=guidance, **self.options())
        form.initial = {
            name: restored(form.fields[name], value)
            for name, value in (saved or {}).items()
            if name in form.fields
        }
        return form

    def options(self) -> dict[str, object]:
        """Return what else the form needs."""
        return {}

    def data(self, form: forms.StepForm, previous: Data) -> dict[str, object]:
        """Return what to save, as JSON holds it. `previous` is what was saved before."""
        return {name: plain(value) for name, value in form.cleaned_data.items()}

    def rows(self, data: Data, known: Answers, guidance: Guidance) -> list[Row]:
        """Return what was answered as pairs of label and text, the empty ones left out."""
        fields = self.form(known, guidance).fields
        pairs = [
            (RECORDED_AS.get(name, str(field.label)), shown(field, data.get(name)))
            for name, field in fields.items()
        ]
        return [(label, text) for label, text in pairs if text]


class AreaStep(Step):
    slug = "area"
    title = "Where the child lives"
    form_class = forms.AreaForm

    def options(self) -> dict[str, object]:
        # Only areas whose partnership publishes contacts have a pathway to follow.
        areas = Area.objects.filter(contacts__isnull=False).distinct()
        return {"areas": [(area.slug, area.name) for area in areas]}


class DangerStep(Step):
    slug = "danger"
    title = "Danger now"
    form_class = forms.DangerForm
    template = "journey/danger.html"


class SafetyStep(Step):
    slug = "call-now"
    title = "Call now"
    form_class = forms.SafetyForm
    template = "journey/call_now.html"
    only_shows = True

    def applies(self, known: Answers, guidance: Guidance) -> bool:
        return answers.text(known, "danger", "danger") == "yes"


class ChildStep(Step):
    slug = "child"
    title = "The child"
    why = "Just enough to recognise the same child again."
    form_class = forms.ChildForm


class CallStep(Step):
    slug = "call"
    title = "Telephone calls"
    why = "A call about child protection must be followed up in writing within 48 hours."
    form_class = forms.CallForm


class ConcernStep(Step):
    slug = "concern"
    title = "The concern"
    form_class = forms.ConcernForm


class QuestionsStep(Step):
    slug = "questions"
    title = "Questions to consider"
    why = "These questions are the conversation itself. Answer those that help, or none."
    form_class = forms.QuestionsForm


class InPlaceStep(Step):
    slug = "in-place"
    title = "What is already in place"
    why = "Somebody may be helping already, and what was tried decides which route is open."
    form_class = forms.InPlaceForm


class SignsStep(Step):
    slug = "signs"
    title = "Signs"
    why = "Open a domain and choose what you have seen or heard: strengths as well as worries."
    form_class = forms.SignsForm
    template = "journey/signs.html"

    def rows(self, data: Data, known: Answers, guidance: Guidance) -> list[Row]:
        chosen = [sign for sign in guidance.indicators if sign.code in as_list(data.get("codes"))]
        strengths = [sign for sign in chosen if sign.code in guidance.strength_codes]
        worries = [sign for sign in chosen if sign.code not in guidance.strength_codes]
        unknown = [
            guidance.domain_by_code[code].name for code in as_list(data.get("unknown_domains"))
        ]
        pairs = [
            ("Strengths", wordings(strengths)),
            ("Worries", wordings(worries)),
            ("Not known yet", "\n".join(unknown)),
        ]
        return [(label, text) for label, text in pairs if text]


class EvidenceStep(Step):
    slug = "evidence"
    title = "What the signs rest on"
    why = "Say who saw or said each one. You can leave out what you do not know."
    form_class = forms.EvidenceForm
    template = "journey/evidence.html"

    def applies(self, known: Answers, guidance: Guidance) -> bool:
        return bool(answers.items(known, "signs", "codes"))

    def rows(self, data: Data, known: Answers, guidance: Guidance) -> list[Row]:
        told = {"evidence": data}
        pairs = [
            (guidance.by_code[code].text, evidence_for(code, told))
            for code in answers.items(known, "signs", "codes")
        ]
        return [(label, text) for label, text in pairs if text]


class JudgementStep(Step):
    """Comes before the reading. A judgement changed after it keeps the first one beside it."""

    slug = "judgement"
    title = "Your own judgement"
    why = "Before you see what the guidance indicates. It is you who knows the child."
    form_class = forms.JudgementForm
    template = "journey/judgement.html"

    def data(self, form: forms.StepForm, previous: Data) -> dict[str, object]:
        first = previous.get("first")
        if not first and previous and previous.get("level") != form.cleaned_data["level"]:
            first = {"level": previous["level"], "reason": previous["reason"]}
        return super().data(form, previous) | {"first": first}


class ReadingStep(Step):
    slug = "reading"
    title = "What the guidance indicates"
    form_class = forms.ReadingForm
    template = "journey/reading.html"
    only_shows = True

    def is_answered(self, data: Data, known: Answers, guidance: Guidance) -> bool:
        # Once the reading or the judgement changes, what was seen before is stale.
        return data.get("seen") == self.seen(known, guidance)

    def seen(self, known: Answers, guidance: Guidance) -> list[object]:
        reading = answers.reading_of(known, guidance)
        return [reading.level, reading.up_to, answers.judgement_of(known)]

    def data(self, form: forms.StepForm, previous: Data) -> dict[str, object]:
        return super().data(form, previous) | {"seen": self.seen(form.known, form.guidance)}


class HarmStep(Step):
    slug = "harm"
    title = "Significant harm"
    form_class = forms.HarmForm
    template = "journey/harm.html"

    def applies(self, known: Answers, guidance: Guidance) -> bool:
        # Somebody in danger now is child protection already.
        if answers.text(known, "danger", "danger") == "yes":
            return False
        return answers.reading_of(known, guidance).asks_significant_harm


class NextStepsStep(Step):
    slug = "next-steps"
    title = "Next steps"
    form_class = forms.NextStepsForm
    template = "journey/next_steps.html"


class AgreementStep(Step):
    slug = "agreement"
    title = "Agreement to the help"
    why = "Whether the family wants the help is one question. Sharing information is another."
    form_class = forms.AgreementForm


class AgreementRecordStep(Step):
    slug = "agreement-record"
    title = "Without agreement"
    why = "Write down how you decided. None of this stops you."
    form_class = forms.AgreementRecordForm
    template = "journey/consent.html"

    def applies(self, known: Answers, guidance: Guidance) -> bool:
        return answers.text(known, "agreement", "agreement") in forms.AgreementRecordForm.FIELDS


class SharingStep(Step):
    slug = "sharing"
    title = "Sharing information"
    why = "A child is kept safe by what agencies tell each other."
    form_class = forms.SharingForm
    template = "journey/consent.html"


class FamilyStep(Step):
    slug = "family"
    title = "Details for the referral"
    why = "The council’s form asks for these. Leave out what you do not know."
    form_class = forms.FamilyForm

    def applies(self, known: Answers, guidance: Guidance) -> bool:
        return answers.leads_to_referral(known, guidance)


STEPS: tuple[Step, ...] = (
    AreaStep(),
    DangerStep(),
    SafetyStep(),
    ChildStep(),
    CallStep(),
    ConcernStep(),
    QuestionsStep(),
    InPlaceStep(),
    SignsStep(),
    EvidenceStep(),
    JudgementStep(),
    ReadingStep(),
    HarmStep(),
    NextStepsStep(),
    AgreementStep(),
    AgreementRecordStep(),
    SharingStep(),
    FamilyStep(),
)
BY_SLUG = {step.slug: step for step in STEPS}


def plain(value: object) -> object:
    """Return a form's value as JSON holds it."""
    return value.isoformat() if isinstance(value, date | time) else value


def restored(field: Field, value: object) -> object:
    """Return a saved value as its field showed it: JSON keeps dates and times as text."""
    if isinstance(field, DatePartsField) and isinstance(value, str):
        return date.fromisoformat(value)
    if isinstance(field, TimeField) and isinstance(value, str):
        return time.fromisoformat(value)
    return value


def shown(field: Field, value: object) -> str:
    """Return an answer as a person reads it."""
    if value in (None, "", []):
        return ""
    if isinstance(field, MultipleChoiceField):
        return "\n".join(str(dict(field.choices).get(item, item)) for item in as_list(value))
    if isinstance(field, ChoiceField):
        return chosen_as(str(dict(field.choices).get(value, value)))
    if isinstance(field, DatePartsField):
        return date_format(date.fromisoformat(str(value)), "j F Y")
    if isinstance(field, TimeField):
        return time.fromisoformat(str(value)).strftime("%H:%M")
    return str(value)


def evidence_for(code: str, known: Answers) -> str:
    """Return who saw or said a sign, and the note, a line each."""
    seen_by = answers.text(known, "evidence", f"seen_by_{code}")
    lines = [
        chosen_as(dict(forms.SEEN_BY)[seen_by]) if seen_by else "",
        answers.text(known, "evidence", f"note_{code}"),
    ]
    return "\n".join(line for line in lines if line)


def chosen_as(label: str) -> str:
    return CHOSEN_AS.get(label, label)


def as_list(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def wordings(signs: list[Indicator]) -> str:
    return "\n".join(sign.text for sign in signs)
