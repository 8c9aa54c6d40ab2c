"""Which feature took the place of which: old and new ids of features that have no key and were edited.

An id that is a hash of the content changes with it. Whoever holds on to ids follows them through this table.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.staging import StagedFile
from pipeline.kernels.features import hash_contents
from pipeline.kernels.mercator import WORLD
from pipeline.vector.chunk import Chunk, make_chunk
from pipeline.vector.matching import identities, rows_of
from pipeline.vector.plan import Changes, LayerInput
from pipeline.vector.shards import Index

GEOMETRY, ATTRIBUTES, PLACE, SAME = "geometry", "attributes", "place", "same"  # what old and new have in common
_NEAR: Final = 5.0  # metres between the boxes of a feature that was moved
_OVERLAP: Final = 0.5  # of the area that two boxes cover together, in which both lie, where all else was edited
_EQUATOR: Final = 40_075_016.7  # metres


class Changed(NamedTuple):
    """Features without a key that were removed or added, [features]."""

    ids: NDArray[np.uint64]
    kinds: NDArray[np.uint8]
    geometry: NDArray[np.uint64]  # hash
    attributes: NDArray[np.uint64]  # hash
    bounds: NDArray[np.int64]  # [features, 4] world units


class Successor(NamedTuple):
    """The new id of a feature, None where nothing took its place, and how it was found."""

    old: int
    new: int | None
    how: str | None


def ids_path(archive: Path) -> Path:
    """Where the table of old and new ids of an archive lies."""
    return archive.with_name(archive.stem + ".ids.parquet")


def write_ids(
    archive: Path, inputs: Sequence[LayerInput], before: Mapping[str, Index], after: Mapping[str, Index]
) -> None:
    """Write the table of an archive that was built after changes. Raises OutputError.

    Columns layer, old, new (null: nothing took its place) and how, ordered by layer and old id. `before` and `after`
    are the layers' features by name.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    layers: list[str] = []
    found: list[Successor] = []
    for item in inputs:
        if item.changes is None or item.plan.name not in before or item.plan.name not in after:
            continue
        some = layer_successors(item, item.changes, before[item.plan.name], after[item.plan.name])
        layers += [item.plan.name] * len(some)
        found += some
    table = pa.table(
        {
            "layer": pa.array(layers, pa.string()),
            "old": pa.array([each.old for each in found], pa.int64()),
            "new": pa.array([each.new for each in found], pa.int64()),
            "how": pa.array([each.how for each in found], pa.string()),
        }
    )
    with StagedFile(ids_path(archive)) as staged:
        pq.write_table(table, staged.file, compression="zstd")
        staged.commit()


def layer_successors(item: LayerInput, changes: Changes, before: Index, after: Index) -> list[Successor]:
    """The successors of a layer's features, ascending by old id; keyed features keep their ids and are left out."""
    removed, added = (
        [make_chunk(item.plan, batch)[0] for batch in batches] for batches in (changes.removed, changes.added)
    )
    gone, come = rows_of(before, removed), rows_of(after, added)
    found = successors(_changed(removed, before.ids, gone), _changed(added, after.ids, come))
    return sorted([*found, *_told_apart_anew(before, after, gone, come)])


def _told_apart_anew(
    before: Index, after: Index, gone: NDArray[np.int64], come: NDArray[np.int64]
) -> Iterable[Successor]:
    """Features that did not change, but got another id because one that had asked for the same came or went."""
    asked = np.unique(np.concatenate([each.asked[each.ids != each.asked] for each in (before, after)]))
    if len(asked) == 0:
        return
    sides = []
    for index, changed in ((before, gone), (after, come)):
        here = np.isin(index.asked, asked)
        here[changed[changed >= 0]] = False
        rows = np.flatnonzero(here)
        keys = identities(index.contents[rows], index.asked[rows], index.visible[rows])
        order = np.lexsort((index.ids[rows], keys))
        sides.append((keys[order], index.ids[rows][order]))
    (old_keys, old_ids), (new_keys, new_ids) = sides
    if np.array_equal(old_keys, new_keys):  # not where the changes did not tell all
        for old, new in zip(old_ids.tolist(), new_ids.tolist(), strict=True):
            if old != new:
                yield Successor(old, new, SAME)


def successors(old: Changed, new: Changed) -> Iterable[Successor]:
    """Pair features one to one: equal geometry first, then equal attributes nearby, then the same place.

    The order of the features does not matter; of several that would do, the nearest, then the smallest ids.
    """
    found = {}
    for a, b in _equal(old.geometry, new.geometry, old.ids, new.ids):
        found[a] = (b, GEOMETRY if old.attributes[a] != new.attributes[b] else SAME)
    taken = {b for b, _how in found.values()}
    for a, b, how in _nearby(old, new, [a for a in range(len(old.ids)) if a not in found], taken):
        if a not in found and b not in taken:
            found[a] = (b, how)
            taken.add(b)
    for a, id_ in enumerate(old.ids.tolist()):
        if a not in found:
            yield Successor(id_, None, None)
        elif id_ != int(new.ids[found[a][0]]):
            yield Successor(id_, int(new.ids[found[a][0]]), found[a][1])


