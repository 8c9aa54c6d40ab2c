"""An Arrow column of well-known binary → ragged geometries, faults counted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.sources.arrow import offsets, valid, whole
from pipeline.types import Geometries, Tally

Place = Callable[[int], str]  # where a row of a table is, for people
Parser = Callable[[pa.Table, Place], Geometries]


def from_wkb(column: str, tally: Tally) -> Parser:
    """A parser for the WKB in a table's `column`."""

    def parse(table: pa.Table, place: Place) -> Geometries:
        return geometries(whole(table.column(column)), tally, place)

    return parse


def geometries(column: pa.Array, tally: Tally, place: Place) -> Geometries:
    """Parse a column of WKB or EWKB in its own units.

    What had to be changed or left out is counted once per feature in `tally`, the first with the sample `place(row)`.
    """
    parsed, flags = ragged(column)
    count_faults(flags, tally, place)
    return parsed


def count_faults(flags: NDArray[np.int32], tally: Tally, place: Place) -> None:
    """Count the kernels' flags [features] once per feature and kind, the first with the sample `place(row)`."""
    seen = int(np.bitwise_or.reduce(flags, initial=0))
    for flag, kind in kinds_of_faults():
        if seen & flag:
            rows = np.flatnonzero(flags & flag)
            tally.add(kind, len(rows), place(int(rows[0])))


def ragged(column: pa.Array) -> tuple[Geometries, NDArray[np.int32]]:
    """Parse a column of WKB or EWKB; returns the geometries and the kernel's flags [features]."""
    from pipeline.kernels import wkb as kernel  # here, because `pack` and `check` read without numba

    data, offsets, valid = _buffers(column)
    count = len(column)
    kinds, flags = np.empty(count, np.uint8), np.empty(count, np.int32)
    none, nowhere, nowhat = np.empty(0, np.int64), np.empty(0, np.float64), np.empty(0, np.uint8)
    parts, vertices = kernel.ragged(data, offsets, valid, False, kinds, flags, none, none, nowhat, nowhere, nowhere)
    part_offsets, vertex_offsets = np.empty(count + 1, np.int64), np.empty(parts + 1, np.int64)
    roles = np.empty(parts, np.uint8)
    x, y = np.empty(vertices, np.float64), np.empty(vertices, np.float64)
    _, vertices = kernel.ragged(data, offsets, valid, True, kinds, flags, part_offsets, vertex_offsets, roles, x, y)
    return Geometries(kinds, part_offsets, vertex_offsets, roles, x[:vertices], y[:vertices]), flags


def _buffers(column: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.bool_]]:
    """The bytes (shared, read-only), their offsets, and which values are there ([0] when all are)."""
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if isinstance(column, pa.DictionaryArray):
        column = column.dictionary_decode()
    if not (pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)):
        column = column.cast(pa.large_binary())
    content = column.buffers()[2]
    data = np.frombuffer(content if content is not None else b"", np.uint8)
    data.flags.writeable = False  # one compiled signature, whoever owns the bytes
    return data, offsets(column), valid(column)


def kinds_of_faults() -> tuple[tuple[int, str], ...]:
    """What the kernel's flags are called in a tally."""
    from pipeline.kernels import wkb as kernel

    return (
        (kernel.NULL, "null-geometry"),
        (kernel.EMPTY, "empty-geometry"),
        (kernel.Z, "z-dropped"),
        (kernel.M, "m-dropped"),
        (kernel.CURVE, "curve-to-chords"),
        (kernel.SURFACE, "surface-to-polygons"),
        (kernel.SPLIT, "collection-split"),
        (kernel.UNCLOSED, "ring-closed"),
        (kernel.SHORT, "part-too-short"),
        (kernel.COORDINATES, "bad-coordinates"),
        (kernel.MALFORMED, "malformed-geometry"),
    )
