"""GeoJSON features one after the other: one per line, or after record separators (RFC 8142); from files and pipes.

A line that is no feature is counted and left out; where the last one stops in the middle, so did the program that wrote
it, and the whole is refused. The columns have the same types from the first batch to the last.
For that all is read once, into compressed files on disk. GDAL passes over bad lines without a word, and needs a file.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, Final, cast

import pyarrow as pa

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.sources.assemble import assemble
from pipeline.sources.choose import check_columns, no_such_layer
from pipeline.sources.crs import Locator
from pipeline.sources.encoding import SAMPLE, asked, unreadable
from pipeline.sources.files import Dataset
from pipeline.sources.geojson_wkb import geojson_wkb, geometry_name
from pipeline.sources.growing import GrowingTable, column
from pipeline.sources.options import ReadOptions, SourceLayer
from pipeline.sources.pace import BYTES, FEATURES
from pipeline.sources.wkb import from_wkb
from pipeline.types import FeatureBatch, Tally

_CRS: Final = "OGC:CRS84"  # RFC 7946 §4
_RS: Final = b"\x1e"
_SHAPE: Final = "\0geometry"  # no name that a person gives to a property
_READING: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class SequenceReader:
    """Reads texts in an encoding, as Python or people call it; None: in UTF-8, as RFC 8259 demands."""

    encoding: str | None = None

    def layers(self, dataset: Dataset) -> tuple[SourceLayer, ...]:
        """The one layer, named after the file; of standard input nothing is read for that. Raises InputError."""
        if dataset.stdin:
            return (SourceLayer(dataset.stem, "mixed", None, _CRS, {}, "GeoJSONSeq"),)
        read = _sequence(dataset, self.encoding)
        fields = {field.name: str(field.type) for field in read.table.schema if field.name != _SHAPE}
        return (SourceLayer(dataset.stem, geometry_name(read.types), read.table.rows, _CRS, fields, "GeoJSONSeq"),)

    def batches(self, dataset: Dataset, options: ReadOptions, tally: Tally) -> Iterator[FeatureBatch]:
        """The features, in order. Raises InputError."""
        if options.layer not in (None, dataset.stem):
            raise no_such_layer(options.layer or "", [dataset.stem], dataset.name)
        read = _sequence(dataset, self.encoding)
        there = tuple(name for name in read.table.schema.names if name != _SHAPE)
        check_columns(options.columns or (), there, dataset.name)
        attributes = there if options.columns is None else options.columns
        tally.merge(read.tally)
        locator = Locator(dataset.name, _CRS, options.crs, options.areas)
        tables = read.table.tables(tuple(dict.fromkeys((*attributes, _SHAPE))))
        yield from assemble(tables, from_wkb(_SHAPE, tally), attributes, locator, tally)


class _Sequence:
    """What one reading found, kept in a temporary folder as long as this object lives."""

    def __init__(self, stream: BinaryIO, name: str, encoding: str | None) -> None:
        self._folder = TemporaryDirectory(prefix="longquan-geojson-")
        self.table = GrowingTable(Path(self._folder.name))
        self.tally = Tally()
        self.types: set[bytes] = set()  # of geometries, as WKB writes them
        self._name = name
        self._encoding = None if encoding is None else asked(encoding)
        try:
            self._read(stream)
        finally:
            self.table.close()

    def _read(self, stream: BinaryIO) -> None:
        rows: list[dict[str, Any]] = []
        shapes: list[bytes | None] = []
        held = lines = 0
        foreign: list[bytes] = []  # lines that are no text in the encoding
        foreign_at, texts = 0, 0  # where the first of them is; how many others go beyond ASCII
        stopped = 0  # the record read last, if it stops in the middle
        for number, record in records(stream):
            lines += 1
            stopped = 0
            try:
                found = _features(record if self._encoding is None else record.decode(self._encoding))
            except (ValueError, RecursionError) as error:
                if lines == 1 and _is_document(record):
                    raise self._document() from error
                self.tally.add("bad-line", 1, self._place(number))
                stopped = number if _stops(record, error) else 0
                if isinstance(error, UnicodeDecodeError) and len(foreign) < SAMPLE:
                    foreign_at = foreign_at or number
                    foreign.append(record)
                continue
            texts += not record.isascii()
            for row, shape in found:
                rows.append(row)
                shapes.append(shape)
                if shape is not None:
                    self.types.add(shape[1:5])
            held += len(record)
            if len(rows) >= FEATURES or held >= BYTES:
                self.table.add(_table(rows, shapes))
                rows, shapes, held = [], [], 0
        if stopped and lines > 1 and foreign_at in (0, stopped):  # it may stop within a character
            raise self._stopped(stopped)
        if foreign and not texts:
            raise unreadable(self._place(foreign_at), self._encoding or "utf-8", _beyond_ascii(foreign[0]), foreign)
        if rows:
            self.table.add(_table(rows, shapes))
        if not self.table.rows:
            raise self._nothing(lines)

    def _place(self, line: int) -> str:
        return _("{source}, line {number}").format(source=self._name, number=line)

    def _nothing(self, lines: int) -> InputError:
        if not lines:
            return InputError(
                _("There is nothing in it."),
                where=self._name,
                expected=_("GeoJSON features, one per line"),
                hint=_("see whether the program before the pipe has written anything"),
            )
        return InputError(
            _("None of its {n} lines is a GeoJSON feature.").format(n=lines),
            where=self.tally.samples.get("bad-line", self._name),
            expected=_("GeoJSON features, one per line"),
            hint=_("write them so: ogr2ogr -f GeoJSONSeq /vsistdout/ FILE"),
        )

    def _stopped(self, line: int) -> InputError:
        return InputError(
            _("It stops in the middle of a feature."),
            where=self._place(line),
            expected=_("a last line that is whole"),
            hint=_("see whether the program that wrote it came to its end, or copy the file again"),
        )

    def _document(self) -> InputError:
        return InputError(
            _("This is one GeoJSON document over many lines."),
            where=self._name,
            expected=_("GeoJSON features, one per line"),
            hint=_("give it as a file named *.geojson, or write one feature per line: jq -c '.features[]'"),
        )


def records(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The texts between line ends, or between record separators where the first byte is one; with their first lines.

    Blank ones are passed over. Source: RFC 8142 §2.
    """
    separated: bool | None = None
    begin, pieces = 1, list[bytes]()
    for number, raw in enumerate(stream, 1):
        line = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
        if separated is None and line.strip():
            separated = line.lstrip().startswith(_RS)
        if not separated:
            if line.strip():
                yield number, line
            continue
        before, *others = line.split(_RS)
        pieces.append(before)
        for other in others:
            if any(piece.strip() for piece in pieces):
                yield begin, b"".join(pieces)
            begin, pieces = number, [other]
    if any(piece.strip() for piece in pieces):
        yield begin, b"".join(pieces)


