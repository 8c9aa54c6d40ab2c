"""Attributes → codes into one table of encoded values per layer.

Every distinct value of a layer is encoded once as a whole `Layer.values` field; features hold integer codes, and a
tile only renumbers them. Arrow does the finding of distinct values, column by column of one kind together, so that
the same text in two columns is one value.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.kernels.decode_values import number_bits
from pipeline.kernels.distinct import gather_strings, settle
from pipeline.kernels.features import hash_texts
from pipeline.kernels.mvt import encode_floats, encode_integers, encode_texts
from pipeline.types import Tally
from pipeline.vector.arrow import flags, numbers, validity, whole
from pipeline.vector.ragged import offsets_of

NUMBER, STRING, BOOLEAN = "Number", "String", "Boolean"  # the words of TileJSON 3 §3.3.3


@dataclass(frozen=True, slots=True)
class Attributes:
    """A layer's attributes, ready for tiles."""

    names: tuple[str, ...]
    types: tuple[str, ...]  # per column: Number, String or Boolean
    codes: NDArray[np.int32]  # [columns, features] into the values, -1 for null
    keys: NDArray[np.uint8]  # whole Layer.keys fields
    key_offsets: NDArray[np.int64]  # [columns + 1]
    values: NDArray[np.uint8]  # whole Layer.values fields, each distinct
    value_offsets: NDArray[np.int64]  # [values + 1]

    def hashes(self) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """64-bit hashes of keys [columns] and values [values]."""
        keys = np.empty(len(self.names), np.uint64)
        values = np.empty(len(self.value_offsets) - 1, np.uint64)
        hash_texts(self.key_offsets, self.keys, keys)
        hash_texts(self.value_offsets, self.values, values)
        return keys, values

    def taken(self, order: NDArray[np.int64]) -> Attributes:
        """The same attributes with other features, or in another order."""
        return replace(self, codes=np.ascontiguousarray(self.codes[:, order]))

    def subset(self, names: Sequence[str]) -> Attributes:
        """Only the columns of these names, in their order."""
        picks = [self.names.index(name) for name in names if name in self.names]
        keys, offsets = key_fields([self.names[i] for i in picks])
        return replace(
            self,
            names=tuple(self.names[i] for i in picks),
            types=tuple(self.types[i] for i in picks),
            codes=np.ascontiguousarray(self.codes[picks]),
            keys=keys,
            key_offsets=offsets,
        )


def join_attributes(
    parts: Sequence[Attributes],
    columns: Sequence[str] = (),
    places: Sequence[NDArray[np.int64]] | None = None,
    run: Callable[..., Iterable[None]] = map,
) -> Attributes:
    """Attributes of several runs of features as one; equal values become one, whatever part they come from.

    Columns are `columns`, then those of all parts in order of appearance; one that is not in a part is null there. A
    column of several types keeps each value's own and is called String where one of them is. `places` [features] of
    each part tell where its features go; without them the parts follow one another. What no feature has is left out.
    `run` may be the `map` of an executor.
    """
    types: dict[str, str] = {}
    for part in parts:
        for name, word in zip(part.names, part.types, strict=True):
            types[name] = word if types.get(name, word) == word else STRING
    types = {name: types.get(name, STRING) for name in dict.fromkeys([*columns, *types])}
    firsts = np.cumsum([0, *(part.codes.shape[1] for part in parts)]).tolist()
    bases = np.cumsum([0, *(len(part.value_offsets) - 1 for part in parts)]).tolist()
    codes = np.full((len(types), firsts[-1]), -1, np.int32)

    def put(number: int, part: Attributes) -> None:
        rows = slice(firsts[number], firsts[number + 1]) if places is None else places[number]
        for i, name in enumerate(types):
            if name in part.names:
                column = part.codes[part.names.index(name)]
                codes[i, rows] = np.where(column >= 0, column + np.int32(bases[number]), column)

    list(run(put, range(len(parts)), parts))
    starts = np.cumsum([0, *(len(part.values) for part in parts)])
    ends = [part.value_offsets[1:] + start for part, start in zip(parts, starts, strict=False)]
    keys, key_offsets = key_fields(list(types))
    return settled(
        Attributes(
            tuple(types),
            tuple(types.values()),
            codes,
            keys,
            key_offsets,
            np.concatenate([part.values for part in parts]) if parts else np.empty(0, np.uint8),
            np.concatenate([np.zeros(1, np.int64), *ends]),
        )
    )


