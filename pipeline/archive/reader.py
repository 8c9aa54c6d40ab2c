"""Opens an archive and hands out what is asked for, never the whole of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple

from pmtiles.tile import tileid_to_zxy, zxy_to_tileid

from pipeline.archive.compress import decompress
from pipeline.archive.directory import Directory, decode_directory
from pipeline.archive.header import HEADER_BYTES, ROOT_LIMIT, Header, Section, parse_header
from pipeline.archive.metadata import parse_metadata
from pipeline.archive.region import Ranges
from pipeline.archive.source import FileSource, Source
from pipeline.archive.tileids import FIRST_IDS, ZOOM_LIMIT, zoom_of
from pipeline.errors import ArchiveError, LongquanError, UsageError
from pipeline.i18n import _

DEPTH_LIMIT: Final = 3  # root, leaf, leaf of a leaf; the specification discourages more than two (§4)
_LEAVES_KEPT: Final = 64  # decoded leaf directories, about 8 MB


class Entry(NamedTuple):
    """A run of tiles with one content; `offset` counts from the start of the tile data."""

    tile_id: int
    offset: int
    length: int
    run_length: int


def open_archive(path: Path | str) -> Archive:
    """Open a local PMTiles v3 archive.

    Raises InputError when there is no such file, ArchiveError when it is not PMTiles v3 or is cut off.
    """
    return Archive(FileSource(Path(path)))


class Archive:
    """A PMTiles v3 archive behind a `Source`; a context manager. Several threads may read from it at once."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._leaves: dict[Section, Directory] = {}  # in the order of their last use
        self._lock = threading.Lock()
        self._metadata: dict[str, Any] | None = None
        try:
            front = source.read(0, ROOT_LIMIT)
            self.header: Header = parse_header(front[:HEADER_BYTES])
            root = self.header.root
            data = front[root.offset : root.end] if root.end <= len(front) else self._bytes(root)
            self.root: Directory = decode_directory(decompress(data, self.header.internal_compression))
        except LongquanError as err:
            source.close()
            raise self._located(err) from err

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self.source.close()

    @property
    def metadata(self) -> dict[str, Any]:
        """The JSON metadata; read once. Raises ArchiveError when it is not a JSON object."""
        if self._metadata is None:
            try:
                packed = self._bytes(self.header.metadata)
                text = decompress(packed, self.header.internal_compression) if packed else b"{}"
                found = parse_metadata(text)
            except LongquanError as err:
                raise self._located(err) from err
            if not isinstance(found, dict):
                raise ArchiveError(
                    _("The metadata is a JSON {kind}.").format(kind=type(found).__name__),
                    where=self.source.name,
                    expected=_("a JSON object"),
                )
            self._metadata = found
        return self._metadata

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """The decompressed body of one tile, None when the archive has none there."""
        tile_id = tile_id_of(z, x, y)
        body = self.raw(tile_id)
        if body is None:
            return None
        try:
            return decompress(body, self.header.tile_compression)
        except ArchiveError as err:
            err.where = f"{self.source.name} {z}/{x}/{y}"
            raise

    def raw(self, tile_id: int) -> bytes | None:
        """The body of one tile as it lies in the file, None when the archive has none there."""
        entry = self.find(tile_id)
        return None if entry is None else self.body(entry.offset, entry.length)

    def find(self, tile_id: int) -> Entry | None:
        """The entry whose run covers `tile_id`."""
        directory = self.root
        for _depth in range(DEPTH_LIMIT):
            i = int(directory.tile_ids.searchsorted(tile_id, side="right")) - 1
            if i < 0:
                return None
            entry = _entry(directory, i)
            if entry.run_length:
                return entry if tile_id < entry.tile_id + entry.run_length else None
            directory = self.leaf(entry.offset, entry.length)
        raise self._too_deep()

    def body(self, offset: int, length: int) -> bytes:
        """`length` bytes of tile data from `offset`; raises ArchiveError when the file ends before."""
        return self._bytes(Section(self.header.data.offset + offset, length))

    def entries(self) -> Iterator[Entry]:
        """Every entry that points at a tile, in tile order."""
        for directory in self.directories():
            columns = (directory.tile_ids, directory.offsets, directory.lengths, directory.run_lengths)
            yield from map(Entry, *(column.tolist() for column in columns))

    def directories(self, within: Ranges | None = None) -> Iterator[Directory]:
        """The same as columns: one directory of tile entries after the other, leaves read when their turn comes.

        `within` passes over leaves that have no tile in these ranges.
        """
        yield from self._walk(self.root, 1, within)

    def zooms(self) -> tuple[int, int]:
        """The lowest and the highest zoom that hold tiles, from the directories, whatever the header says.

        Raises ArchiveError when there is no tile or an id lies beyond zoom 31.
        """
        ends = []
        for i in (0, -1):
            directory = self.root
            for _depth in range(DEPTH_LIMIT):
                if not directory.size:
                    raise ArchiveError(
                        _("The archive holds no tile."), where=self.source.name, hint=_("build it again")
                    )
                entry = _entry(directory, i)
                if entry.run_length:
                    break
                directory = self.leaf(entry.offset, entry.length)
            else:
                raise self._too_deep()
            ends.append(zoom_of(entry.tile_id if i == 0 else entry.tile_id + entry.run_length - 1))
        if max(ends) > ZOOM_LIMIT:
            raise ArchiveError(
                _("There are tiles beyond zoom {limit}.").format(limit=ZOOM_LIMIT), where=self.source.name
            )
        return min(ends), max(ends)

    def tiles(self, zoom: int | None = None) -> Iterator[tuple[int, int, int, bytes]]:
        """z, x, y and body (as it lies in the file) of every tile, or of those of one zoom, in tile order."""
        first, end = (0, FIRST_IDS[-1]) if zoom is None else FIRST_IDS[zoom : zoom + 2]
        for entry in self.entries():
            begin, stop = max(entry.tile_id, first), min(entry.tile_id + entry.run_length, end)
            if begin < stop:
                body = self.body(entry.offset, entry.length)
                for tile_id in range(begin, stop):
                    yield (*tileid_to_zxy(tile_id), body)

    def leaf(self, offset: int, length: int) -> Directory:
        """The leaf directory at `offset` of the leaf section; the last ones asked for are kept."""
        place = Section(self.header.leaves.offset + offset, length)
        with self._lock:
            kept = self._leaves.pop(place, None)
            if kept is not None:
                self._leaves[place] = kept  # the last one used is the last to go
                return kept
        try:
            read = decode_directory(decompress(self._bytes(place), self.header.internal_compression))
        except ArchiveError as err:
            raise self._located(err) from err
        with self._lock:
            self._leaves[place] = read
            while len(self._leaves) > _LEAVES_KEPT:
                del self._leaves[next(iter(self._leaves))]
        return read

    def _walk(self, directory: Directory, depth: int, within: Ranges | None) -> Iterator[Directory]:
        if depth > DEPTH_LIMIT:
            raise self._too_deep()
        begin = 0
        for i in (directory.run_lengths == 0).nonzero()[0].tolist():
            if i > begin:
                yield directory.part(begin, i)
            begin = i + 1
            if within is None or _reaches(within, directory.tile_ids[i : i + 2].tolist()):
                leaf = self.leaf(int(directory.offsets[i]), int(directory.lengths[i]))
                yield from self._walk(leaf, depth + 1, within)
        if directory.size > begin:
            yield directory.part(begin, directory.size)

    def _bytes(self, section: Section) -> bytes:
        data = self.source.read(*section) if section.end <= self.source.size else b""
        if len(data) != section.length:
            raise ArchiveError(
                _("The archive is cut off: it has {size} bytes.").format(size=self.source.size),
                where=self.source.name,
                expected=_("at least {n} bytes").format(n=section.end),
                hint=_("copy or download the file again"),
            )
        return data

    def _located(self, err: LongquanError) -> LongquanError:
        err.where = err.where or self.source.name
        return err

    def _too_deep(self) -> ArchiveError:
        return ArchiveError(
            _("Leaf directories are nested more than {limit} deep.").format(limit=DEPTH_LIMIT), where=self.source.name
        )


def tile_id_of(z: int, x: int, y: int) -> int:
    """The PMTiles id of a tile; raises UsageError when there is no such tile."""
    if not (0 <= z <= 31 and 0 <= x < 1 << z and 0 <= y < 1 << z):
        raise UsageError(
            _("There is no tile {z}/{x}/{y}.").format(z=z, x=x, y=y),
            expected=_("zoom 0 … 31, x and y from 0 to 2^zoom − 1"),
        )
    return zxy_to_tileid(z, x, y)


def _reaches(ranges: Ranges, ids: list[int]) -> bool:
    """Whether a range has a tile in a leaf, given its first id and that of the entry behind it, if there is one."""
    at = int(ranges.stops.searchsorted(ids[0], side="right"))
    return at < len(ranges.starts) and (len(ids) == 1 or bool(ranges.starts[at] < ids[1]))


def _entry(directory: Directory, i: int) -> Entry:
    return Entry(
        int(directory.tile_ids[i]),
        int(directory.offsets[i]),
        int(directory.lengths[i]),
        int(directory.run_lengths[i]),
    )
