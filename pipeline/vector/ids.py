"""Feature ids: from the declared key, else from a hash of the content; unique in the layer, below 2^53."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.kernels.features import hash_texts
from pipeline.types import Tally
from pipeline.vector.arrow import numbers, validity, whole

_MASK = (1 << 53) - 1  # JavaScript's largest exact integer
ID_MASK = np.uint64(_MASK)
_STEP = 0x9E3779B97F4A7C15


def feature_ids(table: pa.Table, key: str | None, contents: NDArray[np.uint64], tally: Tally) -> NDArray[np.uint64]:
    """Ids of all rows, [features] uint64, 1 … 2^53 − 1.

    `key` names the identifying column: whole numbers in range are taken as they are, anything else is hashed as
    text; rows without a key take the hash of their content, `contents` [features]. A repeated key is counted as
    `duplicate-key`. Whoever shares an id is told apart by content, so that the order of the rows never matters.
    Raises InputError when the layer has no such column.
    """
    ids = contents & ID_MASK
    if key is not None and len(contents):
        if key not in table.column_names:
            raise InputError(
                _("The key field {key} is not in the data.").format(key=key),
                expected=_("one of: {names}").format(names=", ".join(table.column_names)),
                hint=_("Name an existing field as the key, or leave the key out."),
            )
        ids, given = _from_key(table.column(key), ids)
        repeated = int(given.sum() - len(np.unique(ids[given])))
        tally.add("duplicate-key", repeated, key)
    ids = np.where(ids == 0, np.uint64(1), ids)
    return _told_apart(ids, contents)


def _from_key(column: pa.ChunkedArray, fallback: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    given = validity(whole(column))
    keys = np.zeros(len(column), np.int64)
    if pa.types.is_integer(column.type):
        keys = numbers(whole(column)).astype(np.int64)
    plain = given & (keys > 0) & (keys <= _MASK)
    if bool((plain == given).all()) and bool(plain.any()):
        return np.where(given, keys.astype(np.uint64), fallback), given
    texts = whole(column.cast(pa.large_string()))
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]
    data = np.frombuffer(texts.buffers()[2] or b"", np.uint8)
    hashes = np.empty(len(texts), np.uint64)
    hash_texts(offsets, data, hashes)
    return np.where(plain, keys.astype(np.uint64), np.where(given, hashes & ID_MASK, fallback)), given


def _told_apart(ids: NDArray[np.uint64], contents: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Give every repeated id but the first, in order of content, a new one that nobody has."""
    order = np.lexsort((contents, ids))
    repeated = np.zeros(len(ids), bool)
    repeated[1:] = ids[order][1:] == ids[order][:-1]
    rows = order[repeated]
    if len(rows) == 0:
        return ids
    ids = ids.copy()
    taken = set(ids.tolist())
    tried: dict[int, int] = {}
    for row in rows.tolist():
        content = int(contents[row])
        candidate = tried.get(content, content)  # twins by the thousand must not walk the same way again
        while candidate & _MASK in taken or not candidate & _MASK:
            candidate = (candidate * 6364136223846793005 + _STEP) & 0xFFFFFFFFFFFFFFFF  # Knuth's MMIX step
        tried[content] = candidate
        ids[row] = candidate & _MASK
        taken.add(candidate & _MASK)
    return ids