def join_columns(left: Attributes, right: Attributes) -> Attributes:
    """Attributes of the same features side by side; equal values become one.

    A column of both holds what `right` says of a feature, else what `left` says.
    """
    moved = np.where(right.codes >= 0, right.codes + np.int32(len(left.value_offsets) - 1), np.int32(-1))
    types = dict(zip(left.names, left.types, strict=True))
    columns = dict(zip(left.names, left.codes, strict=True))
    for name, word, column in zip(right.names, right.types, moved, strict=True):
        types[name] = word if types.get(name, word) == word else STRING
        columns[name] = np.where(column >= 0, column, columns.get(name, np.int32(-1)))
    keys, key_offsets = key_fields(list(types))
    return settled(
        Attributes(
            tuple(types),
            tuple(types.values()),
            np.stack(list(columns.values())) if columns else left.codes.copy(),
            keys,
            key_offsets,
            np.concatenate([left.values, right.values]),
            np.concatenate([left.value_offsets, right.value_offsets[1:] + len(left.values)]),
        )
    )


def settled(attributes: Attributes) -> Attributes:
    """The same with every value once, those that features have alone, in the order in which they first have them.

    What is used together then lies together: tiles are put together from caches, not from memory. `attributes.codes`
    is rewritten.
    """
    n = len(attributes.value_offsets) - 1
    _keys, hashes = attributes.hashes()
    picks = np.empty(n, np.int64)
    table = np.full(1 << n.bit_length() + 1, -1, np.int32)
    found = settle(attributes.codes, hashes, attributes.value_offsets, attributes.values, table, picks)
    offsets = offsets_of(np.diff(attributes.value_offsets)[picks[:found]])
    values = np.empty(offsets[-1], np.uint8)
    gather_strings(attributes.value_offsets, attributes.values, picks[:found], offsets, values)
    return replace(attributes, values=values, value_offsets=offsets)


def numbers_of(attributes: Attributes) -> NDArray[np.float64]:
    """The values as numbers, [values]; 0 for what is none."""
    kinds = np.empty(len(attributes.value_offsets) - 1, np.uint8)
    bits = np.empty(len(kinds), np.uint64)
    number_bits(attributes.value_offsets, attributes.values, kinds, bits)
    out = np.zeros(len(kinds))
    out[kinds == 1] = bits[kinds == 1].astype(np.uint32).view(np.float32)
    out[kinds == 2] = bits[kinds == 2].view(np.float64)
    out[kinds == 3] = bits[kinds == 3]
    zigzag = bits[kinds == 4]
    out[kinds == 4] = (zigzag >> np.uint64(1)).astype(np.int64) ^ -(zigzag & np.uint64(1)).astype(np.int64)
    return out


def encode_attributes(table: pa.Table, rows: int, tally: Tally) -> tuple[Attributes, tuple[pa.Array, ...]]:
    """Encode an attribute table of `rows` features (a table without columns forgets how many it has).

    Also returns the values as Arrow arrays, one per kind, in the order of the codes.

    Integers, floats and booleans keep their type; dates and times become ISO 8601 text, decimals numbers, lists and
    structs JSON text. Binary columns are left out and counted as `binary-column`; NaN counts as null.
    Source: MVT 2.1 §4.4.
    """
    names: list[str] = []
    columns: list[pa.Array] = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        plain = _plain(column, name, tally)
        if plain is not None:
            names.append(name)
            columns.append(plain)
    codes = np.full((len(names), rows), -1, np.int32)
    types = [STRING] * len(names)
    blobs: list[NDArray[np.uint8]] = []
    offsets: list[NDArray[np.int64]] = [np.zeros(1, np.int64)]
    kinds: list[pa.Array] = []
    signed: dict[int, int] = {}  # whole numbers → their codes
    base = size = 0
    for kind, word in (
        (pa.large_string(), STRING),
        (pa.int64(), NUMBER),
        (pa.uint64(), NUMBER),
        (pa.float64(), NUMBER),
        (pa.bool_(), BOOLEAN),
    ):
        picks = [i for i, column in enumerate(columns) if column.type == kind]
        if not picks:
            continue
        distinct = pa.concat_arrays([columns[i] for i in picks]).dictionary_encode()
        indices = np.where(validity(distinct.indices), numbers(distinct.indices), np.int32(-1))
        dictionary = distinct.dictionary
        places = np.arange(base, base + len(dictionary) + 1, dtype=np.int32)  # the last one stands for null
        if kind == pa.int64() and any(column.type == pa.uint64() for column in columns):
            signed = dict(zip(dictionary.to_pylist(), places.tolist(), strict=False))
        elif kind == pa.uint64():  # beside numbers above 2^63 there may be small ones that another column has too
            for place, value in enumerate(dictionary.to_pylist()):
                places[place] = signed.get(value, places[place])
        places[-1] = -1
        for k, i in enumerate(picks):
            codes[i] = places[indices[k * rows : (k + 1) * rows]]
            types[i] = word
        blob, ends = _values(dictionary)
        blobs.append(blob)
        offsets.append(ends[1:] + size)
        size += len(blob)
        kinds.append(dictionary)
        base += len(dictionary)
    keys, key_offsets = key_fields(names)
    return Attributes(
        tuple(names),
        tuple(types),
        codes,
        keys,
        key_offsets,
        np.concatenate(blobs) if blobs else np.empty(0, np.uint8),
        np.concatenate(offsets),
    ), tuple(kinds)


