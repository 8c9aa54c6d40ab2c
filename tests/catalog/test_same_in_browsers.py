"""cells.json holds places and areas with their cells; the portal's unit tests read the same file."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.catalog.grid import units
from pipeline.catalog.outline import area_from
from pipeline.catalog.shapes import area_cells

FILE = Path(__file__).with_name("cells.json")


def _current() -> dict[str, Any]:
    """Places all over the world, and areas of every size with holes, crossings and repeated vertices."""
    chance = random.Random(331181)
    places = [[chance.uniform(-180, 180), chance.uniform(-85.2, 85.2)] for _i in range(200)]
    areas = [_area(chance, 10.0 ** chance.uniform(-4.5, -0.7)) for _i in range(30)]
    x, y = units(np.array([at[0] for at in places]), np.array([at[1] for at in places]))
    return {
        "places": [[*at, int(east), int(south)] for at, east, south in zip(places, x, y, strict=True)],
        "areas": [{"coordinates": each, "runs": _runs(each)} for each in areas],
    }


def _area(chance: random.Random, size: float) -> list[list[list[list[float]]]]:
    lng, lat = chance.uniform(118.7, 119.4), chance.choice([28.0, 28.0, -33.0, 0.0, 66.0])
    return [
        [
            _ring(chance, lng + chance.uniform(-size, size), lat, size / (1 + hole))
            for hole in range(chance.randint(1, 2))
        ]
        for _polygon in range(chance.randint(1, 3))
    ]


def _ring(chance: random.Random, lng: float, lat: float, size: float) -> list[list[float]]:
    corners = [
        [round(lng + chance.uniform(-size, size), 7), round(lat + chance.uniform(-size, size), 7)]
        for _i in range(chance.randint(3, 9))
    ]
    return [*corners, corners[0]]


def _runs(coordinates: list[list[list[list[float]]]]) -> list[list[int]]:
    cells = area_cells(area_from({"coordinates": coordinates}))
    return [[int(start), int(stop)] for start, stop in zip(cells.starts, cells.stops, strict=True)]


def test_the_file_is_current(request: pytest.FixtureRequest) -> None:
    current = _current()
    if request.config.getoption("bless"):
        lines = [
            f'"{key}":[\n' + ",\n".join(json.dumps(each) for each in values) + "\n]" for key, values in current.items()
        ]
        FILE.write_text("{" + ",\n".join(lines) + "}\n", encoding="utf-8")
    assert json.loads(FILE.read_text("utf-8")) == current
