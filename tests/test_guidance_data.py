"""The shipped guidance is whole, its numbers are right, and no one's words are another's.

Practitioners quote these words to each other and to families, so a word that differs
from the document is a fault: test_guidance_as_printed.py compares each. The fixtures are read as
JSON; only the last test loads them.
"""

import json
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from django.apps import apps

from tests import source_text
from tests.shipped_rows import (
    DDSCP,
    EDITIONS,
    FIXTURES,
    WARWICKSHIRE,
    Row,
    fixture_text,
    read_or_skip,
    rows,
    source,
)

__all__ = ["source"]  # fixtures

WITHOUT_SECTION = {"partnership", "area", "edition"}
PHONE = re.compile(r"\b0[\d ]{8,}\d\b")
ADDRESS = re.compile(r"https?://\S+")


def count_by_level(model: str) -> dict[int, int]:
    return Counter(row["level"][1] for row in rows(DDSCP, model))


# What there must be


def test_indicators_are_counted_by_level() -> None:
    assert count_by_level("indicator") == {1: 31, 2: 72, 3: 43, 4: 69}


def test_services_are_counted_by_level() -> None:
    assert count_by_level("service") == {1: 7, 2: 16, 3: 5, 4: 9}


@pytest.mark.parametrize(
    ("model", "count"),
    [
        ("level", 4),
        ("domain", 9),
        ("question", 9),
        ("term", 20),
        ("area", 2),
        ("link", 13),
        ("contact", 6),
    ],
)
def test_rows_are_counted(model: str, count: int) -> None:
    assert len(rows(DDSCP, model)) == count


def test_sixteen_terms_have_an_acronym() -> None:
    assert sum(bool(row["acronym"]) for row in rows(DDSCP, "term")) == 16


def test_specific_issues_stand_at_level_4_alone() -> None:
    specific = [row for row in rows(DDSCP, "indicator") if row["domain"][1] == "specific-issues"]
    assert {row["level"][1] for row in specific} == {4}


def test_each_area_has_three_steps_at_each_level() -> None:
    steps = [(row["area"][0], row["level"][1], row["step"]) for row in rows(DDSCP, "pathwaystep")]
    areas = ("derby", "derbyshire")
    assert sorted(steps) == [
        (area, level, step) for area in areas for level in (1, 2, 3, 4) for step in (1, 2, 3)
    ]


def test_only_level_1_is_strengths_and_only_3_and_4_are_referrals() -> None:
    levels = rows(DDSCP, "level")
    assert [row["number"] for row in levels if row["strengths"]] == [1]
    assert [row["number"] for row in levels if row["is_referral"]] == [3, 4]


def test_one_question_asks_for_the_childs_voice() -> None:
    assert [row["code"] for row in rows(DDSCP, "question") if row["childs_voice"]] == [
        "life-and-wishes"
    ]


def test_one_wording_at_several_levels_shares_a_key() -> None:
    levels: dict[str, list[int]] = defaultdict(list)
    for row in rows(DDSCP, "indicator"):
        if row["shared_key"]:
            levels[row["shared_key"]].append(row["level"][1])
    assert levels == {
        "bereavement": [2, 3, 4],
        "community-facilities": [2, 3, 4],
        "antisocial-behaviour": [2, 3, 4],
        "social-exclusion": [2, 3],
        "low-tolerance": [2, 3],
    }


def test_no_wording_is_repeated_without_a_shared_key() -> None:
    keys: dict[str, set[str]] = defaultdict(set)
    for row in rows(DDSCP, "indicator"):
        keys[letters(row["text"])].add(row["shared_key"] or row["code"])
    assert all(len(shared) == 1 for shared in keys.values())


def letters(text: str) -> str:
    """The text without what is trivial: case, spaces, punctuation."""
    return re.sub(r"[\W_]", "", text).casefold()


def test_indicator_codes_follow_the_printed_order_and_name_no_level() -> None:
    codes = [row["code"] for row in rows(DDSCP, "indicator")]
    assert codes == [f"dd{number:03d}" for number in range(1, 216)]


@pytest.mark.parametrize("name", EDITIONS)
def test_every_row_names_its_section(name: str) -> None:
    placed = [
        row
        for row in json.loads(fixture_text(name))
        if row["model"].split(".")[1] not in WITHOUT_SECTION
    ]
    assert [row for row in placed if not row["fields"]["section"]] == []


@pytest.mark.parametrize("name", EDITIONS)
def test_no_row_has_a_number_for_an_id(name: str) -> None:
    assert [row for row in json.loads(fixture_text(name)) if "pk" in row] == []


def test_natural_keys_are_unique() -> None:
    keys = [natural_key(row) for name in EDITIONS for row in json.loads(fixture_text(name))]
    assert [key for key, count in Counter(keys).items() if count > 1] == []


def natural_key(row: Row) -> tuple[str, ...]:
    """The model and the values of its `natural` fields, as printed in the fixture."""
    model = apps.get_model(row["model"])
    names = [path.split("__")[0] for path in model.natural]
    return (row["model"], *(json.dumps(row["fields"][name]) for name in names))


