"""What tiles hold of one layer, as numbers: the form in which pieces of several features are put together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels.records import pack_geometries, unpack_geometries
from pipeline.vector.ragged import offsets_of, runs


class TileRecords(NamedTuple):
    """Pieces of one layer by tile, as ragged arrays in tile units: record → parts → vertices.

    Rings are unclosed; an exterior runs clockwise on the screen (y down, positive doubled area) and stands before its
    holes. A (multi)point is one part.
    """

    tile_ids: NDArray[np.int64]  # [records] ascending
    rows: NDArray[np.int64]  # [records] feature of the layer; ascending within a tile
    kinds: NDArray[np.uint8]  # [records] POINT, LINE or POLYGON
    part_offsets: NDArray[np.int64]  # [records + 1]
    vertex_offsets: NDArray[np.int64]  # [parts + 1]
    x: NDArray[np.int32]  # [vertices]
    y: NDArray[np.int32]


class Encoded(NamedTuple):
    """Records' geometries as MVT commands: record i has `lengths[i]` bytes at `geometry[starts[i]]`."""

    starts: NDArray[np.int64]  # [records]
    lengths: NDArray[np.int64]
    geometry: NDArray[np.uint8]


class Groups(NamedTuple):
    """Records that shall become one: those of run g are `members[offsets[g]:offsets[g + 1]]`, first one first."""

    members: NDArray[np.int64]  # [records of the kind] indices of records
    offsets: NDArray[np.int64]  # [runs + 1]


def unpack(
    tile_ids: NDArray[np.int64],
    rows: NDArray[np.int64],
    kinds: NDArray[np.uint8],
    encoded: Encoded,
) -> TileRecords:
    """Read the records' geometries; all arrays are [records], sorted by tile, then row."""
    part_offsets = np.empty(len(kinds) + 1, np.int64)
    vertex_offsets, x, y = unpack_geometries(kinds, *encoded, part_offsets)
    return TileRecords(tile_ids, rows, kinds, part_offsets, vertex_offsets, x, y)


def pack(records: TileRecords) -> Encoded:
    """Write the records' geometries: the inverse of `unpack`, byte by byte."""
    starts, lengths = np.empty(len(records.kinds), np.int64), np.empty(len(records.kinds), np.int64)
    geometry = pack_geometries(
        records.kinds, records.part_offsets, records.vertex_offsets, records.x, records.y, starts, lengths
    )
    return Encoded(starts, lengths, geometry)


def grouped(records: TileRecords, kind: int, groups: NDArray[np.int64]) -> Groups:
    """Records of this kind that lie in the same tile and have the same code in `groups` [records]."""
    picks = np.flatnonzero(records.kinds == kind)
    members = picks[np.lexsort((groups[picks], records.tile_ids[picks]))]  # stable: rows stay in order
    tile, group = records.tile_ids[members], groups[members]
    begins = np.ones(len(members), bool)
    begins[1:] = (tile[1:] != tile[:-1]) | (group[1:] != group[:-1])
    return Groups(members, np.append(np.flatnonzero(begins), len(members)))


def taken(records: TileRecords, picks: NDArray[np.int64]) -> TileRecords:
    """The picked records, in this order."""
    parts = runs(records.part_offsets, picks)
    vertices = runs(records.vertex_offsets, parts)
    return TileRecords(
        records.tile_ids[picks],
        records.rows[picks],
        records.kinds[picks],
        offsets_of(np.diff(records.part_offsets)[picks]),
        offsets_of(np.diff(records.vertex_offsets)[parts]),
        records.x[vertices],
        records.y[vertices],
    )


def replaced(
    records: TileRecords,
    groups: Groups,
    part_offsets: NDArray[np.int64],
    vertex_offsets: NDArray[np.int64],
    x: NDArray[np.int32],
    y: NDArray[np.int32],
) -> tuple[TileRecords, NDArray[np.int64]]:
    """The records with every group in one, at the place and with the row of its first member.

    `part_offsets` [runs + 1] and what follows: the groups' new geometries; a group without parts vanishes. Also
    returns, for each record, the new record that holds it now, −1 where it vanished.
    """
    n, first = len(records.kinds), groups.members[groups.offsets[:-1]]
    of_record = np.arange(n)  # the candidate that holds it: itself, or n + its group
    of_record[groups.members] = n + np.repeat(np.arange(len(first)), np.diff(groups.offsets))
    joined = TileRecords(
        np.concatenate([records.tile_ids, records.tile_ids[first]]),
        np.concatenate([records.rows, records.rows[first]]),
        np.concatenate([records.kinds, records.kinds[first]]),
        np.concatenate([records.part_offsets, part_offsets[1:] + records.part_offsets[-1]]),
        np.concatenate([records.vertex_offsets, vertex_offsets[1:] + records.vertex_offsets[-1]]),
        np.concatenate([records.x, x]),
        np.concatenate([records.y, y]),
    )
    stays = of_record == np.arange(n)
    stays[first] = np.diff(part_offsets) > 0
    picks = of_record[stays]
    into = np.full(len(joined.kinds), -1, np.int64)
    into[picks] = np.arange(len(picks))
    return taken(joined, picks), into[of_record]