def _features(record: bytes | str) -> Iterable[tuple[dict[str, Any], bytes | None]]:
    """The features of one text; a collection may stand on one line. Raises ValueError."""
    thing = json.loads(record)
    if not isinstance(thing, dict):
        raise ValueError(thing)
    if thing.get("type") == "FeatureCollection":
        if not isinstance(thing.get("features"), list):
            raise ValueError(thing)
        return [_feature(each) for each in thing["features"]]
    if thing.get("type") == "Feature":
        return (_feature(thing),)
    return (({}, geojson_wkb(thing)),)


def _feature(thing: Any) -> tuple[dict[str, Any], bytes | None]:
    if not isinstance(thing, dict) or thing.get("type") != "Feature":
        raise ValueError(thing)
    row = thing.get("properties") or {}
    if not isinstance(row, dict):
        raise ValueError(row)
    if thing.get("id") is not None:
        row = {"id": thing["id"], **row}
    shape = thing.get("geometry")
    return row, None if shape is None else geojson_wkb(shape)


def _table(rows: list[dict[str, Any]], shapes: list[bytes | None]) -> pa.Table:
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: column([row.get(name) for row in rows]) for name in names}
    return pa.table(columns | {_SHAPE: pa.array(shapes, pa.binary())})


def _stops(record: bytes, error: Exception) -> bool:
    """Whether a text that could not be read begins as an object and ends nowhere."""
    unread = isinstance(error, json.JSONDecodeError | UnicodeDecodeError)
    return unread and not record.endswith(b"\n") and record.lstrip().startswith(b"{")


def _is_document(record: bytes) -> bool:
    """Whether the first line, no JSON by itself, begins a document."""
    begin = b"".join(record.split())
    return begin in (b"{", b"[") or begin.startswith((b'{"type":"FeatureCollection"', b'{"type":"Topology"'))


def _beyond_ascii(record: bytes) -> bytes:
    return record[next(at for at, byte in enumerate(record) if byte >= 0x80) :]


def _sequence(dataset: Dataset, encoding: str | None) -> _Sequence:
    with _READING:
        if dataset.stdin:
            stream = cast("BinaryIO", sys.stdin.buffer)
            if stream.isatty():
                raise InputError(
                    _("Nothing is piped in."),
                    where=dataset.name,
                    expected=_("GeoJSON features, one per line"),
                    hint=_(
                        "put a pipe before it: ogr2ogr -f GeoJSONSeq /vsistdout/ FILE | longquan tile - OUT.pmtiles"
                    ),
                )
            return _from_stream(stream, dataset.name, encoding)
        state = dataset.path.stat()
        return _from_file(dataset, encoding, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=1)  # a pipe runs dry, yet may be asked for again
def _from_stream(stream: BinaryIO, name: str, encoding: str | None) -> _Sequence:
    return _Sequence(stream, name, encoding)


@lru_cache(maxsize=2)
def _from_file(dataset: Dataset, encoding: str | None, size: int, changed: int) -> _Sequence:
    if dataset.inner is not None:
        return _Sequence(BytesIO(dataset.read() or b""), dataset.name, encoding)
    with dataset.path.open("rb") as stream:
        return _Sequence(stream, dataset.name, encoding)
