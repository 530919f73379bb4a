"""The source documents as one line of text, read without help from the fixtures.

The fixtures are compared with this reading, so nothing here may be derived from them.
The documents lie beside the repository and are not part of it.
"""

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

SHARED = Path(__file__).resolve().parents[2] / "shared"
DDSCP = SHARED / "seeds" / "001_b50f77bfdd89b401.txt"
WARWICKSHIRE = SHARED / "seeds" / "000_b753beb2a99259ad.txt"
CASES = SHARED / "cases"

DOMAIN_HEADINGS = (
    "Health",
    "Emotional/Behavioural development",
    "Identity and self-esteem",
    "Family and social relationships",
    "Basic care, ensuring safety and protection",
    "Housing, work and income",
    "Social and community integration",
    "Education and Learning",
    "Specific issues",
)
TABLE_HEADING = "Levels and Referral Routes Needs Suggested Services Outcome"
BULLETS = ("•", "\uf0b7")


class PrintedIndicator(NamedTuple):
    level: int
    heading: str
    text: str


def mend(text: str) -> str:
    """Join lines, without a space after a hyphen or a slash that ends one.

    A slash with a space before it, as in "checks / immunisations", keeps both spaces.
    """
    text = re.sub(r"(?<=\w)-[ ]*\n\s*", "-", text)
    text = re.sub(r"(?<=\S)/[ ]*\n\s*", "/", text)
    return re.sub(r"\s+", " ", text).strip()


def between(text: str, start: str, end: str) -> str:
    """The text from the last `start` to the next `end`."""
    return text.rpartition(start)[2].partition(end)[0]


def printed_indicators(source: str) -> list[PrintedIndicator]:
    """Every indicator of Appendix 3, in printed order, with its level and domain heading."""
    table = between(source, "Threshold Indicators of Possible Need Table", "Appendix 4:")
    table = table.partition("Derby and Derbyshire Safeguarding Children Partnership")[0]
    _, *chunks = re.split(r"Level (\d) – ", table)
    levels = zip(map(int, chunks[::2]), chunks[1::2], strict=True)
    return [row for level, chunk in levels for row in indicators_of_level(level, chunk)]


def indicators_of_level(level: int, chunk: str) -> list[PrintedIndicator]:
    headings = "|".join(re.escape(heading) for heading in DOMAIN_HEADINGS)
    _, *parts = re.split(rf"(?i)\b({headings})(?= •)", chunk)
    domains = zip(parts[::2], parts[1::2], strict=True)
    return [
        PrintedIndicator(level, heading, text.strip())
        for heading, bullets in domains
        for text in bullets.split("•")[1:]
    ]


def table_of_level(source: str, heading: str, next_heading: str) -> str:
    """What the Section 5 table prints under one level, page headings included."""
    table = between(source, "5. Threshold Table", "6. Next steps")
    return table.partition(f" {heading} ")[2].partition(f" {next_heading} ")[0]


def words_of(text: str) -> Counter[str]:
    """Every printed word, without web addresses, page headings and the marks of a list."""
    text = re.sub(r"https?://\S+", "", text.replace(TABLE_HEADING, ""))
    return Counter(word for word in text.split() if word not in BULLETS)


def is_printed(text: str, source: str) -> bool:
    """Whether the source prints the text in one piece."""
    return text in source


def runs_over_a_page(text: str, table: str) -> bool:
    """Whether the text begins on one page of the table and ends on the next."""
    pages = table.split(TABLE_HEADING)
    words = text.split(" ")
    halves = [(" ".join(words[:i]), " ".join(words[i:])) for i in range(1, len(words))]
    return any(
        first in page and second in following
        for page, following in pairwise(pages)
        for first, second in halves
    )
