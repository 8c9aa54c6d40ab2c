"""CSV in any encoding, with any usual separator → Arrow columns with careful types."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.sources.assemble import assemble
from pipeline.sources.choose import check_columns, no_such_layer
from pipeline.sources.coordinates import coordinate_columns, table_parser
from pipeline.sources.crs import Locator
from pipeline.sources.encoding import asked, detect, unreadable
from pipeline.sources.files import Dataset, damaged
from pipeline.sources.options import ReadOptions, SourceLayer
from pipeline.types import FeatureBatch, Tally

BATCH: Final = 65_536  # rows
_HEAD: Final = 1 << 16  # bytes; pictures and workbooks have a NUL among the first
_LONG: Final = re.compile("[\u0800-\U0010ffff]")  # characters of three bytes and more in UTF-8
_INTEGER: Final = r"^-?(0|[1-9][0-9]{0,17})$"  # what stays the same when written again: "0578" is a code, not a number
_NUMBER: Final = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$"


def layers(dataset: Dataset) -> tuple[SourceLayer, ...]:
    """The one layer of a CSV, named after the file."""
    table = read_table(dataset, None, Tally())
    located = table_parser(table.schema, ReadOptions(), Tally()) is not None
    return (
        SourceLayer(
            name=dataset.stem,
            geometry="none" if not located else "point" if coordinate_columns(table.column_names) else "mixed",
            features=table.num_rows,
            crs=None,
            fields={field.name: str(field.type) for field in table.schema},
            driver="CSV",
        ),
    )


def batches(dataset: Dataset, options: ReadOptions, tally: Tally) -> Iterator[FeatureBatch]:
    """The rows in longitude and latitude where there are coordinates, without geometry where not."""
    if options.layer not in (None, dataset.stem):
        raise no_such_layer(options.layer or "", [dataset.stem], dataset.name)
    table = read_table(dataset, options.encoding, tally)
    check_columns(options.columns or (), table.column_names, dataset.name)
    check_columns([c for c in (options.x, options.y) if c], table.column_names, dataset.name)
    parse = table_parser(table.schema, options, tally)
    locator = Locator(dataset.name, None, options.crs, options.areas)
    tables = (table.slice(at, BATCH) for at in range(0, table.num_rows, BATCH))
    yield from assemble(tables, parse, options.columns or tuple(table.column_names), locator, tally)


def read_table(dataset: Dataset, encoding: str | None, tally: Tally) -> pa.Table:
    """The whole table; rows with too many or too few values are left out and counted "bad-row"."""
    text = _utf8(dataset, encoding)
    head, _newline, body = text.partition(b"\n")
    first = head.decode()
    separator = max(",;\t|", key=first.count)
    try:
        header = next(csv.reader([first.rstrip("\r")], delimiter=separator), [])
    except csv.Error as error:
        raise damaged(dataset, _("its first line names no columns")) from error
    names = _unique([name.strip() for name in header])
    if not any(names):
        raise damaged(dataset, _("its first line names no columns"))

    def bad_row(row: Any) -> str:
        tally.add("bad-row", 1, _("{source}, row {number}").format(source=dataset.name, number=row.number))
        return "skip"

    if not body:
        return pa.table({name: pa.array([], pa.string()) for name in names})

    try:
        table = pcsv.read_csv(
            io.BytesIO(body),
            pcsv.ReadOptions(column_names=names, use_threads=False),
            pcsv.ParseOptions(delimiter=separator, newlines_in_values=True, invalid_row_handler=bad_row),
            pcsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid as error:
        raise damaged(dataset, str(error)) from error
    for index, name in enumerate(names):
        table = table.set_column(index, name, _typed(table.column(index)))
    return table


def _utf8(dataset: Dataset, encoding: str | None) -> bytes:
    """The file's text as UTF-8, without a byte order mark."""
    data = dataset.read() or b""
    if encoding is None:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):  # "Unicode text" of spreadsheets
            encoding = "utf-16"
        elif data[:3] == b"\xef\xbb\xbf":
            encoding = "utf-8"
        else:
            if b"\0" in data[:_HEAD]:
                raise _no_text(dataset, data)
            encoding = detect(data.split(b"\n")) if _in_doubt(data) else "utf-8"
            if encoding == "utf-8":
                return data
            if encoding is None:
                encoding = "utf-8"  # which it breaks
    else:
        encoding = asked(encoding)
    try:
        return data.decode(encoding).removeprefix("\ufeff").encode()
    except UnicodeDecodeError as error:
        raise _broken(dataset, data, error) from error


def _in_doubt(data: bytes) -> bool:
    """Whether it may be something else than UTF-8; characters of more than two bytes are proof enough."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return True
    return not text.isascii() and _LONG.search(text) is None


def _no_text(dataset: Dataset, data: bytes) -> InputError:
    packed = data[:2] == b"PK"
    return InputError(
        _("This is no text, although its name ends in {suffix}.").format(suffix=dataset.suffix),
        where=dataset.name,
        expected=_("a table as text, one row per line"),
        hint=_("it is an Excel workbook or a zip: name it *.xlsx or *.zip, or export it as CSV")
        if packed
        else _("ask what program it comes from, and export the table there as CSV"),
    )


def _broken(dataset: Dataset, data: bytes, error: UnicodeDecodeError) -> InputError:
    line = data.count(b"\n", 0, error.start) + 1
    begin = data.rfind(b"\n", 0, error.start) + 1
    end = data.find(b"\n", error.start)
    header = data[: data.find(b"\n")].decode(error.encoding, "replace")
    separator = max(",;\t|", key=header.count)
    before = next(csv.reader([data[begin : error.start].decode(error.encoding, "replace")], delimiter=separator), [""])
    names = next(csv.reader([header.strip()], delimiter=separator), [""])
    field = names[max(0, len(before) - 1)] if len(before) <= len(names) else "?"
    where = _("{source}, line {number}, field {field}").format(source=dataset.name, number=line, field=field)
    value = data[error.start : end if end >= 0 else len(data)]
    return unreadable(where, error.encoding, value, data.split(b"\n"))


def _typed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Integers and numbers where every value is one and none would be written differently; else text."""
    if column.null_count == len(column):
        return column
    for pattern, kind in ((_INTEGER, pa.int64()), (_NUMBER, pa.float64())):
        if pc.all(pc.match_substring_regex(column, pattern)).as_py():
            return column.cast(kind)
    return column


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
