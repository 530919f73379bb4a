"""The finder of an edition, and the vectors that it needs, kept with the edition.

To encode all sayings of an edition takes half a minute, so their vectors are kept: those of
the shipped edition in a file beside its fixtures, those of any edition in the database. A
text is known by its digest: only what was reworded is encoded again.
"""

import io
from hashlib import blake2b
from pathlib import Path

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from thresholds import models as m
from thresholds.guidance import Guidance
from thresholds.load import load
from thresholds.search import Answer, Finder, texts_of
from thresholds.sentences import WIDTH, Array, encoder

SUFFIX = "-vectors.npz"
DIGEST = 16
# A number of a vector as a whole number of this many steps to its greatest.
STEPS = 127

_kept: dict[int, tuple[Guidance, Finder]] = {}


def find(text: str, edition: m.Edition, limit: int = 15) -> Answer:
    """Return the indicators of `edition` that a text brings to mind. Nothing of it is kept."""
    return finder_of(edition).find(text, limit)


def finder_of(edition: m.Edition) -> Finder:
    """Return the finder of an edition, from memory unless the edition is another by now."""
    guidance = load(edition)
    kept = _kept.get(edition.pk)
    if kept is None or (kept[0] is not guidance and kept[0] != guidance):
        kept = guidance, Finder(guidance, _known(edition).vectors_of(texts_of(guidance)))
        _kept[edition.pk] = kept
    return kept[1]


def forget() -> None:
    """Drop every finder from memory. Tests need it: each has a database of its own."""
    _kept.clear()


def refresh(edition: m.Edition) -> None:
    """Keep the vectors of all texts of an edition, encoding those that no edition had."""
    guidance = load(edition)
    known = _shipped(edition.slug)
    for index in m.FinderIndex.objects.filter(edition__partnership=edition.partnership_id):
        known.take(bytes(index.vectors))
    written = as_bytes(guidance, known.vectors_of(texts_of(guidance)))
    m.FinderIndex.objects.update_or_create(edition=edition, defaults={"vectors": written})


class Known:
    """Vectors that are kept, by the digests of their texts. They stay small until asked for."""

    def __init__(self, content: bytes = b"") -> None:
        self.places: dict[bytes, int] = {}
        self.rows: NDArray[np.int8] = np.zeros((0, WIDTH), np.int8)
        self.scales: Array = np.zeros((0, 1), np.float32)
        if content:
            self.take(content)

    def take(self, content: bytes) -> None:
        """Learn what a file of vectors holds."""
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            first = len(self.rows)
            digests = (digest.tobytes() for digest in arrays["digests"])
            self.places |= {digest: first + row for row, digest in enumerate(digests)}
            self.rows = np.concatenate([self.rows, arrays["rows"]])
            self.scales = np.concatenate([self.scales, arrays["scales"]])

    def vectors_of(self, texts: list[str]) -> Array:
        """Return the vectors of these texts, in their order. What is not known is encoded."""
        places = [self.places.get(digest_of(text), -1) for text in texts]
        vectors = np.zeros((len(texts), WIDTH), np.float32)
        known = [row for row, place in enumerate(places) if place >= 0]
        if known:
            at = [places[row] for row in known]
            vectors[known] = self.rows[at] * self.scales[at]
        new = [row for row, place in enumerate(places) if place < 0]
        if new:
            vectors[new] = encoder().meanings([texts[row] for row in new])
        return vectors


def as_bytes(guidance: Guidance, vectors: Array) -> bytes:
    """Return the vectors of an edition as a file of NumPy: digests, scales and whole numbers."""
    scales = np.abs(vectors).max(1, keepdims=True, initial=1e-9) / STEPS
    digests = np.frombuffer(b"".join(digest_of(text) for text in texts_of(guidance)), np.uint8)
    buffer = io.BytesIO()
    np.savez(
        buffer,
        digests=digests.reshape(-1, DIGEST),
        scales=scales.astype(np.float32),
        rows=np.rint(vectors / scales).astype(np.int8),
    )
    return buffer.getvalue()


def _known(edition: m.Edition) -> Known:
    index = m.FinderIndex.objects.filter(edition=edition).first()
    return Known(bytes(index.vectors)) if index else _shipped(edition.slug)


def _shipped(slug: str) -> Known:
    path = Path(settings.BASE_DIR) / "fixtures" / f"{slug}{SUFFIX}"
    return Known(path.read_bytes() if path.exists() else b"")


def digest_of(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=DIGEST).digest()
