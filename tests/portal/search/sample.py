"""A small index with something of everything, places made up."""

from __future__ import annotations

import random
from functools import cache

import numpy as np

from pipeline.portal.search.build import Built, Numbered, Thing, build_index
from pipeline.portal.search.entries import Kind

CENTRE = (119.13, 28.07)
TOWNS = ["剑川街道", "瓷源街道", "云岭镇"]
PREFIXES = ["剑川街道", "瓷源街道", "丽水市", "云岭镇", "浙江省", "龙泉市"]
KINDS = [
    Kind("place-names", "city", "place", None, {"zh": "市", "en": "City"}),
    Kind("roads", "street", "road", None, {"zh": "城市道路", "en": "Street"}),
    Kind("facilities", None, "poi", "museum", {"zh": "公共设施", "en": "Facilities"}),
    Kind("addresses", None, "address", None, {"zh": "标准地址", "en": "Addresses"}),
]
# Name, English name, pinyin, codes, kind, town, importance, metres east and north of the centre.
ROWS = [
    ("龙泉市", "Longquan", "Lóngquán Shì", ("331181",), 0, 0, 255, 0, 0),
    ("云岭镇", "", "", ("331181100",), 0, 2, 230, -20000, -15000),
    ("剑池路", "", "", (), 1, 0, 130, 300, 200),
    ("剑池路", "", "", (), 1, 2, 130, -20300, -15100),
    ("剑池路小学", "Jianchi Road Primary School", "", (), 2, 0, 140, 350, 260),
    ("龙泉市人民医院", "Longquan People's Hospital", "", (), 2, 0, 160, -800, 400),
    ("龙泉市中医院", "", "", (), 2, 0, 158, -900, 100),
    ("中山东路", "", "", ("S391",), 1, 0, 120, 900, -200),
    ("龙丽温高速", "", "", ("G9526",), 1, 1, 190, 5000, 3000),
    ("203路", "Bus 203", "", (), 2, -1, 90, 0, 800),
    ("重庆路", "", "", (), 1, 1, 100, 100, -700),
    ("绿谷大道", "", "Lǜgǔ Dàdào", (), 1, 0, 125, 700, 700),
    ("长安新村", "", "", (), 1, 0, 80, 1200, 900),
    ("西安路", "", "", (), 1, 0, 99, -400, -400),
    ("先进路", "", "", (), 1, 0, 98, -500, -300),
    ("青瓷博物馆", "Celadon Museum", "", (), 2, 0, 150, 2000, 1000),
    ("查田镇", "", "Zhātián Zhèn", (), 0, -1, 200, 9000, -20000),
    ("Café Müller", "", "", (), 2, 0, 70, 50, 60),
    ("三里桥街", "", "", (), 1, 0, 97, 1500, -900),
]
# Index of the thing, number, suffix, metres east and north of the centre, town.
DOORS = [
    *((2, n, "", 200 + 10 * n, 200 + (5 if n % 2 else -5), 0) for n in (1, 2, 3, 5, 6, 8, 10, 18, 19, 22, 101)),
    (2, 18, "-2", 390, 195, 0),
    (2, 18, "甲", 392, 195, 0),
    (3, 18, "", -20310, -15100, 2),
    (7, 4, "", 940, -200, 1),
    *((12, n, "", 1200 + n, 900, 0) for n in range(1, 31)),
    (18, 21, "", 1510, -900, 0),
]
CROWD = 1100  # names that share two characters: more than a shard holds of a gram


def at(east: float, north: float) -> tuple[float, float]:
    """Degrees, from metres east and north of the centre."""
    return CENTRE[0] + east / 98_227.0, CENTRE[1] + north / 111_320.0


def things() -> list[Thing]:
    """The rows, and a crowd of others."""
    found = []
    for i, (name, other, pinyin, codes, kind, town, importance, east, north) in enumerate(ROWS):
        lng, lat = at(east, north)
        box = (lng - 0.3, lat - 0.3, lng + 0.3, lat + 0.3) if i == 0 else None
        found.append(Thing(name, other, pinyin, codes, kind, town, 16, importance, lng, lat, i + 1, box))
    chance = random.Random(331181)
    characters = "东西南北上下里外前后金木水火土山川河湖田园林竹松柏梅兰菊荷桂"
    for i in range(CROWD):
        name = "松林" + "".join(chance.choice(characters) for _i in range(2)) + chance.choice(["村", "坞", "垟", ""])
        lng, lat = at(chance.uniform(-20000, 20000), chance.uniform(-20000, 20000))
        found.append(Thing(name, "", "", (), 0, -1, 15, chance.randrange(40, 60), lng, lat, 1000 + i, None))
    return found


def doors(order: list[int] | None = None) -> Numbered:
    """The house numbers; `order` is where each thing has gone."""
    place = order or list(range(len(ROWS) + CROWD))
    spots = [at(east, north) for _t, _n, _s, east, north, _w in DOORS]
    return Numbered(
        np.array([place[row[0]] for row in DOORS], np.int64),
        np.array([row[1] for row in DOORS], np.int64),
        np.array([row[2] for row in DOORS], object),
        np.array([spot[0] for spot in spots]),
        np.array([spot[1] for spot in spots]),
        np.arange(5000, 5000 + len(DOORS), dtype=np.int64),
        np.array([row[5] for row in DOORS], np.int64),
        3,
    )


def build(some: list[Thing], numbered: Numbered) -> Built:
    """The index of things."""
    return build_index(some, numbered, kinds=KINDS, towns=TOWNS, prefixes=PREFIXES, centre=CENTRE)


@cache
def sample() -> Built:
    """The index of all of it."""
    return build(things(), doors())
