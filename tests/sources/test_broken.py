"""Files that are not there, not whole or not what they seem: refused in words that say what, where and what to do."""

from __future__ import annotations

import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from pipeline.errors import InputError
from pipeline.sources import ReadOptions, flatgeobuf, list_layers, read_batches, xml_whole
from pipeline.types import Tally
from tests.sources.made import places, write


def half(path: Path) -> Path:
    os.truncate(path, path.stat().st_size // 2)
    return path


def shapefile_without(tmp_path: Path, suffix: str) -> Path:
    path = places(tmp_path / "p.shp")
    path.with_suffix(suffix).unlink()
    return path


def cut_shapefile(tmp_path: Path, suffix: str) -> Path:
    path = places(tmp_path / "p.shp")
    half(path.with_suffix(suffix))
    return path


def many(path: Path) -> Path:
    x = np.linspace(119, 119.4, 3000)
    return write(
        path, list(shapely.buffer(shapely.points(x, 28), 0.001)), {"A": list(range(3000))}, geometry_type="Polygon"
    )


def overwritten(path: Path) -> Path:
    """Pages in the middle are garbage: GDAL ends the stream there and says nothing."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xa5" * (path.stat().st_size // 4))
    return path


def cut(path: Path, size: int) -> Path:
    os.truncate(path, size)
    return path


def boundary(path: Path) -> Path:
    """Cut a FlatGeobuf without an index behind its 31st feature: each begins with its length."""
    write(path, [shapely.Point(119, 28)] * 50, {"A": list(range(50))}, geometry_type="Point", SPATIAL_INDEX="NO")
    data = path.read_bytes()
    at = 12 + struct.unpack_from("<I", data, 8)[0]
    for _feature in range(31):
        at += 4 + struct.unpack_from("<I", data, at)[0]
    return cut(path, at)


def last_part(tmp_path: Path, suffix: str) -> Path:
    """A Shapefile's .dbf with its .prj, the rest gone."""
    path = places(tmp_path / "p.shp")
    for gone in (".shp", ".shx"):
        path.with_suffix(gone).unlink()
    return path.with_suffix(suffix)


def text(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def zipped(path: Path, **content: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name.replace("__", "."), data)
    return path


KML = b'<kml xmlns="http://www.opengis.net/kml/2.2"><Document></Document></kml>'
GPX = (
    b'<?xml version="1.0"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><wpt lat="28" lon="119"/></gpx>'
)

BROKEN: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing": (lambda t: t / "nothing.gpkg", "does not exist"),
    "folder": (lambda t: t, "a folder"),
    "zero bytes": (lambda t: text(t / "p.shp", b""), "0 bytes"),
    "no map": (lambda t: text(t / "p.txt", b"hello"), "no vector file or table"),
    "picture": (lambda t: text(t / "p.png", b"\x89PNG\r\n\x1a\n" + bytes(100)), "no vector file or table"),
    "old Excel": (
        lambda t: text(t / "p.xls", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)),
        "no vector file or table",
    ),
    "no JSON": (lambda t: text(t / "p.geojson", b"{nonsense"), "no vector file or table"),
    "half a GeoJSON": (lambda t: half(places(t / "p.geojson", crs="EPSG:4326")), "damaged"),
    "half a GeoPackage": (lambda t: half(many(t / "p.gpkg")), "cut off"),
    "no GeoPackage": (lambda t: text(t / "p.gpkg", b"PK\3\4" + bytes(200)), "does not begin like a GeoPackage"),
    "GeoPackage with garbage pages": (lambda t: overwritten(many(t / "p.gpkg")), "damaged"),
    "KML without layers": (lambda t: text(t / "p.kml", KML), "no layers"),
    "half a FlatGeobuf": (lambda t: half(many(t / "p.fgb")), "damaged"),
    "FlatGeobuf cut within its header": (lambda t: cut(many(t / "p.fgb"), 60), "FlatGeobuf, or ends within its header"),
    "FlatGeobuf cut within its index": (lambda t: cut(many(t / "p.fgb"), 30_000), "is cut off after 30000 of"),
    "FlatGeobuf cut between features": (lambda t: boundary(t / "p.fgb"), "only 31 of 50 features"),
    "no FlatGeobuf": (lambda t: text(t / "p.fgb", b"PK\3\4" + bytes(200)), "does not begin like a FlatGeobuf"),
    "half a KML": (lambda t: text(t / "p.kml", KML[:-20]), "</kml> is missing"),
    "no KML": (lambda t: text(t / "p.kml", b"hello"), "does not begin like XML"),
    "page of an error": (lambda t: text(t / "p.kml", b"<!DOCTYPE html>\n<html><p>404</html>"), "begins with <html>"),
    "KML that does not close": (
        lambda t: text(t / "p.kml", KML.replace(b"</Document>", b"")),
        "from line 1, character",
    ),
    "half a GPX": (lambda t: text(t / "p.gpx", GPX[:-3]), "</gpx> is missing"),
    "half a GML": (lambda t: half(places(t / "p.gml")), "> is missing at its end"),
    "picture named CSV": (lambda t: text(t / "p.csv", b"\x89PNG\r\n\x1a\n" + bytes(100)), "no text, although"),
    "workbook named CSV": (lambda t: zipped(t / "p.csv", xl__xml=b"x" * 99), "no text, although"),
    "bytes named CSV": (lambda t: text(t / "p.csv", bytes(range(256))), "no text, although"),
    "broken quotes in CSV": (lambda t: text(t / "p.csv", b"a\rb,c\nx,y\n"), "names no columns"),
    ".shp missing": (lambda t: last_part(t, ".dbf"), ".shp is missing"),
    "half a Parquet": (lambda t: half(_parquet(t / "p.parquet")), "damaged"),
    "Parquet with bad metadata": (lambda t: _parquet(t / "p.parquet", geo='{"columns": {}}'), "GeoParquet"),
    "Parquet with geometries of its own": (
        lambda t: _parquet(t / "p.parquet", geo='{"primary_column": "g", "columns": {"g": {"encoding": "TWKB"}}}'),
        'stored as "twkb"',
    ),
    "Parquet with points that are no numbers": (
        lambda t: _parquet(t / "p.parquet", geo='{"primary_column": "g", "columns": {"g": {"encoding": "point"}}}'),
        "GeoParquet",
    ),
    ".dbf missing": (lambda t: shapefile_without(t, ".dbf"), ".dbf is missing"),
    ".shx missing": (lambda t: shapefile_without(t, ".shx"), ".shx is missing"),
    ".shp cut off": (lambda t: cut_shapefile(t, ".shp"), ".shp is cut off"),
    ".shx cut off": (lambda t: cut_shapefile(t, ".shx"), ".shx is cut off"),
    ".dbf cut off": (lambda t: cut_shapefile(t, ".dbf"), ".dbf is cut off"),
    "no Shapefile": (
        lambda t: [text((t / "p").with_suffix(s), b"x" * 200) for s in (".shx", ".dbf", ".shp")][-1],
        "does not begin like a Shapefile",
    ),
    "no zip": (lambda t: text(t / "p.zip", b"PK nothing"), "zip cannot be opened"),
    "zip without data": (lambda t: zipped(t / "p.zip", readme__txt=b"x"), "holds no vector file"),
    "zip with half a Shapefile": (lambda t: zipped(t / "p.zip", p__shp=b"\x00\x00\x27\x0a" + bytes(96)), "incomplete"),
    "CSV without header": (lambda t: text(t / "p.csv", b"\n1,2\n"), "names no columns"),
}


