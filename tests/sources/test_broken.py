"""Files that are not there, not whole or not what they seem: refused in words that say what, where and what to do."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from pipeline.errors import InputError
from pipeline.sources import ReadOptions, list_layers, read_batches
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


def text(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def zipped(path: Path, **content: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name.replace("__", "."), data)
    return path


KML = b'<kml xmlns="http://www.opengis.net/kml/2.2"><Document></Document></kml>'

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


@pytest.mark.parametrize("name", BROKEN)
def test_refused(tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    make, says = BROKEN[name]
    folder = tmp_path / "inbox"
    folder.mkdir()
    path = make(folder)
    for use in (lambda: list(read_batches(path, ReadOptions(), Tally())), lambda: list_layers(path)):
        if use.__code__.co_names[0] == "list_layers" and name in ("GeoPackage with garbage pages", "half a FlatGeobuf"):
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
