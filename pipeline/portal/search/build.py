"""An index out of entries in any order: numbered, spelled, and put into pieces."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.portal.search.container import compose
from pipeline.portal.search.entries import BLOCK, FINE, UNREAD, Entries, Kind, encode_block
from pipeline.portal.search.fold import Folder, Unit, simplified
from pipeline.portal.search.grams import (
    LETTERS,
    UNIT,
    WORD_START,
    Spelled,
    grams_of,
    hash_gram,
    letters_code,
    starts_of,
    word_code,
)
from pipeline.portal.search.numbers import Doors, coarse, encode_doors
from pipeline.portal.search.readings import Readings
from pipeline.portal.search.shards import encode_shards
from pipeline.portal.search.varints import Numbers
from pipeline.types import Bounds

METRES: Final = 111_320.0  # of a degree of latitude, near enough for nearness


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that can be found; places in degrees."""

    name: str
    other: str  # in English, "" where there is none
    pinyin: str  # as the data has it, "" where it does not
    codes: tuple[str, ...]
    kind: int  # index of its Kind
    town: int  # −1: none
    zoom: int
    importance: int  # 0 … 255
    lng: float
    lat: float
    id: int
    box: Bounds | None


@dataclass(frozen=True, slots=True)
class Numbered:
    """House numbers of things, in any order; places in degrees."""

    thing: Numbers  # [doors] index of the thing
    number: Numbers
    suffix: NDArray[np.object_]
    lng: NDArray[np.float64]
    lat: NDArray[np.float64]
    id: Numbers
    town: Numbers  # −1: none
    kind: int


@dataclass(frozen=True, slots=True)
class Built:
    """A finished index."""

    data: bytes
    head: int
    entries: int
    numbers: int


def build_index(
    things: Sequence[Thing],
    numbered: Numbered,
    *,
    kinds: Sequence[Kind],
    towns: Sequence[str],
    prefixes: Sequence[str],
    centre: tuple[float, float],
) -> Built:
    """The index of things, the same bytes in whatever order they come; `centre` is lng, lat of the city."""
    folder, readings = Folder(simplified()), Readings()
    order = sorted(range(len(things)), key=lambda i: _order(things[i]))
    place = np.empty(len(things), np.int64)
    place[order] = np.arange(len(things))
    sorted_things = [things[i] for i in order]
    units = [folder.units(thing.name) for thing in sorted_things]
    syllables = [readings.read(u, thing.pinyin) for u, thing in zip(units, sorted_things, strict=True)]
    begin = (round(centre[0] * FINE), round(centre[1] * FINE))

    lng = np.array([round(thing.lng * FINE) for thing in sorted_things], np.int64)
    lat = np.array([round(thing.lat * FINE) for thing in sorted_things], np.int64)
    town = np.array([thing.town + 1 for thing in sorted_things], np.int64)
    doors, owner = _runs(numbered, place)
    data, at = encode_doors(doors, coarse(lng[owner]), coarse(lat[owner]), town[owner])  # type: ignore[arg-type]
    numbers_at, numbers_bytes, numbers_count = (np.zeros(len(things), np.int64) for _i in range(3))
    numbers_at[owner], numbers_bytes[owner], numbers_count[owner] = at[:-1], np.diff(at), np.diff(doors.offsets)

    entries = Entries(
        names=[_line(thing.name) for thing in sorted_things],
        others=[_line(thing.other) for thing in sorted_things],
        readings=[
            " ".join(s or UNREAD for s, u in zip(each, us, strict=True) if u.han)
            for each, us in zip(syllables, units, strict=True)
        ],
        codes=[" ".join("".join(code.split()) for code in thing.codes) for thing in sorted_things],
        kind=np.array([thing.kind for thing in sorted_things], np.int64),
        town=town,
        zoom=np.array([thing.zoom for thing in sorted_things], np.int64),
        importance=np.array([thing.importance for thing in sorted_things], np.int64),
        lng=lng,
        lat=lat,
        id=np.array([thing.id for thing in sorted_things], np.int64),
        box=_boxes(sorted_things, lng, lat),
        numbers_at=numbers_at,
        numbers_bytes=numbers_bytes,
        numbers_count=numbers_count,
    )
    bits, shards, tails = encode_shards(*entry_grams(units, syllables, entries.others, entries.codes, folder))
    blocks = [encode_block(entries, first, begin) for first in range(0, len(things), BLOCK)]
    used = Counter(s for each in syllables for s in each if s)
    description = {
        "centre": list(begin),
        "lng_scale": round(METRES * math.cos(math.radians(centre[1])), 1),
        "lat_scale": METRES,
        "kinds": [kind.as_json() for kind in kinds],
        "towns": list(towns),
        "prefixes": list(prefixes),
        "syllables": {syllable: used[syllable] for syllable in sorted(used)},
        "fold": fold_table(units),
    }
    file = compose(
        entries=len(things),
        numbers=len(numbered.thing),
        bits=bits,
        description=description,
        blocks=blocks,
        shards=shards,
        tails=tails,
        doors=data,
    )
    pieces = sum(map(len, blocks)) + sum(map(len, shards)) + len(tails) + len(data)
    return Built(file, len(file) - pieces, len(things), len(numbered.thing))


def _order(thing: Thing) -> tuple[Any, ...]:
    box = thing.box or (0.0, 0.0, 0.0, 0.0)
    place = (thing.lng, thing.lat, thing.id, thing.codes, thing.other, box)
    return (-thing.importance, thing.name, thing.kind, *place, thing.pinyin, thing.zoom, thing.town)


