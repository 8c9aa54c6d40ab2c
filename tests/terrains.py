"""A tiny workspace of rasters by formula: a sloping plane with furrows, and photographs with a red secret in one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import from_origin
from shapely.geometry import Polygon, box

from tests.framework.workspaces import write_workspace

HALF = math.pi * 6378137.0
LNG, LAT = 119.1, 28.07  # the middle of everything
EAST, NORTH = LNG / 180 * HALF, HALF / math.pi * math.asinh(math.tan(math.radians(LAT)))
GROUND = math.cos(math.radians(LAT))  # metres on the ground of one of EPSG:3857

FRAMEWORK = """\
[city]
code = "331181"
name = { zh = "龙泉市", en = "Longquan" }
platform = { zh = "数字龙泉", en = "Digital Longquan" }
bounds = [118.70, 27.70, 119.42, 28.34]
center = [119.13, 28.07, 12.0]
crs = "EPSG:4549"
sample = true
attribution = { zh = "某局", en = "A bureau" }

[[theme]]
id = "base"
title = { zh = "基础", en = "Base" }

[[edition]]
id = "public"
title = { zh = "公众版", en = "Public edition" }
shares = ["unconditional"]
raster = { masks = "inbox/secrecy/masks.geojson" }

[[edition]]
id = "government"
title = { zh = "政务版", en = "Government edition" }
shares = ["unconditional", "conditional"]

[[archive]]
id = "terrain"
title = { zh = "地形", en = "Terrain" }
kind = "terrain"
datasets = ["dem"]
min_zoom = 8
tile_size = 256
rounding = 0.00390625

[[archive]]
id = "hills"
title = { zh = "晕渲", en = "Hillshade" }
kind = "hillshade"
datasets = ["dem"]
min_zoom = 9
tile_size = 256

[[archive]]
id = "lines"
title = { zh = "等高线", en = "Contours" }
kind = "contours"
datasets = ["dem"]
interval = 20
max_zoom = 13

[[archive]]
id = "photo-2024"
title = { zh = "影像 2024", en = "Photo of 2024" }
kind = "imagery"
datasets = ["photo"]
series = "photo"
format = "png"
tile_size = 256
"""

# For public editions that show more than public maps may: somebody answers for it.
ANSWERED = "".join(
    f'\n[[override]]\nrule = "{rule}"\ndataset = "{dataset}"\nreason = "a test"\nby = "tester"\ndate = 2026-11-01\n'
    for rule, dataset in (
        ("contour-interval", "dem"),
        ("dem-grid", "dem"),
        ("ground-resolution", "photo"),
        ("ground-resolution", "old-photo"),
    )
)

COMMON = """\
theme = "base"
kind = "raster"
cycle = "yearly"
licence = "CC-BY-4.0"
accuracy_m = 50.0
scale = 250000
share = "unconditional"
audiences = ["public", "government"]
"""

PLANNING = f"""\
name = {{ zh = "规划局", en = "Planning bureau" }}
calendar = "quarterly"

