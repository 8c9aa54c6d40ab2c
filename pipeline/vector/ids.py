"""Feature ids: from the declared key, else from a hash of the content; unique in the layer, below 2^53."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.kernels.features import hash_texts
from pipeline.vector.arrow import numbers, validity, whole

_LAST = (1 << 53) - 1  # JavaScript's largest exact integer
# Ids from hashes have 35 bits: five bytes as a varint, which no compression makes smaller. With 53 bits they were 30 %
# of osm_roads. Of ten million features some 1,500 share theirs with another and are told apart.
_MASK = (1 << 35) - 1
ID_MASK = np.uint64(_MASK)
_STEP = 0x9E3779B97F4A7C15


def base_ids(
    table: pa.Table, key: str | None, contents: NDArray[np.uint64]
) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """The id that each feature asks for, 1 … 2^53 − 1, and whether it comes from the key; [features] both.

    `key` names the identifying column: whole numbers in range are taken as they are, anything else is hashed as
    text; rows without a key take the hash of their content, `contents` [features]. Raises InputError when the layer
    has no such column, or one of values that have no text (lists, bytes).
    """
    ids = contents & ID_MASK
    given = np.zeros(len(contents), bool)
    if key is not None and len(contents):
        if key not in table.column_names:
            raise InputError(
                _("The key field {key} is not in the data.").format(key=key),
                expected=_("one of: {names}").format(names=", ".join(table.column_names)),
                hint=_("Name an existing field as the key, or leave the key out."),
            )
        try:
            ids, given = _from_key(table.column(key), ids)
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as err:
            raise InputError(
                _("The key field {key} cannot identify features: it is of type {type}.").format(
                    key=key, type=table.column(key).type
                ),
                expected=_("a field of whole numbers or texts"),
                hint=_("Name an existing field as the key, or leave the key out."),
            ) from err
    return np.where(ids == 0, np.uint64(1), ids), given


def scattered(ids: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Ids as evenly spread numbers of 64 bits, [n]: the finaliser of SplitMix64."""
    u = (ids ^ (ids >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    u = (u ^ (u >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(u ^ (u >> np.uint64(31)), np.uint64)


def _from_key(column: pa.ChunkedArray, fallback: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    given = validity(whole(column))
    keys = np.zeros(len(column), np.int64)
    if pa.types.is_integer(column.type):
        keys = numbers(whole(column)).astype(np.int64)
    plain = given & (keys > 0) & (keys <= _LAST)
    if bool((plain == given).all()) and bool(plain.any()):
        return np.where(given, keys.astype(np.uint64), fallback), given
    texts = whole(column.cast(pa.large_string()))
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]
    data = np.frombuffer(texts.buffers()[2] or b"", np.uint8)
    hashes = np.empty(len(texts), np.uint64)
    hash_texts(offsets, data, hashes)
    return np.where(plain, keys.astype(np.uint64), np.where(given, hashes & ID_MASK, fallback)), given


def told_apart(
    ids: NDArray[np.uint64], contents: NDArray[np.uint64], visible: NDArray[np.uint32]
) -> NDArray[np.uint64]:
    """Unique ids: every repeated one but the first, in order of content and zooms, gets another that nobody has.

    All arrays [features] of the whole layer, so that the order of the rows never matters.
    """
    ascending = np.sort(ids)
    shared = ascending[1:][ascending[1:] == ascending[:-1]]
    if len(shared) == 0:
        return ids
    several = np.flatnonzero(_among(ids, shared))
    order = several[np.lexsort((visible[several], contents[several], ids[several]))]
    repeated = np.zeros(len(order), bool)
    repeated[1:] = ids[order][1:] == ids[order][:-1]
    ids = ids.copy()
    given: set[int] = set()
    tried: dict[int, int] = {}
    for row in order[repeated].tolist():
        content = int(contents[row])
        candidate = tried.get(content, content)  # twins by the thousand must not walk the same way again
        while _is_taken(candidate & _MASK, ascending, given):
            candidate = (candidate * 6364136223846793005 + _STEP) & 0xFFFFFFFFFFFFFFFF  # Knuth's MMIX step
        tried[content] = candidate
        ids[row] = candidate & _MASK
        given.add(candidate & _MASK)
    return ids


def _is_taken(candidate: int, ascending: NDArray[np.uint64], given: set[int]) -> bool:
    if not candidate or candidate in given:
        return True
    at = int(np.searchsorted(ascending, np.uint64(candidate)))
    return at < len(ascending) and int(ascending[at]) == candidate


def _among(ids: NDArray[np.uint64], ascending: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which ids are among some in ascending order, at least one; np.isin would sort them all once more."""
    at = np.minimum(np.searchsorted(ascending, ids), len(ascending) - 1)
    return np.asarray(ascending[at] == ids)
