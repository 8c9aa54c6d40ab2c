"""A layer's batches → features in world units, identified, ordered and measured: what the tiler works on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.kernels.features import hash_contents, measure
from pipeline.kernels.hilbert import sort_keys
from pipeline.kernels.mercator import WORLD_BITS, project, unproject
from pipeline.kernels.pieces import EXTENT_BITS, Features
from pipeline.types import LINE, NONE, POINT, POLYGON, Bounds, FeatureBatch, Geometries, Tally
from pipeline.vector.arrow import indices, numbers, validity, whole
from pipeline.vector.attributes import Attributes, encode_attributes
from pipeline.vector.ids import feature_ids
from pipeline.vector.plan import LayerPlan
from pipeline.vector.valid import areas_made_valid

_ORDER_BITS = 24  # grid of the drawing order: cells of 2.4 m


@dataclass(frozen=True, slots=True)
class Detail:
    """How much of its borders a layer keeps, from which zoom all; layers of one coverage have the same."""

    simplification: float  # tile units
    full_zoom: int


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer ready to be cut; features in drawing order (Hilbert curve, then id), whatever the source's order."""

    plan: LayerPlan
    detail: Detail
    features: Features
    kinds: NDArray[np.uint8]  # [features] POINT, LINE or POLYGON
    ids: NDArray[np.uint64]  # [features]
    attributes: Attributes
    vertex_counts: NDArray[np.int64]  # [features]
    bounds: Bounds | None  # degrees
    tally: Tally

    @property
    def count(self) -> int:
        """The number of features."""
        return len(self.kinds)


def zoom_shift(zoom: int) -> int:
    """How far world units are shifted right to become tile units of a zoom."""
    return WORLD_BITS - EXTENT_BITS - zoom


def prepare_layer(plan: LayerPlan, batches: Iterable[FeatureBatch], tally: Tally) -> Layer:
    """Read all batches of a layer and make them ready, importance apart (see `simplify.add_importance`).

    Features without a geometry are left out (the source has counted them). Raises InputError for an unknown key or
    field.
    """
    tables: list[pa.Table] = []
    pieces: list[Geometries] = []
    for batch in batches:
        tables.append(batch.attributes)
        pieces.append(batch.geometries)
    table = pa.concat_tables(tables, promote_options="permissive") if tables else pa.table({})
    geometries = _concatenate(pieces)
    present = geometries.kinds != NONE
    table, key_table = _kept_fields(plan, table)
    if not bool(present.all()):
        rows = np.flatnonzero(present)
        table = table.take(indices(rows))
        key_table = key_table.take(indices(rows))
    return _build(plan, geometries, np.flatnonzero(present), table, key_table, tally)


def _kept_fields(plan: LayerPlan, table: pa.Table) -> tuple[pa.Table, pa.Table]:
    """The table with the plan's fields, and the one in which the key and the zoom field are looked up."""
    if plan.fields is None or not table.column_names:
        return table, table
    unknown = [name for name in plan.fields if name not in table.column_names]
    if unknown:
        raise InputError(
            _("Layer {layer} has no field {field}.").format(layer=plan.name, field=", ".join(unknown)),
            expected=_("one of: {names}").format(names=", ".join(table.column_names)),
            hint=_("Correct the list of fields."),
        )
    return table.select(list(plan.fields)), table


def _concatenate(pieces: Sequence[Geometries]) -> Geometries:
    if len(pieces) == 1:
        return pieces[0]
    if not pieces:
        none = np.empty(0, np.float64)
        zero = np.zeros(1, np.int64)
        return Geometries(np.empty(0, np.uint8), zero, zero, np.empty(0, np.uint8), none, none)
    return Geometries(
        np.concatenate([g.kinds for g in pieces]),
        _joined([g.part_offsets for g in pieces]),
        _joined([g.vertex_offsets for g in pieces]),
        np.concatenate([g.roles for g in pieces]),
        np.concatenate([g.x for g in pieces]),
        np.concatenate([g.y for g in pieces]),
    )


