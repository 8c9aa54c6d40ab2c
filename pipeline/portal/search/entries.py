"""The entries of an index by columns, and their blocks of 64."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.compress import gunzip_bytes, gzip_bytes
from pipeline.portal.search.varints import (
    Numbers,
    Varints,
    differences,
    encode,
    text_bytes,
    unzigzag,
    zigzag,
)

BLOCK: Final = 64
FINE: Final = 1_000_000  # steps of a degree
BOXED, NUMBERED = 1, 2
UNREAD: Final = "-"  # stands for the reading of a character that nobody knows
LEVEL: Final = 9  # of compression: a third of a second for 300,000 names


@dataclass(frozen=True, slots=True)
class Kind:
    """What an entry is: a dataset, and a class of it where it has classes."""

    dataset: str
    code: str | None
    group: str  # place, area, road, rail, water, poi or address
    icon: str | None
    title: dict[str, str]  # zh, en

    def as_json(self) -> dict[str, Any]:
        """The kind as the description tells it."""
        return {"dataset": self.dataset, "code": self.code, "group": self.group, "icon": self.icon, "title": self.title}


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries in the order of their numbers; places in 10⁻⁶ degrees."""

    names: Sequence[str]
    others: Sequence[str]  # the name in English, "" where there is none
    readings: Sequence[str]  # syllables of the Chinese characters, blanks between
    codes: Sequence[str]  # route numbers and admin codes, blanks between
    kind: Numbers
    town: Numbers  # number of the town + 1, 0: none
    zoom: Numbers
    importance: Numbers  # 0 … 255
    lng: Numbers
    lat: Numbers
    id: Numbers  # of the feature in the tiles, 0: none
    box: NDArray[np.int64]  # [entries, 4] west, south, east, north; west > east: none
    numbers_at: Numbers  # offset of its house numbers
    numbers_bytes: Numbers
    numbers_count: Numbers

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it is read."""

    number: int
    name: str
    other: str
    readings: tuple[str, ...]
    codes: tuple[str, ...]
    kind: int
    town: int  # −1: none
    zoom: int
    importance: int
    lng: int  # 10⁻⁶ degrees
    lat: int
    id: int
    box: tuple[int, int, int, int] | None
    numbers: tuple[int, int, int] | None = field(default=None)  # offset, bytes, count


def encode_block(entries: Entries, first: int, centre: tuple[int, int]) -> bytes:
    """The block that begins with entry `first`; `centre` in 10⁻⁶ degrees."""
    rows = slice(first, first + BLOCK)
    names = entries.names[rows]
    boxed = entries.box[rows, 0] <= entries.box[rows, 2]
    numbered = entries.numbers_count[rows] > 0
    lng, lat, box = entries.lng[rows], entries.lat[rows], entries.box[rows][boxed]
    away = np.stack(
        [lng[boxed] - box[:, 0], lat[boxed] - box[:, 1], box[:, 2] - lng[boxed], box[:, 3] - lat[boxed]], axis=1
    )
    columns = [
        entries.kind[rows],
        entries.town[rows],
        entries.zoom[rows],
        entries.importance[rows],
        zigzag(differences(lng, centre[0])),
        zigzag(differences(lat, centre[1])),
        zigzag(differences(entries.id[rows])),
        boxed * BOXED + numbered * NUMBERED,
        away.ravel(),
        zigzag(differences(entries.numbers_at[rows][numbered])),
        entries.numbers_bytes[rows][numbered],
        entries.numbers_count[rows][numbered],
    ]
    texts = [entries.names[rows], entries.others[rows], entries.readings[rows], entries.codes[rows]]
    head = encode([len(names)]) + b"".join(text_bytes("\n".join(each)) for each in texts)
    return gzip_bytes(head + encode(np.concatenate(columns)), LEVEL)


def decode_block(data: bytes, first: int, centre: tuple[int, int]) -> list[Entry]:
    """The entries of a block. Raises ArchiveError for a damaged one."""
    read = Varints(gunzip_bytes(data))
    count = read.one()
    names, others, readings, codes = (read.text().split("\n") for _i in range(4))
    kind, town, zoom, importance = (read.many(count) for _i in range(4))
    lng = np.cumsum(unzigzag(read.many(count))) + centre[0]
    lat = np.cumsum(unzigzag(read.many(count))) + centre[1]
    ids = np.cumsum(unzigzag(read.many(count)))
    flags = read.many(count)
    boxed, numbered = np.flatnonzero(flags & BOXED), np.flatnonzero(flags & NUMBERED)
    away = read.many(4 * len(boxed)).reshape(-1, 4)
    at = np.cumsum(unzigzag(read.many(len(numbered))))
    lengths, counts = read.many(len(numbered)), read.many(len(numbered))
    boxes = {
        row: (int(lng[row] - w), int(lat[row] - s), int(lng[row] + e), int(lat[row] + n))
        for row, (w, s, e, n) in zip(boxed.tolist(), away.tolist(), strict=True)
    }
    runs = {
        row: (a, b, c)
        for row, a, b, c in zip(numbered.tolist(), at.tolist(), lengths.tolist(), counts.tolist(), strict=True)
    }
    return [
        Entry(
            first + row,
            names[row],
            others[row],
            tuple("" if each == UNREAD else each for each in readings[row].split()),
            tuple(codes[row].split()),
            int(kind[row]),
            int(town[row]) - 1,
            int(zoom[row]),
            int(importance[row]),
            int(lng[row]),
            int(lat[row]),
            int(ids[row]),
            boxes.get(row),
            runs.get(row),
        )
        for row in range(count)
    ]
