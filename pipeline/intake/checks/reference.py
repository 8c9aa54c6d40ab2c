"""空间参考系: is the CRS declared, do the digits agree with it, are the axes in order, is it the city?"""

from __future__ import annotations

import numpy as np

from pipeline.intake.checks.layer import Layer
from pipeline.intake.checks.message import Message
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.placing import fits_city
from pipeline.intake.checks.rule import Found, Outcome, Skipped, rule
from pipeline.intake.checks.subject import Subject
from pipeline.sources.detective import Digits, plain


@rule("crs-missing", "reference", "B", lambda: _("The file declares its coordinate reference system"))
def crs_missing(layer: Layer, subject: Subject) -> Outcome:
    """No .prj and nothing in its place, but the digits tell which it is."""
    placing = layer.placing
    if placing.seen is None:
        return Skipped(no_coordinates())
    if placing.state not in ("assumed", "swapped") or placing.declared is not None:
        return None
    return Found(
        _("No coordinate reference system is declared; the digits speak for {crs}.").format(crs=placing.crs),
        _(
            "export again with its coordinate reference system (of a Shapefile: the .prj beside it), or declare {crs}"
        ).format(crs=placing.crs),
    )


@rule("crs-unknown", "reference", "A", lambda: _("The coordinate reference system is known"))
def crs_unknown(layer: Layer, subject: Subject) -> Outcome:
    """Neither a declaration nor the digits tell: 6-digit eastings without a meridian, local systems, broken WKT."""
    placing = layer.placing
    if placing.seen is None:
        return Skipped(no_coordinates())
    if placing.state != "unknown":
        return None
    words = _("Which coordinate reference system these coordinates are in cannot be told: {place}.")
    if placing.declared is not None:
        words = _('What is declared is no coordinate reference system that is known: "{crs}"; coordinates {place}.')
    return Found(
        words.format(place=_place(placing.seen), crs=_cut(placing.declared)),
        _declare(placing.crs)
        if placing.crs is not None
        else _("ask whoever surveyed it; local systems are to be converted to CGCS2000 (EPSG:4490 or EPSG:4549) first"),
    )


@rule("crs-contradicted", "reference", "A", lambda: _("The digits of coordinates agree with the declared CRS"))
def crs_contradicted(layer: Layer, subject: Subject) -> Outcome:
    """8-digit eastings declared as 6-digit ones, metres declared as degrees, a wrong .prj."""
    placing = layer.placing
    if placing.seen is None:
        return Skipped(no_coordinates())
    if placing.state != "contradicted":
        return None
    return Found(
        _("The coordinates {place} cannot be in the declared coordinate reference system {crs}.").format(
            place=_place(placing.seen), crs=_cut(placing.declared)
        ),
        _declare(placing.crs)
        if placing.crs is not None
        else _("find out which coordinate reference system they are in, and declare that"),
    )


@rule("axes-swapped", "reference", "A", lambda: _("x is the easting or longitude, y the northing or latitude"))
def axes_swapped(layer: Layer, subject: Subject) -> Outcome:
    """Surveyors call the northing x; files want the easting first."""
    placing = layer.placing
    if placing.seen is None:
        return Skipped(no_coordinates())
    if not placing.swapped:
        return None
    return Found(
        _("The coordinates stand in the wrong order: {place}; exchanged they fit {crs}.").format(
            place=_place(placing.seen), crs=_cut(placing.crs)
        ),
        _("export again with the easting or longitude as x; in a table, exchange the two columns"),
    )


@rule("displaced", "reference", "A", lambda: _("The coordinates are not those of a web map"))
def displaced(layer: Layer, subject: Subject) -> Outcome:
    """The file itself says GCJ-02 or BD-09."""
    if layer.placing.seen is None:
        return Skipped(no_coordinates())
    if layer.placing.said_displaced is None:
        return None
    return Found(
        _("The file says that its coordinates are displaced: {system}.").format(system=layer.placing.said_displaced),
        _("hand in what was surveyed, in CGCS2000; coordinates of web maps may not be published"),
    )


