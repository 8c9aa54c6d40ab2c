"""The common tail of every reader: Arrow tables in the source's own terms → FeatureBatches in degrees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.i18n import _
from pipeline.sources.crs import Locator
from pipeline.sources.pace import portions
from pipeline.sources.ragged import meets, nothing, only
from pipeline.sources.wkb import Parser
from pipeline.types import FeatureBatch, Tally


class Rows(NamedTuple):
    """Some rows of a source, which need not be all there are between the first and the last."""

    table: pa.Table
    first: int  # the number of the first in the source, from 0
    numbers: NDArray[np.int64] | None = None  # the number of each, counted from `first`; None: without gaps


def assemble(
    tables: Iterable[pa.Table], parse: Parser | None, attributes: Sequence[str], locator: Locator, tally: Tally
) -> Iterator[FeatureBatch]:
    """Parse, locate and cut out every table's features, in order; empty tables are passed over.

    `parse` makes the geometries (None: there are none); `attributes` are the columns to keep.
    """
    return assemble_rows(_numbered(tables), parse, attributes, locator, tally)


def assemble_rows(
    pieces: Iterable[Rows], parse: Parser | None, attributes: Sequence[str], locator: Locator, tally: Tally
) -> Iterator[FeatureBatch]:
    """The same for rows with gaps between them."""
    for whole in pieces:
        for begin, table in portions(whole.table):
            yield from _batch(whole._replace(table=table), begin, parse, attributes, locator, tally)


def _batch(
    rows: Rows, begin: int, parse: Parser | None, attributes: Sequence[str], locator: Locator, tally: Tally
) -> Iterator[FeatureBatch]:
    def place(row: int) -> str:
        at = begin + row
        return feature(locator.source, rows.first + (at if rows.numbers is None else int(rows.numbers[at])))

    table = rows.table
    found = nothing(table.num_rows) if parse is None else locator.locate(parse(table, place), tally, place)
    kept = plain_columns(table.select(list(attributes)))
    if locator.areas is not None:
        inside = meets(found, locator.areas)
        if not inside.all():
            found, kept = only(found, inside), kept.filter(mask(inside))
    if found.features:
        yield FeatureBatch(found, kept)


def plain_columns(table: pa.Table) -> pa.Table:
    """Columns of extension types as what they are stored as: GDAL gives fields of mixed types as `arrow.json`."""
    for i, kind in enumerate(table.schema.types):
        if isinstance(kind, pa.BaseExtensionType):
            stored = pa.chunked_array([chunk.storage for chunk in table.column(i).chunks], kind.storage_type)
            table = table.set_column(i, table.column_names[i], stored)
    return table


def feature(source: str, row: int) -> str:
    """How a feature is named for people: by its number in the file, from 1."""
    return _("{source}, feature {number}").format(source=source, number=row + 1)


def mask(rows: NDArray[np.bool_]) -> pa.Array:
    """An Arrow array of the same; `pa.array` would import pandas to ask whether it is a Series."""
    return pa.Array.from_buffers(pa.bool_(), len(rows), [None, pa.py_buffer(np.packbits(rows, bitorder="little"))])


def _numbered(tables: Iterable[pa.Table]) -> Iterator[Rows]:
    first = 0
    for table in tables:
        yield Rows(table, first)
        first += table.num_rows
