"""Texts and numbers that must not occur, as sets of hashes: as large as they are, never the values themselves.

A value is collected with its origin, and loses it again where it turns out to occur in something that may be shown.
Numbers are the doubles nearest to them, and what single precision makes of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.kernels.audit_words import STARTS, Words, begin, describe_texts, insert, look_up, scan_texts

_DIGITS: Final = 5  # significant ones that a number must have: smaller ones occur everywhere
_ROUNDING: Final = 4e-16  # of a double that was multiplied by a power of ten
_SMALL: Final = 1e-100  # numbers nearer to nothing measure nothing
_NUMERIC: Final = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
_BLOCK: Final = 1 << 16  # rows that are hashed at a time

Frozen = TypeVar("Frozen", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Secrets:
    """Sets to look things up in, and the names of their origins."""

    words: Words
    numbers: NDArray[np.uint64]  # [power of two] set of hashes; 0 where free
    number_origins: NDArray[np.int32]
    origins: tuple[str, ...]

    @property
    def anything(self) -> bool:
        """Whether there is something to look for."""
        return self.words.longest > 0 or bool(self.numbers.any())

    def origin_of_text(self, text: bytes) -> str:
        """Where a text that was found is from."""
        out = np.zeros((1, 4), np.uint64)
        describe_texts(*one_text(text), out)
        return self._origin(self.words.slots, self.words.origins, np.uint64(out[0, 0]))

    def origin_of_number(self, value: float) -> str:
        """Where a number that was found is from."""
        return self._origin(self.numbers, self.number_origins, hash_numbers(np.array([value]))[0])

    def _origin(self, slots: NDArray[np.uint64], origins: NDArray[np.int32], hash: np.uint64) -> str:
        at = np.zeros(1, np.int64)
        look_up(slots, np.array([hash], np.uint64), at)
        number = int(origins[at[0]]) if at[0] >= 0 else -1
        return self.origins[number] if number >= 0 else ""


@dataclass(slots=True)
class Gathering:
    """What is collected before the sets are made."""

    origins: list[str] = field(default_factory=list)
    starts: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(STARTS, np.uint8))
    longest: int = 0
    texts: list[tuple[int, NDArray[np.uint64]]] = field(default_factory=list)
    numbers: list[tuple[int, NDArray[np.uint64]]] = field(default_factory=list)

    def name(self, origin: str) -> int:
        """The number of an origin."""
        self.origins.append(origin)
        return len(self.origins) - 1

    def add_words(self, origin: int, words: Iterable[str]) -> None:
        """Collect some words."""
        self.add(origin, pa.array(list(words), pa.large_string()))

    def add(self, origin: int, column: pa.Array | pa.ChunkedArray) -> None:
        """Collect the values of a column, texts, numbers or dates, each also in the ways it may be written."""
        for values in _blocks(column):
            texts, numbers = readings(values)
            if len(texts):
                data, offsets = text_bytes(texts)
                out = np.empty((len(texts), 4), np.uint64)
                describe_texts(data, offsets, out)
                kept = out[out[:, 0] != 0]
                begin(self.starts, np.unique(kept[:, 2]))
                self.longest = max(self.longest, int(kept[:, 3].max(initial=0)))
                hashes = np.unique(kept[:, :2])  # of a short text the whole is its own beginning
                self.texts.append((origin, hashes[hashes != 0]))
            if len(numbers):
                telltale = numbers[telling(numbers)]
                both = np.concatenate([hash_numbers(telltale), hash_numbers(single(telltale))])
                self.numbers.append((origin, np.unique(both)))

    def sets(self) -> Secrets:
        """The sets of all that was collected."""
        slots, origins = _empty(sum(len(hashes) for _origin, hashes in self.texts))
        for origin, hashes in self.texts:
            insert(slots, origins, hashes, origin)
        numbers, number_origins = _empty(sum(len(hashes) for _origin, hashes in self.numbers))
        for origin, hashes in self.numbers:
            insert(numbers, number_origins, hashes, origin)
        words = Words(slots, origins, self.starts, self.longest)
        return Secrets(words, numbers, number_origins, tuple(self.origins))


def no_secrets() -> Secrets:
    """Sets that hold nothing."""
    return Gathering().sets()


def allow_texts(secrets: Secrets, texts: pa.Array | Sequence[str]) -> None:
    """Whatever is found in these texts may occur."""
    array = texts if isinstance(texts, pa.Array) else pa.array(list(texts), pa.large_string())
    if secrets.words.longest and len(array):
        data, offsets = text_bytes(array)
        scan_texts(data, offsets, secrets.words, True, np.empty((0, 3), np.int64))


def allow_column(secrets: Secrets, column: pa.Array | pa.ChunkedArray) -> None:
    """Whatever is found in the values of a column may occur."""
    for values in _blocks(column):
        texts, numbers = readings(values)
        allow_texts(secrets, texts)
        if len(numbers) and len(secrets.numbers) > 1:
            both = np.concatenate([numbers, single(numbers)])
            at = np.empty(len(both), np.int64)
            look_up(secrets.numbers, hash_numbers(both), at)
            secrets.number_origins[at[at >= 0]] = -1


def settled(secrets: Secrets) -> Secrets:
    """The same sets without the numbers that may occur; words keep theirs, as marks."""
    kept = secrets.number_origins >= 0
    hashes, origins = secrets.numbers[kept], secrets.number_origins[kept]
    numbers, number_origins = _empty(len(hashes))
    for origin in np.unique(origins).tolist():
        insert(numbers, number_origins, hashes[origins == origin], origin)
    words = secrets.words if (secrets.words.origins >= 0).any() else secrets.words._replace(longest=0)
    return Secrets(words, numbers, number_origins, secrets.origins)


def readings(values: pa.Array) -> tuple[pa.Array, NDArray[np.float64]]:
    """A column as texts, as it may be written, and as the numbers in it; nulls are left out."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        values, kind = values.cast(kind.value_type), kind.value_type
    values = values.drop_null()
    none = np.zeros(0, np.float64)
    if pa.types.is_boolean(kind) or pa.types.is_null(kind) or pa.types.is_nested(kind):
        return pa.array([], pa.large_string()), none
    if pa.types.is_temporal(kind):
        return values.cast(pa.large_string()), none
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        whole = numbers[np.isfinite(numbers)]
        told = pa.array(whole[telling(whole)])
        return told.cast(pa.large_string()), whole
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.array([], pa.large_string()), none
    texts = pc.utf8_normalize(values.cast(pa.large_string()), "NFC")
    numeric = pc.utf8_trim_whitespace(texts).filter(pc.match_substring_regex(pc.utf8_trim_whitespace(texts), _NUMERIC))
    bare = pc.replace_substring_regex(numeric, r"^\+", "")
    numbers = bare.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return texts, numbers[np.isfinite(numbers)]


