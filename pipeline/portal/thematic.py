"""A look for datasets that no cartographer has drawn: from geometry, colour and icon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.portal.flavour import Flavour

AREAS, LINES, POINTS, LABELS = range(4)  # drawing order

# Fields that name a feature, the city's own first.
NAME_FIELDS = ("NAME", "name", "Name", "名称", "TITLE", "title", "Title", "LABEL", "label")


@dataclass(frozen=True, slots=True)
class Theme:
    """One layer of one dataset, ready to be drawn."""

    dataset: str
    source: str  # archive id
    layer: str  # layer in the archive
    geometry: str  # point | line | polygon | mixed
    colour: str
    icon: str | None  # sprite name
    name_field: str | None
    label_layer: str | None  # layer with one anchor per feature
    dense: bool  # so many features that each must be small
    visible: bool


DENSE = 1000  # features
MANY = 8  # datasets from which on dense points would bury the rest


def name_field(fields: Sequence[str]) -> str | None:
    """The field that most likely names a feature; None when none does."""
    for wanted in NAME_FIELDS:
        if wanted in fields:
            return wanted
    lowered = [f for f in fields if "name" in f.lower() or "名" in f]
    return lowered[0] if lowered else None


def thematic_layers(themes: Sequence[Theme], flavour: Flavour) -> list[dict[str, Any]]:
    """Style layers of all `themes`: areas below lines below points below names, in the order given within each."""
    areas = sum(theme.geometry in ("polygon", "mixed") for theme in themes)
    opacity = round(min(0.2, max(0.06, 0.6 / max(areas, 1))), 3)  # many areas over each other must not turn grey
    drawn = [(rank, layer) for theme in themes for rank, layer in _draw(theme, flavour, opacity)]
    return [layer for wanted in (AREAS, LINES, POINTS, LABELS) for rank, layer in drawn if rank == wanted]


def _draw(theme: Theme, flavour: Flavour, opacity: float) -> list[tuple[int, dict[str, Any]]]:
    mixed = theme.geometry == "mixed"
    layers: list[tuple[int, dict[str, Any]]] = []
    if theme.geometry == "polygon" or mixed:
        layers += [(AREAS, layer) for layer in _areas(theme, opacity, "Polygon" if mixed else None)]
    if theme.geometry == "line" or mixed:
        layers += [(LINES, layer) for layer in _lines(theme, flavour, "LineString" if mixed else None)]
    if theme.geometry == "point" or mixed:
        layers += [(POINTS, layer) for layer in _points(theme, flavour, "Point" if mixed else None)]
    if theme.name_field and (theme.geometry == "point" or theme.label_layer):
        layers.append((LABELS, _names(theme, flavour)))
    return layers


def _base(theme: Theme, suffix: str, kind: str, only: str | None, legend: bool = False) -> dict[str, Any]:
    metadata: dict[str, Any] = {"longquan:dataset": theme.dataset}
    if legend:
        metadata["longquan:legend"] = [{"zoom": 14}]
    layer: dict[str, Any] = {
        "id": f"{theme.dataset}/{theme.layer}/{suffix}",
        "type": kind,
        "source": theme.source,
        "source-layer": theme.layer,
        "metadata": metadata,
    }
    if only:
        layer["filter"] = ["==", ["geometry-type"], only]
    layer["layout"] = {"visibility": "visible" if theme.visible else "none"}
    return layer


def _areas(theme: Theme, opacity: float, only: str | None) -> list[dict[str, Any]]:
    fill = _base(theme, "area", "fill", only, legend=True)
    fill["paint"] = {"fill-color": theme.colour, "fill-opacity": opacity}
    edge = _base(theme, "edge", "line", only)
    edge["layout"]["line-join"] = "round"
    edge["paint"] = {
        "line-color": theme.colour,
        "line-width": [
            "interpolate",
            ["linear"],
            ["zoom"],
            8,
            0.4,
            13,
            0.5 if theme.dense else 1,
            17,
            1.2 if theme.dense else 2,
        ],
        "line-opacity": 0.85,
    }
    return [fill, edge]


def _lines(theme: Theme, flavour: Flavour, only: str | None) -> list[dict[str, Any]]:
    thin = 0.5 if theme.dense else 1.0
    case = _base(theme, "case", "line", only)
    case["layout"] |= {"line-join": "round", "line-cap": "round"}
    case["minzoom"] = 11
    case["paint"] = {
        "line-color": flavour.tokens["halo"],
        "line-width": ["interpolate", ["exponential", 1.3], ["zoom"], 11, 2.4 * thin, 14, 4.6 * thin, 18, 9 * thin],
        "line-opacity": 0.8,
    }
    line = _base(theme, "line", "line", only, legend=True)
    line["layout"] |= {"line-join": "round", "line-cap": "round"}
    line["paint"] = {
        "line-color": theme.colour,
        "line-width": [
            "interpolate",
            ["exponential", 1.3],
            ["zoom"],
            8,
            0.7 * thin,
            11,
            1.2 * thin,
            14,
            2.6 * thin,
            18,
            5.5 * thin,
        ],
    }
    return [case, line]


def _points(theme: Theme, flavour: Flavour, only: str | None) -> list[dict[str, Any]]:
    disc = _base(theme, "point", "circle", only, legend=True)
    full, small = (9.5, 3.2) if theme.icon else (5.5, 2.2)
    if theme.dense:
        disc["paint"] = {
            "circle-color": theme.colour,
            "circle-radius": ["interpolate", ["linear"], ["zoom"], 8, 0.6, 12, 1.1, 14, 2, 16, 4, 18, 7],
            "circle-stroke-color": flavour.tokens["halo"],
            "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 13, 0, 16, 1],
        }
        return [disc]
    disc["paint"] = {
        "circle-color": theme.colour,
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 8, small, 12, small + 1.4, 13.5, full, 18, full * 1.25],
        "circle-stroke-color": flavour.tokens["halo"],
        "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 8, 0.6, 13, 1.4],
    }
    if not theme.icon:
        return [disc]
    disc["metadata"]["longquan:legend"] = [{"zoom": 14, "icon": theme.icon}]
    icon = _base(theme, "icon", "symbol", only)
    icon["minzoom"] = 13
    icon["layout"] |= {
        "icon-image": theme.icon,
        "icon-size": ["interpolate", ["linear"], ["zoom"], 13, 0.6, 13.5, 0.8, 18, 1],
        "icon-allow-overlap": True,
        "icon-ignore-placement": True,
    }
    return [disc, icon]


def _names(theme: Theme, flavour: Flavour) -> dict[str, Any]:
    names = _base(theme, "name", "symbol", "Point" if theme.geometry == "mixed" and not theme.label_layer else None)
    point = theme.geometry == "point"
    if not point and theme.label_layer:
        names["source-layer"] = theme.label_layer
    names["minzoom"] = 17 if theme.dense else 14 if point else 12
    names["layout"] |= {
        "text-field": ["to-string", ["coalesce", ["get", theme.name_field], ""]],
        "text-font": flavour.tokens["font-regular"],
        "text-size": ["interpolate", ["linear"], ["zoom"], 12, 10.5, 17, 13],
        "text-max-width": 8,
        "text-padding": 6,
        "text-anchor": "top" if point else "center",
        "text-offset": [0, 1.0 if theme.icon else 0.6] if point else [0, 0],
    }
    names["paint"] = {
        "text-color": flavour.tokens["place-village"],
        "text-halo-color": flavour.tokens["halo"],
        "text-halo-width": 1.4,
    }
    return names
