"""Rules about what the header and the metadata claim, held against the entries."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from pipeline.archive.header import TileType
from pipeline.archive.rules import Finding
from pipeline.archive.survey import Survey
from pipeline.archive.tileids import FIRST_IDS, ZOOM_LIMIT, extent_of
from pipeline.errors import ArchiveError
from pipeline.i18n import _

Found = Iterator[Finding]
_MERCATOR_LIMIT: Final = 85.0511287798066  # degrees; the latitude at which Web Mercator's square ends


def _counter(announced: int, real: int) -> Found:
    if announced not in (0, real):
        yield Finding(_("the header says {announced}, there are {real}").format(announced=announced, real=real))


def addressed_true(survey: Survey) -> Found:
    yield from _counter(survey.header.addressed_tiles, int(survey.entries.run_lengths.sum()))


def entries_true(survey: Survey) -> Found:
    yield from _counter(survey.header.tile_entries, survey.entries.size)


def contents_true(survey: Survey) -> Found:
    yield from _counter(survey.header.tile_contents, len(np.unique(survey.entries.offsets)))


def zooms_true(survey: Survey) -> Found:
    ids, runs, header = survey.entries.tile_ids, survey.entries.run_lengths, survey.header
    if header.min_zoom > header.max_zoom or header.max_zoom > ZOOM_LIMIT:
        yield Finding(_("zooms {low} to {high}").format(low=header.min_zoom, high=header.max_zoom))
    low, high = int(survey.zooms.min()), int(np.searchsorted(np.array(FIRST_IDS), (ids + runs - 1).max(), "right")) - 1
    if (low, high) != (header.min_zoom, header.max_zoom):
        yield Finding(
            _("the header says zooms {low} to {high}, the tiles are of zooms {real_low} to {real_high}").format(
                low=header.min_zoom, high=header.max_zoom, real_low=low, real_high=high
            )
        )


def bounds_plausible(survey: Survey) -> Found:
    west, south, east, north = survey.header.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        yield Finding(_("the bounds are {bounds}").format(bounds=survey.header.bounds))


def bounds_fit(survey: Survey) -> Found:
    """At the highest zoom, tiles and bounds agree to within one tile on every side (a tile's buffer reaches over)."""
    header, zoom = survey.header, survey.header.max_zoom
    if zoom > ZOOM_LIMIT:
        return  # `zooms-true` has said so
    first, last = FIRST_IDS[zoom], FIRST_IDS[zoom + 1]
    ids, runs = survey.entries.tile_ids, survey.entries.run_lengths
    here = (ids + runs > first) & (ids < last)
    tiles = extent_of(zoom, np.maximum(ids[here], first) - first, np.minimum((ids + runs)[here], last) - first)
    if tiles is None:
        return
    west, south, east, north = header.bounds
    said = (_column(west, zoom), _row(north, zoom), _column(east, zoom), _row(south, zoom))
    if any(abs(a - b) > 1 for a, b in zip(said, tiles, strict=True)):
        yield Finding(
            _("at zoom {zoom} the bounds cover columns {w}–{e} and rows {n}–{s}, the tiles {tiles}").format(
                zoom=zoom,
                w=said[0],
                n=said[1],
                e=said[2],
                s=said[3],
                tiles=_("columns {w}–{e} and rows {n}–{s}").format(w=tiles[0], n=tiles[1], e=tiles[2], s=tiles[3]),
            )
        )


def center_inside(survey: Survey) -> Found:
    lng, lat, zoom = survey.header.center
    west, south, east, north = survey.header.bounds
    if not (west <= lng <= east and south <= lat <= north):
        yield Finding(_("the centre is {lng}, {lat}").format(lng=lng, lat=lat))
    if zoom > ZOOM_LIMIT:
        yield Finding(_("the centre's zoom is {zoom}").format(zoom=zoom))


def metadata_object(survey: Survey) -> Found:
    try:
        found = survey.metadata
    except ArchiveError as err:
        yield Finding(err.message)
        return
    if not isinstance(found, dict):
        yield Finding(_("the metadata is a JSON {kind}").format(kind=type(found).__name__))


def vector_layers(survey: Survey) -> Found:
    if survey.header.tile_type not in (TileType.MVT, TileType.MLT):
        return
    try:
        layers: Any = survey.metadata.get("vector_layers")
    except (ArchiveError, AttributeError):
        return  # `metadata-object` has said so
    if not isinstance(layers, list):
        yield Finding(_("there is no list `vector_layers`"))
        return
    for i, layer in enumerate(layers):
        if not isinstance(layer, dict) or not isinstance(layer.get("id"), str) or not layer["id"]:
            yield Finding(_("vector_layers[{i}] has no id").format(i=i))
        elif not isinstance(layer.get("fields", {}), dict):
            yield Finding(
                _("the fields of layer {layer} are not an object").format(layer=layer["id"]), layer=layer["id"]
            )
    names = [layer.get("id") for layer in layers if isinstance(layer, dict)]
    for name in sorted({str(name) for name in names if names.count(name) > 1}):
        yield Finding(_("layer {layer} is listed twice").format(layer=name), layer=name)


def _column(lng: float, zoom: int) -> int:
    return min(max(math.floor((lng + 180) / 360 * (1 << zoom)), 0), (1 << zoom) - 1)


def _row(lat: float, zoom: int) -> int:
    phi = math.radians(min(max(lat, -_MERCATOR_LIMIT), _MERCATOR_LIMIT))
    return min(max(math.floor((0.5 - math.asinh(math.tan(phi)) / math.tau) * (1 << zoom)), 0), (1 << zoom) - 1)
