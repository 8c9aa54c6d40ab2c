"""What the header of a FlatGeobuf says of its size: GDAL reads a file that was cut off to its end and says nothing.

Layout: magic, length and FlatBuffers table of the header, packed Hilbert R-tree, features (FlatGeobuf 3, header.fbs).
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

HEAD: Final = 1 << 20  # bytes in which every header ends
MAGIC: Final = b"fgb\x03fgb"  # and the patch level
_COUNT, _NODE = 8, 9  # fields of the header: features_count (0: not known), index_node_size (0: no index)
_BRANCHES: Final = 16  # of a node, where the header does not say
_NODE_SIZE: Final = 40  # bytes
_LEAST: Final = 8  # bytes of a feature


class Extent(NamedTuple):
    """How much there should be."""

    features: int  # 0 where the file does not know
    size: int  # bytes, at least


def extent(head: bytes) -> Extent | None:
    """What the first bytes of a file announce; None where they are no FlatGeobuf's or end too early."""
    if head[:7] != MAGIC:
        return None
    try:
        (length,) = struct.unpack_from("<I", head, 8)
        table = 12 + struct.unpack_from("<I", head, 12)[0]
        fields = table - struct.unpack_from("<i", head, table)[0]
        features = _field(head, table, fields, _COUNT, "<Q", 0)
        branches = _field(head, table, fields, _NODE, "<H", _BRANCHES)
    except struct.error:
        return None
    size = 12 + int(length) + _LEAST * features
    return Extent(features, size + _NODE_SIZE * _nodes(features, branches))


def _field(head: bytes, table: int, fields: int, number: int, form: str, default: int) -> int:
    at = 4 + 2 * number
    if at >= struct.unpack_from("<H", head, fields)[0]:
        return default
    (offset,) = struct.unpack_from("<H", head, fields + at)
    return int(struct.unpack_from(form, head, table + offset)[0]) if offset else default


def _nodes(features: int, branches: int) -> int:
    """Nodes of the index: its leaves, one for each feature, and those above them."""
    if features == 0 or branches < 2:
        return 0
    level = total = features
    while level > 1:
        level = -(-level // branches)
        total += level
    return total
