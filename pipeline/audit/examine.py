"""One file, by what it is: every kind of file that a release may hold has its own way of being looked through."""

from __future__ import annotations

import gzip
import math
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

import pyarrow as pa

from pipeline.archive.header import Compression
from pipeline.archive.reader import tile_id_of
from pipeline.audit.against import Against
from pipeline.audit.allowed import AllowedArchive
from pipeline.audit.archives import Measure, audit_archive
from pipeline.audit.databases import DATABASE_RULES, columns_of, open_database, tiles_of
from pipeline.audit.document import JSON, TEXT, Document, Read, document_of, documents, value_document
from pipeline.audit.document_rules import DOCUMENT_RULES
from pipeline.audit.file_rules import PLAIN, RASTER_RULE, RAW_RULES, TYPE_RULE, VALUE_RULE, Column, Raster, Raw, Typed
from pipeline.audit.folder import Entry
from pipeline.audit.fonts import FONT_RULE, font_document, font_of, glyphs_of
from pipeline.audit.images import PICTURE_RULE, Picture
from pipeline.audit.inflate import inflate
from pipeline.audit.one_page import OFFLINE, PAGE_RULE, one_page
from pipeline.audit.rules import Findings, check
from pipeline.audit.search_index import SEARCH_RULE, SearchFile, parts_of
from pipeline.audit.tables import (
    BATCH_RULES,
    EXPLAINED,
    EXPLAINED_RULE,
    LAYER_RULES,
    UNREADABLE_RULE,
    Batch,
    Explanation,
    Layer,
    Unreadable,
    read_download,
)
from pipeline.audit.tile_copies import COPY, COPY_RULE, Copied, TileFile
from pipeline.audit.tile_rules import TILE_RULES
from pipeline.audit.vector_tiles import walk_bodies
from pipeline.errors import ArchiveError, LongquanError
from pipeline.i18n import _
from pipeline.progress import Progress

_BLOCK: Final = 1 << 24  # bytes of a large file that are looked through at a time
_OVERLAP: Final = 1 << 10
_UNPACKED: Final = 1 << 28  # bytes that one file of a zip may expand to
_NAMES: Final[Mapping[str, str]] = {"SHA256SUMS": "txt", "SM3SUMS": "txt", "VectorTileServer": "json"}


@dataclass(frozen=True, slots=True)
class Desk:
    """What looking through files needs."""

    against: Against
    findings: Findings
    archives: Mapping[str, str]  # file → id, as release.json lists them
    threads: int | None
    progress: Progress
    root: Path  # the published folder
    copied: Copied

    def read(self, document: Document, digest: str = "") -> None:
        """Put a document to every rule."""
        known = digest in self.against.software
        check(Read(document, self.against, known), DOCUMENT_RULES, self.findings)


def examine(entry: Entry, digest: str, desk: Desk) -> Measure:
    """Look through one regular file."""
    with entry.path.open("rb") as file:
        head = file.read(16)
    name = entry.name.rpartition("/")[2]
    suffix = _NAMES.get(name) or name.rpartition(".")[2].lower()
    desk.findings.add(TYPE_RULE, TYPE_RULE.check(Typed(entry.name, suffix, head)))
    if entry.name == OFFLINE:
        page = one_page(entry.path, desk.root)
        desk.findings.add(PAGE_RULE, PAGE_RULE.check(page))
        desk.read(document_of(page.words.encode(), entry.name, suffix))
    elif suffix in PLAIN:
        for document in documents(entry.path, entry.name, suffix):
            desk.read(document, digest)
    if suffix == "pmtiles":
        id = desk.archives.get(entry.name)
        return audit_archive(entry.path, entry.name, id, desk.against, desk.findings, desk.threads, desk.progress)
    if COPY.fullmatch(entry.name):
        _tile_copy(entry.path, entry.name, desk)
    elif suffix in _WAYS:
        _WAYS[suffix](entry.path, entry.name, desk)
    return Measure()


def _tile_copy(path: Path, name: str, desk: Desk) -> None:
    desk.findings.add(COPY_RULE, COPY_RULE.check(TileFile(path, name, desk.copied)))


