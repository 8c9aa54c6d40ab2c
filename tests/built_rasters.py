"""A city with rasters that was built, and plain ways to look into what its editions hold."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pipeline import build
from pipeline.archive.reader import open_archive
from pipeline.build import build_workspace
from tests.terrains import (
    EAST,
    FRAMEWORK,
    HALF,
    NORTH,
    SIDE,
    STEP,
    write_terrain,
)
from tests.test_build import hashes, light_portal

DAY = date(2026, 11, 22)


class Told:
    """Remembers the notes of a build, and of how many steps its tasks were."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.tasks: dict[str, int | None] = {}

    def start(self, task: str, total: int | None = None, unit: str = "") -> None:
        self.tasks[task] = total

    def advance(self, n: int = 1) -> None: ...

    def note(self, text: str) -> None:
        self.notes.append(text)

    def done(self) -> None: ...


def built_city(root: Path) -> tuple[Path, Told]:
    """The city of hills, built with its portal left out."""
    root, told = write_terrain(root), Told()
    patch = pytest.MonkeyPatch()
    patch.setattr(build, "write_portal", light_portal)
    build_workspace(root, as_of=DAY, progress=told)
    patch.undo()
    return root, told


def catalog_of(root: Path, edition: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / "dist" / edition / "catalog.json").read_text("utf-8"))
    return found


def archive_of(root: Path, edition: str, id: str) -> Path:
    return root / "dist" / edition / next(a["file"] for a in catalog_of(root, edition)["archives"] if a["id"] == id)


def pictures(path: Path) -> Iterator[tuple[int, int, int, NDArray[np.uint8]]]:
    with open_archive(path) as archive:
        for z, x, y, body in archive.tiles():
            with Image.open(io.BytesIO(body)) as picture:
                yield z, x, y, np.asarray(picture.convert("RGBA"))


def samples(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]:
    """x, y (EPSG:3857) and height of every pixel of the last zoom, and a pixel's metres; heights as published."""
    with open_archive(path) as archive:
        last = archive.header.max_zoom
    found = []
    for z, x, y, rgba in pictures(path):
        if z == last:
            side = rgba.shape[0]
            pixel = 2 * HALF / (side << z)
            east = (x * side + np.arange(side) + 0.5) * pixel - HALF
            north = HALF - (y * side + np.arange(side) + 0.5) * pixel
            height = rgba[..., 0] * 256.0 + rgba[..., 1] + rgba[..., 2] / 256.0 - 32768
            known = height != 0
            xs, ys = np.broadcast_arrays(east[None, :], north[:, None])
            found.append((xs[known], ys[known], height[known]))
    xs, ys, heights = (np.concatenate(each) for each in zip(*found, strict=True))
    return xs, ys, heights, pixel


def inner(x: NDArray[Any], y: NDArray[Any], margin: float) -> NDArray[np.bool_]:
    half = SIDE / 2 * STEP - margin
    inside: NDArray[np.bool_] = (abs(x - EAST) < half) & (abs(y - NORTH) < half)
    return inside


def red(rgba: NDArray[np.uint8]) -> int:
    """Pixels in which red is stronger than in any picture without the secret."""
    return int(((rgba[..., 0] > 120) & (rgba[..., 3] > 0)).sum())


def assert_as_from_scratch(root: Path, edition: str) -> list[str]:
    """What a build makes of what the last one kept is what a build without it makes."""
    told = Told()
    build_workspace(root, editions=[edition], as_of=DAY, progress=told)
    updated = hashes(root / "dist")
    shutil.rmtree(root / "dist")
    shutil.rmtree(root / ".cache")
    build_workspace(root, editions=[edition], as_of=DAY)
    assert hashes(root / "dist") == updated
    return told.notes


def one_archive(choices: str) -> str:
    head = FRAMEWORK[: FRAMEWORK.index("[[archive]]")]
    return (
        head
        + f"""[[archive]]
id = "all"
title = {{ zh = "全部", en = "All" }}
{choices}
"""
    )


def last_picture(root: Path) -> tuple[int, NDArray[np.uint8], float, float]:
    """Zoom, pixels of the tiles of the last zoom put together, and the column and row of the first."""
    tiles = list(pictures(archive_of(root, "government", "all")))
    zoom = max(z for z, *_rest in tiles)
    tiles = [tile for tile in tiles if tile[0] == zoom]
    side = tiles[0][3].shape[0]
    left, top = min(x for _z, x, _y, _p in tiles), min(y for _z, _x, y, _p in tiles)
    width, height = max(x for _z, x, _y, _p in tiles) - left + 1, max(y for _z, _x, y, _p in tiles) - top + 1
    whole = np.zeros((height * side, width * side, 4), np.uint8)
    for _z, x, y, pixels in tiles:
        whole[(y - top) * side : (y - top + 1) * side, (x - left) * side : (x - left + 1) * side] = pixels
    return zoom, whole, left * side, top * side


def colour_at(picture: tuple[int, NDArray[np.uint8], float, float], x: float, y: float) -> list[int]:
    zoom, pixels, left, top = picture
    grid = 2 * HALF / (512 << zoom)
    found: list[int] = pixels[int((HALF - y) / grid - top), int((x + HALF) / grid - left)].tolist()
    return found
