"""Documents that lead other programs to single tiles, made by hand's numbers and followed link by link."""

from __future__ import annotations

import json
import posixpath
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import mercantile
import pytest

from pipeline.catalog import face_files
from tests.catalog.catalogs import catalog_of

BASE = "https://map.example.org/longquan"
NAMES = {"wmts": "http://www.opengis.net/wmts/1.0", "ows": "http://www.opengis.net/ows/1.1"}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    made = catalog_of(tmp_path_factory.mktemp("town"))
    for archive in made["archives"]:
        suffix, last = ("webp", 12) if archive["type"] == "raster" else ("mvt", archive["max_zoom"])
        archive["zxy"] = {"tiles": f"services/tiles/{archive['id']}-0a/{{z}}/{{x}}/{{y}}.{suffix}", "max_zoom": last}
    return made


def files_of(catalog: dict[str, Any], base: str = "") -> dict[str, bytes]:
    return {
        path: body for path, body in face_files(catalog, base) if not path.startswith(("services/stac", "services/iso"))
    }


def follow(path: str, href: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), href))


def link(document: dict[str, Any], rel: str) -> str:
    return next(str(each["href"]) for each in document["links"] if each["rel"].endswith(rel))


def vector_of(catalog: dict[str, Any]) -> dict[str, Any]:
    return next(archive for archive in catalog["archives"] if archive["type"] == "vector")


def test_without_copies_there_are_no_documents(tmp_path: Path) -> None:
    paths = [path for path, _body in face_files(catalog_of(tmp_path / "town"))]
    assert not [
        path for path in paths if path.startswith(("services/ogc", "services/wmts", "services/esri", "services/qgis"))
    ]


@pytest.mark.parametrize("kind", ["vector", "map"])
def test_links_lead_from_the_landing_page_to_the_tiles(catalog: dict[str, Any], kind: str) -> None:
    files = files_of(catalog)
    at = "services/ogc/index.json"
    read = lambda path: json.loads(files[path])  # noqa: E731
    at = follow(at, link(read(at), "data"))
    collection = next(
        c for c in read(at)["collections"] if link(c, "self") and any(kind in each["rel"] for each in c["links"])
    )
    alone = follow(at, link(collection, "self"))
    assert read(alone)["id"] == collection["id"]
    archive = next(each for each in catalog["archives"] if each["id"] == collection["id"])
    sets = follow(at, link(collection, f"tilesets-{kind}"))
    at = follow(sets, read(sets)["tilesets"][0]["links"][0]["href"])
    tileset = read(at)
    template = follow(at, link(tileset, "item"))
    assert template.format(tileMatrix=3, tileCol=2, tileRow=1) == archive["zxy"]["tiles"].format(z=3, x=2, y=1)
    scheme = read(follow(at, link(tileset, "tiling-scheme")))
    assert len(scheme["tileMatrices"]) > archive["zxy"]["max_zoom"]
    assert json.loads(files[follow(at, link(tileset, "tiling-scheme"))])["id"] == tileset["tileMatrixSetId"]


def test_limits_are_the_tiles_of_the_bounds(catalog: dict[str, Any]) -> None:
    archive = vector_of(catalog)
    west, south, east, north = archive["bounds"]
    tileset = json.loads(files_of(catalog)[f"services/ogc/collections/{archive['id']}/tiles/WebMercatorQuad.json"])
    told = {int(each["tileMatrix"]): each for each in tileset["tileMatrixSetLimits"]}
    assert sorted(told) == list(range(archive["min_zoom"], archive["zxy"]["max_zoom"] + 1))
    for zoom, each in told.items():
        first, last = mercantile.tile(west, north, zoom), mercantile.tile(east, south, zoom)
        assert (each["minTileCol"], each["minTileRow"]) == (first.x, first.y)
        assert (each["maxTileCol"], each["maxTileRow"]) == (last.x, last.y)


