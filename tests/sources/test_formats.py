"""Every format gives the same features: places in degrees, texts, numbers, faults counted."""

from __future__ import annotations

import sqlite3
import struct
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import ezdxf
import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import pytest
import shapely

from pipeline.errors import InputError
from pipeline.sources import ReadOptions, SourceLayer, list_layers, read_batches
from pipeline.types import LINE, NONE, POINT, POLYGON, Geometries, Tally
from tests.sources.made import NAMES, PLACES, edit, places, write


def read(path: Path, **options: object) -> tuple[Geometries, pa.Table, Tally]:
    """All of a layer as one batch."""
    tally = Tally()
    batches = list(read_batches(path, ReadOptions(**options), tally))  # type: ignore[arg-type]
    assert len(batches) == 1
    geometries, attributes = batches[0]
    assert geometries.features == attributes.num_rows
    return geometries, attributes, tally


def same_places(found: Geometries) -> None:
    assert found.kinds.tolist() == [POINT, POINT, POINT]
    assert np.column_stack([found.x, found.y]) == pytest.approx(np.array(PLACES), abs=1e-7)


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".geojson", ".geojsonl", ".shp", ".gdb", ".gml"])
def test_formats(tmp_path: Path, suffix: str) -> None:
    options = {"SPATIAL_INDEX": "NO"} if suffix == ".fgb" else {}
    path = places(tmp_path / f"places{suffix}", crs="EPSG:4326" if "json" in suffix else "EPSG:4490", **options)
    found, attributes, tally = read(path)
    same_places(found)
    assert attributes["NAME"].to_pylist() == NAMES
    assert attributes["N"].to_pylist() == [1, 2, 3]
    assert [name for name in attributes.column_names if name not in ("NAME", "N", "gml_id", "fid")] == []
    assert tally.counts == {}
    (layer,) = list_layers(path)
    assert (layer.name, layer.geometry, layer.features) == ("places", "point", None if suffix == ".gml" else 3)
    assert (layer.fields["NAME"], layer.fields["N"]) == ("string", attributes.schema.field("N").type)


def test_kml_heights_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "p.kml"
    path.write_text(
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder><name>塔</name><Placemark><name>青瓷</name>'
        "<Point><coordinates>119.13,28.07,500</coordinates></Point></Placemark></Folder></Document></kml>",
        encoding="utf-8",
    )
    found, _, tally = read(path)
    assert (found.x.tolist(), found.y.tolist(), tally.counts) == ([119.13], [28.07], {"z-dropped": 1})


@pytest.mark.parametrize("suffix", [".gpkg", ".gdb", ".shp"])
@pytest.mark.parametrize("crs", ["EPSG:4549", "EPSG:4528"])
def test_plane_coordinates(tmp_path: Path, suffix: str, crs: str) -> None:
    to = pyproj.Transformer.from_crs("EPSG:4490", crs, always_xy=True)
    points = [shapely.Point(*to.transform(*p)) for p in PLACES]
    path = write(tmp_path / f"p{suffix}", points, {"A": [1, 2, 3]}, crs=crs, geometry_type="Point")
    found, _, tally = read(path)
    same_places(found)
    assert tally.counts == {}
    assert list_layers(path)[0].crs == crs


def test_crs_given_and_missing(tmp_path: Path) -> None:
    to = pyproj.Transformer.from_crs("EPSG:4490", "EPSG:4549", always_xy=True)
    points = [shapely.Point(*to.transform(*p)) for p in PLACES]
    path = write(tmp_path / "p.shp", points, {"A": [1, 2, 3]}, crs=None, geometry_type="Point")
    assert list_layers(path)[0].crs is None
    with pytest.raises(InputError, match="does not say which coordinate reference system"):
        read(path)
    same_places(read(path, crs="EPSG:4549")[0])
    undefined = write(tmp_path / "u.gpkg", points, {"A": [1, 2, 3]}, crs=None, geometry_type="Point")
    with pytest.raises(InputError, match="does not say which coordinate reference system"):
        read(undefined)
    same_places(read(undefined, crs="EPSG:4549")[0])