# Contacts and links: a wrong number is the worst fault a phone card can have


def lines(purpose: str) -> list[tuple[str, str, str, str]]:
    found = [row for row in rows(DDSCP, "contact") if row["purpose"] == purpose]
    return sorted((row["area"][0], row["name"], row["phone"], row["hours"]) for row in found)


def test_advice_lines_have_the_printed_numbers_and_hours() -> None:
    assert lines("advice") == [
        (
            "derby",
            "Childrens Services Professional Consultation Line",
            "07812300329",
            "between 10am and 1pm",
        ),
        (
            "derbyshire",
            "Consultation and Advice line at Starting Point",
            "01629 535353",
            "9am to 5pm Monday to Friday",
        ),
    ]


def test_urgent_lines_have_the_printed_numbers_and_no_hours() -> None:
    assert lines("urgent") == [
        ("derby", "First Contact Team", "01332 641172", ""),
        ("derbyshire", "Starting Point via Call Derbyshire", "01629 533190", ""),
    ]


def test_numbers_stand_in_the_source_beside_their_own_line(source: str) -> None:
    areas = {row["slug"]: row["name"] for row in rows(DDSCP, "area")}
    for row in rows(DDSCP, "contact"):
        area, name, phone = areas[row["area"][0]], row["name"], row["phone"]
        printed = {
            "advice": f"{area}: {name} {phone}",
            "urgent": f"{name} on {phone}",
            "referral": name,
        }
        assert source_text.is_printed(printed[row["purpose"]], source)


def test_no_out_of_hours_line_is_invented() -> None:
    assert lines("out_of_hours") == []


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*-*.json")), ids=lambda path: path.stem)
def test_every_phone_number_is_in_the_source(path: Path, source: str) -> None:
    """Rules and pages that are shipped beside an edition may not invent a number either."""
    assert phone_numbers(path.read_text(encoding="utf-8")) <= phone_numbers(source)


def phone_numbers(text: str) -> set[str]:
    return {number.replace(" ", "") for number in PHONE.findall(text)}


def test_link_addresses_are_the_eleven_of_the_source() -> None:
    shipped = [row["url"] for row in rows(DDSCP, "link") if row["url"]]
    assert sorted(shipped) == sorted(set(ADDRESS.findall(read_or_skip(source_text.DDSCP))))
    assert len(shipped) == 11


def test_tools_without_an_address_say_where_to_look() -> None:
    assert {row["name"] for row in rows(DDSCP, "link") if not row["url"] and row["note"]} == {
        "CRE checklist",
        "GCP",
    }


def test_no_council_has_the_others_number_or_form() -> None:
    reach: dict[str, set[str]] = defaultdict(set)
    for row in rows(DDSCP, "contact"):
        reach[row["area"][0]] |= {row["phone"], row["url"]} - {""}
    for row in rows(DDSCP, "link"):
        for (area,) in row["areas"]:
            reach[area] |= {row["url"]} if row["kind"] == "form" else set()
    assert len(reach["derby"]) == 3
    assert len(reach["derbyshire"]) == 4
    assert reach["derby"] & reach["derbyshire"] == set()
    assert not any("derby.gov.uk" in url for url in reach["derbyshire"])


@pytest.mark.parametrize("model", ["contact", "link", "edition"])
@pytest.mark.parametrize("name", EDITIONS)
def test_nothing_claims_to_have_been_checked(name: str, model: str) -> None:
    for row in rows(name, model):
        assert row["source"]
        assert row["checked_on"] is None
        assert row["review_by"] < "2026"


# One partnership's words are never shown as another's


@pytest.mark.parametrize(
    "term", ["Warwickshire", "Single Assessment with", "Spectrum of Support", "Early Help Single"]
)
def test_no_warwickshire_term_in_the_ddscp_fixture(term: str) -> None:
    assert term in fixture_text(WARWICKSHIRE)
    assert term not in fixture_text(DDSCP)


@pytest.mark.parametrize("term", ["Derby", "Starting Point", "Early Help Assessment", "ddscp"])
def test_no_ddscp_term_in_the_warwickshire_fixture(term: str) -> None:
    assert term in fixture_text(DDSCP)
    assert term not in fixture_text(WARWICKSHIRE)


def test_warwickshire_has_descriptors_and_services_alone() -> None:
    models = Counter(row["model"].split(".")[1] for row in json.loads(fixture_text(WARWICKSHIRE)))
    assert models == {"partnership": 1, "area": 1, "edition": 1, "level": 4, "service": 7}


def test_warwickshire_is_marked_as_inferred() -> None:
    (edition,) = rows(WARWICKSHIRE, "edition")
    assert "inferred" in edition["note"]
    assert edition["owner"] == ""


# That Django takes it


@pytest.mark.django_db
def test_every_row_of_the_loaded_fixtures_is_valid() -> None:
    for model in apps.get_app_config("thresholds").get_models():
        for row in model.objects.all():
            row.full_clean()
    assert apps.get_model("thresholds.Indicator").objects.count() == 215
    assert apps.get_model("thresholds.Link").objects.get(slug="gcp").areas.count() == 2
