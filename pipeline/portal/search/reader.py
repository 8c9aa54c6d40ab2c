"""Reads an index in pieces, as the portal does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import numpy as np

from pipeline.archive.compress import gunzip_bytes
from pipeline.errors import ArchiveError, InputError
from pipeline.i18n import _
from pipeline.portal.search.container import HEADER_BYTES, read_header, read_lengths
from pipeline.portal.search.entries import BLOCK, FINE, Entry, Kind, decode_block
from pipeline.portal.search.fold import Folder
from pipeline.portal.search.numbers import Door, decode_doors
from pipeline.portal.search.shards import Postings, decode_shard, decode_tail
from pipeline.portal.search.varints import Numbers

_NOTHING: Final = Postings(np.zeros(0, np.int64), 0, None)
_KEPT: Final = 20_000  # pieces of each sort that are remembered


@dataclass(frozen=True, slots=True)
class Description:
    """What an index says of itself."""

    centre: tuple[int, int]  # 10⁻⁶ degrees
    lng_scale: float  # metres of a degree
    lat_scale: float
    kinds: tuple[Kind, ...]
    towns: tuple[str, ...]
    prefixes: tuple[str, ...]
    syllables: Mapping[str, int]
    fold: Mapping[str, str]


class Index:
    """An open index; a context manager. Raises ArchiveError for what is none or is damaged."""

    def __init__(self, read: Callable[[int, int], bytes], where: str, close: Callable[[], None] | None = None) -> None:
        self._read, self._close, self.where = read, close, where
        self.header = read_header(read(0, HEADER_BYTES), where)
        self.told: dict[str, Any] = _json(gunzip_bytes(self._section("description")))
        self.description = _description(self.told)
        blocks = -(-self.header.entries // BLOCK)
        self._block_at = read_lengths(self._section("block_directory"), blocks)
        self._shard_at = read_lengths(self._section("shard_directory"), 1 << self.header.bits)
        self.folder = Folder(self.description.fold)
        self._blocks: dict[int, list[Entry]] = {}
        self._shards: dict[int, dict[int, Postings]] = {}

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._close is not None:
            self._close()

    def entries(self, numbers: Sequence[int]) -> list[Entry]:
        """The entries of some numbers."""
        return [self._block(number // BLOCK)[number % BLOCK] for number in numbers]

    def postings(self, hashes: Iterable[int]) -> list[Postings]:
        """Which entries have each of some grams."""
        return [self._shard(self.shard_of(h)[0]).get(h, _NOTHING) for h in hashes]

    def shard_of(self, gram: int) -> tuple[int, int]:
        """The shard in which a gram stands, and its bytes."""
        number = gram >> (32 - self.header.bits)
        return number, self._shard_at[number + 1] - self._shard_at[number]

    def block_bytes(self, number: int) -> int:
        """The bytes of a block."""
        return self._block_at[number + 1] - self._block_at[number]

    def complete(self, postings: Postings) -> Numbers:
        """All entries of a gram, its tail read where it has one."""
        if postings.tail is None:
            return postings.entries
        at, length = postings.tail
        data = self._piece("tails", at, length)
        rest = decode_tail(data, int(postings.entries[-1]), postings.count - len(postings.entries))
        return np.concatenate([postings.entries, rest])

    def doors(self, entry: Entry) -> list[Door]:
        """The house numbers of an entry, ascending; none where it has none."""
        if entry.numbers is None:
            return []
        at, length, _count = entry.numbers
        return decode_doors(self._piece("numbers", at, length), entry.lng, entry.lat)

    def blocks(self) -> Iterable[list[Entry]]:
        """All entries, block by block."""
        for number in range(len(self._block_at) - 1):
            yield self._block(number)

    def _block(self, number: int) -> list[Entry]:
        found = self._blocks.get(number)
        if found is None:
            if len(self._blocks) >= _KEPT:
                self._blocks.clear()
            at, end = self._block_at[number : number + 2]
            found = decode_block(self._piece("blocks", at, end - at), number * BLOCK, self.description.centre)
            self._blocks[number] = found
        return found

    def _shard(self, number: int) -> dict[int, Postings]:
        found = self._shards.get(number)
        if found is None:
            if len(self._shards) >= _KEPT:
                self._shards.clear()
            at, end = self._shard_at[number : number + 2]
            found = self._shards[number] = decode_shard(self._piece("shards", at, end - at))
        return found

    def _section(self, name: str) -> bytes:
        section = self.header.sections[name]
        return self._piece(name, 0, section.length)

    def _piece(self, name: str, at: int, length: int) -> bytes:
        section = self.header.sections[name]
        data = self._read(section.offset + at, length) if at + length <= section.length else b""
        if len(data) != length:
            raise ArchiveError(_("The search index is cut off."), where=self.where, hint=_("copy it again"))
        return data


def open_index(path: Path) -> Index:
    """The index in a file. Raises InputError for a file that cannot be read, ArchiveError for one that is no index."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(
            _("The search index cannot be read: {reason}").format(reason=error.strerror or error), where=str(path)
        ) from error

    def read(at: int, length: int) -> bytes:
        file.seek(at)
        return file.read(length)

    try:
        return Index(read, str(path), file.close)
    except BaseException:
        file.close()
        raise


def open_published(dist: Path) -> Index:
    """The index of a published folder, as its catalog.json names it. Raises InputError and ArchiveError."""
    catalog = dist / "catalog.json"
    expected = _("the folder of a published edition, such as dist/public")
    try:
        told = json.loads(catalog.read_bytes())
        file = str(told["search"]["file"])
    except OSError as error:
        raise InputError(
            _("There is no catalogue: {reason}").format(reason=error.strerror or error),
            where=str(catalog),
            expected=expected,
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            _("The catalogue names no search index."), where=str(catalog), hint=_("build the edition again")
        ) from error
    return open_index(dist / file)


def _json(data: bytes) -> dict[str, Any]:
    try:
        told = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ArchiveError(_("The search index is damaged.")) from error
    return told if isinstance(told, dict) else {}


def _description(told: dict[str, Any]) -> Description:
    try:
        return _described(told)
    except (KeyError, TypeError, ValueError) as error:
        raise ArchiveError(_("The search index is damaged.")) from error


def _described(told: dict[str, Any]) -> Description:
    lng, lat = told["centre"]
    return Description(
        (int(lng), int(lat)),
        float(told["lng_scale"]),
        float(told["lat_scale"]),
        tuple(Kind(k["dataset"], k["code"], k["group"], k["icon"], k["title"]) for k in told["kinds"]),
        tuple(told["towns"]),
        tuple(told["prefixes"]),
        told["syllables"],
        dict(zip(*told["fold"], strict=True)),
    )


def degrees(fine: int) -> float:
    """10⁻⁶ degrees as degrees."""
    return fine / FINE
