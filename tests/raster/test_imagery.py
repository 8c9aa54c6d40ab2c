"""Mosaics become archives: every tile, the metadata, and only what changed."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.archive.header import TileType
from pipeline.archive.reader import open_archive
from pipeline.errors import InputError, OutputError, UsageError
from pipeline.raster.imagery import tile_imagery
from pipeline.raster.images import decode_image
from pipeline.raster.pixels import RGBA
from pipeline.raster.plan import About, ImageFormat, ImageryPlan
from pipeline.raster.result import RasterResult
from pipeline.raster.state import load_state, state_path
from pipeline.raster.work import Work
from pipeline.raster.zooms import whole_zoom
from pipeline.types import PixelWindow
from tests.raster.mosaics import Patch, Patches

PLAN = ImageryPlan(About("town"), min_zoom=5, tile_size=256, format=ImageFormat("png", effort=0))
TOWN = Patches((Patch(9000, 9100, 9700, 9500, 1), Patch(9500, 9300, 9900, 9800, 2, 128)), zoom=7)


def make(mosaic: Patches, out: Path, plan: ImageryPlan = PLAN, **how: object) -> RasterResult:
    return tile_imagery(plan, mosaic, mosaic.origins, out, Work(**how))  # type: ignore[arg-type]


def pixels(path: Path) -> dict[tuple[int, int, int], NDArray[np.uint8]]:
    with open_archive(path) as archive:
        return {(z, x, y): _rgba(decode_image(body)) for z, x, y, body in archive.tiles()}


def _rgba(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if image.shape[2] == 4:
        return image
    return np.concatenate([image, np.full((*image.shape[:2], 1), 255, np.uint8)], 2)


def test_every_tile(tmp_path: Path) -> None:
    result = make(TOWN, tmp_path / "town.pmtiles", threads=2)
    found = pixels(tmp_path / "town.pmtiles")
    plane = TOWN.read(PixelWindow(7, 256, 8192, 8192, 2048, 2048))  # tiles 32 … 39 of zoom 7
    assert plane is not None
    expected = {}
    for zoom in (7, 6, 5):
        first = 32 >> (7 - zoom)
        for y in range(plane.shape[0] // 256):
            for x in range(plane.shape[1] // 256):
                tile = plane[256 * y : 256 * (y + 1), 256 * x : 256 * (x + 1)]
                if tile[..., 3].any():
                    expected[zoom, first + x, first + y] = tile
        plane = RGBA.reduce(plane)  # tests/kernels/test_reduce.py
    assert found.keys() == expected.keys() and len(found) == result.tiles
    for key, tile in found.items():
        assert np.array_equal(tile, expected[key]), key


@pytest.mark.parametrize(
    ("form", "type_", "word"),
    [
        (ImageFormat(), TileType.WEBP, "webp"),
        (ImageFormat("jpeg"), TileType.JPEG, "jpg"),
        (PLAN.format, TileType.PNG, "png"),
    ],
)
def test_what_the_archive_says(tmp_path: Path, form: ImageFormat, type_: TileType, word: str) -> None:
    about = About("town", "a town", "© town", "2026-09", {"more": [1]})
    out = tmp_path / "town.pmtiles"
    result = make(TOWN, out, replace(PLAN, about=about, format=form))
    with open_archive(out) as archive:
        assert (archive.header.tile_type, archive.header.min_zoom, archive.header.max_zoom) == (type_, 5, 7)
        metadata = archive.metadata
    # 9000 … 9900 of 32768 pixels around the world are 81.1° … 71.2° W
    west, south, east, north = result.bounds
    assert (west, east) == (pytest.approx(-81.123046875), pytest.approx(-71.2353515625))
    assert metadata == {
        "name": "town", "description": "a town", "attribution": "© town", "date": "2026-09", "type": "baselayer",
        "product": "imagery", "format": word, "tileSize": 256, "minzoom": 5, "maxzoom": 7,
        "bounds": [round(v, 7) for v in (west, south, east, north)], "generator": "longquan",
        "sources": [{"name": o.fact.name, "bytes": 1, "sha256": o.fact.sha256} for o in TOWN.origins], "more": [1],
    }  # fmt: skip
    assert result == RasterResult(
        "imagery", out, result.tiles, result.contents, out.stat().st_size, result.sha256, 5, 7,
        (west, south, east, north), 256, form.kind,
    )  # fmt: skip


def test_zooms_nobody_said(tmp_path: Path) -> None:
    result = make(TOWN, tmp_path / "town.pmtiles", replace(PLAN, min_zoom=None, tile_size=512))
    # 900 pixels of zoom 7 with 256 are 450 of zoom 5 with 512, and 450 of zoom 5 fit a tile of zoom 5.
    assert (result.min_zoom, result.max_zoom) == (5, 6)
    half = 20037508.342789244
    assert [whole_zoom((-half / n, 0, half / n, 1)) for n in (1, 1.9, 2, 2.1, 1024)] == [0, 0, 1, 1, 10]


def test_equal_tiles_are_stored_once(tmp_path: Path) -> None:
    class Flat(Patches):
        def read(self, window: PixelWindow) -> NDArray[np.uint8]:
            return np.full((window.height, window.width, 4), 255, np.uint8)

    mosaic = Flat((Patch(8192, 8192, 12288, 12288),), 7)
    result = make(mosaic, tmp_path / "flat.pmtiles")
    assert (result.tiles, result.contents) == (256 + 64 + 16, 1)


@pytest.mark.parametrize("zooms", [(8, None), (5, 4), (-1, 3), (0, 27)])
def test_zooms_that_are_no_range(tmp_path: Path, zooms: tuple[int, int | None]) -> None:
    plan = replace(PLAN, min_zoom=zooms[0], max_zoom=zooms[1])
    if zooms == (8, None):
        with pytest.raises(AssertionError):  # it goes up to the lowest zoom asked for, which this mosaic has not
            make(TOWN, tmp_path / "x.pmtiles", plan)
        return
    with pytest.raises(UsageError, match="no range"):
        make(TOWN, tmp_path / "x.pmtiles", plan)


def test_nothing_to_see(tmp_path: Path) -> None:
    clear = Patches((Patch(9000, 9100, 9700, 9500, 1, 0),), 7)
    with pytest.raises(InputError, match="No pixel"):
        make(clear, tmp_path / "x.pmtiles")
    with pytest.raises(InputError, match="beyond the map"):
        tile_imagery(PLAN, TOWN, [replace(TOWN.origins[0], boxes=((0.0, 3e7, 1.0, 4e7),))], tmp_path / "x.pmtiles")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, InputError("cut off")])
def test_nothing_is_left_behind(tmp_path: Path, error: BaseException) -> None:
    out = tmp_path / "town.pmtiles"
    out.write_bytes(b"as it was")

    class Torn(Patches):
        def read(self, window: PixelWindow) -> NDArray[np.uint8] | None:
            if window.column > 9000:
                raise error
            return super().read(window)

    with pytest.raises(type(error) if isinstance(error, Exception) else KeyboardInterrupt):
        make(Torn(TOWN.patches, 7), out, threads=2, keep_state=True)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"town.pmtiles": b"as it was"}


def test_an_existing_archive_is_refused_or_replaced(tmp_path: Path) -> None:
    out = tmp_path / "town.pmtiles"
    first = make(TOWN, out)
    with pytest.raises(OutputError, match="exists"):
        make(TOWN, out, no_clobber=True)
    assert make(TOWN, out, threads=3).sha256 == first.sha256


# ---------------------------------------------------------------- after a change

SMALL = replace(PLAN, tile_size=32, format=ImageFormat("webp", lossless=True, effort=0))
PLACES = st.builds(
    lambda x, y, w, h, salt, alpha: Patch(1040 + x, 1040 + y, 1040 + x + w, 1040 + y + h, salt, alpha),
    st.integers(0, 180), st.integers(0, 180), st.integers(1, 50), st.integers(1, 50), st.integers(0, 9),
    st.sampled_from([255, 255, 128]),
)  # fmt: skip
FRAME = (Patch(1025, 1025, 1027, 1027, 99), Patch(1275, 1275, 1276, 1276, 98))  # so that zooms stay


def small(*patches: Patch) -> Patches:
    return Patches((*FRAME, *patches), 7, 32)


class Noted:
    def __init__(self) -> None:
        self.notes: list[str] = []
        self.counted = 0

    def start(self, task: str, total: int | None = None, unit: str = "") -> None:
        self.total = total if unit else None

    def advance(self, n: int = 1) -> None:
        self.counted += n

    def note(self, text: str) -> None:
        self.notes.append(text)

    def done(self) -> None: ...


@settings(deadline=None, max_examples=20, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.lists(PLACES, max_size=5), st.data())
def test_after_any_edits_the_bytes_are_those_from_scratch(
    tmp_path_factory: pytest.TempPathFactory, patches: list[Patch], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("edits")
    before = [*FRAME, *patches]
    make(Patches(tuple(before), 7, 32), folder / "a.pmtiles", SMALL, keep_state=True)
    for step in range(2):
        after = data.draw(st.permutations(before)) if data.draw(st.booleans()) else list(before)
        for patch in data.draw(st.lists(st.sampled_from(after), unique=True, max_size=2)):
            if patch not in FRAME:
                after.remove(patch)
        after += data.draw(st.lists(PLACES, max_size=2))
        noted = Noted()
        mosaic = Patches(tuple(after), 7, 32)
        work = Work(1, True, folder / "a.pmtiles", progress=noted)
        updated = tile_imagery(SMALL, mosaic, mosaic.origins, folder / "a.pmtiles", work)
        scratch = make(mosaic, folder / "b.pmtiles", SMALL, threads=2, keep_state=True)
        assert updated.sha256 == scratch.sha256, step
        assert noted.notes == []
        a, b = load_state(folder / "a.pmtiles"), load_state(folder / "b.pmtiles")
        assert (a.origins, a.digests, a.places.keys()) == (b.origins, b.digests, b.places.keys())
        assert all(a.packed(*key) == b.packed(*key) for key in a.places)
        before = after
    shutil.rmtree(folder)


def test_the_only_child_goes(tmp_path: Path) -> None:
    """A tile that is made of known ones only, as the one below it that changed is gone."""
    near, far = Patch(1040, 1040, 1041, 1041, 1), Patch(1040, 1140, 1041, 1141, 2)
    make(small(near, far), tmp_path / "a.pmtiles", SMALL, keep_state=True)
    updated = make(small(near), tmp_path / "b.pmtiles", SMALL, previous=tmp_path / "a.pmtiles")
    assert updated.sha256 == make(small(near), tmp_path / "c.pmtiles", SMALL).sha256


def test_only_what_changed_is_read_and_made(tmp_path: Path) -> None:
    patches = (Patch(1040, 1040, 1100, 1200, 3), Patch(1150, 1150, 1260, 1200, 4))
    seen: list[PixelWindow] = []

    class Watched(Patches):
        def read(self, window: PixelWindow) -> NDArray[np.uint8] | None:
            seen.append(window)
            return super().read(window)

    first = make(small(*patches), tmp_path / "a.pmtiles", SMALL, keep_state=True)
    same = Watched((*FRAME, *patches), 7, 32)
    result = make(same, tmp_path / "b.pmtiles", SMALL, previous=tmp_path / "a.pmtiles")
    assert (result.sha256, result.copied, seen) == (first.sha256, first.tiles, [])
    more = Watched((*FRAME, *patches, Patch(1200, 1040, 1205, 1045, 5)), 7, 32)
    result = make(more, tmp_path / "b.pmtiles", SMALL, previous=tmp_path / "a.pmtiles")
    assert result.tiles - result.copied == 3 and len(seen) == 1  # the tile and two above it
    assert not state_path(tmp_path / "b.pmtiles").exists()


def test_a_name_may_change_without_rendering(tmp_path: Path) -> None:
    make(small(), tmp_path / "a.pmtiles", SMALL, keep_state=True)
    other = replace(SMALL, about=About("village", attribution="me"))
    result = make(small(), tmp_path / "b.pmtiles", other, previous=tmp_path / "a.pmtiles")
    assert result.copied == result.tiles
    with open_archive(tmp_path / "b.pmtiles") as archive:
        assert archive.metadata["name"] == "village"


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        ("gone", "no state"),
        ("empty", "damaged"),
        ("cut", "damaged"),
        ("bit", "damaged"),
        ("foreign", "damaged"),
        ("archive", "not the one"),
        ("plan", "other zooms"),
        ("code", "other zooms"),
    ],
)
def test_what_is_of_no_use_is_told_and_everything_is_built(tmp_path: Path, spoil: str, why: str) -> None:
    previous, plan, code = tmp_path / "a.pmtiles", SMALL, "code"
    first = make(small(), previous, plan, keep_state=True, code=code)
    state = state_path(previous)
    whole = state.read_bytes()
    if spoil == "gone":
        state.unlink()
    elif spoil == "archive":
        body = previous.read_bytes()
        previous.write_bytes(body[:-1] + bytes([body[-1] ^ 1]))
    elif spoil == "plan":
        plan = replace(SMALL, min_zoom=6)
        first = make(small(), tmp_path / "c.pmtiles", plan)
    elif spoil == "code":
        code = "other"
    else:
        middle = len(whole) // 2
        state.write_bytes(
            {
                "empty": b"",
                "cut": whole[:middle],
                "bit": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
                "foreign": b"LQARRAYS" + whole[8:],
            }[spoil]
        )
    noted = Noted()
    result = make(small(), tmp_path / "b.pmtiles", plan, previous=previous, code=code, progress=noted)
    assert (result.sha256, result.copied) == (first.sha256, 0)
    assert len(noted.notes) == 1 and noted.notes[0].startswith("everything is built: ") and why in noted.notes[0]


def test_progress_counts_every_tile(tmp_path: Path) -> None:
    noted = Noted()
    totals: list[int | None] = []

    class Counting(Noted):
        def start(self, task: str, total: int | None = None, unit: str = "") -> None:
            totals.append(total)

    noted = Counting()
    result = make(TOWN, tmp_path / "a.pmtiles", progress=noted)
    assert totals[0] == noted.counted >= result.tiles
