"""A layer as a row of shards, in memory or on disk; whoever works on one loads it, and lets it go again.

    chunks, in the source's order ──▶ index: place on the curve, id, size of every feature ──▶ shards, in drawing order

While the chunks of all layers fit into their share of memory, a layer is one shard that stays there. Otherwise chunks
go to files, and the features of each are dealt out to shards: contiguous runs of the drawing order that never part a
cell of the rules that look at several features at once. What is made of the features does not depend on how many
shards there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels.pieces import Features
from pipeline.types import POLYGON, Bounds, Tally
from pipeline.vector.attributes import Attributes
from pipeline.vector.chunk import Chunk
from pipeline.vector.ids import told_apart
from pipeline.vector.layer import Detail, Layer, layer_of, parting_shift, select
from pipeline.vector.plan import LayerPlan
from pipeline.vector.spool import load, save
from pipeline.vector.stats import LayerStats
from pipeline.vector.valid import Run, Shapes
from pipeline.vector.workfolder import sign

_RESIDENT: Final = 6  # this part of the memory may be taken by chunks; what is made of them takes the rest
_SHARD: Final = 48  # this part of the memory is one shard; several are at work, with what is made of them


class Shard(Protocol):
    """Some features of a layer."""

    def load(self) -> Layer:
        """The features, ready to be cut."""

    def store(self, layer: Layer) -> Shard:
        """The shard with another state of its features."""

    def sibling(self, suffix: str) -> Shard:
        """Where something made of the same features can be stored."""


@dataclass(frozen=True, slots=True)
class Held:
    """A shard in memory."""

    layer: Layer

    def load(self) -> Layer:
        return self.layer

    def store(self, layer: Layer) -> Held:
        return Held(layer)

    def sibling(self, suffix: str) -> Held:
        return self


@dataclass(frozen=True, slots=True)
class Stored:
    """A shard in a file."""

    path: Path
    plan: LayerPlan
    detail: Detail

    def load(self) -> Layer:
        arrays, extra = load(self.path)
        return Layer(
            self.plan,
            self.detail,
            extra["first"],
            Features(**{name: arrays[name] for name in Features._fields}),
            arrays["kinds"],
            arrays["ids"],
            arrays["rank"],
            _attributes(arrays, extra),
        )

    def store(self, layer: Layer) -> Stored:
        arrays = layer.features._asdict() | {"kinds": layer.kinds, "ids": layer.ids, "rank": layer.rank}
        save(self.path, arrays | _columns(layer.attributes), {"first": layer.first} | _names(layer.attributes))
        return Stored(self.path, layer.plan, layer.detail)

    def sibling(self, suffix: str) -> Stored:
        return replace(self, path=self.path.with_name(self.path.name + suffix))


class Index(NamedTuple):
    """What is known of every feature of a layer without its geometry and attributes, [features], in any order."""

    ids: NDArray[np.uint64]
    asked: NDArray[np.uint64]  # ids as asked for: others differ only where two features asked for the same
    contents: NDArray[np.uint64]  # hash of geometry and attributes
    visible: NDArray[np.uint32]
    keyed: NDArray[np.bool_]
    curve: NDArray[np.int64]
    bounds: NDArray[np.int64]  # [features, 4] world units


@dataclass(frozen=True, slots=True)
class Prepared:
    """A layer ready to be tiled."""

    plan: LayerPlan
    detail: Detail
    stats: LayerStats
    bounds: Bounds | None  # degrees
    tally: Tally
    shards: tuple[Shard, ...]
    index: Index | None = None  # where it was asked for

    @property
    def count(self) -> int:
        """The number of features."""
        return self.stats.features


@dataclass(slots=True)
class Ledger:
    """How much of the memory chunks take, over all layers of an archive."""

    memory: int  # bytes
    folder: Path  # for what does not fit
    indexed: bool = False  # whether layers keep their index
    held: int = 0

    @property
    def limit(self) -> int:
        """Bytes that chunks may take."""
        return self.memory // _RESIDENT

    @property
    def shard(self) -> int:
        """Bytes of one shard on disk."""
        return max(self.memory // _SHARD, 1 << 20)


@dataclass(slots=True)
class Chunks:
    """The chunks of one layer while it is being read."""

    name: str  # of its files
    ledger: Ledger
    held: list[Chunk] = field(default_factory=list)
    stored: list[Path] = field(default_factory=list)
    index: list[tuple[NDArray[Any], ...]] = field(default_factory=list)
    areas: bool = False  # whether any feature is one

    def add(self, chunk: Chunk) -> None:
        """Take one more chunk; all of them go to files once there are too many."""
        shapes = chunk.shapes
        load_ = shapes.vertex_offsets[shapes.part_to] - shapes.vertex_offsets[shapes.part_from]
        bounds = chunk.bounds if self.ledger.indexed else chunk.bounds[:0]  # half of what is known of a feature
        self.index.append((chunk.curve, chunk.ids, chunk.contents, chunk.visible, chunk.keyed, bounds, load_))
        self.held.append(chunk)
        self.areas |= bool((chunk.kinds == POLYGON).any())
        self.ledger.held += chunk.bytes
        if self.stored or self.ledger.held > self.ledger.limit:
            self.put_aside()

    def put_aside(self) -> None:
        """Move what is in memory to files."""
        if not self.ledger.folder.exists():
            sign(self.ledger.folder)
        for chunk in self.held:
            path = self.ledger.folder / f"{self.name}.chunk-{len(self.stored):05d}"
            _save_chunk(path, chunk)
            self.stored.append(path)
            self.ledger.held -= chunk.bytes
        self.held.clear()

    def shards(
        self, plan: LayerPlan, columns: Sequence[str], tally: Tally, run: Run = map
    ) -> tuple[tuple[Shard, ...], Index | None]:
        """The layer in drawing order, and its index where it is kept; `run` may be the `map` of an executor."""
        if not self.index:
            return (), None
        curve, asked, contents, visible, keyed, bounds, load_ = (
            np.concatenate(column) for column in zip(*self.index, strict=True)
        )
        self.index.clear()
        tally.add("duplicate-key", int(keyed.sum() - len(np.unique(asked[keyed]))), plan.key or "")
        ids = told_apart(asked, contents, visible)
        index = Index(ids, asked, contents, visible, keyed, curve, bounds) if self.ledger.indexed else None
        order = drawing_order(curve, ids)
        if not self.stored:
            chunks = list(self.held)
            self.held.clear()
            return (Held(layer_of(plan, chunks, columns, ids, order, run=run)),), index
        self.put_aside()
        begins = _shard_bounds(
            curve[order], load_[order], self.ledger.shard, parting_shift(plan, plan.min_zoom, self.areas)
        )
        return tuple(self._dealt_out(plan, columns, ids, order, begins, run)), index

    def _dealt_out(
        self,
        plan: LayerPlan,
        columns: Sequence[str],
        ids: NDArray[np.uint64],
        order: NDArray[np.int64],
        bounds: NDArray[np.int64],
        run: Run,
    ) -> Iterator[Shard]:
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        pieces: list[list[Path]] = [[] for _ in bounds[1:]]
        first = 0
        for number, path in enumerate(self.stored):
            chunk = _load_chunk(path)
            here = slice(first, first + len(chunk.kinds))
            chunk = replace(chunk, ids=ids[here])
            shard = np.searchsorted(bounds, place[here], side="right") - 1
            for k in np.unique(shard).tolist():
                rows = np.flatnonzero(shard == k)
                piece = self.ledger.folder / f"{self.name}.piece-{k:05d}-{number:05d}"
                _save_chunk(piece, select(chunk, rows), place[here][rows])
                pieces[k].append(piece)
            first += len(chunk.kinds)
            del chunk
            path.unlink()
        for k, paths in enumerate(pieces):
            chunks, places = zip(*(_load_piece(path) for path in paths), strict=True)
            layer = layer_of(
                plan,
                chunks,
                columns,
                np.concatenate([chunk.ids for chunk in chunks]),
                np.argsort(np.concatenate(places)),
                int(bounds[k]),
                run,
            )
            yield Stored(self.ledger.folder / f"{self.name}.shard-{k:05d}", plan, layer.detail).store(layer)
            for path in paths:
                path.unlink()


def drawing_order(curve: NDArray[np.int64], ids: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Rows along the curve, those of one place by their ids: a lexsort that looks at the ids only where it must."""
    order = np.argsort(curve, kind="stable")
    placed = curve[order]
    same = placed[1:] == placed[:-1]
    if same.any():
        shared = np.append(same, False) | np.append(False, same)
        rows = order[shared]
        order[shared] = rows[np.lexsort((ids[rows], curve[rows]))]
    return order


