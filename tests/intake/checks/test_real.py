"""A real city's layers: the same numbers of faults as shapely finds when it is asked directly."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely

from pipeline.intake.checks import Report, Subject, check_source
from pipeline.progress import Silent
from pipeline.sources import ReadOptions

LAYERS = (
    "BASEMAP_Driveways", "BASEMAP_Plazas", "BASEMAP_Porches", "BASEMAP_PrivateWalkways", "BASEMAP_PublicFootpaths",
    "BASEMAP_SwimmingPools", "INFRA_Drainage", "INFRA_ParkBenches", "DEMOGRAPHICS_Blocks2010",
)  # fmt: skip


@pytest.fixture
def cambridge(shared_data: Path) -> Path:
    return shared_data / "vector" / "cambridge.gpkg"


def _counts(report: Report) -> dict[str, int]:
    return {rule.rule: rule.count for rule in report.rules}


@pytest.mark.parametrize("layer", LAYERS)
def test_faults_of_real_layers_are_those_that_shapely_finds(layer: str, cambridge: Path) -> None:
    report = check_source(cambridge, Subject(as_of=date(2026, 11, 23), read=ReadOptions(layer=layer)), Silent())
    frame = geopandas.read_file(cambridge, layer=layer)
    shapes = np.asarray(frame.geometry, object)
    kinds = [shapes[there] for there in (_of_kind(shapes, 0, 4), _of_kind(shapes, 1, 5), _of_kind(shapes, 3, 6))]
    counts = _counts(report)
    assert report.features == len(frame)
    assert counts["geometry-missing"] == int((shapely.is_missing(shapes) | shapely.is_empty(shapes)).sum())
    assert counts["geometry-invalid"] == int((~shapely.is_valid(shapes[~shapely.is_missing(shapes)])).sum())
    assert counts["geometry-mixed"] == sum(map(len, kinds)) - max(map(len, kinds))
    twin = frame.drop(columns="geometry").assign(wkb=shapely.to_wkb(shapely.normalize(shapes)))
    assert counts["duplicate-feature"] == int(twin.duplicated().sum())
    invalid = next((f for f in report.findings if f.rule == "geometry-invalid"), None)
    if invalid is not None and invalid.geometry is not None:  # each fault lies on the geometry that has it
        bad = shapes[~shapely.is_missing(shapes)][~shapely.is_valid(shapes[~shapely.is_missing(shapes)])]
        assert shapely.distance(shapely.force_2d(bad), invalid.geometry).max() < 1e-6


def _of_kind(shapes: np.ndarray, *types: int) -> np.ndarray:
    return np.isin(shapely.get_type_id(shapes), types) & ~shapely.is_empty(shapes)


def test_real_neighbours_have_the_gaps_and_overlaps_of_their_union(shared_data: Path) -> None:
    """4,000 output areas of a census, one of them moved: what their intersections and the holes of their union have."""
    from pipeline.intake.checks.coverage import faces_of

    frame = geopandas.read_parquet(shared_data / "vector" / "uk_output_areas_100k.parquet").iloc[:4000]
    shapes = shapely.transform(np.asarray(frame.geometry, object), lambda xy: xy * [70_000.0, 111_000.0])
    shapes[100] = shapely.transform(shapes[100], lambda xy: xy + np.array([2.0, 0.0]))
    faces = faces_of(shapes)
    assert faces is not None
    tree = shapely.STRtree(shapes)
    pairs = tree.query(shapes, predicate="intersects")
    a, b = pairs[:, pairs[0] < pairs[1]]
    shared = shapely.area(shapely.intersection(shapes[a], shapes[b]))
    over = faces.covered > 1
    assert faces.area[over].sum() == pytest.approx(shared.sum(), rel=1e-6)
    named = {*faces.first[over], *faces.last[over]}
    assert 100 in named and named <= {*a[shared > 0], *b[shared > 0]}
    around = shapely.union_all(shapes)
    rings = [shapely.Polygon(ring) for part in shapely.get_parts(around) for ring in part.interiors]
    holes = sum(shapely.difference(ring, around).area for ring in rings)  # islands in a lake are no part of the hole
    assert faces.area[faces.covered == 0].sum() == pytest.approx(holes, rel=1e-6)
