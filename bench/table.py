"""What was measured beside what it should be, as a table to read."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


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


def show(title: str, lines: Sequence[Line]) -> None:
    print(f"\n{title}", *lines, sep="\n", flush=True)
