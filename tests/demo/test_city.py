"""The sample city as others get it: files on disk, read back with pyogrio, rasterio and tomllib."""

from __future__ import annotations

import csv
import hashlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from pyogrio.raw import read

from pipeline.demo import write_city
from pipeline.errors import OutputError
from pipeline.progress import Silent

WEST, SOUTH, EAST, NORTH = 118.70, 27.70, 119.42, 28.34


def layer(path: Path, name: str | None = None, **options: Any) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    meta, _index, wkb, columns = read(path, layer=name, **options)
    return shapely.from_wkb(wkb), dict(zip(meta["fields"], columns, strict=True))


def datasets(city: Path) -> dict[str, dict[str, Any]]:
    out = {}
    for path in sorted((city / "departments").glob("*.toml")):
        for entry in tomllib.loads(path.read_text("utf-8"))["dataset"]:
            out[entry["id"]] = entry | {"department": path.stem}
    return out


def test_registry_names_only_what_is_there(city: Path) -> None:
    framework = tomllib.loads((city / "framework.toml").read_text("utf-8"))
    assert framework["city"]["sample"] is True and "虚构" in framework["city"]["notice"]["zh"]
    known = datasets(city)
    assert len({entry["department"] for entry in known.values()}) >= 6
    for name, entry in known.items():
        assert (city / entry["source"]).exists(), name
        assert "虚构" in entry["lineage"]["zh"] and "fictional" in entry["lineage"]["en"], name
        assert entry["accuracy_m"] == 50.0 and entry["scale"] == 10_000
        if entry["kind"] == "vector":
            assert (city / "schemas" / f"{name}.toml").exists(), name
    themes = {theme["id"] for theme in framework["theme"]}
    assert {entry["theme"] for entry in known.values()} <= themes
    layers = framework["archive"][0]["layer"]
    assert {item["dataset"] for item in layers} <= set(known)
    assert len({item["max_zoom"] for item in layers}) == 1  # an archive is overzoomed as a whole
    thematic = set(known) - {item["dataset"] for item in layers}
    assert len(thematic) >= 8 and known["water-supply"]["audiences"] == ["government"]


def test_every_field_of_every_schema_is_in_the_file(city: Path) -> None:
    for name, entry in datasets(city).items():
        if entry["kind"] != "vector":
            continue
        path = city / entry["source"]
        schema = tomllib.loads((city / "schemas" / f"{name}.toml").read_text("utf-8"))["field"]
        wanted = [field.get("source", field["name"]) for field in schema]
        if path.suffix == ".csv":
            with path.open(encoding=entry["encoding"]) as lines:
                have = next(csv.reader(lines))
        else:
            options = {"encoding": entry["encoding"]} if path.suffix == ".shp" else {}
            have = list(pyogrio.read_info(path, layer=entry.get("layer"), **options)["fields"])
        assert set(wanted) <= set(have), name


def test_code_tables_cover_what_is_written(city: Path) -> None:
    known = datasets(city)
    for name in (
        "roads", "railways", "contours", "buildings", "place-names", "land-cover", "water-areas", "facility-areas",
        "kiln-sites",
    ):  # fmt: skip
        entry = known[name]
        options = {"encoding": entry["encoding"]} if "encoding" in entry else {}
        _shapes, columns = layer(city / entry["source"], entry.get("layer"), **options)
        for field in tomllib.loads((city / "schemas" / f"{name}.toml").read_text("utf-8"))["field"]:
            if "domain" in field:
                column = columns[field.get("source", field["name"])].tolist()
                found = {str(code) for code in column if code is not None}
                assert found and found <= set(field["domain"]), (name, field["name"])


@pytest.mark.parametrize(
    ("source", "name", "driver", "crs"),
    [
        ("planning/境界与政区.gpkg", "BOUA", "GPKG", 4549), ("water/水系.gpkg", "HYDL", "GPKG", 4549),
        ("housing/buildings.fgb", None, "FlatGeobuf", 4549), ("museum/kiln_sites.geojson", None, "GeoJSON", 4490),
        ("water/water_supply.gdb", "water_pipes", "OpenFileGDB", 4549),
    ],
)  # fmt: skip
def test_formats_and_reference_systems(city: Path, source: str, name: str | None, driver: str, crs: int) -> None:
    from pyproj import CRS

    info = pyogrio.read_info(city / "inbox" / source, layer=name)
    assert info["driver"] == driver and info["features"] > 0
    assert CRS.from_user_input(info["crs"]).equals(CRS.from_epsg(crs), ignore_axis_order=True)


