"""docs/security.md names tests that exist, and says of every requirement how it stands."""

import re
from collections import Counter
from pathlib import Path

from tests.named import tests_there_are

PAGE = (Path(__file__).parents[1] / "docs" / "security.md").read_text("utf-8")
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| (.+) \| ([a-z ]+) \| (.*) \|$", re.MULTILINE)
NAMED = re.compile(r"`(?:tests/)?((?:[\w/]+/)?test_\w+\.py::\w+)`")
# How many requirements each level has in 5.0.0.
OF_LEVEL = {"1": 70, "2": 183}


def rows() -> list[tuple[str, ...]]:
    return ROW.findall(PAGE)


def test_every_test_that_the_table_names_exists() -> None:
    named = set(NAMED.findall(PAGE))
    assert len(named) > 50
    assert named <= tests_there_are(), sorted(named - tests_there_are())


def test_every_requirement_stands_there_once() -> None:
    numbers = [row[0] for row in rows()]
    assert len(numbers) == len(set(numbers))
    assert Counter(row[1] for row in rows()) == OF_LEVEL
    # No line of the table is written so that it is not read.
    assert len(numbers) == len(re.findall(r"^\| \d", PAGE, re.MULTILINE))


def test_what_applies_is_shown_and_what_does_not_says_why() -> None:
    for number, _, words, stands, shown in rows():
        assert stands in ("applies", "does not apply", "gap"), number
        assert words.strip() and len(shown.strip()) > 3, number


def test_the_counts_are_those_of_the_table() -> None:
    by_tests = sum(
        stands == "applies" and bool(NAMED.search(shown)) for *_, stands, shown in rows()
    )
    stand = Counter(row[3] for row in rows())
    told = (
        f"{by_tests} are shown by tests, {stand['applies'] - by_tests} by a page or by the code "
        f"that is named, {stand['does not apply']} do not apply, and {stand['gap']} are gaps"
    )
    assert told in " ".join(PAGE.split())
