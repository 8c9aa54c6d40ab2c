"""Geometries that nobody expects: no rule stumbles over them, whatever the layer promises."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyogrio.raw
import pytest
import shapely

from pipeline.intake.checks import check_source, report_html, write_gpkg
from pipeline.intake.checks import layer as reading
from pipeline.intake.checks.measures import BROKEN, CURVED
from pipeline.intake.checks.parse import parse
from pipeline.progress import Silent
from tests.intake.checks.made import X, Y, box, line, subject, write

NAN, INF = float("nan"), float("inf")
ARC = b"\x01" + struct.pack("<II6d", 8, 3, X, Y, X + 1, Y + 1, X + 2, Y)  # CIRCULARSTRING
ODD = [
    None,
    shapely.Point(),
    shapely.Polygon(),
    shapely.from_wkt("GEOMETRYCOLLECTION (POINT (1 1), LINESTRING (0 0, 1 1))"),
    shapely.from_wkt("GEOMETRYCOLLECTION EMPTY"),
    shapely.Point(NAN, Y),
    shapely.Point(INF, Y),
    shapely.LineString([(X, Y), (NAN, Y), (X + 9, Y)]),
    shapely.LineString([(X, Y), (X, Y)]),
    shapely.Polygon([(X, Y), (X + 1, Y), (X + 2, Y), (X, Y)]),
    shapely.MultiPolygon([box(0, 0), box(0, 0)]),
    shapely.MultiPoint([(X, Y), (X, Y)]),
    shapely.Point(X, Y, 5),
    shapely.LineString([(X, Y, 1), (X + 5, Y, 2)]),
    shapely.box(X - 1e12, Y - 1e12, X + 1e12, Y + 1e12),
    shapely.MultiLineString([[(X, Y), (X + 1, Y)], [(X + 9, Y), (X + 9, Y + 1)]]),
    box(0, 0),
    box(50, 50),
]


@pytest.mark.parametrize("layer", ["VEGA", "LRDL", "BOUL", "AANP"])
def test_no_rule_stumbles_over_odd_geometries(layer: str, tmp_path: Path) -> None:
    towns = write(tmp_path / "BOUA.gpkg", [box(-1000, -500, 1000, 1000), box(0, -500, 1000, 1000)], NAME=["甲", "乙"])
    binary = [None if shape is None else shapely.to_wkb(shape) for shape in ODD]
    pyogrio.raw.write(
        str(tmp_path / "data.gpkg"),
        geometry=np.array([*binary, ARC], object),
        field_data=[np.arange(len(ODD) + 1), np.array(["甲"] * (len(ODD) + 1), object)],
        fields=["ID", "NAME"],
        layer=layer,
        driver="GPKG",
        geometry_type="Unknown",
        crs="EPSG:4549",
    )
    report = check_source(tmp_path / "data.gpkg", subject(siblings={"BOUA": towns}), Silent())
    counts = report.counts
    assert report.features == len(ODD) + 1
    assert counts["geometry-missing"] == 4  # none, two empty ones, an empty collection
    # Two points and a line with NaN or infinity, a line without length, an area without one, one there twice.
    assert counts["geometry-invalid"] == 6
    assert "<svg" in report_html(report)
    write_gpkg(report, tmp_path / "faults.gpkg")


def test_what_geos_cannot_take_is_told_from_what_is_broken() -> None:
    inside = b"\x01" + struct.pack("<II", 7, 1) + ARC  # an arc in a collection
    big = b"\x00" + struct.pack(">II6d", 1008, 3, 0, 0, 1, 1, 2, 0)  # ISO's Z, the other byte order
    values = [shapely.to_wkb(shapely.Point(1, 2)), ARC, inside, big, b"\x01\x01", b"", None]
    shapes, odd = parse(pa.array(values, pa.large_binary()))
    assert odd.tolist() == [0, CURVED, CURVED, CURVED, BROKEN, BROKEN, 0]
    assert [None if shape is None else shape.wkt for shape in shapes] == ["POINT (1 2)", *[None] * 6]
    sliced = pa.array([b"x", *values], pa.large_binary()).slice(1)
    assert parse(sliced)[1].tolist() == odd.tolist()


def test_lines_of_no_length_are_no_network(tmp_path: Path) -> None:
    path = write(tmp_path / "data.gpkg", [line((0, 0), (0, 0)), line((0, 0), (9, 9))], layer="LRDL")
    assert check_source(path, subject(), Silent()).counts.keys() >= {"geometry-invalid"}


def test_more_than_the_machine_can_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "data.gpkg", [shapely.Point(X + i, Y) for i in range(3000)], layer="AANP")
    assert check_source(path, subject(), Silent()).features == 3000
    monkeypatch.setattr(reading, "machine_memory", lambda: 1 << 20)  # a fifth of it is 200 KB: 80 bytes each and more
    report = check_source(path, subject(), Silent())
    (finding,) = report.findings
    assert finding.rule == "unreadable" and not report.passed
    assert "more of it than this machine can check" in str(finding.message)


def test_names_at_one_place_in_a_large_layer(tmp_path: Path) -> None:
    """Against every pair, one by one; the same name far away, other names near."""
    rng = np.random.default_rng(3)
    xy = rng.uniform(0, 300, (400, 2)).round(1)
    names = [f"名{i}" for i in rng.integers(0, 30, 400)]
    path = write(tmp_path / "data.gpkg", [shapely.Point(X + x, Y + y) for x, y in xy], layer="AANP", NAME=names)
    found = next(each for each in check_source(path, subject(), Silent()).findings if each.rule == "duplicate-label")
    limit = subject().limits.label_m
    expected = sum(
        any(names[i] == names[j] and np.hypot(*(xy[i] - xy[j])) <= limit for j in range(i)) for i in range(len(names))
    )
    assert found.count == expected and 0 < expected < 400


def test_rows_without_any_place(tmp_path: Path) -> None:
    shapes = [None, shapely.Point(), None]
    some = write(tmp_path / "some.gpkg", [*shapes, shapely.Point(X, Y)], layer="AANP")
    none = write(tmp_path / "none.gpkg", shapes, layer="AANP")
    assert check_source(some, subject(), Silent()).counts.get("no-features", 0) == 0
    report = check_source(none, subject(), Silent())
    assert report.counts["no-features"] == 3 and not report.passed


@pytest.mark.parametrize("far", [1e20, 1e300, 1.7e308])
def test_coordinates_beyond_all_bounds(tmp_path: Path, far: float) -> None:
    shapes = [shapely.Point(X, Y), shapely.Point(far, far), shapely.Point(-far, far), shapely.Point(far, far)]
    path = write(tmp_path / "data.gpkg", shapes, layer="AANP", NAME=["甲", "甲", "甲", "甲"])
    report = check_source(path, subject(), Silent())
    assert not report.passed and report.counts.get("duplicate-label", 0) == 0
    areas = [shapely.Polygon([(X, Y), (far, Y), (X, far)]), shapely.Polygon([(X, Y), (-far, Y), (X, -far)])]
    assert not check_source(write(tmp_path / "areas.gpkg", areas, layer="VEGA"), subject(), Silent()).passed
    lines = [shapely.LineString([(X, Y), (far, Y)]), shapely.LineString([(X, Y), (X, far)])]
    assert not check_source(write(tmp_path / "lines.gpkg", lines, layer="LRDL"), subject(), Silent()).passed
