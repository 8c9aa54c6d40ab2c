"""A batch of features in world units, identified and measured: what layers are put together from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.kernels.features import hash_contents, measure
from pipeline.kernels.hilbert import sort_keys
from pipeline.kernels.mercator import WORLD_BITS, project
from pipeline.types import NONE, POINT, FeatureBatch, Tally
from pipeline.vector.arrow import indices, numbers, validity, whole
from pipeline.vector.attributes import Attributes, encode_attributes
from pipeline.vector.ids import base_ids
from pipeline.vector.plan import LayerPlan
from pipeline.vector.stats import LayerStats, layer_stats
from pipeline.vector.valid import Shapes, areas_made_valid
from pipeline.vector.wrap import wrap

CURVE_BITS = 24  # grid of the drawing order: cells of 2.4 m


@dataclass(frozen=True, slots=True)
class Chunk:
    """Features in the order of the source; those without a geometry are left out (the source has counted them)."""

    shapes: Shapes
    kinds: NDArray[np.uint8]  # [features] POINT, LINE or POLYGON
    visible: NDArray[np.uint32]  # [features] bit z: to be seen at zoom z
    size: NDArray[np.float64]  # [features] areas: world units²; lines: world units; points: 0
    rank: NDArray[np.float64]  # [features] priority, the larger the more important; empty where none is declared
    bounds: NDArray[np.int64]  # [features, 4] world units: x low, y low, x high, y high
    curve: NDArray[np.int64]  # [features] place of the middle along the Hilbert curve
    contents: NDArray[np.uint64]  # [features] hash of geometry and attributes
    ids: NDArray[np.uint64]  # [features] as asked for; two features may ask for the same
    keyed: NDArray[np.bool_]  # [features] whether the id comes from the key
    attributes: Attributes

    @property
    def bytes(self) -> int:
        """Memory that the arrays take."""
        arrays = (
            *self.shapes,
            self.bounds,
            self.attributes.codes,
            self.attributes.values,
            self.attributes.value_offsets,
        )
        return sum(array.nbytes for array in arrays) + len(self.kinds) * 38


def make_chunk(plan: LayerPlan, batch: FeatureBatch) -> tuple[Chunk, LayerStats, Tally]:
    """Make one batch ready, and tell what its fields hold and what was wrong with it.

    Raises InputError for a field of the plan that is not in the data.
    """
    tally = Tally()
    rows, kinds, given = in_world_units(batch, tally)
    table, lookup = _kept_fields(plan, batch.attributes)
    if len(rows) < batch.geometries.features:
        table, lookup = table.take(indices(rows)), lookup.take(indices(rows))
    attributes, plain = encode_attributes(table, len(rows), tally)
    contents = np.empty(len(rows), np.uint64)
    hash_contents(*given, attributes.codes, *attributes.hashes(), contents)
    ids, keyed = base_ids(lookup, plan.key, contents)
    shapes = areas_made_valid(given, kinds, tally)
    bounds, size, curve = measured(shapes)
    size[kinds == POINT] = 0.0
    visible = visible_zooms(plan, lookup, len(rows))
    rank = _rank(plan, lookup)
    chunk = Chunk(shapes, kinds, visible, size, rank, bounds, curve, contents, ids, keyed, attributes)
    return chunk, layer_stats(attributes, plain, kinds), tally


def in_world_units(batch: FeatureBatch, tally: Tally) -> tuple[NDArray[np.int64], NDArray[np.uint8], Shapes]:
    """Which features of a batch have a geometry, their kinds, and their shapes as the source gives them."""
    geometries = wrap(batch.geometries, tally)
    rows = np.flatnonzero(geometries.kinds != NONE)
    wx = np.empty(len(geometries.x), np.int64)
    wy = np.empty(len(geometries.x), np.int64)
    vertex_offsets = np.empty(len(geometries.vertex_offsets), np.int64)
    n = project(geometries.x, geometries.y, geometries.vertex_offsets, vertex_offsets, wx, wy)
    parts = geometries.part_offsets
    roles = np.require(geometries.roles, requirements="W")  # for read-only ones ten kernels would be compiled anew
    shapes = Shapes(wx[:n], wy[:n], vertex_offsets, roles, parts[:-1][rows], parts[1:][rows])
    return rows, geometries.kinds[rows], shapes


def measured(shapes: Shapes) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Bounds [features, 4], size [features] and place along the curve [features] of each feature."""
    n = len(shapes.part_from)
    bounds = np.empty((n, 4), np.int64)
    size = np.empty(n, np.float64)
    measure(*shapes, bounds, size)
    curve = np.empty(n, np.int64)
    sort_keys((bounds[:, 0] + bounds[:, 2]) >> 1, (bounds[:, 1] + bounds[:, 3]) >> 1, WORLD_BITS, CURVE_BITS, curve)
    return bounds, size, curve


