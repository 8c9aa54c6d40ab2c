"""An archive as a folder of files, z/x/y.EXT counted from the north, with `metadata.json` beside them.

`metadata.json` says what the table `metadata` of MBTiles says, as `tippecanoe -e` writes it and GDAL reads it.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from pipeline.archive.header import Compression, TileType
from pipeline.archive.mbtiles import Exported, stored_as, tileset_metadata
from pipeline.archive.reader import Archive
from pipeline.archive.region import ranges_of
from pipeline.archive.spans import Span, batches, changed, in_order, spans_of, spread
from pipeline.archive.staging import cannot_write, sync_folder, temporary_beside
from pipeline.archive.tileids import ZOOM_LIMIT
from pipeline.errors import OutputError, UsageError
from pipeline.i18n import _
from pipeline.progress import Progress, Silent

EXTENSIONS: Final = {
    TileType.MVT: "pbf",
    TileType.PNG: "png",
    TileType.JPEG: "jpg",
    TileType.WEBP: "webp",
    TileType.AVIF: "avif",
    TileType.MLT: "mlt",
}


def export_folder(
    archive: Archive,
    out: Path,
    *,
    gzip: bool = False,
    max_zoom: int = ZOOM_LIMIT,
    extension: str | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Exported:
    """Write every tile of an archive as a file of its own; the folder appears when it is complete.

    Tiles are written decompressed, as any file server serves them; with `gzip` they are gzipped under the same names,
    for servers that add `Content-Encoding: gzip`. Tiles of zooms beyond `max_zoom` are left out; `extension` stands
    after the dot in place of the usual one.

    Raises OutputError when `out` exists and is not an empty folder or cannot be written, UsageError when pictures
    shall be gzipped, ArchiveError when the archive is damaged or its tiles have no known name.
    """
    progress = progress or Silent()
    header = archive.header
    said = tileset_metadata(archive)
    if gzip and header.tile_type not in (TileType.MVT, TileType.MLT):
        raise UsageError(
            _("The tiles are of type {type}, which is compressed already.").format(type=header.tile_type.name.lower()),
            where=archive.source.name,
            hint=_("export them plain"),
        )
    extension = extension or EXTENSIONS[header.tile_type]
    said["maxzoom"] = str(min(int(said["maxzoom"]), max_zoom))
    change = stored_as(header, Compression.GZIP if gzip else Compression.NONE)
    out = Path(os.path.normpath(out))
    if out.name in ("", ".."):
        raise OutputError(
            _("This is no name for a new folder."),
            where=str(out),
            hint=_("give the name of a folder that is not there yet"),
        )
    staging = temporary_beside(out)
    try:
        _refuse_filled(out)
        staging.mkdir()

        def write(batch: Sequence[Span]) -> tuple[int, int]:
            count = size = 0
            made: set[tuple[int, int]] = set()
            carried = changed([archive], batch, change)
            for tiles in spread(carried):
                for zoom, x, y, which in zip(*tiles, strict=True):
                    if (zoom, x) not in made:
                        (staging / str(zoom) / str(x)).mkdir(parents=True, exist_ok=True)
                        made.add((zoom, x))
                    body = carried[which].body or b""
                    with open(f"{staging}/{zoom}/{x}/{y}.{extension}", "wb", buffering=0) as file:  # noqa: PTH123
                        file.write(body)
                    count, size = count + 1, size + len(body)
            return count, size

        progress.start(_("Writing tiles"), header.addressed_tiles or None, _("tiles"))
        count = size = 0
        spans = batches(spans_of(archive, ranges_of(None, 0, max_zoom)))
        with closing(in_order(write, spans, threads=threads)) as done:
            for tiles, written in done:
                count, size = count + tiles, size + written
                progress.advance(tiles)
        (staging / "metadata.json").write_text(json.dumps(said, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        if hasattr(os, "sync"):
            os.sync()  # a call for each of a million files would take hours on a disk that turns
        if out.is_dir():
            out.rmdir()  # succeeds only while it is empty
        staging.rename(out)
        sync_folder(out.parent)
    except OSError as err:
        raise cannot_write(out, err) from err
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    progress.done()
    return Exported(out, count, size)


def _refuse_filled(out: Path) -> None:
    if os.path.lexists(out) and not out.is_dir():
        raise OutputError(
            _("There is a file of this name already."),
            where=str(out),
            hint=_("give the name of a folder that is not there yet, or say --format mbtiles"),
        )
    if os.path.lexists(out) and (not out.is_dir() or out.is_symlink() or any(out.iterdir())):
        raise OutputError(
            _("The folder exists already and is not empty."),
            where=str(out),
            hint=_("choose another name, or remove it first: a folder is never replaced"),
        )
