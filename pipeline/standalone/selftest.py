"""Would this folder work as a site? Every archive opens, and what the first page and the styles name is there.

Hashes tell that files are those that were signed; this tells, before a release runs, that they are a release that can
run. Python's standard library only (3.8 or newer), for it travels with bundles.
"""

from __future__ import annotations

import html
import importlib
import json
import os
import posixpath
import re
import zlib
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

if TYPE_CHECKING or __package__:
    from pipeline.standalone import verify
else:
    (verify,) = map(importlib.import_module, ("verify",))  # it lies beside this file

HEADER = 127  # bytes, PMTiles v3 §3
DIRECTORY_LIMIT = 1 << 20  # bytes of a root directory; header and directory together have at most 16,384 when packed
TEXT_LIMIT = 1 << 26
FIRST = "index.html"
ADDRESS = re.compile(r'<(?:script|link|img)\b[^>]*?\b(?:src|href)="([^"]*)"', re.IGNORECASE)
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)

TEXTS = {
    "no-page": ("缺少首页 index.html", "there is no index.html"),
    "names": ("所引用的文件不存在：{0}", "it names a file that is not there: {0}"),
    "no-archive": ("不是可用的 PMTiles 瓦片包：{0}", "it is no PMTiles archive that can be used: {0}"),
    "no-json": ("无法读取：{0}", "it cannot be read: {0}"),
}


class Failure(NamedTuple):
    """One thing that would not work."""

    kind: str  # a key of TEXTS
    path: str
    values: tuple[str, ...] = ()

    def text(self, language: str) -> str:
        """What would not work, in Chinese ("zh") or English."""
        return TEXTS[self.kind][0 if language == "zh" else 1].format(*self.values)


def self_test(folder: str, sums: Mapping[str, str], absent: Collection[str] = ()) -> tuple[Failure, ...]:
    """What would not work in a folder whose files are as `sums` (path → sha256) say, in the order of their paths.

    Files of `absent` were withdrawn: they are listed, and not there.
    """
    found: list[Failure] = []
    if FIRST not in sums:
        found.append(Failure("no-page", FIRST))
    for path in sorted(set(sums).difference(absent)):
        file = os.path.join(folder, *path.split("/"))
        if path.endswith(".pmtiles"):
            reason = archive_fault(file)
            if reason:
                found.append(Failure("no-archive", path, (reason,)))
        elif path == FIRST or re.fullmatch(r"(?:styles|tilejson)/[^/]+\.json|catalog\.json", path):
            try:
                with open(file, "rb") as opened:
                    text = opened.read(TEXT_LIMIT).decode("utf-8", "replace")
                named = page_names(text) if path == FIRST else json_names(path, json.loads(text))
                wanted = sorted({resolved(path, address) for address in named} - {""})
            except (OSError, ValueError, RecursionError) as error:
                found.append(Failure("no-json", path, (str(error)[:200],)))
                continue
            found.extend(Failure("names", path, (name,)) for name in wanted if name not in sums)
    return tuple(found)


def page_names(text: str) -> Iterator[str]:
    """The addresses of what a page is made of: scripts, style sheets, pictures."""
    for match in ADDRESS.finditer(text):
        yield html.unescape(match.group(1))


def json_names(path: str, data: Any) -> Iterator[str]:
    """The addresses of archives, TileJSON, glyphs and sprites that a style, a TileJSON or the catalogue names."""
    if not isinstance(data, dict):
        raise ValueError("an object was expected")
    if path.startswith("tilejson/"):
        yield from (each for each in data.get("tiles", []) if isinstance(each, str))
    elif path.startswith("styles/"):
        sources = data.get("sources", {})
        for source in sources.values() if isinstance(sources, dict) else ():
            if isinstance(source, dict) and isinstance(source.get("url"), str):
                yield source["url"]
    else:
        for style in data.get("styles", []):
            if isinstance(style, dict) and isinstance(style.get("href"), str):
                yield style["href"]


def resolved(path: str, address: str) -> str:
    """The file of the release that an address in the file `path` means; "" for what lies elsewhere or in the page."""
    if address.startswith("pmtiles://"):
        address = address[len("pmtiles://") :]
        address = re.sub(r"/\{z\}.*$", "", address)
    if SCHEME.match(address) or address.startswith(("//", "#")) or not address or "{" in address:
        return ""
    name = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(re.split("[?#]", address)[0])))
    return "" if name in (".", "/") or name.startswith("../") else name


def archive_fault(file: str) -> str:
    """Why an archive would not open: its header, and a root directory that is inside the file; "" where it does."""
    try:
        size = os.path.getsize(file)
        with open(file, "rb") as opened:
            head = opened.read(HEADER)
            if len(head) < HEADER or head[:8] != b"PMTiles\x03":
                return "PMTiles v3: header"
            numbers = [int.from_bytes(head[at : at + 8], "little") for at in range(8, 72, 8)]
            if any(numbers[at] + numbers[at + 1] > size for at in range(0, 8, 2)):
                return "{} B".format(size)  # noqa: UP032
            opened.seek(numbers[0])
            packed = opened.read(min(numbers[1], DIRECTORY_LIMIT))
        root = unpacked(packed, head[97])
        if root is not None and not whole_directory(root):
            return "PMTiles v3: root directory"
    except (OSError, ValueError, zlib.error) as error:
        return str(error)
    return ""


def unpacked(data: bytes, compression: int) -> bytes | None:
    """A directory as it is read; None for compressions that the standard library does not know."""
    if compression == 1:
        return data
    if compression != 2:
        return None
    stream = zlib.decompressobj(wbits=31)
    made = stream.decompress(data, DIRECTORY_LIMIT)
    if not stream.eof:
        raise ValueError("gzip")
    return made


def whole_directory(data: bytes) -> bool:
    """Whether this is a directory of at least one entry: a count, then four columns of varints (PMTiles v3 §4)."""
    ends = [at for at, byte in enumerate(data) if byte < 128]  # the last byte of every varint
    if not ends or ends[-1] != len(data) - 1:
        return False
    count = 0
    for shift, byte in enumerate(data[: ends[0] + 1]):
        count |= (byte & 127) << 7 * shift
    return count > 0 and len(ends) == 1 + 4 * count
