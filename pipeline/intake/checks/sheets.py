"""Rasters as products: their size, their grid, whether they lie where they say and are as fine as is declared."""

from __future__ import annotations

from typing import Final

import numpy as np

from pipeline.intake.checks.layer import Layer
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.pixels import Sheet, file_names, rows_where
from pipeline.intake.checks.rule import Found, Outcome, Skipped, rule
from pipeline.intake.checks.subject import Subject

_SMALLEST: Final = 2  # pixels each way: less has no inside to draw
_MOVED: Final = 1.0  # metres; WGS 84 and CGCS2000 are the same to centimetres
_ROUNDED: Final = 1.02  # a pixel may be so much wider than declared: of rounding, and of the projection
_OFF: Final = 0.02  # pixels by which grids may miss one another
# Metres of a pixel for each unit of the scale's denominator: 0.05 m at 1:500, 1 m at 1:10,000 (CH/T 9008.3, 9009.3).
_OF_IMAGES: Final = 1e-4
# Of heights: 0.5 m at 1:500 to 2 m at 1:2000 (CH/T 9008.2), 2.5 m at 1:5000, 5 m at 1:10,000 (CH/T 9009.2).
_OF_HEIGHTS: Final = ((2000, 1e-3), (10**12, 5e-4))


@rule("raster-crs", "reference", "B", lambda: _("Rasters declare the reference system that is said of them"))
def raster_crs(layer: Layer, subject: Subject) -> Outcome:
    """The package or the register says another system than the file, and that makes a difference on the ground."""
    if subject.read.crs is None:
        return Skipped(_("no reference system is said of them but their own"))
    rows = rows_where(layer, lambda sheet: sheet.moved is not None and sheet.moved > _MOVED)
    if not len(rows):
        return None
    moved = [layer.sheets[row].moved or 0.0 for row in rows]
    return Found(
        _("Files that declare another reference system than {crs}, up to {metres} m away ({n}): {files}.").format(
            n=len(rows), crs=subject.read.crs, metres=f"{max(moved):.0f}", files=file_names(layer, rows)
        ),
        _("find out which is right; write it into the files, or take crs out of package.toml"),
        rows=rows,
        remarks=tuple(f"{metres:.0f} m" for metres in moved),
    )


@rule("raster-resolution", "position", "B", lambda: _("Pixels are as fine as is declared"))
def raster_resolution(layer: Layer, subject: Subject) -> Outcome:
    """Ground resolution against `resolution_m`, else against the declared scale."""
    limits = [_finest(sheet, subject) for sheet in layer.sheets]
    if all(limit is None for limit in limits):
        return Skipped(_("neither a resolution nor a scale is declared"))
    rows = np.array(
        [row for row, limit in enumerate(limits) if limit and layer.sheets[row].metres > limit * _ROUNDED], np.int64
    )
    if not len(rows):
        return None
    worst = max(rows, key=lambda row: layer.sheets[row].metres)
    return Found(
        _("Files with coarser pixels than declared, up to {metres} m instead of {limit} m ({n}): {files}.").format(
            n=len(rows), metres=f"{layer.sheets[worst].metres:.3g}", limit=f"{limits[worst]:g}",
            files=file_names(layer, rows),
        ),
        _("hand in the product of the declared scale, not one that was made smaller; or declare what it is"),
        rows=rows,
        remarks=tuple(f"{layer.sheets[row].metres:.3g} m" for row in rows),
    )  # fmt: skip


@rule("raster-alignment", "position", "C", lambda: _("The pixels of neighbouring files lie on one grid"))
def raster_alignment(layer: Layer, subject: Subject) -> Outcome:
    """Files of one system and pixel size whose corners are not whole pixels apart: seams are sampled twice."""
    first: dict[tuple[str, str, str], tuple[float, float, float, float]] = {}
    off: list[int] = []
    compared = 0
    for row, sheet in enumerate(layer.sheets):
        grid = sheet.pixels.grid
        if grid is None:
            continue
        # One pixel size to a part in a million, so that a grid of thousands of pixels does not drift.
        other = first.setdefault((sheet.info.crs, f"{grid[2]:.6g}", f"{grid[3]:.6g}"), grid)
        compared += other is not grid
        shifts = ((grid[0] - other[0]) / grid[2], (grid[1] - other[1]) / grid[3])
        if any(abs(shift - round(shift)) > _OFF for shift in shifts):
            off.append(row)
    if not compared:
        return Skipped(_("there are no two files of one reference system and pixel size"))
    if not off:
        return None
    rows = np.array(off, np.int64)
    return Found(
        _("Files that lie between the pixels of the others ({n}): {files}.").format(
            n=len(rows), files=file_names(layer, rows)
        ),
        _("cut all files out of one grid, whose corner is a multiple of the pixel's width"),
        rows=rows,
    )


@rule("raster-size", "logic", "B", lambda: _("Every raster has rows and columns to draw"))
def raster_size(layer: Layer, subject: Subject) -> Outcome:
    """One row or one column is a line, not a picture."""
    rows = rows_where(layer, lambda sheet: min(sheet.info.width, sheet.info.height) < _SMALLEST)
    if not len(rows):
        return None
    return Found(
        _("Files with a single row or column ({n}): {files}.").format(n=len(rows), files=file_names(layer, rows)),
        _("export them again with all their pixels, or leave them out"),
        rows=rows,
        remarks=tuple(f"{layer.sheets[row].info.width} × {layer.sheets[row].info.height}" for row in rows),
    )


@rule("raster-mixed", "logic", "C", lambda: _("All files have the same bands and the same type of values"))
def raster_mixed(layer: Layer, subject: Subject) -> Outcome:
    """One dataset is one product: grey sheets among coloured ones, bytes among 16 bits."""
    natures = [(len(sheet.info.bands) + 2 * sheet.info.palette, sheet.info.dtype) for sheet in layer.sheets]
    usual = max(natures, key=lambda nature: (natures.count(nature), nature))
    rows = np.array([row for row, nature in enumerate(natures) if nature != usual], np.int64)
    if not len(rows):
        return None
    return Found(
        _("Files with other bands or values than the rest, {usual} ({n}): {files}.").format(
            n=len(rows), usual=f"{usual[0]} × {usual[1]}", files=file_names(layer, rows)
        ),
        _("make all files in the same way; what is another product belongs into a dataset of its own"),
        rows=rows,
        remarks=tuple(f"{natures[row][0]} × {natures[row][1]}" for row in rows),
    )


def _finest(sheet: Sheet, subject: Subject) -> float | None:
    """Metres that a pixel may measure; None where nothing is declared."""
    if subject.limits.resolution_m is not None:
        return subject.limits.resolution_m
    scale = subject.dataset.scale if subject.dataset is not None else None
    if scale is None:
        return None
    if sheet.info.kind == "imagery":
        return scale * _OF_IMAGES
    return scale * next(metres for largest, metres in _OF_HEIGHTS if scale <= largest)
