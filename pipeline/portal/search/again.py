"""An index written once more from what can be read of it: where the two are the same, nothing else is inside."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.portal.search.build import entry_grams
from pipeline.portal.search.container import compose
from pipeline.portal.search.entries import BLOCK, UNREAD, Entries, Entry, encode_block
from pipeline.portal.search.fold import Folder, Unit, simplified
from pipeline.portal.search.match import target
from pipeline.portal.search.numbers import Door, Doors, coarse, encode_doors
from pipeline.portal.search.reader import Index
from pipeline.portal.search.shards import encode_shards
from pipeline.portal.search.varints import Numbers


def written_again(index: Index) -> bytes:
    """The whole file of the entries, house numbers and description that an index has. Raises ArchiveError."""
    read = [entry for block in index.blocks() for entry in block]
    return written(index.told, read, [index.doors(entry) for entry in read])


def written(told: Mapping[str, Any], read: Sequence[Entry], doors: Sequence[Sequence[Door]]) -> bytes:
    """The whole file of entries in their order, each with its house numbers; `told` is the description."""
    owners = [row for row, run in enumerate(doors) if run]
    data, at = _doors([read[row] for row in owners], [doors[row] for row in owners])
    places = np.zeros((3, len(read)), np.int64)
    places[0, owners], places[1, owners] = at[:-1], np.diff(at)
    places[2, owners] = [len(doors[row]) for row in owners]
    entries = _columns(read, *places)
    folder = Folder(simplified())
    units = units_of(read, folder)
    syllables = syllables_of(read, units)
    bits, shards, tails = encode_shards(*entry_grams(units, syllables, entries.others, entries.codes, folder))
    lng, lat = told["centre"]
    return compose(
        entries=len(read),
        numbers=int(entries.numbers_count.sum()),
        bits=bits,
        description=told,
        blocks=[encode_block(entries, first, (int(lng), int(lat))) for first in range(0, len(read), BLOCK)],
        shards=shards,
        tails=tails,
        doors=data,
    )


def units_of(read: Sequence[Entry], folder: Folder) -> list[list[Unit]]:
    """The names of entries taken apart."""
    return [folder.units(entry.name) for entry in read]


def syllables_of(read: Sequence[Entry], units: Sequence[list[Unit]]) -> list[list[str]]:
    """How each unit of the names is read, "" where it is not."""
    return [list(target(u, entry.readings).readings) for u, entry in zip(units, read, strict=True)]


def _columns(read: Sequence[Entry], at: Numbers, lengths: Numbers, counts: Numbers) -> Entries:
    def numbers(values: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array(values, np.int64)

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
        numbers_at=at,
        numbers_bytes=lengths,
        numbers_count=counts,
    )


def _doors(owners: Sequence[Entry], runs: Sequence[Sequence[Door]]) -> tuple[bytes, Numbers]:
    """The house numbers in the order of their entries, and where the run of each begins [owners + 1]."""
    flat = list(itertools.chain.from_iterable(runs))
    town = np.array([entry.town + 1 for entry in owners], np.int64)
    towns = [
        owner.town + 1 if door.town == -2 else door.town + 1
        for owner, run in zip(owners, runs, strict=True)
        for door in run
    ]
    doors = Doors(
        np.cumsum([0, *map(len, runs)], dtype=np.int64),
        np.array([run[0].kind for run in runs], np.int64),
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
    return encode_doors(doors, lng, lat, town)
