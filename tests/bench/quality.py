"""What an archive holds: distinct features per zoom and invalid polygons, every tile decoded."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.archive.reader import open_archive
from pipeline.kernels import decode_mvt as col
from pipeline.vector.tables import decode_tables
from pipeline.vector.verify import verify_tiles


class Quality(NamedTuple):
    """Figures of one archive."""

    kept: dict[int, int]  # zoom → distinct feature ids
    invalid: int  # decoded polygons that fail shapely.is_valid, all tiles and zooms
    bytes: int


def quality(path: Path) -> Quality:
    """Decode every tile and count; our decoder, since mapbox_vector_tile would take longer than the builds.

    The tests hold it against mapbox_vector_tile (tests/vector/test_decode.py).
    """
    ids: dict[int, list[object]] = {}
    with open_archive(path) as archive:
        for zoom, x, y, _raw in archive.tiles():
            body = archive.tile(zoom, x, y) or b""
            ids.setdefault(zoom, []).append(np.unique(decode_tables([body]).tables.features[:, col.ID]))
        invalid = sum(figures.invalid for figures in verify_tiles(archive).zooms)
    kept = {zoom: len(np.unique(np.concatenate(found))) for zoom, found in sorted(ids.items())}
    return Quality(kept, invalid, path.stat().st_size)
