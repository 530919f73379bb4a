"""The forms of the two questions of consent: agreement to the help, and sharing information."""

from datetime import date

from accounts.choices import Choice
from referrals import answers
from referrals.fields import (
    DatePartsField,
    StepForm,
    long_text,
    radios,
    refuse_future,
)
from thresholds.consent import YOUNG_PERSON


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


class SharingForm(StepForm):
    """Sharing, and before it what a refusal, or not asking, must record. Nothing stops anybody."""

    needs_earlier_answers = True
    WITHOUT_AGREEMENT = {
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
        "not_asked": {
            "not_asked_reason": "Why have you not asked yet, and when will you?",
            "advice_from": "If you share all the same: whom did you discuss it with?",
            "advice_outcome": "What did you decide?",
            "what_shared": "What was shared, and what was not?",
        },
    }

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
        agreement = answers.text(self.known, "agreement", "agreement")
        extra = {
            name: long_text(label, rows=2, required=False)
            for name, label in self.WITHOUT_AGREEMENT.get(agreement, {}).items()
        }
        if agreement == "refused":
            extra["advice_from"].help_text = (
                "From a manager, designated senior person or named professional. "
                "If asking would cause undue delay, say so here."
            )
            self.fields["service_told"] = radios(
                "Has the receiving service been told that the family did not agree?",
                [("yes", "Yes"), ("no", "Not yet")],
                required=False,
            )
        self.fields = extra | self.fields