@rule("elsewhere", "reference", "A", lambda: _("The data lies in the city"))
def elsewhere(layer: Layer, subject: Subject) -> Outcome:
    """Most features lie outside the city: another zone, another city, another reference system."""
    strays = _apart(layer, subject) if layer.pixels else _strays(layer, subject)
    if isinstance(strays, Skipped):
        return strays
    placed = np.isfinite(layer.measures.box).all(1).sum()
    if 2 * len(strays) <= placed:
        return None
    seen, city = layer.placing.seen, subject.city
    better = (
        fits_city(seen, city.bounds)
        if seen is not None and city is not None and max(map(abs, seen.box)) > 360
        else None
    )
    return Found(
        _("{n} of {all} features lie outside the city.").format(n=len(strays), all=int(placed)),
        _declare(better)
        if better is not None and better != layer.placing.crs
        else _("find out which coordinate reference system they are in, or whose data this is"),
        rows=strays,
        count=1,
    )


@rule("outside-city", "reference", "B", lambda: _("No feature lies far outside the city"))
def outside_city(layer: Layer, subject: Subject) -> Outcome:
    """Single features with wrong coordinates."""
    strays = _strays(layer, subject)
    if isinstance(strays, Skipped):
        return strays
    if not len(strays) or 2 * len(strays) > np.isfinite(layer.measures.box).all(1).sum():
        return None  # nearly all: that is another fault
    return Found(
        _("{n} features reach more than {metres} m beyond the city's bounds.").format(
            n=len(strays), metres=_number(subject.limits.outside_m)
        ),
        _("correct their coordinates, or leave them out if they belong to another city"),
        rows=strays,
    )


def no_coordinates() -> Message:
    """Why rules on places do not apply to tables."""
    return _("the source has no coordinates")


def not_placed() -> Message:
    """Why rules on places do not apply to coordinates that nobody can read."""
    return _("where the coordinates lie is not known")


def no_city() -> Message:
    """Why rules on the city do not apply without a workspace."""
    return _("the city is not known: no workspace was given")


def _strays(layer: Layer, subject: Subject) -> np.ndarray[tuple[int], np.dtype[np.int64]] | Skipped:
    """The features whose boxes leave the city's bounds by more than the margin."""
    if layer.placing.seen is None:
        return Skipped(no_coordinates())
    if subject.city is None:
        return Skipped(no_city())
    if layer.placing.crs is None:
        return Skipped(not_placed())
    west, south, east, north = layer.box_in_metres(subject.city.bounds)
    box, margin = layer.measures.box, subject.limits.outside_m
    with np.errstate(invalid="ignore"):  # NaN is nowhere, and outside of nothing
        out = (box[:, 0] < west - margin) | (box[:, 1] < south - margin)
        out |= (box[:, 2] > east + margin) | (box[:, 3] > north + margin)
    return np.flatnonzero(out)


def _apart(layer: Layer, subject: Subject) -> np.ndarray[tuple[int], np.dtype[np.int64]] | Skipped:
    """The rasters that show nothing of the city; they may show as much around it as they like."""
    if subject.city is None:
        return Skipped(no_city())
    west, south, east, north = layer.box_in_metres(subject.city.bounds)
    box = layer.measures.box
    apart = (box[:, 0] > east) | (box[:, 2] < west) | (box[:, 1] > north) | (box[:, 3] < south)
    return np.flatnonzero(apart)


def _declare(crs: str | None) -> Message:
    return _("{crs} would fit; if that is right, declare it").format(crs=crs)


def _place(seen: Digits) -> str:
    return f"x = {plain(seen.x)}, y = {plain(seen.y)}"


def _cut(crs: str | None) -> str:
    """A CRS as people write it: its code, else the name in its WKT."""
    import pyproj

    if crs is None:
        return ""
    try:
        parsed = pyproj.CRS(crs)
    except pyproj.exceptions.CRSError:
        return crs if len(crs) <= 60 else crs[:57] + "…"
    epsg = parsed.to_epsg()
    return f"EPSG:{epsg}" if epsg else str(parsed.name)


def _number(value: float) -> str:
    return f"{value:g}"
