"""Columns as departments write them → the fields that an edition may show, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.editions.cast import cast, convert
from pipeline.editions.coarsen_vector import Grid, coarsened
from pipeline.editions.mask_vector import VectorMask, masked
from pipeline.errors import InputError
from pipeline.framework import SchemaField, Where, did_you_mean
from pipeline.i18n import _
from pipeline.sources.ragged import only
from pipeline.types import FeatureBatch, Geometries, Tally

NOT_IN_DOMAIN = "code-not-in-domain"  # a code that the field's table does not hold; it stays
REQUIRED_MISSING = "required-value-missing"
MASKED = "masked-by-edition"  # a feature inside an area that the edition does not show
TOO_SMALL = "too-small-for-grid"  # a feature that fell together when its coordinates were rounded

_MULTIPLE = 1e-6  # of an interval; heights come as floats


@dataclass(frozen=True, slots=True)
class Redaction:
    """What is to happen to the batches of one layer of one dataset."""

    dataset: str  # named in messages
    source: str  # file as named in the workspace
    fields: tuple[SchemaField, ...]  # may be shown, in this order
    where: Where | None = None
    where_field: SchemaField | None = None  # judged, but shown only when it is among `fields`
    judged: tuple[SchemaField, ...] = ()  # as well, by `passes`
    passes: Callable[[pa.Table], NDArray[np.bool_]] | None = None  # of the judged fields, by their names
    intervals: tuple[tuple[SchemaField, float], ...] = ()  # a multiple of so many metres
    grid: Grid | None = None
    masks: tuple[VectorMask, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The source columns it needs, each once."""
        needed = [field.column for field in self.fields]
        if self.where_field is not None:
            needed.append(self.where_field.column)
        needed += [field.column for field in self.judged]
        needed += [field.column for field, _metres in self.intervals]
        return tuple(dict.fromkeys(needed))


def redact(batch: FeatureBatch, redaction: Redaction, tally: Tally) -> FeatureBatch:
    """Filter the features, then rename, cast and order the columns; every other column is dropped.

    Raises InputError when a column is missing, naming the nearest ones that are there.
    """
    admitted = admits(batch.attributes, redaction)
    if admitted is not None:
        batch = FeatureBatch(only(batch.geometries, admitted), batch.attributes.filter(pa.array(admitted)))
    table = batch.attributes
    _require(table, redaction.columns, redaction)
    columns = {field.name: _field(table.column(field.column), field, redaction, tally) for field in redaction.fields}
    # A table without columns would forget how many rows it has.
    return FeatureBatch(batch.geometries, pa.table(columns) if columns else table.select([]))


def admits(table: pa.Table, redaction: Redaction) -> NDArray[np.bool_] | None:
    """Which features the rules let in [features]; None when there are none and all may enter."""
    found = [each for each in (_where(table, redaction), *_edition_rules(table, redaction)) if each is not None]
    return np.logical_and.reduce(found) if found else None


def placed(geometries: Geometries, redaction: Redaction, tally: Tally) -> Geometries:
    """The geometries as an edition may show them: nothing inside its masks, coordinates on its grid.

    Masks act before and after the rounding: what is inside must not leave by it, nor come in.
    """
    for mask in redaction.masks:
        geometries, gone = masked(geometries, mask)
        tally.add(MASKED, int(gone.sum()), redaction.dataset)
    if redaction.grid is None:
        return geometries
    geometries, gone = coarsened(geometries, redaction.grid)
    tally.add(TOO_SMALL, int(gone.sum()), redaction.dataset)
    for mask in redaction.masks:
        geometries, gone = masked(geometries, mask)
        tally.add(MASKED, int(gone.sum()), redaction.dataset)
    return geometries


def _edition_rules(table: pa.Table, redaction: Redaction) -> Iterator[NDArray[np.bool_]]:
    if redaction.passes is not None:
        _require(table, tuple(field.column for field in redaction.judged), redaction)
        columns = {field.name: cast(table.column(field.column), field.type)[0] for field in redaction.judged}
        yield redaction.passes(pa.table(columns))
    for field, metres in redaction.intervals:
        _require(table, (field.column,), redaction)
        heights, _lost = cast(table.column(field.column), "number")
        steps = heights.combine_chunks().to_numpy(zero_copy_only=False) / metres  # null is NaN, which is no multiple
        yield np.abs(steps - np.rint(steps)) <= _MULTIPLE


def _where(table: pa.Table, redaction: Redaction) -> NDArray[np.bool_] | None:
    if redaction.where is None or redaction.where_field is None:
        return None
    _require(table, (redaction.where_field.column,), redaction)
    judged, _lost = cast(table.column(redaction.where_field.column), redaction.where_field.type)
    # Types were checked when the workspace was loaded; Arrow only has to know them as one.
    values = pa.array(redaction.where.values).cast(judged.type)
    kept = pc.fill_null(pc.is_in(judged, value_set=values), False)
    return np.asarray(kept.combine_chunks().to_numpy(zero_copy_only=False), np.bool_)


def _require(table: pa.Table, columns: tuple[str, ...], redaction: Redaction) -> None:
    for column in columns:
        if column not in table.column_names:
            raise missing_column(column, table.column_names, redaction)


def missing_column(column: str, there: list[str], redaction: Redaction) -> InputError:
    """The error for a column that the schema expects and the source does not have."""
    return InputError(
        _('dataset {id}: there is no column "{column}"').format(id=redaction.dataset, column=column)
        + did_you_mean(column, there),
        where=redaction.source,
        expected=_("one of: {columns}").format(columns=", ".join(there)),
        hint=_("set source = … of that field in the schema, or take the field out"),
    )


def _field(column: pa.ChunkedArray, field: SchemaField, redaction: Redaction, tally: Tally) -> pa.ChunkedArray:
    """One column as its schema wants it; what does not fit is counted."""
    name = f"{redaction.dataset}.{field.name}"
    values, lost = convert(column, field.type, name, tally)
    if field.required and values.null_count > lost:
        tally.add(REQUIRED_MISSING, values.null_count - lost, name)
    if field.domain is not None:
        codes = values.cast(pa.large_string())
        strange = pc.and_(
            pc.invert(pc.is_in(codes, value_set=pa.array(field.domain, pa.large_string()))), pc.is_valid(codes)
        )
        if count := pc.sum(strange).as_py():
            tally.add(NOT_IN_DOMAIN, count, f"{name}: {codes.filter(strange)[0].as_py()!r}")
    return values