def test_the_shapefile_is_as_offices_send_it(city: Path) -> None:
    path = city / "inbox" / "transport" / "LRDL.shp"
    assert not path.with_suffix(".cpg").exists()
    assert path.with_suffix(".dbf").read_bytes()[1:4] == bytes([126, 9, 30])  # the date is pinned
    assert "CGCS2000_3_Degree_GK_Zone_40" in path.with_suffix(".prj").read_text()
    shapes, columns = layer(path, encoding="GBK")
    x = shapely.get_coordinates(shapes)[:, 0]
    assert x.min() > 40_370_000 and x.max() < 40_445_000  # eight digits
    assert "国道" in columns["行政等级"].tolist()
    assert set(columns["路线编号"].tolist()) - {None, ""} != set()
    rails, _columns = layer(path.with_name("LRRL.shp"), encoding="GBK")
    assert sum(shape is None for shape in rails) == 1  # one record without a geometry


def test_tables_are_in_their_encodings(city: Path) -> None:
    health = (city / "inbox" / "health" / "医疗机构.csv").read_bytes()
    health.decode("gb18030")
    with pytest.raises(UnicodeDecodeError):
        health.decode("utf-8")
    addresses = (city / "inbox" / "civil-affairs" / "标准地址.csv").read_bytes()
    assert addresses.startswith(b"\xef\xbb\xbf") and b"\r\n" in addresses
    with (city / "inbox" / "civil-affairs" / "标准地址.csv").open(encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    texts = [row["标准地址"] for row in rows]
    assert len(texts) == len(set(texts)) > 2_000
    assert all(text.startswith("浙江省丽水市龙泉市") and text.endswith("号") for text in texts)
    lng, lat = (np.array([float(row[name]) for row in rows]) for name in ("经度", "纬度"))
    assert lng.min() > WEST and lng.max() < EAST and lat.min() > SOUTH and lat.max() < NORTH
    _none, schools = layer(city / "inbox" / "education" / "学校名录.xlsx", "学校")
    assert len(schools["地址"]) > 5 and set(schools["地址"].tolist()) <= set(texts)  # each can be located


def test_towns_share_their_borders_exactly(city: Path) -> None:
    path = city / "inbox" / "planning" / "境界与政区.gpkg"
    areas, columns = layer(path, "BOUA")
    lines, about = layer(path, "BOUL")
    assert len(areas) == 19 == len(set(columns["NAME"].tolist()))
    assert shapely.is_valid(areas).all() and shapely.coverage_is_valid(areas)
    of_areas = {tuple(point) for point in shapely.get_coordinates(areas).tolist()}
    of_lines = {tuple(point) for point in shapely.get_coordinates(lines).tolist()}
    assert of_areas == of_lines  # the same arcs, bit for bit
    county = shapely.union_all(areas)
    assert county.geom_type == "Polygon" and not county.interiors
    outer = shapely.length(lines[about["LEVEL"] == "county"]).sum()
    assert outer == pytest.approx(county.exterior.length, rel=1e-9)
    assert 2_400e6 < county.area < 3_700e6


def test_land_cover_is_a_coverage_of_the_county(city: Path) -> None:
    shapes, columns = layer(city / "inbox" / "forestry" / "land_cover.gpkg", "VEGA")
    county = shapely.union_all(layer(city / "inbox" / "planning" / "境界与政区.gpkg", "BOUA")[0])
    assert shapely.is_valid(shapes).all() and shapely.coverage_is_valid(shapes)
    assert shapely.area(shapes).sum() == pytest.approx(county.area, rel=1e-6)
    assert {"forest", "bamboo", "cropland", "urban"} <= set(columns["CLASS"].tolist())


def test_rivers_run_downhill_and_join(city: Path) -> None:
    lines, columns = layer(city / "inbox" / "water" / "水系.gpkg", "HYDL")
    assert shapely.has_z(lines).all()
    for line in lines:
        assert np.all(np.diff(shapely.get_coordinates(line, include_z=True)[:, 2]) <= 0.0)
    # Every river's mouth is a vertex of another river, except that of the main river.
    ends: dict[str, tuple[float, ...]] = {}
    starts: set[tuple[float, ...]] = set()
    for line, code in zip(lines, columns["HYDC"].tolist(), strict=True):
        points = shapely.get_coordinates(line, include_z=True)
        starts.add(tuple(points[0].tolist()))
        if code not in ends or points[-1, 2] <= ends[code][2]:
            ends[code] = tuple(points[-1].tolist())
    loose = [code for code, end in ends.items() if end not in starts]
    assert loose == ["LQ0001"]
    assert columns["RANK"].max() >= 4 and columns["RANK"].min() == 1


def test_the_elevation_model_lies_under_its_rivers(city: Path) -> None:
    with rasterio.open(city / "inbox" / "planning" / "dem.tif") as dem:
        heights, transform = dem.read(1), dem.transform
        assert dem.crs.to_epsg() == 4549 and dem.nodata == -9999.0 and heights.dtype == np.float32
    assert heights.min() > 100 and 1_200 < heights.max() < 2_200
    lines, _columns = layer(city / "inbox" / "water" / "水系.gpkg", "HYDL")
    points = shapely.get_coordinates(lines, include_z=True)
    u, v = (points[:, 0] - transform.c) / transform.a, (points[:, 1] - transform.f) / transform.e
    columns, rows = np.floor(u).astype(int), np.floor(v).astype(int)
    inside = (columns >= 0) & (rows >= 0) & (columns < heights.shape[1]) & (rows < heights.shape[0])
    inside &= (np.abs(u - np.round(u)) > 1e-6) & (np.abs(v - np.round(v)) > 1e-6)  # on an edge: of which cell?
    under = heights[rows[inside], columns[inside]]
    water, about = layer(city / "inbox" / "water" / "水系.gpkg", "HYDA")
    lakes = shapely.buffer(shapely.union_all(water[about["CLASS"] == "reservoir"]), 200.0)
    flowing = ~shapely.contains_xy(lakes, points[inside, 0], points[inside, 1])  # lakes stand above the old bed
    assert flowing.sum() > 10_000 and np.all(under[flowing] <= points[inside, 2][flowing] + 0.1)


def test_buildings_stand_clear_of_each_other_and_of_roads_and_water(city: Path) -> None:
    shapes, columns = layer(city / "inbox" / "housing" / "buildings.fgb")
    assert len(shapes) > 1_500 and shapely.is_valid(shapes).all()
    tree = shapely.STRtree(shapes)
    a, b = tree.query(shapes, predicate="intersects")
    assert np.array_equal(a, b)  # each meets only itself
    water, _w = layer(city / "inbox" / "water" / "水系.gpkg", "HYDA")
    assert tree.query(water, predicate="intersects").size == 0
    roads, about = layer(city / "inbox" / "transport" / "LRDL.shp", encoding="GBK")
    roads = shapely.transform(roads, lambda xy: xy - [40_000_000, 0])  # zone prefix off: EPSG:4549
    open_air = roads[about["隧道"] == 0]
    assert tree.query(open_air, predicate="dwithin", distance=3.5).size == 0
    assert np.all(columns["HEIGHT"] >= 2.5 * columns["FLOORS"]) and columns["FLOORS"].min() >= 1
    sides = shapely.get_num_coordinates(shapes)
    assert (sides > 5).sum() > 20  # not only rectangles


def test_roads_are_noded_and_cross_water_on_bridges(city: Path) -> None:
    roads, columns = layer(city / "inbox" / "transport" / "LRDL.shp", encoding="GBK")
    roads = shapely.transform(roads, lambda xy: xy - [40_000_000, 0])
    surface = roads[columns["类型"] != "expressway"]
    tree = shapely.STRtree(surface)
    a, b = tree.query(surface, predicate="crosses")
    crossing = [(i, j) for i, j in zip(a.tolist(), b.tolist(), strict=True) if i < j]
    assert len(crossing) <= len(surface) // 500  # millimetre rounding may leave a hair
    water, _w = layer(city / "inbox" / "water" / "水系.gpkg", "HYDA")
    wet = shapely.buffer(shapely.union_all(water), -1.0)
    shapely.prepare(wet)
    bridges = columns["桥梁"] == 1
    assert bridges.sum() > 5 and (columns["隧道"] == 1).any()
    dry = roads[~bridges & (columns["隧道"] == 0)]
    assert shapely.length(shapely.intersection(dry[shapely.intersects(wet, dry)], wet)).sum() < 50.0


def test_places_have_pinyin(city: Path) -> None:
    _points, columns = layer(city / "inbox" / "civil-affairs" / "place_names.gpkg", "AGNP")
    named = dict(zip(columns["NAME"].tolist(), columns["PINYIN"].tolist(), strict=True))
    assert named["龙泉市"] == "Lóngquán Shì" and len(named) > 250
    assert not any("\u4e00" <= letter <= "\u9fff" for text in named.values() for letter in text)
    assert {"city", "town", "village", "hamlet", "mountain", "valley", "water", "scenic"} == set(
        columns["CLASS"].tolist()
    )


def test_the_drawing_has_layers_and_no_reference_system(city: Path) -> None:
    path = city / "inbox" / "planning" / "控制线.dxf"
    assert not pyogrio.read_info(path)["crs"]
    drawing = path.read_bytes()
    assert b"$DWGCODEPAGE" in drawing and b"ANSI_936" in drawing
    text = drawing.decode("gbk").split("\n")
    layers = {value.strip() for code, value in zip(text[::2], text[1::2], strict=False) if code.strip() == "8"}
    assert {"绿线", "蓝线"} <= layers


def test_the_photograph_is_coarser_than_the_limit(city: Path) -> None:
    for name in ("orthophoto-2016.tif", "orthophoto.tif"):
        with rasterio.open(city / "inbox" / "planning" / name) as photo:
            assert photo.count == 3 and photo.res[0] >= 2.0 and photo.crs.to_epsg() == 4549
            pixels = photo.read()
        assert pixels.std(axis=(1, 2)).min() > 10  # a picture, not a plain


def test_fewer_roofs_ten_years_ago(city: Path) -> None:
    """Houses of the new town lie in fields: where they stand today, the earlier picture is green."""
    green = []
    houses, _columns = layer(city / "inbox" / "housing" / "buildings.fgb")
    points = shapely.get_coordinates(shapely.centroid(houses))
    for name in ("orthophoto-2016.tif", "orthophoto.tif"):
        with rasterio.open(city / "inbox" / "planning" / name) as photo:
            pixels, transform = photo.read().astype(int), photo.transform
        columns, rows = (points[:, 0] - transform.c) / transform.a, (points[:, 1] - transform.f) / transform.e
        inside = (columns >= 0) & (rows >= 0) & (columns < pixels.shape[2]) & (rows < pixels.shape[1])
        seen = pixels[:, rows[inside].astype(int), columns[inside].astype(int)]
        green.append(int((seen[1] > seen[0] + 8).sum()))
    assert green[0] > green[1] + 100


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".gdb/" not in path.as_posix()
    }


