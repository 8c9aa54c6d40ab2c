"""Archives of rasters, limits of editions and raster datasets as written: what is refused, where, and what is meant."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.framework import WorkspaceError, load_workspace
from pipeline.framework.map_rules import read_map_rules
from pipeline.framework.raster import APPLICABLE, RasterChoices, RasterLimits
from tests.terrains import FRAMEWORK, PLANNING, write_terrain

PAGE = Path(__file__).resolve().parents[2] / "docs" / "raster-workspace.md"


def faults(root: Path, framework: str = FRAMEWORK, planning: str = PLANNING) -> list[str]:
    """The faults as `line key: message → expected`."""
    files: dict[str, str | None] = {"framework.toml": framework, "departments/planning.toml": planning}
    write_terrain(root, files, pixels=False)
    try:
        load_workspace(root)
    except WorkspaceError as error:
        return [f"{f.line} {f.key}: {f.message} → {f.expected}" for f in error.faults]
    return []


def test_as_written_it_has_no_fault(tmp_path: Path) -> None:
    assert faults(tmp_path) == []
    framework = load_workspace(tmp_path)
    assert [(a.id, a.kind, a.datasets) for a in framework.archives] == [
        ("terrain", "terrain", ("dem",)),
        ("hills", "hillshade", ("dem",)),
        ("lines", "contours", ("dem",)),
        ("photo-2024", "imagery", ("photo",)),
        ("old-photo", "raster", ("old-photo",)),  # in no archive: one of its own
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('kind = "terrain"', 'kind = "terain"', 'did you mean "terrain"'),
        ('kind = "terrain"\n', "", "must say what is made of them → kind = one of raster, imagery, terrain"),
        ('datasets = ["dem"]\nmin_zoom = 8', "min_zoom = 8", "an archive without datasets"),
        ("rounding = 0.00390625", "interval = 20", "interval: this does not apply to an archive of kind terrain"),
        ("rounding = 0.00390625", "quality = 75", "quality: this does not apply to an archive of kind terrain"),
        ("rounding = 0.00390625", "rouding = 1", 'unknown key — did you mean "rounding"?'),
        ("rounding = 0.00390625", "rounding = 0.0", "out of range → > 0"),
        ("rounding = 0.00390625", 'format = "jpeg"', "heights in JPEG would be lost"),
        ("rounding = 0.00390625", "max_zoom = 7", "min_zoom 8 is above max_zoom 7"),
        ("rounding = 0.00390625", "plausible = [5.0, 5.0]", "the lowest height is not below the highest"),
        ("tile_size = 256\nrounding", "tile_size = 500\nrounding", "500: not allowed → 256, 512"),
        ('datasets = ["dem"]\ninterval = 20', 'datasets = ["dem"]\ninterval = 0', "out of range"),
        ('datasets = ["dem"]\ninterval = 20', 'datasets = ["dem"]\ninterval = { 40 = 20 }', "out of range → ≤ 22"),
        ('datasets = ["dem"]\ninterval = 20', 'datasets = ["dem"]\ninterval = {}', "empty"),
        ('datasets = ["dem"]\ninterval = 20', 'datasets = ["dem"]\nseries = "x"', "contours are no epochs"),
        ('kind = "hillshade"', 'kind = "hillshade"\nformat = "jpeg"', "a veil needs transparency"),
        ('format = "png"', 'format = "png"\nlossless = true', "only WebP may be lossless or not"),
        ('format = "png"', 'format = "jpeg"\neffort = 3', "JPEG knows no effort"),
        ('datasets = ["photo"]', 'datasets = ["foto"]', 'no dataset has this id — did you mean "photo"?'),
        ('datasets = ["photo"]', 'datasets = ["photo", "photo"]', "taken twice"),
        ('masks = "inbox/secrecy/masks.geojson"', 'mask_mode = "blur"', "it does not say what is masked"),
        ('masks = "inbox/secrecy/masks.geojson"', 'masks = "/etc/masks"', "the path leaves the workspace"),
        ('masks = "inbox/secrecy/masks.geojson"', "min_dem_grid_m = -1", "out of range → ≥ 0"),
        ('masks = "inbox/secrecy/masks.geojson"', "min_dem_m = 1", "unknown key"),
        ('id = "photo-2024"', 'id = "old-photo"', "a dataset of this id gets an archive of its own"),
    ],
)
def test_what_is_wrong_with_an_archive_is_told_at_its_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert FRAMEWORK.count(old) == 1
    (fault,) = faults(tmp_path, FRAMEWORK.replace(old, new))
    assert expected in fault
    assert re.match(r"\d+ (archive|edition)", fault)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("currency = 2014-05-01", "currency = 2014-05-01\nbands = []", "empty"),
        ("currency = 2014-05-01", "currency = 2014-05-01\nbands = [0]", "out of range → ≥ 1"),
        ("currency = 2014-05-01", "currency = 2014-05-01\nstretch = { low = 9, high = 3 }", "no range of values"),
        ("currency = 2014-05-01", 'currency = 2014-05-01\ncrs = "GCJ-02"', "displaced rasters cannot be moved back"),
        ("currency = 2014-05-01", "currency = 2014-05-01\ntiles = { labels = true }", "cannot have labels"),
        ('"inbox/planning/old.tif"', '"postgresql://a/b"\nlayer = "x"', "no layer of a database"),
    ],
)
def test_what_is_wrong_with_a_raster_dataset(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert PLANNING.count(old) == 1
    (fault,) = faults(tmp_path, planning=PLANNING.replace(old, new))
    assert expected in fault


def test_a_raster_is_no_layer_and_a_layer_no_raster(tmp_path: Path) -> None:
    layered = (
        FRAMEWORK
        + """
