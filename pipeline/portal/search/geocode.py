"""Where an address is, how surely, and by what it was found: 地名地址匹配."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.portal.search.allowance import EVERYTHING, Allowance
from pipeline.portal.search.engine import (
    Result,
    between,
    door_title,
    nearest_door,
    search,
    streets,
    strip_prefixes,
)
from pipeline.portal.search.entries import Entry
from pipeline.portal.search.fold import Unit
from pipeline.portal.search.numbers import Door
from pipeline.portal.search.query import HouseNumber, house_number
from pipeline.portal.search.reader import Index, degrees

LEVELS: Final = ("number", "interpolated", "road", "place", "town", "none")
_WORTH: Final = {"number": 100, "interpolated": 80, "road": 60, "place": 60}  # of an address that has a number
_OTHER_SUFFIX: Final = 5  # points less for 18 where 18-2 was asked for
_OTHER_TOWN: Final = 20  # for a place in another town than the one named
_TOWN: Final = 20  # points where nothing but the town was found
_LEAST: Final = 0.35  # quality below which a name is no match
_LOOKED_AT: Final = 5


@dataclass(frozen=True, slots=True)
class Located:
    """Where something is."""

    level: str  # of LEVELS
    score: int  # 0 … 100
    matched: str  # what was found, as the index spells it
    lng: float | None
    lat: float | None
    town: str
    dataset: str
    id: int  # of the feature in the tiles, 0: none


NOWHERE: Final = Located("none", 0, "", None, None, "", "", 0)


def geocode(index: Index, text: str) -> Located:
    """The best match of an address or a name: its door, else its road, village or estate, else its town."""
    units = tuple(index.folder.units(text))
    if not units:
        return NOWHERE
    asked = house_number(units)
    if asked is not None and (found := _numbered(index, asked)) is not None:
        return found
    return _named(index, units, 100) or _town(index, units) or NOWHERE


def _numbered(index: Index, asked: HouseNumber) -> Located | None:
    """A house number, else what it is counted along."""
    everything = Allowance(0, EVERYTHING)
    found = streets(index, asked.street, index.description.centre, everything)
    known = [(entry, match.quality, town) for entry, match, town in found]
    if not known:  # perhaps it is misspelt
        _left, town = strip_prefixes(index, asked.street)
        likely = search(index, _text(_left), limit=_LOOKED_AT, most=EVERYTHING)
        known = [(r.entry, r.quality, town) for r in likely if r.entry.numbers is not None and r.level == "entry"]
    known.sort(key=lambda each: each[2] >= 0 and each[0].town != each[2])  # those of the town that is named first
    for entry, quality, town in known[:_LOOKED_AT]:
        there = nearest_door(index.doors(entry), asked.number, asked.suffix)
        if there is not None:
            less = (0 if there[1] else _OTHER_SUFFIX) + _elsewhere(there[0], entry, town)
            return _door(index, entry, there[0], "number", quality, less)
    for entry, quality, town in known[:1]:
        guess = between(index.doors(entry), asked.number)
        if guess is not None:
            return _door(index, entry, guess, "interpolated", quality, _elsewhere(guess, entry, town))
    return _named(index, asked.street, 60)


def _elsewhere(door: Door, entry: Entry, town: int) -> int:
    """Points less where a town was named and the door is in another one."""
    own = entry.town if door.town == -2 else door.town
    return _OTHER_TOWN if town >= 0 and own >= 0 and own != town else 0


def _door(index: Index, entry: Entry, door: Door, level: str, quality: float, less: int) -> Located:
    about = index.description
    town = entry.town if door.town == -2 else door.town
    return Located(
        level,
        max(1, round(_WORTH[level] * min(quality, 1.0)) - less),
        door_title(entry.name, door),
        degrees(door.lng * 10),
        degrees(door.lat * 10),
        about.towns[town] if town >= 0 else "",
        about.kinds[door.kind].dataset,
        door.id,
    )


def _named(index: Index, units: Sequence[Unit], most: int) -> Located | None:
    """A name, with whatever leads to it or without; `most` points for one that is just the same."""
    stripped, town = strip_prefixes(index, units)
    for some in dict.fromkeys((tuple(units), stripped)):
        found = [r for r in search(index, _text(some), most=EVERYTHING) if r.level == "entry" and r.quality >= _LEAST]
        if found:
            best = max(found, key=lambda r: (round(r.quality, 9) - 0.2 * (town >= 0 and r.town != town), r.score))
            less = _OTHER_TOWN if town >= 0 and best.town >= 0 and best.town != town else 0
            return _entry(index, best, max(1, round(most * min(best.quality, 1.0)) - less))
    return None


def _entry(index: Index, found: Result, points: int) -> Located:
    about, entry = index.description, found.entry
    kind = about.kinds[entry.kind]
    level = "road" if kind.group in ("road", "rail", "address") else "town" if entry.name in about.towns else "place"
    town = about.towns[found.town] if found.town >= 0 else ""
    return Located(level, points, entry.name, degrees(entry.lng), degrees(entry.lat), town, kind.dataset, entry.id)


def _town(index: Index, units: Sequence[Unit]) -> Located | None:
    """The town that an address begins with."""
    _left, town = strip_prefixes(index, units)
    if town < 0:
        return None
    name = index.description.towns[town]
    found = [r for r in search(index, name, most=EVERYTHING) if r.entry.name == name]
    return _entry(index, found[0], _TOWN) if found else None


def _text(units: Sequence[Unit]) -> str:
    return " ".join(unit.value for unit in units)
