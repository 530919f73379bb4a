"""A practitioner's own words, and the indicators that they bring to mind.

It finds and never judges: it hides nothing, chooses nothing, and keeps nothing of what was
typed. Every indicator has everyday sayings beside its wording (data of the edition). A text is
cut into sentences and clauses; each is compared by its meaning with all of these, in two ways
that are then joined:

- how like it is to the saying of an indicator that is most like it, and
- how likely an indicator is by all its sayings together, with the directions in which
  sayings of one indicator differ from each other counting less (linear discriminants).

Figures, and what each part adds, are in docs/decisions/0009.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import distance, process

from thresholds import phrases
from thresholds.guidance import Guidance, Indicator
from thresholds.phrases import Part
from thresholds.sentences import Array, Encoded, Rounded, encoder, joined

# How sharply likeness counts, of the two kinds.
WARMTH = np.float32(0.08)
SHARPNESS = np.float32(0.45)
SHRINKAGE = np.float32(0.2)
# Many parts that point at an indicator count for more than one, but not for their sum.
GATHERING = np.float32(0.75)
CLAUSE_WEIGHT = np.float32(0.5)
# A long text is read to here: as many words as anybody types in ten minutes, and to spare.
LONGEST_TEXT = 20_000
# And to here, in the pieces of words that the model reads one by one, each for about a
# thousandth of a second. Only a text that is made to take long has more of them.
MOST_TOKENS = 6_000
MARKED_WORDS = 4
LITTLE_WORDS = """
a an and are as at be been being but by for from had has have he her hers him his i if in is it its
me my of on or our she so that the their them they this to up us was we were who with you your
very really just also when then there about would will can
"""
SMALL_WORDS = frozenset(LITTLE_WORDS.split())


@dataclass(frozen=True)
class Found:
    """An indicator that a text brings to mind.

    `score` orders what was found, and means nothing more. `pieces` is the part of the text that
    is most like it, cut into pairs of words and whether they are marked.
    """

    indicator: Indicator
    score: float
    pieces: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Answer:
    """What was found, best first, and the parts that say of a harm that it is not there."""

    found: tuple[Found, ...] = ()
    left_out: tuple[str, ...] = ()


Told = tuple[Part, Encoded]
Span = tuple[int, int]


class Finder:
    """Finds the indicators of one edition.

    `vectors` are the meanings of `texts_of(guidance)`, row by row, of length 1.
    """

    def __init__(self, guidance: Guidance, vectors: Rounded) -> None:
        self.guidance = guidance
        self.vectors = vectors
        counts = [1 + len(sign.sayings) for sign in guidance.indicators]
        self.owners = np.repeat(np.arange(len(counts)), counts)
        self.starts = np.concatenate([[0], np.cumsum(counts)])
        self.weights, self.bias = _discriminants(vectors.whole(), self.owners, len(counts))
        self.words = _words(texts_of(guidance))

    def find(self, text: str, limit: int = 15) -> Answer:
        """Return what `text` brings to mind. Nothing of it is kept."""
        typed = text[:LONGEST_TEXT]
        read = self._mended(typed)
        sentences, left_out = _told(phrases.sentences(read))
        as_typed = _Typed(typed, read)
        answer = Answer(left_out=tuple(as_typed.quoted(part) for part in left_out))
        if not sentences or not self.guidance.indicators:
            return answer
        parts = _parts(sentences)
        likely = self._likely(parts)
        score = _gathered(parts, likely)
        found = []
        for row in _best_first(score)[:limit]:
            part, encoded = _told_by(row, parts, likely)
            pieces = as_typed.marked(part, encoded.shares @ self._saying(row, encoded), encoded)
            found.append(Found(self.guidance.indicators[row], float(score[row]), pieces))
        return replace(answer, found=tuple(found))

    def ranked(self, text: str) -> list[Indicator]:
        """Return every indicator in the order in which `find` finds them; none for no text."""
        sentences, _ = _told(phrases.sentences(self._mended(text[:LONGEST_TEXT])))
        if not sentences or not self.guidance.indicators:
            return []
        parts = _parts(sentences)
        order = _best_first(_gathered(parts, self._likely(parts)))
        return [self.guidance.indicators[row] for row in order]

    def _likely(self, parts: list[Told]) -> Array:
        """Return how likely each indicator is for each part of a text.

        Shape (parts, indicators); each row's sum is 1.
        """
        meanings = np.stack([encoded.meaning for _, encoded in parts])
        nearest = np.maximum.reduceat(self.vectors.like(meanings), self.starts[:-1], axis=1)
        by_sayings = _log_shares(nearest / WARMTH)
        by_all = _log_shares((meanings @ self.weights + self.bias) * SHARPNESS)
        return np.exp(_log_shares((by_sayings + by_all) / 2))

    def _saying(self, row: int, encoded: Encoded) -> Array:
        """Return the vector of the indicator's saying that is most like a part of the text."""
        own = self.vectors[self.starts[row] : self.starts[row + 1]].whole()
        return np.asarray(own[int(np.argmax(own @ encoded.meaning))])

    def _mended(self, text: str) -> str:
        return phrases.mended(text, encoder().knows, self._nearest)

    def _nearest(self, word: str) -> str:
        """Return the word of the guidance or its sayings that was meant, or ""."""
        allowed = 1 if len(word) < 7 else 2
        match = process.extractOne(
            word, self.words, scorer=distance.OSA.distance, score_cutoff=allowed
        )
        return str(match[0]) if match else ""


def texts_of(guidance: Guidance) -> list[str]:
    """Return the texts that the finder compares with: each wording, then its sayings."""
    return [text for sign in guidance.indicators for text in (sign.text, *sign.sayings)]