[[archive]]
id = "framework"
title = { zh = "框架", en = "Framework" }

[[archive.layer]]
name = "TERL"
dataset = "dem"
"""
    )
    (fault,) = faults(tmp_path, layered)
    assert fault.startswith(f"{len(layered.splitlines())} archive[4].layer[0].dataset: ")
    assert 'its contours are an archive of kind = "contours"' in fault


def test_vector_datasets_make_no_pixels_and_have_no_bands(tmp_path: Path) -> None:
    vector = PLANNING.replace('theme = "base"\nkind = "raster"', 'theme = "base"\nkind = "vector"').replace(
        "currency = 2014-05-01", "currency = 2014-05-01\nnodata = 0"
    )
    found = faults(tmp_path, planning=vector)
    assert any("only raster datasets have nodata" in fault for fault in found)


def test_epochs_of_a_series_have_different_dates_and_one_product(tmp_path: Path) -> None:
    epoch = """
[[archive]]
id = "photo-2014"
title = { zh = "影像 2014", en = "Photo of 2014" }
kind = "imagery"
datasets = ["old-photo"]
series = "photo"
"""
    assert faults(tmp_path / "right", FRAMEWORK + epoch) == []
    same = PLANNING.replace("2014-05-01", "2024-05-01")
    (fault,) = faults(tmp_path / "same", FRAMEWORK + epoch, same)
    assert "the archive photo-2024 of this series is of 2024-05-01 too" in fault
    mixed = FRAMEWORK + epoch.replace('"imagery"', '"tint"')
    (fault,) = faults(tmp_path / "mixed", mixed)
    assert "the series photo is of another kind" in fault


def test_heights_have_no_cutline_and_one_archive_one_stretch(tmp_path: Path) -> None:
    cut = PLANNING.replace("currency = 2026-09-30", 'currency = 2026-09-30\ncutline = "inbox/a.gpkg"')
    found = faults(tmp_path / "cut", planning=cut)
    assert len(found) == 3 and all("dem: heights have no cutline" in fault for fault in found)
    both = FRAMEWORK.replace('datasets = ["photo"]', 'datasets = ["photo", "old-photo"]')
    stretched = PLANNING.replace("currency = 2014-05-01", "currency = 2014-05-01\nstretch = { low = 0, high = 9 }")
    (fault,) = faults(tmp_path / "stretched", both, stretched)
    assert "stretched in different ways" in fault


def test_every_choice_belongs_to_a_product_and_is_explained() -> None:
    names = set(RasterChoices.model_fields)
    assert {name for names in APPLICABLE.values() for name in names} == names
    page = PAGE.read_text("utf-8")
    told = set(re.findall(r"`(\w+)`", page))
    assert names | set(RasterLimits.model_fields) | {"cutline", "bands", "stretch", "nodata", "vertical_unit"} <= told
    assert set(APPLICABLE) <= told


def test_the_strictest_public_rule_holds() -> None:
    """The numbers of the domain page: 50 m before 20 m, 100 m, 0.5 m; each with its document and year."""
    limits = {rule.limit: rule for rule in read_map_rules().numbers.values() if rule.limit}
    assert {key: rule.strictest.value for key, rule in limits.items()} == {
        "min_ground_resolution_m": 0.5,
        "min_contour_interval_m": 50.0,
        "min_dem_grid_m": 100.0,
    }
    assert set(limits) <= set(RasterLimits.model_fields)
    for rule in read_map_rules().numbers.values():
        for candidate in rule.candidates:
            assert re.fullmatch(r"\d{4}", candidate.date) and candidate.source
    assert {each.value for each in limits["min_contour_interval_m"].candidates} == {20.0, 50.0}