[[dataset]]
id = "dem"
title = {{ zh = "高程", en = "Heights" }}
source = "inbox/planning/dem.tif"
currency = 2026-09-30
{COMMON}
[[dataset]]
id = "photo"
title = {{ zh = "影像", en = "Photo" }}
source = "inbox/planning/photo"
currency = 2024-05-01
{COMMON}
[[dataset]]
id = "old-photo"
title = {{ zh = "旧影像", en = "Old photo" }}
source = "inbox/planning/old.tif"
currency = 2014-05-01
{COMMON}"""

FILES: dict[str, str | None] = {"framework.toml": FRAMEWORK, "departments/planning.toml": PLANNING}

STEP, SIDE = 25.0, 160  # of the DEM: metres of EPSG:3857 (22 m on the ground), pixels
WAVE = 4  # pixels of one furrow and ridge
DEPTH = 30.0  # metres
PIXEL, PHOTO = 0.3, 400  # of a photograph: metres of EPSG:3857 (0.26 m on the ground), pixels
SECRET = (40, 40, 90, 90)  # left, top, right, bottom, in pixels of the western photograph
RED = (250, 10, 20)


def plane(x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.float64]:
    """Heights without furrows, of places in EPSG:3857."""
    return 400.0 + (x - EAST) * 0.05 + (y - NORTH) * 0.03


def furrowed(x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.float64]:
    """Heights with furrows from north to south, 100 m of EPSG:3857 (88 m on the ground) from one to the next."""
    return plane(x, y) + DEPTH * np.sin(2 * np.pi * (x - EAST) / (WAVE * STEP))


def photograph(which: int) -> NDArray[np.uint8]:
    """Greenish ground [3, rows, columns] that differs by photograph; the first has the secret in it."""
    rows, columns = np.mgrid[0:PHOTO, 0:PHOTO]
    out = np.stack([20 + 30 * which + 0 * rows, 100 + rows % 64, 60 + columns % 32]).astype(np.uint8)
    if which == 0:
        left, top, right, bottom = SECRET
        out[:, top:bottom, left:right] = np.array(RED, np.uint8)[:, None, None]
    return out


def write_tif(path: Path, bands: NDArray[Any], west: float, north: float, pixel: float) -> None:
    """A GeoTIFF in EPSG:3857."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count, height, width = bands.shape
    profile = {"driver": "GTiff", "width": width, "height": height, "count": count, "dtype": bands.dtype.name}
    profile |= {"crs": "EPSG:3857", "transform": from_origin(west, north, pixel, pixel)}
    if count == 3:
        profile["photometric"] = "rgb"
    with rasterio.open(path, "w", **profile) as out:
        out.write(bands)


def write_photo(path: Path, which: int, bands: NDArray[np.uint8] | None = None) -> None:
    """A photograph at its place: they lie beside one another from west to east."""
    west = EAST + which * PHOTO * PIXEL
    write_tif(path, photograph(which) if bands is None else bands, west, NORTH, PIXEL)


def secret_place() -> Polygon:
    """The secret in degrees, and a metre around it."""
    left, top, right, bottom = SECRET
    west, east = (EAST + column * PIXEL for column in (left - 3, right + 3))
    north, south = (NORTH - row * PIXEL for row in (top - 3, bottom + 3))
    lat = [math.degrees(math.atan(math.sinh(y / HALF * math.pi))) for y in (south, north)]
    return box(west / HALF * 180, lat[0], east / HALF * 180, lat[1])


def write_terrain(root: Path, files: Mapping[str, str | None] | None = None, *, pixels: bool = True) -> Path:
    """The workspace below `root`; without `pixels` only its rules."""
    left_out = dict.fromkeys(("departments/planning.toml", "departments/water.toml"), None)
    schemas = dict.fromkeys(("schemas/roads.toml", "schemas/water-supply.toml"), None)
    write_workspace(root, {**left_out, **schemas, **FILES, **(files or {})})
    if not pixels:
        return root
    west, north = EAST - SIDE / 2 * STEP, NORTH + SIDE / 2 * STEP
    x = west + (np.arange(SIDE) + 0.5) * STEP
    y = north - (np.arange(SIDE) + 0.5) * STEP
    heights = furrowed(x[None, :], y[:, None]).astype(np.float32)
    write_tif(root / "inbox/planning/dem.tif", heights[None], west, north, STEP)
    for which, name in enumerate(("a-west.tif", "b-east.tif")):
        write_photo(root / "inbox/planning/photo" / name, which)
    write_photo(root / "inbox/planning/old.tif", 3)
    masks = gpd.GeoDataFrame({"why": ["军事"]}, geometry=[secret_place()], crs="EPSG:4326")
    (root / "inbox/secrecy").mkdir(parents=True, exist_ok=True)
    masks.to_file(root / "inbox/secrecy/masks.geojson", driver="GeoJSON", engine="pyogrio")
    return root
