"""The forms about how long records are kept: an agency's schedule, and a hold."""

from django import forms

from referrals.fields import long_text, radios
from referrals.kept import Schedule

Count = Schedule.Count
# Shorter ones are slips of the pen: a record must not go while its child is one.
LEAST_FROM_BIRTH, LEAST_FROM_RECORD, MOST = 18, 3, 100
# What the form proposes: long, so that whoever wants less has to say so.
PROPOSED = {
    "draft_months": 12,
    "referral_years": 75,
    "referral_from": Count.BIRTH,
    "other_years": 25,
    "other_from": Count.BIRTH,
}


def number(label: str, least: int, most: int, thing: str) -> forms.IntegerField:
    wrong = f"Enter a number of {thing} from {least} to {most}"
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        widget=forms.TextInput(attrs={"class": "govuk-input--width-3", "inputmode": "numeric"}),
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), wrong),
    )


def counted(label: str) -> forms.ChoiceField:
    choose = {"required": "Choose from when it is counted"}
    return radios(label, Count.choices, error_messages=choose)


class ScheduleForm(forms.Form):
    """How long each kind of record is kept."""

    draft_months = number("Drafts: months after they were last saved", 3, 60, "months")
    referral_years = number("Records that led to a referral: years", 3, MOST, "years")
    referral_from = counted("Records that led to a referral: counted from when?")
    other_years = number("All other records: years", 3, MOST, "years")
    other_from = counted("All other records: counted from when?")

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        for kind in ("referral", "other"):
            years, since = data.get(f"{kind}_years"), data.get(f"{kind}_from")
            if years and since == Count.BIRTH and years < LEAST_FROM_BIRTH:
                words = f"Counted from birth, enter {LEAST_FROM_BIRTH} years or more"
                self.add_error(f"{kind}_years", words)
        return data


class HoldForm(forms.Form):
    reason = long_text(
        "Why must it not be erased?",
        help_text="For example a court, an inquiry or a complaint. Leads of your agency can "
        "read this.",
        error_messages={"required": "Write down why it must not be erased"},
    )
