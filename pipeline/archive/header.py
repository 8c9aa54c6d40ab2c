"""The 127 bytes at the start of an archive (PMTiles v3 §3), as a frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from pmtiles.tile import Compression, HeaderDict, TileType, deserialize_header, serialize_header

from pipeline.errors import ArchiveError
from pipeline.i18n import _
from pipeline.types import Bounds

__all__ = [
    "HEADER_BYTES",
    "MAGIC",
    "ROOT_LIMIT",
    "VERSION",
    "Compression",
    "Header",
    "Section",
    "TileType",
    "format_header",
    "parse_header",
]

MAGIC: Final = b"PMTiles"
VERSION: Final = 3
HEADER_BYTES: Final = 127
ROOT_LIMIT: Final = 16_384  # header and root together must be smaller: one first request reads both
_E7: Final = 10_000_000


class Section(NamedTuple):
    """A run of bytes of the file."""

    offset: int
    length: int

    @property
    def end(self) -> int:
        """The first byte after the section."""
        return self.offset + self.length


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says; whether it is true is what `verify` asks."""

    root: Section
    metadata: Section
    leaves: Section
    data: Section
    addressed_tiles: int  # tiles before run-length encoding; 0 = unknown
    tile_entries: int  # directory entries that point at tiles; 0 = unknown
    tile_contents: int  # distinct blobs in the data section; 0 = unknown
    clustered: bool
    internal_compression: Compression
    tile_compression: Compression
    tile_type: TileType
    min_zoom: int
    max_zoom: int
    bounds: Bounds  # west, south, east, north in degrees
    center: tuple[float, float, int]  # lng, lat, zoom a map opens with
    version: int = VERSION


def parse_header(data: bytes) -> Header:
    """The header in the first 127 bytes of `data`.

    Raises ArchiveError for anything that is not PMTiles v3, is shorter, or names an unknown compression or tile type.
    """
    if data[:2] == MAGIC[:2] and data[: len(MAGIC)] != MAGIC:
        # Versions 1 and 2 began with "PM" and a 16-bit version (PMTiles v2 specification).
        raise _wrong_version(int.from_bytes(data[2:4], "little"))
    if data[: len(MAGIC)] != MAGIC:
        raise ArchiveError(
            _("This is not a PMTiles archive: it begins with {found}.").format(found=_seen(data)),
            expected=_('a file that begins with "PMTiles"'),
            hint=_("check that the right file was given and that it was not changed on the way"),
        )
    if len(data) > len(MAGIC) and data[len(MAGIC)] != VERSION:
        raise _wrong_version(data[len(MAGIC)])
    if len(data) < HEADER_BYTES:
        raise ArchiveError(
            _("The archive is cut off: its header has {found} bytes.").format(found=len(data)),
            expected=_("{n} bytes").format(n=HEADER_BYTES),
            hint=_("copy or download the file again"),
        )
    internal, compression, tile_type = data[97], data[98], data[99]
    if internal not in _values(Compression) or compression not in _values(Compression):
        raise ArchiveError(
            _("The header names an unknown compression: {code}.").format(
                code=internal if internal not in _values(Compression) else compression
            ),
            expected=_("a code from 0 to 4"),
            hint=_("the file is damaged or newer than this program"),
        )
    if tile_type not in _values(TileType):
        raise ArchiveError(
            _("The header names an unknown tile type: {code}.").format(code=tile_type),
            expected=_("a code from 0 to 6"),
            hint=_("the file is damaged or newer than this program"),
        )
    h = deserialize_header(data)
    return Header(
        root=Section(h["root_offset"], h["root_length"]),
        metadata=Section(h["metadata_offset"], h["metadata_length"]),
        leaves=Section(h["leaf_directory_offset"], h["leaf_directory_length"]),
        data=Section(h["tile_data_offset"], h["tile_data_length"]),
        addressed_tiles=h["addressed_tiles_count"],
        tile_entries=h["tile_entries_count"],
        tile_contents=h["tile_contents_count"],
        clustered=h["clustered"],
        internal_compression=h["internal_compression"],
        tile_compression=h["tile_compression"],
        tile_type=h["tile_type"],
        min_zoom=h["min_zoom"],
        max_zoom=h["max_zoom"],
        bounds=(h["min_lon_e7"] / _E7, h["min_lat_e7"] / _E7, h["max_lon_e7"] / _E7, h["max_lat_e7"] / _E7),
        center=(h["center_lon_e7"] / _E7, h["center_lat_e7"] / _E7, h["center_zoom"]),
        version=h["version"],
    )


def format_header(header: Header) -> bytes:
    """The 127 bytes of `header`; `parse_header` gives the same header back (degrees rounded to 1e-7)."""
    west, south, east, north = header.bounds
    lng, lat, zoom = header.center
    fields: HeaderDict = {
        "version": header.version,
        "root_offset": header.root.offset,
        "root_length": header.root.length,
        "metadata_offset": header.metadata.offset,
        "metadata_length": header.metadata.length,
        "leaf_directory_offset": header.leaves.offset,
        "leaf_directory_length": header.leaves.length,
        "tile_data_offset": header.data.offset,
        "tile_data_length": header.data.length,
        "addressed_tiles_count": header.addressed_tiles,
        "tile_entries_count": header.tile_entries,
        "tile_contents_count": header.tile_contents,
        "clustered": header.clustered,
        "internal_compression": header.internal_compression,
        "tile_compression": header.tile_compression,
        "tile_type": header.tile_type,
        "min_zoom": header.min_zoom,
        "max_zoom": header.max_zoom,
        "min_lon_e7": round(west * _E7),
        "min_lat_e7": round(south * _E7),
        "max_lon_e7": round(east * _E7),
        "max_lat_e7": round(north * _E7),
        "center_zoom": zoom,
        "center_lon_e7": round(lng * _E7),
        "center_lat_e7": round(lat * _E7),
    }
    return bytes(serialize_header(fields))


def _values(codes: type[Compression] | type[TileType]) -> frozenset[int]:
    return frozenset(code.value for code in codes)


def _seen(data: bytes) -> str:
    return repr(data[:8].decode("latin-1")) if data else _("nothing (the file is empty)")


def _wrong_version(found: int) -> ArchiveError:
    return ArchiveError(
        _("This is PMTiles version {found}.").format(found=found),
        expected=_("version {version}").format(version=VERSION),
        hint=_("convert it with the tool that wrote it, or with `pmtiles convert`"),
    )
