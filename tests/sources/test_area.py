"""The polygons of a file as one area in longitude and latitude."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas
import pytest
import shapely

from pipeline.errors import InputError
from pipeline.sources.area import read_area

SQUARE = shapely.box(119, 28, 120, 29)
RING = shapely.box(110, 20, 112, 22).difference(shapely.box(110.5, 20.5, 111, 21))


def written(path: Path, *shapes: shapely.Geometry, crs: str = "EPSG:4326") -> Path:
    frame = geopandas.GeoDataFrame({"n": range(len(shapes))}, geometry=list(shapes), crs=4326).to_crs(crs)
    frame.to_file(path)
    return path


@pytest.mark.parametrize(("name", "crs"), [("a.geojson", "EPSG:4326"), ("a.gpkg", "EPSG:4549"), ("a.shp", "EPSG:3857")])
def test_polygons_of_any_file_and_crs(tmp_path: Path, name: str, crs: str) -> None:
    path = written(tmp_path / name, shapely.MultiPolygon([SQUARE, RING]), SQUARE, crs=crs)
    found = read_area(path)
    assert len(shapely.get_parts(found)) == 3, "as they stand"
    assert shapely.union_all(shapely.get_parts(found)).symmetric_difference(SQUARE.union(RING)).area < 1e-6


def test_points_and_lines_are_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path / "a.geojson", shapely.Point(1, 1), SQUARE, shapely.LineString([(0, 0), (1, 1)]))
    assert shapely.get_parts(read_area(path)).tolist() == [SQUARE] or read_area(path).equals(SQUARE)
    path = written(tmp_path / "b.geojson", shapely.Point(1, 1))
    with pytest.raises(InputError, match="no area"):
        read_area(path)


def test_a_bare_geometry(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(shapely.geometry.mapping(RING)))
    assert read_area(path).equals(RING)


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        read_area(tmp_path / "none.geojson")
    (tmp_path / "x.geojson").write_text("hello")
    with pytest.raises(InputError):
        read_area(tmp_path / "x.geojson")
