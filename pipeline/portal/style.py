"""The style of one edition: the base map where the edition has its layers, thematic datasets above it.

Every address in a style is relative to the `styles/` folder (styles/README.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.portal.flavour import Flavour
from pipeline.portal.pixels import bound_pixels, pixel_source
from pipeline.portal.thematic import DENSE, MANY, Theme, name_field, thematic_layers

LABEL_SUFFIX = "_label"

# On buildings: from the upper left like on the hills, and soft, or walls turn black at the default of 0.5.
LIGHT = {"anchor": "viewport", "position": [1.15, 210, 30], "color": "#ffffff", "intensity": 0.25}

# Layers drawn from elevations stand in for those a city has surveyed; fields `ele` and `index` for ELEV and INDEX.
STAND_IN = {"TERL": "contours", "TERP": "peaks"}


def compose_style(
    flavour: Flavour,
    base: Sequence[Mapping[str, Any]],
    catalog: Mapping[str, Any],
    tilejsons: Mapping[str, Mapping[str, Any]],
    icon: Callable[[str], str | None],
) -> dict[str, Any]:
    """A MapLibre style without `sprite`, `glyphs` and `font-faces`.

    `base` are the flavour's layers; those whose layer no archive of `catalog` has are left out. `icon` turns a
    dataset's icon into a sprite name, None when there is none. Thematic datasets start hidden when there is a base
    map below them, and visible when there is none.
    """
    present = _layers_present(catalog, tilejsons)
    owners = {(at["archive"], at["layer"]): d["id"] for d in catalog["datasets"] for at in d["layers"]}
    stand_in = {name: other for name, other in STAND_IN.items() if name not in present and other in present}
    drawn = {layer["source-layer"] for layer in base if "source-layer" in layer}.union(
        flavour.mapped, stand_in.values()
    )
    based = [bound for layer in base for bound in _bound(layer, catalog, present, stand_in, owners)]
    has_base = any("source-layer" in layer for layer in based)
    themes = _themes(catalog, tilejsons, flavour, drawn, icon, visible=not has_base)
    thematic = thematic_layers(themes, flavour)
    first_name = next((i for i, layer in enumerate(based) if layer["type"] == "symbol"), len(based))
    titles = [layer for layer in thematic if layer["type"] == "symbol"]
    shapes = [layer for layer in thematic if layer["type"] != "symbol"]
    layers = [*based[:first_name], *shapes, *based[first_name:], *titles]
    used = {layer["source"] for layer in layers if "source" in layer}
    lng, lat, zoom = catalog["center"]
    return {
        "version": 8,
        "name": f"{catalog['platform']['zh']} · {flavour.title['zh']}",
        "metadata": {
            "longquan:edition": catalog["edition"]["id"],
            "longquan:sample": bool(catalog.get("sample")),
            "longquan:base": has_base,
            "longquan:for": flavour.base,
        },
        "light": LIGHT,
        "center": [lng, lat],
        "zoom": zoom,
        "sources": {
            archive["id"]: {
                "type": "vector",
                "url": f"pmtiles://../{archive['file']}",
                "attribution": _attribution(catalog),
            }
            if archive["type"] == "vector"
            else pixel_source(archive, _attribution(catalog))
            for archive in catalog["archives"]
            if archive["id"] in used
        },
        "layers": layers,
    }


def _layers_present(catalog: Mapping[str, Any], tilejsons: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Layer name → the first archive that has it."""
    present: dict[str, str] = {}
    for archive in catalog["archives"]:
        if archive["type"] == "vector":
            for layer in tilejsons.get(archive["id"], {}).get("vector_layers", ()):
                present.setdefault(layer["id"], archive["id"])
    for dataset in catalog["datasets"]:
        for at in dataset["layers"]:
            if at["layer"] is None:  # pixels
                continue
            present.setdefault(at["layer"], at["archive"])
            if at.get("labels"):
                present.setdefault(at["layer"] + LABEL_SUFFIX, at["archive"])
    return present


def _bound(
    layer: Mapping[str, Any],
    catalog: Mapping[str, Any],
    present: Mapping[str, str],
    stand_in: Mapping[str, str],
    owners: Mapping[tuple[str, str], str],
) -> list[dict[str, Any]]:
    """A base layer bound to the archive that has what it draws, and to the dataset it shows; nothing without one."""
    if "source-product" in layer:
        return bound_pixels(layer, catalog["archives"])
    if "source-layer" not in layer:
        return [dict(layer)]
    name = stand_in.get(layer["source-layer"], layer["source-layer"])
    if name not in present:
        return []
    archive = present[name]
    owner = owners.get((archive, name)) or owners.get((archive, name.removesuffix(LABEL_SUFFIX)))
    metadata = {**({"longquan:dataset": owner} if owner else {}), **layer.get("metadata", {})}
    head = {"id": layer["id"], "type": layer["type"], "source": archive, "source-layer": name}
    rest = {key: value for key, value in layer.items() if key not in {*head, "metadata"}}
    return [{**head, "metadata": metadata, **rest}]


def _themes(
    catalog: Mapping[str, Any],
    tilejsons: Mapping[str, Mapping[str, Any]],
    flavour: Flavour,
    drawn: set[str],
    icon: Callable[[str], str | None],
    *,
    visible: bool,
) -> list[Theme]:
    themes: list[Theme] = []
    vector = {archive["id"] for archive in catalog["archives"] if archive["type"] == "vector"}
    coloured = 0
    many = len(catalog["datasets"]) > MANY
    for dataset in catalog["datasets"]:
        hint = dataset.get("style") or {}
        dense = (dataset.get("features") or 0) > DENSE
        layers = [at for at in dataset["layers"] if at["layer"] not in drawn and at["archive"] in vector]
        if not layers:
            continue
        colour = hint.get("colour") or flavour.themes[coloured % len(flavour.themes)]
        coloured += not hint.get("colour")
        for at in layers:
            fields = _fields(tilejsons.get(at["archive"], {}), at["layer"]) or [f["name"] for f in dataset["fields"]]
            themes.append(
                Theme(
                    dataset=dataset["id"],
                    source=at["archive"],
                    layer=at["layer"],
                    geometry=at["geometry"],
                    colour=colour,
                    icon=icon(hint["icon"]) if hint.get("icon") else None,
                    name_field=name_field(fields),
                    label_layer=at["layer"] + LABEL_SUFFIX if at.get("labels") else None,
                    dense=dense,
                    visible=visible and not (many and dense and at["geometry"] == "point"),
                )
            )
    return themes


def _fields(tilejson: Mapping[str, Any], layer: str) -> list[str]:
    for entry in tilejson.get("vector_layers", ()):
        if entry["id"] == layer:
            return list(entry.get("fields", {}))
    return []


def _attribution(catalog: Mapping[str, Any]) -> str:
    """Owner, and that the data is fictional: what another application shows below its map."""
    from html import escape

    parts = [catalog["attribution"]["zh"]]
    if catalog.get("sample"):
        parts.append(catalog["notice"]["zh"])
    return " · ".join(escape(part) for part in parts if part)
