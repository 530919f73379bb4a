"""manage.py evaluate_search FILE: how often the finder finds what people listed.

FILE is a JSON list. An entry with a `phrase` lists the `indicators` and `also_acceptable` that
are right, and any one of them is a hit. An entry with a `paraphrase`, the text of a whole case,
lists `indicators` of which as many as can be should be found. An indicator is known by its
`text`: the same wording at another level counts.
"""

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from thresholds.guidance import Guidance, Indicator
from thresholds.index import finder_of
from thresholds.open_pages import home

Case = dict[str, Any]
Ranked = Callable[[str], list[str]]
SOME, MORE, FOR_CASES = 5, 10, 15


class NotCases(Exception):
    """The file does not hold what can be evaluated; the text says what is wrong, and where."""


class Command(BaseCommand):
    help = "Prints recall@5, recall@10 and mean reciprocal rank of the finder on a file of phrases."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: object, file: Path, **options: object) -> None:
        shown = home()
        finder = finder_of(shown.edition)
        wordings = {one.code: wording(one) for one in shown.guidance.indicators}

        def ranked(text: str) -> list[str]:
            return [wordings[one.code] for one in finder.ranked(text)]

        try:
            figures = evaluate(read_cases(file), ranked, shown.guidance)
        except NotCases as problem:
            raise CommandError(f"{file.name}: {problem}", returncode=2) from None
        self.stdout.write(json.dumps(figures, indent=1))


def read_cases(file: Path) -> list[Case]:
    """Return the entries of a file. Raises NotCases."""
    try:
        cases = json.loads(file.read_text(encoding="utf-8"))
    except OSError as problem:
        raise NotCases(f"cannot be read: {problem.strerror}.") from None
    except (ValueError, RecursionError):
        raise NotCases("is not JSON in UTF-8.") from None
    if not isinstance(cases, list) or not cases or not all(isinstance(c, dict) for c in cases):
        raise NotCases("must hold a JSON list of phrases or cases.")
    return cases


def evaluate(cases: list[Case], ranked: Ranked, guidance: Guidance) -> dict[str, float]:
    """Return the figures for the phrases and for the whole cases among `cases`."""
    known = {folded(one.text): wording(one) for one in guidance.indicators}
    figures: dict[str, float] = {}
    ranks: list[float] = []
    listed: list[bool] = []
    for number, case in enumerate(cases, start=1):
        text = case.get("phrase") or case.get("paraphrase")
        if not isinstance(text, str) or not text.strip():
            raise NotCases(f"entry {number} has no phrase and no paraphrase.")
        right = _right(case, number, known, "indicators")
        found = ranked(text)
        if "phrase" in case:
            right |= _right(case, number, known, "also_acceptable")
            ranks.append(next((n for n, one in enumerate(found, 1) if one in right), 0))
        else:
            listed += [one in found[:FOR_CASES] for one in right]
    if ranks:
        figures |= {
            "phrases": len(ranks),
            f"recall@{SOME}": _share(0 < rank <= SOME for rank in ranks),
            f"recall@{MORE}": _share(0 < rank <= MORE for rank in ranks),
            "mean_reciprocal_rank": round(sum(1 / r for r in ranks if r) / len(ranks), 4),
        }
    if listed:
        figures |= {"listed": len(listed), f"found@{FOR_CASES}": _share(listed)}
    return figures


def _right(case: Case, number: int, known: dict[str, str], key: str) -> set[str]:
    """Return the wordings that an entry lists. Raises NotCases for one that is not printed."""
    rows = case.get(key) or []
    try:
        return {known[folded(row["text"])] for row in rows}
    except KeyError as problem:
        raise NotCases(f"entry {number}: no indicator is worded {problem}.") from None
    except (TypeError, AttributeError):
        raise NotCases(f"entry {number}: {key} must be a list of texts.") from None


def wording(indicator: Indicator) -> str:
    """Return what is the same for one wording that is printed at several levels."""
    return indicator.shared_key or folded(indicator.text)


def folded(text: str) -> str:
    """Return a text for comparing: its letters and digits alone."""
    return re.sub(r"[\W_]+", "", text).casefold()


def _share(hits: Iterable[bool]) -> float:
    kept = list(hits)
    return round(sum(kept) / len(kept), 4)