def test_mixed_missing_empty_and_curved(tmp_path: Path) -> None:
    shapes = [
        shapely.Point(119, 28),
        None,
        shapely.from_wkt("POLYGON EMPTY"),
        shapely.from_wkt("LINESTRING Z(119 28 5, 119.1 28.1 6)"),
        shapely.box(119, 28, 119.1, 28.1),
        shapely.GeometryCollection([shapely.Point(119, 28), shapely.LineString([(119, 28), (119.2, 28)])]),
    ]
    path = write(tmp_path / "mixed.gpkg", shapes, {"A": list(range(6))}, crs="EPSG:4490")
    found, attributes, tally = read(path)
    assert found.kinds.tolist() == [POINT, NONE, NONE, LINE, POLYGON, LINE]
    assert attributes["A"].to_pylist() == list(range(6))
    assert tally.counts == {"null-geometry": 1, "empty-geometry": 1, "z-dropped": 1, "collection-split": 1}
    assert tally.samples["null-geometry"] == "mixed.gpkg, feature 2"
    assert list_layers(path)[0].geometry == "mixed"


def test_arcs_of_a_geopackage(tmp_path: Path) -> None:
    """A half circle of 0.1°, by a writer that keeps arcs; GDAL or the kernel turns it into chords."""
    path = write(tmp_path / "arc.gpkg", [shapely.LineString([(0, 0), (1, 1)])], {"A": [1]})
    arc = struct.pack("<BII6d", 1, 8, 3, 0, 0, 1, 1, 2, 0)
    with closing(sqlite3.connect(path)) as file:
        (blob,) = file.execute("SELECT geom FROM arc").fetchone()
    at = blob.index(bytes.fromhex("0102000000"))
    edit(path, "UPDATE arc SET geom = ?", blob[:at] + arc)
    found, _, _ = read(path)
    assert found.kinds.tolist() == [LINE] and len(found.x) > 20
    assert np.allclose(np.hypot(found.x - 1, found.y), 1, atol=1e-9) and found.y.max() > 0.999


def test_many_layers(tmp_path: Path) -> None:
    path = tmp_path / "city.gpkg"
    places(path, layer="schools")
    places(path, layer="clinics", append=True)
    assert [layer.name for layer in list_layers(path)] == ["schools", "clinics"]
    same_places(read(path, layer="clinics")[0])
    with pytest.raises(InputError) as caught:
        read(path)
    assert "2 layers" in caught.value.message and "schools, clinics" in str(caught.value.expected)
    with pytest.raises(InputError) as caught:
        read(path, layer="Clinic")
    assert 'no layer "Clinic"' in caught.value.message and '"clinics"' in str(caught.value.hint)


def test_geopackage_lists_what_gdal_reads(tmp_path: Path) -> None:
    path = tmp_path / "typed.gpkg"
    write(path, [shapely.box(0, 0, 1, 1)], {"a b": ["x"], 'q"': [1.5], "i": [7], "ok": [True]}, geometry_type="Polygon")
    layer = list_layers(path)[0]
    assert layer == SourceLayer(
        name="typed", geometry="polygon", features=1, crs="EPSG:4490", driver="GPKG",
        fields={"a b": "string", 'q"': "double", "i": "int64", "ok": "bool"},
    )  # fmt: skip
    _, attributes, _ = read(path)
    assert {f.name: str(f.type) for f in attributes.schema} == layer.fields


def test_columns(tmp_path: Path) -> None:
    for suffix in (".gpkg", ".shp"):
        path = places(tmp_path / f"places{suffix}")
        assert read(path, columns=("N",))[1].column_names == ["N"]
        assert read(path, columns=("N", "NAME"))[1].column_names == ["N", "NAME"]
        assert read(path, columns=())[1].num_columns == 0
        with pytest.raises(InputError) as caught:
            read(path, columns=("NAMES",))
        assert 'no column "NAMES"' in caught.value.message and '"NAME"' in str(caught.value.hint)


