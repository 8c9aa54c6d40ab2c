"""An index written once more from what can be read of it: where the two are the same, nothing else is inside."""

from __future__ import annotations

import itertools

import numpy as np

from pipeline.portal.search.build import entry_grams
from pipeline.portal.search.container import compose
from pipeline.portal.search.entries import BLOCK, UNREAD, Entries, Entry, encode_block
from pipeline.portal.search.fold import Folder, simplified
from pipeline.portal.search.match import target
from pipeline.portal.search.numbers import Doors, coarse, encode_doors
from pipeline.portal.search.reader import Index
from pipeline.portal.search.shards import encode_shards


def written_again(index: Index) -> bytes:
    """The whole file of the entries, house numbers and description that an index has. Raises ArchiveError."""
    read = [entry for block in index.blocks() for entry in block]
    entries = _columns(read)
    folder = Folder(simplified())
    units = [folder.units(entry.name) for entry in read]
    syllables = [list(target(u, entry.readings).readings) for u, entry in zip(units, read, strict=True)]
    bits, shards, tails = encode_shards(*entry_grams(units, syllables, entries.others, entries.codes, folder))
    return compose(
        entries=len(read),
        numbers=int(entries.numbers_count.sum()),
        bits=bits,
        description=index.told,
        blocks=[encode_block(entries, first, index.description.centre) for first in range(0, len(read), BLOCK)],
        shards=shards,
        tails=tails,
        doors=_doors(index, read),
    )


def _columns(read: list[Entry]) -> Entries:
    def numbers(values: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array(values, np.int64)

    runs = [entry.numbers or (0, 0, 0) for entry in read]
    return Entries(
        names=[entry.name for entry in read],
        others=[entry.other for entry in read],
        readings=[" ".join(each or UNREAD for each in entry.readings) for entry in read],
        codes=[" ".join(entry.codes) for entry in read],
        kind=numbers([entry.kind for entry in read]),
        town=numbers([entry.town + 1 for entry in read]),
        zoom=numbers([entry.zoom for entry in read]),
        importance=numbers([entry.importance for entry in read]),
        lng=numbers([entry.lng for entry in read]),
        lat=numbers([entry.lat for entry in read]),
        id=numbers([entry.id for entry in read]),
        box=np.array([entry.box or (1, 1, 0, 0) for entry in read], np.int64).reshape(-1, 4),
        numbers_at=numbers([at for at, _length, _count in runs]),
        numbers_bytes=numbers([length for _at, length, _count in runs]),
        numbers_count=numbers([count for _at, _length, count in runs]),
    )


def _doors(index: Index, read: list[Entry]) -> bytes:
    """The house numbers in the order of their entries."""
    owners = [entry for entry in read if entry.numbers is not None]
    runs = [index.doors(entry) for entry in owners]
    flat = list(itertools.chain.from_iterable(runs))
    town = np.array([entry.town + 1 for entry in owners], np.int64)
    towns = [
        owner.town + 1 if door.town == -2 else door.town + 1
        for owner, run in zip(owners, runs, strict=True)
        for door in run
    ]
    doors = Doors(
        np.cumsum([0, *map(len, runs)], dtype=np.int64),
        np.array([run[0].kind if run else 0 for run in runs], np.int64),
        np.array([door.number for door in flat], np.int64),
        np.array([door.suffix for door in flat], object),
        np.array([door.lng for door in flat], np.int64),
        np.array([door.lat for door in flat], np.int64),
        np.array([door.id for door in flat], np.int64),
        np.array(towns, np.int64),
    )
    lng, lat = (
        np.array([coarse(value) for value in values], np.int64)
        for values in ([e.lng for e in owners], [e.lat for e in owners])
    )
    return encode_doors(doors, lng, lat, town)[0]
