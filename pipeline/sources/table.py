"""CSV in any encoding, with any usual separator, of any size → Arrow columns with careful types.

It is read twice: what type a column has is known only at its end.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BufferedReader
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from pipeline.i18n import _
from pipeline.sources.assemble import assemble
from pipeline.sources.choose import check_columns, no_such_layer
from pipeline.sources.coordinates import coordinate_columns, table_parser
from pipeline.sources.crs import Locator
from pipeline.sources.files import Dataset, damaged
from pipeline.sources.options import ReadOptions, SourceLayer
from pipeline.sources.plain_text import PlainText, text_of
from pipeline.types import FeatureBatch, Tally

_BLOCK: Final = 4 << 20  # bytes that are parsed at a time, and the most that a row may have; Arrow reads 32 ahead
_LONGEST: Final = 1 << 20  # bytes of the line that names the columns
_INTEGER: Final = r"^-?(0|[1-9][0-9]{0,17})$"  # what stays the same when written again: "0578" is a code, not a number
_NUMBER: Final = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$"


@dataclass(frozen=True, slots=True)
class Table:
    """What one reading of a CSV found."""

    text: PlainText
    separator: str
    schema: pa.Schema
    rows: int
    tally: Tally  # rows with too many or too few values, which are left out, as "bad-row"

    def tables(self) -> Iterator[pa.Table]:
        """All rows in order, a bounded number at a time. Raises InputError."""
        with self.text.opened() as file:
            file.readline()
            for batch in _parsed(self.text.dataset, file, self.schema.names, self.separator, None):
                yield pa.table([batch.column(field.name).cast(field.type) for field in self.schema], schema=self.schema)


def layers(dataset: Dataset) -> tuple[SourceLayer, ...]:
    """The one layer of a CSV, named after the file."""
    table = open_table(dataset, None, Tally())
    names = table.schema.names
    located = table_parser(table.schema, ReadOptions(), Tally()) is not None
    return (
        SourceLayer(
            name=dataset.stem,
            geometry="none" if not located else "point" if coordinate_columns(names) else "mixed",
            features=table.rows,
            crs=None,
            fields={field.name: str(field.type) for field in table.schema},
            driver="CSV",
        ),
    )


def batches(dataset: Dataset, options: ReadOptions, tally: Tally) -> Iterator[FeatureBatch]:
    """The rows in longitude and latitude where there are coordinates, without geometry where not."""
    if options.layer not in (None, dataset.stem):
        raise no_such_layer(options.layer or "", [dataset.stem], dataset.name)
    table = open_table(dataset, options.encoding, tally)
    names = table.schema.names
    check_columns(options.columns or (), names, dataset.name)
    check_columns([c for c in (options.x, options.y) if c], names, dataset.name)
    parse = table_parser(table.schema, options, tally)
    locator = Locator(dataset.name, None, options.crs, options.areas)
    yield from assemble(table.tables(), parse, options.columns or tuple(names), locator, tally)


def open_table(dataset: Dataset, encoding: str | None, tally: Tally) -> Table:
    """Read a CSV once, to know its columns and their types. Raises InputError."""
    state = dataset.path.stat()
    found = _scanned(dataset, encoding, state.st_size, state.st_mtime_ns)
    tally.merge(found.tally)
    return found


@lru_cache(maxsize=4)  # whoever asks for the layers reads one of them next
def _scanned(dataset: Dataset, encoding: str | None, size: int, changed: int) -> Table:
    text, tally = text_of(dataset, encoding), Tally()
    with text.opened() as file:
        first = file.readline(_LONGEST)
        separator = max(",;\t|", key=first.decode(errors="replace").count)
        names = _names(first, separator)
        if not any(names) or len(first) == _LONGEST:
            raise damaged(dataset, _("its first line names no columns"))
        names = _unique(names)
        kinds = [_Kind() for _name in names]
        rows = 0
        for batch in _parsed(dataset, file, names, separator, tally):
            rows += batch.num_rows
            for kind, column in zip(kinds, batch.columns, strict=True):
                kind.see(column)
    schema = pa.schema([(name, kind.found) for name, kind in zip(names, kinds, strict=True)])
    return Table(text, separator, schema, rows, tally)


def _names(line: bytes, separator: str) -> list[str]:
    """What the first line calls the columns; nothing where it cannot be read."""
    text = line.decode(errors="replace").rstrip("\r\n")
    try:
        return [name.strip() for name in next(csv.reader([text], delimiter=separator), [])]
    except csv.Error:
        return []


def _parsed(
    dataset: Dataset, file: BufferedReader[Any], names: Sequence[str], separator: str, tally: Tally | None
) -> Iterator[pa.RecordBatch]:
    """The rows of a file that stands behind its first line, all columns as texts; bad rows are counted in `tally`."""
    if not file.peek(1):
        return

    def bad_row(row: Any) -> str:
        if tally is not None:
            tally.add("bad-row", 1, _("{source}, row {number}").format(source=dataset.name, number=row.number))
        return "skip"

    try:
        yield from pcsv.open_csv(
            file,
            pcsv.ReadOptions(column_names=list(names), use_threads=False, block_size=_BLOCK),
            pcsv.ParseOptions(delimiter=separator, newlines_in_values=True, invalid_row_handler=bad_row),
            pcsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid as error:
        raise damaged(dataset, _plainly(str(error))) from error


def _plainly(reason: str) -> str:
    if "straddles two block boundaries" in reason:
        return _("a row has more than {n} MiB, or a quotation mark is never closed").format(n=_BLOCK >> 20)
    return reason


class _Kind:
    """The type of a column: integers and numbers where every value is one and none would be written differently."""

    def __init__(self) -> None:
        self._left = [(_INTEGER, pa.int64()), (_NUMBER, pa.float64())]
        self._seen = False

    def see(self, column: pa.Array) -> None:
        """Look at some more of its values."""
        if column.null_count == len(column):
            return
        self._seen = True
        while self._left and not pc.all(pc.match_substring_regex(column, self._left[0][0])).as_py():
            del self._left[0]

    @property
    def found(self) -> pa.DataType:
        """Text where nothing else is left, or nothing was seen."""
        return self._left[0][1] if self._left and self._seen else pa.string()


def _unique(names: list[str]) -> list[str]:
    """The names with a number behind those that come again, and one for those that are empty."""
    seen: set[str] = set()
    out = []
    for index, name in enumerate(names):
        new, n = name or f"column_{index + 1}", 2
        while new in seen:
            new, n = f"{name}_{n}", n + 1
        seen.add(new)
        out.append(new)
    return out