def _joined(offsets: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    out = [np.zeros(1, np.int64)]
    base = 0
    for run in offsets:
        out.append(run[1:] - run[0] + base)
        base += int(run[-1] - run[0])
    return np.concatenate(out)


def _build(
    plan: LayerPlan,
    geometries: Geometries,
    rows: NDArray[np.int64],
    table: pa.Table,
    key_table: pa.Table,
    tally: Tally,
) -> Layer:
    vertices = len(geometries.x)
    wx = np.empty(vertices, np.int64)
    wy = np.empty(vertices, np.int64)
    vertex_offsets = np.empty(len(geometries.vertex_offsets), np.int64)
    n = project(geometries.x, geometries.y, geometries.vertex_offsets, vertex_offsets, wx, wy)
    wx, wy = wx[:n], wy[:n]
    part_offsets = geometries.part_offsets
    attributes = encode_attributes(table, len(rows), tally)
    codes = attributes.codes
    if len(rows) < geometries.features:  # the hash kernel walks all rows of the geometry
        codes = np.full((len(attributes.names), geometries.features), -1, np.int32)
        codes[:, rows] = attributes.codes
    contents = np.empty(geometries.features, np.uint64)
    hash_contents(wx, wy, vertex_offsets, geometries.roles, part_offsets, codes, *attributes.hashes(), contents)
    ids = feature_ids(key_table, plan.key, contents[rows], tally)
    shapes = areas_made_valid(wx, wy, vertex_offsets, geometries.roles, part_offsets, geometries.kinds, tally)
    world_bounds = np.empty((geometries.features, 4), np.int64)
    area = np.empty(geometries.features, np.float64)
    measure(*shapes, world_bounds, area)
    middle_x = (world_bounds[rows, 0] + world_bounds[rows, 2]) >> 1
    middle_y = (world_bounds[rows, 1] + world_bounds[rows, 3]) >> 1
    curve = np.empty(len(rows), np.int64)
    sort_keys(middle_x, middle_y, WORLD_BITS, _ORDER_BITS, curve)
    order = np.lexsort((ids, curve))
    rows = rows[order]
    part_from, part_to = shapes.part_from[rows], shapes.part_to[rows]
    features = Features(
        shapes.wx,
        shapes.wy,
        np.empty(0, np.float64),
        shapes.vertex_offsets,
        shapes.roles,
        part_from,
        part_to,
        _first_zooms(plan, key_table, len(rows))[order],
        area[rows],
    )
    return Layer(
        plan,
        Detail(plan.simplification, plan.max_zoom),
        features,
        geometries.kinds[rows],
        ids[order],
        attributes.taken(order),
        shapes.vertex_offsets[part_to] - shapes.vertex_offsets[part_from],
        _degrees(world_bounds[rows]),
        tally,
    )


def _first_zooms(plan: LayerPlan, table: pa.Table, rows: int) -> NDArray[np.uint8]:
    zooms = np.full(rows, plan.min_zoom, np.uint8)
    if plan.zoom_by is None or not rows:
        return zooms
    if plan.zoom_by.field not in table.column_names:
        raise InputError(
            _("Layer {layer} has no field {field}.").format(layer=plan.name, field=plan.zoom_by.field),
            expected=_("one of: {names}").format(names=", ".join(table.column_names)),
            hint=_("Correct zoom_by.field."),
        )
    texts = whole(table.column(plan.zoom_by.field).cast(pa.string())).dictionary_encode()
    lookup = [plan.zoom_by.zooms.get(text, plan.zoom_by.default) for text in texts.dictionary.to_pylist()]
    codes = np.where(validity(texts.indices), numbers(texts.indices), len(lookup))
    by_value: NDArray[np.uint8] = np.array([*lookup, plan.zoom_by.default], np.uint8)[codes]
    return np.maximum(by_value, zooms)


def _degrees(world_bounds: NDArray[np.int64]) -> Bounds | None:
    if len(world_bounds) == 0:
        return None
    x = np.array([world_bounds[:, 0].min(), world_bounds[:, 2].max()], np.float64)
    y = np.array([world_bounds[:, 3].max(), world_bounds[:, 1].min()], np.float64)
    lng, lat = np.empty(2), np.empty(2)
    unproject(x, y, lng, lat)
    return (float(lng[0]), float(lat[0]), float(lng[1]), float(lat[1]))


def geometry_word(layer: Layer) -> str:
    """point, line, polygon, mixed or none."""
    words = [
        w for kind, w in ((POINT, "point"), (LINE, "line"), (POLYGON, "polygon")) if bool((layer.kinds == kind).any())
    ]
    return words[0] if len(words) == 1 else ("mixed" if words else "none")
