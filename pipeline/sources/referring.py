"""Files that are only signs to other files, or to the network: they would bring in what nobody handed in.

GDAL looks at what a file begins with, not at its name: a `stops.geojson` that holds a virtual layer reads whatever file
of this machine it names. So all files are looked at before GDAL sees any of them, and what GDAL then takes a file for
has to be one of the formats in which data lies in the file itself.
"""

from __future__ import annotations

import contextlib
import re
import zipfile
from collections.abc import Iterable, Iterator
from typing import Final

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.sources.files import SUFFIXES, Dataset

HEAD: Final = 1 << 16  # bytes of a file that are looked at; GDAL identifies formats by less
_SIGNS: Final = re.compile(
    rb"<OGR[A-Z]\w+|<VRTDataset|<GDAL_W\w+|<GDALTileIndexDataset|gdal_streamed_alg|<(?:WMS|WMTS|WCS|WFS)_\w+|"
    rb"<Capabilities\b|<Service\s+name="
)
# MapInfo's tables of tables, of databases, and of files in other folders.
_LINKED_TAB: Final = re.compile(
    rb'\\IsSeamless|^\s*Type\s+(?:LINKED|ODBC)\b|^\s*File\s+"[^"]*[\\/]', re.IGNORECASE | re.MULTILINE
)
_SUFFIXES: Final = (".vrt", ".gti", ".wms")
VECTORS: Final = frozenset({
    "CSV", "DGN", "DXF", "ESRI Shapefile", "ESRIJSON", "FlatGeobuf", "GML", "GPKG", "GPX", "GeoJSON", "GeoJSONSeq",
    "JSONFG", "KML", "LIBKML", "MapInfo File", "ODS", "OSM", "OpenFileGDB", "Parquet", "SQLite", "TopoJSON",
    "XLS", "XLSX",
})  # fmt: skip
RASTERS: Final = frozenset({
    "AAIGrid", "BMP", "COG", "DTED", "ECW", "EHdr", "ENVI", "GPKG", "GRASSASCIIGrid", "GTiff", "HFA", "JP2ECW",
    "JP2KAK", "JP2MrSID", "JP2OpenJPEG", "JPEG", "MrSID", "PNG", "SRTMHGT", "USGSDEM", "WEBP",
})  # fmt: skip


def is_sign(name: str, head: bytes) -> bool:
    """Whether a file of this name that begins like this refers to others."""
    lower = name.lower()
    if lower.endswith(_SUFFIXES):
        return True
    if lower.endswith(".tab") and _LINKED_TAB.search(head):
        return True
    return _SIGNS.search(head) is not None


def refuse_signs(dataset: Dataset) -> None:
    """Raise InputError where a data set refers to other files or to the network, by its first bytes or by links."""
    for name, head in _heads(dataset):
        if is_sign(name, head):
            raise _refers(name, dataset)
    folder = dataset.path
    if folder.is_dir():
        inside = folder.resolve()
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() and not path.resolve().is_relative_to(inside):
                raise _refers(path.relative_to(folder.parent).as_posix(), dataset)


def says_its_format(dataset: Dataset) -> bool:
    """Whether a data set's name tells of which format it is, so that its first bytes are all there is to ask."""
    return dataset.suffix in SUFFIXES


def _heads(dataset: Dataset) -> Iterator[tuple[str, bytes]]:
    """The names and first bytes of a file, and of those beside it that readers look into."""
    if dataset.inner is not None:
        with contextlib.suppress(OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError):  # the reader tells
            yield dataset.inner, dataset.read(limit=HEAD) or b""
    elif dataset.path.is_file():
        with dataset.path.open("rb") as file:
            yield dataset.path.name, file.read(HEAD)


def _refers(name: str, dataset: Dataset) -> InputError:
    return InputError(
        _("{name} refers to other files, or to the network.").format(name=name),
        where=str(dataset.path),
        expected=_("a file with the data itself"),
        hint=_("convert it: longquan reads what lies in the file, as of GeoPackage, GeoParquet or Shapefile"),
    )


def refuse_formats(drivers: Iterable[str], known: frozenset[str], name: str) -> None:
    """Raise InputError where GDAL takes a file for a format whose data may lie elsewhere."""
    if odd := sorted(set(drivers) - known):
        raise InputError(
            _("{name} is of a format that is not taken: {driver}").format(name=name, driver=", ".join(odd)),
            where=name,
            expected=", ".join(sorted(known)),
            hint=_("hand the data itself in, not a file that refers to it"),
        )
