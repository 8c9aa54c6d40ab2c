"""完整性: features that are there twice, with the same geometry and the same attributes."""

from __future__ import annotations

import numpy as np
import shapely

from pipeline.intake.checks.layer import Layer, Rows
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.rule import Found, Outcome, Skipped, rule
from pipeline.intake.checks.subject import Subject


@rule("duplicate-feature", "completeness", "C", lambda: _("No feature is there twice"))
def duplicate_feature(layer: Layer, subject: Subject) -> Outcome:
    """The same geometry, wherever its rings begin, and the same attributes but the key; every copy after the first."""
    if not layer.features:
        return Skipped(_("there are no features"))
    rows = _same_prints(layer)
    if len(rows):
        rows = _same_attributes(layer, rows)
    if not len(rows):
        return None
    return Found(
        _("{n} features repeat another: the same geometry and the same attributes.").format(n=len(rows)),
        _("delete the copies"),
        rows=rows,
    )


def _same_prints(layer: Layer) -> Rows:
    """Rows that share their print and kind with another row; the print of no geometry is that of any other such."""
    measures = layer.measures
    if layer.shapes_wkb is None:
        return np.arange(layer.features)
    both = measures.print ^ (measures.kind.astype(np.int64).view(np.uint64) << np.uint64(56))
    order = np.argsort(both, kind="stable")
    equal = both[order[1:]] == both[order[:-1]]
    shared = np.zeros(len(both), np.bool_)
    shared[order[1:][equal]] = True
    shared[order[:-1][equal]] = True
    return np.flatnonzero(shared)


def _same_attributes(layer: Layer, rows: Rows) -> Rows:
    """Of rows that share prints, the later ones of those that share all attributes too, and really are equal."""
    table = layer.same(rows)
    columns = []
    for name in table.column_names:
        codes = table.column(name).combine_chunks()
        codes = codes.dictionary_encode() if not hasattr(codes, "indices") else codes
        columns.append(codes.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64))
    prints = np.unique(layer.measures.print[rows], return_inverse=True)[1].astype(np.int64)
    keys = np.column_stack([prints, *columns])
    _keys, group = np.unique(keys, axis=0, return_inverse=True)
    group = group.reshape(-1)
    order = np.lexsort((rows, group))
    later = order[1:][group[order[1:]] == group[order[:-1]]]
    if layer.shapes_wkb is None or not len(later):
        return np.sort(rows[later])
    first = order[np.searchsorted(group[order], group[later])]
    a, b = layer.original(rows[later]), layer.original(rows[first])
    nothing = shapely.is_missing(a) | shapely.is_empty(a)
    equal = shapely.equals_identical(shapely.normalize(a), shapely.normalize(b))
    return np.sort(rows[later][equal | nothing])
