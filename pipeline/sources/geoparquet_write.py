"""Features into a GeoParquet file, sorted along a Hilbert curve, each with its box, in memory that does not grow.

GeoParquet 1.1.0: WKB in longitude and latitude (OGC:CRS84, which needs no "crs"), § bbox covering. What is near on the
ground is near in the file, so whoever wants a neighbourhood reads a few row groups (`covering`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray

from pipeline.kernels.hilbert import sort_keys
from pipeline.sources.arrow import offsets
from pipeline.sources.assemble import mask
from pipeline.sources.growing import GrowingTable
from pipeline.sources.shapes import to_shapes
from pipeline.sources.spill import Spill
from pipeline.types import Bounds, FeatureBatch

VERSION: Final = "1.1.0"
SIDES: Final = ("xmin", "ymin", "xmax", "ymax")
GROUP_ROWS: Final = 1 << 16  # rows of a row group at most
GROUP_BYTES: Final = 1 << 26  # and bytes before compression
MEMORY: Final = 1 << 30  # bytes sorted at a time
_BITS: Final = 31  # of the curve's grid each way: 2 cm
_LAST: Final = np.iinfo(np.int64).max  # where features without a place go
_BOX: Final = pa.struct([pa.field(side, pa.float64()) for side in SIDES])


@dataclass(frozen=True, slots=True)
class WrittenFeatures:
    """What went into a file."""

    features: int
    bounds: Bounds | None  # degrees; None where nothing has a place
    geometry_types: tuple[str, ...]  # "Polygon", "MultiPolygon" …, in order


def write_geoparquet(
    out: BinaryIO, batches: Iterable[FeatureBatch], scratch: Path, *, memory: int = MEMORY
) -> WrittenFeatures:
    """Write the features to the open file `out`; features at one place on the curve stay in their order.

    `scratch` is an empty folder of the caller's for what does not fit into `memory` bytes; a row group, 64 MB, is in
    memory four times over at least. The same features give the same bytes, whatever the memory. Raises OSError where
    nothing can be written.
    """
    spool = _Spool(scratch)
    try:
        for batch in batches:
            spool.add(batch)
        spool.close()
        _write(spool, out, memory)
    finally:
        spool.close()
    return WrittenFeatures(spool.rows, spool.bounds, tuple(sorted(spool.types)))


class _Spool:
    """Batches on disk in the order they came, until it is known where each row goes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.types: set[str] = set()
        self.bounds: Bounds | None = None
        self.geometry, self.box = "geometry", "bbox"
        self._rows = GrowingTable(folder)
        self._keys: list[NDArray[np.int64]] = []
        self._sizes: list[NDArray[np.int64]] = []

    @property
    def rows(self) -> int:
        """How many there are."""
        return self._rows.rows

    @property
    def schema(self) -> pa.Schema:
        """The columns of all, geometry and box last."""
        return self._rows.schema

    def add(self, batch: FeatureBatch) -> None:
        """Append a batch."""
        shapes = to_shapes(batch.geometries)
        boxes = np.asarray(shapely.bounds(shapes), np.float64).reshape(-1, 4)
        self.types.update(_type_names(shapes))
        self._reach(boxes)
        binary = pa.array(shapely.to_wkb(shapes, byte_order=1).tolist(), pa.large_binary())
        table = batch.attributes
        if not self._keys:
            self.geometry = _free("geometry", table.column_names)
            self.box = _free("bbox", table.column_names)
        table = table.append_column(self.geometry, binary).append_column(self.box, _as_struct(boxes))
        self._rows.add(table)
        self._keys.append(_positions(boxes))
        self._sizes.append(_row_sizes(table, binary))

    def close(self) -> None:
        """End writing; only now it can be read."""
        self._rows.close()

    def order(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The rows along the curve, and how many bytes each of them takes [rows], in that order."""
        if not self.rows:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        order = np.argsort(np.concatenate(self._keys), kind="stable")
        return order, np.concatenate(self._sizes)[order]

    def portions(self, order: NDArray[np.int64], cuts: Sequence[int]) -> Iterator[pa.Table]:
        """The rows in that order, one table for each stretch between two cuts; none is held longer than needed."""
        columns = tuple(self.schema.names)
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        if len(cuts) == 2:
            yield _sorted(list(self._rows.tables(columns)), place, self.schema)
            return
        of_row = np.searchsorted(cuts, place, side="right") - 1
        spills = [Spill(self.folder / f"portion-{n}.arrow", self.schema) for n in range(len(cuts) - 1)]
        with ExitStack() as stack:
            for spill in spills:
                stack.enter_context(spill)
            first = 0
            for table in self._rows.tables(columns):
                mine = of_row[first : first + table.num_rows]
                for n in np.unique(mine).tolist():
                    spills[n].add(table.filter(mask(mine == n)))
                first += table.num_rows
        for n, spill in enumerate(spills):
            yield _sorted(list(spill.tables(columns)), place[of_row == n], self.schema)
            (self.folder / f"portion-{n}.arrow").unlink()

    def _reach(self, boxes: NDArray[np.float64]) -> None:
        there = boxes[~np.isnan(boxes[:, 0])]
        if len(there):
            west, south, _east, _north = there.min(0).tolist()
            _west, _south, east, north = there.max(0).tolist()
            b = self.bounds or (west, south, east, north)
            self.bounds = (min(b[0], west), min(b[1], south), max(b[2], east), max(b[3], north))


def _sorted(tables: list[pa.Table], place: NDArray[np.int64], schema: pa.Schema) -> pa.Table:
    """Tables as one, its rows by their `place` [rows]."""
    rows = pa.concat_tables(tables) if tables else schema.empty_table()
    return rows.combine_chunks().take(_plain(np.argsort(place, kind="stable"), pa.int64()))


def _write(spool: _Spool, file: BinaryIO, memory: int) -> None:
    order, sizes = spool.order()
    empty = pa.schema([pa.field(spool.geometry, pa.large_binary()), pa.field(spool.box, _BOX)])
    schema = _stored(spool.schema if spool.schema.names else empty, spool)
    texts = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]
    groups = _cuts(sizes, GROUP_BYTES, GROUP_ROWS)
    with pq.ParquetWriter(file, schema, compression="zstd", compression_level=6, use_dictionary=texts) as writer:
        if not spool.rows:
            return
        portions = _gathered(groups, sizes, memory // 3)  # a portion is there thrice: as read, in order, compressed
        for (first, last), table in zip(pairwise(portions), spool.portions(order, portions), strict=True):
            stored = table.select(schema.names).cast(schema)
            for start, end in pairwise(each for each in groups if first <= each <= last):
                writer.write_table(stored.slice(start - first, end - start), row_group_size=end - start)


def _cuts(sizes: NDArray[np.int64], most_bytes: int, most_rows: int) -> list[int]:
    """Where row groups begin, and the end: each has so many bytes and rows at most, and one row at least."""
    cuts, ends = [0], np.cumsum(sizes)
    while cuts[-1] < len(sizes):
        a = cuts[-1]
        b = int(np.searchsorted(ends, (ends[a - 1] if a else 0) + most_bytes, side="right"))
        cuts.append(min(max(b, a + 1), a + most_rows, len(sizes)))
    return cuts


def _gathered(groups: Sequence[int], sizes: NDArray[np.int64], most_bytes: int) -> list[int]:
    """Every so many row groups that so many bytes are together, or one that is larger, and the end."""
    cuts, ends = [0], np.concatenate(([0], np.cumsum(sizes)))
    for before, after in pairwise(groups):
        if before > cuts[-1] and ends[after] - ends[cuts[-1]] > most_bytes:
            cuts.append(before)
    return [*cuts, len(sizes)]


def _metadata(geometry: str, box: str, types: set[str], bounds: Bounds | None) -> dict[str, Any]:
    """GeoParquet 1.1.0 § File metadata."""
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": sorted(types),
        "edges": "planar",
        "covering": {"bbox": {side: [box, side] for side in SIDES}},
    }
    if bounds is not None:
        column["bbox"] = list(bounds)
    return {"version": VERSION, "primary_column": geometry, "columns": {geometry: column}}


def _stored(schema: pa.Schema, spool: _Spool) -> pa.Schema:
    """The file's columns, with what the standard wants said; geometries as plain binary, which every reader knows.

    A table whose rows have no place at all (addresses, to be located by other data) is plain Parquet: read again, it
    has no geometries that are missing.
    """
    attributes = [field for field in schema if field.name not in (spool.geometry, spool.box)]
    if spool.rows and not spool.types and attributes:
        return pa.schema([(field.name, field.type) for field in attributes])
    fields = [(field.name, pa.binary() if field.name == spool.geometry else field.type) for field in schema]
    about = _metadata(spool.geometry, spool.box, spool.types, spool.bounds)
    return pa.schema(fields, {b"geo": json.dumps(about, separators=(",", ":")).encode()})


def _positions(boxes: NDArray[np.float64]) -> NDArray[np.int64]:
    """Where the centres of boxes in degrees [boxes, 4] lie on the Hilbert curve over the whole globe."""
    there = ~np.isnan(boxes[:, 0])
    middle = np.where(there[:, None], (boxes[:, :2] + boxes[:, 2:]) / 2, 0.0)
    cells = float(1 << _BITS)
    x = ((middle[:, 0] + 180) / 360 * cells).astype(np.int64)
    y = ((90 - middle[:, 1]) / 180 * cells).astype(np.int64)
    keys = np.empty(len(boxes), np.int64)
    sort_keys(x, y, _BITS, _BITS, keys)
    keys[~there] = _LAST
    return keys


def _as_struct(boxes: NDArray[np.float64]) -> pa.Array:
    nowhere = np.isnan(boxes[:, 0])
    sides = [_plain(np.ascontiguousarray(side), pa.float64()) for side in boxes.T]
    return pa.StructArray.from_arrays(sides, fields=list(_BOX), mask=mask(nowhere))


def _row_sizes(table: pa.Table, binary: pa.Array) -> NDArray[np.int64]:
    """About how many bytes each row takes: its own geometry, and what the others take in the middle."""
    lengths = np.diff(offsets(binary))
    others = max(0, table.nbytes - int(lengths.sum())) // max(1, table.num_rows)
    return np.asarray(lengths + others + 1, np.int64)


def _type_names(shapes: NDArray[Any]) -> set[str]:
    """The names of the types in the standard's spelling."""
    ids, first = np.unique(shapely.get_type_id(shapes), return_index=True)
    return {str(shapes[row].geom_type) for id, row in zip(ids.tolist(), first.tolist(), strict=True) if id >= 0}


def _free(name: str, taken: Iterable[str]) -> str:
    """The name, or the first like it that no column has."""
    folded = {each.casefold() for each in taken}
    while name.casefold() in folded:
        name += "_"
    return name


def _plain(values: NDArray[Any], type: pa.DataType) -> pa.Array:
    """Numbers as an Arrow array of the same type; `pa.array` would import pandas."""
    return pa.Array.from_buffers(type, len(values), [None, pa.py_buffer(values)])