def telling(numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which numbers have five significant digits or more [n]; zeros at either end are none."""
    size = np.abs(numbers)
    sane = (size > _SMALL) & (size < 1 / _SMALL)
    size = np.where(sane, size, 1.0)
    steps = np.floor(np.log10(size)) - (_DIGITS - 2)  # behind which four digits stand before the point
    leading = np.where(steps >= 0, size / 10.0 ** np.maximum(steps, 0), size * 10.0 ** np.maximum(-steps, 0))
    return np.asarray(sane & (np.abs(leading - np.round(leading)) > _ROUNDING * leading))


def single(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """The numbers as single precision has them [n]; what is too large for it becomes infinite."""
    with np.errstate(over="ignore"):
        return numbers.astype(np.float32).astype(np.float64)


def hash_numbers(numbers: NDArray[np.float64]) -> NDArray[np.uint64]:
    """The hashes by which numbers are looked up [n]; never 0."""
    return _not_zero(mix(np.ascontiguousarray(numbers, np.float64).view(np.uint64) ^ np.uint64(0x5BD1E995)))


def hash_ids(layer: int, ids: NDArray[np.int64]) -> NDArray[np.uint64]:
    """The hashes by which ids of a layer are looked up [n]; never 0."""
    return _not_zero(mix(mix(np.array([layer + 1], np.uint64)) ^ ids.astype(np.uint64)))


def hash_name(name: str, seed: int) -> int:
    """The hash of a name as the kernels reckon it, one at a time; never 0."""
    h = 0xCBF29CE484222325 ^ seed
    for byte in name.encode():
        h = (h ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return int(_not_zero(mix(np.array([h], np.uint64)))[0])


def mix(u: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of SplitMix64 [n]."""
    u = (u ^ (u >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    u = (u ^ (u >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(u ^ (u >> np.uint64(31)))


def _not_zero(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return np.asarray(np.where(hashes == 0, np.uint64(1), hashes))


def make_set(hashes: NDArray[np.uint64], origin: int = 0) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """A set of hashes, [power of two], and the origin of each, −1 where it is free."""
    slots, origins = _empty(len(hashes))
    insert(slots, origins, hashes, origin)
    return slots, origins


def text_bytes(texts: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The bytes of texts without nulls, and where each begins [n + 1]."""
    texts = texts.cast(pa.large_string())
    _valid, offsets, data = texts.buffers()
    starts = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    return frozen(np.frombuffer(data if data is not None and data.size else b"\0", np.uint8)), frozen(starts)


def one_text(data: bytes) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The same of bytes as a single text."""
    return frozen(np.frombuffer(data or b"\0", np.uint8)), frozen(np.array([0, len(data)], np.int64))


def frozen(array: NDArray[Frozen]) -> NDArray[Frozen]:
    """The array read-only, as most are that come from files: kernels are compiled for one kind."""
    array.flags.writeable = False
    return array


def _blocks(column: pa.Array | pa.ChunkedArray) -> Iterable[pa.Array]:
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    for chunk in chunks:
        for start in range(0, len(chunk), _BLOCK):
            yield chunk.slice(start, _BLOCK)


def _empty(count: int) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """A set with room for `count`, at most a third full."""
    size = 1 if not count else 1 << (3 * count).bit_length()
    return np.zeros(size, np.uint64), np.full(size, -1, np.int32)
