"""Files as departments have them: Shapefiles in GBK, tables, zips in packages, a real city's layers."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import geopandas
import pyogrio
import pytest
import shapely
from pyogrio.raw import write

from pipeline.framework import load_workspace
from pipeline.intake.pack import pack
from pipeline.intake.store import source_of, versions
from pipeline.intake.submit import Submission, submit
from tests.handing_in import NOW, package_files, package_toml, write_folder, write_workspace, write_zip

ABOUT: dict[str, Any] = {
    "dataset": "stops", "department": "transport", "period": "2026-Q3", "currency": date(2026, 9, 15),
    "contact": {"person": "张三", "phone": "1", "email": "a@b.cn"}, "licence": "CC-BY-4.0",
    "lineage": {"zh": "实地采集", "en": "Surveyed"}, "classification": "public", "share": "unconditional",
    "audiences": ["public", "government"],
}  # fmt: skip
NAMES = [f"龙泉第{i}车站" for i in "一二三四五六七八"]
PLACES = [(119.02 + 0.015 * i, 28.03 + 0.02 * i) for i in range(8)]


def shapefile(folder: Path, crs: str) -> Path:
    """Stops in GBK, without the .cpg that would say so."""
    import numpy as np
    import pyproj

    move = pyproj.Transformer.from_crs("EPSG:4490", crs, always_xy=True)
    shapes = [shapely.Point(move.transform(*place)) for place in PLACES]
    folder.mkdir()
    path = folder / "车站.shp"
    write(
        str(path), shapely.to_wkb(shapes), [np.array(NAMES, object)], np.array(["NAME"], object),
        driver="ESRI Shapefile", geometry_type="Point", crs=crs, encoding="GBK",
    )  # fmt: skip
    path.with_suffix(".cpg").unlink()
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_workspace(tmp_path / "ws")


def stored(root: Path, done: Submission) -> geopandas.GeoDataFrame:
    assert done.outcome == "accepted", done.faults
    return geopandas.read_parquet(source_of(versions(root, "stops")[-1])).set_index("NAME")


def as_handed_in(table: geopandas.GeoDataFrame) -> bool:
    """Whether all stops are there, under their names, within a millimetre."""
    return all(
        table.geometry[name].distance(shapely.Point(place)) < 1e-8 for name, place in zip(NAMES, PLACES, strict=True)
    )


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4549", "EPSG:4528"])  # degrees; 6 digits of easting; 8
@pytest.mark.parametrize("form", ["folder", "zip"])
def test_a_shapefile_in_gbk(root: Path, tmp_path: Path, crs: str, form: str) -> None:
    out = tmp_path / ("p.zip" if form == "zip" else "p")
    pack([shapefile(tmp_path / "d", crs)], ABOUT, out)
    table = stored(root, submit(load_workspace(root), out, NOW))
    assert len(table) == 8 and as_handed_in(table)


def test_a_zipped_shapefile_in_the_package(root: Path, tmp_path: Path) -> None:
    folder = shapefile(tmp_path / "d", "EPSG:4549").parent
    inner = write_zip(tmp_path / "车站.zip", {path.name: path.read_bytes() for path in sorted(folder.iterdir())})
    pack([inner], ABOUT, tmp_path / "p.zip")
    assert as_handed_in(stored(root, submit(load_workspace(root), tmp_path / "p.zip", NOW)))


def test_a_table_in_gbk_whose_columns_the_package_names(root: Path) -> None:
    rows = "".join(f"{name},{x},{y}\n" for name, (x, y) in zip(NAMES, PLACES, strict=True))
    data = ("NAME,东经,北纬\n" + rows).encode("gbk")
    toml = package_toml(data='["车站.csv"]', coordinates='{ x = "东经", y = "北纬" }', crs='"EPSG:4490"')
    path = write_folder(root.parent / "p", package_files(toml, 车站__csv=data))
    assert as_handed_in(stored(root, submit(load_workspace(root), path, NOW)))


def test_a_real_citys_layers(shared_data: Path, tmp_path: Path) -> None:
    """Cambridge: every feature arrives, invalid ones as invalid as GDAL and GEOS find them in the original."""
    source = shared_data / "vector" / "cambridge.gpkg"
    root = write_workspace(tmp_path / "ws")
    framework = (root / "framework.toml").read_text("utf-8")
    framework = framework.replace("[119.0, 28.0, 119.2, 28.2]", "[-71.17, 42.34, -71.06, 42.41]")
    (root / "framework.toml").write_text(framework.replace("[119.1, 28.1, 12.0]", "[-71.11, 42.37, 12.0]"), "utf-8")
    for period, layer in (("2026-Q3", "TRANS_Centerlines"), ("2026", "ASSESSING_ParcelsFY2014")):
        info = pyogrio.read_info(source, layer=layer)
        kinds = {"i": "integer", "f": "number"}
        fields = [
            f'[[field]]\nname = "{name}"\ntype = "{kinds.get(dtype[0], "string")}"\ntitle = {{ zh = "x", en = "x" }}\n'
            for name, dtype in zip(info["fields"], info["dtypes"], strict=True)
        ]
        (root / "schemas/stops.toml").write_text("".join(fields), "utf-8")
        about = {**ABOUT, "period": period, "layer": layer}
        pack([source], about, tmp_path / "p", replace=True)
        done = submit(load_workspace(root), tmp_path / "p", NOW)
        assert done.outcome == "accepted" and done.features == info["features"], done.faults
        original = pyogrio.read_dataframe(source, layer=layer)
        table = geopandas.read_parquet(source_of(versions(root, "stops")[-1]))
        assert list(table.columns) == list(original.columns)
        here, there = (shapely.is_missing(each.geometry) | each.is_empty for each in (table, original))
        assert int(here.sum()) == int(there.sum())  # what is empty in the original is nothing in the store
        assert int((~table.is_valid & ~here).sum()) == int((~original.is_valid & ~there).sum())
        lengths = (float(shapely.length(each.geometry).sum()) for each in (table[~here], original[~there]))
        assert next(lengths) == pytest.approx(next(lengths), rel=1e-12)
        assert tuple(table.total_bounds) == tuple(original.total_bounds)
        key = info["fields"][0]
        assert sorted(table[key].astype(str)) == sorted(original[key].astype(str))