def _parquet(path: Path, geo: str = "{}") -> Path:
    table = pa.table({"g": pa.array([b"\0"] * 3, pa.binary())})
    pq.write_table(table.replace_schema_metadata({"geo": geo}), path)
    return path


WHOLE_LISTS = ("GeoPackage with garbage pages", "half a FlatGeobuf", "FlatGeobuf cut between features")


@pytest.mark.parametrize("name", BROKEN)
def test_refused(tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    make, says = BROKEN[name]
    folder = tmp_path / "inbox"
    folder.mkdir()
    path = make(folder)
    for use in (lambda: list(read_batches(path, ReadOptions(), Tally())), lambda: list_layers(path)):
        if use.__code__.co_names[0] == "list_layers" and name in WHOLE_LISTS:
            continue  # the list of layers is whole; the features are not
        capfd.readouterr()
        with pytest.raises(InputError) as caught:
            use()
        error = caught.value
        assert says in error.message
        assert error.exit_code == 1
        assert error.where and path.name in error.where
        assert error.expected and error.hint
        assert "Traceback" not in str(error) and "programm" not in str(error)
        assert capfd.readouterr() == ("", "")  # nothing from GDAL behind our back


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = places(tmp_path / "p.geojson", crs="EPSG:4326")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(InputError):
        list_layers(path)


def test_wrong_crs_names_the_file(tmp_path: Path) -> None:
    path = places(tmp_path / "p.geojson", crs="EPSG:4326")
    with pytest.raises(InputError) as caught:
        list(read_batches(path, ReadOptions(crs="EPSG:99999"), Tally()))
    assert "EPSG:99999" in caught.value.message and "p.geojson" in str(caught.value.where)


def test_geojson_in_plane_coordinates(tmp_path: Path) -> None:
    """GeoJSON has no CRS but WGS 84 (RFC 7946 §4); many programs write plane coordinates into it all the same."""
    path = text(
        tmp_path / "p.geojson",
        b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},'
        b'"geometry":{"type":"Point","coordinates":[40414478.694,3106504.688]}}]}',
    )
    with pytest.raises(InputError) as caught:
        list(read_batches(path, ReadOptions(), Tally()))
    assert "do not fit" in caught.value.message and 'crs = "EPSG:4528"' in str(caught.value.hint)
    (batch,) = read_batches(path, ReadOptions(crs="EPSG:4528"), Tally())
    assert (batch.geometries.x[0], batch.geometries.y[0]) == pytest.approx((119.13, 28.07), abs=1e-7)


