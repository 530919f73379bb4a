"""The steps of a conversation: one class each, and STEPS, the order in one place.

Code owns the order and when a step applies; the edition owns the words of the guidance.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from accounts.models import Membership, User
from referrals import answers, consent_forms, forms
from referrals.area_form import AreaForm
from referrals.fields import StepForm
from referrals.journey import Answers, Data
from referrals.wording import (
    RECORDED_AS,
    Row,
    as_list,
    evidence_for,
    plain,
    restored,
    shown,
    wordings,
)
from thresholds.guidance import Guidance
from thresholds.models import Area


class Step:
    """One page that asks something. `why` says in a line what the answer is for."""

    slug = ""
    title = ""
    why = ""
    form_class: type[StepForm]
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
    ) -> StepForm:
        """Return the form, filled with what was posted, or else with what is saved."""
        options = self.options(known, saved or {})
        form = self.form_class(posted, known=known, guidance=guidance, **options)
        form.initial = {
            name: restored(form.fields[name], value)
            for name, value in (saved or {}).items()
            if name in form.fields
        }
        return form

    def options(self, known: Answers, saved: Data) -> dict[str, object]:
        """Return what else the form needs."""
        return {}

    def data(self, form: StepForm, previous: Data) -> dict[str, object]:
        """Return what to save, as JSON holds it. `previous` is what was saved before."""
        return {name: plain(value) for name, value in form.cleaned_data.items()}

    def rows(self, data: Data, known: Answers, guidance: Guidance) -> list[Row]:
        """Return what was answered as pairs of label and text, the empty ones left out."""
        fields = self.form(known, guidance, data).fields
        pairs = [
            (RECORDED_AS.get(name, str(field.label)), shown(field, data.get(name)))
            for name, field in fields.items()
        ]
        return [(label, text) for label, text in pairs if text]


class AreaStep(Step):
    slug = "area"
    title = "Where the child lives"
    form_class = AreaForm
    template = "journey/area.html"

    def form(self, *args: Any, **kwargs: Any) -> StepForm:
        form = super().form(*args, **kwargs)
        form.offer()
        return form

    def options(self, known: Answers, saved: Data) -> dict[str, object]:
        # Only areas whose partnership publishes contacts have a pathway to follow.
        return {"areas": list(Area.objects.filter(contacts__isnull=False).distinct())}


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

    def options(self, known: Answers, saved: Data) -> dict[str, object]:
        return {"leads": [(str(lead.pk), lead.name) for lead in leads_beside(known)]}


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
    why = (
        "Choose what you have seen or heard: strengths as well as worries. Below a worry that you "
        "choose, signs of the same worry appear: look how far it goes."
    )
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
    title = "Who saw or said it"
    why = (
        "For each sign, as far as you know. The family and the council may read this: leave out "
        "the name of anybody who asked not to be named."
    )
    form_class = forms.EvidenceForm
    template = "journey/evidence.html"

    def applies(self, known: Answers, guidance: Guidance) -> bool:
        return bool(answers.items(known, "signs", "codes"))

    def is_answered(self, data: Data, known: Answers, guidance: Guidance) -> bool:
        # A sign that was added later has not been asked about yet.
        return set(answers.items(known, "signs", "codes")) <= set(as_list(data.get("asked")))

    def data(self, form: StepForm, previous: Data) -> dict[str, object]:
        # What was written about a sign is kept while the sign is not chosen.
        asked = answers.items(form.known, "signs", "codes")
        return dict(previous) | super().data(form, previous) | {"asked": list(asked)}

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

    def data(self, form: StepForm, previous: Data) -> dict[str, object]:
        first = previous.get("first")
        changed = previous.get("level") != form.cleaned_data.get("level")
        if not first and changed and "reading" in form.known and "level" in previous:
            first = {"level": previous["level"], "reason": previous.get("reason")}
        return super().data(form, previous) | {"first": first}


class StaleStep(Step):
    """A step whose answer holds only while what it rested on, `seen`, stays the same."""

    def seen(self, known: Answers, guidance: Guidance) -> list[object]:
        raise NotImplementedError

    def is_answered(self, data: Data, known: Answers, guidance: Guidance) -> bool:
        return data.get("seen") == self.seen(known, guidance)

    def data(self, form: StepForm, previous: Data) -> dict[str, object]:
        return super().data(form, previous) | {"seen": self.seen(form.known, form.guidance)}


class ReadingStep(StaleStep):
    """Stale once the signs, the danger or the judgement change."""

    slug = "reading"
    title = "What the guidance indicates"
    form_class = forms.ReadingForm
    template = "journey/reading.html"
    only_shows = True

    def options(self, known: Answers, saved: Data) -> dict[str, object]:
        return {"was_asked": bool(saved.get("significant_harm"))}

    def seen(self, known: Answers, guidance: Guidance) -> list[object]:
        """Return what the reading rests on: not on what it asks itself."""
        before = {slug: data for slug, data in known.items() if slug != self.slug}
        concern = answers.concern_of(before, guidance)
        reading = answers.reading_of(before, guidance)
        worries = sorted(concern.indicators - guidance.strength_codes)
        return [reading.level, reading.up_to, answers.judgement_of(known), concern.danger, *worries]


class AgreementStep(Step):
    slug = "agreement"
    title = "Agreement to the help"
    why = "Whether the family wants the help is one question. Sharing information is another."
    form_class = consent_forms.AgreementForm
    template = "journey/agreement.html"

    def data(self, form: StepForm, previous: Data) -> dict[str, object]:
        """Return the answers. Who agreed, and how, belong to an agreement alone."""
        data = super().data(form, previous)
        given = data.get("agreement") == "given"
        return data if given else {"agreement": data.get("agreement")}


class NextStepsStep(StaleStep):
    """Whoever has seen other steps than these has not seen what to do."""

    slug = "next-steps"
    title = "Next steps"
    form_class = forms.NextStepsForm
    template = "journey/next_steps.html"

    def seen(self, known: Answers, guidance: Guidance) -> list[object]:
        steps = answers.steps_of(known, guidance)
        return [steps.level, *(action.code for action in steps.actions)]


class SharingStep(StaleStep):
    """What was written about a refusal says nothing about another answer."""

    slug = "sharing"
    title = "Sharing information"
    why = "A child is kept safe by what agencies tell each other. None of this stops you."
    form_class = consent_forms.SharingForm
    template = "journey/sharing.html"

    def seen(self, known: Answers, guidance: Guidance) -> list[object]:
        return [answers.text(known, "agreement", "agreement")]


class FamilyStep(Step):
    slug = "family"
    title = "Details for the referral"
    why = "The council’s form asks for these. Leave out what you do not know."
    form_class = forms.FamilyForm

    def applies(self, known: Answers, guidance: Guidance) -> bool:
        return answers.leads_to_referral(known, guidance)


def leads_beside(known: Answers) -> Iterable[User]:
    """Return the leads of the agency that the conversation belongs to, its author apart."""
    agency, author = (known.get("area", {}).get(key) for key in ("agency", "author"))
    leads = Membership.objects.leads().filter(agency=agency).exclude(user=author)
    return User.objects.filter(pk__in=leads.values("user"))


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
    AgreementStep(),
    NextStepsStep(),
    SharingStep(),
    FamilyStep(),
)
BY_SLUG = {step.slug: step for step in STEPS}
