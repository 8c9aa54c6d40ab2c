"""`longquan archive …` on raster archives, as a person or a script meets it; other programs read what comes out."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from pipeline.archive.reader import open_archive
from pipeline.cli import main
from tests.archive.made import theirs
from tests.broken.archive.images import ALL, imagery, mapbox, picture, raster, relief, saved, terrain, terrarium

SOURCES = [{"name": "dom.tif", "bytes": 1234567, "sha256": "ab" * 32}, {"name": "西.tif", "bytes": 10, "sha256": "cd"}]


def lay(folder: Path, name: str, data: bytes) -> str:
    (folder / name).write_bytes(data)
    return str(folder / name)


@pytest.fixture
def photos(tmp_path: Path) -> str:
    said = {"name": "DOM", "product": "imagery", "tileSize": 256, "date": "2021", "sources": SOURCES}
    return lay(tmp_path, "photos.pmtiles", imagery("webp", metadata=said).bytes())


@pytest.fixture
def heights(tmp_path: Path) -> str:
    return lay(tmp_path, "heights.pmtiles", terrain(mapbox, kind="webp", lossless=True).bytes())


# --- show


def test_show_imagery(photos: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["archive", "show", photos, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["content"] == {
        "kind": "imagery",
        "product": "imagery",
        "encoding": None,
        "images": [{"format": "webp", "width": 256, "height": 256, "lossless": False}],
    }
    assert (shown["layers"], [zoom["tiles"] for zoom in shown["zooms"]]) == ({}, [1, 4])
    assert main(["archive", "show", photos]) == 0
    out = capsys.readouterr().out
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line.split()}
    assert (rows["content"], rows["images"]) == (["imagery"], ["webp", "256", "×", "256"])
    assert (rows["date"], rows["dom.tif"]) == (["2021"], ["1.2", "MB", "abababababab"])
    assert "Layers" not in out and '"sha256"' not in out


def test_show_terrain(heights: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["archive", "show", heights]) == 0
    rows = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines() if line.split()}
    assert (rows["content"], rows["images"]) == (["terrain,", "mapbox"], ["webp", "256", "×", "256", "lossless"])


def test_show_tells_each_kind_of_image_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = {
        (0, 0, 0): picture("png"),
        (1, 0, 0): picture("png", 512, 512),
        (2, 0, 0): picture("webp"),
        (3, 0, 0): b"?",
    }
    assert main(["archive", "show", lay(tmp_path, "x", raster(images).bytes()), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)["content"]["images"]
    assert [(image["format"], image["width"]) for image in shown] == [("png", 256), ("png", 512), ("webp", 256)]


# --- verify


def test_verify(photos: str, heights: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["archive", "verify", "--strict", photos, heights]) == 0
    first, second = capsys.readouterr().out.split(heights)
    assert "accepted · 5 tiles decoded" in first and "lowest" not in first
    assert [line.split() for line in second.splitlines()[1:]] == [
        ["zoom", "tiles", "images", "decoded", "transparent", "in", "places", "lowest", "highest"],
        ["0", "1", "1", "1", "0", "200.0", "m", "249.9", "m"],
        ["1", "4", "4", "4", "0", "200.0", "m", "249.9", "m"],
    ]


def test_verify_refuses_and_says_what_to_do(heights: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = lay(tmp_path, "cut.pmtiles", imagery("webp", {(1, 1, 0): picture("webp")[:-60]}).bytes())
    assert main(["archive", "verify", broken]) == 1
    out = capsys.readouterr().out
    assert "error image-readable  1/1/0: the webp image cannot be decoded: it is cut off" in out
    assert "copy it again if it was whole" in out
    assert main(["archive", "verify", broken, "--structure-only"]) == 0
    capsys.readouterr()
    assert main(["archive", "verify", heights, "--heights", "0,230", "--json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)["archives"]
    assert (found["counts"], found["looked_inside"]) == ({"terrain-plausible": 4}, True)


# --- decode


@pytest.mark.parametrize("place", [["1", "0", "1"], ["1/0/1"]])
def test_decode_writes_the_image_as_it_is_stored(
    photos: str, tmp_path: Path, place: list[str], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    stored = theirs(Path(photos))[1, 0, 1]
    assert main(["archive", "decode", photos, *place]) == 0
    assert capfdbinary.readouterr().out == stored
    assert main(["archive", "decode", photos, *place, "-o", str(tmp_path / "tile.webp")]) == 0
    assert (tmp_path / "tile.webp").read_bytes() == stored
    assert capfdbinary.readouterr().out == b""


def test_decode_tells_heights_and_where_they_are(
    heights: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["archive", "decode", heights, "1/1/1"]) == 0
    told = json.loads(capsys.readouterr().out)
    # the first pixel's middle is half a pixel of 256 from 0°, 0°; heights by the formula of `relief`
    assert told["lowest"] == {"height": 225.0, "lng": 0.3515625, "lat": -0.3515603}
    assert told["highest"]["height"] == pytest.approx(200 + 1022 * 50 / 1024, abs=0.051)
    assert told["mean"] == pytest.approx(200 + (383.5 + 383.5) * 50 / 1024, abs=0.01)
    assert (told["tile"], told["encoding"], told["width"], told["height"]) == ([1, 1, 1], "mapbox", 256, 256)
    assert main(["archive", "decode", heights, "1/1/1", "-o", str(tmp_path / "tile")]) == 0
    assert (tmp_path / "tile").read_bytes() == theirs(Path(heights))[1, 1, 1]


# --- extract, merge, export


def test_extract_keeps_images_as_they_are(photos: str, tmp_path: Path) -> None:
    out = tmp_path / "part.pmtiles"
    assert main(["archive", "extract", photos, str(out), "--bbox", "10,10,60,60"]) == 0
    whole = theirs(Path(photos))
    assert theirs(out) == {tile: whole[tile] for tile in [(0, 0, 0), (1, 1, 0)]}
    with open_archive(out) as opened:
        assert opened.metadata["sources"] == SOURCES and opened.header.bounds == (10.0, 10.0, 60.0, 60.0)
    assert main(["archive", "verify", "--strict", str(out)]) == 0


def test_merge_puts_tiles_and_sources_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = {tile: picture(seed=i) for i, tile in enumerate(ALL)}
    north = lay(tmp_path, "n", raster({t: images[t] for t in ALL[:3]}, metadata={"sources": SOURCES[:1]}).bytes())
    south = lay(tmp_path, "s", raster({t: images[t] for t in ALL[2:]}, metadata={"sources": SOURCES}).bytes())
    out = tmp_path / "out.pmtiles"
    assert main(["archive", "merge", str(out), north, south]) == 0
    assert "sources" not in capsys.readouterr().err  # nothing was left out
    assert theirs(out) == images
    with open_archive(out) as opened:
        assert opened.metadata["sources"] == SOURCES
    assert main(["archive", "verify", "--strict", str(out)]) == 0


def test_merge_takes_one_of_two_pictures_only_when_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = (lay(tmp_path, name, raster({(0, 0, 0): picture(seed=i)}).bytes()) for i, name in enumerate("ab"))
    out = tmp_path / "out"
    assert main(["archive", "merge", str(out), old, new]) == 1
    assert main(["archive", "merge", str(out), old, new, "--prefer", "last"]) == 0
    assert theirs(out) == theirs(Path(new))


@pytest.mark.parametrize(
    ("kind", "format", "suffix"), [("webp", "webp", "webp"), ("jpeg", "jpg", "jpg"), ("png", "png", "png")]
)
def test_export_names_images_as_others_do(kind: str, format: str, suffix: str, tmp_path: Path) -> None:
    archive = lay(tmp_path, "x.pmtiles", imagery(kind).bytes())
    whole = theirs(Path(archive))
    assert main(["archive", "export", archive, str(tmp_path / "x.mbtiles")]) == 0
    with sqlite3.connect(tmp_path / "x.mbtiles") as database:  # MBTiles 1.3 §3.2: `format`; rows from the south
        assert database.execute("SELECT value FROM metadata WHERE name = 'format'").fetchall() == [(format,)]
        found = database.execute("SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles").fetchall()
    assert {(z, x, (1 << z) - 1 - y): body for z, x, y, body in found} == whole
    assert main(["archive", "export", archive, str(tmp_path / "folder")]) == 0
    files = {path.relative_to(tmp_path / "folder").as_posix(): path for path in (tmp_path / "folder").glob("*/*/*")}
    assert {name: path.read_bytes() for name, path in files.items()} == {
        f"{z}/{x}/{y}.{suffix}": body for (z, x, y), body in whole.items()
    }
    assert json.loads((tmp_path / "folder" / "metadata.json").read_text())["format"] == format


def test_export_of_mbtiles_is_read_by_gdal(photos: str, tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    assert main(["archive", "export", photos, str(tmp_path / "x.mbtiles")]) == 0
    with rasterio.open(tmp_path / "x.mbtiles") as opened:
        assert (opened.driver, opened.width, opened.height, opened.crs.to_epsg()) == ("MBTiles", 512, 512, 3857)


# --- diff, patch


def test_diff_of_pixels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """1/0/0: one grey value in one pixel; 1/1/0: other bytes, same pixels; 1/0/1 gone; 1/1/1 of another size."""
    before = np.zeros((256, 256, 3), np.uint8)
    after = before.copy()
    after[7, 9] = (0, 40, 3)
    a = {tile: saved(before) for tile in ALL}
    b = a | {
        (1, 0, 0): saved(after),
        (1, 1, 0): saved(before, compress_level=1),
        (1, 1, 1): picture(width=512, height=512),
    }
    del b[1, 0, 1]
    pair = lay(tmp_path, "a", raster(a).bytes()), lay(tmp_path, "b", raster(b).bytes())
    assert main(["archive", "diff", *pair, "--pixels", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["zooms"][1] == {
        "zoom": 1, "before": 4, "after": 3, "added": 0, "removed": 1, "changed": 3, "repacked": 0
    }  # fmt: skip
    assert found["pixels"] == {
        "unit": "grey",
        "zooms": [{"zoom": 1, "tiles": 3, "same": 1, "largest": 40.0, "resized": 1}],
        "tiles": [
            {"tile": [1, 0, 0], "tiles": 1, "largest": 40.0, "differing": round(1 / 65536, 6)},
            {"tile": [1, 1, 1], "tiles": 1, "largest": None, "differing": 1.0},
            {"tile": [1, 1, 0], "tiles": 1, "largest": 0.0, "differing": 0.0},
        ],
    }
    assert main(["archive", "diff", *pair, "--pixels"]) == 1
    out = capsys.readouterr().out
    assert "Pixels, in grey values" in out
    rows = [line.split() for line in out.split("Tiles that differ most")[1].splitlines()[2:]]
    assert [row[:2] for row in rows] == [["1/1/1", "other"], ["1/0/0", "40"], ["1/1/0", "0"]]


def test_colours_that_nobody_sees_do_not_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clear = np.zeros((256, 256, 4), np.uint8)
    clear[:128, :, 3] = 255
    other = clear.copy()
    other[128:, :, :3] = 99
    pair = (
        lay(tmp_path, "a", raster({(0, 0, 0): saved(clear)}).bytes()),
        lay(tmp_path, "b", raster({(0, 0, 0): saved(other)}).bytes()),
    )
    assert main(["archive", "diff", *pair, "--pixels", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["pixels"]["zooms"][0]["same"] == 1


def test_heights_differ_in_metres_whatever_their_encoding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = lay(tmp_path, "a", terrain(terrarium).bytes())
    b = lay(tmp_path, "b", terrain(mapbox, heights=relief() + 3).bytes())
    assert main(["archive", "diff", a, b, "--pixels", "--json"]) == 1
    pixels = json.loads(capsys.readouterr().out)["pixels"]
    assert pixels["unit"] == "metres"
    assert [tile["largest"] for tile in pixels["tiles"]] == pytest.approx([3.0] * 5, abs=0.053)  # both round


def test_the_same_archive_has_no_pixels_to_compare(photos: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["archive", "diff", photos, photos, "--pixels"]) == 0
    assert capsys.readouterr().out.rstrip().endswith("the same, byte for byte")


def test_patch_makes_the_newer_archive(tmp_path: Path) -> None:
    a = lay(tmp_path, "a", imagery("webp").bytes())
    b = lay(tmp_path, "b", imagery("webp", {(1, 0, 0): picture("webp", seed=77)}).bytes())
    assert main(["archive", "diff", a, b, "-o", str(tmp_path / "d")]) == 1
    assert (tmp_path / "d").stat().st_size < Path(b).stat().st_size
    assert main(["archive", "patch", a, str(tmp_path / "d"), str(tmp_path / "made")]) == 0
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (Path(b), tmp_path / "made")}
    assert len(digests) == 1
