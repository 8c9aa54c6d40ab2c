"""Features of all datasets of an edition → the things that can be found, with their towns and house numbers."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.portal.search.addresses import Parts, parts
from pipeline.portal.search.build import Built, Numbered, Thing, build_index
from pipeline.portal.search.clusters import clusters
from pipeline.portal.search.entries import Kind
from pipeline.portal.search.features import Addressed, Area, Named, Source
from pipeline.portal.search.fold import Folder, simplified
from pipeline.portal.search.importance import STREET, STREET_ZOOM, bonus, importance, zooms
from pipeline.types import LINE, Bounds

_WIDE: Final = 0.02  # degrees: pieces of roads and rivers, house numbers
_NARROW: Final = 0.003  # points of one name
_NEAR: Final = 0.03  # of a village and the house numbers that are counted in it
_WORTH_A_BOX: Final = 0.0005
_WAYS: Final = frozenset({"road", "rail", "water"})


@dataclass(frozen=True, slots=True)
class Findable:
    """All that an edition lets be found."""

    named: Sequence[Named]
    addressed: Sequence[Addressed]
    areas: Sequence[Area]  # of layer BOUA


@dataclass(frozen=True, slots=True)
class City:
    """Whose index it is."""

    name: Mapping[str, str]  # zh, en
    code: str
    bounds: Bounds
    centre: tuple[float, float]


def make_index(found: Findable, city: City) -> Built:
    """The index of all that can be found; the same bytes in whatever order features and datasets come."""
    folder = Folder(simplified())
    named, addressed = _in_order(found.named), _in_order(found.addressed)
    kinds = _Kinds([*(each.source for each in named), *(each.source for each in addressed)])
    pieces = _pieces(named, kinds, folder)
    doors = _doors(addressed, kinds, folder)
    label = _clusters(pieces, doors)
    towns = _Towns(found.areas)
    things, thing_of = _merge(pieces, label[: len(pieces.name)], towns)
    owner = _owners(doors, label[len(pieces.name) :], thing_of, things, kinds, towns, folder)
    prefixes = {city.name.get("zh", ""), *towns.names, *(each for part in doors.prefixes for each in part)}
    folded = {"".join(unit.value for unit in folder.units(each)) for each in prefixes}
    if not any(city.code in thing.codes or thing.name == city.name.get("zh") for thing in things):
        things.append(_city(city, kinds.city()))
    else:
        _name_city(things, city)
    numbered = Numbered(
        owner, doors.number, doors.suffix, doors.lng, doors.lat, doors.id, towns.of(doors.lng, doors.lat), doors.kind
    )
    return build_index(
        things,
        numbered,
        kinds=kinds.all,
        towns=towns.names,
        prefixes=sorted((each for each in folded if len(each) > 1), key=lambda each: (-len(each), each)),
        centre=city.centre,
    )


def _in_order(batches: Sequence[Named] | Sequence[Addressed]) -> list:  # type: ignore[type-arg]
    return sorted(batches, key=lambda each: each.source.dataset)


class _Kinds:
    """Numbers kinds in an order that does not depend on features: by dataset and class."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.all: list[Kind] = []
        self._number: dict[tuple[str, str | None], int] = {}
        for _id, source in sorted({source.dataset: source for source in sources}.items()):
            self._add(source, None, dict(source.title))
            field = None if source.address else source.classes
            for code, title in (field.domain or {}).items() if field is not None else ():
                own = title.model_dump()
                if field is not None and field.name != "CLASS":  # 停车场 · 地下: the class alone does not say of what
                    own = {tag: f"{whole} · {own[tag]}" for tag, whole in source.title.items() if own.get(tag)}
                self._add(source, code, own)

    def number(self, source: Source, code: str | None) -> int:
        """The number of a kind; of a class that has no title that of its dataset."""
        found = self._number.get((source.dataset, code))
        return self._number[source.dataset, None] if found is None else found

    def city(self) -> int:
        """The kind of the city itself, where no feature stands for it."""
        self.all.append(Kind("", None, "area", None, {"zh": "城市", "en": "City"}))
        return len(self.all) - 1

    def _add(self, source: Source, code: str | None, title: dict[str, str]) -> None:
        self._number[source.dataset, code] = len(self.all)
        self.all.append(Kind(source.dataset, code, source.group, source.icon, title))


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Named features of all datasets [n], in an order that does not depend on how they came."""

    name: list[str]
    folded: list[str]
    other: list[str]
    pinyin: list[str]
    codes: list[tuple[str, ...]]
    domain: list[str]  # of what may be one thing
    group: list[str]
    kind: NDArray[np.int64]
    importance: NDArray[np.int64]
    zoom: NDArray[np.int64]
    geometry: NDArray[np.int64]
    lng: NDArray[np.float64]
    lat: NDArray[np.float64]
    ends: NDArray[np.float64]
    box: NDArray[np.float64]
    size: NDArray[np.float64]
    id: NDArray[np.int64]


def _pieces(named: Sequence[Named], kinds: _Kinds, folder: Folder) -> _Pieces:
    features: dict[str, int] = {}
    for each in named:
        features[each.source.dataset] = features.get(each.source.dataset, 0) + len(each.name)
    name, folded, other, pinyin, codes, domain, group = [], [], [], [], [], [], []
    for each in named:
        source = each.source
        for i, text in enumerate(each.name):
            name.append(text)
            folded.append(folder.plain(text))
            other.append(each.other[i])
            pinyin.append(each.pinyin[i])
            codes.append(each.codes[i])
            group.append(source.group)
            way = each.geometry[i] == LINE and source.group == "poi"
            domain.append(f"way {source.dataset}" if way else source.group)
    parts_of = [
        (
            np.array([kinds.number(each.source, code) for code in each.kind], np.int64),
            importance(each, features[each.source.dataset]),
            zooms(each),
            each.geometry.astype(np.int64),
            each.lng, each.lat, each.ends, each.box, each.size, each.id,
        )
        for each in named
    ]  # fmt: skip
    columns = [np.concatenate(column) for column in zip(*parts_of, strict=True)] if parts_of else [np.zeros(0)] * 10
    kind, weight, zoom, geometry, id = (columns[i].astype(np.int64) for i in (0, 1, 2, 3, 9))
    lng, lat, ends, box, size = (columns[i] for i in (4, 5, 6, 7, 8))
    order = sorted(
        range(len(name)),
        key=lambda i: (
            domain[i],
            folded[i],
            kind[i],
            lng[i],
            lat[i],
            id[i],
            name[i],
            size[i],
            codes[i],
            pinyin[i],
            other[i],
            *box[i],
        ),
    )

    def ordered(values: list[str]) -> list[str]:
        return [values[i] for i in order]

    by = np.array(order, np.int64)
    return _Pieces(
        ordered(name), ordered(folded), ordered(other), ordered(pinyin), [codes[i] for i in order],
        ordered(domain), ordered(group),
        kind[by], weight[by], zoom[by], geometry[by], lng[by], lat[by],
        ends[by].reshape(-1, 4), box[by].reshape(-1, 4), size[by], id[by],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Doors:
    """House numbers of all datasets [n]."""

    street: NDArray[np.int64]
    streets: list[str]
    folded: list[str]
    number: NDArray[np.int64]
    suffix: NDArray[np.object_]
    lng: NDArray[np.float64]
    lat: NDArray[np.float64]
    id: NDArray[np.int64]
    kind: int
    source: Source | None
    prefixes: list[list[str]]


def _doors(addressed: Sequence[Addressed], kinds: _Kinds, folder: Folder) -> _Doors:
    taken: list[tuple[Addressed, Parts]] = [(each, parts(each)) for each in addressed]
    texts = sorted({street for _each, part in taken for street in part.streets})
    place = {street: i for i, street in enumerate(texts)}
    none = np.zeros(0)

    def joined(columns: list[NDArray[np.generic]]) -> NDArray[np.generic]:
        return np.concatenate(columns) if columns else none

    street = joined([np.array([place[s] for s in p.streets], np.int64)[p.street] for _a, p in taken if len(p.row)])
    return _Doors(
        street.astype(np.int64),
        texts,
        [folder.plain(each) for each in texts],
        joined([p.number for _a, p in taken if len(p.row)]).astype(np.int64),
        joined([p.suffix for _a, p in taken if len(p.row)]).astype(object),
        joined([a.lng[p.row] for a, p in taken if len(p.row)]).astype(np.float64),
        joined([a.lat[p.row] for a, p in taken if len(p.row)]).astype(np.float64),
        # A run of numbers says of one dataset that its ids are of it.
        joined([a.id[p.row] * (a.source.dataset == taken[0][0].source.dataset) for a, p in taken if len(p.row)]).astype(
            np.int64
        ),
        kinds.number(taken[0][0].source, None) if taken else 0,
        taken[0][0].source if taken else None,
        [p.prefixes for _a, p in taken],
    )


def _clusters(pieces: _Pieces, doors: _Doors) -> NDArray[np.int64]:
    """The cluster of every piece and every house number [pieces + doors]; numbers go along with roads."""
    names = {
        each: i
        for i, each in enumerate(
            sorted({*zip(pieces.domain, pieces.folded, strict=True), *(("road", f) for f in doors.folded)})
        )
    }
    of_piece = np.array([names[each] for each in zip(pieces.domain, pieces.folded, strict=True)], np.int64)
    of_street = np.array([names["road", each] for each in doors.folded], np.int64)
    count, numbers = len(pieces.name), len(doors.number)
    lines = np.flatnonzero(pieces.geometry == LINE)
    wide = np.array([domain in _WAYS or domain.startswith("way ") for domain in pieces.domain], bool)
    cell = np.where(wide, _WIDE, _NARROW)
    every = np.arange(count)
    key = np.concatenate([of_piece, of_piece[lines], of_piece[lines], of_street[doors.street]])
    owner = np.concatenate([every, lines, lines, count + np.arange(numbers)])
    x = np.concatenate([pieces.lng, pieces.ends[lines, 0], pieces.ends[lines, 2], doors.lng])
    y = np.concatenate([pieces.lat, pieces.ends[lines, 1], pieces.ends[lines, 3], doors.lat])
    cells = np.concatenate([cell, cell[lines], cell[lines], np.full(numbers, _WIDE)])
    return clusters(key, owner, count + numbers, x, y, cells)


class _Towns:
    """The towns, and in which of them places lie."""

    def __init__(self, areas: Sequence[Area]) -> None:
        import shapely

        ordered = sorted(areas, key=lambda area: (area.name, area.bounds))
        self.names = sorted({area.name for area in ordered})
        self._number = np.array([self.names.index(area.name) for area in ordered], np.int64)
        self._shapes = np.array([area.shape for area in ordered], object)
        self._size = shapely.area(self._shapes) if len(ordered) else np.zeros(0)

    def of(self, lng: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int64]:
        """The smallest town around each place, −1 where there is none [n]."""
        out = np.full(len(lng), -1, np.int64)
        if not len(self._shapes) or not len(lng):
            return out
        import shapely

        tree = shapely.STRtree(self._shapes)
        place, area = tree.query(shapely.points(lng, lat), predicate="intersects")
        order = np.lexsort((self._number[area], -self._size[area]))
        out[place[order]] = self._number[area[order]]  # the smallest one last
        return out


def _merge(pieces: _Pieces, label: NDArray[np.int64], towns: _Towns) -> tuple[list[Thing], dict[int, int]]:
    """One thing for each cluster, and which thing each cluster became."""
    order = np.argsort(label, kind="stable")
    borders = [*np.flatnonzero(np.diff(label[order], prepend=-1)).tolist(), len(order)]
    rows, labels = order.tolist(), label.tolist()
    lng, lat, size, box = pieces.lng.tolist(), pieces.lat.tolist(), pieces.size.tolist(), pieces.box.tolist()
    kind, weight, geometry = pieces.kind.tolist(), pieces.importance.tolist(), pieces.geometry.tolist()
    zoom, id, town = pieces.zoom.tolist(), pieces.id.tolist(), towns.of(pieces.lng, pieces.lat).tolist()
    things: list[Thing] = []
    chosen: list[int] = []
    thing_of: dict[int, int] = {}
    for first, last in itertools.pairwise(borders):
        members = rows[first:last]
        best = at = members[0]
        west, south, east, north = box[best]
        total = size[best]
        if len(members) > 1:
            best = min(members, key=lambda i: (-weight[i], -size[i], i))
            x, y = sum(lng[i] for i in members) / len(members), sum(lat[i] for i in members) / len(members)
            like = [i for i in members if kind[i] == kind[best]]
            at = min(like, key=lambda i: ((lng[i] - x) ** 2 + (lat[i] - y) ** 2, i))
            boxes = [box[i] for i in members]
            west, south = min(b[0] for b in boxes), min(b[1] for b in boxes)
            east, north = max(b[2] for b in boxes), max(b[3] for b in boxes)
            total = sum(size[i] for i in members if geometry[i] == geometry[best])
        thing_of[labels[members[0]]] = len(things)
        chosen.append(at)
        things.append(
            Thing(
                name=pieces.name[best],
                other=next((pieces.other[i] for i in [best, *members] if pieces.other[i]), ""),
                pinyin=next((pieces.pinyin[i] for i in [best, *members] if pieces.pinyin[i]), ""),
                codes=tuple(sorted({code for i in members for code in pieces.codes[i]})),
                kind=kind[best],
                town=town[at],
                zoom=zoom[best],
                importance=min(255, weight[best] + bonus(geometry[best], total)),
                lng=lng[at],
                lat=lat[at],
                id=id[at],
                box=(west, south, east, north) if max(east - west, north - south) > _WORTH_A_BOX else None,
            )
        )
    return _with_divisions(things, [pieces.group[at] for at in chosen], towns, thing_of), thing_of


def _with_town(thing: Thing, town: int) -> Thing:
    from dataclasses import replace

    return replace(thing, town=town)


def _with_divisions(things: list[Thing], groups: Sequence[str], towns: _Towns, thing_of: dict[int, int]) -> list[Thing]:
    """A town's area and the place that bears its name are one thing: the place, with the area's code and box."""
    from dataclasses import replace

    areas = {thing.name: i for i, thing in enumerate(things) if groups[i] == "area"}
    gone: dict[int, int] = {}
    for i, thing in enumerate(things):
        area = areas.get(thing.name)
        if groups[i] != "place" or area is None or thing.town < 0 or towns.names[thing.town] != thing.name:
            continue
        if area in gone:
            continue
        gone[area] = i
        other = things[area]
        things[i] = replace(
            thing,
            codes=tuple(sorted({*thing.codes, *other.codes})),
            box=other.box,
            importance=max(thing.importance, other.importance),
            pinyin=thing.pinyin or other.pinyin,
            other=thing.other or other.other,
        )
    kept = [i for i in range(len(things)) if i not in gone]
    place = {old: new for new, old in enumerate(kept)}
    for cluster, old in thing_of.items():
        thing_of[cluster] = place[gone.get(old, old)]
    return [things[i] for i in kept]


def _owners(
    doors: _Doors,
    label: NDArray[np.int64],
    thing_of: Mapping[int, int],
    things: list[Thing],
    kinds: _Kinds,
    towns: _Towns,
    folder: Folder,
) -> NDArray[np.int64]:
    """The thing that each house number belongs to [doors]: its road, else the village of that name, else a new one."""
    owner = np.zeros(len(label), np.int64)
    if not len(label) or doors.source is None:
        return owner
    villages: dict[str, list[int]] = {}
    for i, thing in enumerate(things):
        if kinds.all[thing.kind].group in ("place", "poi"):
            villages.setdefault(folder.plain(thing.name), []).append(i)
    # Which cluster a number is in does not depend on the order of numbers, but the label of one without a road does.
    order = np.lexsort((doors.number, doors.lat, doors.lng, label))
    borders = np.flatnonzero(np.diff(label[order], prepend=-1))
    fresh: list[Thing] = []
    for rows in np.split(order, borders[1:]):
        found = thing_of.get(int(label[rows[0]]))
        lng, lat = doors.lng[rows], doors.lat[rows]
        middle = rows[len(rows) // 2]
        x, y = float(doors.lng[middle]), float(doors.lat[middle])
        street = doors.street[middle]
        if found is None:
            near = [
                i
                for i in villages.get(doors.folded[street], ())
                if max(abs(things[i].lng - x), abs(things[i].lat - y)) < _NEAR
            ]
            found = min(near, key=lambda i: (things[i].lng - x) ** 2 + (things[i].lat - y) ** 2, default=None)
        if found is None:
            found = len(things) + len(fresh)
            box = (float(lng.min()), float(lat.min()), float(lng.max()), float(lat.max()))
            large = max(box[2] - box[0], box[3] - box[1]) > _WORTH_A_BOX
            fresh.append(
                Thing(
                    doors.streets[street],
                    "",
                    "",
                    (),
                    doors.kind,
                    -1,
                    STREET_ZOOM,
                    STREET,
                    x,
                    y,
                    0,
                    box if large else None,
                )
            )
        owner[rows] = found
    places = towns.of(np.array([t.lng for t in fresh]), np.array([t.lat for t in fresh]))
    things += [_with_town(thing, int(town)) for thing, town in zip(fresh, places, strict=True)]
    return owner


def _name_city(things: list[Thing], city: City) -> None:
    """The thing that bears the city's name has its code and its box."""
    from dataclasses import replace

    for i, thing in enumerate(things):
        if thing.name == city.name.get("zh") and city.code not in thing.codes:
            things[i] = replace(thing, codes=(*thing.codes, city.code), box=city.bounds, importance=255)
            return


def _city(city: City, kind: int) -> Thing:
    name = city.name.get("zh") or city.name.get("en") or city.code
    return Thing(name, city.name.get("en", ""), "", (city.code,), kind, -1, 11, 255, *city.centre, 0, city.bounds)