def _shard_bounds(curve: NDArray[np.int64], vertices: NDArray[np.int64], size: int, shift: int) -> NDArray[np.int64]:
    """Where shards of about `size` bytes begin, and the end: only where a cell ends."""
    ends = np.append(np.flatnonzero(np.diff(curve >> shift)) + 1, len(curve))
    load_ = np.cumsum(vertices * 24 + 150)[ends - 1]
    wanted = np.arange(size, int(load_[-1]), size)
    return np.unique(np.concatenate([[0], ends[np.searchsorted(load_, wanted)], [len(curve)]]))


_SMALL: Final = ("kinds", "visible", "size", "rank", "bounds", "curve", "contents", "ids", "keyed")


def _save_chunk(path: Path, chunk: Chunk, places: NDArray[np.int64] | None = None) -> None:
    arrays = chunk.shapes._asdict() | {name: getattr(chunk, name) for name in _SMALL} | _columns(chunk.attributes)
    save(path, arrays | ({} if places is None else {"places": places}), _names(chunk.attributes))


def _load_chunk(path: Path) -> Chunk:
    return _load_piece(path)[0]


def _load_piece(path: Path) -> tuple[Chunk, NDArray[np.int64]]:
    arrays, extra = load(path)
    shapes = Shapes(**{name: arrays[name] for name in Shapes._fields})
    small = {name: arrays[name] for name in _SMALL}
    return Chunk(shapes=shapes, attributes=_attributes(arrays, extra), **small), arrays.get("places", small["curve"])


def _columns(attributes: Attributes) -> dict[str, NDArray[Any]]:
    return {
        "codes": attributes.codes,
        "keys": attributes.keys,
        "key_offsets": attributes.key_offsets,
        "values": attributes.values,
        "value_offsets": attributes.value_offsets,
    }


def _names(attributes: Attributes) -> dict[str, Any]:
    return {"names": attributes.names, "types": attributes.types}


def _attributes(arrays: dict[str, NDArray[Any]], extra: dict[str, Any]) -> Attributes:
    return Attributes(
        tuple(extra["names"]),
        tuple(extra["types"]),
        *(arrays[name] for name in ("codes", "keys", "key_offsets", "values", "value_offsets")),
    )