def _changed(chunks: Sequence[Chunk], ids: NDArray[np.uint64], rows: NDArray[np.int64]) -> Changed:
    """The features of the chunks that have no key and are where the changes say: `rows` of the ids, −1 for others."""
    pieces: list[Changed] = []
    at = 0
    for chunk in chunks:
        n = len(chunk.kinds)
        shapes, codes = chunk.shapes, chunk.attributes.codes
        keys, values = chunk.attributes.hashes()
        geometry, attributes = np.empty(n, np.uint64), np.empty(n, np.uint64)
        hash_contents(*shapes, codes[:0], keys[:0], values, geometry)
        none = np.zeros(n, np.int64)
        hash_contents(*shapes._replace(part_from=none, part_to=none), codes, keys, values, attributes)
        here = rows[at : at + n]
        free = ~chunk.keyed & (here >= 0)
        pieces.append(Changed(ids[here[free]], chunk.kinds[free], geometry[free], attributes[free], chunk.bounds[free]))
        at += n
    if not pieces:
        nothing = np.empty(0, np.uint64)
        return Changed(nothing, np.empty(0, np.uint8), nothing, nothing, np.empty((0, 4), np.int64))
    return Changed(*(np.concatenate(column) for column in zip(*pieces, strict=True)))


def _equal(
    a: NDArray[np.uint64], b: NDArray[np.uint64], a_ids: NDArray[np.uint64], b_ids: NDArray[np.uint64]
) -> list[tuple[int, int]]:
    """Pairs of equal values, each used once, in the order of the ids."""
    waiting: dict[int, list[int]] = {}
    for k in np.argsort(b_ids, kind="stable")[::-1].tolist():
        waiting.setdefault(int(b[k]), []).append(k)
    order = np.argsort(a_ids, kind="stable").tolist()
    return [(k, here.pop()) for k in order if (here := waiting.get(int(a[k])))]


def _nearby(old: Changed, new: Changed, left: Sequence[int], taken: set[int]) -> list[tuple[int, int, str]]:
    """Pairs of what is left that may be one feature, the likeliest first."""
    free = [b for b in range(len(new.ids)) if b not in taken]
    if not left or not free:
        return []
    import shapely  # only those who move features pay for it

    a_rows, b_rows = np.array(left), np.array(free)
    near = np.array([_units(_NEAR, int(box[1] + box[3]) // 2) for box in old.bounds[a_rows]])[:, None]
    grown = old.bounds[a_rows] + near * np.array([-1, -1, 1, 1])
    tree = shapely.STRtree(shapely.box(*new.bounds[b_rows].astype(np.float64).T))
    at, hit = tree.query(shapely.box(*grown.astype(np.float64).T))
    ranked = []
    for a, b in zip(a_rows[at].tolist(), b_rows[hit].tolist(), strict=True):
        if old.kinds[a] != new.kinds[b]:
            continue
        p, q = old.bounds[a].tolist(), new.bounds[b].tolist()
        apart = math.hypot(p[0] + p[2] - q[0] - q[2], p[1] + p[3] - q[1] - q[3])
        if old.attributes[a] == new.attributes[b]:
            ranked.append((0, apart, int(old.ids[a]), int(new.ids[b]), a, b, ATTRIBUTES))
        elif _overlap(p, q) >= _OVERLAP:
            ranked.append((1, apart, int(old.ids[a]), int(new.ids[b]), a, b, PLACE))
    return [(a, b, how) for *_order, a, b, how in sorted(ranked)]


def _units(metres: float, wy: int) -> int:
    """World units of a length at a place."""
    lat = math.atan(math.sinh(math.pi * (1.0 - 2.0 * wy / WORLD)))
    return math.ceil(metres * WORLD / (_EQUATOR * math.cos(lat)))


def _overlap(a: Sequence[int], b: Sequence[int]) -> float:
    """The part of the area covered by two boxes that both cover; edges count as one unit wide."""
    width = min(a[2], b[2]) - max(a[0], b[0]) + 1
    height = min(a[3], b[3]) - max(a[1], b[1]) + 1
    both = max(width, 0) * max(height, 0)
    either = sum((box[2] - box[0] + 1) * (box[3] - box[1] + 1) for box in (a, b)) - both
    return both / either
