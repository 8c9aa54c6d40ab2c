"""data.html and data/<dataset>.html: the catalogue for people, complete without a script.

Made of catalog.json and of finished files alone, so that no page tells of what the edition does not show.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from markupsafe import Markup

from pipeline.catalog.coverage import Coverage
from pipeline.catalog.licences import known_licence
from pipeline.catalog.metadata_groups import metadata_groups
from pipeline.catalog.words import abstract_of, archives_of, theme_of
from pipeline.intake.freshness import Freshness, Light
from pipeline.portal.extent_map import WIDTH, ExtentFrame, backdrop_svg, footprint, read_borders, read_coverage
from pipeline.portal.files import content_hash
from pipeline.portal.pages import Frame, filter_script, lights_script

DATA = "data.html"
_TYPES = {
    "string": ("文本", "text"),
    "integer": ("整数", "integer"),
    "number": ("数值", "number"),
    "boolean": ("是否", "yes/no"),
    "date": ("日期", "date"),
}
_SCREEN = 600.0  # pixels that a dataset's box shall fill when the map opens with it
_TILE = 512.0  # pixels of a tile at its zoom


def dataset_pages(dist: Path, frame: Frame) -> Iterator[tuple[str, bytes]]:
    """Path below the published folder and content of the pages and of what they load.

    `dist` holds the edition's archives already. The same catalogue and archives give the same bytes.
    """
    catalog = frame.catalog
    script_name, script = lights_script()
    yield script_name, script
    filter_name, filter_data = filter_script()
    yield filter_name, filter_data
    backdrop = backdrop_svg(catalog, read_borders(dist, catalog))
    backdrop_name = f"assets/city-{content_hash(backdrop)}.svg"
    yield backdrop_name, backdrop
    yield DATA, _list(frame, script_name, filter_name)
    shared = {archive["id"]: 0 for archive in catalog["archives"]}
    for dataset in catalog["datasets"]:
        for id in {layer["archive"] for layer in dataset["layers"]}:
            shared[id] += 1
    datasets = {dataset["id"]: dataset for dataset in catalog["datasets"]}
    for dataset in catalog["datasets"]:
        archives = [
            (
                {**archive, "shared": shared[archive["id"]] > 1},
                [la for la in dataset["layers"] if la["archive"] == archive["id"] and la["layer"] is not None],
            )
            for archive, _names in archives_of(catalog, dataset)
        ]
        theme = theme_of(catalog, dataset)
        covered = read_coverage(dist, dataset["id"])
        page = frame.render(
            "dataset.html",
            dataset["page"],
            dataset=dataset,
            theme=theme,
            abstract=abstract_of(dataset, theme),
            state=light_of(dataset, catalog["as_of"]),
            licence=known_licence(dataset["licence"]),
            types=_TYPES,
            archives=archives,
            groups=metadata_groups(catalog, dataset),
            related=[datasets[id] for id in dataset["related"]],
            extent_map=_extent_map(catalog, dataset, f"../{backdrop_name}", covered),
            covers=covered is not None,
            box=_box_text(dataset["extent"]),
            map_link=_map_link(dataset),
            script=script_name,
        )
        yield dataset["page"], page


def _list(frame: Frame, script: str, filter: str) -> bytes:
    catalog = frame.catalog
    known = [theme["id"] for theme in catalog["themes"]]
    rows: dict[str, list[dict[str, Any]]] = {id: [] for id in known}
    for dataset in catalog["datasets"]:
        forms = sorted({layer["geometry"] for layer in dataset["layers"]} - {"none"})
        rows.setdefault(dataset["theme"], []).append(
            {
                "dataset": dataset,
                "form": _form(dataset, forms),
                "light": light_of(dataset, catalog["as_of"]),
            }
        )
    return frame.render(
        "data.html",
        DATA,
        themes=[
            {"id": id, "title": theme_of(catalog, found[0]["dataset"]), "rows": found}
            for id, found in rows.items()
            if found
        ],
        owners=len({dataset["department"]["id"] for dataset in catalog["datasets"]}),
        script=script,
        filter=filter,
    )


def _form(dataset: Mapping[str, Any], forms: list[str]) -> str:
    """What a dataset is made of, in one word."""
    if dataset["kind"] == "raster":
        return "raster"
    return (forms[0] if len(forms) == 1 else "mixed") if forms else "none"


def light_of(dataset: Mapping[str, Any], as_of: str) -> Light:
    """The light of a dataset of catalog.json on a date."""
    days = [dataset["freshness"][name] for name in ("fresh_until", "stale_after")]
    fresh, stale = (date.fromisoformat(day) if day else None for day in days)
    return Freshness(fresh, stale).light(date.fromisoformat(as_of))


def _extent_map(
    catalog: Mapping[str, Any], dataset: Mapping[str, Any], backdrop: str, covered: Coverage | None
) -> Markup:
    """What the dataset covers and its box, over the city's borders."""
    frame = ExtentFrame.of(tuple(catalog["bounds"]))
    title = Markup("{} · {}").format(dataset["title"]["zh"], "数据范围")
    drawn = f'<path class="covered" d="{footprint(frame, covered)}"/>' if covered is not None else ""
    if dataset["extent"]:
        x, y, width, height = frame.box(tuple(dataset["extent"]))
        drawn += f'<rect class="box" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="1.5"/>'
    return Markup(
        f'<svg class="extent-map" viewBox="0 0 {WIDTH:g} {frame.height:.1f}" role="img"><title>{title}</title>'
        f'<image href="{backdrop}" width="{WIDTH:g}" height="{frame.height:.1f}"/>{drawn}</svg>'
    )


def _box_text(extent: list[float] | None) -> str:
    if not extent:
        return ""
    west, south, east, north = extent
    return f"{west:.3f}–{east:.3f}° E, {south:.3f}–{north:.3f}° N"


def _map_link(dataset: Mapping[str, Any]) -> str:
    """What the map's address ends in to show a dataset: its middle, a zoom at which it is drawn, and it switched on."""
    extent, layers = dataset["extent"], dataset["layers"]
    if not extent or not layers:
        return ""
    west, south, east, north = extent
    wide = max(east - west, 1e-5) / 360 * _TILE
    high = max(north - south, 1e-5) / 360 * _TILE / math.cos(math.radians((south + north) / 2))
    fits = math.log2(_SCREEN / max(wide, high))
    low = min(layer["min_zoom"] for layer in layers)
    zoom = min(max(fits, low), 17)
    return f"#map={zoom:.1f}/{(south + north) / 2:.5f}/{(west + east) / 2:.5f}&on={dataset['id']}"
