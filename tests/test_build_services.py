"""Tiles one by one: what a build copies, and what another program makes of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.windows import from_bounds

from pipeline.archive.reader import open_archive
from pipeline.audit import audit_folder
from pipeline.errors import ConfigError
from pipeline.framework import load_workspace
from pipeline.release.hotlink import write_hotlink
from pipeline.standalone.serve import FolderServer
from tests.audit.built import build_lightly
from tests.built_rasters import DAY, archive_of, catalog_of, pictures
from tests.terrains import FRAMEWORK, write_terrain
from tests.towns import write_town

SERVICES = 'services = { archives = ["photo-2024", "lines"], max_zoom = 17 }\n'
OFFERED = FRAMEWORK.replace('id = "public"\n', f'id = "public"\n{SERVICES}')


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write_terrain(tmp_path_factory.mktemp("services") / "city", {"framework.toml": OFFERED})
    build_lightly(root, as_of=DAY, editions=["public"])
    return root


@contextmanager
def served(folder: Path) -> Iterator[str]:
    server = FolderServer(str(folder), port=0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.address.rstrip("/")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("id", ["photo-2024", "lines"])
def test_every_tile_is_there_as_it_lies_in_the_archive(city: Path, id: str) -> None:
    archive = archive_of(city, "public", id)
    folder = city / "dist/public/services/tiles" / archive.stem
    with open_archive(archive) as opened:
        expected = {f"{z}/{x}/{y}": opened.tile(z, x, y) for z, x, y, _body in opened.tiles() if z <= 17}
    found = {path.relative_to(folder).with_suffix("").as_posix(): path.read_bytes() for path in folder.glob("*/*/*")}
    assert found == expected and len(found) > 3
    told = next(each for each in catalog_of(city, "public")["archives"] if each["id"] == id)
    assert told["zxy"]["max_zoom"] == min(17, told["max_zoom"])


def test_archives_that_are_not_named_are_not_copied(city: Path) -> None:
    folders = {path.name.rpartition("-")[0] for path in (city / "dist/public/services/tiles").iterdir()}
    assert folders == {"photo-2024", "lines"}
    named = [each["id"] for each in catalog_of(city, "public")["archives"] if "zxy" in each]
    assert sorted(named) == ["lines", "photo-2024"]


def test_gdal_reads_the_pictures_by_their_capabilities(city: Path) -> None:
    """An independent client of WMTS comes to the same pixels as the archive has."""
    dist = city / "dist/public"
    zoom, x, y, pixels = max(
        (tile for tile in pictures(archive_of(city, "public", "photo-2024")) if tile[0] == 17),
        key=lambda tile: int(tile[3][..., 3].sum()),
    )
    side = 40075016.6855784 / (1 << zoom)
    west, north = x * side - 20037508.3427892, 20037508.3427892 - y * side
    with served(dist) as base:
        write_hotlink(dist, base)
        with rasterio.open(f"WMTS:{base}/hotlink/services/wmts/WMTSCapabilities.xml,layer=photo-2024") as source:
            window = from_bounds(west, north - side, west + side, north, source.transform)
            read = source.read(window=window, boundless=True, out_shape=(4, 256, 256))
    seen = (pixels[..., 3] == 255) & (read[3] == 255)
    assert seen.sum() > 5000
    assert np.array_equal(np.moveaxis(read, 0, 2)[seen], pixels[seen])


def test_the_audit_finds_nothing_to_say(city: Path) -> None:
    result = audit_folder(city / "dist/public", None, threads=1)
    assert [f"{fault.rule} {fault.file}" for fault in result.report.faults if fault.file.startswith("services/")] == []


def test_an_archive_that_is_not_there_is_told(tmp_path: Path) -> None:
    text = OFFERED.replace('"lines"]', '"linnes"]')
    with pytest.raises(ConfigError, match="linnes") as refused:
        load_workspace(write_terrain(tmp_path / "city", {"framework.toml": text}, pixels=False))
    assert "lines" in str(refused.value)


def test_a_build_without_services_copies_nothing(tmp_path: Path) -> None:
    root = write_town(tmp_path / "town")
    build_lightly(root, as_of=DAY, editions=["public"])
    assert not (root / "dist/public/services/tiles").exists()
    assert not (root / "dist/public/services/ogc").exists()
