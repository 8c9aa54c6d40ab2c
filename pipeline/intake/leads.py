"""Change leads: features of one dataset that another one lacks, such as a road that is not on the base map yet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from pipeline.errors import ConfigError
from pipeline.i18n import _
from pipeline.intake.changes_list import plain
from pipeline.intake.coverage_share import Cover, Shapes
from pipeline.sources.assemble import mask
from pipeline.sources.ragged import features_of, only
from pipeline.sources.shapes import to_shapes
from pipeline.sources.transformers import transformer_between
from pipeline.types import FeatureBatch, Geometries

if TYPE_CHECKING:
    import pyproj


class Leads(NamedTuple):
    """The leads of one batch."""

    attributes: pa.Table  # [leads]
    shapes: Shapes  # [leads] in longitude and latitude
    covered: NDArray[np.float64]  # [leads] share, 0 to 1
    missing: NDArray[np.float64]  # [leads] square metres, metres or points that nothing covers
    dimensions: NDArray[np.int64]  # [leads] 0 points, 1 lines, 2 areas


_MISSING = ("lead:points", "lead:metres", "lead:square_metres")  # by dimensions


@dataclass(slots=True)
class LeadCounts:
    """What was looked at."""

    features: int = 0
    leads: int = 0
    nowhere: int = 0  # features without a geometry, or beyond the city's CRS


class Ground:
    """The city's plane: longitude and latitude in metres of its own CRS."""

    def __init__(self, crs: str) -> None:
        """Raises ConfigError where `crs` is not one of metres."""
        import pyproj

        plane = pyproj.CRS(crs)
        if not plane.is_projected or any(axis.unit_conversion_factor != 1.0 for axis in plane.axis_info[:2]):
            raise ConfigError(
                _("distances cannot be measured in {crs}").format(crs=crs),
                where="framework.toml: city.crs",
                expected=_("a plane CRS in metres, as EPSG:4549"),
            )
        self._to_plane: pyproj.Transformer = transformer_between("EPSG:4326", plane)

    def shapes(self, geometries: Geometries) -> Shapes:
        """Features in metres [features]; None where there is no geometry or the CRS does not reach."""
        x, y = self._to_plane.transform(geometries.x, geometries.y)
        shapes = to_shapes(geometries._replace(x=np.asarray(x), y=np.asarray(y)))
        lost = ~(np.isfinite(x) & np.isfinite(y))
        if lost.any():
            shapes[features_of(geometries, lost)] = None
        return shapes


def find_leads(
    features: Iterable[FeatureBatch],
    against: Iterable[FeatureBatch],
    ground: Ground,
    counts: LeadCounts,
    *,
    within: float,
    least: float,
    threads: int,
) -> Iterator[Leads]:
    """Features of which less than `least` (0 to 1) lies within so many metres of what `against` has, in their order.

    Of areas the area counts, of lines the length, of points their number. `counts` is filled while the leads are
    drawn. All of `against` is in memory, of `features` one batch.
    """
    known = [ground.shapes(batch.geometries) for batch in against]
    cover = Cover(np.concatenate([np.empty(0, object), *known]), within, threads)
    for batch in features:
        shapes = ground.shapes(batch.geometries)
        sizes, covered = cover.measure(shapes)
        there = np.isfinite(sizes)
        share = np.ones(len(sizes))
        np.divide(covered, sizes, out=share, where=there & (sizes > 0))
        chosen = there & (share < least)
        counts.features += len(sizes)
        counts.nowhere += int((~there).sum())
        counts.leads += int(chosen.sum())
        if chosen.any():
            yield _chosen(batch, chosen, share, sizes - covered)


def _chosen(
    batch: FeatureBatch, chosen: NDArray[np.bool_], share: NDArray[np.float64], missing: NDArray[np.float64]
) -> Leads:
    geometries = only(batch.geometries, chosen)
    return Leads(
        batch.attributes.filter(mask(chosen)),
        to_shapes(geometries),
        share[chosen],
        missing[chosen],
        geometries.kinds.astype(np.int64) - 1,
    )


def lead_collection(leads: Iterable[Leads]) -> Iterator[str]:
    """The leads as the text of a GeoJSON FeatureCollection, in pieces, one feature a line.

    Beside their own fields features have `lead:covered`, the share that is covered, and what is not:
    `lead:square_metres` of areas, `lead:metres` of lines, `lead:points` of points.
    """
    yield '{"type": "FeatureCollection", "features": ['
    between = "\n"
    for batch in leads:
        texts = shapely.to_geojson(batch.shapes).tolist()
        rows = batch.attributes.to_pylist() if batch.attributes.num_columns else [{}] * len(texts)
        for at, (row, text) in enumerate(zip(rows, texts, strict=True)):
            properties: dict[str, Any] = {name: plain(value) for name, value in row.items()}
            properties["lead:covered"] = round(float(batch.covered[at]), 4)
            properties[_MISSING[int(batch.dimensions[at])]] = round(float(batch.missing[at]), 1)
            told = json.dumps(properties, ensure_ascii=False)
            yield f'{between}{{"type": "Feature", "properties": {told}, "geometry": {text}}}'
            between = ",\n"
    yield "]}\n"
