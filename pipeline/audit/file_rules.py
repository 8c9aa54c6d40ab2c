"""The rules of files as a whole: their type, their bytes, columns of databases, rasters offered for download."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from pipeline.audit.against import Against
from pipeline.audit.allowed import Allowed
from pipeline.audit.document import JSON, MARKUP, SCRIPT, TEXT
from pipeline.audit.rules import Finding, Rule, Severity
from pipeline.audit.secrets import one_text
from pipeline.audit.traces import traces_in_bytes
from pipeline.audit.values import denied_values
from pipeline.i18n import _
from pipeline.kernels.audit_words import scan_texts

PLAIN: Final = JSON | MARKUP | SCRIPT | TEXT
_CHANCE: Final = 9  # bytes of a word that is hardly chance in bytes that are no text: three Chinese characters
_PLACES: Final = 200
_ELLIPSOID: Final = 1.01  # the ground differs from the sphere by no more
_MAGIC: Final[Mapping[str, tuple[bytes, ...]]] = {
    "png": (b"\x89PNG\r\n\x1a\n",),
    "webp": (b"RIFF",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "woff2": (b"wOF2",),
    "woff": (b"wOFF",),
    "ttf": (b"\0\1\0\0", b"true"),
    "otf": (b"OTTO",),
    "pmtiles": (b"PMTiles\x03",),
    "bin": (b"LQSEARCH",),
    "gpkg": (b"SQLite format 3\0",),
    "mbtiles": (b"SQLite format 3\0",),
    "sqlite": (b"SQLite format 3\0",),
    "fgb": (b"fgb\x03fgb",),
    "parquet": (b"PAR1",),
    "geoparquet": (b"PAR1",),
    "zip": (b"PK\x03\x04",),
    "xlsx": (b"PK\x03\x04",),
    "tif": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "tiff": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "gz": (b"\x1f\x8b",),
    "pbf": (b"\n",),
    "mvt": (b"\x1a",),
}
KNOWN: Final = PLAIN | frozenset(_MAGIC)


@dataclass(frozen=True, slots=True)
class Typed:
    """A file's suffix and how it begins."""

    file: str
    suffix: str
    head: bytes


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes that are no text."""

    data: bytes
    file: str
    against: Against


@dataclass(frozen=True, slots=True)
class Column:
    """Some values of a column of a database."""

    values: pa.Array
    file: str
    name: str
    against: Against


@dataclass(frozen=True, slots=True)
class Raster:
    """A raster offered for download: how large its pixels are on the ground, and whether it shows colours."""

    file: str
    pixel: float  # metres
    imagery: bool
    allowed: Allowed


def other_types(typed: Typed) -> Iterator[Finding]:
    """Files of a type that nobody can look into, and files that are not what their names say."""
    begins = _MAGIC.get(typed.suffix, ())
    if typed.suffix not in KNOWN:
        yield Finding(_("a file of a type that cannot be looked into"), typed.file)
    elif (not begins and b"\0" in typed.head) or (begins and not typed.head.startswith(begins)):
        yield Finding(_("it does not begin like a file of its name"), typed.file)


def traces(raw: Raw) -> Iterator[Finding]:
    """Paths and names of the machine."""
    for text in traces_in_bytes(raw.data, raw.against.machine):
        yield Finding(text, raw.file)


def words(raw: Raw) -> Iterator[Finding]:
    """Words that must not occur, long enough not to be chance; also in what was deleted."""
    secrets = raw.against.secrets
    if not secrets.words.longest or not raw.data:
        return
    places = np.zeros((_PLACES, 3), np.int64)
    count = scan_texts(*one_text(raw.data), secrets.words, False, places)
    told: dict[bytes, int] = {}
    for _text, start, stop in places[:count].tolist():
        if stop - start >= _CHANCE:
            told[raw.data[start:stop]] = told.get(raw.data[start:stop], 0) + 1
    for found, times in told.items():
        text = _("“{text}”, a value of {origin}").format(
            text=found.decode("utf-8", "replace"), origin=secrets.origin_of_text(found)
        )
        yield Finding(text, raw.file, _("in its bytes"), times)


def column_values(column: Column) -> Iterator[Finding]:
    """Values of a database that must not occur."""
    for text, times in denied_values(column.values, column.against.secrets):
        yield Finding(text, column.file, column.name, times)


def too_fine(raster: Raster) -> Iterator[Finding]:
    """A raster that is finer than anything of its kind may be."""
    archives = raster.allowed.archives.values()
    limits = [archive.ground_resolution if raster.imagery else archive.dem_grid for archive in archives]
    limit = max((each for each in limits if each is not None), default=0.0)
    if raster.pixel * _ELLIPSOID < limit:
        text = _("a pixel measures {pixel:.2f} m, allowed are {metres:g} m")
        yield Finding(text.format(pixel=raster.pixel, metres=limit), raster.file)


TYPE_RULE: Final = Rule(
    "file-type",
    Severity.LEAK,
    "Every file is of a type that can be looked into.",
    "Take the file away, or publish it in another format.",
    other_types,
)
VALUE_RULE: Final = Rule(
    "table-value",
    Severity.LEAK,
    "No value of a table occurs in denied data only.",
    "Find out how the value came in, and build again.",
    column_values,
)
RASTER_RULE: Final = Rule(
    "raster-size",
    Severity.LEAK,
    "Rasters offered for download are no finer than the edition allows.",
    "Offer a coarser one.",
    too_fine,
)
RAW_RULES: Final[tuple[Rule[Raw], ...]] = (
    Rule(
        "bytes-trace",
        Severity.LEAK,
        "No bytes tell of the machine or the folder they were written on.",
        "Write the file again where its path tells nothing.",
        traces,
    ),
    Rule(
        "bytes-value",
        Severity.LEAK,
        "The bytes of a file hold no word of denied data, not even where it was deleted.",
        "Write the file anew; of a database, run VACUUM.",
        words,
    ),
)
