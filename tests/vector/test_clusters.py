"""Points drawn together, by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import shapely

from pipeline.archive.reader import open_archive
from pipeline.archive.verify import verify_archive
from pipeline.vector.plan import Clusters
from pipeline.vector.verify import verify_tiles
from tests.decoded import Feature, Tiled, tiled
from tests.shapes import batch, layer
from tests.vector.scenes import at

# Tile units of zoom 14; three in one cell of 256 units at zoom 13, one alone.
PLACES = [(12, 12), (28, 52), (100, 100), (1000, 1000)]
COLUMNS: dict[str, list[Any]] = {
    "POP": [1, None, 5, 7],
    "AREA": [0.5, 0.25, None, 3.0],
    "NAME": ["甲", "乙", "丙", "丁"],
    "n": [11, 12, 13, 14],
}


def clustered(folder: Path, clusters: Clusters, places: list[tuple[float, float]] = PLACES, **options: Any) -> Tiled:
    columns = options.pop("columns", COLUMNS)
    shapes = [shapely.Point(at(*place)) for place in places]
    plan = {"key": "n", "min_zoom": 12, "max_zoom": 14, **options}
    return tiled(folder, layer("p", batch(shapes, **columns), clusters=clusters, **plan))


def by_count(found: Tiled, zoom: int) -> dict[int, Feature]:
    return {f.properties.get("point_count", 1): f for f in found.at(zoom)}


def test_points_of_a_cell_are_one_in_their_middle(tmp_path: Path) -> None:
    found = clustered(tmp_path, Clusters(256, None, ("POP", "AREA")))
    features = by_count(found, 13)
    assert sorted(features) == [1, 3]
    # (6, 6), (14, 26), (50, 50) at zoom 13: 70/3 and 82/3.
    assert features[3].parts == [[(23, 27)]] and features[3].id in (11, 12, 13)
    assert features[3].properties == {"point_count": 3, "POP_sum": 6, "AREA_sum": 0.75}
    assert features[1].parts == [[(500, 500)]] and features[1].id == 14
    assert features[1].properties == {"POP": 7, "AREA": 3.0, "NAME": "丁", "n": 14}
    assert type(features[3].properties["point_count"]) is int
    # At zoom 12 all are in one cell, 1024 units of zoom 14: (3, 3), (7, 13), (25, 25), (250, 250).
    (all_,) = found.at(12)
    assert all_.properties == {"point_count": 4, "POP_sum": 13, "AREA_sum": 3.75}
    assert all_.parts == [[(71, 73)]]
    assert sorted(f.id for f in found.at(14)) == [11, 12, 13, 14], "the last zoom shows every point"
    assert found.result.dropped == {"clustered": 2 + 3}


def test_what_is_no_number_is_no_part_of_a_sum(tmp_path: Path) -> None:
    areas = [0.25, float("nan"), None, 3.0]
    found = clustered(tmp_path, Clusters(256, None, ("AREA",)), columns={**COLUMNS, "AREA": areas})
    assert by_count(found, 13)[3].properties == {"point_count": 3, "AREA_sum": 0.25}
    (all_,) = found.at(12)
    assert all_.properties == {"point_count": 4, "AREA_sum": 3.25}


def test_clusters_end_at_their_last_zoom(tmp_path: Path) -> None:
    found = clustered(tmp_path, Clusters(4096, 12))
    assert [len(list(found.at(zoom))) for zoom in (12, 13, 14)] == [1, 4, 4]
    assert next(found.at(12)).properties == {"point_count": 4}
    found = clustered(tmp_path, Clusters(4096, 0), min_zoom=0)
    assert [len(list(found.at(zoom))) for zoom in (0, 1, 12)] == [1, 4, 4], "zoom 0 is a zoom"


def test_a_cell_never_reaches_over_a_tile(tmp_path: Path) -> None:
    found = clustered(tmp_path, Clusters(4096), [(-20, 10), (-30, 50), (20, 10), (30, 5000)])
    assert sorted((f.tile, f.properties.get("point_count", 1)) for f in found.at(13)) == [
        ((13, 6799, 3450), 2),
        ((13, 6800, 3450), 2),
    ]


def test_only_points_are_clustered(tmp_path: Path) -> None:
    cloud = shapely.MultiPoint([at(10, 10), at(20, 20)])
    line = shapely.LineString([at(10, 10), at(200, 200)])
    shapes = [cloud, line, shapely.Point(at(12, 12)), shapely.MultiPoint([at(14, 14)])]
    found = tiled(
        tmp_path, layer("m", batch(shapes, n=[1, 2, 3, 4]), key="n", clusters=Clusters(), min_zoom=13, max_zoom=14)
    )
    counts = {f.id: f.properties.get("point_count") for f in found.at(13)}
    assert len(counts) == 3 and counts[1] is None and counts[2] is None
    assert {counts.get(3), counts.get(4)} == {2, None}


def test_a_place_of_many_is_one_point(tmp_path: Path) -> None:
    n = 500
    found = clustered(
        tmp_path, Clusters(16, None, ("v",)), [(100, 100)] * n, columns={"n": list(range(1, n + 1)), "v": [2] * n}
    )
    (one,) = found.at(13)
    assert one.properties == {"point_count": n, "v_sum": 2 * n} and one.parts == [[(50, 50)]]


def test_fields_of_clusters_are_declared(tmp_path: Path) -> None:
    found = clustered(tmp_path, Clusters(256, None, ("POP", "AREA")))
    (entry,) = found.metadata["vector_layers"]
    assert entry["fields"] == {
        "POP": "Number", "AREA": "Number", "NAME": "String", "n": "Number",
        "point_count": "Number", "POP_sum": "Number", "AREA_sum": "Number",
    }  # fmt: skip
    assert verify_archive(tmp_path / "out.pmtiles").faults == ()
    with open_archive(tmp_path / "out.pmtiles") as archive:
        assert verify_tiles(archive).report.faults == ()


@pytest.mark.parametrize("name", ["point_count", "POP_sum"])
def test_a_field_of_the_data_may_have_the_name_of_a_sum(tmp_path: Path, name: str) -> None:
    """Data that was clustered before; `decoded` refuses a key that stands twice."""
    found = clustered(tmp_path, Clusters(256, None, ("POP",)), columns={**COLUMNS, name: [100, 200, 300, 400]})
    features = {f.id == 14: f for f in found.at(13)}
    assert features[False].properties == {"point_count": 3, "POP_sum": 6}
    assert features[True].properties[name] == 400
    (entry,) = found.metadata["vector_layers"]
    assert entry["fields"][name] == "Number"
