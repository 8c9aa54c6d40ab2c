"""House numbers of an entry: where each door of a road, an estate or a village is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.portal.search.varints import (
    Numbers,
    Varints,
    encode_each,
    encode_one,
    text_bytes,
    unzigzag,
    zigzag,
)

COARSE: Final = 100_000  # steps of a degree: a metre


@dataclass(frozen=True, slots=True)
class Doors:
    """House numbers in runs, one run for each entry that has any; within a run they ascend."""

    offsets: Numbers  # [runs + 1] into all others
    kind: Numbers  # [runs]
    number: Numbers  # [doors]
    suffix: NDArray[np.object_]  # [doors] str: "-2", "甲", ""
    lng: Numbers  # [doors] 10⁻⁵ degrees
    lat: Numbers
    id: Numbers  # of the feature in the tiles, 0: none
    town: Numbers  # number of the town + 1, 0: none


@dataclass(frozen=True, slots=True)
class Door:
    """One house number as it is read."""

    number: int
    suffix: str
    lng: int  # 10⁻⁵ degrees
    lat: int
    id: int
    town: int  # −1: none, −2: its entry's
    kind: int


def encode_doors(doors: Doors, lng: Numbers, lat: Numbers, town: Numbers) -> tuple[bytes, Numbers]:
    """The bytes of all runs, and where each begins [runs + 1]; `lng`, `lat`, `town` are those of the entries [runs]."""
    runs = len(doors.kind)
    sizes = np.diff(doors.offsets)
    begins = doors.offsets[:-1]

    def apart(values: Numbers, first: Numbers) -> Numbers:
        """Differences within runs; the first of each run against `first` [runs]."""
        out = np.diff(values, prepend=np.int64(0))
        out[begins] = values[begins] - first
        return out

    none = np.zeros(runs, np.int64)
    columns = [
        encode_each(apart(doors.number, none)),
        encode_each(zigzag(apart(doors.lng, lng))),
        encode_each(zigzag(apart(doors.lat, lat))),
        encode_each(zigzag(apart(doors.id, none))),
        encode_each(doors.town),
    ]
    ends = [np.concatenate([[0], np.cumsum(lengths)]) for _data, lengths in columns]
    foreign = doors.town != np.repeat(town, sizes)
    strange = np.zeros(runs, bool)
    strange[np.repeat(np.arange(runs), sizes)[foreign]] = True
    special = np.flatnonzero(doors.suffix != "")
    special_run = np.searchsorted(doors.offsets, special, side="right") - 1
    special_at = np.searchsorted(special_run, np.arange(runs + 1))
    pieces: list[bytes] = []
    for run in range(runs):
        first, last = int(doors.offsets[run]), int(doors.offsets[run + 1])
        rows = special[special_at[run] : special_at[run + 1]]
        piece = [
            b"".join(map(encode_one, (int(doors.kind[run]), last - first, int(strange[run])))),
            _part(columns[0][0], ends[0], first, last),
        ]
        piece.append(encode_one(len(rows)))
        for gap, row in zip(np.diff(rows, prepend=first).tolist(), rows.tolist(), strict=True):
            piece += [encode_one(gap), text_bytes(doors.suffix[row])]
        piece += [_part(columns[i][0], ends[i], first, last) for i in (1, 2, 3)]
        if strange[run]:
            piece.append(_part(columns[4][0], ends[4], first, last))
        pieces.append(b"".join(piece))
    offsets = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces], dtype=np.int64)]).astype(np.int64)
    return b"".join(pieces), offsets


def _part(data: NDArray[np.uint8], ends: Numbers, first: int, last: int) -> bytes:
    return data[int(ends[first]) : int(ends[last])].tobytes()


def decode_doors(data: bytes, lng: int, lat: int) -> list[Door]:
    """The house numbers of one run; `lng`, `lat` are those of its entry, 10⁻⁶ degrees. Raises ArchiveError."""
    read = Varints(data)
    kind, count, strange = read.one(), read.one(), read.one()
    number = np.cumsum(read.many(count))
    suffixes: dict[int, str] = {}
    at = 0
    for _i in range(read.one()):
        at += read.one()
        suffixes[at] = read.text()
    x = np.cumsum(unzigzag(read.many(count))) + coarse(lng)
    y = np.cumsum(unzigzag(read.many(count))) + coarse(lat)
    ids = np.cumsum(unzigzag(read.many(count)))
    towns = read.many(count) - 1 if strange else np.full(count, -2)
    return [
        Door(n, suffixes.get(row, ""), a, b, id, town, kind)
        for row, (n, a, b, id, town) in enumerate(
            zip(number.tolist(), x.tolist(), y.tolist(), ids.tolist(), towns.tolist(), strict=True)
        )
    ]


def coarse(fine: int) -> int:
    """10⁻⁶ degrees as 10⁻⁵ ones, towards the south-west."""
    return fine // 10
