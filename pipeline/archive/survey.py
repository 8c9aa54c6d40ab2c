"""Reads an archive that may be broken: what can be read, and what stood in the way."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pmtiles.tile import tileid_to_zxy

from pipeline.archive.compress import decompress
from pipeline.archive.directory import Directory, decode_directory
from pipeline.archive.header import HEADER_BYTES, Header, Section, parse_header
from pipeline.archive.metadata import parse_metadata
from pipeline.archive.reader import DEPTH_LIMIT
from pipeline.archive.rules import Finding
from pipeline.archive.source import Source
from pipeline.archive.tileids import FIRST_IDS, zooms_of
from pipeline.errors import ArchiveError
from pipeline.i18n import _

_EMPTY: Final = Directory(*(np.zeros(0, dtype=np.int64) for _column in range(4)))


class Survey:
    """One archive under examination; every part is read when a rule first asks for it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.front = source.read(0, HEADER_BYTES)
        self.troubles: dict[str, list[Finding]] = {}  # rule id → what the walk through the directories met
        self._leaf_places: set[tuple[int, int]] = set()

    @cached_property
    def header(self) -> Header:
        """The header; only asked for when the rules about its bytes found nothing."""
        return parse_header(self.front)

    @cached_property
    def sections(self) -> dict[str, Section]:
        """The four sections by name."""
        h = self.header
        return {"root": h.root, "metadata": h.metadata, "leaves": h.leaves, "data": h.data}

    @cached_property
    def directories(self) -> list[Directory]:
        """Root and leaves in tile order; fills `troubles` on the way. No leaf is entered twice."""
        found: list[Directory] = []
        self._enter(self.header.root, 1, None, found)
        return found

    @cached_property
    def leaf_bytes(self) -> int:
        """Bytes of the leaf section that some entry points at."""
        return sum(length for _offset, length in self._leaf_places) if self.directories else 0

    @cached_property
    def entries(self) -> Directory:
        """All entries that point at tiles, in the order of the directories."""
        parts = [Directory(*(column[d.run_lengths > 0] for column in d)) for d in self.directories]
        return Directory(*(np.concatenate(columns) for columns in zip(*parts, strict=True))) if parts else _EMPTY

    @cached_property
    def contents(self) -> tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Entries by where their bodies lie: order, offsets and lengths in it, and where a body comes first."""
        order = np.lexsort((self.entries.lengths, self.entries.offsets))
        offsets, lengths = self.entries.offsets[order], self.entries.lengths[order]
        fresh = np.ones(len(order), dtype=bool)
        fresh[1:] = (np.diff(offsets) != 0) | (np.diff(lengths) != 0)
        return order, offsets, lengths, fresh

    @cached_property
    def zooms(self) -> NDArray[np.int64]:
        """The zoom of each entry's first tile."""
        return zooms_of(self.entries.tile_ids)

    @cached_property
    def metadata(self) -> Any:
        """The JSON metadata, whatever kind it is; ArchiveError when it cannot be read."""
        place = self.header.metadata
        return parse_metadata(decompress(self.source.read(*place), self.header.internal_compression))

    def tile_of(self, tile_id: int) -> tuple[int, int, int] | None:
        """z, x, y of an id, None when there is no such tile."""
        return tileid_to_zxy(tile_id) if 0 <= tile_id < FIRST_IDS[-1] else None

    def _trouble(self, rule: str, message: str, tile_id: int | None) -> None:
        tile = None if tile_id is None else self.tile_of(tile_id)
        self.troubles.setdefault(rule, []).append(Finding(message, tile))

    def _enter(self, place: Section, depth: int, announced: int | None, found: list[Directory]) -> None:
        try:
            packed = self.source.read(*place)
            if len(packed) != place.length:
                raise ArchiveError(_("the archive is cut off"))
            directory = decode_directory(decompress(packed, self.header.internal_compression))
        except ArchiveError as err:
            self._trouble(
                "directory-readable",
                _("the directory at byte {offset}: {reason}").format(offset=place.offset, reason=err.message),
                announced,
            )
            return
        if directory.size == 0:
            self._trouble(
                "directory-filled", _("the directory at byte {offset} is empty").format(offset=place.offset), announced
            )
            return
        if announced is not None and int(directory.tile_ids[0]) != announced:
            self._trouble(
                "leaf-start",
                _("a leaf announced with tile {announced} begins with tile {first}").format(
                    announced=announced, first=int(directory.tile_ids[0])
                ),
                announced,
            )
        begin = 0
        for i in np.flatnonzero(directory.run_lengths == 0).tolist():
            if i > begin:
                found.append(directory.part(begin, i))
            begin = i + 1
            self._enter_leaf(*(int(column[i]) for column in directory), depth=depth, found=found)
        if directory.size > begin:
            found.append(directory.part(begin, directory.size))

    def _enter_leaf(
        self, tile_id: int, _run: int, length: int, offset: int, *, depth: int, found: list[Directory]
    ) -> None:
        leaves = self.header.leaves
        if length == 0 or offset + length > leaves.length:
            self._trouble(
                "leaf-inside",
                _("a leaf of {length} bytes at {offset} lies outside the leaf section of {size} bytes").format(
                    length=length, offset=offset, size=leaves.length
                ),
                tile_id,
            )
        elif depth >= DEPTH_LIMIT:
            self._trouble("directory-depth", _("leaves are nested more than {n} deep").format(n=DEPTH_LIMIT), tile_id)
        elif (offset, length) in self._leaf_places:
            self._trouble("leaf-once", _("the leaf at {offset} is pointed at twice").format(offset=offset), tile_id)
        else:
            self._leaf_places.add((offset, length))
            self._enter(Section(leaves.offset + offset, length), depth + 1, tile_id, found)
