"""The paths of agreement and sharing, and what each must record.

Two questions are kept apart: does the family agree to the service, and on what basis is
information shared. Neither answer ever stops a referral: what is missing is a reminder.

Source: section 3 of the threshold document. Which path needs what is a row of the edition:
`path` says when a point applies and `records` names the field of `Consent` that answers it.
"""

from dataclasses import dataclass

from thresholds.concern import Agreement, Known
from thresholds.guidance import ConsentPoint, Guidance

ALWAYS = "always"
SHARED_ANYWAY = "shared_anyway"
SHARED_UNASKED = "shared_unasked"
YOUNG_PERSON = "young_person"

# Whom to tell. Where the answer is "not yet", that is still to be done.
TELLS = ("family_told", "service_told")


@dataclass(frozen=True)
class Consent:
    """What was agreed, by whom, and what is shared. Empty text means not recorded."""

    agreement: Agreement = "unknown"
    given_by: str = ""
    given_how: str = ""
    given_on: str = ""
    young_person_reason: str = ""
    not_asked_reason: str = ""
    advice_from: str = ""
    advice_outcome: str = ""
    shares: Known = "unknown"
    basis: str = ""
    what_shared: str = ""
    family_told: str = ""
    service_told: str = ""


def paths(consent: Consent) -> tuple[str, ...]:
    """Return the paths that apply, the most general first."""
    found = [ALWAYS, consent.agreement]
    if consent.given_by == YOUNG_PERSON:
        found.append(YOUNG_PERSON)
    if consent.shares == "yes" and consent.agreement == "refused":
        found.append(SHARED_ANYWAY)
    if consent.shares == "yes" and consent.agreement in ("not_asked", "unknown"):
        found.append(SHARED_UNASKED)
    return tuple(found)


def points(consent: Consent, guidance: Guidance) -> tuple[ConsentPoint, ...]:
    """Return what to consider and record on the paths that apply, in the edition's order."""
    here = paths(consent)
    return tuple(point for point in guidance.consent if point.path in here)


def missing(consent: Consent, guidance: Guidance) -> tuple[ConsentPoint, ...]:
    """Return the points whose record is still empty, or says that it was not done yet."""
    return tuple(
        point
        for point in points(consent, guidance)
        if point.records and _is_open(point.records, getattr(consent, point.records))
    )


def _is_open(record: str, value: str) -> bool:
    return value in ("", "unknown") or (record in TELLS and value == "no")
