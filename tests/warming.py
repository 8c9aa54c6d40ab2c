"""Uses every kernel as the verbs of the command line do, and prints for which types each was compiled.

Run by itself, so that no other test's types are among them: `python -m tests.warming FOLDER`.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import rasterio
import rasterio.transform
import shapely
from click.testing import CliRunner

from pipeline.api import TileOptions, open_archive, tile
from pipeline.audit.allowed import AllowedArchive
from pipeline.audit.secrets import Gathering, allow_column, allow_texts, settled
from pipeline.audit.vector_tiles import walk_archive
from pipeline.cli import cli
from pipeline.editions.raster_redact import coarsened
from pipeline.progress import Silent
from pipeline.sources import ReadOptions, read_batches
from pipeline.types import PixelWindow, Tally
from pipeline.warm import compiled

ATTRIBUTES: dict[str, Any] = {"text": "龙泉", "whole": 1, "real": 0.5, "flag": True, "none": None}


ELEVATIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("terrain", {}),
    ("hillshade", {}),
    ("hillshade", {"light": "single", "style": "grey"}),
    ("tint", {"shading": 0.5}),
    ("slope", {}),
    ("aspect", {}),
)


def shapes() -> list[shapely.Geometry]:
    """Points, lines and areas, some invalid, some in parts, some curled by the grid, some over the antimeridian."""
    draw = random.Random(1)
    found: list[shapely.Geometry] = [shapely.Point(119.1 + 1e-4 * k, 28.0) for k in range(30)]
    for k in range(30):
        x, y = 119.1 + 0.002 * (k % 6), 28.0 + 0.002 * (k // 6)
        found.append(shapely.box(x, y, x + 0.002, y + 0.002))
        found.append(shapely.LineString([(x, y), (x + 0.002, y), (x + 0.002, y + 0.002)]))
        found.append(shapely.LineString([(x + draw.random() / 50, y + draw.random() / 50) for _ in range(50)]))
        found.append(shapely.Polygon([(x + draw.random() / 50, y + draw.random() / 50) for _ in range(20)]))
    ring = shapely.Point(119.3, 28.2).buffer(0.2, quad_segs=400)
    found.append(ring.difference(shapely.Point(119.3, 28.2).buffer(0.1, quad_segs=400)))
    found.append(shapely.Polygon([(179, 1), (181, 1), (181, 2), (179, 2)]))
    found.append(shapely.LineString([(179, 1), (-179, 2)]))
    found.append(shapely.MultiPolygon([shapely.box(119, 28, 119.01, 28.01), shapely.box(119.02, 28, 119.03, 28.01)]))
    return found


def inputs(folder: Path) -> dict[str, Path]:
    """The same features as GeoJSON and GeoParquet, and of one kind each."""
    every = shapes()
    kinds = {"mixed": every} | {
        name: [s for s in every if s.geom_type.endswith(name)] for name in ("Point", "LineString", "Polygon")
    }
    paths = {}
    for name, found in kinds.items():
        features = [
            {
                "type": "Feature",
                "properties": ATTRIBUTES | {"whole": k % 3},
                "geometry": json.loads(shapely.to_geojson(s)),
            }
            for k, s in enumerate(found)
        ]
        paths[name] = folder / f"{name}.geojson"
        paths[name].write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
        column = {"encoding": "WKB", "geometry_types": []}
        geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
        table = pa.table(
            {
                "geometry": pa.array([s.wkb for s in found], pa.binary()),
                "whole": list(range(len(found))),
                "text": ["龙"] * len(found),
            }
        )
        paths[name + ".parquet"] = folder / f"{name}.parquet"
        pyarrow.parquet.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), paths[name + ".parquet"])
    return paths


def read_places(folder: Path) -> None:
    """GeoParquet of GeoArrow's making, with the box of each row, of which only a part is wanted."""
    xy = [(119.0 + k / 10, 28.0) for k in range(9)]
    apart = pa.array([{"x": x, "y": y} for x, y in xy])
    for points in (apart, pa.array(xy, pa.list_(pa.float64(), 2))):
        boxes = pa.array([{"xmin": x, "ymin": y, "xmax": x, "ymax": y} for x, y in xy])
        covering = {"bbox": {name: ["bbox", name] for name in ("xmin", "ymin", "xmax", "ymax")}}
        column = {"encoding": "point", "geometry_types": ["Point"], "covering": covering}
        geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
        table = pa.table({"geometry": points, "bbox": boxes})
        pyarrow.parquet.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), folder / "p.parquet")
        options = ReadOptions(areas=((119.05, 27.0, 119.45, 29.0),))
        (batch,) = read_batches(folder / "p.parquet", options, Tally())
        assert batch.geometries.features == 4


