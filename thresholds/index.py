"""The finder of an edition, and the vectors that it needs.

To encode all sayings of an edition takes half a minute, so vectors are kept: those of the
shipped edition in a file beside its fixtures, those of any edition in the database. A text is
known by its digest, whichever edition had it first, so that a draft needs none of its own and
only what was reworded is encoded.

No request encodes very many. Sayings that are left over take no part in the finding yet: the
next requests encode more of them, and `manage.py index_sayings` all.
"""

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from thresholds import models as m
from thresholds.guidance import Guidance
from thresholds.lately import Lately
from thresholds.load import load
from thresholds.search import Answer, Finder, texts_of
from thresholds.sentences import WIDTH, Rounded, encoder

SUFFIX = "-vectors.npz"
DIGEST = 16
# A number of a vector as a whole number of this many steps to its greatest.
STEPS = 127
# Finders in memory: of ten thousand texts, each takes 6 MB.
FINDERS = 4
# So many texts are encoded in a second; and in the time for which an editor may wait.
A_SECOND, IN_AN_ACTION = 200, 1000
# Vectors of what was encoded in requests: 8 MB.
LEARNT = 20_000

Digest = bytes
# A vector in whole numbers, and the size of a step.
Kept = tuple[NDArray[np.int8], np.float32]
Known = dict[Digest, Kept]
Tell = Callable[[int, int], None]

_finders: Lately[tuple[Guidance, Finder, bool]] = Lately(FINDERS)
_learnt: Lately[Kept] = Lately(LEARNT)


def find(text: str, edition: m.Edition, limit: int = 15) -> Answer:
    """Return the indicators of `edition` that a text brings to mind. Nothing of it is kept."""
    return finder_of(edition).find(text, limit)


def finder_of(edition: m.Edition) -> Finder:
    """Return the finder of an edition, from memory unless the edition is another by now.

    Of sayings that nobody has encoded yet, only as many take part as are encoded in a second.
    """
    guidance = load(edition)
    kept = _finders.get(edition.pk)
    if kept and kept[2] and (kept[0] is guidance or kept[0] == guidance):
        return kept[1]
    texts = texts_of(guidance)
    known = _known(texts, edition)
    wordings = [sign.text for sign in guidance.indicators]
    _encode([*wordings, *texts], known, most=max(A_SECOND, len(wordings)))
    told = _with_sayings_of(guidance, known)
    finder = Finder(told, vectors_of(texts_of(told), known))
    _finders.put(edition.pk, (guidance, finder, told is guidance))
    return finder


def forget() -> None:
    """Drop every finder from memory. Tests need it: each has a database of its own."""
    _finders.clear()
    _learnt.clear()


def refresh(
    edition: m.Edition, most: int | None = None, tell: Tell = lambda done, total: None
) -> int:
    """Keep the vectors of the texts of an edition, encoding those that no edition had.

    At most `most` are encoded. Returns how many are left over. `tell` hears how many of how many
    are encoded. To encode takes long: what others wait for is not locked meanwhile.
    """
    texts = list(dict.fromkeys(texts_of(load(edition))))
    known = _known(texts, edition)
    _encode(texts, known, most, tell)
    there = [text for text in texts if digest_of(text) in known]
    m.FinderIndex.objects.update_or_create(
        edition=edition, defaults={"vectors": as_bytes(there, known)}
    )
    return len(texts) - len(there)


def read(content: bytes) -> Known:
    """Return the vectors of a file, none of one that is damaged: they can be made again."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            digests, rows, scales = (arrays[name] for name in ("digests", "rows", "scales"))
    except (BadZipFile, EOFError, KeyError, OSError, ValueError):
        return {}
    return {
        digest.tobytes(): (row, scale[0])
        for digest, row, scale in zip(digests, rows, scales, strict=True)
    }


def as_bytes(texts: Iterable[str], known: Known) -> bytes:
    """Return the vectors of these texts as a file of NumPy: digests, scales and whole numbers."""
    digests = [digest_of(text) for text in texts]
    buffer = io.BytesIO()
    np.savez(
        buffer,
        digests=np.frombuffer(b"".join(digests), np.uint8).reshape(-1, DIGEST),
        scales=np.array([known[digest][1] for digest in digests], np.float32).reshape(-1, 1),
        rows=np.array([known[digest][0] for digest in digests], np.int8).reshape(-1, WIDTH),
    )
    return buffer.getvalue()


def vectors_of(texts: list[str], known: Known) -> Rounded:
    """Return the vectors of texts that are known, in their order."""
    found = [known[digest_of(text)] for text in texts]
    rows = np.array([row for row, _ in found], np.int8).reshape(-1, WIDTH)
    return Rounded(rows, np.array([step for _, step in found], np.float32))


def digest_of(text: str) -> Digest:
    return blake2b(text.encode(), digest_size=DIGEST).digest()


def _known(texts: Iterable[str], edition: m.Edition) -> Known:
    """Return what is known of these texts, looking no further than it has to."""
    wanted = {digest_of(text) for text in texts}
    known: Known = {}
    for found in _sources(edition, wanted):
        known |= {digest: kept for digest, kept in found.items() if digest in wanted}
        if len(known) == len(wanted):
            break
    return known


def _sources(edition: m.Edition, wanted: Iterable[Digest]) -> Iterator[Known]:
    """Yield what is kept: by the edition, by that which it is based on, and by others."""
    indexes = m.FinderIndex.objects.filter(edition__partnership=edition.partnership_id)
    keys = indexes.values_list("edition_id", flat=True)
    first = (edition.pk, edition.based_on_id)
    for key in sorted(keys, key=lambda key: (key != first[0], key != first[1], -key)):
        for vectors in indexes.filter(edition=key).values_list("vectors", flat=True):
            yield read(bytes(vectors))
    for path in sorted(Path(settings.BASE_DIR, "fixtures").glob(f"*{SUFFIX}")):
        yield read(path.read_bytes())
    yield {digest: kept for digest in wanted if (kept := _learnt.get(digest))}


def _encode(
    texts: Iterable[str],
    known: Known,
    most: int | None = None,
    tell: Tell = lambda done, total: None,
) -> None:
    """Encode those texts that are not known, the first `most` of them, and know them."""
    new = {text: digest for text in texts if (digest := digest_of(text)) not in known}
    todo = list(new)[:most]
    for start in range(0, len(todo), A_SECOND):
        some = todo[start : start + A_SECOND]
        vectors = encoder().meanings(some)
        scales = (np.abs(vectors).max(1, keepdims=True) / STEPS).astype(np.float32)
        rows = np.rint(vectors / scales).astype(np.int8)
        for text, row, scale in zip(some, rows, scales, strict=True):
            known[new[text]] = _learnt.put(new[text], (row, scale[0]))
        tell(start + len(some), len(todo))


def _with_sayings_of(guidance: Guidance, known: Known) -> Guidance:
    """Return the guidance without the sayings that are not known, itself where all are."""
    signs = tuple(
        replace(sign, sayings=tuple(s for s in sign.sayings if digest_of(s) in known))
        for sign in guidance.indicators
    )
    return guidance if signs == guidance.indicators else replace(guidance, indicators=signs)
