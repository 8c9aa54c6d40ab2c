"""The sample city, built: what every reader must find in it, and what no public file may hold."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import math
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import pyarrow.parquet as pq
import pytest
import rasterio
import shapely
from numpy.typing import NDArray
from PIL import Image
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import TileType
from pyproj import Transformer

from pipeline.build import build_workspace
from pipeline.cli import main

DAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def city(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy to build in: other modules look at the city as it was written."""
    return shutil.copytree(city, tmp_path_factory.mktemp("built") / "city")


@pytest.fixture(scope="module")
def dist(city: Path) -> Path:
    """Both editions, built on one thread."""
    build_workspace(city, as_of=DAY, threads=1)
    return city / "dist"


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_pmtiles_package_and_mapbox_vector_tile_read_every_tile_and_all_areas_are_valid(dist: Path) -> None:
    archives = sorted(dist.glob("*/tiles/*.pmtiles"))
    assert len(archives) >= 2 * 9
    read: set[str] = set()
    tiles = areas = 0
    for path in archives:
        if path.name in read:  # both editions share it
            continue
        read.add(path.name)
        with path.open("rb") as file:
            source = MmapSource(file)
            if Reader(source).header()["tile_type"] != TileType.MVT:
                continue
            declared = {layer["id"] for layer in Reader(source).metadata()["vector_layers"]}
            for (zoom, x, y), body in all_tiles(source):
                decoded = mapbox_vector_tile.decode(
                    gzip.decompress(body), default_options={"y_coord_down": True, "geojson": True}
                )
                tiles += 1
                assert set(decoded) <= declared, (path.name, zoom, x, y)
                for name, layer in decoded.items():
                    assert layer["extent"] == 4096
                    shapes = np.array([shapely.geometry.shape(f["geometry"]) for f in layer["features"]], dtype=object)
                    valid = shapely.is_valid(shapes)
                    assert valid.all(), (path.name, zoom, x, y, name, shapely.is_valid_reason(shapes[~valid]))
                    areas += int((shapely.get_dimensions(shapes) == 2).sum())
    assert tiles > 1000 and areas > 5000  # it looked at something