def contours(folder: Path) -> None:
    """Contours and peaks of a hill in the sea with a void, and all that is drawn of it."""
    y, x = np.mgrid[0:60, 0:60]
    high = np.maximum(300 - 12 * np.hypot(x - 30, y - 30), 0).astype(np.float32)
    high[:50, :9] = -9999
    place = rasterio.transform.from_origin(119, 28, 0.001, 0.001)
    made = {"width": 60, "height": 60, "count": 1, "dtype": "float32", "nodata": -9999, "crs": "EPSG:4326"}
    with rasterio.open(folder / "hill.tif", "w", transform=place, **made) as file:
        file.write(high, 1)
    tile(folder / "hill.tif", folder / "hill.pmtiles", product="contours", interval=50, peaks=50)
    for product, said in ELEVATIONS:
        every: dict[str, Any] = {"min_zoom": 9, "max_zoom": 12, "plausible": (-500.0, 290.0), **said}
        tile(folder / "hill.tif", folder / "hill.pmtiles", product=product, **every)


def imagery(folder: Path) -> None:
    """Pictures of bytes and of numbers, on top of each other, cut out, faded, coarsened."""
    y, x = np.mgrid[0:90, 0:90]
    for dtype in ("uint8", "uint16", "float32"):
        for bands in (1, 3):
            made = {"width": 90, "height": 90, "count": bands, "dtype": dtype, "nodata": 0, "crs": "EPSG:32650"}
            place = rasterio.transform.from_origin(500_000, 3_100_000, 10, 10)
            with rasterio.open(folder / f"{dtype}{bands}.tif", "w", transform=place, **made) as file:
                file.write(np.repeat(((x + y) * (x > 9))[None], bands, 0).astype(dtype))
    area = {"type": "Polygon", "coordinates": [[[117, 28], [117.005, 28], [117.005, 28.03], [117, 28]]]}
    (folder / "area.geojson").write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": area}))
    for said in ({}, {"feather": 4, "linear_light": True, "resampling": "cubic"}, {"cutline": folder / "area.geojson"}):
        for dtype in ("uint8", "uint16", "float32"):
            both = [folder / f"{dtype}{bands}.tif" for bands in (3, 1)]
            tile(both, folder / "i.pmtiles", product="imagery", min_zoom=8, max_zoom=15, **said)  # type: ignore[arg-type]
    flat = np.zeros((64, 64), np.float32)
    assert coarsened(lambda _window: flat, 3000.0)(PixelWindow(10, 64, 0, 32768, 64, 64)) is not None


def looked_through(archive: Path) -> None:
    """An archive held against words and numbers that must not occur."""
    allowed = AllowedArchive("a", "vector", {})
    gathering = Gathering()
    gathering.add_words(gathering.name("somewhere"), ["西山隧洞"])
    gathering.add(0, pa.array([12.3456]))
    secrets = gathering.sets()
    allow_texts(secrets, ["龙泉"])
    allow_column(secrets, pa.array([77.625]))
    with open_archive(archive) as opened:
        for walked in walk_archive(opened, allowed, settled(secrets), {}, "a", progress=Silent()):
            assert walked.features


def use_everything(folder: Path) -> None:
    """Every rule once."""
    paths = inputs(folder)
    out = folder / "out.pmtiles"
    runs: list[tuple[str, dict[str, Any]]] = [
        ("mixed", {}),
        ("mixed.parquet", {"coverage": True, "labels": True}),
        ("Point", {"clusters": {"cell": 64, "max_zoom": 12, "sums": ["whole"]}}),
        ("Point.parquet", {"density": 64, "rate": 2.0}),
        ("LineString", {"merge_lines": ("text",)}),
        ("Polygon", {"dissolve": ("whole",)}),
        ("Polygon.parquet", {"simplify": "right-angle", "merge_near": 4.0}),
        ("Polygon", {"simplify": "area", "budget": 200, "priority": "whole", "key": "whole"}),
    ]
    for name, rules in runs:
        tile(paths[name], out, TileOptions(min_zoom=8, max_zoom=14, layer="l", **rules), memory=None)
    tile(paths["mixed"], out, TileOptions(max_zoom=12), memory=1 << 20, explain=True)
    tile(paths["mixed.parquet"], folder / "other.pmtiles", TileOptions())
    read_places(folder)
    contours(folder)
    imagery(folder)
    looked_through(out)
    other = folder / "other.pmtiles"
    for verb in (
        ["verify", out], ["decode", out], ["diff", out, other], ["show", out],
        ["merge", folder / "merged.pmtiles", out, other],
    ):  # fmt: skip
        result = CliRunner().invoke(cli, ["archive", *map(str, verb)])
        assert result.exit_code in (0, 1), result.output


if __name__ == "__main__":
    use_everything(Path(sys.argv[1]))
    print("\n".join(compiled()))
