"""Tiles of all zooms against the slow way; neither threads nor blocks show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.raster.grid import HALF, Grid, ancestors, column_row, make_grid
from pipeline.raster.pixels import HEIGHTS, RGBA, Pixels
from pipeline.raster.pyramid import Anew, Made, ReadBlock, Recipe, build_pyramid
from pipeline.raster.spool import Body, TileSpool
from pipeline.types import Bounds, PixelWindow
from tests.raster.formula import coordinates, halved, picture

SIZE = 8  # pixels of a tile: halving with fractions is slow


def box(zoom: int, left: float, top: float, right: float, bottom: float) -> Bounds:
    """Pixels of a zoom as metres."""
    across = SIZE << zoom
    west, north, east, south = ((value / across * 2 - 1) * HALF for value in (left, top, right, bottom))
    return west, -south, east, -north


def raw(_zoom: int, _x: int, _y: int, pixels: Pixels) -> bytes:
    assert pixels.flags.c_contiguous and pixels.shape[:2] == (SIZE, SIZE)
    return pixels.tobytes()


def with_blocks(grid: Grid, levels: int) -> Grid:
    """The same tiles in other blocks."""
    lowest = min(grid.min_zoom, grid.max_zoom - levels)
    cells = {z: ancestors(grid.cells[grid.max_zoom], grid.max_zoom - z) for z in range(lowest, grid.max_zoom + 1)}
    return replace(grid, levels=levels, cells=cells)


def tiles(
    grid: Grid, read: ReadBlock, threads: int = 1, kind: object = RGBA, **more: object
) -> list[tuple[int, int, bytes]]:
    found: list[Body] = []
    build_pyramid(grid, Recipe(kind, read, raw), found.append, threads=threads, **more)  # type: ignore[arg-type]
    by_zoom = [[body.position for body in found if body.zoom == zoom] for zoom in range(30)]
    assert all(each == sorted(set(each)) for each in by_zoom)
    return sorted((body.zoom, body.position, body.data) for body in found)


def slowly(grid: Grid, read: ReadBlock, half: Callable[[Pixels], Pixels]) -> dict[tuple[int, int], bytes]:
    """Everything at once: the whole world of a low zoom, halved as a whole."""
    found = {}
    side = SIZE << grid.max_zoom
    world = read(PixelWindow(grid.max_zoom, SIZE, 0, 0, side, side))
    assert world is not None
    for zoom in range(grid.max_zoom, grid.min_zoom - 1, -1):
        for position in range(1 << (2 * zoom)):
            x, y = column_row(zoom, position)
            part = world[y * SIZE : (y + 1) * SIZE, x * SIZE : (x + 1) * SIZE]
            if (part[..., 3] > 0).any() if part.ndim == 3 else not np.isnan(part).all():
                found[zoom, position] = part.tobytes()
        world = half(world)
    return found


def oval(x: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.bool_]:
    return (x - 70) ** 2 + 2 * (y - 60) ** 2 < 40**2


@pytest.mark.parametrize("lowest", [0, 2, 4])
def test_every_tile_is_the_mean_of_its_children(lowest: int) -> None:
    grid = make_grid(SIZE, lowest, 4, [box(4, 30, 31, 111, 90)])
    read = picture(oval)
    assert {(z, p): data for z, p, data in tiles(grid, read)} == slowly(grid, read, halved)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 5), st.integers(0, 5), st.integers(1, 4), st.integers(0, 9))
def test_neither_threads_nor_blocks_show(lowest: int, levels: int, threads: int, salt: int) -> None:
    grid = make_grid(SIZE, lowest, 5, [box(5, 30, 31, 111, 90), box(5, 200, 200, 203, 250)])
    read = picture(lambda x, y: oval(x, y) | ((x > 200) & (x < 203) & (y >= 200) & (y < 250)), salt)
    assert tiles(with_blocks(grid, levels), read, threads) == tiles(grid, read)


def test_a_block_is_read_once_and_whole() -> None:
    grid = with_blocks(make_grid(SIZE, 0, 5, [box(5, 30, 31, 111, 90)]), 2)
    seen: list[PixelWindow] = []

    def read(window: PixelWindow) -> Pixels | None:
        seen.append(window)
        return picture(oval)(window)

    tiles(grid, read, threads=2)
    assert len(seen) == len(set(seen)) == len(grid.blocks)
    assert {(w.width, w.height, w.column % 32, w.row % 32, w.zoom) for w in seen} == {(32, 32, 0, 0, 5)}


def test_heights_are_means_of_what_is_known() -> None:
    def read(window: PixelWindow) -> Pixels | None:
        x, y = coordinates(window)
        return np.where(oval(x, y), x * 2.0 + y, np.nan).astype(np.float32)

    def half(pixels: Pixels) -> Pixels:
        rows, columns = pixels.shape
        four = pixels.astype(np.float64).reshape(rows // 2, 2, columns // 2, 2)
        known = ~np.isnan(four)
        with np.errstate(invalid="ignore"):
            return (np.where(known, four, 0).sum((1, 3)) / known.sum((1, 3))).astype(np.float32)

    grid = make_grid(SIZE, 0, 4, [box(4, 30, 31, 111, 90)])
    made = {(z, p): data for z, p, data in tiles(grid, read, kind=HEIGHTS)}
    expected = slowly(grid, read, half)
    assert made.keys() == expected.keys()
    for key, data in made.items():
        np.testing.assert_array_equal(np.frombuffer(data, np.float32), np.frombuffer(expected[key], np.float32))


def test_only_what_is_asked_is_made_anew() -> None:
    """One tile changes: it and those above it are made, and are what a whole pyramid has."""
    grid = with_blocks(make_grid(SIZE, 0, 5, [box(5, 30, 31, 111, 90)]), 1)
    remembered: dict[tuple[int, int], Pixels] = {}

    def remember(made: Made) -> None:
        if made.top is not None:
            remembered[made.zoom, made.position] = made.top

    before = tiles(grid, picture(oval), keep=remember)
    changed = int(grid.cells[5][len(grid.cells[5]) // 2])
    cx, cy = column_row(5, changed)

    def there(x: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.bool_]:
        return oval(x, y) & ~((x // SIZE == cx) & (y // SIZE == cy) & (x % 3 > 0))

    cells = {zoom: np.array([changed >> (2 * (5 - zoom))]) for zoom in range(6)}
    anew = Anew(cells, lambda zoom, position: remembered.get((zoom, position)))
    made = tiles(grid, picture(there), anew=anew)
    after = tiles(grid, picture(there))
    assert {(z, p) for z, p, _ in made} == {(zoom, int(cell[0])) for zoom, cell in cells.items()}
    replaced = {(z, p): data for z, p, data in before} | {(z, p): data for z, p, data in made}
    assert replaced == {(z, p): data for z, p, data in after}


@pytest.mark.parametrize("threads", [1, 3])
def test_what_fails_in_a_thread_is_told(threads: int) -> None:
    grid = make_grid(SIZE, 0, 5, [box(5, 0, 0, 256, 256)])

    def read(window: PixelWindow) -> Pixels | None:
        if window.column > 100:
            raise KeyError("here")
        return picture(oval)(window)

    with pytest.raises(KeyError, match="here"):
        tiles(grid, read, threads)


def test_nothing_anywhere() -> None:
    grid = make_grid(SIZE, 0, 4, [box(4, 30, 31, 111, 90)])
    assert tiles(grid, lambda _window: None) == []
    assert tiles(grid, lambda window: np.zeros((window.height, window.width, 4), np.uint8)) == []


def test_bodies_wait_in_the_spool(tmp_path: Path) -> None:
    grid = make_grid(SIZE, 0, 5, [box(5, 30, 31, 111, 90)])
    with TileSpool(tmp_path / "out.pmtiles") as spool:
        build_pyramid(grid, Recipe(RGBA, picture(oval), raw), spool.put, threads=2)
        made = tiles(grid, picture(oval))
        told = list(spool.tiles())
        assert [each.tile_id for each in told] == sorted(each.tile_id for each in told)
        assert [each.data for each in told] == [data for _z, _p, data in made]
        assert all(spool.get(z, p) == data for z, p, data in made)
        assert spool.get(5, 0) is None and spool.get(9, 0) is None
        assert spool.zooms() == [0, 1, 2, 3, 4, 5] and spool.positions(5).tolist() == [p for z, p, _ in made if z == 5]
        spool.put(Body.of(6, 1, made[0][2]))
        assert spool.size == sum(len(data) for data in {data for _z, _p, data in made})
    assert list(tmp_path.iterdir()) == []
