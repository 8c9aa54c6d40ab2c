"""A finished town, and a hundred ways to hide something in it.

`reseal` makes the manifest agree with the files again: what is planted is then as a faulty build would have left it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
from shapely.geometry import LineString

from pipeline.archive.reader import open_archive
from pipeline.archive.tileids import zoom_of
from pipeline.archive.writer import Writer
from tests.towns import FILES, FRAMEWORK, WATER, field, write_town

PIPE = 500_123  # the key of a pipe
DEPTH = 12.3456  # metres of it
ALLEY = 13  # the key of a road that the public edition leaves out
ALLEY_NAME = "华严巷"

_RULE = """shares = ["unconditional"]

[[edition.rule]]
datasets = ["roads"]
where = "ID <> 13"
"""
_FIRST = 'shares = ["unconditional"]\n'


def secret_town(root: Path) -> Path:
    """The town with a road that a filter leaves out of the public edition, and a pipe with a key and a depth."""
    water = WATER.replace('source = "inbox/hidden/mains.gpkg"', 'source = "inbox/hidden/mains.gpkg"\nkey = "NUM"')
    schema = (
        (FILES["schemas/water-supply.toml"] or "") + field("NUM", "integer", "管号") + field("DEPTH", "number", "埋深")
    )
    write_town(
        root,
        {
            "framework.toml": FRAMEWORK.replace(_FIRST, _RULE, 1),
            "departments/water.toml": water,
            "schemas/water-supply.toml": schema,
        },
    )
    (root / "inbox/hidden/mains.gpkg").unlink()
    pipes = gpd.GeoDataFrame(
        {"MAINS": ["西山隧洞"], "NUM": [PIPE], "DEPTH": [DEPTH], "备注": ["无名管段"]},
        geometry=[LineString([(119.0, 28.0), (119.2, 28.1)])],
        crs="EPSG:4490",
    )
    pipes.to_file(root / "inbox/hidden/mains.gpkg", engine="pyogrio")
    return root


def copy_of(dist: Path, target: Path) -> Path:
    """A folder that may be changed."""
    return Path(shutil.copytree(dist, target))


def reseal(dist: Path, change: Callable[[dict[str, Any]], None] | None = None) -> Path:
    """Write release.json and SHA256SUMS for the files as they are now."""
    manifest = json.loads((dist / "release.json").read_bytes())
    beside = ("release.json", "SHA256SUMS", "SM3SUMS")
    files = []
    for path in sorted(p for p in dist.rglob("*") if p.is_file() and not p.is_symlink()):
        name = path.relative_to(dist).as_posix()
        if name not in beside and not name.startswith(("hotlink/", "metadata/")):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            files.append({"path": name, "bytes": path.stat().st_size, "sha256": digest, "type": "x/y"})
    files.sort(key=lambda file: str(file["path"]).encode())
    manifest["files"] = files
    if change is not None:
        change(manifest)
    lines = "".join(f"{file['sha256']}  {file['path']}\n" for file in files)
    manifest["release"] = hashlib.sha256(lines.encode()).hexdigest()
    (dist / "release.json").write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")
    own = hashlib.sha256((dist / "release.json").read_bytes()).hexdigest()
    sums = sorted(
        [(str(f["path"]), str(f["sha256"])) for f in files] + [("release.json", own)], key=lambda p: p[0].encode()
    )
    (dist / "SHA256SUMS").write_text("".join(f"{digest}  {name}\n" for name, digest in sums), "utf-8")
    return dist


def put(dist: Path, name: str, data: bytes | str) -> None:
    """A file more, or another in its place."""
    path = dist / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)


def archive(dist: Path, id: str) -> Path:
    """The file of an archive."""
    return next((dist / "tiles").glob(f"{id}-????????????.pmtiles"))


def rewrite(
    path: Path,
    change: Callable[[int, bytes], bytes] | None = None,
    *,
    more: Sequence[tuple[int, bytes]] = (),
    about: Callable[[dict[str, Any]], None] | None = None,
) -> None:
    """The same archive with other tiles, more of them, or other metadata; `change` takes a tile id and a body."""
    with open_archive(path) as old:
        header, metadata = old.header, old.metadata
        bodies = {
            tile_id: old.body(entry.offset, entry.length)
            for entry in old.entries()
            for tile_id in range(entry.tile_id, entry.tile_id + entry.run_length)
        }
    packed = header.tile_compression.name == "GZIP"

    def pack(body: bytes) -> bytes:
        return gzip.compress(body, mtime=0) if packed else body

    if change is not None:
        unpack = gzip.decompress if packed else bytes
        bodies = {
            id: body if (new := change(id, old_body := unpack(body))) == old_body else pack(new)
            for id, body in bodies.items()
        }
    bodies.update((id, pack(body)) for id, body in more)
    if about is not None:
        about(metadata)
    with Writer(path, tile_type=header.tile_type, tile_compression=header.tile_compression) as writer:
        for id in sorted(bodies):
            writer.add(id, bodies[id])
        zooms = [zoom_of(id) for id in bodies]
        writer.finish(
            metadata=metadata, bounds=header.bounds, center=header.center, min_zoom=min(zooms), max_zoom=max(zooms)
        )


def in_one_tile(path: Path, extra: bytes) -> None:
    """Put a layer more into a single tile of an archive: the one with the highest id."""
    with open_archive(path) as opened:
        last = max(entry.tile_id + entry.run_length - 1 for entry in opened.entries())
    rewrite(path, lambda id, body: body + extra if id == last else body)


# Vector tiles by hand -----------------------------------------------------------------------------------------------


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def message(number: int, data: bytes) -> bytes:
    """A field of bytes."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def number(number: int, value: int) -> bytes:
    """A field of a varint."""
    return varint(number << 3) + varint(value)


def value_of(value: str | float | int | bool) -> bytes:
    """A Tile.Value."""
    if isinstance(value, str):
        return message(1, value.encode())
    if isinstance(value, bool):
        return number(7, int(value))
    if isinstance(value, float):
        return b"\x19" + struct.pack("<d", value)
    return number(6, value << 1 if value >= 0 else (-value << 1) - 1)


def layer(name: str, rows: Sequence[dict[str, Any]], ids: Sequence[int] = (), more: bytes = b"") -> bytes:
    """A layer of points with these properties."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    values = [value for row in rows for value in row.values()]
    features, at = b"", 0
    for n, row in enumerate(rows):
        tags = b""
        for key in row:
            tags += varint(keys.index(key)) + varint(at)
            at += 1
        id = number(1, ids[n]) if n < len(ids) else b""
        features += message(2, id + message(2, tags) + number(3, 1) + message(4, b"\x09\x32\x22"))
    inside = message(1, name.encode()) + features
    inside += b"".join(message(3, key.encode()) for key in keys)
    inside += b"".join(message(4, value_of(value)) for value in values)
    return message(3, inside + more + number(5, 4096) + number(15, 2))
