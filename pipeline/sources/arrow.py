"""Arrow arrays as numpy arrays, straight from their buffers.

`to_numpy` and `pa.array` import pandas where it is installed: 0.3 s of start-up for nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def whole(column: pa.ChunkedArray) -> pa.Array:
    """The column as one array."""
    joined = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return joined.chunk(0) if isinstance(joined, pa.ChunkedArray) else joined


def valid(array: pa.Array) -> NDArray[np.bool_]:
    """Which values are there, [values]; [0] when all are."""
    if not array.null_count:
        return np.empty(0, np.bool_)
    bitmap = array.buffers()[0]
    if bitmap is None:  # of the type null
        return np.zeros(len(array), np.bool_)
    bits = np.unpackbits(np.frombuffer(bitmap, np.uint8), count=array.offset + len(array), bitorder="little")
    return bits[array.offset :].astype(np.bool_)


def floats(array: pa.Array) -> NDArray[np.float64]:
    """The values of an array of numbers as float64, [values], NaN where there is none; the caller's own to write."""
    if not pa.types.is_float64(array.type):
        array = array.cast(pa.float64())
    values = np.frombuffer(array.buffers()[1] or b"", np.float64, -1)[array.offset : array.offset + len(array)].copy()
    if len(there := valid(array)):
        values[~there] = np.nan
    return values


def offsets(array: pa.Array) -> NDArray[np.int64]:
    """Where each value of a list, text or binary array begins in its content, [values + 1]."""
    starts = array.buffers()[1]
    if len(array) == 0 or starts is None:
        return np.zeros(len(array) + 1, np.int64)
    wide = any(
        test(array.type) for test in (pa.types.is_large_list, pa.types.is_large_binary, pa.types.is_large_string)
    )
    raw: NDArray[Any] = np.frombuffer(starts, np.int64 if wide else np.int32)
    return raw[array.offset : array.offset + len(array) + 1].astype(np.int64)