def _line(text: str) -> str:
    """A text without line ends, which separate the texts of a block."""
    return " ".join(text.split())


def _boxes(things: Sequence[Thing], lng: Numbers, lat: Numbers) -> NDArray[np.int64]:
    """The boxes in 10⁻⁶ degrees [things, 4], each round its own place; west > east where there is none."""
    found = np.array([thing.box or (1.0, 1.0, 0.0, 0.0) for thing in things], np.float64).reshape(-1, 4)
    out = np.stack(
        [
            np.floor(found[:, 0] * FINE),
            np.floor(found[:, 1] * FINE),
            np.ceil(found[:, 2] * FINE),
            np.ceil(found[:, 3] * FINE),
        ],
        axis=1,
    ).astype(np.int64)
    there = out[:, 0] <= out[:, 2]
    out[there, 0], out[there, 1] = np.minimum(out[there, 0], lng[there]), np.minimum(out[there, 1], lat[there])
    out[there, 2], out[there, 3] = np.maximum(out[there, 2], lng[there]), np.maximum(out[there, 3], lat[there])
    return out


def _runs(numbered: Numbered, place: Numbers) -> tuple[Doors, Numbers]:
    """The doors in the order of the entries they belong to, and those entries [runs]."""
    of = place[numbered.thing] if len(numbered.thing) else np.zeros(0, np.int64)
    _texts, suffix = np.unique(numbered.suffix.astype(str), return_inverse=True)
    lng = np.floor(numbered.lng * 100_000 + 0.5).astype(np.int64)
    lat = np.floor(numbered.lat * 100_000 + 0.5).astype(np.int64)
    order = np.lexsort((numbered.id, lat, lng, suffix, numbered.number, of))
    of = of[order]
    begins = np.flatnonzero(np.diff(of, prepend=-1))
    doors = Doors(
        np.append(begins, len(of)).astype(np.int64),
        np.full(len(begins), numbered.kind, np.int64),
        numbered.number[order],
        numbered.suffix[order],
        lng[order],
        lat[order],
        numbered.id[order],
        numbered.town[order] + 1,
    )
    return doors, of[begins]


def entry_grams(
    units: Sequence[list[Unit]],
    syllables: Sequence[list[str]],
    others: Sequence[str],
    codes: Sequence[str],
    folder: Folder,
) -> tuple[Numbers, NDArray[np.uint32], NDArray[np.uint8]]:
    """Entry, hash and kind of every gram of entries: of names taken apart, English names, and codes."""
    entry: list[int] = []
    text: list[int] = []
    code: list[int] = []
    read: list[int] = []
    initial: list[int] = []
    extra: list[tuple[int, int, int]] = []
    known: dict[str, tuple[int, int]] = {"": (0, 0)}
    words: dict[str, tuple[int, list[int]]] = {}

    def word(number: int, value: str) -> int:
        found = words.get(value)
        if found is None:
            found = words[value] = (word_code(value), starts_of([value], WORD_START))
        extra.extend((number, each, WORD_START) for each in found[1])
        return found[0]

    texts = 0
    for number, (other, some) in enumerate(zip(others, codes, strict=True)):
        for unit, syllable in zip(units[number], syllables[number], strict=True):
            entry.append(number)
            text.append(texts)
            code.append(ord(unit.value) if unit.han else word(number, unit.value))
            spelled = known.get(syllable)
            if spelled is None:
                spelled = known[syllable] = (letters_code(syllable), ord(syllable[0]))
            read.append(spelled[0])
            initial.append(spelled[1])
        texts += 2  # the next text is no neighbour
        letters = "".join(syllables[number])[:3]
        extra.extend((number, each, LETTERS) for each in starts_of([letters], LETTERS))
        if other:
            for unit in folder.units(other):
                entry.append(number)
                text.append(texts)
                code.append(ord(unit.value) if unit.han else word(number, unit.value))
                read.append(0)
                initial.append(0)
            texts += 2
        for each in some.split():
            for unit in folder.units(each):
                extra += [(number, hash_gram(UNIT, word(number, unit.value)), UNIT)]
    spelled_all = Spelled(
        np.array(entry, np.int64),
        np.array(text, np.int64),
        np.array(code, np.uint32),
        np.array(read, np.uint32),
        np.array(initial, np.uint32),
    )
    rows, hashes, kinds = grams_of(spelled_all)
    more = np.array(extra, np.int64).reshape(-1, 3)
    return (
        np.concatenate([rows, more[:, 0]]),
        np.concatenate([hashes, more[:, 1].astype(np.uint32)]),
        np.concatenate([kinds, more[:, 2].astype(np.uint8)]),
    )


def fold_table(units: Sequence[list[Unit]]) -> list[str]:
    """The other forms of the characters that occur, and what they become."""
    used = {unit.value for each in units for unit in each if unit.han} | set("号弄幢栋座单元室组层楼路两")
    pairs = sorted((a, b) for a, b in simplified().items() if b in used)
    return ["".join(a for a, _b in pairs), "".join(b for _a, b in pairs)]


def as_catalog(file: str, built: Built) -> Mapping[str, Any]:
    """What catalog.json tells of an index."""
    return {
        "file": file,
        "bytes": len(built.data),
        "head": built.head,
        "entries": built.entries,
        "numbers": built.numbers,
    }
