"""Agreement and sharing: every path, what it must record, and that nothing blocks."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thresholds.concern import AGREEMENTS, KNOWN
from thresholds.consent import (
    ALWAYS,
    SHARED_ANYWAY,
    SHARED_UNASKED,
    YOUNG_PERSON,
    Consent,
    missing,
    paths,
    points,
)
from thresholds.guidance import Guidance

# Without it, and run alone, the edition would come from the developer's own database.
pytestmark = pytest.mark.django_db

GIVEN = {"given_by", "given_how", "given_on"}
REFUSED = {"advice_from", "advice_outcome"}
ANYWAY = {"basis", "service_told", "family_told"}
UNSAFE = {"not_asked_reason", "advice_from", "advice_outcome", "what_shared"}
UNASKED = {"advice_from", "advice_outcome", "what_shared"}

PATHS: list[tuple[dict[str, Any], set[str], set[str]]] = [
    # answers, the paths beside "always", what is to be recorded
    ({}, {"unknown"}, {"agreement"}),
    ({"agreement": "given"}, {"given"}, GIVEN),
    (
        {"agreement": "given", "given_by": YOUNG_PERSON},
        {"given", YOUNG_PERSON},
        (GIVEN - {"given_by"}) | {"young_person_reason"},
    ),
    ({"agreement": "given", "shares": "yes"}, {"given"}, GIVEN),
    ({"agreement": "refused"}, {"refused"}, REFUSED | {"shares"}),
    ({"agreement": "refused", "shares": "no"}, {"refused"}, REFUSED),
    ({"agreement": "refused", "shares": "yes"}, {"refused", SHARED_ANYWAY}, REFUSED | ANYWAY),
    (
        {"agreement": "refused", "given_by": YOUNG_PERSON, "shares": "no"},
        {"refused", YOUNG_PERSON},
        REFUSED | {"young_person_reason"},
    ),
    ({"agreement": "unsafe"}, {"unsafe"}, UNSAFE),
    ({"agreement": "unsafe", "shares": "yes"}, {"unsafe"}, UNSAFE),
    ({"agreement": "not_asked"}, {"not_asked"}, {"not_asked_reason"}),
    ({"agreement": "not_asked", "shares": "no"}, {"not_asked"}, {"not_asked_reason"}),
    (
        {"agreement": "not_asked", "shares": "yes"},
        {"not_asked", SHARED_UNASKED},
        UNASKED | {"not_asked_reason"},
    ),
    ({"shares": "yes"}, {"unknown", SHARED_UNASKED}, UNASKED | {"agreement"}),
]

consents = st.builds(
    Consent,
    agreement=st.sampled_from(AGREEMENTS),
    shares=st.sampled_from(KNOWN),
    **{
        field.name: st.sampled_from(["", "noted", YOUNG_PERSON])
        for field in fields(Consent)
        if field.name not in ("agreement", "shares")
    },
)


@pytest.mark.parametrize(("answered", "on", "to_record"), PATHS)
def test_a_path_asks_for_its_records(
    ddscp: Guidance, answered: dict[str, Any], on: set[str], to_record: set[str]
) -> None:
    consent = Consent(**answered)
    assert set(paths(consent)) == {ALWAYS, *on}
    # Every path has something to consider in the edition.
    assert {point.path for point in points(consent, ddscp)} == {ALWAYS, *on}
    assert {point.records for point in missing(consent, ddscp)} == to_record


@pytest.mark.parametrize(("answered", "to_record"), [(case[0], case[2]) for case in PATHS])
def test_what_is_recorded_is_missing_no_more(
    ddscp: Guidance, answered: dict[str, Any], to_record: set[str]
) -> None:
    for record in to_record:
        left = {point.records for point in missing(Consent(**{**answered, record: "noted"}), ddscp)}
        assert record not in left
    noted: dict[str, Any] = dict.fromkeys(to_record, "noted") | answered
    assert not missing(Consent(**noted), ddscp)


@pytest.mark.parametrize("told", ["family_told", "service_told"])
def test_whom_nobody_has_told_yet_is_still_to_be_told(ddscp: Guidance, told: str) -> None:
    shared = Consent(agreement="refused", shares="yes", family_told="yes", service_told="yes")
    for answer, is_open in (("no", True), ("yes", False), ("unsafe", False)):
        left = {point.records for point in missing(replace(shared, **{told: answer}), ddscp)}
        assert (told in left) == is_open
    # That nothing is shared is an answer, and not something still to be done.
    assert "shares" not in {p.records for p in missing(replace(shared, shares="no"), ddscp)}


def test_every_path_of_the_edition_can_be_walked_and_recorded(ddscp: Guidance) -> None:
    walked = {path for answered, *_ in PATHS for path in paths(Consent(**answered))}
    assert {point.path for point in ddscp.consent} == walked
    records = {field.name for field in fields(Consent)}
    assert {point.records for point in ddscp.consent} - {""} <= records


@settings(max_examples=100, deadline=None)
@given(consents)
def test_whatever_was_recorded_there_is_a_path_and_nothing_blocks(
    ddscp: Guidance, consent: Consent
) -> None:
    found = points(consent, ddscp)
    assert {point.path for point in found} >= {ALWAYS, consent.agreement}
    assert set(missing(consent, ddscp)) <= set(found)
    assert (SHARED_ANYWAY in paths(consent)) == (
        consent.agreement == "refused" and consent.shares == "yes"
    )
