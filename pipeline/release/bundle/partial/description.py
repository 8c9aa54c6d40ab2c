"""catalog.json and TileJSON of a part: of what stays, and of nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.catalog.styles import looks_for
from pipeline.release.bundle.partial.archives import CutArchive
from pipeline.release.bundle.partial.cut import Cut
from pipeline.types import Bounds


def part_catalog(
    catalog: Mapping[str, Any], cut: Cut, archives: Sequence[CutArchive], search: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The catalogue of a part. A dataset stays while a layer of it does, or where it had none to begin with.

    How many features are left in an area nobody has counted: their number is left out. Raises KeyError for a catalogue
    of another version.
    """
    made = {archive.id: archive for archive in archives}
    entries = [_archive(entry, made[entry["id"]]) for entry in catalog["archives"] if entry["id"] in made]
    datasets = [_dataset(entry, cut, made) for entry in catalog["datasets"] if entry["id"] in cut.datasets]
    datasets = [entry for entry, before in zip(datasets, _those(catalog, cut), strict=True) if _stays(entry, before)]
    ids = {entry["id"] for entry in datasets}
    themes = {entry["theme"] for entry in datasets}
    title = catalog["edition"]["title"]
    products = {entry["product"] for entry in entries if entry["type"] == "raster"}
    return {
        **catalog,
        "edition": {**catalog["edition"], "title": {"zh": f"{title['zh']}（部分）", "en": f"{title['en']} (part)"}},
        **_place(catalog, cut),
        "themes": [theme for theme in catalog["themes"] if theme["id"] in themes],
        "archives": entries,
        "datasets": [{**entry, "related": [id for id in entry["related"] if id in ids]} for entry in datasets],
        "styles": looks_for(catalog["styles"], products),
        "search": dict(search) if search is not None else None,
    }


def part_tilejson(tilejson: Mapping[str, Any], archive: CutArchive) -> dict[str, Any]:
    """The TileJSON of a cut archive."""
    made = {
        **tilejson,
        "tiles": [f"pmtiles://../{archive.file}/{{z}}/{{x}}/{{y}}"],
        "minzoom": archive.min_zoom,
        "maxzoom": archive.max_zoom,
        "bounds": list(archive.bounds),
        "center": list(archive.center),
    }
    if "vector_layers" in tilejson:
        left = {layer["id"]: layer for layer in archive.layers}
        made["vector_layers"] = [
            {**layer, **{key: left[layer["id"]][key] for key in ("minzoom", "maxzoom") if key in left[layer["id"]]}}
            for layer in tilejson["vector_layers"]
            if layer["id"] in left
        ]
    return made


def _those(catalog: Mapping[str, Any], cut: Cut) -> list[Mapping[str, Any]]:
    return [entry for entry in catalog["datasets"] if entry["id"] in cut.datasets]


def _stays(entry: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    return bool(entry["layers"]) or not before["layers"]


def _archive(entry: Mapping[str, Any], archive: CutArchive) -> dict[str, Any]:
    return {
        **{key: value for key, value in entry.items() if key != "zxy"},  # tiles one by one stay behind
        "file": archive.file,
        "bytes": archive.bytes,
        "sha256": archive.sha256,
        "min_zoom": archive.min_zoom,
        "max_zoom": archive.max_zoom,
        "bounds": list(archive.bounds),
    }


def _dataset(entry: Mapping[str, Any], cut: Cut, archives: Mapping[str, CutArchive]) -> dict[str, Any]:
    made = {
        **entry,
        "layers": [
            _within(layer, archives[layer["archive"]])
            for layer in entry["layers"]
            if layer["archive"] in archives and _is_left(layer, archives[layer["archive"]])
        ],
    }
    if cut.region is not None:
        made |= {"features": None, "extent": _meet(entry["extent"], cut.region.bounds) if made["layers"] else None}
    if "changes" in entry:
        left = [
            _change(step, archives) for step in entry["changes"] if step.get("id") is None or step["id"] in archives
        ]
        # How many features changed is told of the whole area: it says nothing of a part.
        made["changes"] = [step for step in left if cut.region is None]
    return made


def _change(step: Mapping[str, Any], archives: Mapping[str, CutArchive]) -> dict[str, Any]:
    if step.get("id") is None:
        return dict(step)
    archive = archives[step["id"]]
    return {**step, "file": archive.file, "bytes": archive.bytes, "sha256": archive.sha256}


def _is_left(layer: Mapping[str, Any], archive: CutArchive) -> bool:
    return layer["layer"] is None or any(each["id"] == layer["layer"] for each in archive.layers)


def _within(layer: Mapping[str, Any], archive: CutArchive) -> dict[str, Any]:
    """The layer's zooms within those of the tiles that are left."""
    zooms = {key: min(max(layer[key], archive.min_zoom), archive.max_zoom) for key in ("min_zoom", "max_zoom")}
    return {**layer, **zooms}


def _place(catalog: Mapping[str, Any], cut: Cut) -> dict[str, Any]:
    """Where a map opens: the part, and its middle where the city's lies outside."""
    if cut.region is None:
        return {}
    bounds = _meet(catalog["bounds"], cut.region.bounds) or list(cut.region.bounds)
    lng, lat, zoom = catalog["center"]
    if not cut.inside(lng, lat):
        lng, lat = round((bounds[0] + bounds[2]) / 2, 6), round((bounds[1] + bounds[3]) / 2, 6)
    return {"bounds": bounds, "center": [lng, lat, zoom]}


def _meet(one: Sequence[float] | None, two: Bounds) -> list[float] | None:
    """What two boxes have in common; None where they do not meet."""
    if one is None:
        return None
    west, south, east, north = max(one[0], two[0]), max(one[1], two[1]), min(one[2], two[2]), min(one[3], two[3])
    return [west, south, east, north] if west <= east and south <= north else None
