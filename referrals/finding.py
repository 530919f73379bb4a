"""Finding what is locked: digests of words, names and references, made with INDEX_KEYS.

Without the key nobody can tell which word a digest stands for, nor make one to compare. They
are made for one agency: the same word, or the same child, at another agency has another. Only
whole words are found.

While there are several keys, what is stored may be under any of them: see `rotate_keys`.
"""

import re
import unicodedata
from base64 import b32encode
from typing import Any

from django.db import models
from django.db.models import Lookup, Q

from accounts.keys import digests

SETTING, PURPOSE = "INDEX_KEYS", "what people look for"
WORD = re.compile(r"[^\W_]+")
# Of a digest, to be eight letters. Of 100,000 words, hardly two share them by chance.
BYTES = 5
# Letters that Unicode does not take for one with a mark. Who has no key for them writes the other.
PLAIN = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t", "ı": "i"}
    | {"æ": "ae", "œ": "oe"}
)
APOSTROPHES = str.maketrans("", "", "'’ʼ`")


def key_of(words: str) -> str:
    """Return a name or reference as it is compared: "Zoë  O'Neil" and "zoe oneil" are one."""
    return "".join(letter for letter in _folded(words) if letter.isalnum())


def words_in(text: str) -> set[str]:
    """Return the words of a text as they are compared: "O’Neil-Łuć" holds oneil and luc."""
    letters = _folded(text).translate(APOSTROPHES)
    if not letters.isascii():
        letters = "".join(x for x in letters if x.isascii() or unicodedata.category(x)[0] != "M")
    return set(WORD.findall(letters))


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return folded if folded.isascii() else folded.translate(PLAIN)


def blind(what: str, agency_id: int, text: str) -> list[str]:
    """Return how a name or the like is stored: under each key, 64 digits, the first key's first.

    Nothing is stored for an empty text: "" for each key.
    """
    made = digests(SETTING, PURPOSE, f"{what}:{agency_id}:{text}")
    return [digest.hex() if text else "" for digest in made]


def index_of(agency_id: int, text: str) -> str:
    """Return the index of a text: what its words are stored as, in no order that tells anything."""
    return " ".join(sorted({tokens[0] for tokens in _tokens(agency_id, text)}))


def add_to_index(index: str, agency_id: int, text: str) -> str:
    """Return an index with the words of another text in it too."""
    return " ".join(sorted({*index.split(), *index_of(agency_id, text).split()}))


def has_all_words(agency_id: int, text: str) -> Q:
    """Return the condition on a conversation of the agency that has all words of a text."""
    found = Q()
    for tokens in _tokens(agency_id, text):
        under_any = Q()
        for token in tokens:
            under_any |= Q(words__has=token)
        found &= under_any
    return found


def _tokens(agency_id: int, text: str) -> list[list[str]]:
    """Return, for each word of a text, what it is stored as under each key."""
    return [
        [b32encode(digest[:BYTES]).decode().lower() for digest in made]
        for made in (
            digests(SETTING, PURPOSE, f"word:{agency_id}:{word}") for word in sorted(words_in(text))
        )
    ]


class IndexField(models.TextField):
    """An index of words, with a space between. `has` finds one of them."""


@IndexField.register_lookup
class Has(Lookup):
    lookup_name = "has"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        index, params = self.process_lhs(compiler, connection)
        return f"INSTR(' ' || {index} || ' ', %s) > 0", [*params, f" {self.rhs} "]

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """As the index of migration 0006 has it, to the letter."""
        index, params = self.process_lhs(compiler, connection)
        return f"string_to_array({index}, ' ') @> ARRAY[%s]", [*params, self.rhs]
