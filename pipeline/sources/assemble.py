"""The common tail of every reader: Arrow tables in the source's own terms → FeatureBatches in degrees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa

from pipeline.i18n import _
from pipeline.sources.crs import Locator
from pipeline.sources.ragged import meets, nothing, only
from pipeline.sources.wkb import geometries
from pipeline.types import FeatureBatch, Geometries, Tally

Parser = Callable[[pa.Table, Callable[[int], str]], Geometries]


def assemble(
    tables: Iterable[pa.Table], parse: Parser, attributes: tuple[str, ...], locator: Locator, tally: Tally
) -> Iterator[FeatureBatch]:
    """Parse, locate and cut out every table's features, in order; empty tables are passed over.

    `parse(table, place)` makes the geometries, `place(row)` says for people where a row of the table is; `attributes`
    are the columns to keep.
    """
    first = 0
    for table in tables:
        if table.num_rows == 0:
            continue

        def place(row: int, first: int = first) -> str:
            return _("{source}, feature {number}").format(source=locator.source, number=first + row + 1)

        found = locator.locate(parse(table, place), tally, place)
        kept = table.select(attributes)
        if locator.bounds is not None:
            inside = meets(found, locator.bounds)
            found, kept = only(found, inside), kept.filter(pa.array(inside))
        first += table.num_rows
        if found.count:
            yield FeatureBatch(found, kept)


def from_wkb(column: str, tally: Tally) -> Parser:
    """A parser for the WKB in `column`."""

    def parse(table: pa.Table, place: Callable[[int], str]) -> Geometries:
        values = table.column(column).combine_chunks()
        return geometries(values, tally, place)

    return parse


def without_geometry(table: pa.Table, place: Callable[[int], str]) -> Geometries:
    """The parser of tables that have none."""
    return nothing(table.num_rows)
