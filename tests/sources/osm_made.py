"""OpenStreetMap files with known contents, written by hand as XML or by osmium's own writer."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import quoteattr

import osmium
from osmium.osm.mutable import Node, Relation, Way

Tags = dict[str, str]


def osm_file(
    path: Path,
    nodes: dict[int, tuple[float, float] | tuple[float, float, Tags]],
    ways: dict[int, tuple[list[int], Tags]] | None = None,
    relations: dict[int, tuple[list[tuple[str, int, str]], Tags]] | None = None,
) -> Path:
    """Write nodes (lng, lat[, tags]), ways (nodes, tags) and relations (members, tags); the suffix says the format."""
    with osmium.SimpleWriter(path) as writer:
        for number, (lng, lat, *tags) in nodes.items():
            writer.add_node(Node(id=number, version=1, location=(lng, lat), tags=tags[0] if tags else {}))
        for number, (refs, about) in (ways or {}).items():
            writer.add_way(Way(id=number, version=1, nodes=refs, tags=about))
        for number, (members, about) in (relations or {}).items():
            writer.add_relation(Relation(id=number, version=1, members=members, tags=about))
    return path


def by_hand(path: Path, body: str) -> Path:
    """Write XML as a person would."""
    path.write_text(f'<?xml version="1.0"?>\n<osm version="0.6" generator={quoteattr("a person")}>\n{body}\n</osm>\n')
    return path


def square(west: float, south: float, size: float, first: int) -> tuple[dict[int, tuple[float, float]], list[int]]:
    """Four nodes numbered from `first`, and the closed way round them."""
    corners = [(west, south), (west + size, south), (west + size, south + size), (west, south + size)]
    return {first + i: corner for i, corner in enumerate(corners)}, [first, first + 1, first + 2, first + 3, first]
