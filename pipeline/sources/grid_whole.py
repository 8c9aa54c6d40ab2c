"""Whether a file of scientific grids ends before its numbers do: the netCDF library reads zeros there, in silence.

NetCDF's classic format (NetCDF User's Guide, appendix B: CDF-1, CDF-2 with 64-bit offsets, CDF-5 with 64-bit sizes) has
no checksum and no trailer, but its header tells where each array lies. HDF5, and so netCDF-4, tells its length in the
superblock (HDF5 File Format Specification 3.0, II.A).
"""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import BinaryIO, Final, Literal

Format = Literal["netCDF", "HDF5", "GRIB"]

_HDF5: Final = b"\x89HDF\r\n\x1a\n"
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8, 7: 1, 8: 2, 9: 4, 10: 8, 11: 8}  # bytes of BYTE, CHAR … UINT64
_MOST: Final = 1 << 20  # dimensions, attributes or variables; more is no header
_END_OF_FILE: Final = {0: 40, 1: 44, 2: 28, 3: 28}  # of superblocks by version, with addresses of 8 bytes


def grid_format(path: Path) -> Format | None:
    """Which format of scientific grids a file begins like."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        head = file.read(8)
    if head[:3] == b"CDF" and head[3:4] in (b"\1", b"\2", b"\5"):
        return "netCDF"
    return "HDF5" if head == _HDF5 else "GRIB" if head[:4] == b"GRIB" else None


def missing(path: Path) -> tuple[int, int] | None:
    """How many bytes there are and how many it takes, where a file is cut off; None for whole and other files."""
    found = grid_format(path)
    if found is None or found == "GRIB":  # of which GDAL itself misses the end of a message
        return None
    size = path.stat().st_size
    with path.open("rb") as file:
        needed = _Classic(file).needed() if found == "netCDF" else _hdf5(file.read(64))
    return (size, needed) if needed > size else None


def _hdf5(head: bytes) -> int:
    """The length that a superblock tells; 0 where it tells none that can be understood."""
    version = head[8] if len(head) > 8 else -1
    at = _END_OF_FILE.get(version)
    if at is None or len(head) < at + 8 or head[9 if version > 1 else 13] != 8:
        return 0
    end: int = struct.unpack_from("<Q", head, at)[0]
    return end if end != 2**64 - 1 else 0


class _Cut(Exception):
    """The header itself is not whole."""


class _Classic:
    """A classic header, read from its beginning."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        version = file.read(4)[3]
        self._count = ">q" if version == 5 else ">i"  # of sizes and lengths
        self._offset = ">i" if version == 1 else ">q"

    def needed(self) -> int:
        """Where the last array ends; behind the header's end where that is not whole."""
        try:
            return self._ends()
        except _Cut:
            return self._file.tell() + 4

    def _ends(self) -> int:
        records = self._number(self._count)  # -1 where they were not counted when the file was written
        dimensions = []
        for _each in range(self._list()):
            self._skip(self._number(self._count))
            dimensions.append(self._number(self._count))
        self._attributes()
        fixed, growing = [0], []
        for _each in range(self._list()):
            self._skip(self._number(self._count))
            which = [self._number(self._count) for _axis in range(self._checked(self._number(self._count)))]
            if any(not 0 <= each < len(dimensions) for each in which):
                raise _Cut
            self._attributes()
            width = _SIZES.get(self._number(">i"), 0)
            self._number(self._count)  # the array's size, which has too few bits where it is large
            begin = self._number(self._offset)
            if which and dimensions[which[0]] == 0:  # that of records
                growing.append((begin, width * math.prod(dimensions[each] for each in which[1:])))
            else:
                fixed.append(begin + width * math.prod(dimensions[each] for each in which))
        if records > 0 and growing:
            # A single array of records is not padded to four bytes.
            record = growing[0][1] if len(growing) == 1 else sum(-(-size // 4) * 4 for _begin, size in growing)
            fixed += [begin + (records - 1) * record + size for begin, size in growing]
        return max(fixed)

    def _list(self) -> int:
        self._number(">i")  # which kind of list
        return self._checked(self._number(self._count))

    def _attributes(self) -> None:
        for _each in range(self._list()):
            self._skip(self._number(self._count))
            width = _SIZES.get(self._number(">i"), 0)
            self._skip(width * self._number(self._count))

    def _skip(self, length: int) -> None:
        """Past so many bytes and what fills them up to four."""
        if length < 0:
            raise _Cut
        self._file.seek(-(-length // 4) * 4, 1)

    def _number(self, layout: str) -> int:
        raw = self._file.read(struct.calcsize(layout))
        if len(raw) < struct.calcsize(layout):
            raise _Cut
        value: int = struct.unpack(layout, raw)[0]
        return value

    @staticmethod
    def _checked(count: int) -> int:
        if not 0 <= count <= _MOST:
            raise _Cut
        return count
