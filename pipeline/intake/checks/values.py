"""Columns as rules ask of them: which rows hold a bad value, and a few of these values to quote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.intake.checks.layer import Rows

_QUOTED: Final = 4  # values
_LONG: Final = 30  # characters of each

Mask = NDArray[np.bool_]


def flags(array: pa.Array | pa.ChunkedArray) -> Mask:
    """An Arrow array of booleans as [rows]; where there is nothing, no."""
    whole = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    if isinstance(whole, pa.ChunkedArray):  # of no chunk at all
        return np.zeros(0, np.bool_)
    return np.asarray(pc.fill_null(whole, False).to_numpy(zero_copy_only=False), np.bool_)


def unlike(texts: pa.Array, pattern: str) -> Rows:
    """The rows whose text is there and does not match the whole pattern."""
    return np.flatnonzero(flags(pc.invert(pc.match_substring_regex(texts, f"^(?:{pattern})$"))))


def like(texts: pa.Array, pattern: str) -> Mask:
    """Which rows have a text in which the pattern occurs."""
    return flags(pc.match_substring_regex(texts, pattern))


def rows_where(texts: pa.Array, bad: Callable[[Sequence[str]], Sequence[bool]]) -> Rows:
    """The rows whose text is `bad`, which is asked once about all distinct texts."""
    coded = texts.dictionary_encode()
    judged = np.asarray(bad(coded.dictionary.to_pylist()), np.bool_)
    if not judged.any():
        return np.zeros(0, np.int64)
    there = np.asarray(coded.indices.is_valid().to_numpy(zero_copy_only=False), np.bool_)
    found = np.zeros(len(texts), np.bool_)
    found[there] = judged[np.asarray(coded.indices.drop_null().to_numpy(zero_copy_only=False))]
    return np.flatnonzero(found)


def quoted(texts: pa.Array | pa.ChunkedArray, rows: Rows) -> str:
    """Some distinct values of these rows, as a sentence quotes them."""
    few = [str(value) for value in texts.take(pa.array(rows[:1000])).unique().to_pylist() if value is not None]
    shown = [value if len(value) <= _LONG else value[: _LONG - 1] + "…" for value in few[:_QUOTED]]
    return ", ".join(shown) + (" …" if len(few) > _QUOTED else "")


def remarks(texts: pa.Array | pa.ChunkedArray, rows: Rows, name: str, limit: int) -> tuple[str, ...]:
    """ "GB = 12" for each of the first rows."""
    return tuple(f"{name} = {value}" for value in texts.take(pa.array(rows[:limit])).to_pylist())
