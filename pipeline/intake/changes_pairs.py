"""Which feature of one version is which of the other: by their key, without one by all that they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.intake.changes_side import Side, aligned, row_numbers
from pipeline.sources.arrow import valid, whole

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Rows of the two versions, each once: paired by a key, the same in all, or in one version only."""

    before: Rows  # [pairs] of the first version
    after: Rows  # [pairs] of the second version, ascending
    removed: Rows  # of the first version, ascending
    added: Rows  # of the second version, ascending
    same: int  # features that were found again by all that they are
    ambiguous: int  # features of either version whose key is missing or not unique: paired by all that they are


def pair_by_key(before: Side, after: Side, key: str) -> Pairs:
    """Pair features by the values of a field; those without a value of their own by all that they are."""
    old, new, count = _encode(*aligned(before.column(key), after.column(key)))
    old_times, new_times = np.bincount(old, minlength=count), np.bincount(new, minlength=count)
    sole = (old_times <= 1) & (new_times <= 1)
    sole[0] = False  # no value
    place = np.full(count, -1, np.int64)
    place[old] = np.arange(len(old))
    both = sole & (old_times == 1) & (new_times == 1)
    paired = np.flatnonzero(both[new])
    old_rest, new_rest = np.flatnonzero(~sole[old]), np.flatnonzero(~sole[new])
    rest = pair_by_content(before, after, old_rest, new_rest)
    removed = np.flatnonzero(sole[old] & (new_times[old] == 0))
    added = np.flatnonzero(sole[new] & (old_times[new] == 0))
    return Pairs(
        before=place[new[paired]],
        after=paired,
        removed=np.sort(np.concatenate((removed, rest.removed))),
        added=np.sort(np.concatenate((added, rest.added))),
        same=rest.same,
        ambiguous=len(old_rest) + len(new_rest),
    )


def pair_by_content(before: Side, after: Side, old_rows: Rows | None = None, new_rows: Rows | None = None) -> Pairs:
    """Find features again that are the same in every field and in their geometry, of these rows (all).

    Features that are alike are counted: of three of which two are left, one was removed, the last in the file.
    Geometries are the same whatever their rings begin with and turn.
    """
    old_rows = np.arange(before.rows) if old_rows is None else old_rows
    new_rows = np.arange(after.rows) if new_rows is None else new_rows
    none = np.empty(0, np.int64)
    if not len(old_rows) or not len(new_rows):
        return Pairs(none, none, old_rows, new_rows, 0, 0)
    old, new = np.zeros(len(old_rows), np.int64), np.zeros(len(new_rows), np.int64)
    for one, other in _columns(before, after):
        old, new = _joined(old, new, one.take(row_numbers(old_rows)), other.take(row_numbers(new_rows)))
    shapes = before.shapes().take(row_numbers(old_rows)), after.shapes().take(row_numbers(new_rows))
    # As bytes first: what is the same is mostly written the same.
    left, come = _surplus(*_joined(old, new, *shapes))
    if len(left) and len(come):
        old, new = old[left], new[come]
        again = _surplus(*_joined(old, new, _normal(shapes[0], left), _normal(shapes[1], come)))
        left, come = left[again[0]], come[again[1]]
    return Pairs(none, none, old_rows[left], new_rows[come], len(old_rows) - len(left), 0)


def _columns(before: Side, after: Side) -> Iterator[tuple[pa.Array, pa.Array]]:
    for name in dict.fromkeys((*before.types, *after.types)):
        yield aligned(before.column(name), after.column(name))


def _encode(one: pa.Array, other: pa.Array) -> tuple[Rows, Rows, int]:
    """Equal values as equal numbers below the third result; 0 stands for no value."""
    found = pa.chunked_array([one, other]).dictionary_encode()  # the chunks share one dictionary; empty ones are gone
    codes = np.concatenate([np.zeros(0, np.int64), *(_codes(chunk.indices) for chunk in found.chunks)])
    values = max((len(chunk.dictionary) for chunk in found.chunks), default=0)
    return codes[: len(one)], codes[len(one) :], values + 1


def _codes(indices: pa.Array) -> Rows:
    """Indices of a dictionary from 1, [rows]; 0 where there is none."""
    raw = np.frombuffer(indices.buffers()[1] or b"", np.int32)[indices.offset : indices.offset + len(indices)]
    there = valid(indices)
    return np.where(there, raw + 1, 0).astype(np.int64) if len(there) else raw.astype(np.int64) + 1


def _joined(old: Rows, new: Rows, one: pa.Array, other: pa.Array) -> tuple[Rows, Rows]:
    """Codes of rows refined by one more column: equal where the codes and the values were."""
    first, second, count = _encode(one, other)
    mixed_old, mixed_new = old * count + first, new * count + second  # below 2⁶³: both have fewer codes than rows
    again = _encode(row_numbers(mixed_old), row_numbers(mixed_new))
    return again[0], again[1]


def _surplus(old: Rows, new: Rows) -> tuple[Rows, Rows]:
    """Which of the rows on each side have no like on the other, ascending."""
    count = int(max(old.max(initial=-1), new.max(initial=-1))) + 1
    return _beyond(old, np.bincount(new, minlength=count)), _beyond(new, np.bincount(old, minlength=count))


def _beyond(codes: Rows, most: NDArray[np.int64]) -> Rows:
    """Rows that are more of their code than `most` says."""
    order = np.argsort(codes, kind="stable")
    ranked = codes[order]
    first = np.searchsorted(ranked, ranked)
    return np.sort(order[np.arange(len(codes)) - first >= most[ranked]])


def _normal(shapes: pa.Array, rows: Rows) -> pa.Array:
    """The geometries of these rows in the one form that all geometries of the same points have."""
    import shapely

    binary = shapely.to_wkb(shapely.normalize(shapely.from_wkb(shapes.take(row_numbers(rows)).to_pylist())))
    return whole(pa.chunked_array([pa.array(binary.tolist(), pa.large_binary())]))
