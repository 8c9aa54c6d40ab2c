"""The rules for a raster archive as a whole: one size, one meaning, a pyramid without holes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.header import Compression, Header
from pipeline.archive.rules import Finding, Rule, Severity
from pipeline.archive.tileids import FIRST_IDS, ZOOM_LIMIT, columns_rows, extent_of, zooms_of, zxy_of
from pipeline.i18n import _
from pipeline.raster.nature import ENCODINGS, Nature
from pipeline.raster.tile_rules import AGAIN, REWRITE

Found = Iterator[Finding]
_TOLD: Final = 50  # findings in words; the rest of a rule's is one number
_SPREAD: Final = 1 << 16  # tiles looked at one by one at once
_SLACK: Final = 1 / 256  # of a tile: bounds are kept to 1e-7 degrees, pixels reach over by less than one
_MERCATOR_LIMIT: Final = 85.0511287798066  # degrees


class Runs(NamedTuple):
    """Runs of tiles in tile order; none overlaps another or reaches over the end of a zoom (`runs_of`)."""

    starts: NDArray[np.int64]  # tile ids
    stops: NDArray[np.int64]
    contents: NDArray[np.int64]  # which distinct tile each shows
    zooms: NDArray[np.int64]
    before: NDArray[np.int64]  # how many tiles lie in earlier runs

    def covered(self, starts: NDArray[np.int64], stops: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many of the ids in ranges [start, stop) are tiles."""
        return self._below(stops) - self._below(starts)

    def _below(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        at = np.searchsorted(self.starts, ids, side="right") - 1
        run = np.maximum(at, 0)
        inside = np.minimum(ids, self.stops[run]) - self.starts[run]
        found: NDArray[np.int64] = np.where(at >= 0, self.before[run] + inside, 0)
        return found


def runs_of(starts: NDArray[np.int64], stops: NDArray[np.int64], contents: NDArray[np.int64]) -> Runs:
    """Runs in tile order, cut where a zoom ends: ids go on from one zoom to the next, and so may the runs of a file."""
    firsts = np.array(FIRST_IDS, dtype=np.int64)
    while (across := stops > (ends := firsts[zooms_of(starts) + 1])).any():
        starts = np.concatenate([starts, ends[across]])
        contents = np.concatenate([contents, contents[across]])
        stops = np.concatenate([np.minimum(stops, ends), stops[across]])
        order = np.argsort(starts, kind="stable")
        starts, stops, contents = starts[order], stops[order], contents[order]
    before = np.cumsum(stops - starts) - (stops - starts)
    return Runs(starts, stops, contents, zooms_of(starts), before)


class Pyramid(NamedTuple):
    """An archive whose tiles have been looked at one by one."""

    header: Header
    metadata: dict[str, Any]
    nature: Nature
    runs: Runs
    widths: NDArray[np.int32]  # [contents] pixels; 0 where nothing is known
    quadrants: NDArray[np.uint8]  # [contents] bits of those in which something is seen; 15 of opaque tiles
    alpha: NDArray[np.bool_]  # [contents] whether it can be told what is seen: some pixel is transparent
    means: Callable[[], Iterator[Finding]]  # parents that are not the means of their children


def sizes_equal(p: Pyramid) -> Found:
    """Tiles of each size but the most frequent one are told; so is one that the metadata contradicts."""
    known = p.widths > 0
    sizes, counts = np.unique(p.widths[known], return_counts=True)
    if not len(sizes):
        return
    common = int(sizes[counts.argmax()])
    for size in sizes.tolist():
        if size != common:
            at = np.flatnonzero(p.widths == size)
            yield Finding(
                _("{n} different images are {size} pixels wide, {rest} are {common}").format(
                    n=len(at), size=size, rest=int(counts.max()), common=common
                ),
                _first_tile(p.runs, int(at[0])),
                times=len(at),
            )
    if p.nature.tile_size not in (None, common):
        yield Finding(
            _("the metadata says {said} pixels, images are {common} wide").format(
                said=p.nature.tile_size, common=common
            )
        )


def images_plain(p: Pyramid) -> Found:
    if p.header.tile_compression is not Compression.NONE:
        yield Finding(_("they are packed with {name}").format(name=p.header.tile_compression.name.lower()))


def encoding_known(p: Pyramid) -> Found:
    if p.nature.kind == "terrain" and p.nature.encoding not in ENCODINGS:
        yield Finding(
            _("the metadata says terrain and names no encoding")
            if p.nature.encoding is None
            else _("the metadata names the encoding {encoding}").format(encoding=p.nature.encoding)
        )


def bounds_contain(p: Pyramid) -> Found:
    """No tile of any zoom lies wholly outside the bounds; a raster has no buffer that could reach over."""
    west, south, east, north = p.header.bounds
    for zoom in np.unique(p.runs.zooms).tolist():
        here = p.runs.zooms == zoom
        first = FIRST_IDS[zoom]
        extent = extent_of(zoom, p.runs.starts[here] - first, p.runs.stops[here] - first)
        if extent is None:
            continue
        said = (_column(west, zoom), _row(north, zoom), _column(east, zoom), _row(south, zoom))
        low, high = (said[0] - _SLACK, said[1] - _SLACK), (said[2] + _SLACK, said[3] + _SLACK)
        if extent[0] + 1 < low[0] or extent[1] + 1 < low[1] or extent[2] > high[0] or extent[3] > high[1]:
            yield Finding(
                _("zoom {zoom} has tiles in columns {w}–{e} and rows {n}–{s}, the bounds reach over {bounds}").format(
                    zoom=zoom,
                    w=extent[0],
                    e=extent[2],
                    n=extent[1],
                    s=extent[3],
                    bounds=_("columns {w}–{e} and rows {n}–{s}").format(
                        w=math.floor(said[0]), e=math.ceil(said[2]) - 1, n=math.floor(said[1]), s=math.ceil(said[3]) - 1
                    ),
                )
            )


def parents_present(p: Pyramid) -> Found:
    """Four siblings follow one another on the Hilbert curve, and so do their parents (PMTiles v3 §4.1)."""
    lowest = int(p.runs.zooms.min(initial=ZOOM_LIMIT))
    rest = p.runs.zooms > lowest
    starts, stops, zooms = p.runs.starts[rest], p.runs.stops[rest], p.runs.zooms[rest]
    firsts = np.array(FIRST_IDS, dtype=np.int64)
    begins = (starts - firsts[zooms]) // 4 + firsts[zooms - 1]
    ends = (stops - 1 - firsts[zooms]) // 4 + firsts[zooms - 1] + 1
    begins[1:] = np.maximum(begins[1:], ends[:-1])  # siblings in two runs miss one parent
    missing = np.maximum(ends - begins, 0) - p.runs.covered(begins, np.maximum(begins, ends))
    yield from _told(
        missing,
        lambda i: Finding(
            _("there is no parent {tile} above it").format(tile=_name(_missing(p.runs, int(begins[i]), int(ends[i])))),
            zxy_of(int(starts[i])),
        ),
    )


def children_present(p: Pyramid) -> Found:
    """What is seen in a quadrant of a tile is seen in its child; where no tile is transparent, nothing is known."""
    can_tell = p.alpha.any() & (p.quadrants[p.runs.contents] > 0)  # an opaque one tells too
    runs = np.flatnonzero((p.runs.zooms < p.runs.zooms.max(initial=0)) & can_tell)
    firsts = np.array(FIRST_IDS, dtype=np.int64)
    zooms, starts = p.runs.zooms[runs], p.runs.starts[runs]
    stops = np.minimum(p.runs.stops[runs], starts + _SPREAD)  # equal tiles: the first of a run speak for the rest
    begins = 4 * (starts - firsts[zooms]) + firsts[zooms + 1]
    ends = 4 * (stops - firsts[zooms]) + firsts[zooms + 1]
    for at in np.flatnonzero(p.runs.covered(begins, ends) < ends - begins).tolist():
        zoom, start = int(zooms[at]), int(starts[at])
        ids = np.arange(begins[at], ends[at], dtype=np.int64)
        x, y = columns_rows(zoom + 1, ids - firsts[zoom + 1])
        seen = p.quadrants[p.runs.contents[runs[at]]] >> ((x & 1) + 2 * (y & 1)) & 1 == 1
        absent = np.flatnonzero(seen & (p.runs.covered(ids, ids + 1) == 0))
        if len(absent):
            yield Finding(
                _("something is seen in it where there is no tile {tile}").format(tile=_name(int(ids[absent[0]]))),
                zxy_of(start + int(absent[0]) // 4),
                times=len(absent),
            )


def terrain_means(p: Pyramid) -> Found:
    if p.nature.readable:
        yield from p.means()


def _told(missing: NDArray[np.int64], tell: Callable[[int], Finding]) -> Found:
    at = np.flatnonzero(missing)
    for i in at[:_TOLD].tolist():
        yield tell(i)._replace(times=int(missing[i]))
    rest = int(missing[at[_TOLD:]].sum())
    if rest:
        yield Finding(_("{n} more").format(n=rest), times=rest)


def _missing(runs: Runs, start: int, stop: int) -> int:
    """The first id of a range that is no tile."""
    while stop - start > 1:
        middle = (start + stop) // 2
        head = int(runs.covered(np.array([start]), np.array([middle]))[0])
        start, stop = (start, middle) if head < middle - start else (middle, stop)
    return start


def _first_tile(runs: Runs, content: int) -> tuple[int, int, int]:
    return zxy_of(int(runs.starts[np.flatnonzero(runs.contents == content)[0]]))


def _name(tile_id: int) -> str:
    return "/".join(map(str, zxy_of(tile_id)))


def _column(lng: float, zoom: int) -> float:
    return min(max((lng + 180) / 360, 0), 1) * (1 << zoom)


def _row(lat: float, zoom: int) -> float:
    phi = math.radians(min(max(lat, -_MERCATOR_LIMIT), _MERCATOR_LIMIT))
    return min(max(0.5 - math.asinh(math.tan(phi)) / math.tau, 0), 1) * (1 << zoom)


E, W = Severity.ERROR, Severity.WARNING
_HEADER: Final = "Write the header again from the facts: build the archive again."

ARCHIVE_RULES: Final[tuple[Rule[Pyramid], ...]] = (
    Rule("sizes-equal", E, "All tiles have one size, that of the metadata.", REWRITE, sizes_equal),
    Rule("images-plain", W, "Images are compressed already and not packed again.", REWRITE, images_plain),
    Rule(
        "encoding-known",
        E,
        "The metadata of terrain names its encoding: terrarium or mapbox.",
        "Add `encoding` to the metadata, or build the archive again.",
        encoding_known,
    ),
    Rule("bounds-contain", E, "Every tile meets the bounds.", _HEADER, bounds_contain),
    Rule("parents-present", W, "Every tile below the lowest zoom has a parent.", AGAIN, parents_present),
    Rule("children-present", W, "What a tile shows, its children show too.", AGAIN, children_present),
    Rule(
        "terrain-means",
        W,
        "A height is the mean of the four heights below it.",
        "Build the archive again: heights that jump from zoom to zoom make terrain that jumps.",
        terrain_means,
    ),
)
