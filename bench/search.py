"""The finder's figures: how well it finds, what each part of it adds, and what it costs.

    make bench-search

The phrases and cases are those in tests/search, and the public ones where they are beside the
project. Nothing here is a test: a machine's speed swings.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

import django  # noqa: E402

django.setup()

from thresholds import load, phrases, search  # noqa: E402
from thresholds.guidance import Guidance  # noqa: E402
from thresholds.models import Edition  # noqa: E402

EDITION = "ddscp-2019-12"
FOLDS = 5
FILES = [
    ROOT / "tests" / "search" / "phrases.json",
    ROOT / "tests" / "search" / "cases.json",
    ROOT.parent / "shared" / "cases" / "phrases.json",
    ROOT.parent / "shared" / "cases" / "vignettes.json",
]


def megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def milliseconds(work: Callable[[], object], times: int) -> str:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    taken.sort()
    return f"{statistics.median(taken):6.0f} ms (p95 {taken[int(len(taken) * 0.95)]:.0f})"


def costs() -> search.Finder:
    """Print what it costs a process to have the finder, and to use it."""
    edition = Edition.objects.select_related("partnership").get(slug=EDITION)
    guidance = load.load(edition)
    before, began = megabytes(), time.perf_counter()
    from thresholds import index
    from thresholds.sentences import encoder

    finder = index.finder_of(edition)
    encoder()
    print(f"start-up              {(time.perf_counter() - began) * 1000:6.0f} ms")
    began = time.perf_counter()
    finder.find("He comes in hungry")
    print(f"very first result     {(time.perf_counter() - began) * 1000:6.0f} ms")
    sentence = "mum is drinking a lot and he comes in hungry and dirty"
    sayings = [saying for sign in guidance.indicators[::9] for saying in sign.sayings[::5]]
    text = " ".join(f"{saying}.".replace("..", ".") for saying in sayings)
    text = " ".join(text.split()[:500])
    print(f"a sentence            {milliseconds(lambda: finder.find(sentence), 60)}")
    print(f"a text of 500 words   {milliseconds(lambda: finder.find(text), 20)}")
    print(f"memory added          {megabytes() - before:6.0f} MB")
    return finder


class NearestOnly(search.Finder):
    def _likely(self, parts: list[search.Told]) -> search.Array:
        self.weights, self.bias = self.weights * 0, self.bias * 0
        return alone(super()._likely(parts))


class DiscriminantsOnly(search.Finder):
    def _likely(self, parts: list[search.Told]) -> search.Array:
        with patch.object(search, "WARMTH", search.np.float32(1e6)):
            return alone(super()._likely(parts))


def alone(likely: search.Array) -> search.Array:
    """Return what one of the two ways says: the finder takes the root of each."""
    return likely**2 / (likely**2).sum(1, keepdims=True)


class AsTyped(search.Finder):
    def _mended(self, text: str) -> str:
        return text


def figures(finder: search.Finder) -> str:
    """Return recall@5, recall@10 and reciprocal rank of phrases, and what is found of cases."""
    from thresholds.management.commands.evaluate_search import evaluate, read_cases, wording

    def ranked(text: str) -> list[str]:
        return [wording(one) for one in finder.ranked(text)]

    told = []
    for file in FILES:
        if file.exists():
            found = evaluate(read_cases(file), ranked, finder.guidance)
            told.append(" ".join(f"{v:.3f}" for v in found.values() if v <= 1))
    return " | ".join(told)


def ablation(finder: search.Finder) -> None:
    """Print what is left without each part."""
    guidance, vectors = finder.guidance, finder.vectors
    bare = replace(
        guidance, indicators=tuple(replace(one, sayings=()) for one in guidance.indicators)
    )
    half, rows = halved(guidance, finder)
    print("\nr@5 r@10 MRR of our phrases | found@15 of our cases | the same of the public ones")
    print(f"wordings alone      {figures(search.Finder(bare, vectors[finder.starts[:-1]]))}")
    print(f"half of the sayings {figures(search.Finder(half, vectors[rows]))}")
    print(f"nearest saying only {figures(NearestOnly(guidance, vectors))}")
    print(f"discriminants only  {figures(DiscriminantsOnly(guidance, vectors))}")
    with patch.object(phrases, "clauses", lambda sentence: []):
        print(f"no clauses          {figures(finder)}")
    with patch.object(phrases, "denies_harm", lambda text: False):
        print(f"denials kept        {figures(finder)}")
    print(f"nothing mended      {figures(AsTyped(guidance, vectors))}")
    print(f"the finder          {figures(finder)}")


def halved(guidance: Guidance, finder: search.Finder) -> tuple[Guidance, list[int]]:
    """Return the guidance with every second saying, and the rows of its vectors."""
    return kept(guidance, finder, lambda number: number % 2 == 0)


def kept(
    guidance: Guidance, finder: search.Finder, keep: Callable[[int], bool]
) -> tuple[Guidance, list[int]]:
    indicators, rows = [], []
    for place, one in enumerate(guidance.indicators):
        numbers = [number for number in range(len(one.sayings)) if keep(number)]
        indicators.append(replace(one, sayings=tuple(one.sayings[n] for n in numbers)))
        first = int(finder.starts[place])
        rows += [first, *(first + 1 + number for number in numbers)]
    return replace(guidance, indicators=tuple(indicators)), rows


def cross_validation(finder: search.Finder) -> None:
    """Print how often a saying that the finder has not seen finds its own indicator."""
    from thresholds.management.commands.evaluate_search import wording

    ranks = []
    for fold in range(FOLDS):
        seen, rows = kept(finder.guidance, finder, lambda n, fold=fold: n % FOLDS != fold)
        other = search.Finder(seen, finder.vectors[rows])
        for place, one in enumerate(finder.guidance.indicators):
            for saying in one.sayings[fold :: FOLDS * 4]:
                found = [wording(sign) for sign in other.ranked(saying)]
                own = wording(finder.guidance.indicators[place])
                # A saying that only denies a harm finds nothing.
                ranks.append(found.index(own) + 1 if own in found else len(found) + 1000)
    shares = [sum(rank <= most for rank in ranks) / len(ranks) for most in (1, 5, 10)]
    print(f"\n{FOLDS}-fold cross-validation, {len(ranks)} sayings held out, own indicator only:")
    print("r@1 {:.3f}, r@5 {:.3f}, r@10 {:.3f}".format(*shares))


if __name__ == "__main__":
    finder = costs()
    ablation(finder)
    cross_validation(finder)
