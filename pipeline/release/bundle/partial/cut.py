"""What is cut out of a release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.archive.reader import open_archive
from pipeline.archive.region import Region, area, box
from pipeline.errors import UsageError
from pipeline.framework import did_you_mean
from pipeline.i18n import _
from pipeline.types import Bounds
from pipeline.vector.decode import geojson_features

AREAS: Final = "BOUA"  # the layer of administrative areas (GB/T 13923's short names)
_ZOOM: Final = 12  # a unit of a tile is 2 m there, finer than tiles are cut


@dataclass(frozen=True, slots=True)
class Cut:
    """What stays."""

    datasets: frozenset[str]
    region: Region | None  # None: everywhere
    asked: Mapping[str, Any]  # as release.json says it

    def inside(self, lng: float, lat: float) -> bool:
        """Whether a place in degrees stays."""
        if self.region is None:
            return True
        import shapely

        return bool(shapely.intersects_xy(self.region.shape, lng, lat))


def cut_of(
    folder: Path,
    catalog: Mapping[str, Any],
    *,
    towns: Sequence[str] = (),
    bounds: Bounds | None = None,
    datasets: Sequence[str] = (),
) -> Cut:
    """What is asked for of the release in `folder`. Raises UsageError for what the release does not have."""
    if towns and bounds is not None:
        raise UsageError(_("Give --town or --bbox, not both."))
    known = {str(dataset["id"]): dataset for dataset in catalog["datasets"]}
    for id in datasets:
        if id not in known:
            raise UsageError(
                _('there is no dataset "{id}"').format(id=id) + did_you_mean(id, known), expected=", ".join(known)
            )
    region = None if bounds is None else box(bounds)
    names: list[str] = []
    if towns:
        region, names = _towns(folder, catalog, towns)
    asked = {
        "bounds": list(bounds) if bounds is not None else None,
        "towns": names,
        "datasets": [id for id in known if id in datasets] if datasets else None,
    }
    return Cut(frozenset(datasets or known), region, asked)


def _towns(folder: Path, catalog: Mapping[str, Any], asked: Sequence[str]) -> tuple[Region, list[str]]:
    """The area of some towns, by name or admin code, read from the release's own map; and their names."""
    import shapely

    shapes: dict[str, list[Any]] = {}
    codes: dict[str, str] = {}
    for archive, zoom in _area_layers(catalog):
        with open_archive(folder / archive) as reader:
            for z, x, y, _raw in reader.tiles(zoom):
                for feature in geojson_features(reader.tile(z, x, y) or b"", z, x, y, [AREAS]):
                    name = str(feature["properties"].get("NAME", ""))
                    if feature["geometry"] and name:
                        shapes.setdefault(name, []).append(feature["geometry"])
                        codes[str(feature["properties"].get("PAC", ""))] = name
    names = [codes.get(each, each) for each in asked]
    for name in names:
        if name not in shapes:
            raise UsageError(
                _('there is no town "{name}" on the map').format(name=name) + did_you_mean(name, shapes),
                expected=", ".join(sorted(shapes)) or _("a release that shows administrative areas"),
                hint=_("give its name or its code; --bbox takes any area"),
            )
    found = [shapely.geometry.shape(each) for name in names for each in shapes[name]]
    return area(shapely.union_all([shapely.make_valid(each) for each in found])), list(dict.fromkeys(names))


def _area_layers(catalog: Mapping[str, Any]) -> list[tuple[str, int]]:
    files = {archive["id"]: archive["file"] for archive in catalog["archives"]}
    return [
        (files[layer["archive"]], max(layer["min_zoom"], min(_ZOOM, layer["max_zoom"])))
        for dataset in catalog["datasets"]
        for layer in dataset["layers"]
        if layer["layer"] == AREAS
    ]
