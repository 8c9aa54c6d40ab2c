"""What pixels show: something at all, only what they mean to, and heights that can be on earth."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely

from pipeline.intake.checks.layer import Layer
from pipeline.intake.checks.message import Message
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.pixels import Sheet, file_names, rows_where
from pipeline.intake.checks.report import PLACES
from pipeline.intake.checks.rule import Found, Outcome, Skipped, rule
from pipeline.intake.checks.subject import Subject

_LARGE: Final = 64 * 64  # pixels from which one colour everywhere is no photograph


@rule("raster-empty", "completeness", "A", lambda: _("Rasters show something"))
def raster_empty(layer: Layer, subject: Subject) -> Outcome:
    """No pixel of any file has a value."""
    if any(sheet.pixels.shown for sheet in layer.sheets):
        return None
    return Found(
        _("Not one of {n} pixels has a value: all are nodata, masked or transparent.").format(
            n=sum(sheet.pixels.pixels for sheet in layer.sheets)
        ),
        _nodata_advice(),
    )


@rule("raster-sheet-empty", "completeness", "C", lambda: _("Every file shows something"))
def raster_sheet_empty(layer: Layer, subject: Subject) -> Outcome:
    """Single files without a value among others: failed exports, or sheets beyond the area."""
    rows = rows_where(layer, lambda sheet: sheet.pixels.shown == 0)
    if len(rows) in (0, len(layer.sheets)):
        return None  # all of them are another fault
    return Found(
        _("Files that show nothing, {n} of {all}: {files}.").format(
            n=len(rows), all=len(layer.sheets), files=file_names(layer, rows)
        ),
        _("export them again, or leave them out where there is nothing to show"),
        rows=rows,
    )


@rule("raster-flat", "completeness", "C", lambda: _("Images are of more than one colour"))
def raster_flat(layer: Layer, subject: Subject) -> Outcome:
    """A sheet that is black or white all over was never filled. Heights may be flat: the sea is."""
    rows = rows_where(layer, _is_flat)
    if not any(sheet.info.kind == "imagery" for sheet in layer.sheets):
        return Skipped(_("they are heights, which may be flat"))
    if not len(rows):
        return None
    return Found(
        _("Files of one colour all over ({n}): {files}.").format(n=len(rows), files=file_names(layer, rows)),
        _("export them again; where there is nothing to show, declare that value as nodata"),
        rows=rows,
        remarks=tuple("/".join(f"{value:g}" for value in layer.sheets[row].pixels.lowest) for row in rows),
    )


@rule("raster-nodata", "logic", "B", lambda: _("The value that means nothing is declared"))
def raster_nodata(layer: Layer, subject: Subject) -> Outcome:
    """Pits of −9999 m, or a nodata value that pixels of the type cannot have."""
    rows = rows_where(layer, lambda sheet: bool(sheet.pixels.marked) or "nodata-impossible" in sheet.info.notes)
    if not len(rows):
        return None
    told: list[str | Message] = []
    for row in rows:
        sheet = layer.sheets[row]
        marks = ", ".join(f"{value:g} × {n}" for value, n in sheet.pixels.marked)
        told.append(marks or _("the declared value is none of {dtype}").format(dtype=sheet.info.dtype))
    return Found(
        _("Files whose pixels without a value are not told from others ({n}): {files} ({first}).").format(
            n=len(rows), files=file_names(layer, rows), first=told[0]
        ),
        _nodata_advice(),
        rows=rows,
        remarks=tuple(told),
    )


@rule("raster-heights", "attributes", "B", lambda: _("Heights can be on earth"))
def raster_heights(layer: Layer, subject: Subject) -> Outcome:
    """Beyond `lowest_m` and `highest_m`: wrong units, marks of nothing that nobody knows, decimetres read as metres."""
    if not any(sheet.info.kind == "elevation" for sheet in layer.sheets):
        return Skipped(_no_heights())
    low, high = subject.limits.lowest_m, subject.limits.highest_m
    ranges = [_range_m(sheet, subject) for sheet in layer.sheets]
    rows = np.array([row for row, (a, b) in enumerate(ranges) if a < low or b > high], np.int64)
    if not len(rows):
        return None
    a, b = min(ranges[row][0] for row in rows), max(ranges[row][1] for row in rows)
    return Found(
        _("Heights reach from {a} to {b} m, and {low} to {high} are expected ({n} files): {files}.").format(
            n=len(rows), a=f"{a:g}", b=f"{b:g}", low=f"{low:g}", high=f"{high:g}", files=file_names(layer, rows)
        ),
        _("look at the unit of the values and at the one that means nothing; write both into the file"),
        rows=rows,
        remarks=tuple(f"{ranges[row][0]:g} … {ranges[row][1]:g} m" for row in rows),
    )


@rule("raster-spikes", "attributes", "C", lambda: _("No single pixel stands out of the terrain"))
def raster_spikes(layer: Layer, subject: Subject) -> Outcome:
    """Needles and pits of one pixel, steeper than 80° on all sides: points on birds, holes of matching."""
    if not any(sheet.info.kind == "elevation" for sheet in layer.sheets):
        return Skipped(_no_heights())
    rows = rows_where(layer, lambda sheet: sheet.pixels.spikes > 0)
    if not len(rows):
        return None
    places = [place for row in rows for place in _places(layer.sheets[row])][:PLACES]
    return Found(
        _("Pixels that stand out of all around them: {n}, in {files}.").format(
            n=sum(layer.sheets[row].pixels.spikes for row in rows), files=file_names(layer, rows)
        ),
        _("look at them on the map of faults, and filter or edit them"),
        places=layer.plane(np.array(places, object)),
        count=len(rows),
    )


def _is_flat(sheet: Sheet) -> bool:
    found = sheet.pixels
    return sheet.info.kind == "imagery" and found.shown >= _LARGE and found.lowest == found.highest


def _range_m(sheet: Sheet, subject: Subject) -> tuple[float, float]:
    """The lowest and the highest height in metres, marks of nothing apart; an empty range where there is none."""
    from pipeline.sources.height_units import METRE, metres_of, unit_named

    found = sheet.pixels
    if sheet.info.kind != "elevation" or not found.shown:
        return np.inf, -np.inf
    declared = subject.dataset.vertical_unit if subject.dataset is not None else None
    metre = metres_of(unit_named(declared or sheet.info.unit) or METRE)
    return found.lowest_height * metre, found.highest_height * metre


def _places(sheet: Sheet) -> list[shapely.Point]:
    """Spikes in longitude and latitude: by their share of the outline, which shows on the map where to look."""
    west, south, east, north = sheet.info.extent
    return [
        shapely.Point(
            west + (column + 0.5) / sheet.info.width * (east - west),
            north - (row + 0.5) / sheet.info.height * (north - south),
        )
        for column, row in sheet.pixels.spike_at
    ]


def _nodata_advice() -> Message:
    return _("write the value that means nothing into the file (nodata), or give it in the register")


def _no_heights() -> Message:
    return _("they are no heights")