def test_a_dbf_alone_is_a_table(tmp_path: Path) -> None:
    last_part(tmp_path, ".dbf")
    (tmp_path / "p.prj").unlink()
    (layer,) = list_layers(tmp_path / "p.dbf")
    assert (layer.geometry, layer.features) == ("none", 3)


@pytest.mark.parametrize(
    "xml",
    [
        KML,
        b"\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?>\n<!-- a > b -->\n" + KML + b"\n<!-- end -->\n",
        KML.replace(b"kml xmlns=", b"k:kml xmlns:k=").replace(b"</kml>", b"</k:kml\n>"),
        b'<!DOCTYPE kml [<!ENTITY a "b">]>' + KML,
        b"<kml/>",
        '<?xml version="1.0" encoding="UTF-16"?><kml></kml>'.encode("utf-16"),
    ],
)
def test_whole_xml(xml: bytes) -> None:
    assert xml_whole.fault(".kml", xml, xml) is None


def test_size_of_a_flatgeobuf(tmp_path: Path) -> None:
    """1 of 3000 features is the least the index can be short of: 3000 leaves, 188, 12 and 1 nodes of 40 bytes."""
    found = flatgeobuf.extent(many(tmp_path / "p.fgb").read_bytes())
    assert found is not None and found.features == 3000
    header = struct.unpack_from("<I", (tmp_path / "p.fgb").read_bytes(), 8)[0]
    assert found.size == 12 + header + 40 * (3000 + 188 + 12 + 1) + 8 * 3000
    path = write(tmp_path / "e.fgb", [], {"A": []}, geometry_type="Point")
    assert flatgeobuf.extent(path.read_bytes()).features == 0  # type: ignore[union-attr]
    assert list(read_batches(path, ReadOptions(), Tally())) == []
