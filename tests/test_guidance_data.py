"""The shipped guidance is the guidance as printed.

Practitioners quote these words to each other and to families, so a word that differs
from the document is a fault. The fixtures are read as JSON; only the last test loads them.
"""

import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps

from tests import source_text

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
DDSCP = "ddscp-2019-12"
WARWICKSHIRE = "warwickshire-spectrum"
EDITIONS = (DDSCP, WARWICKSHIRE)
WITHOUT_SECTION = {"partnership", "area", "edition"}
APPENDICES = {"derby": "Appendix 2", "derbyshire": "Appendix 1"}
APPENDIX_HEADINGS = (
    "Step 1: 2: 3: Level 1 2 3 4 – - Universal open access to provision "
    "Emerging Needs Intensive Specialist"
)
PHONE = re.compile(r"\b0[\d ]{8,}\d\b")
ADDRESS = re.compile(r"https?://\S+")

Row = dict[str, Any]


def fixture_text(name: str) -> str:
    return (FIXTURES / f"{name}.json").read_text(encoding="utf-8")


def rows(name: str, model: str) -> list[Row]:
    """The fields of every row of one model, in file order."""
    return [
        row["fields"]
        for row in json.loads(fixture_text(name))
        if row["model"] == f"thresholds.{model}"
    ]


def count_by_level(model: str) -> dict[int, int]:
    return Counter(row["level"][1] for row in rows(DDSCP, model))


def paragraphs(model: str, *fields: str, name: str = DDSCP) -> list[str]:
    """Every paragraph of these fields, without the bullet that marks a list."""
    return [
        line for row in rows(name, model) for field in fields for line in plain_lines(row[field])
    ]


def plain_lines(text: str) -> list[str]:
    return [line.removeprefix("• ") for line in text.split("\n") if line]


def domain_names() -> dict[str, str]:
    return {row["code"]: row["name"] for row in rows(DDSCP, "domain")}


def read_or_skip(path: Path) -> str:
    """The document line by line; it lies beside the repository, so a lone clone skips."""
    if not path.exists():
        pytest.skip("the source documents are not beside this repository")
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def source() -> str:
    return source_text.mend(read_or_skip(source_text.DDSCP))


@pytest.fixture(scope="module")
def warwickshire_source() -> str:
    return source_text.mend(read_or_skip(source_text.WARWICKSHIRE))


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


# That it is what the document prints


def test_indicators_are_the_printed_ones_in_printed_order(source: str) -> None:
    shipped = [(row["level"][1], row["heading"], row["text"]) for row in rows(DDSCP, "indicator")]
    assert shipped == [tuple(row) for row in source_text.printed_indicators(source)]


def test_domain_names_gather_the_headings_that_are_printed() -> None:
    names = domain_names()
    pairs = {
        (names[row["domain"][1]].casefold(), row["heading"].casefold())
        for row in rows(DDSCP, "indicator")
    }
    assert {name for name, heading in pairs if name != heading} == set()
    assert sorted(names.values()) == sorted(source_text.DOMAIN_HEADINGS)


def test_indicators_of_the_shared_cases_are_found() -> None:
    if not source_text.CASES.exists():
        pytest.skip("the shared cases are not beside this repository")
    names = domain_names()
    shipped = {
        (row["level"][1], names[row["domain"][1]].casefold(), unspaced(row["text"]))
        for row in rows(DDSCP, "indicator")
    }
    assert case_indicators() - shipped == set()


def case_indicators() -> set[tuple[int, str, str]]:
    """Level, domain and wording of each indicator that the shared cases name."""
    cases = [case for name in ("phrases", "vignettes") for case in read_cases(name)]
    named = [
        sign for case in cases for sign in case["indicators"] + case.get("also_acceptable", [])
    ]
    return {(sign["level"], sign["domain"].casefold(), unspaced(sign["text"])) for sign in named}


def read_cases(name: str) -> list[Row]:
    cases: list[Row] = json.loads((source_text.CASES / f"{name}.json").read_text(encoding="utf-8"))
    return cases


def unspaced(text: str) -> str:
    """Without the space that the cases leave where a line ended in a hyphen or a slash."""
    return re.sub(r"([-/]) ", r"\1", text)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_the_section_5_table_is_as_printed(number: int, source: str) -> None:
    table = table_of_level(number, source)
    missing = [
        cell
        for cell in cells_of_level(number)
        if not source_text.is_printed(cell, table) and not source_text.runs_over_a_page(cell, table)
    ]
    assert missing == []


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_the_section_5_table_is_complete(number: int, source: str) -> None:
    shipped = source_text.words_of(" ".join(cells_of_level(number)))
    assert shipped == source_text.words_of(table_of_level(number, source))


def test_level_3_services_are_named_in_its_prose() -> None:
    note = rows(DDSCP, "level")[2]["services_note"]
    named = [row["name"] for row in rows(DDSCP, "service") if row["level"][1] == 3]
    assert [name for name in named if name not in note] == []


def table_of_level(number: int, source: str) -> str:
    headings = [*(row["heading"] for row in rows(DDSCP, "level")), "6. Next steps"]
    return source_text.table_of_level(source, *headings[number - 1 : number + 1])


