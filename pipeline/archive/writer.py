"""Writes a clustered, deduplicated archive in one pass over the tiles, without holding them in memory.

Tile bodies are spooled to a nameless file in the target's folder; at the end the archive is written in the order the
specification recommends (§2): header, root directory, metadata, leaf directories, tile data. The `pmtiles` package's
own writer deduplicates by Python's `hash` and is neither reproducible nor necessarily clustered.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import tempfile
from array import array
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, NamedTuple

import numpy as np
from pmtiles.tile import tileid_to_zxy

from pipeline.archive.compress import gzip_bytes
from pipeline.archive.directory import DIRECTORY_LEVEL, Directory, lay_out
from pipeline.archive.header import HEADER_BYTES, Compression, Header, Section, TileType, format_header
from pipeline.archive.staging import StagedFile, cannot_write, refuse_existing, require_file_name
from pipeline.errors import ArchiveError
from pipeline.i18n import _
from pipeline.types import Bounds

RUN_LIMIT: Final = (1 << 32) - 1  # readers hold run lengths and sizes in 32 bits
_BLOCK: Final = 1 << 20  # bytes copied at once
DIGEST: Final = 16  # bytes of sha256 kept per content; a collision among 10⁹ tiles has a chance of 10⁻²¹


class Written(NamedTuple):
    """What became of an archive."""

    path: Path
    tiles: int  # addressed
    entries: int  # after run-length encoding
    contents: int  # distinct bodies
    bytes: int
    sha256: str  # of the whole file, hexadecimal
    min_zoom: int  # the zooms that hold tiles
    max_zoom: int


class Writer:
    """A context manager: `add` tiles in ascending order, then `finish`; leaving without `finish` leaves no file."""

    def __init__(
        self, path: Path, *, tile_type: TileType, tile_compression: Compression, no_clobber: bool = False
    ) -> None:
        self.path = Path(path)
        self._tile_type = tile_type
        self._tile_compression = tile_compression
        self._no_clobber = no_clobber
        require_file_name(self.path)
        if no_clobber:
            refuse_existing(self.path)
        try:
            # nameless, so that not even a killed process leaves it behind
            self._spool: IO[bytes] = tempfile.TemporaryFile(dir=self.path.parent, buffering=_BLOCK)  # noqa: SIM115
        except OSError as err:
            raise cannot_write(self.path, err) from err
        self._ids = array("Q")
        self._offsets = array("Q")
        self._lengths = array("I")
        self._runs = array("I")
        self._places: dict[bytes, int] = {}  # content digest → offset in the spool
        self._spooled = 0
        self._tiles = 0
        self._next_id = 0
        self._last_offset = -1

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Throw away what was added and not finished."""
        with contextlib.suppress(OSError):
            self._spool.close()

    @property
    def digests(self) -> Mapping[bytes, int]:
        """Digest of every content → its offset in the tile data, in the order of the offsets."""
        return self._places

    def add(self, tile_id: int, data: bytes | memoryview, run_length: int = 1, digest: bytes | None = None) -> None:
        """Add one body, already compressed, for `run_length` tiles from `tile_id` on.

        `digest` is the body's in another archive's `digests`, where it is known.

        Raises ArchiveError for an id that is not larger than all before it and for an empty body; OutputError when
        the disk is full.
        """
        if tile_id < self._next_id or run_length < 1:
            raise self._out_of_order(tile_id, run_length)
        size = len(data)
        if not 0 < size <= RUN_LIMIT:
            raise self._unfit(tile_id, size)
        digest = digest or hashlib.sha256(data).digest()[:DIGEST]
        offset = self._places.get(digest)
        if offset is None:
            offset = self._places[digest] = self._spooled
            try:
                self._spool.write(data)
            except OSError as err:
                self.close()
                raise cannot_write(self.path, err) from err
            self._spooled += size
        if (
            offset == self._last_offset
            and tile_id == self._next_id
            and self._tiles
            and self._runs[-1] + run_length <= RUN_LIMIT
        ):
            self._runs[-1] += run_length
        else:
            self._ids.append(tile_id)
            self._offsets.append(offset)
            self._lengths.append(size)
            self._runs.append(run_length)
            self._last_offset = offset
        self._next_id = tile_id + run_length
        self._tiles += run_length

    def finish(
        self,
        *,
        metadata: Mapping[str, Any],
        bounds: Bounds,
        center: tuple[float, float, int] | None = None,
        min_zoom: int | None = None,
        max_zoom: int | None = None,
    ) -> Written:
        """Write the archive under its final name.

        `bounds` is west, south, east, north in degrees; `center` lng, lat, zoom, by default the middle of the bounds
        at the lowest zoom. The header names the zooms that hold tiles; `min_zoom` and `max_zoom` are what was planned
        and may be wider.

        Raises ArchiveError when nothing was added or a tile lies outside the planned zooms; OutputError when the disk
        is full or the name is taken.
        """
        if not self._tiles:
            raise ArchiveError(
                _("There is no tile to write."),
                where=str(self.path),
                hint=_("check that the input holds features within the zooms and bounds asked for"),
            )
        zooms = self._zooms(min_zoom, max_zoom)
        header, front = self._front(metadata, bounds, center, zooms)
        digest = hashlib.sha256(front)
        with StagedFile(self.path, no_clobber=self._no_clobber) as staged, ThreadPoolExecutor(1) as beside:
            staged.file.write(front)
            self._spool.seek(0)
            while block := self._spool.read(_BLOCK):
                hashed = beside.submit(digest.update, block)  # takes as long as writing
                staged.file.write(block)
                hashed.result()
            staged.commit()
        self.close()
        return Written(
            self.path, self._tiles, len(self._ids), len(self._places), header.data.end, digest.hexdigest(), *zooms
        )

    def _zooms(self, min_zoom: int | None, max_zoom: int | None) -> tuple[int, int]:
        """Lowest and highest zoom that hold tiles; ids ascend from zoom to zoom."""
        lowest, highest = tileid_to_zxy(self._ids[0])[0], tileid_to_zxy(self._next_id - 1)[0]
        if (min_zoom is not None and lowest < min_zoom) or (max_zoom is not None and highest > max_zoom):
            raise ArchiveError(
                _("There are tiles of the zooms {lowest} to {highest}.").format(lowest=lowest, highest=highest),
                where=str(self.path),
                expected=_("zooms {min_zoom} to {max_zoom}").format(min_zoom=min_zoom, max_zoom=max_zoom),
            )
        return lowest, highest

    def _front(
        self,
        metadata: Mapping[str, Any],
        bounds: Bounds,
        center: tuple[float, float, int] | None,
        zooms: tuple[int, int],
    ) -> tuple[Header, bytes]:
        """Everything that lies before the tile data."""
        laid = lay_out(self._directory())
        text = json.dumps(metadata, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
        packed = gzip_bytes(text.encode(), DIRECTORY_LEVEL)
        west, south, east, north = bounds
        if not all(math.isfinite(value) for value in bounds):
            raise ArchiveError(_("The bounds are not numbers: {bounds}.").format(bounds=bounds), where=str(self.path))
        root = Section(HEADER_BYTES, len(laid.root))
        meta = Section(root.end, len(packed))
        leaves = Section(meta.end, len(laid.leaves))
        header = Header(
            root=root,
            metadata=meta,
            leaves=leaves,
            data=Section(leaves.end, self._spooled),
            addressed_tiles=self._tiles,
            tile_entries=len(self._ids),
            tile_contents=len(self._places),
            clustered=True,
            internal_compression=Compression.GZIP,
            tile_compression=self._tile_compression,
            tile_type=self._tile_type,
            min_zoom=zooms[0],
            max_zoom=zooms[1],
            bounds=bounds,
            center=center or ((west + east) / 2, (south + north) / 2, zooms[0]),
        )
        return header, format_header(header) + laid.root + packed + laid.leaves

    def _directory(self) -> Directory:
        columns = (self._ids, self._runs, self._lengths, self._offsets)
        return Directory(*(np.array(column, dtype=np.int64) for column in columns))

    def _out_of_order(self, tile_id: int, run_length: int) -> ArchiveError:
        if run_length < 1:
            return ArchiveError(
                _("Tile {tile} has a run length of {run}.").format(tile=tile_id, run=run_length),
                where=str(self.path),
                expected=_("1 or more"),
            )
        return ArchiveError(
            _("Tile {tile} was added after tile {last}.").format(tile=tile_id, last=self._next_id - 1),
            where=str(self.path),
            expected=_("tile ids in strictly ascending order"),
        )

    def _unfit(self, tile_id: int, size: int) -> ArchiveError:
        return ArchiveError(
            _("Tile {tile} has {size} bytes.").format(tile=tile_id, size=size),
            where=str(self.path),
            expected=_("from 1 to {limit} bytes").format(limit=RUN_LIMIT),
        )