def test_our_own_verify_accepts_every_archive(dist: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archives = [str(path) for path in sorted(dist.glob("*/tiles/*.pmtiles"))]
    assert main(["--lang", "en", "archive", "verify", "--strict", *archives]) == 0
    assert capsys.readouterr().out.count("accepted") == len(archives)


BESIDE = {"release.json", "SHA256SUMS", "SM3SUMS"}


def test_release_json_and_sums_name_exactly_what_is_there(dist: Path) -> None:
    for edition in ("public", "government"):
        folder = dist / edition
        there = digests(folder)
        listed = {file["path"]: file["sha256"] for file in json.loads((folder / "release.json").read_text())["files"]}
        assert listed == {path: digest for path, digest in there.items() if path not in BESIDE}
        sums = dict(line.split("  ", 1)[::-1] for line in (folder / "SHA256SUMS").read_text().splitlines())
        assert sums == {path: digest for path, digest in there.items() if path not in {"SHA256SUMS", "SM3SUMS"}}


def test_what_is_for_the_government_is_in_no_public_file(dist: Path) -> None:
    words = [word.encode() for word in ("water-supply", "control-lines", "供水", "LANE", "WIDTH")]

    def holders(edition: str) -> dict[bytes, list[str]]:
        """Which files of an edition's data hold which word; the program of the portal is the same for everybody."""
        found: dict[bytes, list[str]] = {word: [] for word in words}
        for path in sorted((dist / edition).rglob("*")):
            if not path.is_file() or path.suffix in {".js", ".css", ".woff2", ".png", ".pbf"}:
                continue
            texts = [path.read_bytes(), path.name.encode()]
            if path.suffix == ".pmtiles":
                with path.open("rb") as file:
                    source = MmapSource(file)
                    texts = [json.dumps(Reader(source).metadata(), ensure_ascii=False).encode(), path.name.encode()]
                    if Reader(source).header()["tile_type"] == TileType.MVT:
                        texts += [gzip.decompress(body) for _tile, body in all_tiles(source)]
            if path.suffix == ".parquet":
                texts.append(str(pq.read_table(path).to_pylist()).encode())
            for word in words:
                if any(word in text for text in texts):
                    found[word].append(path.name)
        return found

    assert all(holders("government").values()), "the search must find what is there"
    assert holders("public") == {word: [] for word in words}


def test_explanations_name_features_of_the_tiles_and_no_others(dist: Path) -> None:
    rows = 0
    for path in sorted(dist.glob("*/tiles/*.pmtiles")):
        shown: set[tuple[str, int]] = set()
        with path.open("rb") as file:
            if Reader(MmapSource(file)).header()["tile_type"] != TileType.MVT:
                continue
            for _tile, body in all_tiles(MmapSource(file)):
                for name, layer in mapbox_vector_tile.decode(gzip.decompress(body)).items():
                    shown.update((name, feature["id"]) for feature in layer["features"])
        told = pq.read_table(path.with_name(path.stem + ".explain.parquet"))
        rows += told.num_rows
        for column in ("id", "into"):
            named = zip(told["layer"].to_pylist(), told[column].to_pylist(), strict=True)
            assert {(layer, id) for layer, id in named if id is not None} <= shown, (path.name, column)
    assert rows > 10_000  # they say something


def test_two_threads_write_the_same_bytes(city: Path, dist: Path) -> None:
    before = digests(dist)
    build_workspace(city, as_of=DAY, threads=2, anew=True)
    assert digests(dist) == before


# Rasters ------------------------------------------------------------------------------------------------------------


def raster(dist: Path, edition: str, id: str) -> tuple[dict[str, Any], Path]:
    catalog = json.loads((dist / edition / "catalog.json").read_text("utf-8"))
    entry = next(archive for archive in catalog["archives"] if archive["id"] == id)
    return entry, dist / edition / entry["file"]


def test_the_portal_finds_terrain_relief_and_two_epochs(dist: Path) -> None:
    for edition in ("public", "government"):
        products = {
            id: raster(dist, edition, id)[0] for id in ("terrain", "hillshade", "orthophoto", "orthophoto-2016")
        }
        assert [each["product"] for each in products.values()] == ["terrain", "hillshade", "imagery", "imagery"]
        assert products["terrain"]["encoding"] == "terrarium"
        assert {id: each["date"] for id, each in products.items() if each["series"] == "orthophoto"} == {
            "orthophoto": "2026-09-30",
            "orthophoto-2016": "2016-07-15",
        }


def test_published_heights_are_those_of_the_elevation_model(city: Path, dist: Path) -> None:
    """At three places, one near the seat, decoded by the published formula; cells are 120 m, more than the limit."""
    entry, path = raster(dist, "public", "terrain")
    zoom, size = entry["max_zoom"], entry["tile_size"]
    for lng, lat in ((119.13, 28.07), (118.95, 28.2), (119.3, 27.85)):
        world = size << zoom
        column = (lng / 360 + 0.5) * world
        row = (0.5 - math.asinh(math.tan(math.radians(lat))) / (2 * math.pi)) * world
        with path.open("rb") as file:
            body = Reader(MmapSource(file)).get(zoom, int(column // size), int(row // size))
        assert body is not None
        with Image.open(io.BytesIO(body)) as picture:
            r, g, b = np.asarray(picture.convert("RGB"))[int(row % size), int(column % size)].tolist()
        with rasterio.open(city / "inbox/planning/dem.tif") as dem:
            x, y = Transformer.from_crs(4326, 4549, always_xy=True).transform(lng, lat)
            (expected,) = next(iter(dem.sample([(x, y)])))
            around = [
                float(each[0])
                for each in dem.sample([(x + dx, y + dy) for dx in (-120, 0, 120) for dy in (-120, 0, 120)])
            ]
        assert min(around) - 0.1 <= r * 256 + g + b / 256 - 32768 <= max(around) + 0.1, expected


def test_the_new_town_is_missing_in_the_earlier_photograph(dist: Path) -> None:
    def picture(id: str) -> NDArray[np.float64]:
        entry, path = raster(dist, "public", id)
        zoom = entry["min_zoom"]
        with path.open("rb") as file:
            (_tile, body), *_rest = all_tiles(MmapSource(file))
        assert zoom == 9
        with Image.open(io.BytesIO(body)) as image:
            return np.asarray(image.convert("RGBA")).astype(float)

    before, now = picture("orthophoto-2016"), picture("orthophoto")
    seen = (before[..., 3] > 250) & (now[..., 3] > 250)
    columns = np.flatnonzero(seen.any(axis=0))
    middle = int(columns[len(columns) // 2])
    change = np.abs(before - now)[..., 2] * seen  # blue: the season changes it by 6 %
    east, west = change[:, middle:].sum() / seen[:, middle:].sum(), change[:, :middle].sum() / seen[:, :middle].sum()
    assert east > 1.3 * west
