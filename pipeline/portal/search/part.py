"""Part of an index as an index of its own: the entries and house numbers of some datasets within an area."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from pipeline.portal.search.again import syllables_of, units_of, written
from pipeline.portal.search.build import Built, fold_table
from pipeline.portal.search.container import HEADER_BYTES, read_header
from pipeline.portal.search.entries import Entry
from pipeline.portal.search.fold import Folder, simplified
from pipeline.portal.search.numbers import COARSE, Door
from pipeline.portal.search.reader import Index, degrees


def part_of(index: Index, datasets: Collection[str], inside: Callable[[float, float], bool]) -> Built | None:
    """The entries of `datasets` whose place (lng, lat in degrees) is `inside`; None when none is left.

    A road stays when only its house numbers are among what is kept: as an address then, without what the roads' own
    dataset tells of it. Kinds, towns, prefixes and readings that nothing uses any more go. Raises ArchiveError.
    """
    kinds = index.description.kinds
    kept = [not kind.dataset or kind.dataset in datasets for kind in kinds]
    read: list[Entry] = []
    doors: list[list[Door]] = []
    for block in index.blocks():
        for entry in block:
            run = [
                door for door in index.doors(entry) if kept[door.kind] and inside(door.lng / COARSE, door.lat / COARSE)
            ]
            if kept[entry.kind] and (run or inside(degrees(entry.lng), degrees(entry.lat))):
                read.append(entry)
            elif run:
                read.append(replace(entry, kind=run[0].kind, other="", codes=(), id=0, box=None))
            else:
                continue
            doors.append(run)
    if not read:
        return None
    read, doors, told = _told(index, read, doors)
    data = written(told, read, doors)
    header = read_header(data[:HEADER_BYTES], index.where)
    return Built(data, header.head, header.entries, header.numbers)


def _told(
    index: Index, read: list[Entry], doors: list[list[Door]]
) -> tuple[list[Entry], list[list[Door]], Mapping[str, Any]]:
    """Entries and doors by the numbers of the kinds and towns that are left, and the description of these."""
    told = index.told
    kinds = _numbered({entry.kind for entry in read} | {door.kind for run in doors for door in run})
    named = {entry.town for entry in read} | {door.town for run in doors for door in run}
    towns = _numbered({number for number in named if number >= 0})
    gone = {name for number, name in enumerate(told["towns"]) if number not in towns}
    own = [replace(entry, kind=kinds[entry.kind], town=towns.get(entry.town, entry.town)) for entry in read]
    runs = [
        [replace(door, kind=kinds[door.kind], town=towns.get(door.town, door.town)) for door in run] for run in doors
    ]
    units = units_of(own, Folder(simplified()))
    used = Counter(s for each in syllables_of(own, units) for s in each if s)
    return (
        own,
        runs,
        {
            **told,
            "kinds": [told["kinds"][number] for number in kinds],
            "towns": [told["towns"][number] for number in towns],
            "prefixes": [prefix for prefix in told["prefixes"] if prefix not in gone],
            "syllables": {syllable: used[syllable] for syllable in sorted(used)},
            "fold": fold_table(units),
        },
    )


def _numbered(numbers: Collection[int]) -> dict[int, int]:
    """Old → new numbers of what is left, in the order of the old ones."""
    return {old: new for new, old in enumerate(sorted(numbers))}
