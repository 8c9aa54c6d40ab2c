"""What a dataset covers, as cells of the grid: `coverage/<dataset>.json`, read by the portal and by `duplicates`.

A dataset says what was surveyed by an `extent` of its own (polygons of a file). Without one it is taken from its
features: areas cover themselves, lines and points what they touch and `reach` cells around it. Pixels cover the cells
at whose centres they show something.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from pipeline.catalog.cells import Cells, joined, nothing, union
from pipeline.catalog.grid import SIDE, UNIT_BITS, ZOOM, Integers, units
from pipeline.catalog.shapes import area_cells, touched_cells
from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.sources import ReadOptions, list_layers, read_batches
from pipeline.types import EXTERIOR, POLYGON, Geometries, PixelWindow, Tally

VERSION: Final = 1
FOLDER: Final = "coverage"
INDEX: Final = "coverage.json"  # apart from the files of datasets, one of which may be called index
REACH: Final = 2  # cells around points and lines: 0.3 km at 28° N, half the way to the next of a dense network

How = Literal["extent", "areas", "around", "pixels"]

_TILE_ZOOM: Final = ZOOM - 8  # at which a pixel of a tile of 256 is a cell
_BLOCK: Final = 256  # cells of a side that are read of a raster at once


@dataclass(frozen=True, slots=True)
class Coverage:
    """The cells that a dataset covers, and how that is known."""

    dataset: str
    how: How  # declared; areas by themselves; features with cells around; pixels
    reach: int  # cells around features
    cells: Cells


def coverage_of_extent(dataset: str, path: Path) -> Coverage:
    """What a dataset says of itself: the polygons of a file. Raises InputError without any."""
    found = area_of(path)
    if not (found.kinds == POLYGON).any():
        raise InputError(_("There is no area in it."), where=str(path), expected=_("at least one polygon"))
    return Coverage(dataset, "extent", 0, area_cells(found))


def coverage_of_features(dataset: str, batches: Iterable[Geometries], reach: int | None) -> Coverage:
    """What features cover; `reach` None: areas reach no further than themselves, the rest `REACH` cells."""
    parts, around = [nothing()], bool(reach)
    for geometries in batches:
        areas, others = area_cells(geometries), touched_cells(geometries)
        around = around or bool(len(others))
        parts += [areas.widened(reach or 0), others.widened(REACH if reach is None else reach)]
        if len(parts) > 64:
            parts = [union(*parts)]
    widest = 0 if not around else REACH if reach is None else reach
    return Coverage(dataset, "around" if around else "areas", widest, union(*parts))


def coverage_of_pixels(dataset: str, rasters: Iterable[Any], cutline: Path | None) -> Coverage:
    """What the pixels of `rasters` (RasterInfo each) show anything of, inside the cutline where there is one."""
    whole = union(*(_pixel_cells(info) for info in rasters))
    if cutline is not None:
        whole = whole & area_cells(area_of(cutline))
    return Coverage(dataset, "pixels", 0, whole)


def coverage_bytes(coverage: Coverage) -> bytes:
    """`coverage/<dataset>.json`: the box around the cells, and what it holds, row by row.

    For each run how many cells of the box are left out before it and how many it has; no run goes on in the next row.
    """
    row, begin, end = coverage.cells.by_row()
    box = box_of(coverage.cells)
    west, north, width, _height = box or (0, 0, 0, 0)
    starts = (row - north) * width + begin - west
    stops = starts + end - begin
    runs = np.column_stack([np.diff(stops, prepend=0) - (end - begin), end - begin]).ravel().tolist()
    said = {
        "version": VERSION,
        "dataset": coverage.dataset,
        "zoom": ZOOM,
        "how": coverage.how,
        "reach": coverage.reach,
        "cells": len(coverage.cells),
        "box": box,
        "runs": runs,
    }
    return (json.dumps(said, separators=(",", ":")) + "\n").encode()


def coverage_from(data: bytes, where: str) -> Coverage:
    """The coverage that `coverage_bytes` wrote. Raises InputError for anything else."""
    try:
        said = json.loads(data)
        cells = _decoded(said["box"], np.array(said["runs"], np.int64).reshape(-1, 2))
        if said["version"] == VERSION and said["zoom"] == ZOOM and cells is not None and len(cells) == said["cells"]:
            return Coverage(str(said["dataset"]), said["how"], int(said["reach"]), cells)
    except (ValueError, KeyError, TypeError, OverflowError):
        pass
    raise InputError(
        _("This is not the coverage of a dataset, or it is damaged."),
        where=where,
        expected=_("coverage/<dataset>.json as the build wrote it, version {version}").format(version=VERSION),
        hint=_("build the edition again"),
    )


def box_of(cells: Cells) -> tuple[int, int, int, int] | None:
    """The box around a set: first column, first row, width and height in cells; None around nothing."""
    row, begin, end = cells.by_row()
    if not len(row):
        return None
    west, north = int(begin.min()), int(row.min())
    return west, north, int(end.max()) - west, int(row.max()) + 1 - north


def _decoded(box: Any, runs: Integers) -> Cells | None:
    """The set that a file describes; None where it cannot be."""
    if box is None:
        return nothing() if not len(runs) else None
    west, north, width, height = (int(value) for value in box)
    starts = runs.sum(axis=1).cumsum() - runs[:, 1]
    row, column = starts // max(width, 1), starts % max(width, 1)
    inside = 0 <= west <= west + width <= SIDE and 0 <= north <= north + height <= SIDE
    whole = (runs[:, 1] > 0).all() and (runs[:, 0] >= 0).all() and (column + runs[:, 1] <= width).all()
    if not (inside and whole and (row < height).all()):
        return None
    first = ((north + row) << ZOOM) + west + column
    return joined(first, first + runs[:, 1])


def index_of(coverages: Iterable[tuple[Coverage, bytes]]) -> dict[str, Any]:
    """The content of `coverage.json`: which datasets have which file."""
    return {
        "version": VERSION,
        "zoom": ZOOM,
        "datasets": [
            {
                "dataset": coverage.dataset,
                "file": f"{FOLDER}/{coverage.dataset}.json",
                "sha256": hashlib.sha256(data).hexdigest(),
                "how": coverage.how,
                "reach": coverage.reach,
                "cells": len(coverage.cells),
                "box": box_of(coverage.cells),
            }
            for coverage, data in coverages
        ],
    }


def area_of(path: Path) -> Geometries:
    """The polygons of all layers of a file, and whatever else it holds. Raises InputError where it cannot be read."""
    parts = [
        batch.geometries
        for layer in list_layers(path)
        if layer.geometry != "none"
        for batch in read_batches(path, ReadOptions(layer=layer.name, columns=()), Tally())
    ]
    if not parts:
        bytes_, one, numbers = np.zeros(0, np.uint8), np.zeros(1, np.int64), np.zeros(0)
        return Geometries(bytes_, one, one, bytes_, numbers, numbers)
    return Geometries(
        np.concatenate([each.kinds for each in parts]),
        _chained([each.part_offsets for each in parts]),
        _chained([each.vertex_offsets for each in parts]),
        np.concatenate([each.roles for each in parts]),
        np.concatenate([each.x for each in parts]),
        np.concatenate([each.y for each in parts]),
    )


def _chained(offsets: list[Integers]) -> Integers:
    return np.cumsum(np.concatenate([[0], *(np.diff(each) for each in offsets)]))


def _pixel_cells(info: Any) -> Cells:
    """The cells at whose centre a raster shows something; those its outline touches where it is smaller than that."""
    from pipeline.sources.raster_windows import open_windows

    west, south, east, north = info.extent
    x, y = units(np.array([west, east]), np.array([north, south]))
    columns = range(int(x[0]) >> UNIT_BITS, min((int(x[1]) >> UNIT_BITS) + 1, SIDE))
    rows = range(int(y[0]) >> UNIT_BITS, min((int(y[1]) >> UNIT_BITS) + 1, SIDE))
    starts: list[Integers] = []
    stops: list[Integers] = []
    with open_windows(info, resampling="nearest") as windows:
        for window in _blocks(columns, rows):
            read = windows.read(window)
            if read is None:
                continue
            shown = np.zeros((window.height, window.width + 2), np.int8)
            shown[:, 1:-1] = read[1] > 0
            change = np.diff(shown, axis=1)
            for sign, out in ((1, starts), (-1, stops)):
                row, column = np.nonzero(change == sign)
                out.append(((window.row + row) << ZOOM) + window.column + column)
    if starts:
        return joined(np.concatenate(starts), np.concatenate(stops))
    corners = np.array([west, east, east, west, west]), np.array([north, north, south, south, north])
    ends = np.array([0, 1]), np.array([0, 5])
    return area_cells(Geometries(np.array([POLYGON], np.uint8), *ends, np.array([EXTERIOR], np.uint8), *corners))


def _blocks(columns: range, rows: range) -> Iterator[PixelWindow]:
    for row in range(rows.start, rows.stop, _BLOCK):
        for column in range(columns.start, columns.stop, _BLOCK):
            width, height = min(_BLOCK, columns.stop - column), min(_BLOCK, rows.stop - row)
            yield PixelWindow(_TILE_ZOOM, 256, column, row, width, height)