def _kept_fields(plan: LayerPlan, table: pa.Table) -> tuple[pa.Table, pa.Table]:
    """The table with the plan's fields, and the one in which keys and rules look their fields up."""
    if plan.fields is None or not table.column_names:
        return table, table
    for name in plan.fields:
        _present(plan, table, name, _("Correct the list of fields."))
    return table.select(list(plan.fields)), table


def _present(plan: LayerPlan, table: pa.Table, field: str, hint: str) -> None:
    if field not in table.column_names:
        raise InputError(
            _("Layer {layer} has no field {field}.").format(layer=plan.name, field=field),
            expected=_("one of: {names}").format(names=", ".join(table.column_names)),
            hint=hint,
        )


def visible_zooms(plan: LayerPlan, table: pa.Table, rows: int) -> NDArray[np.uint32]:
    """Bit z of each feature: whether it is to be seen at zoom z."""
    top = (1 << plan.max_zoom + 1) - 1
    seen = np.full(rows, top & ~((1 << plan.min_zoom) - 1), np.uint32)
    if plan.where is not None and rows:
        from pipeline.vector.filters import compile_filter, visible  # only those who filter pay for the parser

        seen &= visible(compile_filter(plan.where), table, range(plan.min_zoom, plan.max_zoom + 1), rows)
    if plan.zoom_by is None or not rows:
        return seen
    _present(plan, table, plan.zoom_by.field, _("Correct zoom_by.field."))
    column = table.column(plan.zoom_by.field)
    try:
        texts = whole(column.cast(pa.string())).dictionary_encode()
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as err:
        raise InputError(
            _("Field {field} of layer {layer} cannot tell zooms: it is of type {type}.").format(
                field=plan.zoom_by.field, layer=plan.name, type=column.type
            ),
            expected=_("a field of texts, numbers or dates"),
            hint=_("Correct zoom_by.field."),
        ) from err
    lookup = [plan.zoom_by.zooms.get(text, plan.zoom_by.default) for text in texts.dictionary.to_pylist()]
    codes = np.where(validity(texts.indices), numbers(texts.indices), len(lookup))
    masks = [top & ~((1 << zoom) - 1) for zoom in (*lookup, plan.zoom_by.default)]
    return np.asarray(seen & np.array(masks, np.uint32)[codes], np.uint32)


def _rank(plan: LayerPlan, table: pa.Table) -> NDArray[np.float64]:
    """The declared priority of each feature, null counting as the least."""
    if plan.priority is None or not table.column_names:
        return np.empty(0, np.float64)
    _present(plan, table, plan.priority, _("Correct priority."))
    column = table.column(plan.priority)
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_decimal(column.type)):
        raise InputError(
            _("Field {field} of layer {layer} cannot be a priority: it is no number.").format(
                layer=plan.name, field=plan.priority
            ),
            expected=_("a field of numbers"),
            hint=_("Correct priority."),
        )
    plain = whole(column.cast(pa.float64()))
    values = np.where(validity(plain), numbers(plain), -np.inf)
    return np.where(np.isnan(values), -np.inf, values)