def _plain(column: pa.ChunkedArray, name: str, tally: Tally) -> pa.Array | None:
    """The column as one of the five kinds that tiles hold, or None when it cannot be."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_null(kind):
        return None
    if pa.types.is_boolean(kind):
        target = pa.bool_()
    elif pa.types.is_uint64(kind):
        fits = column.null_count == len(column) or pc.max(column).as_py() < 1 << 63
        target = pa.int64() if fits else pa.uint64()
    elif pa.types.is_integer(kind):
        target = pa.int64()
    elif pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _floats(whole(column.cast(pa.float64())))
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        target = pa.large_string()
    elif pa.types.is_temporal(kind):
        return _temporal(column)
    elif pa.types.is_nested(kind):
        texts = [None if v is None else _json(v) for v in column.to_pylist()]
        return pa.array(texts, pa.large_string())
    else:
        tally.add("binary-column", 1, name)
        return None
    return whole(column.cast(target))


def _floats(column: pa.Array) -> pa.Array:
    """NaN counts as null, and −0.0 as 0.0: one of them must stand for both whichever comes first."""
    values = np.where(validity(column), numbers(column), np.nan) + 0.0
    nan = np.isnan(values)
    valid = pa.py_buffer(np.packbits(~nan, bitorder="little")) if nan.any() else None
    return pa.Array.from_buffers(pa.float64(), len(values), [valid, pa.py_buffer(values)])


def _temporal(column: pa.ChunkedArray) -> pa.Array:
    if pa.types.is_timestamp(column.type):
        # Unsafe: nanoseconds are cut off, Python's datetime does not know them.
        micros = column.cast(pa.timestamp("us", column.type.tz), safe=False)
        texts = [None if v is None else v.isoformat() for v in micros.to_pylist()]
        return pa.array(texts, pa.large_string())
    return whole(column.cast(pa.string()).cast(pa.large_string()))


def _json(value: Any) -> str:
    try:
        return _dumps(value)
    except ValueError:  # NaN or infinity, which JSON does not know
        return _dumps(_finite(value))


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, default=str)


def _finite(value: Any) -> Any:
    """The value with null for every number that is none."""
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def key_fields(names: Sequence[str], field: int = 3) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Whole Layer.keys fields (or another string field of the layer) of Python texts."""
    texts = [name.encode() for name in names]
    starts = np.cumsum([0, *(len(text) for text in texts)], dtype=np.int64)
    ends = np.empty(len(texts) + 1, np.int64)
    return encode_texts(starts, np.frombuffer(b"".join(texts), np.uint8), field, False, ends), ends


def _texts(texts: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Whole Layer.values fields of large strings."""
    ends = np.empty(len(texts) + 1, np.int64)
    if len(texts) == 0:
        ends[0] = 0
        return np.empty(0, np.uint8), ends
    buffers = texts.buffers()
    starts = np.frombuffer(buffers[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]
    data = np.frombuffer(buffers[2], np.uint8) if buffers[2] is not None else np.empty(0, np.uint8)
    return encode_texts(starts, data, 4, True, ends), ends


def _values(dictionary: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    ends = np.empty(len(dictionary) + 1, np.int64)
    if pa.types.is_large_string(dictionary.type):
        return _texts(dictionary)
    if pa.types.is_integer(dictionary.type):
        # uint64 above 2^63 only: the bits are the same, and encode_integers must not take them for negative.
        values = numbers(dictionary)
        if dictionary.type == pa.uint64():
            return _big_unsigned(values)
        return encode_integers(values, ends), ends
    if pa.types.is_floating(dictionary.type):
        doubles = numbers(dictionary)
        with np.errstate(over="ignore"):
            singles = doubles.astype(np.float32)
        exact = singles.astype(np.float64) == doubles
        return encode_floats(singles.view(np.uint32), doubles.view(np.uint64), exact, ends), ends
    truths = flags(dictionary)
    blob = np.zeros((len(truths), 4), np.uint8)
    blob[:, 0], blob[:, 1], blob[:, 2], blob[:, 3] = 0x22, 2, 0x38, truths  # Value.bool_value
    return blob.reshape(-1), np.arange(len(truths) + 1, dtype=np.int64) * 4


def _big_unsigned(values: NDArray[np.uint64]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """uint_value fields of numbers that do not fit int64 (rare: written one by one)."""
    fields = []
    for number in values.tolist():
        body = bytearray([0x28])
        while number >= 128:
            body.append(number & 127 | 128)
            number >>= 7
        body.append(number)
        fields.append(bytes([0x22, len(body)]) + bytes(body))
    ends = np.cumsum([0, *(len(field) for field in fields)], dtype=np.int64)
    return np.frombuffer(b"".join(fields), np.uint8), ends
