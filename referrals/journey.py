"""The journey through a conversation: one fold over the ordered steps and saved answers.

Nothing about where a person is gets stored. An answer that an earlier change made stale
is left out by the fold, and comes back if the change is undone. So is one that was left
half written (`UNFINISHED`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from thresholds.guidance import Guidance

UNFINISHED = "unfinished"

Data = Mapping[str, object]
Answers = Mapping[str, Data]


class Step(Protocol):
    """One page of the journey. Both questions are put with what earlier steps answered."""

    slug: str

    def applies(self, known: Answers, guidance: Guidance) -> bool: ...

    def is_answered(self, data: Data, known: Answers, guidance: Guidance) -> bool: ...


@dataclass(frozen=True)
class Walk:
    """The steps that apply, what they were answered, and the first still to answer.

    `known` leaves out answers of steps that do not apply. `first_open` is empty when every
    step is answered.
    """

    slugs: tuple[str, ...]
    known: Answers
    first_open: str

    @property
    def is_complete(self) -> bool:
        return not self.first_open

    def is_open_to(self, slug: str) -> bool:
        """Say whether the step may be shown: it applies and all before it is answered."""
        if slug not in self.slugs:
            return False
        return self.is_complete or self.slugs.index(slug) <= self.slugs.index(self.first_open)

    def before(self, slug: str) -> str:
        """Return the step before `slug`, or "" for the first."""
        place = self.slugs.index(slug)
        return self.slugs[place - 1] if place else ""


def walk(steps: Sequence[Step], saved: Answers, guidance: Guidance) -> Walk:
    """Fold `saved` over `steps`, in order."""
    slugs: list[str] = []
    known: dict[str, Data] = {}
    first_open = ""
    for step in steps:
        if not step.applies(known, guidance):
            continue
        slugs.append(step.slug)
        data = saved.get(step.slug)
        finished = data is not None and not data.get(UNFINISHED)
        if data is not None and finished and step.is_answered(data, known, guidance):
            known[step.slug] = data
        elif not first_open:
            first_open = step.slug
    return Walk(tuple(slugs), known, first_open)
