"""What was measured beside what it should be, as a table to read."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def p50(values: Sequence[float]) -> float:
    return statistics.median(values)


def p95(values: Sequence[float]) -> float:
    return percentile(values, 0.95)


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


@dataclass(frozen=True)
class Line:
    """`value` is held to `goal`, the most that it should be. Both are ratios, or in `unit`."""

    what: str
    value: float
    goal: float | None
    unit: str = "×"
    beside: str = ""

    def __str__(self) -> str:
        met = "" if self.goal is None else "met" if self.value <= self.goal else "NOT MET"
        goal = "" if self.goal is None else f"≤ {_shown(self.goal)} {self.unit}"
        value = f"{_shown(self.value)} {self.unit}"
        return f"{self.what:<46} {value:>12}  {goal:>13}  {met:<8} {self.beside}".rstrip()


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"


def ratio(what: str, ours: float, reference: float, goal: float | None) -> Line:
    """Return a line for a ratio, with both figures beside it."""
    return Line(what, ours / reference, goal, beside=f"{ms(ours)} / {ms(reference)}")


@dataclass
class Report:
    """All lines of a run. `before` has the values of an earlier one, to stand beside them."""

    before: dict[str, float] = field(default_factory=dict)
    tables: dict[str, list[Line]] = field(default_factory=dict)

    def show(self, title: str, lines: Sequence[Line]) -> None:
        self.tables[title] = list(lines)
        print(f"\n{title}")
        for line in lines:
            was = self.before.get(line.what)
            print(f"{line}" if was is None else f"{line}  [before: {_shown(was)}]", flush=True)

    def keep(self, file: Path, **about: object) -> None:
        """Write all of it as JSON, with what there is to know about the run."""
        lines = [
            {"table": title, **asdict(line)}
            for title, lines in self.tables.items()
            for line in lines
        ]
        file.write_text(json.dumps({**about, "lines": lines}, ensure_ascii=False, indent=1) + "\n")


def values_in(file: Path) -> dict[str, float]:
    """Return the values that a run kept, by what they are. Raises SystemExit for another file."""
    try:
        return {line["what"]: line["value"] for line in json.loads(file.read_text())["lines"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"{file} holds no figures of a run: {error}") from None
