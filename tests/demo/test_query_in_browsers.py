"""query.json holds a piece of the sample city as an archive, and what shapely finds in areas of it.

The portal's unit tests read the features of the same areas from the archive's tiles and must come to the same.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Transformer

from pipeline import tile

FILE = Path(__file__).with_name("query.json")
WINDOW = shapely.box(119.108, 28.048, 119.142, 28.078)
GEOD = Geod(a=6378137, rf=298.257222101)  # CGCS2000
SOURCES = {
    "LRDL": ("transport/LRDL.shp", None, ("CLASS",)),
    "HYDL": ("water/水系.gpkg", "HYDL", ("NAME",)),
    "RESA": ("housing/buildings.fgb", None, ("FLOORS", "USE")),
    "VEGA": ("forestry/land_cover.gpkg", None, ("CLASS",)),
    "AGNP": ("civil-affairs/place_names.gpkg", None, ("NAME",)),
}
AREAS: tuple[list[list[list[list[float]]]], ...] = (
    [[[[119.115, 28.052], [119.136, 28.052], [119.136, 28.074], [119.115, 28.074], [119.115, 28.052]]]],
    [
        [
            [[119.1101, 28.0503], [119.1397, 28.0551], [119.1302, 28.0756], [119.1212, 28.0649], [119.1101, 28.0503]],
            [[119.1251, 28.0581], [119.1297, 28.0583], [119.1275, 28.0622], [119.1251, 28.0581]],
        ],
        [[[119.1105, 28.0701], [119.1139, 28.0702], [119.1122, 28.0741], [119.1105, 28.0701]]],
    ],
    [[[[119.1266, 28.0611], [119.1269, 28.0611], [119.1269, 28.0613], [119.1266, 28.0611]]]],  # within one land cover
)

Layers = dict[str, tuple[NDArray[np.int64], NDArray[Any], dict[str, NDArray[Any]]]]


def _sources(city: Path) -> Layers:
    """Ids, shapes in degrees and fields of what the departments handed in, cut to the window."""
    layers: Layers = {}
    for name, (file, layer, fields) in SOURCES.items():
        meta, _fids, wkb, columns = pyogrio.raw.read(
            city / "inbox" / file, layer=layer, encoding="GBK" if file.endswith(".shp") else None
        )
        by_name = dict(zip(meta["fields"], columns, strict=True))
        shapes = shapely.force_2d(shapely.from_wkb(wkb))
        if meta["crs"] != "EPSG:4490":
            to_degrees = Transformer.from_crs(meta["crs"], "EPSG:4490", always_xy=True)
            shapes = shapely.transform(shapes, lambda xy, to=to_degrees: np.column_stack(to.transform(*xy.T)))
        cut = shapely.intersection(shapes, WINDOW)
        kept = ~shapely.is_empty(cut) & (shapely.get_dimensions(cut) == shapely.get_dimensions(shapes))
        ids = by_name.get("ID", by_name.get("编号"))
        assert ids is not None
        chosen = {field: by_name[field][kept] for field in fields if field in by_name}
        layers[name] = (ids[kept].astype(np.int64), cut[kept], chosen)
    return layers


def _archive(layers: Layers, folder: Path) -> bytes:
    source = folder / "window.gpkg"
    for i, (name, (ids, shapes, fields)) in enumerate(layers.items()):
        pyogrio.raw.write(
            source, shapely.to_wkb(shapes), [ids, *fields.values()], ["ID", *fields], layer=name, append=i > 0,
            geometry_type="Unknown", crs="EPSG:4490", driver="GPKG",
        )  # fmt: skip
    tile([source], folder / "window.pmtiles", min_zoom=13, max_zoom=15, key="ID", attribution="示例数据")
    return (folder / "window.pmtiles").read_bytes()


def _expected(coordinates: list[list[list[list[float]]]], layers: Layers) -> dict[str, Any]:
    area = shapely.union_all([shapely.Polygon(rings[0], rings[1:]) for rings in coordinates])
    found = {}
    for name, (ids, shapes, _fields) in layers.items():
        met = shapely.intersects(shapes, area)
        inside = shapely.intersection(shapes[met], area)
        found[name] = {
            "ids": sorted(ids[met].tolist()),
            "metres": round(sum(GEOD.geometry_length(each) for each in inside if each.length and not each.area), 1),
            "squareMetres": round(sum(_square_metres(each) for each in inside), 1),
            "wholeMetres": round(sum(GEOD.geometry_length(each) for each in shapes[met] if not each.area), 1),
            "wholeSquareMetres": round(sum(_square_metres(each) for each in shapes[met]), 1),
        }
    return {"coordinates": coordinates, "layers": found}


def _square_metres(shape: shapely.Geometry) -> float:
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return sum(abs(GEOD.geometry_area_perimeter(shapely.geometry.polygon.orient(part))[0]) for part in parts)


def test_the_file_is_current(city: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    layers = _sources(city)
    archive = _archive(layers, tmp_path)
    current = [_expected(coordinates, layers) for coordinates in AREAS]
    if request.config.getoption("bless"):
        held = {"archive": base64.b64encode(archive).decode(), "areas": current}
        FILE.write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")
    held = json.loads(FILE.read_text("utf-8"))
    assert held["areas"] == current
    assert base64.b64decode(held["archive"]) == archive
