"""Answers queries over an index; the portal's engine gives the same answers, and its tests read this one's."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from pipeline.portal.search.allowance import MOST, Allowance
from pipeline.portal.search.candidates import Plan, Tiers, find, plan, split_plans, typo_plans
from pipeline.portal.search.entries import BLOCK, Entry
from pipeline.portal.search.fold import Unit
from pipeline.portal.search.match import Match, code_match, matched, target
from pipeline.portal.search.numbers import Door
from pipeline.portal.search.query import (
    HouseNumber,
    Tokens,
    beginnings_of,
    canonical_suffix,
    corrections,
    house_number,
    ways,
)
from pipeline.portal.search.reader import Index

RESULTS: Final = 10
BLOCKS: Final = 16  # read in one step
_STREETS: Final = 8  # whose house numbers are read
_DOORS: Final = 5  # proposed while a number is being typed
_FEW: Final = 5  # results below which something may be left out between
_NEAR: Final = 4000.0  # metres at which nearness is a half
_CORRECTIONS: Final = 8
_HERE: Final = 1.1  # how much better a street in the town that the query names is than others


@dataclass(frozen=True, slots=True)
class Result:
    """One answer; places in 10⁻⁶ degrees."""

    entry: Entry
    level: str  # entry, number, interpolated
    door: Door | None
    title: str  # the name, with the house number where there is one
    town: int  # −1: none
    lng: int
    lat: int
    marks: tuple[tuple[int, int], ...]  # of the title
    quality: float
    score: float


@dataclass(frozen=True, slots=True)
class _Steps:
    """One query on its way through the steps."""

    index: Index
    near: tuple[float, float]  # 10⁻⁶ degrees
    allowance: Allowance
    found: dict[tuple[int, int, str], Result]

    def keep(self, result: Result) -> None:
        """Remember the best result for an entry and a house number."""
        key = (
            result.entry.number,
            result.door.number if result.door else -1,
            result.door.suffix if result.door else "",
        )
        before = self.found.get(key)
        if before is None or result.score > before.score:
            self.found[key] = result


def search(
    index: Index, text: str, near: tuple[float, float] | None = None, limit: int = RESULTS, most: int = MOST
) -> list[Result]:
    """The best answers to a query that reads `most` bytes, `near` a place in degrees (else the city's centre)."""
    at = index.description.centre if near is None else (near[0] * 1e6, near[1] * 1e6)
    steps = _Steps(index, at, Allowance(index.header.head, most), {})
    units = tuple(index.folder.units(text))
    if not units:
        return []
    asked = house_number(units)
    if asked is not None:
        _house_numbers(steps, asked)
    readings = _readings(index, units)
    _look(steps, readings)
    if len(steps.found) < _FEW:
        _look(steps, [tokens for tokens in readings if len(tokens) >= 4], split_plans, gaps=True)
    stripped = strip_prefixes(index, units)
    if len(stripped[0]) < len(units) and not steps.found:
        _look(steps, _readings(index, stripped[0]))
    if not steps.found:
        _typos(steps, units, readings)
    return ranked(steps.found.values(), limit)


def ranked(found: Iterable[Result], limit: int) -> list[Result]:
    """The best ones first; equal ones by importance."""
    return sorted(found, key=lambda r: (-round(r.score * 1e9), r.entry.number, r.door.number if r.door else -1))[:limit]


def strip_prefixes(index: Index, units: Sequence[Unit]) -> tuple[tuple[Unit, ...], int]:
    """A query without the province, city and town it begins with, and that town's number; −1: it names none."""
    left, town = tuple(units), -1
    again = True
    while again:
        again = False
        for name in index.description.prefixes:
            size = len(name)
            if size < len(left) and "".join(unit.value for unit in left[:size]) == name:
                left, again = left[size:], True
                town = index.description.towns.index(name) if name in index.description.towns else town
                break
    return left, town


def streets(
    index: Index, units: Sequence[Unit], near: tuple[float, float], allowance: Allowance
) -> list[tuple[Entry, Match, int]]:
    """Entries with house numbers that units name, the best match first; and the town that units name, −1: none."""
    stripped, town = strip_prefixes(index, units)
    found: dict[int, tuple[Entry, Match]] = {}
    for some in dict.fromkeys((tuple(units), stripped)):
        readings = _readings(index, some)
        for tokens, tiers in zip(readings, find(index, [plan(each) for each in readings], allowance), strict=True):
            for entry in _entries(index, [tiers], BLOCKS, allowance)[0]:
                if entry.numbers is None:
                    continue
                match = _name_match(index, tokens, entry)
                if match is not None and (entry.number not in found or match.quality > found[entry.number][1].quality):
                    found[entry.number] = (entry, match)
        if found:
            break
    order = sorted(found.values(), key=lambda pair: (-_worth(index, pair[0], pair[1], near, town), pair[0].number))
    return [(entry, match, town) for entry, match in order]


def nearest_door(doors: Sequence[Door], number: int, suffix: str) -> tuple[Door, bool] | None:
    """The door of a number, and whether its suffix is the one asked for; None where there is no such number."""
    same = [door for door in doors if door.number == number]
    if not same:
        return None
    for door in same:
        if canonical_suffix(door.suffix) == suffix:
            return door, True
    return same[0], False


def between(doors: Sequence[Door], number: int) -> Door | None:
    """Where a number that is not there should be: between its neighbours on the same side; None beyond the ends."""
    side = [door for door in doors if (door.number - number) % 2 == 0]
    below = [door for door in side if door.number < number]
    above = [door for door in side if door.number > number]
    if not below or not above:
        return None
    a, b = next(door for door in below if door.number == below[-1].number), above[0]
    share = (number - a.number) / (b.number - a.number)
    lng, lat = int(a.lng + (b.lng - a.lng) * share + 0.5), int(a.lat + (b.lat - a.lat) * share + 0.5)
    return Door(number, "", lng, lat, 0, a.town, a.kind)


def door_title(name: str, door: Door) -> str:
    """A house number as it is written: 剑池路18号, 剑池路18-2号."""
    return f"{name}{door.number}{door.suffix}号"


def score(index: Index, quality: float, importance: int, lng: int, lat: int, near: tuple[float, float]) -> float:
    """Quality, importance and nearness in one number; docs/search.md § Answering."""
    about = index.description
    dx, dy = (lng - near[0]) * 1e-6 * about.lng_scale, (lat - near[1]) * 1e-6 * about.lat_scale
    nearness = _NEAR / (_NEAR + math.sqrt(dx * dx + dy * dy))
    return quality * quality * quality * (0.4 + 0.6 * (importance / 255)) * (0.75 + 0.25 * nearness)


def _worth(index: Index, entry: Entry, match: Match, near: tuple[float, float], town: int) -> float:
    better = _HERE if town >= 0 and entry.town == town else 1.0
    return better * score(index, match.quality, entry.importance, entry.lng, entry.lat, near)


def _readings(index: Index, units: Sequence[Unit]) -> list[Tokens]:
    return ways(units, index.description.syllables, beginnings_of(index.description.syllables))


def _look(
    steps: _Steps,
    readings: Sequence[Tokens],
    plans: Callable[[Tokens], list[Plan]] = lambda tokens: [plan(tokens)],
    *,
    gaps: bool = False,
    typos: bool = False,
) -> None:
    """Keep the entries that fit one of the readings."""
    each = [plans(tokens) for tokens in readings]
    found = iter(find(steps.index, [one for some in each for one in some], steps.allowance))
    left = BLOCKS
    for tokens, some in zip(readings, each, strict=True):
        entries, blocks = _entries(steps.index, list(islice(found, len(some))), left, steps.allowance)
        left -= blocks
        for entry in entries:
            match = _match(steps.index, tokens, entry, gaps=gaps, typos=typos)
            if match is not None:
                _keep_entry(steps, entry, match)


def _keep_entry(steps: _Steps, entry: Entry, match: Match) -> None:
    worth = score(steps.index, match.quality, entry.importance, entry.lng, entry.lat, steps.near)
    steps.keep(
        Result(entry, "entry", None, entry.name, entry.town, entry.lng, entry.lat, match.marks, match.quality, worth)
    )


def _entries(index: Index, candidates: Sequence[Tiers], most: int, allowance: Allowance) -> tuple[list[Entry], int]:
    """Candidates from `most` blocks at most; whole names first, then beginnings; and how many blocks."""
    blocks: dict[int, bool] = {}  # whether it is read
    chosen: dict[int, None] = {}
    read = 0
    for tier in range(3):
        for number in (number for tiers in candidates for number in tiers[tier]):
            block = number // BLOCK
            if block not in blocks:
                blocks[block] = read < most and allowance.take("blocks", block, index.block_bytes(block))
                read += blocks[block]
            if blocks[block]:
                chosen[number] = None
    return index.entries(list(chosen)), read


def _match(index: Index, tokens: Tokens, entry: Entry, *, gaps: bool, typos: bool) -> Match | None:
    """The best match of an entry by its name, its English name, its codes."""
    best = _name_match(index, tokens, entry, gaps=gaps, typos=typos)
    for code in entry.codes:
        quality = code_match(tokens, index.folder.units(code))
        if quality > 0 and (best is None or quality > best.quality):
            best = Match(quality, ())
    if entry.other:
        other = matched(tokens, target(index.folder.units(entry.other), ()), gaps=gaps, typos=typos)
        if other is not None and (best is None or other.quality > best.quality):
            best = Match(other.quality, ())
    return best


def _name_match(index: Index, tokens: Tokens, entry: Entry, *, gaps: bool = False, typos: bool = False) -> Match | None:
    return matched(tokens, target(index.folder.units(entry.name), entry.readings), gaps=gaps, typos=typos)


def _house_numbers(steps: _Steps, asked: HouseNumber) -> None:
    index = steps.index
    for entry, match, town in streets(index, asked.street, steps.near, steps.allowance)[:_STREETS]:
        if entry.numbers is None or not steps.allowance.take("numbers", *entry.numbers[:2]):
            continue
        doors = index.doors(entry)
        better = _HERE if town >= 0 and entry.town == town else 1.0
        there = nearest_door(doors, asked.number, asked.suffix)
        if there is not None:
            _keep_door(steps, entry, match, there[0], "number", (1.0 if there[1] else 0.97) * better)
        elif not asked.open or not _begun(doors, asked.number):
            guess = between(doors, asked.number)
            if guess is not None:
                _keep_door(steps, entry, match, guess, "interpolated", 0.85 * better)
        if asked.open and not asked.suffix:
            begun = [door for door in _begun(doors, asked.number) if there is None or door is not there[0]]
            for door in begun[:_DOORS]:
                _keep_door(steps, entry, match, door, "number", 0.9 * better)


def _begun(doors: Sequence[Door], number: int) -> list[Door]:
    """Doors whose numbers begin with the digits of another."""
    digits = str(number)
    return [door for door in doors if door.number != number and str(door.number).startswith(digits)]


def _keep_door(steps: _Steps, entry: Entry, match: Match, door: Door, level: str, share: float) -> None:
    title = door_title(entry.name, door)
    marks = (*match.marks, (len(entry.name), len(title))) if level == "number" else match.marks
    town = entry.town if door.town == -2 else door.town
    lng, lat = door.lng * 10, door.lat * 10
    quality = match.quality * share
    worth = score(steps.index, quality, entry.importance, lng, lat, steps.near)
    # A whole house number is what was meant, rather than a name that merely begins alike.
    steps.keep(Result(entry, level, door, title, town, lng, lat, marks, quality, worth + (0.5 if share > 0.9 else 0.0)))


def _typos(steps: _Steps, units: Sequence[Unit], readings: Sequence[Tokens]) -> None:
    _look(steps, [tokens for tokens in readings[:1] if len(tokens) >= 3], typo_plans, typos=True)
    letters = "".join(unit.value for unit in units)
    if steps.found or len(letters) < 4 or len(letters) > 24 or not (letters.isascii() and letters.isalpha()):
        return
    index = steps.index
    left = BLOCKS // 2
    readings = corrections(letters, index.description.syllables, _CORRECTIONS)
    for tokens, tiers in zip(readings, find(index, [plan(each) for each in readings], steps.allowance), strict=True):
        entries, blocks = _entries(index, [tiers], left, steps.allowance)
        left -= blocks
        for entry in entries:
            match = _name_match(index, tokens, entry)
            if match is not None:
                _keep_entry(steps, entry, match._replace(quality=match.quality * 0.5))
