"""How memory is divided between GDAL's cache and the blocks at work."""

from __future__ import annotations

from typing import Final, NamedTuple

from pipeline.machine import memory_bound, processors
from pipeline.raster.grid import BLOCK
from pipeline.raster.pixels import PixelKind

BASE: Final = 220 << 20  # bytes: Python, numba, GDAL and Pillow before any pixel
_COPIES: Final = 8  # of a block: as it is warped, band by band, put together, halved, and its tiles as files
_CACHE: Final = 1 << 29  # bytes; source blocks that neighbours share need no more
_LEAST: Final = 16 << 20


class Share(NamedTuple):
    """What work may take."""

    threads: int
    cache: int  # bytes of GDAL's block cache


def share(kind: PixelKind, threads: int | None, memory: int | None, heavy: int = 1) -> Share:
    """Threads and cache for blocks of one kind; `heavy` times as much memory where a source's pixels take more.

    One block is always worked on: less than it needs cannot be had.
    """
    room = max(0, (memory or memory_bound()) - BASE)
    block = BLOCK * BLOCK * kind.bytes * _COPIES * heavy
    cache = min(_CACHE, max(_LEAST, room // 4))
    return Share(max(1, min(threads or processors(), (room - cache) // block)), cache)