def cells_of_level(number: int) -> list[str]:
    """Every paragraph and list item of one level; at Level 3 the services stand in the prose."""
    level = rows(DDSCP, "level")[number - 1]
    fields = ("referral_route", "needs", "services_note", "outcome")
    cells = [line for field in fields for line in plain_lines(level[field])]
    services = [row["name"] for row in rows(DDSCP, "service") if row["level"][1] == number]
    return cells if number == 3 else cells + services


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        ("level", ["heading", "description"]),
        ("indicator", ["heading", "text"]),
        ("domain", ["heading"]),
        ("service", ["heading"]),
        ("pathwaystep", ["heading", "title", "text"]),
        ("question", ["heading", "text"]),
        ("term", ["heading"]),
        ("contact", ["name", "phone", "hours", "url"]),
        ("link", ["url"]),
    ],
)
def test_words_are_as_printed(model: str, fields: list[str], source: str) -> None:
    words = paragraphs(model, *fields)
    assert [text for text in words if not source_text.is_printed(text, source)] == []


def test_terms_stand_beside_their_acronyms_in_the_glossary(source: str) -> None:
    printed = source.rpartition("Appendix 4: Glossary")[2]
    # The one term that is cut in two, by its own acronym and the end of the page.
    cut = {"Child and Adolescent Mental Health Services CAMHS": "Child and Adolescent Mental CAMHS"}
    terms = [f"{row['term']} {row['acronym']}".strip() for row in rows(DDSCP, "term")]
    assert [term for term in terms if cut.get(term, term) not in printed] == []
    assert "Acronym Definition Health Services " in source


def test_level_names_are_as_printed(source: str) -> None:
    headings = [f"Level {row['number']} – {row['name']} " for row in rows(DDSCP, "level")]
    assert [heading for heading in headings if not source_text.is_printed(heading, source)] == []


def test_steps_bear_their_printed_numbers(source: str) -> None:
    titles = {f"Step {row['step']}: {row['title']}" for row in rows(DDSCP, "pathwaystep")}
    assert len(titles) == 3
    assert [title for title in titles if not source_text.is_printed(title, source)] == []


@pytest.mark.parametrize("area", APPENDICES)
@pytest.mark.parametrize("step", [2, 3])
def test_the_boxes_of_a_step_stand_in_the_order_of_the_levels(
    area: str, step: int, source: str
) -> None:
    rest = appendix_of(area, source)
    for line in step_lines(area, step):
        assert line in rest
        rest = rest.partition(line)[2]


@pytest.mark.parametrize("area", APPENDICES)
def test_the_steps_are_all_that_its_own_appendix_prints(area: str, source: str) -> None:
    follow_up = step_lines(area, 3)[-1]
    titles = {row["title"] for row in rows(DDSCP, "pathwaystep")}
    lines = [line for step in (1, 2, 3) for line in step_lines(area, step) if line != follow_up]
    shipped = source_text.words_of(" ".join([*lines, *titles, follow_up]))
    printed = source_text.words_of(appendix_of(area, source))
    assert shipped - printed == Counter()
    assert set(printed - shipped) <= set(APPENDIX_HEADINGS.split())


def appendix_of(area: str, source: str) -> str:
    """The appendix of an area, from below its heading."""
    (heading,) = {row["heading"] for row in rows(DDSCP, "pathwaystep") if row["area"] == [area]}
    return source_text.between(source, f"{APPENDICES[area]} {heading}", "Appendix ")


def step_lines(area: str, step: int) -> list[str]:
    """The paragraphs of one step from Level 1 to 4; the shared follow-up comes once, last."""
    texts = [
        row["text"]
        for row in rows(DDSCP, "pathwaystep")
        if (row["area"], row["step"]) == ([area], step)
    ]
    lines = [line for text in texts for line in text.split("\n")]
    return [line for line in lines if line != lines[-1]] + [lines[-1]]


def test_every_step_3_ends_with_the_follow_up_of_its_area() -> None:
    endings = {
        (row["area"][0], row["text"].split("\n")[-1])
        for row in rows(DDSCP, "pathwaystep")
        if row["step"] == 3
    }
    assert sorted(area for area, _ in endings) == ["derby", "derbyshire"]
    assert all(text.startswith("At all stages follow up ") for _, text in endings)
    assert [area for area, text in endings if "Ensure the outcome" in text] == ["derbyshire"]


def test_definitions_are_in_our_own_words(source: str) -> None:
    runs = {row["term"]: runs_of_words(row["definition"], 6) for row in rows(DDSCP, "term")}
    known = runs_of_words(source, 6)
    assert {term: sorted(run & known) for term, run in runs.items() if run & known} == {}


def runs_of_words(text: str, length: int) -> set[str]:
    words = re.findall(r"\w+", text.casefold())
    return {" ".join(words[i : i + length]) for i in range(len(words) - length + 1)}


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


def test_warwickshire_descriptors_are_as_printed(warwickshire_source: str) -> None:
    words = paragraphs("level", "name", "needs", name=WARWICKSHIRE) + paragraphs(
        "service", "name", name=WARWICKSHIRE
    )
    assert [text for text in words if not source_text.is_printed(text, warwickshire_source)] == []


def test_every_warwickshire_descriptor_is_there(warwickshire_source: str) -> None:
    printed = source_text.between(
        warwickshire_source, "child or young person’s needs Universal", "Spectrum of Support"
    )
    levels = [f"{row['name']} {row['needs']}" for row in rows(WARWICKSHIRE, "level")]
    shipped = " ".join(levels).replace("\n• ", " - ").replace("\n", " ")
    assert shipped == f"Universal{printed.rstrip()}"


# That Django takes it


@pytest.mark.django_db
def test_every_row_of_the_loaded_fixtures_is_valid() -> None:
    for model in apps.get_app_config("thresholds").get_models():
        for row in model.objects.all():
            row.full_clean()
    assert apps.get_model("thresholds.Indicator").objects.count() == 215
    assert apps.get_model("thresholds.Link").objects.get(slug="gcp").areas.count() == 2