def test_scales_are_those_of_the_standard(catalog: dict[str, Any]) -> None:
    # 17-083r4, table D.1 (WebMercatorQuad); 07-057r7, annex E.4
    sets = json.loads(files_of(catalog)["services/ogc/tileMatrixSets/WebMercatorQuad.json"])["tileMatrices"]
    for zoom, scale, cell in ((0, 559082264.028717, 156543.033928041), (10, 545978.773465545, 152.874056570353)):
        assert sets[zoom]["scaleDenominator"] == pytest.approx(scale, rel=1e-12)
        assert sets[zoom]["cellSize"] == pytest.approx(cell, rel=1e-12)
        assert sets[zoom]["matrixWidth"] == 2**zoom


def test_capabilities_hold_the_pictures(catalog: dict[str, Any]) -> None:
    root = ET.fromstring(files_of(catalog, BASE)["services/wmts/WMTSCapabilities.xml"])
    layers = root.findall("wmts:Contents/wmts:Layer", NAMES)
    pictures = [a for a in catalog["archives"] if a["type"] == "raster" and a["encoding"] is None]
    assert [layer.findtext("ows:Identifier", None, NAMES) for layer in layers] == [a["id"] for a in pictures]
    resource = layers[0].find("wmts:ResourceURL", NAMES)
    assert resource is not None
    assert (
        resource.get("template")
        == f"{BASE}/{pictures[0]['zxy']['tiles'].format(z='{TileMatrix}', x='{TileCol}', y='{TileRow}')}"
    )
    matrix = root.findall("wmts:Contents/wmts:TileMatrixSet/wmts:TileMatrix", NAMES)
    # tiles of 512 pixels: half the scale of the annex's
    assert float(matrix[1].findtext("wmts:ScaleDenominator", "", NAMES)) == pytest.approx(559082264.0287178 / 4)
    assert [float(each) for each in matrix[0].findtext("wmts:TopLeftCorner", "", NAMES).split()] == [
        -20037508.3427892,
        20037508.3427892,
    ]


def test_arcgis_and_qgis_find_tiles_and_style_as_they_look_for_them(catalog: dict[str, Any]) -> None:
    """Both append to the address of the service as if it were a folder (QgsArcGisVectorTileService::setup)."""
    files, archive = files_of(catalog), vector_of(catalog)
    path = f"services/esri/{archive['id']}/VectorTileServer"
    service = json.loads(files[path])
    assert posixpath.normpath(f"{path}/{service['tiles'][0]}") == archive["zxy"]["tiles"]
    style = posixpath.normpath(f"{path}/{service['defaultStyles']}/root.json")
    root = json.loads(files[style])
    assert follow(style, root["sources"]["esri"]["url"]) == path
    assert {layer["source-layer"] for layer in root["layers"]} == {
        layer["layer"] for d in catalog["datasets"] for layer in d["layers"] if layer["archive"] == archive["id"]
    }
    # Esri's own world basemap: level 10 of its 512-pixel tiling has this scale
    assert service["tileInfo"]["lods"][10]["scale"] == pytest.approx(288895.277144, rel=1e-9)
    west, south, east, north = archive["bounds"]
    extent = service["fullExtent"]
    assert (extent["xmin"], extent["ymin"]) == pytest.approx(mercantile.xy(west, south), rel=1e-7)
    assert (extent["xmax"], extent["ymax"]) == pytest.approx(mercantile.xy(east, north), rel=1e-7)


def test_connections_of_qgis_have_whole_addresses(catalog: dict[str, Any]) -> None:
    files = files_of(catalog, BASE)
    vector = ET.fromstring(files["services/qgis/vector-tiles.xml"].decode().removeprefix("<!DOCTYPE connections>"))
    archive = vector_of(catalog)
    first = vector.find("vectortile")
    assert first is not None and vector.tag == "qgsVectorTileConnections"
    assert first.get("url") == f"{BASE}/{archive['zxy']['tiles']}"
    assert first.get("styleUrl") == f"{BASE}/hotlink/services/esri/{archive['id']}/resources/styles/root.json"
    assert (first.get("zmin"), first.get("zmax")) == (str(archive["min_zoom"]), str(archive["zxy"]["max_zoom"]))
    pictures = ET.fromstring(files["services/qgis/xyz-tiles.xml"].decode().removeprefix("<!DOCTYPE connections>"))
    assert [each.get("tilePixelRatio") for each in pictures] == ["2"]
