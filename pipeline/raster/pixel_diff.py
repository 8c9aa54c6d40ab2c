"""By how much the pixels of image tiles differ: grey values of pictures, metres of terrain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.compress import decompress
from pipeline.archive.diff import Changes, Kind
from pipeline.archive.reader import Archive
from pipeline.archive.spans import in_order
from pipeline.archive.tileids import zoom_of, zxy_of
from pipeline.errors import ArchiveError, UsageError
from pipeline.i18n import _
from pipeline.progress import Progress, Silent
from pipeline.raster.look import pixels_of
from pipeline.raster.nature import Nature, is_raster, nature_of
from pipeline.raster.unpack import heights_of

_BATCH: Final = 8  # pairs of tiles that one thread compares in a row


class PixelChange(NamedTuple):
    """What differs in a run of tiles whose bodies do."""

    tile_id: int
    tiles: int
    largest: float | None  # grey values 0 … 255, or metres; None where the images are of different sizes
    differing: float  # share of the pixels that differ, 0 … 1


class ZoomPixels(NamedTuple):
    """The changed tiles of one zoom."""

    zoom: int
    tiles: int  # changed
    same: int  # of these, with the same pixels: only the file differs
    largest: float | None  # over all that can be compared
    resized: int  # of different sizes


class PixelDiff(NamedTuple):
    """What differs in the pixels of two archives."""

    unit: str  # "grey" or "metres"
    changes: tuple[PixelChange, ...]  # in tile order
    zooms: tuple[ZoomPixels, ...]


def diff_pixels(
    a: Archive, b: Archive, changes: Changes, *, threads: int | None = None, progress: Progress | None = None
) -> PixelDiff:
    """Decode the tiles that changed on both sides and hold their pixels against each other.

    Colours are compared band by band; where nothing is seen on either side they do not count. Heights are compared
    where both archives hold terrain, each in its own encoding.

    Raises UsageError when either archive holds no images, ArchiveError for an image that cannot be decoded.
    """
    progress = progress or Silent()
    for archive in (a, b):
        if not is_raster(archive.header.tile_type):
            raise UsageError(
                _("The tiles are of type {type}.").format(type=archive.header.tile_type.name.lower()),
                where=archive.source.name,
                expected=_("images"),
                hint=_("leave --pixels out"),
            )
    natures = nature_of(a.metadata), nature_of(b.metadata)
    terrain = all(nature.readable for nature in natures)
    chosen = np.flatnonzero(changes.kinds == Kind.CHANGED)
    rows = np.stack([column[chosen] for column in changes], axis=1)

    def work(part: NDArray[np.int64]) -> list[PixelChange]:
        found = []
        for tile_id, run, _kind, at, a_length, bt, b_length in part.tolist():
            left = _pixels(a, tile_id, at, a_length, natures[0] if terrain else None)
            right = _pixels(b, tile_id, bt, b_length, natures[1] if terrain else None)
            found.append(PixelChange(tile_id, run, *_compared(left, right)))
        return found

    progress.start(_("Comparing pixels"), len(rows), _("tiles"))
    done: list[PixelChange] = []
    with closing(
        in_order(work, (rows[at : at + _BATCH] for at in range(0, len(rows), _BATCH)), threads=threads)
    ) as parts:
        for part in parts:
            done += part
            progress.advance(len(part))
    progress.done()
    return PixelDiff("metres" if terrain else "grey", tuple(done), tuple(_by_zoom(done)))


def _pixels(archive: Archive, tile_id: int, offset: int, length: int, nature: Nature | None) -> NDArray[np.float64]:
    """Heights [rows, cols] of terrain, else red, green, blue, alpha [rows, cols, 4]; unseen colours are 0."""
    try:
        pixels = pixels_of(decompress(archive.body(offset, length), archive.header.tile_compression))
    except ArchiveError as err:
        err.where = f"{archive.source.name} {'/'.join(map(str, zxy_of(tile_id)))}"
        raise
    if nature is not None and nature.encoding is not None:
        return heights_of(pixels, nature.encoding)
    if pixels.shape[2] == 3:
        return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)]).astype(np.float64)
    return np.where(pixels[:, :, 3:] > 0, pixels, 0).astype(np.float64)


def _compared(left: NDArray[np.float64], right: NDArray[np.float64]) -> tuple[float | None, float]:
    if left.shape != right.shape:
        return None, 1.0
    apart = np.abs(left - right)
    if apart.ndim == 3:
        apart = apart.max(axis=2)
    return round(float(apart.max()), 3), round(float(np.count_nonzero(apart) / apart.size), 6)


def _by_zoom(changes: list[PixelChange]) -> Iterator[ZoomPixels]:
    for zoom in sorted({zoom_of(change.tile_id) for change in changes}):
        here = [change for change in changes if zoom_of(change.tile_id) == zoom]
        known = [change.largest for change in here if change.largest is not None]
        yield ZoomPixels(
            zoom,
            sum(change.tiles for change in here),
            sum(change.tiles for change in here if change.largest == 0),
            max(known, default=None),
            sum(change.tiles for change in here if change.largest is None),
        )