def _picture(path: Path, name: str, desk: Desk) -> None:
    desk.findings.add(PICTURE_RULE, PICTURE_RULE.check(Picture(path.read_bytes(), name)))


def _font(path: Path, name: str, desk: Desk) -> None:
    font = font_of(path.read_bytes(), name)
    desk.findings.add(FONT_RULE, FONT_RULE.check(font))
    desk.read(font_document(font))


def _glyphs(path: Path, name: str, desk: Desk) -> None:
    font = glyphs_of(path.read_bytes(), name)
    desk.findings.add(FONT_RULE, FONT_RULE.check(font))
    desk.read(font_document(font))


def _download(path: Path, name: str, desk: Desk) -> None:
    """Features of a file, and whatever its bytes say."""
    if name.endswith(EXPLAINED):
        desk.findings.add(EXPLAINED_RULE, EXPLAINED_RULE.check(Explanation(path, name, desk.against)))
        _raw(path, name, desk)
        return
    for found in read_download(path, name, desk.against):
        if isinstance(found, Layer):
            check(found, LAYER_RULES, desk.findings)
        elif isinstance(found, Batch):
            check(found, BATCH_RULES, desk.findings)
        elif isinstance(found, Unreadable):
            desk.findings.add(UNREADABLE_RULE, UNREADABLE_RULE.check(found))
    if name.rpartition(".")[2].lower() not in TEXT | JSON:
        _raw(path, name, desk)


def _database(path: Path, name: str, desk: Desk) -> None:
    """Every table of an SQLite file, then its features, then its bytes."""
    try:
        database = open_database(path, name, desk.against.allowed)
    except LongquanError as error:
        desk.findings.add(UNREADABLE_RULE, UNREADABLE_RULE.check(Unreadable(name, error.message)))
        return
    check(database, DATABASE_RULES, desk.findings)
    own = [table for table in database.tables if not table.name.startswith("rtree_")]
    data = set(database.data)
    for table in own:
        for column, values in columns_of(database, table):
            if table in data:
                part = Column(values, name, f"{table.name}.{column}", desk.against)
                desk.findings.add(VALUE_RULE, VALUE_RULE.check(part))
            elif pa.types.is_large_string(values.type):
                desk.read(value_document(values.to_pylist(), f"{name}#{table.name}"))
    if database.tiles:
        _mbtiles(database_tiles(tiles_of(database)), name, desk)
        _raw(path, name, desk)
    else:
        _download(path, name, desk)


def database_tiles(tiles: Iterator[tuple[int, int, int, bytes]]) -> Iterator[tuple[int, bytes | bytearray]]:
    """Tile ids and bodies, decompressed where they are gzip; tiles of pixels as they are."""
    for z, x, y, body in tiles:
        plain = body[:2] == b"\x1f\x8b"
        try:
            yield tile_id_of(z, x, y), inflate(body, Compression.GZIP if plain else Compression.NONE)
        except ArchiveError:
            yield tile_id_of(z, x, y), body


def _mbtiles(tiles: Iterator[tuple[int, bytes | bytearray]], name: str, desk: Desk) -> None:
    """Vector tiles by the layers of all archives, pixels as pictures."""
    every = AllowedArchive("", "vector", desk.against.allowed.layers)
    vectors: list[tuple[int, bytes | bytearray]] = []
    for tile_id, body in tiles:
        if body[:4] in (b"\x89PNG", b"RIFF") or body[:3] == b"\xff\xd8\xff":
            desk.findings.add(PICTURE_RULE, PICTURE_RULE.check(Picture(bytes(body), name, str(tile_id))))
            continue
        vectors.append((tile_id, body))
        if len(vectors) == 1024:
            _walk(vectors, every, name, desk)
            vectors = []
    _walk(vectors, every, name, desk)


def _walk(vectors: list[tuple[int, bytes | bytearray]], every: AllowedArchive, name: str, desk: Desk) -> None:
    for walked in walk_bodies(iter(vectors), every, desk.against.secrets, desk.against.ids, name):
        check(walked, TILE_RULES, desk.findings)