def test_another_run_writes_the_same_bytes(city: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from pipeline.demo import write_city; from pipeline.progress import "
        "Silent; write_city(Path(sys.argv[1]), size='small', progress=Silent())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "America/Lima"}
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "again")], check=True, env=environment)
    assert digests(tmp_path / "again") == digests(city)
    gdb = Path("inbox") / "water" / "water_supply.gdb"  # random identifiers inside; the features are the same
    first, second = layer(city / gdb, "water_pipes"), layer(tmp_path / "again" / gdb, "water_pipes")
    assert shapely.equals_exact(first[0], second[0]).all()
    assert {k: v.tolist() for k, v in first[1].items()} == {k: v.tolist() for k, v in second[1].items()}


def test_a_real_workspace_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "framework.toml").write_text('[city]\ncode = "331181"\n', "utf-8")
    with pytest.raises(OutputError) as caught:
        write_city(tmp_path, size="small", progress=Silent())
    assert caught.value.exit_code == 1 and caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["framework.toml"]


@pytest.mark.parametrize("part", ["departments", "schemas", "inbox"])
def test_a_folder_that_is_no_workspace_keeps_its_files(tmp_path: Path, part: str) -> None:
    precious = tmp_path / part / "precious.txt"
    precious.parent.mkdir()
    precious.write_text("the only copy")
    with pytest.raises(OutputError, match="would replace"):
        write_city(tmp_path, size="small", progress=Silent())
    assert precious.read_text() == "the only copy"
    assert [path.name for path in tmp_path.iterdir()] == [part]


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(OutputError, match="taken"):
        write_city(tmp_path / "taken", size="small", progress=Silent())


def test_a_failure_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.demo import city as recipe

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recipe, "draw", full)
    with pytest.raises(OutputError, match="No space left"):
        write_city(tmp_path / "new", size="small", progress=Silent())
    assert list((tmp_path / "new").iterdir()) == []
