"""Jobs of a layer at a zoom, and the segments they hand back."""

from __future__ import annotations

import numpy as np
import shapely

from pipeline.kernels.pieces import COLLAPSED, GATHERED, KEPT
from pipeline.types import LINE, POINT, POLYGON
from pipeline.vector.cutting import _FEATURES_PER_JOB, _VERTICES_PER_JOB, Segment, cut, cut_jobs
from pipeline.vector.layer import Layer
from pipeline.vector.plan import LayerPlan
from tests.oracles import mvt
from tests.shapes import batch
from tests.vector.prepared import ready


def prepared(shapes: list[shapely.Geometry], **plan: object) -> Layer:
    options = {"min_zoom": 4, "max_zoom": 6, **plan}
    return ready(LayerPlan("a", **options), batch(shapes))  # type: ignore[arg-type]


def records(segment: Segment) -> list[tuple[int, int, int, list[list[tuple[int, int]]]]]:
    out = []
    for tile, row, kind, start, length in zip(
        segment.tile_ids.tolist(), segment.rows.tolist(), segment.kinds.tolist(), segment.starts.tolist(),
        segment.lengths.tolist(), strict=True,
    ):  # fmt: skip
        commands = mvt.packed(segment.geometry[start : start + length].tobytes())
        out.append((tile, row, kind, mvt.commands(commands, kind)))
    order = np.argsort(segment.starts)
    ends = (segment.starts + segment.lengths)[order]
    assert (segment.starts[order][1:] >= ends[:-1]).all() and (ends <= len(segment.geometry)).all()
    return sorted(out)


def test_jobs_cover_all_features_once_and_only_at_the_layers_zooms() -> None:
    layer = prepared([shapely.Point(k % 170, k % 80) for k in range(40_000)])
    jobs = list(cut_jobs(layer, 5))
    assert [jobs[0].start, *(job.stop for job in jobs)] == [*(job.start for job in jobs), 40_000]
    assert max(job.stop - job.start for job in jobs) <= _FEATURES_PER_JOB
    assert len(jobs) >= 3
    assert list(cut_jobs(layer, 3)) == list(cut_jobs(layer, 7)) == []


def test_a_feature_larger_than_a_job_is_a_job() -> None:
    turns = np.linspace(0, 2 * np.pi, _VERTICES_PER_JOB + 10)
    coast = shapely.Polygon(np.column_stack([10 * np.cos(turns), 10 * np.sin(turns)]))
    layer = prepared([coast, shapely.Point(1, 1), shapely.Point(50, 50)])
    jobs = list(cut_jobs(layer, 5))
    assert sum(job.stop - job.start for job in jobs) == 3 and all(job.stop > job.start for job in jobs)
    assert len(jobs) >= 2


def test_kinds_mix_in_one_segment() -> None:
    bow = shapely.Polygon([(50, 50), (50.1, 50.1), (50.1, 50), (50, 50.1)])
    layer = prepared([shapely.Point(1, 1), shapely.LineString([(1, 1), (2, 2)]), shapely.box(5, 5, 6, 6), bow])
    (job,) = cut_jobs(layer, 6)
    segment = cut(job)
    found = records(segment)
    assert segment.fates.tolist() == [KEPT] * 4
    assert {kind for _, _, kind, _ in found} == {POINT, LINE, POLYGON}
    assert {row for _, row, _, _ in found} == {0, 1, 2, 3}
    for _, row, kind, parts in found:
        assert kind == layer.kinds[row]
        if kind == POLYGON:
            assert mvt.area2(parts[0]) > 0


def test_fates_are_counted() -> None:
    crumbs = [shapely.box(k / 1000, 1, k / 1000 + 1e-6, 1 + 1e-6) for k in range(10)]
    specks = [shapely.LineString([(k, 5), (k + 1e-7, 5)]) for k in range(7)]
    layer = prepared([*crumbs, *specks], min_zoom=0, max_zoom=1)
    (job,) = cut_jobs(layer, 0)
    segment = cut(job)
    wanted = {POLYGON: GATHERED, LINE: COLLAPSED}
    assert segment.fates.tolist() == [wanted[kind] for kind in layer.kinds.tolist()]
    assert sorted(layer.kinds.tolist()) == [LINE] * 7 + [POLYGON] * 10
    assert (segment.repairs, len(segment.rows), segment.into.tolist()) == (0, 0, [0] * 17)
    assert segment.ids.tolist() == layer.ids.tolist()
    assert [len(a) for a in (segment.tile_ids, segment.starts, segment.geometry)] == [0, 0, 0]
