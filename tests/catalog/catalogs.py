"""Catalogues of the smallest workspace, with everything that a face may tell and something that none may."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from pipeline.catalog import ArchiveFacts, LayerFacts, RasterFacts, VersionFacts, build_catalog
from pipeline.editions import view_edition
from pipeline.framework import load_workspace
from tests.framework.workspaces import FILES, write_workspace

DAY = date(2026, 11, 22)
SHA = "0123456789ab" + "0" * 52
BOX = (118.8, 27.8, 119.3, 28.2)

SCHOOLS = """
[[dataset]]
id = "schools"
title = { zh = "学校", en = "Schools" }
description = { zh = "在册学校的位置。", en = "Where the schools are." }
theme = "transport"
source = "inbox/planning/schools.gpkg"
schema = "roads"
currency = 2026-06-30
cycle = "yearly"
licence = "本市政务数据开放协议 <2026>"
share = "unconditional"
audiences = ["public", "government"]
lineage = { zh = "教育局登记。", en = "From the register." }

[[dataset]]
id = "photo"
title = { zh = "影像", en = "Photo" }
theme = "water"
kind = "raster"
source = "inbox/planning/photo.tif"
currency = 2020-05-01
cycle = "irregular"
licence = "CC-BY-4.0"
share = "unconditional"
audiences = ["public", "government"]

[[dataset]]
id = "empty"
title = { zh = "空的", en = "Empty" }
theme = "water"
source = "inbox/planning/empty.gpkg"
schema = "water-supply"
currency = 2026-09-30
cycle = "monthly"
licence = "cc0-1.0"
share = "unconditional"
audiences = ["public"]
"""

APPLICATIONS = """
[[application]]
id = "bus"
title = { zh = "公交到站", en = "Bus arrivals" }
owner = { zh = "公交公司", en = "Bus company" }
description = { zh = "查询到站时间", en = "When it comes" }
address = "https://bus.example.org/app?a=1&b=2"
registered = 2026-03-01
audiences = ["public"]
datasets = ["roads", "water-supply"]

[[application]]
id = "secret-plan"
title = { zh = "管网调度", en = "Pipe control" }
owner = { zh = "水务公司", en = "Water company" }
registered = 2026-03-01
audiences = ["government"]
datasets = ["roads", "water-supply"]
"""

# What is denied to the public: a dataset with its department, a field, an application, a column's name, a path.
SECRETS = (
    "water-supply",
    "供水管网",
    "水务局",
    "WIDTH",
    "路宽",
    "secret-plan",
    "管网调度",
    '"等级"',
    "inbox",
    "government",
)

VERSIONS = {
    "roads": (
        VersionFacts("2026-Q2.1", "2026-Q2", "2026-06-30", "2026-07-05", None),
        VersionFacts("2026-Q3.1", "2026-Q3", "2026-09-30", "2026-10-08", 92.5),
    ),
    "water-supply": (VersionFacts("2026.1", "2026", "2026-06-30", "2026-07-05", 61.0),),
}


def archive(id: str, *layers: LayerFacts, raster: RasterFacts | None = None) -> ArchiveFacts:
    return ArchiveFacts(
        id=id,
        file=f"tiles/{id}-0123456789ab.pmtiles",
        bytes=1000,
        sha256=SHA,
        min_zoom=6,
        max_zoom=14,
        bounds=BOX,
        center=(119.05, 28.0, 6),
        vector_layers=(),
        layers=layers,
        features={layer.dataset: layer.features for layer in layers},
        raster=raster,
    )


def layer(name: str, dataset: str, geometry: str) -> LayerFacts:
    return LayerFacts(name, dataset, geometry, 12, BOX, 6, 14, labels=False)


ARCHIVES = (
    archive("framework", layer("LRDL", "roads", "line")),
    archive("schools", layer("schools", "schools", "point")),
    archive("photo", raster=RasterFacts("imagery", "webp", 512, None, "2020-05-01", ("photo",))),
    archive("water-supply", layer("water-supply", "water-supply", "line")),
)


def write_city(root: Path, changes: dict[str, str | None] | None = None) -> Path:
    planning = FILES["departments/planning.toml"] + SCHOOLS
    return write_workspace(
        root, {"departments/planning.toml": planning, "applications.toml": APPLICATIONS, **(changes or {})}
    )


def catalog_of(root: Path, edition: str = "public", changes: dict[str, str | None] | None = None) -> dict[str, Any]:
    """The catalogue of a town: roads of the store, schools under a licence of their own, a photo, an empty dataset."""
    framework = load_workspace(write_city(root, changes))
    view = view_edition(framework, edition)
    shown = {spec.id for spec in view.archives}
    facts = [found for found in ARCHIVES if found.id in shown]
    return build_catalog(framework, view, facts, as_of=DAY, versions=VERSIONS)


def dataset_of(catalog: dict[str, Any], id: str) -> dict[str, Any]:
    return next(dataset for dataset in catalog["datasets"] if dataset["id"] == id)