def _search(path: Path, name: str, desk: Desk) -> None:
    """A search index: its description, its entries, its bytes."""
    found = SearchFile(path, name, desk.against)
    desk.findings.add(SEARCH_RULE, SEARCH_RULE.check(found))
    try:
        for part in parts_of(found):
            if isinstance(part, Batch):
                check(part, BATCH_RULES, desk.findings)
            else:
                desk.read(part)
    except (LongquanError, LookupError, ValueError):
        pass  # the rule has told it
    _raw(path, name, desk)


def _packed(path: Path, name: str, desk: Desk) -> None:
    """Every file of a zip, as if it stood alone; features through the reader of zips."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            about = [info.filename for info in infos] + [info.comment.decode("utf-8", "replace") for info in infos]
            desk.read(value_document([*about, archive.comment.decode("utf-8", "replace")], f"{name}#names"))
            for info in infos:
                suffix = info.filename.rpartition(".")[2].lower()
                if info.is_dir():
                    continue
                if info.file_size > _UNPACKED:
                    raise zipfile.BadZipFile(_("{name} is too large").format(name=info.filename))
                data = archive.read(info)
                if suffix in PLAIN | {"rels"}:
                    kind = "xml" if suffix == "rels" else suffix
                    desk.read(document_of(data, f"{name}#{info.filename}", kind))
                else:
                    _raw_block(data, f"{name}#{info.filename}", desk)
    except (zipfile.BadZipFile, OSError, RuntimeError) as error:
        desk.findings.add(UNREADABLE_RULE, UNREADABLE_RULE.check(Unreadable(name, str(error))))
        return
    _download(path, name, desk)


def _compressed(path: Path, name: str, desk: Desk) -> None:
    """A text that is kept compressed."""
    try:
        data = gzip.GzipFile(fileobj=BytesIO(path.read_bytes())).read(_UNPACKED + 1)
        if len(data) > _UNPACKED:
            raise OSError(_("{name} is too large").format(name=name))
    except (OSError, EOFError, zlib.error) as error:
        desk.findings.add(UNREADABLE_RULE, UNREADABLE_RULE.check(Unreadable(name, str(error))))
        return
    inner = name.removesuffix(".gz")
    desk.read(document_of(data, f"{name}#content", inner.rpartition(".")[2].lower()))


def _picture_file(path: Path, name: str, desk: Desk) -> None:
    """A GeoTIFF: how fine it is, and what its bytes say."""
    from pipeline.sources.raster import RasterOptions, describe_raster

    try:
        info = describe_raster(path, RasterOptions())
    except LongquanError as error:
        desk.findings.add(UNREADABLE_RULE, UNREADABLE_RULE.check(Unreadable(name, error.message)))
        return
    latitude = min(abs(info.extent[1]), abs(info.extent[3]))
    pixel = info.pixel * math.cos(math.radians(latitude))
    raster = Raster(name, pixel, info.kind == "imagery", desk.against.allowed)
    desk.findings.add(RASTER_RULE, RASTER_RULE.check(raster))
    _raw(path, name, desk)


def _raw(path: Path, name: str, desk: Desk) -> None:
    """The bytes of a file that is no text: paths, names, and words that must not occur."""
    with path.open("rb") as file:
        kept = b""
        while block := file.read(_BLOCK):
            _raw_block(kept + block, name, desk)
            kept = block[-_OVERLAP:]


def _raw_block(data: bytes, name: str, desk: Desk) -> None:
    check(Raw(data, name, desk.against), RAW_RULES, desk.findings)


_WAYS: Final[Mapping[str, Callable[[Path, str, Desk], None]]] = {
    **dict.fromkeys(("png", "webp", "jpg", "jpeg"), _picture),
    **dict.fromkeys(("woff2", "woff", "ttf", "otf"), _font),
    "pbf": _glyphs,
    "mvt": _tile_copy,
    **dict.fromkeys(("fgb", "geojson", "geojsonl", "geojsonseq", "parquet", "geoparquet", "csv"), _download),
    **dict.fromkeys(("gpkg", "mbtiles", "sqlite"), _database),
    **dict.fromkeys(("zip", "xlsx"), _packed),
    **dict.fromkeys(("tif", "tiff"), _picture_file),
    "gz": _compressed,
    "bin": _search,
}
