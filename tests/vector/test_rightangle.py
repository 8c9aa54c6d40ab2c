"""Features simplified at right angles: the rows asked for, in their order, with what else is known of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from pipeline.vector.rightangle import right_angled
from tests.vector.areas import area_features, shapes

BLOCK = shapely.box(0, 0, 100, 60)
NOTCHED = BLOCK.difference(shapely.box(40, 0, 45, 20))
ROUND = shapely.set_precision(shapely.Point(500, 500).buffer(90), 1)
BUILDINGS = Path(__file__).parents[3] / "shared" / "data" / "vector" / "osm_buildings.parquet"


def mercator(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Degrees to ten millionths of a degree of the equator; angles stay as they are."""
    north = np.degrees(np.arcsinh(np.tan(np.radians(xy[:, 1]))))
    return np.column_stack([xy[:, 0], north]) * 1e7


def test_the_rows_asked_for() -> None:
    features = area_features([BLOCK, NOTCHED, ROUND, shapely.MultiPolygon([NOTCHED, shapely.box(200, 0, 260, 60)])])
    made = right_angled(features, np.array([3, 1, 2]), 10)
    assert shapes(made)[0].equals(shapely.MultiPolygon([BLOCK, shapely.box(200, 0, 260, 60)]))
    assert shapes(made)[1].equals(BLOCK) and shapes(made)[2].equals(ROUND)
    assert (made.visible.tolist(), made.curve.tolist()) == ([103, 101, 102], [3, 1, 2])
    assert made.size.tolist() == features.size[[3, 1, 2]].tolist(), "what is too small is told by the true size"
    assert (made.wx.dtype, made.importance.dtype, made.roles.dtype) == (np.int64, np.float64, np.uint8)
    assert set(made.importance[: made.vertex_offsets[made.part_to[1]]]) == {np.inf}
    assert set(made.importance[made.vertex_offsets[made.part_from[2]] :]) == {1.0}


def test_no_rows() -> None:
    made = right_angled(area_features([BLOCK]), np.empty(0, np.int64), 10)
    assert len(made.wx) == len(made.part_from) == 0


def test_corners_are_rounded_to_world_units() -> None:
    offset = shapely.Polygon([(0, 0), (50, 0), (50, 3), (100, 3), (100, 60), (0, 60)])
    made = right_angled(area_features([offset]), np.zeros(1, np.int64), 10)
    assert shapes(made)[0].equals(shapely.box(0, 2, 100, 60)), "1.5 to the even number"


@pytest.mark.skipif(not BUILDINGS.is_file(), reason="the shared data with real buildings is not here")
def test_real_buildings_stay_valid_and_lose_walls() -> None:
    import pyarrow.parquet as pq

    table = pq.ParquetFile(BUILDINGS).read_row_group(0, columns=["geometry"])
    found = shapely.from_wkb(table.column("geometry").to_numpy()[:3000])
    areas = shapely.set_precision(shapely.transform(found, mercator), 1.0)  # about a centimetre
    areas = areas[shapely.area(areas) > 0]
    features = area_features(areas)
    rows = np.arange(len(areas))
    vertices = [len(features.wx)]
    for tolerance in (50.0, 200.0, 1000.0):
        made = right_angled(features, rows, tolerance)
        after = np.array(shapes(made))
        assert shapely.is_valid(after).all()
        vertices.append(len(made.wx))
        holes = shapely.get_num_interior_rings(shapely.get_geometry(areas, 0)) == 0
        assert (np.abs(shapely.area(after) / shapely.area(areas) - 1)[holes] < 0.11).all()
    assert vertices == sorted(vertices, reverse=True) and vertices[-1] < 0.8 * vertices[0]
