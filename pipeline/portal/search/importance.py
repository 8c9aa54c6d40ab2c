"""How much a feature matters, 0 … 255, and how near a map should look at it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.portal.search.features import Named
from pipeline.types import LINE, POINT, POLYGON

STREET = 60  # of streets that are known from addresses alone
STREET_ZOOM = 16
DOOR_ZOOM = 17

_ROADS = {
    "expressway": 190, "motorway": 190, "trunk": 185, "national": 180, "primary": 175, "provincial": 170,
    "county": 150, "secondary": 150, "street": 130, "tertiary": 130, "township": 110, "residential": 100,
    "lane": 80,
}  # fmt: skip
_DIVISIONS = {6: 240, 9: 205, 12: 150}  # digits of an admin code: county, town, village


def importance(named: Named, features: int) -> NDArray[np.int64]:
    """Of every feature [n]; `features` is how many of the dataset have a name."""
    count = len(named.name)
    layer = named.source.layer
    rarity = float(np.clip(175 - 9 * np.log2(features + 1), 60, 160))
    base = np.full(count, rarity)
    if layer == "AGN":
        base = np.where(named.rank > 0, np.maximum(245 - 20.0 * (named.rank - 1), 60), rarity)
    elif layer == "BOU":
        base = np.array([max((_DIVISIONS.get(len(code), 200) for code in codes), default=200) for codes in named.codes])
    elif layer == "LRD":
        base = np.array([_ROADS.get(kind or "", 100) for kind in named.kind])
    elif layer == "LRR":
        base = np.full(count, 180)
    elif layer == "HYD":
        base = np.where(named.rank > 0, np.minimum(90 + 15.0 * named.rank, 180), 100)
    return np.asarray(np.clip(np.floor(base), 0, 255), np.int64)


def bonus(geometry: int, size: float) -> int:
    """What length or area adds; of all pieces together."""
    if geometry == LINE:
        return int(min(25.0, 5 * math.log2(1 + size / 1000)))
    if geometry == POLYGON:
        return int(min(25.0, 4 * math.log2(1 + size / 100_000)))
    return 0


def zooms(named: Named) -> NDArray[np.int64]:
    """The zoom at which to look at features that are points [n]."""
    if named.source.layer == "AGN":
        zoom = np.where(named.rank > 0, np.clip(10 + named.rank, 11, 16), 15)
        return np.asarray(zoom, np.int64)
    usual = 14 if named.source.layers[:1] == ("TERP",) else 16
    return np.asarray(np.where(named.geometry == POINT, usual, 15), np.int64)
