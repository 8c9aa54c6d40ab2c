"""The sample city's door to GDAL: vector files, tables and rasters as departments hand them in, byte for byte alike.

Formats that stamp the time of writing get a fixed one. A File Geodatabase cannot be pinned: it holds random
identifiers; its features are the same in every run, its bytes are not.
"""

from __future__ import annotations

import csv
import shutil
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

PLANE: Final = "EPSG:4549"  # what the city is drawn in: CGCS2000, 3° Gauss–Krüger, central meridian 120° E
DEGREES: Final = "EPSG:4490"
_DAY: Final = "2026-09-30"


@dataclass(frozen=True, slots=True)
class Table:
    """Features about to be written: shapely geometries in the plane (None: no geometry) and columns alike long."""

    geometry: NDArray[Any] | None
    columns: Mapping[str, NDArray[Any]]


@cache
def _transformer(crs: str) -> Any:
    from pyproj import Transformer

    return Transformer.from_crs(PLANE, crs, always_xy=True)


def to_crs(geometry: NDArray[Any], crs: str) -> NDArray[Any]:
    """Geometries of the plane in another CRS (x before y); degrees are rounded to 10⁻⁸, metres to 1 mm."""
    if crs == PLANE:
        return geometry

    def move(points: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = _transformer(crs).transform(points[:, 0], points[:, 1])
        digits = 8 if crs == DEGREES else 3
        return np.column_stack([np.round(x, digits), np.round(y, digits), *points[:, 2:].T])

    return np.asarray(shapely.transform(geometry, move, include_z=bool(shapely.has_z(geometry).any())))


def degrees(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitude and latitude (EPSG:4490) of points of the plane, rounded to 10⁻⁷."""
    lng, lat = _transformer(DEGREES).transform(x, y)
    return np.round(lng, 7), np.round(lat, 7)


def write_vector(
    path: Path, table: Table, *, driver: str, crs: str | None = PLANE, layer: str | None = None,
    encoding: str | None = None, append: bool = False, declare_crs: bool = True, title: str = "",
    options: Mapping[str, str] | None = None,
) -> None:  # fmt: skip
    """Write one layer with OGR (`driver` is its name for the format), reprojected to `crs`.

    `declare_crs=False` moves the coordinates but leaves the file without a CRS, as CAD drawings are.
    """
    import pyogrio
    from pyogrio.raw import write

    path.parent.mkdir(parents=True, exist_ok=True)
    names = list(table.columns)
    data = [np.asarray(table.columns[name]) for name in names]
    data = [d.astype(object) if d.dtype.kind == "U" else d for d in data]
    wkb: Any = None
    kind: str | None = None
    if table.geometry is not None:
        shapes = to_crs(table.geometry, crs or PLANE)
        has_z = bool(shapely.has_z(shapes).any())
        wkb = shapely.to_wkb(shapes, output_dimension=3 if has_z else 2, flavor="iso")
        kind = _kind(shapes) + (" Z" if has_z else "")
    layer_options = dict(options or {})
    if driver == "ESRI Shapefile":
        layer_options["DBF_DATE_LAST_UPDATE"] = _DAY
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{_DAY}T00:00:00.000Z"})
    try:
        with warnings.catch_warnings():
            if not declare_crs:  # a drawing without a CRS is what is wanted here
                warnings.filterwarnings("ignore", message="'crs' was not provided")
            write(
                str(path), wkb, data, np.array(names, dtype=object), layer=layer, driver=driver, geometry_type=kind,
                crs=crs if declare_crs and table.geometry is not None else None, encoding=encoding, append=append,
                layer_metadata={"DESCRIPTION": title} if title and driver == "GPKG" else None,
                layer_options=layer_options,
            )  # fmt: skip
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
    if driver == "ESRI Shapefile":
        path.with_suffix(".cpg").unlink(missing_ok=True)  # offices lose it; the registry declares the encoding
    if driver == "XLSX":
        _still(path)
    if driver == "DXF":
        # GDAL writes UTF-8 under a header that says Windows-1252; Chinese drawings are GBK and say so.
        drawing = path.read_text("utf-8").replace("ANSI_1252", "ANSI_936")
        path.write_bytes(drawing.encode("gb18030"))


def _kind(shapes: NDArray[Any]) -> str:
    """The OGR geometry type that holds all shapes."""
    found = {str(g.geom_type) for g in shapes if g is not None}
    if len(found) == 1:
        return found.pop()
    for base in ("Point", "LineString", "Polygon"):
        if found <= {base, f"Multi{base}"}:
            return f"Multi{base}"
    return "Unknown"


def _still(path: Path) -> None:
    """Pack a workbook again with a fixed time on every member."""
    with zipfile.ZipFile(path) as old:
        members = [(info.filename, old.read(info)) for info in old.infolist()]
    path.unlink()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in members:
            info = zipfile.ZipInfo(name, (2026, 9, 30, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            new.writestr(info, data)


def in_charset(texts: list[str], encoding: str) -> list[str]:
    """Texts with letters the encoding lacks replaced by their lower case (GBK has ā but not Ā)."""

    def fit(letter: str) -> str:
        try:
            letter.encode(encoding)
        except UnicodeEncodeError:
            return letter.lower()
        return letter

    return ["".join(fit(letter) for letter in text) for text in texts]


def write_csv(path: Path, columns: Mapping[str, Sequence[Any] | NDArray[Any]], encoding: str) -> None:
    """A table as offices export it: comma, CR LF, the given encoding (``utf-8-sig`` writes a BOM)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as out:
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(columns)
        writer.writerows(zip(*[c.tolist() if isinstance(c, np.ndarray) else c for c in columns.values()], strict=True))


def write_raster(
    path: Path, bands: NDArray[Any], *, west: float, north: float, pixel: float, nodata: float | None = None,
    photo: bool = False, tags: Mapping[str, str] | None = None,
) -> None:  # fmt: skip
    """A GeoTIFF in the plane; `bands` [count, rows, columns] with row 0 in the north.

    `photo` compresses as JPEG (quality 90, YCbCr), otherwise losslessly with a predictor.
    """
    import rasterio
    from rasterio.transform import from_origin

    path.parent.mkdir(parents=True, exist_ok=True)
    count, rows, columns = bands.shape
    profile: dict[str, Any] = {
        "driver": "GTiff", "width": columns, "height": rows, "count": count, "dtype": bands.dtype.name, "crs": PLANE,
        "transform": from_origin(west, north, pixel, pixel), "nodata": nodata, "tiled": True,
        "blockxsize": 256, "blockysize": 256,
    }  # fmt: skip
    if photo:
        profile |= {"compress": "jpeg", "photometric": "ycbcr", "jpeg_quality": 90, "interleave": "pixel"}
    else:
        profile |= {"compress": "deflate", "predictor": 3 if bands.dtype.kind == "f" else 2, "zlevel": 6}
    with rasterio.open(path, "w", **profile) as out:
        out.write(bands)
        out.update_tags(**dict(tags or {}))


def burn(
    shapes: NDArray[Any], values: NDArray[Any] | float, *, west: float, north: float, pixel: float, rows: int,
    columns: int, dtype: str = "float32",
) -> NDArray[Any]:  # fmt: skip
    """Shapes drawn on a raster (0 where there is none, later shapes over earlier), row 0 in the north."""
    from rasterio.features import rasterize
    from rasterio.transform import from_origin

    spread = np.broadcast_to(values, len(shapes))
    pairs = [(shape, value) for shape, value in zip(shapes, spread.tolist(), strict=True) if not shape.is_empty]
    if not pairs:
        return np.zeros((rows, columns), dtype)
    return np.asarray(
        rasterize(
            pairs, out_shape=(rows, columns), transform=from_origin(west, north, pixel, pixel), fill=0, dtype=dtype
        )
    )


def remove(path: Path) -> None:
    """Delete a file or folder if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
