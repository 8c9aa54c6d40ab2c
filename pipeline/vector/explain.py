"""Which features are not drawn as they are, at which zoom, by which rule: a Parquet file beside the archive.

Rows are ordered by layer, zoom, rule, feature; a row group holds one layer, zoom and rule. What is added passes through
memory up to a bound, then through files, so the order and number of calls change no byte.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.archive.staging import StagedFile
from pipeline.vector.arrow_from import from_numbers, from_texts

RULES: Final = (
    "not-yet",  # its zoom is still to come (zoom_by, where)
    "too-small",  # left out by min_area or min_length
    "collapsed",  # without a length or area on the grid of the zoom
    "gathered",  # its area is in the square that stands for another
    "merged",  # joined with `into` (merge_lines, dissolve, merge_near)
    "clustered",  # drawn together with `into`
    "thinned",  # left out by rate or density
    "over-budget",  # left out of `tile` for its size
)
SCHEMA: Final = pa.schema(
    [
        pa.field("layer", pa.dictionary(pa.int32(), pa.string()), nullable=False),
        pa.field("id", pa.uint64(), nullable=False),
        pa.field("zoom", pa.uint8(), nullable=False),
        pa.field("rule", pa.dictionary(pa.int32(), pa.string()), nullable=False),
        pa.field("into", pa.uint64()),  # the feature in whose place it is drawn
        pa.field("tile", pa.uint64()),  # PMTiles tile id; null: at the whole zoom
    ]
)
ROWS: Final = 1 << 17  # of a row group, at most
_SORTED: Final = 1 << 21  # rows that are sorted at a time, 50 MB
_HELD: Final = 1 << 26  # bytes in memory before they go to files

_Rows = np.dtype([("id", "<u8"), ("into", "<u8"), ("tile", "<u8"), ("known", "u1")])
_INTO, _TILE = 1, 2  # bits of `known`
_Group = tuple[str, int, str]  # layer, zoom, rule


class ExplainWriter:
    """Writes one file, whole or not at all; `add` may be called from any thread, in any order.

    `seen_at` maps layers to their zooms where a reader may learn of nothing that the tiles do not show: features to
    which something was done at every zoom of their layer are then not named. Some of them may be in tiles after all
    (a budget that was met in one tile says nothing of the others); a feature that is in no tile never is.
    """

    def __init__(self, path: Path, seen_at: Mapping[str, range] | None = None) -> None:
        self.path = path
        self._seen_at = seen_at
        self._unseen: dict[str, NDArray[np.uint64]] = {}  # by layer, in order; found out when all is known
        self._groups: dict[_Group, list[NDArray[Any]]] = {}
        self._spilled: dict[_Group, Path] = {}
        self._held = 0
        self._folder: TemporaryDirectory[str] | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> ExplainWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._write()
        finally:
            if self._folder is not None:
                self._folder.cleanup()

    def add(
        self,
        layer: str,
        zoom: int,
        rule: str,
        ids: NDArray[np.uint64],
        into: NDArray[np.uint64] | None = None,
        tiles: NDArray[np.uint64] | None = None,
    ) -> None:
        """Features [features] to which a rule of `RULES` was applied; `into` and `tiles` [features] where they apply.

        Raises ValueError for a rule that does not exist.
        """
        if rule not in RULES:
            raise ValueError(rule)
        if not len(ids):
            return
        rows = np.zeros(len(ids), _Rows)
        rows["id"] = ids
        for name, bit, values in (("into", _INTO, into), ("tile", _TILE, tiles)):
            if values is not None:
                rows[name] = values
                rows["known"] |= bit
        with self._lock:
            self._groups.setdefault((layer, zoom, rule), []).append(rows)
            self._held += rows.nbytes
            if self._held > _HELD:
                self._spill()

    def _spill(self) -> None:
        self._folder = self._folder or TemporaryDirectory(prefix="longquan-explain-")
        for group, parts in self._groups.items():
            path = self._spilled.setdefault(group, Path(self._folder.name) / f"{len(self._spilled)}.rows")
            with path.open("ab") as file:
                for part in parts:
                    part.tofile(file)
        self._groups.clear()
        self._held = 0

    def _write(self) -> None:
        self._unseen = {layer: self._never_seen(layer, zooms) for layer, zooms in (self._seen_at or {}).items()}
        with StagedFile(self.path) as staged:
            with pq.ParquetWriter(
                staged.file,
                SCHEMA,
                compression="zstd",
                use_dictionary=["layer", "rule", "zoom"],
                column_encoding={"id": "DELTA_BINARY_PACKED"},  # they are in order
            ) as file:
                for group in sorted(self._groups.keys() | self._spilled.keys(), key=_group_order):
                    for rows in _even(self._sorted(group)):
                        file.write_table(_table(group, rows), row_group_size=ROWS)
            staged.commit()

    def _sorted(self, group: _Group) -> Iterator[NDArray[Any]]:
        """All rows of a group in order, in runs of at most about `_SORTED`."""
        held, stored = self._rows(group)
        total = len(held) + len(stored)
        # Where to cut is judged from a sample: every run holds the ids between two cuts, whatever their order is.
        sample = np.sort(np.concatenate([rows["id"][:: max(1, total // 4096)] for rows in (held, stored)]))
        cuts = np.unique(sample[:: max(1, len(sample) * _SORTED // max(1, total))][1:])
        low = np.uint64(0)
        for high in (*cuts, None):
            run = np.concatenate([_between(rows, low, high) for rows in (held, stored)])
            run = _without(run, self._unseen.get(group[0]))
            yield run[_in_order(run)]
            if high is not None:
                low = high

    def _rows(self, group: _Group) -> tuple[NDArray[Any], NDArray[Any]]:
        """The rows of a group in any order: those in memory, and those on disk."""
        path = self._spilled.get(group)
        stored = np.memmap(path, _Rows, mode="r") if path is not None else np.zeros(0, _Rows)
        return np.concatenate(self._groups.get(group) or [np.zeros(0, _Rows)]), stored

    def _never_seen(self, layer: str, zooms: range) -> NDArray[np.uint64]:
        """The features of a layer that have a row at each of its zooms."""
        by_zoom = [[rows for rule in RULES for rows in self._rows((layer, zoom, rule)) if len(rows)] for zoom in zooms]
        by_zoom.sort(key=lambda parts: sum(map(len, parts)))  # the fewest first: mostly there are none at the last zoom
        left = np.unique(np.concatenate([part["id"] for part in by_zoom[0]] or [np.zeros(0, np.uint64)]))
        for parts in by_zoom[1:]:
            here = np.zeros(len(left), np.bool_)
            for part in parts:
                for start in range(0, len(part), _SORTED):
                    here |= np.isin(left, part["id"][start : start + _SORTED])
            left = left[here]
        return left


def _group_order(group: _Group) -> tuple[str, int, int]:
    layer, zoom, rule = group
    return layer, zoom, RULES.index(rule)


def _without(rows: NDArray[Any], unseen: NDArray[np.uint64] | None) -> NDArray[Any]:
    """The rows without those of unseen features; nothing is said to be drawn in the place of one."""
    if unseen is None or not len(unseen):
        return rows
    rows = rows[~np.isin(rows["id"], unseen)]
    lost = np.isin(rows["into"], unseen) & ((rows["known"] & _INTO) != 0)
    rows["into"][lost] = 0
    rows["known"][lost] &= ~np.uint8(_INTO)
    return rows


def _in_order(rows: NDArray[Any]) -> NDArray[np.intp]:
    """By id, then into, then tile, the unknown ones first."""
    known = rows["known"]
    return np.lexsort((rows["tile"], known & _TILE, rows["into"], known & _INTO, rows["id"]))


def _between(rows: NDArray[Any], low: np.uint64, high: np.uint64 | None) -> NDArray[Any]:
    """The rows with ids from `low` up to below `high`; block by block, because `rows` may lie on disk."""
    found = [np.zeros(0, _Rows)]
    for start in range(0, len(rows), _SORTED):
        block = rows[start : start + _SORTED]
        wanted = block["id"] >= low
        if high is not None:
            wanted &= block["id"] < high
        found.append(block[wanted])
    return np.concatenate(found)


def _even(runs: Iterator[NDArray[Any]]) -> Iterator[NDArray[Any]]:
    """The same rows in pieces of `ROWS`, whatever the runs are."""
    left = np.zeros(0, _Rows)
    for run in runs:
        left = np.concatenate([left, run])
        while len(left) >= ROWS:
            yield left[:ROWS]
            left = left[ROWS:]
    if len(left):
        yield left


def _table(group: _Group, rows: NDArray[Any]) -> pa.Table:
    layer, zoom, rule = group
    zeros = from_numbers(np.zeros(len(rows), np.int32))
    columns = [
        pa.DictionaryArray.from_arrays(zeros, from_texts([layer], pa.string())),
        from_numbers(rows["id"]),
        from_numbers(np.full(len(rows), zoom, np.uint8)),
        pa.DictionaryArray.from_arrays(zeros, from_texts([rule], pa.string())),
        *(from_numbers(rows[name], (rows["known"] & bit) != 0) for name, bit in (("into", _INTO), ("tile", _TILE))),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)
