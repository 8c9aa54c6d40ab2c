"""Which features of a dataset an edition shows, by the edition's own rules: filters, intervals, masks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.audit.policy import Admitted
from pipeline.framework import Dataset, EditionRule
from pipeline.types import NONE, FeatureBatch

_MULTIPLE: Final = 1e-6  # of an interval; heights come as floats


def shown_features(rules: Admitted, dataset: Dataset, batch: FeatureBatch) -> NDArray[np.bool_]:
    """The features of an admitted dataset that may be shown [features]."""
    kept = np.ones(batch.geometries.features, np.bool_)
    for rule in rules.edition.rules_of(dataset.id):
        for passed in _judged(rules, dataset, rule, batch):
            kept &= passed
    return kept


def _judged(rules: Admitted, dataset: Dataset, rule: EditionRule, batch: FeatureBatch) -> Iterator[NDArray[np.bool_]]:
    from pipeline.editions.cast import cast

    schema = rules.framework.schema_of(dataset)
    table = batch.attributes
    if (filter := rule.filter) is not None:
        from pipeline.vector.filters import visible

        fields = [field for name in sorted(filter.fields) if (field := schema.get(name)) is not None]
        columns = {field.name: cast(table.column(field.column), field.type)[0] for field in fields}
        yield visible(filter, pa.table(columns), range(1), table.num_rows) > 0
    if rule.interval is not None and (field := schema.get(rule.interval.field)) is not None:
        heights, _lost = cast(table.column(field.column), "number")
        steps = heights.combine_chunks().to_numpy(zero_copy_only=False) / rule.interval.metres
        yield np.abs(steps - np.rint(steps)) <= _MULTIPLE
    if rule.masks is not None:
        yield ~_masked(rules, rule, batch)


def _masked(rules: Admitted, rule: EditionRule, batch: FeatureBatch) -> NDArray[np.bool_]:
    """Features with all vertices inside the areas; where whole features go, those with any."""
    import shapely

    from pipeline.sources.area import read_area

    assert rule.masks is not None
    g = batch.geometries
    out = np.zeros(g.features, np.bool_)
    rows = np.flatnonzero(g.kinds != NONE)
    if not len(rows):
        return out
    area = read_area(rules.framework.root / rule.masks)
    shapely.prepare(area)
    inside = shapely.contains_xy(area, g.x, g.y)
    starts = g.vertex_offsets[g.part_offsets[rows]]
    every = np.logical_or if rule.mask_mode == "remove" else np.logical_and
    out[rows] = every.reduceat(inside, starts)
    return out
