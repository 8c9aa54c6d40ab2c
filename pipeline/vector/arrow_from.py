"""Arrow arrays made of buffers: `pa.array` and `pa.scalar` import pandas where it is installed (see arrow.py)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def from_numbers(values: NDArray[Any], valid: NDArray[np.bool_] | None = None) -> pa.Array:
    """Integers or floats as they are, [values]; null where not `valid` [values]."""
    bitmap = None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little"))
    return pa.Array.from_buffers(
        pa.from_numpy_dtype(values.dtype), len(values), [bitmap, pa.py_buffer(np.ascontiguousarray(values))]
    )


def from_texts(texts: Sequence[str], type: pa.DataType | None = None) -> pa.Array:
    """Texts as large_string, or as string."""
    type = type or pa.large_string()
    encoded = [text.encode() for text in texts]
    offsets = np.zeros(len(texts) + 1, np.int64 if pa.types.is_large_string(type) else np.int32)
    np.cumsum([len(each) for each in encoded], out=offsets[1:])
    return pa.Array.from_buffers(type, len(texts), [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))])