def test_bounds(tmp_path: Path) -> None:
    shapes = [shapely.box(0, 0, 1, 1), None, shapely.box(5, 5, 6, 6), shapely.box(0.5, 0.5, 5, 5)]
    path = write(tmp_path / "b.fgb", shapes[:1] + shapes[2:], {"A": [0, 2, 3]}, SPATIAL_INDEX="NO")
    found, attributes, _ = read(path, areas=((5.5, 5.5, 9, 9),))
    assert (
        attributes["A"].to_pylist() == [2]
        and found.x.tolist() == [6, 6, 5, 5, 6]
        and found.part_offsets.tolist() == [0, 1]
    )
    assert read(path, areas=((1, 1, 5, 5),))[1]["A"].to_pylist() == [0, 2, 3]
    assert list(read_batches(path, ReadOptions(areas=((10, 10, 11, 11),)), Tally())) == []


def test_zips(tmp_path: Path) -> None:
    """Names in Chinese, written as Windows does: GBK bytes, no flag."""
    places(tmp_path / "p.shp", crs="EPSG:4490", encoding="GBK")
    (tmp_path / "p.cpg").unlink()
    packed = tmp_path / "道路.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for suffix in (".shp", ".shx", ".dbf", ".prj"):
            archive.write((tmp_path / "p").with_suffix(suffix), "AAAA" + suffix)
    packed.write_bytes(packed.read_bytes().replace(b"AAAA.", "学校".encode("gbk") + b"."))
    found, attributes, _ = read(packed)
    same_places(found)
    assert attributes["NAME"].to_pylist() == NAMES
    assert list_layers(packed)[0].name == "学校"
    same_places(read(packed, layer="学校")[0])

    several = tmp_path / "several.zip"
    places(tmp_path / "a.geojson", crs="EPSG:4326")
    with zipfile.ZipFile(several, "w") as archive:
        archive.write(tmp_path / "a.geojson", "data/a.geojson")
        archive.writestr("data/b.csv", "lng,lat,v\n119.13,28.07,1\n119.15,28.10,2\n119.20,28.12,3\n")
        archive.writestr("__MACOSX/data/._b.csv", "junk")
        archive.writestr("readme.txt", "junk")
    assert [layer.name for layer in list_layers(several)] == ["a", "b"]
    same_places(read(several, layer="a")[0])
    same_places(read(several, layer="b")[0])
    with pytest.raises(InputError, match="2 layers"):
        read(several)
    with pytest.raises(InputError, match='no layer "c"'):
        read(several, layer="c")


