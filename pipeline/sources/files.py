"""Which data sets a path holds, and whether its files are whole, before any reader opens them."""

from __future__ import annotations

import shutil
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, cast

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.sources import flatgeobuf, xml_whole
from pipeline.sources.parts import find_parts

# Data sets looked for inside zips and folders; anything else there is a companion or a document.
SUFFIXES: Final = frozenset({
    ".csv", ".dxf", ".fgb", ".gdb", ".geojson", ".geojsonl", ".geojsons", ".geojsonseq", ".geoparquet", ".gml",
    ".gpkg", ".gpx", ".json", ".kml", ".kmz", ".mif", ".ods", ".osm", ".parquet", ".shp", ".sqlite", ".tab", ".tsv",
    ".xlsx",
})  # fmt: skip
STDIN: Final = Path("-")
OSM: Final = (".osm.gz", ".osm.bz2", ".osm", ".pbf")
_ZIPPED_OSM: Final = (".osm.gz", ".osm.bz2", ".osm.pbf")  # a .pbf in a zip is rather one of many vector tiles


@dataclass(frozen=True, slots=True)
class Dataset:
    """One data set: a file, a File Geodatabase folder, either of them inside a zip, or a folder of Parquet files."""

    path: Path
    inner: str | None = None  # its name inside the zip, as the zip's directory has it
    parts: tuple[Path, ...] = ()  # the files of a folder of Parquet files

    @property
    def name(self) -> str:
        """What people call it: "roads.zip/道路.shp"."""
        if self.stdin:
            return "stdin"
        return self.path.name if self.inner is None else f"{self.path.name}/{_unzipped_name(self.inner)}"

    @property
    def stem(self) -> str:
        """The name without folder and suffix."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """ ".shp", in small letters."""
        if self.parts:
            return ".parquet"
        return PurePosixPath(self.inner or self.path.name).suffix.lower()

    @property
    def stdin(self) -> bool:
        """Whether it is what the program before the pipe writes."""
        return self.path == STDIN

    @property
    def osm(self) -> bool:
        """Whether its name says that it holds OpenStreetMap data."""
        return (self.inner or self.path.name).lower().endswith(OSM)

    @property
    def gdal(self) -> str:
        """The address GDAL opens."""
        path = str(self.path.absolute())
        return path if self.inner is None else f"/vsizip/{{{path}}}/{self.inner}"

    def read(self, suffix: str | None = None, limit: int = -1) -> bytes | None:
        """The bytes of the file, or of its companion with another suffix; None where there is none."""
        if self.inner is not None:
            with zipfile.ZipFile(self.path) as archive:
                wanted = self.inner if suffix is None else str(PurePosixPath(self.inner).with_suffix(suffix))
                names = {name.lower(): name for name in archive.namelist()}
                if wanted.lower() not in names:
                    return None
                with archive.open(names[wanted.lower()]) as file:
                    return file.read(limit)
        path = self.path if suffix is None else self.companion(suffix)
        if path is None:
            return None
        with path.open("rb") as file:
            return file.read(limit)

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """The file as a stream of bytes."""
        if self.inner is None:
            with self.path.open("rb") as file:
                yield file
            return
        with zipfile.ZipFile(self.path) as archive, archive.open(self.inner) as inside:
            yield cast(BinaryIO, inside)

    def unpack(self, target: Path) -> None:
        """Write the bytes of a file inside a zip to another file."""
        assert self.inner is not None
        with zipfile.ZipFile(self.path) as archive, archive.open(self.inner) as file, target.open("wb") as out:
            shutil.copyfileobj(file, out)

    def companion(self, suffix: str) -> Path | None:
        """The file beside it with another suffix, in small or capital letters."""
        for spelled in (suffix, suffix.upper()):
            if (path := self.path.with_suffix(spelled)).is_file():
                return path
        return None


def datasets(path: Path) -> tuple[Dataset, ...]:
    """The data sets at a path: one, or those inside a zip, by name; "-" is standard input. Raises InputError."""
    if path == STDIN:
        return (Dataset(path),)
    if not path.exists():
        raise InputError(
            _("The file does not exist."),
            where=str(path),
            expected=_("a vector file or table"),
            hint=_("check the path and its spelling"),
        )
    if path.is_dir():
        if parts := find_parts(path):
            return (Dataset(path, parts=parts),)
        if path.suffix.lower() != ".gdb":
            raise InputError(
                _("This is a folder, not a file."),
                where=str(path),
                expected=_("one vector file or table, a zip, a File Geodatabase (*.gdb), or a folder of Parquet files"),
                hint=_("name the file inside the folder"),
            )
        return (Dataset(path),)
    if path.stat().st_size == 0:
        raise InputError(
            _("The file is empty (0 bytes)."),
            where=str(path),
            expected=_("a vector file or table"),
            hint=_("ask for the file again; copying it may have failed"),
        )
    if path.suffix.lower() == ".zip":
        return _zipped(path)
    found = Dataset(path)
    _check(found)
    return (found,)


def _zipped(path: Path) -> tuple[Dataset, ...]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(
            _("The zip cannot be opened: {reason}.").format(reason=error),
            where=str(path),
            expected=_("a whole zip file"),
            hint=_("pack it again, or ask for the file again"),
        ) from error
    inner: set[str] = set()
    for name in names:
        parts = PurePosixPath(name).parts
        if any(part.startswith(".") or part == "__MACOSX" for part in parts):
            continue
        folder = next((i for i, part in enumerate(parts) if part.lower().endswith(".gdb")), None)
        if folder is not None:
            inner.add("/".join(parts[: folder + 1]))
        elif PurePosixPath(name).suffix.lower() in SUFFIXES or name.lower().endswith(_ZIPPED_OSM):
            inner.add(name)
    if not inner:
        raise InputError(
            _("The zip holds no vector file or table."),
            where=str(path),
            expected=" ".join(sorted(SUFFIXES)),
            hint=_("pack the data itself, without a zip inside the zip"),
        )
    found = tuple(Dataset(path, name) for name in sorted(inner))
    for dataset in found:
        _check(dataset)
    return found


def _check(dataset: Dataset) -> None:
    """What GDAL would read past, or say only in its own words."""
    if dataset.suffix in (".shp", ".dbf"):
        _check_shapefile(dataset)
    elif dataset.suffix == ".gpkg":
        _check_geopackage(dataset)
    elif dataset.suffix == ".fgb":
        _check_flatgeobuf(dataset)
    elif dataset.suffix in xml_whole.SUFFIXES and dataset.inner is None:
        with dataset.path.open("rb") as file:
            head = file.read(xml_whole.HEAD)
            file.seek(max(0, dataset.path.stat().st_size - xml_whole.TAIL))
            reason = xml_whole.fault(dataset.suffix, head, file.read())
        if reason is not None:
            raise damaged(dataset, reason)


def _check_geopackage(dataset: Dataset) -> None:
    head = dataset.read(limit=32) or b""
    if head[:16] != b"SQLite format 3\0":
        raise damaged(dataset, _("it does not begin like a GeoPackage (SQLite)"))
    page, pages = struct.unpack(">H", head[16:18])[0], struct.unpack(">I", head[28:32])[0]
    size = (65536 if page == 1 else page) * pages  # SQLite file format §1.3
    if dataset.inner is None:
        _check_size(dataset, dataset.path.stat().st_size, size)


def _check_flatgeobuf(dataset: Dataset) -> None:
    found = flatgeobuf.extent(dataset.read(limit=flatgeobuf.HEAD) or b"")
    if found is None:
        raise damaged(dataset, _("it does not begin like a FlatGeobuf, or ends within its header"))
    if dataset.inner is None:
        _check_size(dataset, dataset.path.stat().st_size, found.size)


def _check_size(dataset: Dataset, size: int, wanted: int) -> None:
    if size < wanted:
        raise damaged(dataset, _("it is cut off after {n} of {size} bytes").format(n=size, size=wanted))


def _check_shapefile(dataset: Dataset) -> None:
    """All three parts are there and as long as their headers say (ESRI whitepaper 1998, dBASE III).

    A .dbf alone is a table; with other parts beside it, it is what is left of a Shapefile.
    """
    if dataset.suffix == ".dbf" and all(dataset.read(suffix, 1) is None for suffix in (".shp", ".shx", ".prj")):
        return
    for suffix in (".shp", ".shx", ".dbf"):
        if dataset.read(suffix, 1) is None:
            raise InputError(
                _("The Shapefile is incomplete: {suffix} is missing.").format(suffix=suffix),
                where=dataset.name,
                expected=_("*.shp, *.shx and *.dbf side by side"),
                hint=_("ask for all parts of the Shapefile, packed as one zip"),
            )
    for suffix in (".shp", ".shx", ".dbf"):
        data = dataset.read(suffix, 100) or b""
        size = _size(dataset, suffix)
        if suffix == ".dbf":
            wanted = 32
            if len(data) >= 32:
                records, header, length = struct.unpack("<IHH", data[4:12])
                wanted = header + records * length
        else:
            wanted = 100
            if len(data) == 100:
                if data[:4] != b"\x00\x00\x27\x0a":
                    raise damaged(dataset, _("{suffix} does not begin like a Shapefile").format(suffix=suffix))
                wanted = struct.unpack(">I", data[24:28])[0] * 2  # in 16-bit words
        if size < wanted:
            reason = _("{suffix} is cut off after {n} of {size} bytes")
            raise damaged(dataset, reason.format(suffix=suffix, n=size, size=wanted))


def _size(dataset: Dataset, suffix: str) -> int:
    if dataset.inner is None:
        path = dataset.companion(suffix)
        return path.stat().st_size if path else 0
    with zipfile.ZipFile(dataset.path) as archive:
        wanted = str(PurePosixPath(dataset.inner).with_suffix(suffix)).lower()
        return next((info.file_size for info in archive.infolist() if info.filename.lower() == wanted), 0)


def damaged(dataset: Dataset, reason: str, where: str | None = None) -> InputError:
    """The error for a file that is not whole."""
    return InputError(
        _("The file is damaged: {reason}.").format(reason=reason.rstrip(".")),
        where=where or dataset.name,
        expected=_("a whole file"),
        hint=_("ask for the file again, or write it again from its source"),
    )


def _unzipped_name(name: str) -> str:
    """A name inside a zip for people: Windows writes GBK there without saying so, which is read as CP437."""
    try:
        return name.encode("cp437").decode("gbk")
    except UnicodeError:
        return name
