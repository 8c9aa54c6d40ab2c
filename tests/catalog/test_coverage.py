"""What datasets cover: by features, pixels or declaration, and as a file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.catalog.cells import Cells, joined, nothing
from pipeline.catalog.coverage import (
    INDEX,
    Coverage,
    area_of,
    coverage_bytes,
    coverage_from,
    coverage_of_extent,
    coverage_of_features,
    coverage_of_pixels,
    index_of,
)
from pipeline.catalog.grid import SIDE, ZOOM
from pipeline.catalog.outline import area_from, area_geometry, outline
from pipeline.errors import InputError
from pipeline.sources.raster import describe_raster
from tests.catalog.planned import COLUMN, ROW, box, line, lng_lat, write_geojson

HALF_WORLD = 20037508.342789244  # metres of EPSG:3857
CELL = 2 * HALF_WORLD / SIDE


def members(cells: Cells) -> set[tuple[int, int]]:
    """Columns and rows from the north-western cell of the planned area."""
    row, begin, end = cells.by_row()
    return {(x - COLUMN, int(r) - ROW) for r, b, e in zip(row, begin, end, strict=True) for x in range(int(b), int(e))}


def rectangle(west: int, north: int, east: int, south: int) -> set[tuple[int, int]]:
    return {(x, y) for x in range(west, east) for y in range(north, south)}


# ---------------------------------------------------------------- features


def test_areas_cover_themselves(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "a.geojson", box(0, 0, 3, 2), box(10, 0, 12, 1))
    found = coverage_of_features("a", [area_of(path)], None)
    assert (found.how, found.reach) == ("areas", 0)
    assert members(found.cells) == rectangle(0, 0, 3, 2) | rectangle(10, 0, 12, 1)


def test_lines_and_points_cover_what_is_around_them(tmp_path: Path) -> None:
    point = {"type": "Point", "coordinates": lng_lat((20.5, 20.5))}
    path = write_geojson(tmp_path / "a.geojson", line((0.5, 0.5), (4.5, 0.5)), point, box(10, 0, 12, 1))
    found = coverage_of_features("a", [area_of(path)], None)
    assert (found.how, found.reach) == ("around", 2)
    assert members(found.cells) == rectangle(-2, -2, 7, 3) | rectangle(18, 18, 23, 23) | rectangle(10, 0, 12, 1)


@pytest.mark.parametrize(("reach", "how"), [(0, "areas"), (1, "around")])
def test_a_dataset_says_how_far_its_features_reach(tmp_path: Path, reach: int, how: str) -> None:
    path = write_geojson(tmp_path / "a.geojson", box(0, 0, 3, 2))
    found = coverage_of_features("a", [area_of(path)], reach)
    assert (found.how, found.reach) == (how, reach)
    assert members(found.cells) == rectangle(-reach, -reach, 3 + reach, 2 + reach)


def test_batches_count_together_and_nothing_covers_nothing(tmp_path: Path) -> None:
    paths = [write_geojson(tmp_path / f"{n}.geojson", box(n, 0, n + 1.0, 1)) for n in range(70)]
    found = coverage_of_features("a", [area_of(path) for path in paths], None)
    assert members(found.cells) == rectangle(0, 0, 70, 1)
    none = coverage_of_features("a", [], None)
    assert (none.how, len(none.cells)) == ("areas", 0)


def test_an_extent_is_the_polygons_of_a_file(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "a.geojson", box(0, 0, 3, 2), line((30, 30), (40, 40)))
    found = coverage_of_extent("a", path)
    assert (found.how, members(found.cells)) == ("extent", rectangle(0, 0, 3, 2))
    with pytest.raises(InputError, match="no area"):
        coverage_of_extent("a", write_geojson(tmp_path / "b.geojson", line((0, 0), (1, 1))))


# ---------------------------------------------------------------- pixels


def write_tiff(path: Path, shown: np.ndarray, *, cell: float = 1.0) -> Path:
    """Grey pixels of `cell` cells from the north-western corner of the planned area; 0 is nodata."""
    import rasterio
    from rasterio.transform import from_origin

    west = COLUMN * CELL - HALF_WORLD
    north = HALF_WORLD - ROW * CELL
    with rasterio.open(
        path, "w", driver="GTiff", width=shown.shape[1], height=shown.shape[0], count=1, dtype="uint8", nodata=0,
        crs="EPSG:3857", transform=from_origin(west, north, cell * CELL, cell * CELL),
    ) as out:  # fmt: skip
        out.write(shown.astype(np.uint8) * 200, 1)
    return path


def test_pixels_cover_the_cells_at_whose_centres_they_show_something(tmp_path: Path) -> None:
    shown = np.ones((40, 60), bool)
    shown[:, :20] = False  # the first five of fifteen columns of cells
    path = write_tiff(tmp_path / "a.tif", shown, cell=0.25)
    found = coverage_of_pixels("a", [describe_raster(path)], None)
    assert (found.how, members(found.cells)) == ("pixels", rectangle(5, 0, 15, 10))


def test_a_cutline_cuts_and_rasters_add_up(tmp_path: Path) -> None:
    left = np.zeros((4, 8), bool)
    left[:, :4] = True
    paths = [write_tiff(tmp_path / "l.tif", left), write_tiff(tmp_path / "r.tif", ~left)]
    cutline = write_geojson(tmp_path / "cut.geojson", box(2, 1, 20, 3))
    found = coverage_of_pixels("a", [describe_raster(path) for path in paths], cutline)
    assert members(found.cells) == rectangle(2, 1, 8, 3)


def test_a_raster_smaller_than_a_cell_covers_the_one_it_lies_in(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "a.tif", np.ones((4, 4), bool), cell=0.05)
    assert members(coverage_of_pixels("a", [describe_raster(path)], None).cells) == {(0, 0)}


# ---------------------------------------------------------------- the file

SETS = st.sets(st.integers(0, SIDE * SIDE - 1) | st.integers(ROW * SIDE, ROW * SIDE + 30), max_size=40)


@given(SETS)
def test_a_file_holds_the_set(numbers: set[int]) -> None:
    starts = np.array(sorted(numbers), np.int64)
    coverage = Coverage("roads", "around", 2, joined(starts, starts + 1))
    data = coverage_bytes(coverage)
    again = coverage_from(data, "roads.json")
    assert again.cells == coverage.cells and (again.dataset, again.how, again.reach) == ("roads", "around", 2)
    assert json.loads(data)["cells"] == len(numbers)


def test_the_file_is_what_the_page_says() -> None:
    start = (ROW << ZOOM) + COLUMN
    below = start + SIDE + 3
    cells = joined(np.array([start, start + 9, below]), np.array([start + 5, start + 10, below + 1]))
    box = f"[{COLUMN},{ROW},10,2]"
    head = '{"version":1,"dataset":"a","zoom":18,"how":"areas","reach":0,'
    text = f'{head}"cells":7,"box":{box},"runs":[0,5,4,1,3,1]}}\n'
    assert coverage_bytes(Coverage("a", "areas", 0, cells)) == text.encode()
    assert coverage_bytes(Coverage("a", "areas", 0, nothing())).endswith(b'"cells":0,"box":null,"runs":[]}\n')
    [entry] = index_of([(Coverage("a", "areas", 0, cells), text.encode())])["datasets"]
    assert (entry["file"], entry["cells"], len(entry["sha256"])) == ("coverage/a.json", 7, 64)
    assert entry["box"] == (COLUMN, ROW, 10, 2)


GOOD = {
    "version": 1, "dataset": "a", "zoom": 18, "how": "areas", "reach": 0, "cells": 6,
    "box": [100, 200, 10, 3], "runs": [3, 5, 4, 1],
}  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 2}, {"zoom": 17}, {"cells": 7}, {"runs": [3, 5, 4]}, {"runs": [3, 6, 4, 0]}, {"runs": [7, 5, 4, 1]},
        {"runs": [-3, 5, 4, 1]}, {"runs": "x"}, {"runs": [3.5, 5, 4, "a"]}, {"dataset": None, "runs": None},
        {"box": None}, {"box": [100, 200, 10, 1]}, {"box": [SIDE - 9, 200, 10, 3]}, {"box": [-1, 200, 10, 3]},
        {"box": [100, 200, 0, 3]}, {"box": [100, 200, 10]},
    ],
    ids=str,
)  # fmt: skip
def test_a_damaged_file_is_refused(wrong: dict[str, object]) -> None:
    assert len(coverage_from(json.dumps(GOOD).encode(), "a.json").cells) == 6
    with pytest.raises(InputError, match="damaged"):
        coverage_from(json.dumps(GOOD | wrong).encode(), "a.json")


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b'{"runs": [1, 2]}', b"\xff"])
def test_something_else_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        coverage_from(data, "a.json")


# ---------------------------------------------------------------- outlines


@given(st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1))
def test_an_outline_is_the_set(chosen: set[tuple[int, int]]) -> None:
    from shapely.geometry import shape

    numbers = np.array(sorted(((ROW + y) << ZOOM) + COLUMN + x for x, y in chosen), np.int64)
    cells = joined(numbers, numbers + 1)
    geometry = outline(cells)
    assert geometry is not None and shape(geometry).is_valid
    # Its edges run along those of cells, between centres: the cells whose centres lie in it are those of the set.
    from pipeline.catalog.shapes import area_cells

    assert area_cells(area_from(geometry)) == cells
    assert outline(nothing()) is None


def test_an_area_goes_into_a_document_and_back(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "a.geojson", box(0, 0, 3, 2), box(5, 5, 9, 9))
    area = area_of(path)
    again = area_from(json.loads(json.dumps(area_geometry(area))))
    assert all(np.array_equal(a, b) for a, b in zip(area, again, strict=True))


def test_a_dataset_may_be_called_index() -> None:
    [entry] = index_of([(Coverage("index", "areas", 0, nothing()), b"")])["datasets"]
    assert entry["file"] == "coverage/index.json" != INDEX