def test_spreadsheets(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "学校"
    for row in [["名称", "经度", "纬度", "电话"], ["一中", 119.13, 28.07, "0578"], ["二中", 119.15, 28.10, "0579"]]:
        sheet.append(row)
    texts = book.create_sheet("地址")
    for row in [["地址", "门牌"], ["剑池街道", "一号"]]:
        texts.append(row)
    book.save(tmp_path / "s.xlsx")
    found, attributes, tally = read(tmp_path / "s.xlsx", layer="学校")
    assert (found.kinds.tolist(), found.x.tolist(), found.y.tolist()) == (
        [POINT, POINT],
        [119.13, 119.15],
        [28.07, 28.1],
    )
    assert attributes["电话"].to_pylist() == ["0578", "0579"]
    assert tally.counts == {"crs-assumed": 1}
    found, attributes, tally = read(
        tmp_path / "s.xlsx", layer="地址"
    )  # the header is a header, though it looks like text
    assert found.kinds.tolist() == [NONE] and attributes.to_pylist() == [{"地址": "剑池街道", "门牌": "一号"}]
    assert tally.counts == {}
    assert [(layer.name, layer.geometry) for layer in list_layers(tmp_path / "s.xlsx")] == [
        ("学校", "point"),
        ("地址", "none"),
    ]


@pytest.mark.parametrize(("version", "encoding"), [("R2010", "utf-8"), ("R2000", "gbk"), ("R2000", "cp1252")])
def test_dxf(tmp_path: Path, version: str, encoding: str) -> None:
    """Written in the code page, as Unicode, or (cp1252) with escapes for what the code page lacks."""
    to = pyproj.Transformer.from_crs("EPSG:4490", "EPSG:4549", always_xy=True)
    x, y = to.transform(*PLACES[0])
    drawing = ezdxf.new(dxfversion=version)
    drawing.encoding = encoding
    space = drawing.modelspace()
    space.add_line((x, y), (x + 10, y + 10), dxfattribs={"layer": "0"})
    space.add_circle((x, y), 5)
    space.add_text("龙泉", dxfattribs={"insert": (x, y)})
    drawing.saveas(tmp_path / "d.dxf")
    with pytest.raises(InputError, match="does not say which coordinate reference system"):
        read(tmp_path / "d.dxf")
    found, attributes, _ = read(tmp_path / "d.dxf", crs="EPSG:4549")
    assert found.kinds.tolist() == [LINE, LINE, POINT]
    assert (found.x[-1], found.y[-1]) == pytest.approx(PLACES[0], abs=1e-8)
    assert attributes["Text"].to_pylist() == [None, None, "龙泉"]


def test_geoparquet(tmp_path: Path) -> None:
    wkb = pa.array(shapely.to_wkb(shapely.points(PLACES)).tolist(), pa.binary())
    box = pa.array([{"xmin": 0.0, "ymin": 0.0, "xmax": 0.0, "ymax": 0.0}] * 3)
    tags = pa.array([["a"], [], None])
    table = pa.table({"NAME": NAMES, "tags": tags, "bbox": box, "geometry": wkb})
    column = (
        '{"encoding": "WKB", "geometry_types": ["Point"], "crs": %s, "covering": {"bbox": {"xmin": ["bbox", "xmin"]}}}'
    )
    path = tmp_path / "p.parquet"

    def save(crs: str) -> None:
        geo = '{"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": ' + column % crs + "}}"
        pq.write_table(table.replace_schema_metadata({"geo": geo}), path, row_group_size=2)

    save('{"id": {"authority": "EPSG", "code": 4490}}')
    found, attributes, tally = read(path)
    same_places(found)
    assert attributes.column_names == ["NAME", "tags"] and attributes["tags"].to_pylist() == [["a"], [], None]
    assert tally.counts == {}
    (layer,) = list_layers(path)
    assert (layer.geometry, layer.features, layer.crs, layer.driver) == ("point", 3, "EPSG:4490", "Parquet")
    save("null")
    assert read(path)[2].counts == {"crs-assumed": 1}
    save(pyproj.CRS("EPSG:4490").to_json())
    same_places(read(path)[0])
    assert read(path, columns=("tags",))[1].column_names == ["tags"]
    with pytest.raises(InputError, match="no column"):
        read(path, columns=("bbox",))
    with pytest.raises(InputError, match="no layer"):
        read(path, layer="q")


def test_parquet_without_geo(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"lon": [119.13, 119.15, 119.2], "lat": [28.07, 28.1, 28.12], "v": [1, 2, 3]}), tmp_path / "t.parquet"
    )
    found, attributes, _ = read(tmp_path / "t.parquet", columns=("v",))
    same_places(found)
    assert attributes.column_names == ["v"]


def test_importing_parquet_needs_no_gdal(tmp_path: Path) -> None:
    wkb = pa.array([shapely.to_wkb(shapely.Point(119.13, 28.07)), None], pa.binary())
    geo = '{"primary_column": "g", "columns": {"g": {"encoding": "WKB", "geometry_types": []}}}'
    pq.write_table(
        pa.table({"g": wkb, "a": ["龙", None]}).replace_schema_metadata({"geo": geo}), tmp_path / "t.parquet"
    )
    code = (
        "import sys; from pathlib import Path; from pipeline.sources import *; from pipeline.types import Tally\n"
        "assert 'numba' not in sys.modules and 'pyarrow' not in sys.modules\n"
        f"path = Path({str(tmp_path / 't.parquet')!r})\n"
        "assert len(list(read_batches(path, ReadOptions(), Tally()))) == 1\n"
        "assert len(list(read_batches(path, ReadOptions(areas=((119, 28, 120, 29),)), Tally()))) == 1\n"
        "print(sorted({'pandas', 'geopandas', 'pyogrio', 'pyproj', 'shapely', 'rasterio'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
