"""Hostile texts between marks, and whether a page shows each as the text that it is.

A mark says whose text it is and which: ⟦12.3:text⟧ is text 3 in place 12.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from tests.attack import Markup
from tests.hostile import ALL, LONG, as_read
from tests.test_attack_headers import inline_or_elsewhere

TEXTS = (*ALL, *LONG)
OPENING = re.compile(r"⟦(\d+)\.(\d+):([^⟦⟧]*)(⟧?)")
# Attributes that hold what somebody typed. In any other it would do something.
MAY_HOLD = {"value", "title", "alt", "aria-label", "label", "data-copy", "content", "placeholder"}


def marked(place: int, number: int) -> str:
    return f"⟦{place}.{number}:{TEXTS[number]}⟧"


@lru_cache(maxsize=20_000)  # the same texts stand on many pages
def letters(text: str) -> str:
    """Return a text without what lists may put between its lines, or marks between its words."""
    return re.sub(r"[\s.]", "", unicodedata.normalize("NFC", as_read(text)))


def all_marked(place: int) -> str:
    """Return all short texts, for where there is room."""
    return " ".join(marked(place, number) for number in range(len(ALL)))


def portions(place: int, room: int) -> list[str]:
    """Return all short texts in as few portions as fit in `room` characters each."""
    found = [""]
    for number in range(len(ALL)):
        text = marked(place, number)
        if len(found[-1]) + len(text) > room and found[-1]:
            found.append("")
        found[-1] += text
    return found


class Shown:
    """What was seen on pages: the texts by place, and what is wrong."""

    def __init__(self) -> None:
        self.seen: dict[int, set[int]] = {}
        self.problems: list[str] = []

    def page(self, where: str, html: str, whole: bool = True) -> None:
        """Take note of a page, where every text must be a text and nothing else.

        Not `whole` are the texts of a comparison, that shows what differs word by word.
        """
        markup = Markup(html)
        self.problems += [f"{where}: {what}" for what in inline_or_elsewhere(markup)]
        for tag, attributes in markup.elements:
            wrong = [name for name in (tag, *attributes) if "⟦" in name or "<" in name]
            wrong += [n for n, v in attributes.items() if "⟦" in v and n not in MAY_HOLD]
            self.problems += [f"{where}: typed into {name} of <{tag}>" for name in wrong]
        if any("⟦" in comment for comment in markup.comments):
            self.problems.append(f"{where}: typed into a comment")
        held = [v for _, attributes in markup.elements for v in attributes.values() if "⟦" in v]
        if whole:
            self.text(where, "\n".join(text for _, text in markup.texts), *held)
        told = len(re.findall(r"⟦\d+\.", html))
        found = sum(len(re.findall(r"⟦\d+\.", s)) for s in ([t for _, t in markup.texts] + held))
        if told != found:
            self.problems.append(f"{where}: {told - found} texts are neither text nor value")

    def text(self, where: str, *strings: str) -> None:
        """Take note of plain texts, such as an email or the cells of a file."""
        for string in strings:
            for place, number, text, end in OPENING.findall(string):
                wanted, got = letters(TEXTS[int(number)]), letters(text)
                # What is cut short ends with a mark; and the finder quotes sentences.
                got, _, cut = got.partition("…")
                whole = end and not cut and not where.endswith("/signs/")
                if end and got == wanted:
                    self.seen.setdefault(int(place), set()).add(int(number))
                elif whole or not wanted.startswith(got[:20]):
                    self.problems.append(f"{where}: text {number} is {got[:80]!r}")

    def lacks(self, places: Iterable[int]) -> Iterator[str]:
        """Yield the places of which not every short text was seen."""
        for place in places:
            missing = set(range(len(ALL))) - self.seen.get(place, set())
            if missing:
                yield f"{place}: {sorted(missing)}"