def _told(sentences: list[Part]) -> tuple[list[Part], list[Part]]:
    """Return the sentences to look for, and the parts that deny a harm.

    Of a sentence that denies one harm and tells of something else, the other clauses stay.
    """
    told: list[Part] = []
    left_out: list[Part] = []
    for sentence in sentences:
        if not phrases.denies_harm(sentence.text):
            told.append(sentence)
            continue
        clauses = phrases.clauses(sentence)
        denied = [part for part in clauses if phrases.denies_harm(part.text)] or [sentence]
        left_out += denied
        # What is left of it stands for the whole.
        told += [replace(part, whole=True) for part in clauses if part not in denied]
    return told, left_out


def _parts(sentences: list[Part]) -> list[Told]:
    """Return every sentence and each of its clauses with its meaning.

    Only clauses are encoded: one that is read for itself is not coloured by its neighbours, and
    a sentence means what they do together.
    """
    clauses = _readable([phrases.clauses(sentence) or [sentence] for sentence in sentences])
    encoded = iter(encoder().encode([part.text for own in clauses for part in own]))
    parts: list[Told] = []
    for sentence, own in zip(sentences, clauses, strict=False):
        told = [(part, next(encoded)) for part in own]
        parts += told
        if len(told) > 1:
            at = [(part.start - sentence.start, meaning) for part, meaning in told]
            parts.append((sentence, joined(at)))
    return parts


def _readable(clauses: list[list[Part]]) -> list[list[Part]]:
    """Return the clauses, sentence by sentence, as far as a text is read: MOST_TOKENS."""
    sizes = iter(encoder().sizes([part.text for own in clauses for part in own]))
    left = MOST_TOKENS
    found: list[list[Part]] = []
    for own in clauses:
        read = [part for part in own if (left := left - next(sizes)) >= 0]
        if not read:
            break
        found.append(read)
    return found


def _gathered(parts: list[Told], likely: Array) -> Array:
    """Return the score of each indicator over all parts of the text: together 1."""
    weights = np.array([1 if part.whole else CLAUSE_WEIGHT for part, _ in parts], np.float32)
    score = weights @ likely**GATHERING
    return np.asarray(score / score.sum(), np.float32)


def _best_first(score: Array) -> list[int]:
    return [int(row) for row in np.argsort(-score, kind="stable")]


def _told_by(row: int, parts: list[Told], likely: Array) -> Told:
    """Return the part that speaks most for an indicator: of two alike, the shorter."""
    best = max(range(len(parts)), key=lambda n: (likely[n, row], not parts[n][0].whole))
    return parts[best]


def _discriminants(vectors: Array, owners: NDArray[np.int64], count: int) -> tuple[Array, Array]:
    """Return the weights (384, indicators) and bias of the discriminants of these sayings."""
    if not count:
        return np.zeros((vectors.shape[1], 0), np.float32), np.zeros(0, np.float32)
    means = np.stack([vectors[owners == row].mean(0) for row in range(count)])
    apart = vectors - means[owners]
    spread = apart.T @ apart / len(vectors)
    width = len(spread)
    even = np.trace(spread) / width or np.float32(1)
    spread = (1 - SHRINKAGE) * spread + SHRINKAGE * even * np.eye(width, dtype=np.float32)
    weights = np.linalg.solve(spread, means.T).astype(np.float32)
    return weights, -(means.T * weights).sum(0) / 2


def _log_shares(rows: NDArray[np.floating]) -> Array:
    """Return the logarithm of the softmax of each row."""
    rows = rows - rows.max(1, keepdims=True)
    return np.asarray(rows - np.log(np.exp(rows).sum(1, keepdims=True)), np.float32)


def _words(texts: Sequence[str]) -> list[str]:
    found = {word.casefold() for text in texts for word in phrases.WORD.findall(text)}
    return sorted(word for word in found if len(word) > 3 and word.isalpha())


class _Typed:
    """A text as typed, beside the mended one that is read. Mending moves no word."""

    def __init__(self, typed: str, read: str) -> None:
        self.typed = typed
        words = zip(phrases.WORD.finditer(typed), phrases.WORD.finditer(read), strict=True)
        self.words = [(was.span(), now.span()) for was, now in words]

    def words_of(self, part: Part) -> list[tuple[Span, Span]]:
        """Return where each word of a part stands: as typed, and within the part."""
        return [
            (was, (start - part.start, end - part.start))
            for was, (start, end) in self.words
            if part.start <= start < part.end
        ]

    def quoted(self, part: Part) -> str:
        words = self.words_of(part)
        return self.typed[words[0][0][0] : words[-1][0][1]]

    def marked(
        self, part: Part, shares: NDArray[np.float32], encoded: Encoded
    ) -> tuple[tuple[str, bool], ...]:
        """Return a part as typed, cut so that the words that carry the likeness are marked.

        `shares` say how much each token adds to it. A word adds what its tokens do.
        """
        words = self.words_of(part)
        adds: dict[Span, float] = {}
        for was, now in words:
            if self.typed[slice(*was)].casefold() not in SMALL_WORDS:
                inside = [now[0] <= start < end <= now[1] for start, end in encoded.spans]
                adds[was] = float(shares[inside].sum())
        at, end_of_part = words[0][0][0], words[-1][0][1]
        pieces: list[tuple[str, bool]] = []
        for start, end in sorted(sorted(adds, key=lambda span: -adds[span])[:MARKED_WORDS]):
            pieces += [(self.typed[at:start], False), (self.typed[start:end], True)]
            at = end
        pieces.append((self.typed[at:end_of_part], False))
        return tuple(piece for piece in pieces if piece[0])
