"""The common tail of every reader: Arrow tables in the source's own terms → FeatureBatches in degrees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.i18n import _
from pipeline.sources.crs import Locator
from pipeline.sources.ragged import meets, nothing, only
from pipeline.sources.wkb import Parser
from pipeline.types import FeatureBatch, Tally


def assemble(
    tables: Iterable[pa.Table], parse: Parser | None, attributes: Sequence[str], locator: Locator, tally: Tally
) -> Iterator[FeatureBatch]:
    """Parse, locate and cut out every table's features, in order; empty tables are passed over.

    `parse` makes the geometries (None: there are none); `attributes` are the columns to keep.
    """
    first = 0
    for table in tables:
        if table.num_rows == 0:
            continue

        def place(row: int, first: int = first) -> str:
            return feature(locator.source, first + row)

        found = nothing(table.num_rows) if parse is None else locator.locate(parse(table, place), tally, place)
        kept = table.select(list(attributes))
        if locator.bounds is not None:
            inside = meets(found, locator.bounds)
            found, kept = only(found, inside), kept.filter(_mask(inside))
        first += table.num_rows
        if found.features:
            yield FeatureBatch(found, kept)


def feature(source: str, row: int) -> str:
    """How a feature is named for people: by its number in the file, from 1."""
    return _("{source}, feature {number}").format(source=source, number=row + 1)


def _mask(rows: NDArray[np.bool_]) -> pa.Array:
    """An Arrow array of the same; `pa.array` would import pandas to ask whether it is a Series."""
    return pa.Array.from_buffers(pa.bool_(), len(rows), [None, pa.py_buffer(np.packbits(rows, bitorder="little"))])
