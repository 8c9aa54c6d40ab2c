"""Lines of a tile that are equal in what the map shows of them become one feature, joined where they meet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels.join_lines import join_lines
from pipeline.types import LINE
from pipeline.vector.tile_records import TileRecords, grouped, replaced


def merge_lines(
    records: TileRecords, groups: NDArray[np.int64], *, directed: bool = False
) -> tuple[TileRecords, NDArray[np.int64]]:
    """One record for all lines of a tile that have the same code in `groups` [records], joined end to end.

    Two line ends that meet are joined, three or more stay a junction; lines that are drawn twice are drawn once.
    `directed` joins end to start only and keeps every direction. The new record is a multi-line string with the row
    of the first. Also returns, for each record, the new record that holds it. Points and areas stay as they are.
    """
    lines = grouped(records, LINE, groups)
    part_offsets = np.empty(len(lines.offsets), np.int64)
    vertex_offsets, x, y = join_lines(
        lines.members,
        lines.offsets,
        records.part_offsets,
        records.vertex_offsets,
        records.x,
        records.y,
        directed,
        part_offsets,
    )
    return replaced(records, lines, part_offsets, vertex_offsets, x, y)
