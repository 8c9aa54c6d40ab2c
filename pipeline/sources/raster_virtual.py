"""Virtual rasters, text that names other files: nothing on the network, nothing that is missing, never themselves."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Final

from pipeline.errors import InputError
from pipeline.i18n import _

_ADDRESS: Final = re.compile(
    r"(?:https?|ftp|s3|gs|az)://|/vsi(?:curl|s3|gs|az|adls|oss|swift|hdfs|webhdfs)|<GDAL_W|"
    r"\b(?:WMS|WMTS|WCS|STACIT|STACTA):",
    re.IGNORECASE,
)
_SERVICE: Final = re.compile(
    r"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:GDAL_W\w+|WMS_\w*|WMTS\w*|Capabilities)", re.DOTALL
)
_NAMED: Final = re.compile(r"<(?:SourceFilename|SourceDataset)\b([^>]*)>([^<]*)</", re.IGNORECASE)
_RELATIVE: Final = re.compile(r"relativeToVRT\s*=\s*[\"']1", re.IGNORECASE)
_NO_FILE: Final = re.compile(r"/vsi|<|[A-Za-z]\w+:")  # inside an archive, a raster in place, one of several in a file
_TEXT: Final = 64 << 20  # bytes that are looked through; larger ones list a million files


def is_virtual(path: Path) -> bool:
    """Whether a file is a virtual raster or describes a service of maps, whole or not; virtual vectors are none."""
    with path.open("rb") as file:
        head = file.read(512)
    return b"<VRTDataset" in head or b"<GDAL_W" in head


def is_virtual_vector(path: Path) -> bool:
    """Whether a file is GDAL's virtual layer of vectors, which has the suffix .vrt as well."""
    with path.open("rb") as file:
        return b"<OGRVRTDataSource" in file.read(512)


def check_virtual(path: Path) -> None:
    """Follow what a file of XML refers to; files of anything else refer to nothing.

    Raises InputError where that would send GDAL to the network, is not there, or leads back to where it began.
    """
    _follow(path, (path.resolve(),), set())


def _follow(path: Path, above: tuple[Path, ...], seen: set[Path]) -> None:
    text = _text(path)
    if text is None:
        return
    if service := _SERVICE.match(text):
        raise remote(path, service[0][-40:])
    for attributes, written in dict.fromkeys(_NAMED.findall(text)):
        name = html.unescape(written).strip()
        if _ADDRESS.search(name):
            raise remote(path, name[:80])
        if _NO_FILE.match(name):
            continue
        below = (path.parent / name if _RELATIVE.search(attributes) else Path(name)).resolve()
        if below in above:
            raise InputError(
                _("The virtual raster refers to itself."),
                where=str(path),
                expected=_("a virtual raster whose pixels lie in other files"),
                hint=_("write it again, such as with gdalbuildvrt, from the files that hold the pixels"),
            )
        if below in seen:
            continue
        seen.add(below)
        if not below.exists():
            raise InputError(
                _("The virtual raster refers to a file that is not there: {name}.").format(name=name),
                where=str(path),
                expected=_("the files that hold its pixels, where it says they are"),
                hint=_("put the file there, or name the files that hold the pixels instead of it"),
            )
        if below.is_file():
            _follow(below, (*above, below), seen)


def _text(path: Path) -> str | None:
    """What a file of XML says; None for others."""
    with path.open("rb") as file:
        head = file.read(512).lstrip(b"\xef\xbb\xbf \t\r\n")
        return (head + file.read(_TEXT)).decode("utf-8", "replace") if head.startswith(b"<") else None


def remote(path: Path, what: str) -> InputError:
    """The error for a file that asks for another one from the network."""
    return InputError(
        _("The file refers to the network: {address}.").format(address=what),
        where=path.name,
        expected=_("rasters on this machine: a build reads nothing from elsewhere"),
        hint=_("download what it refers to, and name those files"),
    )
