"""Made-up texts as the portal indexes them: digests of words, as common and as rare as in life.

A practitioner's own words are drawn by Zipf's law: the n-th has 1/n of the chance of the first.
To them comes the name of a child, which may stand in one record of sixty or of a million, and
the frame: what the portal itself writes in every record. Each agency has digests of its own.

There are fewer texts than records. They are drawn from, so that a word is as common among the
records as among the texts; only names are as many as they would be.
"""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import numpy as np

from accounts.models import Agency
from referrals.finding import index_of, words_in
from referrals.models import Conversation
from referrals.summary import words_to_find

VOCABULARY, VOCABULARY_OF_SMALL = 5_000, 1_000
# Drawn for a text, with those that come twice: about 75 are different.
DRAWN = 100
TEXTS, TEXTS_OF_SMALL = 40_000, 200
NAMES, NAMES_OF_SMALL = 200_000, 200
# To look for, by how common they are: of a thousand records, about so many hold one of them.
COMMON, MIDDLING, LESS_COMMON = range(3, 12), range(90, 400), range(3_000, 5_000)


def word(rank: int) -> str:
    return f"word{rank}"


def name(rank: int) -> str:
    return f"name{rank}"


def names_of(number: int) -> int:
    """Return how many names there are in the large agency among `number` conversations."""
    return min(NAMES, max(5, number // 5))


def frame(templates: list[Conversation]) -> str:
    """Return the words that the portal wrote in all of these records."""
    found = [words_in(words_to_find(one.content)) for one in templates]
    return " ".join(sorted(set.intersection(*found)))


def make(cursor: Any, large: Agency, number: int, framing: str) -> None:
    """Fill `bench_text` and `bench_name` for every agency; `bench_wording` counts them."""
    cursor.execute(
        "CREATE UNLOGGED TABLE bench_text (agency_id int, n int, words text); "
        "ALTER TABLE bench_text ALTER words SET STORAGE MAIN; "
        "CREATE UNLOGGED TABLE bench_name (agency_id int, n int, token text)"
    )
    for agency in Agency.objects.filter(members__isnull=False).distinct():
        if agency == large:
            texts, names, vocabulary, most = TEXTS, NAMES, VOCABULARY, number // 5
        else:
            texts, names, vocabulary = TEXTS_OF_SMALL, NAMES_OF_SMALL, VOCABULARY_OF_SMALL
            most = number // 500
        most = max(5, most)
        framed = index_of(agency.pk, framing)
        own = _texts(agency.pk, min(texts, most), vocabulary)
        rows = (f"{agency.pk}\t{n}\t{text} {framed}".rstrip() for n, text in enumerate(own))
        _copy(cursor, "bench_text", rows)
        called = (index_of(agency.pk, name(n)) for n in range(min(names, most)))
        rows = (f"{agency.pk}\t{n}\t{token}" for n, token in enumerate(called))
        _copy(cursor, "bench_name", rows)
    cursor.execute(
        "CREATE INDEX ON bench_text (agency_id, n); CREATE INDEX ON bench_name (agency_id, n); "
        "CREATE TABLE bench_wording AS SELECT agency_id, count(*) AS texts, (SELECT count(*) "
        "  FROM bench_name n WHERE n.agency_id = t.agency_id) AS names "
        "FROM bench_text t GROUP BY agency_id; "
        "ANALYZE bench_text; ANALYZE bench_name; ANALYZE bench_wording"
    )


def _texts(agency_id: int, number: int, vocabulary: int) -> Iterator[str]:
    shares = np.cumsum(1 / np.arange(1, vocabulary + 1))
    drawn = np.random.default_rng(agency_id).random((number, DRAWN)) * shares[-1]
    # The portal's own function makes each digest, once.
    digests: dict[int, str] = {}
    for ranks in map(set, np.searchsorted(shares, drawn).tolist()):
        for rank in ranks - digests.keys():
            digests[rank] = index_of(agency_id, word(rank))
        yield " ".join(sorted(digests[rank] for rank in ranks))


def _copy(cursor: Any, table: str, rows: Iterator[str]) -> None:
    cursor.copy_expert(f"COPY {table} FROM STDIN", StringIO("\n".join(rows)))
