"""Arrow arrays as numpy arrays, straight from their buffers.

`to_numpy`, `pa.array` and `pa.scalar`, and what calls them (`fill_null`), import pandas where it is installed: 0.4 s of
start-up for nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def validity(array: pa.Array) -> NDArray[np.bool_]:
    """Which values are not null, [values]."""
    bitmap = array.buffers()[0]
    if bitmap is None or array.null_count == 0:
        return np.full(len(array), array.null_count == 0)
    return _bits(bitmap, array.offset, len(array))


def numbers(array: pa.Array) -> NDArray[Any]:
    """The values of an integer or floating array, [values], in its own type; whatever lies under a null."""
    data = array.buffers()[1]
    letter = "f" if pa.types.is_floating(array.type) else "u" if pa.types.is_unsigned_integer(array.type) else "i"
    kind = np.dtype(f"{letter}{array.type.bit_width // 8}")
    if data is None:
        return np.zeros(len(array), kind)
    return np.frombuffer(data, kind, array.offset + len(array))[array.offset :]


def flags(array: pa.Array) -> NDArray[np.bool_]:
    """The values of a boolean array, [values]; whatever lies under a null."""
    data = array.buffers()[1]
    return np.zeros(len(array), bool) if data is None else _bits(data, array.offset, len(array))


def indices(rows: NDArray[np.int64]) -> pa.Array:
    """Row numbers as what Arrow's `take` takes."""
    return pa.Array.from_buffers(pa.int64(), len(rows), [None, pa.py_buffer(np.ascontiguousarray(rows, np.int64))])


def whole(column: pa.ChunkedArray) -> pa.Array:
    """The column as one array."""
    joined = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return joined.chunk(0) if isinstance(joined, pa.ChunkedArray) else joined


def _bits(buffer: pa.Buffer, offset: int, count: int) -> NDArray[np.bool_]:
    bits = np.unpackbits(np.frombuffer(buffer, np.uint8), count=offset + count, bitorder="little")
    return bits[offset:].view(np.bool_)
