"""The shipped guidance says what its document prints: every word, in the printed order."""

import json
import re
from collections import Counter

import pytest

from tests import source_text
from tests.shipped_rows import (
    DDSCP,
    WARWICKSHIRE,
    Row,
    paragraphs,
    plain_lines,
    rows,
    source,
    warwickshire_source,
)

__all__ = ["source", "warwickshire_source"]  # fixtures

APPENDICES = {"derby": "Appendix 2", "derbyshire": "Appendix 1"}
APPENDIX_HEADINGS = (
    "Step 1: 2: 3: Level 1 2 3 4 – - Universal open access to provision "
    "Emerging Needs Intensive Specialist"
)


def domain_names() -> dict[str, str]:
    return {row["code"]: row["name"] for row in rows(DDSCP, "domain")}


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


def test_a_level_names_both_places_that_its_words_come_from(source: str) -> None:
    appendix = source.rpartition("Appendix 3: Threshold Indicators")[2]
    for level in rows(DDSCP, "level"):
        assert source_text.is_printed(level["description"], appendix)
        assert "Section 5" in level["section"] and "Appendix 3" in level["section"]


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


# The words of Warwickshire


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
