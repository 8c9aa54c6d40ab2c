"""An archive as MBTiles 1.3: one SQLite file, rows counted from the south.

    map     zoom_level, tile_column, tile_row → tile_id        what `tiles`, a view, puts together
    images  tile_id → tile_data                                 every body once
    metadata  name, value

The same archive gives the same bytes: rows in tile order, a fixed page size, no time, and the one field in which SQLite
leaves its own version is set to a fixed one.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

from pipeline.archive.compress import decompress, gzip_bytes
from pipeline.archive.header import Compression, Header, TileType
from pipeline.archive.reader import Archive
from pipeline.archive.region import ranges_of
from pipeline.archive.spans import Body, Change, Shown, batches, changed, in_order, spans_of, spread
from pipeline.archive.staging import StagedFile, refuse_existing
from pipeline.archive.tileids import ZOOM_LIMIT, zxy_of
from pipeline.errors import ArchiveError, OutputError
from pipeline.i18n import _
from pipeline.progress import Progress, Silent

# The values of `format`: three letters or a media type (MBTiles 1.3 §3.2.1.1).
FORMATS: Final = {
    TileType.MVT: "pbf",
    TileType.PNG: "png",
    TileType.JPEG: "jpg",
    TileType.WEBP: "webp",
    TileType.AVIF: "image/avif",
    TileType.MLT: "application/vnd.maplibre-vector-tile",
}
_APPLICATION_ID: Final = 0x4D504258  # "MPBX" (MBTiles 1.3 §2)
_PAGE: Final = 4096  # bytes
_VERSION_FIELD: Final = 96  # SQLITE_VERSION_NUMBER of the last writer (SQLite file format §1.3.12), read by nobody
_VERSION: Final = 3_040_000
_SCHEMA: Final = """
CREATE TABLE metadata (name TEXT, value TEXT);
CREATE TABLE map (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_id INTEGER);
CREATE TABLE images (tile_id INTEGER PRIMARY KEY, tile_data BLOB);
CREATE VIEW tiles AS SELECT map.zoom_level AS zoom_level, map.tile_column AS tile_column, map.tile_row AS tile_row,
    images.tile_data AS tile_data FROM map JOIN images ON images.tile_id = map.tile_id;
"""
_INDEXES: Final = (
    "CREATE UNIQUE INDEX name ON metadata (name)",
    "CREATE UNIQUE INDEX map_index ON map (zoom_level, tile_column, tile_row)",
)


class Exported(NamedTuple):
    """What became of an archive."""

    path: Path
    tiles: int
    bytes: int


def export_mbtiles(
    archive: Archive,
    out: Path,
    *,
    no_clobber: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Exported:
    """Write an archive as an MBTiles file; vector tiles are gzipped there, pictures are not (MBTiles 1.3 §3.3).

    Raises ArchiveError when the archive is damaged or its tiles have no name in MBTiles, OutputError when `out` cannot
    be written.
    """
    progress = progress or Silent()
    metadata = tileset_metadata(archive)
    if no_clobber:
        refuse_existing(out)
    progress.start(_("Writing tiles"), archive.header.addressed_tiles or None, _("tiles"))
    tiles = 0
    with StagedFile(out, no_clobber=no_clobber) as staged:
        database = sqlite3.connect(staged.temporary, isolation_level=None)
        try:
            database.executescript(
                f"PRAGMA page_size={_PAGE}; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
                f"PRAGMA locking_mode=EXCLUSIVE; PRAGMA application_id={_APPLICATION_ID}; BEGIN;{_SCHEMA}"
            )
            database.executemany("INSERT INTO metadata VALUES (?, ?)", metadata.items())
            with closing(_fill(database, archive, threads)) as counts:
                for count in counts:
                    tiles += count
                    progress.advance(count)
            for statement in (*_INDEXES, "COMMIT"):  # `executescript` would commit before it begins
                database.execute(statement)
        except sqlite3.OperationalError as err:
            raise OutputError(
                _("Cannot write: {reason}.").format(reason=err),
                where=str(out),
                hint=_("free some space or choose another folder; nothing was left behind"),
            ) from err
        finally:
            database.close()
        staged.file.seek(_VERSION_FIELD)
        staged.file.write(_VERSION.to_bytes(4, "big"))
        staged.commit()
    progress.done()
    return Exported(out, tiles, out.stat().st_size)


def tileset_metadata(archive: Archive) -> dict[str, str]:
    """What MBTiles says of a tileset, in a fixed order; `json` holds what is not text, such as `vector_layers`."""
    header = archive.header
    kind = FORMATS.get(header.tile_type)
    if kind is None:
        raise ArchiveError(
            _("The tiles are of type {type}.").format(type=header.tile_type.name.lower()),
            where=archive.source.name,
            expected=", ".join(known.name.lower() for known in FORMATS),
        )
    said = archive.metadata
    low, high = archive.zooms()
    first: dict[str, str] = {
        "name": str(said.get("name") or Path(archive.source.name).stem),
        "format": kind,
        "bounds": ",".join(f"{value:g}" if value == int(value) else repr(value) for value in header.bounds),
        "center": ",".join(map(repr, header.center)),
        "minzoom": str(low),
        "maxzoom": str(high),
    }
    rest = {key: value for key, value in sorted(said.items()) if key not in first and key != "json"}
    texts = {key: value for key, value in rest.items() if isinstance(value, str)}
    objects = {key: value for key, value in rest.items() if not isinstance(value, str)}
    if header.tile_type is TileType.MVT:
        objects.setdefault("vector_layers", [])  # required (MBTiles 1.3 §3.2.2)
    return {**first, **texts, **({"json": _json(objects)} if objects else {})}


def stored_as(header: Header, wanted: Compression) -> Change | None:
    """How bodies become such of another compression; None when they are already."""
    if header.tile_compression is wanted:
        return None

    def change(shown: Shown) -> Body:
        try:
            plain = decompress(shown.bodies[0], header.tile_compression)
        except ArchiveError as err:
            err.where = "/".join(map(str, zxy_of(shown.tile_id)))
            raise
        return gzip_bytes(plain) if wanted is Compression.GZIP else plain

    return change


def _fill(database: sqlite3.Connection, archive: Archive, threads: int | None) -> Generator[int, None, None]:
    """Write every tile; yields how many at a time. A body's id is its place in the archive: nothing to remember."""
    vector = archive.header.tile_type in (TileType.MVT, TileType.MLT)
    change = stored_as(archive.header, Compression.GZIP if vector else Compression.NONE)
    spans = batches(spans_of(archive, ranges_of(None, 0, ZOOM_LIMIT)))
    with closing(in_order(lambda part: changed([archive], part, change), spans, threads=threads)) as done:
        for batch in done:
            bodies = {each.places[0].offset: each.body for each in batch}
            database.executemany("INSERT OR IGNORE INTO images VALUES (?, ?)", bodies.items())
            offsets = [each.places[0].offset for each in batch]
            for tiles in spread(batch):
                south = [(1 << zoom) - 1 - y for zoom, y in zip(tiles.zooms, tiles.ys, strict=True)]
                images = [offsets[i] for i in tiles.which]
                database.executemany(
                    "INSERT INTO map VALUES (?, ?, ?, ?)", zip(tiles.zooms, tiles.xs, south, images, strict=True)
                )
                yield len(south)


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
