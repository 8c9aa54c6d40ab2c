"""Makes broken archives: every part of a file can be set apart from what it should be.

Written from the specification with the `pmtiles` package's own codecs, not with ours, so that a fault of our writer
cannot hide in the files our verifier is tried with.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from pmtiles.tile import Compression, Entry, TileType, serialize_header, write_varint

HEADER = 127


def varints(values: Iterable[int]) -> bytes:
    out = io.BytesIO()
    for value in values:
        write_varint(out, value)
    return out.getvalue()


def directory(entries: list[tuple[int, int, int, int]]) -> bytes:
    """Entries (tile_id, offset, length, run_length) as the specification writes them, gzipped."""
    steps = [entries[0][0]] + [b[0] - a[0] for a, b in pairwise(entries)] if entries else []
    offsets = []
    for i, entry in enumerate(entries):
        follows = i > 0 and entry[1] == entries[i - 1][1] + entries[i - 1][2]
        offsets.append(0 if follows else entry[1] + 1)
    columns = [len(entries), *steps, *(e[3] for e in entries), *(e[2] for e in entries), *offsets]
    return gzip.compress(varints(columns), mtime=0)


def as_entries(rows: list[tuple[int, int, int, int]]) -> list[Entry]:
    return [Entry(*row) for row in rows]


@dataclass
class Parts:
    """A sound archive of three tiles (0/0/0, 1/0/0, 1/0/1), ready to be broken."""

    entries: list[tuple[int, int, int, int]] = field(default_factory=lambda: [(0, 0, 4, 1), (1, 4, 5, 1), (2, 9, 6, 1)])
    root: bytes | None = None
    leaves: bytes = b""
    data: bytes = b"AAAABBBBBCCCCCC"
    metadata: bytes = gzip.compress(
        json.dumps({"name": "t", "vector_layers": [{"id": "a", "fields": {"n": "String"}}]}).encode(), mtime=0
    )
    header: dict[str, Any] = field(default_factory=dict)  # fields to lie about
    patch: dict[int, bytes] = field(default_factory=dict)  # bytes to overwrite at the end
    cut: int | None = None
    tail: bytes = b""

    def bytes(self) -> bytes:
        root = directory(self.entries) if self.root is None else self.root
        tiles = [e for e in self.entries if e[3]]
        meta_at = HEADER + len(root)
        leaves_at = meta_at + len(self.metadata)
        data_at = leaves_at + len(self.leaves)
        facts: dict[str, Any] = {
            "version": 3,
            "root_offset": HEADER,
            "root_length": len(root),
            "metadata_offset": meta_at,
            "metadata_length": len(self.metadata),
            "leaf_directory_offset": leaves_at,
            "leaf_directory_length": len(self.leaves),
            "tile_data_offset": data_at,
            "tile_data_length": len(self.data),
            "addressed_tiles_count": sum(e[3] for e in tiles),
            "tile_entries_count": len(tiles),
            "tile_contents_count": len({e[1] for e in tiles}),
            "clustered": True,
            "internal_compression": Compression.GZIP,
            "tile_compression": Compression.NONE,
            "tile_type": TileType.MVT,
            "min_zoom": 0,
            "max_zoom": 1,
            "min_lon_e7": -1_790_000_000,
            "min_lat_e7": -800_000_000,
            "max_lon_e7": -10_000_000,
            "max_lat_e7": 800_000_000,
            "center_zoom": 0,
            "center_lon_e7": -900_000_000,
            "center_lat_e7": 0,
        }
        facts.update(self.header)
        whole = bytearray(serialize_header(facts) + root + self.metadata + self.leaves + self.data + self.tail)
        for at, change in self.patch.items():
            whole[at : at + len(change)] = change
        return bytes(whole[: self.cut])


def pack(value: object) -> bytes:
    return gzip.compress(json.dumps(value).encode(), mtime=0)


def with_leaves(*groups: list[tuple[int, int, int, int]], announce: Mapping[int, int] | None = None) -> Parts:
    """An archive whose entries lie in leaves; `announce` lies about the first id of a leaf."""
    leaves, root = b"", []
    for i, group in enumerate(groups):
        leaf = directory(group)
        root.append(((announce or {}).get(i, group[0][0] if group else 5), len(leaves), len(leaf), 0))
        leaves += leaf
    parts = Parts(entries=[entry for group in groups for entry in group])
    parts.root, parts.leaves = directory(root), leaves
    return parts


def _nested(depth: int) -> Parts:
    """Directories that lead from one to the next, `depth` of them below the root."""
    inner = directory([(0, 0, 4, 1), (1, 4, 5, 1), (2, 9, 6, 1)])
    leaves = inner
    at, length = 0, len(inner)
    for _ in range(depth - 1):
        outer = directory([(0, at, length, 0)])
        at, length = len(leaves), len(outer)
        leaves += outer
    parts = Parts()
    parts.root, parts.leaves = directory([(0, at, length, 0)]), leaves
    return parts


def _twice() -> Parts:
    leaf = directory([(0, 0, 4, 1), (1, 4, 5, 1)])
    parts = Parts(entries=[(0, 0, 4, 1), (1, 4, 5, 1)], data=b"AAAABBBBB")
    parts.root, parts.leaves = directory([(0, 0, len(leaf), 0), (2, 0, len(leaf), 0)]), leaf
    return parts


def _first_leaf_outside() -> Parts:
    parts = with_leaves([(0, 0, 4, 1)], [(1, 4, 5, 1), (2, 9, 6, 1)])
    parts.root = directory([(0, 0, len(directory([(0, 0, 4, 1)])), 0), (1, 9_000, 40, 0)])
    return parts


def _fat_root() -> Parts:
    import random

    rng = random.Random(7)
    entries, at, tile = [], 0, 0
    for _ in range(12_000):
        tile += rng.randrange(1, 9)
        length = rng.randrange(1, 200)
        entries.append((tile, at, length, 1))
        at += length
    return Parts(entries=entries, data=bytes(at), header={"max_zoom": 8})


# rule id → a file that breaks this rule; every other fault of the file is a consequence
BROKEN: dict[str, Callable[[], Parts]] = {
    "magic": lambda: Parts(patch={0: b"NotTile"}),
    "version": lambda: Parts(patch={7: b"\x04"}),
    "header-whole": lambda: Parts(cut=100),
    "compression-known": lambda: Parts(patch={98: b"\x09"}),
    "tile-type-known": lambda: Parts(patch={99: b"\x2a"}),
    "clustered-boolean": lambda: Parts(patch={96: b"\x07"}),
    "compression-readable": lambda: Parts(header={"internal_compression": Compression.ZSTD}),
    "sections-inside": lambda: Parts(cut=-3),
    "sections-apart": lambda: Parts(header={"metadata_offset": HEADER + 3}),
    "root-early": _fat_root,
    "directory-readable": lambda: Parts(root=b"\x1f\x8b\x08damaged, not gzip"),
    "directory-filled": lambda: Parts(entries=[], header={"tile_data_length": 0}),
    "directory-depth": lambda: _nested(6),
    "leaf-inside": _first_leaf_outside,
    "leaf-start": lambda: with_leaves([(0, 0, 4, 1)], [(2, 4, 5, 1)], announce={1: 1}),
    "leaf-once": _twice,
    "ids-exist": lambda: Parts(entries=[(0, 0, 4, 1), ((4**32 - 1) // 3 + 1, 4, 5, 1)]),
    "numbers-narrow": lambda: Parts(entries=[(0, 0, 4, 1), (1, 4, 5, 1 << 33)]),
    "ascending": lambda: Parts(entries=[(0, 0, 4, 1), (1, 4, 5, 1), (1, 9, 6, 1)]),
    "runs-apart": lambda: Parts(entries=[(0, 0, 4, 1), (1, 4, 5, 3), (2, 9, 6, 1)]),
    "entries-filled": lambda: Parts(entries=[(0, 0, 4, 1), (1, 4, 0, 1), (2, 9, 6, 1)]),
    "entries-inside": lambda: Parts(entries=[(0, 0, 4, 1), (1, 4, 5, 1), (2, 9, 60, 1)]),
    "contents-apart": lambda: Parts(entries=[(0, 0, 4, 1), (1, 4, 5, 1), (2, 6, 9, 1)]),
    "clustered-true": lambda: Parts(entries=[(0, 9, 6, 1), (1, 4, 5, 1), (2, 0, 4, 1)]),
    "all-referenced": lambda: Parts(tail=b"what should have been removed"),
    "addressed-true": lambda: Parts(header={"addressed_tiles_count": 4}),
    "entries-true": lambda: Parts(header={"tile_entries_count": 2}),
    "contents-true": lambda: Parts(header={"tile_contents_count": 1}),
    "zooms-true": lambda: Parts(header={"max_zoom": 2}),
    "bounds-plausible": lambda: Parts(header={"max_lon_e7": 1_810_000_000}),
    "bounds-fit": lambda: Parts(
        entries=[(0, 0, 4, 1), (1, 4, 5, 1), ((4**6 - 1) // 3, 9, 6, 1)], header={"max_zoom": 6}
    ),
    "center-inside": lambda: Parts(header={"center_lon_e7": 1_000_000_000}),
    "metadata-object": lambda: Parts(metadata=pack(["not", "an", "object"])),
    "vector-layers": lambda: Parts(metadata=pack({"vector_layers": [{"id": "a"}, {"fields": {}}]})),
}
