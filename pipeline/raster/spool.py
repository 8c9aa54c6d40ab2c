"""Tile bodies put aside until all zooms are done: archives begin with the lowest zoom, pyramids with the highest."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import IO, Final, NamedTuple

import numpy as np

from pipeline.archive.staging import cannot_write
from pipeline.archive.tileids import FIRST_IDS
from pipeline.archive.writer import DIGEST

_BUFFER: Final = 1 << 20  # bytes


class Body(NamedTuple):
    """An encoded tile."""

    zoom: int
    position: int  # on the Hilbert curve of the zoom
    data: bytes
    digest: bytes  # as the archive's writer wants it

    @classmethod
    def of(cls, zoom: int, position: int, data: bytes) -> Body:
        """With the digest; hashing leaves the other threads alone."""
        return cls(zoom, position, data, hashlib.sha256(data).digest()[:DIGEST])


class Spooled(NamedTuple):
    """A tile on its way into an archive."""

    tile_id: int
    data: bytes
    digest: bytes


@dataclass(slots=True)
class _Zoom:
    positions: array[int] = field(default_factory=lambda: array("q"))
    places: array[int] = field(default_factory=lambda: array("q"))  # indices into the bodies


class TileSpool:
    """A context manager around a nameless file beside `out`, which not even a killed process leaves behind.

    `put` tiles of each zoom in ascending order, then read them: all of a zoom in order, or one of them. Equal bodies
    are kept once. One thread puts; any may read.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        try:
            self._file: IO[bytes] = tempfile.TemporaryFile(dir=out.parent, buffering=_BUFFER)  # noqa: SIM115
        except OSError as err:
            raise cannot_write(out, err) from err
        self._zooms: dict[int, _Zoom] = {}
        self._known: dict[bytes, int] = {}  # digest → index of the body
        self._digests: list[bytes] = []
        self._offsets = array("Q", [0])
        self._written = True
        self._lock = Lock()

    def __enter__(self) -> TileSpool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):  # flushing may fail again on a full disk
            self._file.close()

    @property
    def size(self) -> int:
        """Bytes of all distinct bodies."""
        return self._offsets[-1]

    def put(self, body: Body) -> None:
        """Keep a tile. Raises OutputError when the disk is full."""
        zoom = self._zooms.setdefault(body.zoom, _Zoom())
        assert not zoom.positions or body.position > zoom.positions[-1], "tiles of a zoom ascend"
        place = self._known.get(body.digest)
        if place is None:
            place = self._known[body.digest] = len(self._digests)
            self._digests.append(body.digest)
            try:
                self._file.seek(0, 2)
                self._file.write(body.data)
            except OSError as err:
                raise cannot_write(self.out, err) from err
            self._offsets.append(self._offsets[-1] + len(body.data))
        zoom.positions.append(body.position)
        zoom.places.append(place)

    def zooms(self) -> list[int]:
        """Those that hold tiles, ascending."""
        return sorted(self._zooms)

    def positions(self, zoom: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Of the tiles of a zoom, ascending."""
        return np.array(self._zooms[zoom].positions if zoom in self._zooms else (), np.int64)

    def get(self, zoom: int, position: int) -> bytes | None:
        """A tile's body; None where there is none."""
        known = self._zooms.get(zoom)
        if known is None:
            return None
        low, high = 0, len(known.positions)
        while low < high:
            middle = (low + high) // 2
            if known.positions[middle] < position:
                low = middle + 1
            else:
                high = middle
        if low == len(known.positions) or known.positions[low] != position:
            return None
        return self._body(known.places[low])

    def tiles(self) -> Iterator[Spooled]:
        """All tiles in the order of their ids."""
        for zoom in self.zooms():
            known = self._zooms[zoom]
            for position, place in zip(known.positions, known.places, strict=True):
                yield Spooled(FIRST_IDS[zoom] + position, self._body(place), self._digests[place])

    def _body(self, place: int) -> bytes:
        start, stop = self._offsets[place], self._offsets[place + 1]
        with self._lock:
            try:
                self._file.seek(start)
                return self._file.read(stop - start)
            except OSError as err:
                raise cannot_write(self.out, err) from err
