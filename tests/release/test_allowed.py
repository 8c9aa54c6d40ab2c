"""What release.json says may be inside: what is shown, with types, codes and zooms, and nothing of what is not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from pipeline.catalog import ArchiveFacts, RasterFacts
from pipeline.editions import view_edition
from pipeline.framework import load_workspace
from pipeline.release.allowed import allow_list
from tests.framework.workspaces import write_workspace
from tests.terrains import write_terrain
from tests.towns import FILES, SECRETS, field

FACTS = ArchiveFacts("framework", "tiles/f.pmtiles", 7, "s", 8, 11, (0, 0, 1, 1), (0, 0, 8), (), (), {})
PICTURE = RasterFacts("imagery", "png", 256, None, "2026-01-01", ("photo",))


def town(root: Path, more: dict[str, str | None] | None = None) -> Path:
    return write_workspace(root, {**dict.fromkeys(("departments/planning.toml",), None), **FILES, **(more or {})})


def test_of_vectors(tmp_path: Path) -> None:
    view = view_edition(load_workspace(town(tmp_path)), "public")
    allowed = allow_list(view, [FACTS])
    roads = next(entry for entry in allowed["datasets"] if entry["id"] == "roads")
    assert roads == {
        "id": "roads",
        "kind": "vector",
        "fields": [
            {"name": "ID", "type": "integer", "domain": None},
            {"name": "NAME", "type": "string", "domain": None},
            {"name": "CLASS", "type": "string", "domain": ["national", "street"]},
        ],
    }
    (archive,) = allowed["archives"]
    assert (archive["id"], archive["product"], archive["datasets"]) == ("framework", "vector", ["roads", "districts"])
    about = {"dataset": "roads", "min_zoom": 8, "max_zoom": 11, "fields": ["ID", "NAME", "CLASS"], "derived": []}
    assert archive["layers"][:2] == [{"name": "LRDL", **about}, {"name": "LRDL_label", **about}]
    assert [layer["name"] for layer in archive["layers"][2:]] == ["BOUA", "BOUA2"]


def test_nothing_that_stays_out_is_named(tmp_path: Path) -> None:
    view = view_edition(load_workspace(town(tmp_path)), "public")
    text = json.dumps(allow_list(view, [FACTS]), ensure_ascii=False)
    assert [secret for secret in SECRETS if secret in text] == []


def test_fields_that_count_and_add_up_are_derived(tmp_path: Path) -> None:
    rules = FILES["framework.toml"]
    assert rules is not None
    rules = rules.replace("labels = true", 'labels = true\nfields = ["NAME", "ID"]\nlabel_fields = ["NAME"]')
    rules = rules.replace('dataset = "roads"', 'dataset = "roads"\nclusters = { sums = ["ID"] }')
    schema = (FILES["schemas/roads.toml"] or "") + field("LANES", "integer", "车道")
    framework = load_workspace(town(tmp_path, {"framework.toml": rules, "schemas/roads.toml": schema}))
    layer, label = allow_list(view_edition(framework, "public"), [FACTS])["archives"][0]["layers"][:2]
    assert (layer["fields"], layer["derived"]) == (["ID", "NAME"], ["point_count", "ID_sum"])
    assert (label["fields"], label["derived"]) == (["NAME"], [])


def test_of_pixels(tmp_path: Path) -> None:
    view = view_edition(load_workspace(write_terrain(tmp_path, pixels=False)), "public")
    photo = replace(FACTS, id="photo-2024", raster=PICTURE)
    hills = replace(FACTS, id="hills", raster=replace(PICTURE, product="hillshade", datasets=("dem",)))
    lines = replace(
        FACTS,
        id="lines",
        vector_layers=(
            {"id": "contours", "minzoom": 9, "maxzoom": 11, "fields": {"ele": "Number", "index": "Number"}},
        ),
    )
    first, second, third = allow_list(view, [photo, hills, lines])["archives"]
    # The strictest numbers of the rule file that comes along: 0.5 m, 100 m, 50 m.
    assert first == {
        "id": "photo-2024",
        "file": FACTS.file,
        "product": "imagery",
        "datasets": ["photo"],
        "min_ground_resolution_m": 0.5,
        "min_zoom": 8,
        "max_zoom": 11,
        "tile_size": 256,
    }
    assert (second["product"], second["min_dem_grid_m"]) == ("hillshade", 100)
    assert (third["min_contour_interval_m"], third["min_dem_grid_m"], "tile_size" in third) == (50, 100, False)
    assert third["layers"] == [
        {
            "name": "contours",
            "dataset": None,
            "min_zoom": 9,
            "max_zoom": 11,
            "fields": [],
            "derived": ["ele", "index"],
        }
    ]
