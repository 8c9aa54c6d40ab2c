"""What may be in the tiles of an archive, as the kernel that walks them wants it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.audit.allowed import AllowedArchive, AllowedField
from pipeline.audit.secrets import hash_ids, hash_name, make_set
from pipeline.kernels.audit_mvt import CODED, DERIVED, LEVEL, Allowed
from pipeline.kernels.audit_words import STARTS, begin

# The types of MVT values (field numbers of Tile.Value) that a field's type may have.
_TYPES: Final[Mapping[str, int]] = {
    "string": 1 << 1,
    "date": 1 << 1,
    "integer": 1 << 4 | 1 << 5 | 1 << 6,
    "number": 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6,
    "boolean": 1 << 7,
}
_ANY: Final = 0b1111_1110
_LEVELS: Final = ("ele",)  # of contours: metres


def tile_tables(archive: AllowedArchive, numbers: NDArray[np.uint64], ids: Mapping[str, NDArray[np.int64]]) -> Allowed:
    """The tables of an archive; `numbers` and `ids` (by dataset) are those that must not occur."""
    layers = list(archive.layers.values())
    flags: dict[int, int] = {}
    coded: list[tuple[int, AllowedField]] = []
    for number, layer in enumerate(layers):
        for name in sorted(layer.derived):
            level = LEVEL if archive.product == "contours" and name in _LEVELS else 0
            flags[hash_name(name, number + 1)] = _ANY | DERIVED | level
        for field in layer.fields:
            hash = hash_name(field.name, number + 1)
            flags[hash] = _TYPES.get(field.type, _ANY)
            if field.domain is not None and field.type == "string":
                flags[hash] |= CODED
                coded.append((hash, field))
    slots, _origins = make_set(np.array(list(flags), np.uint64))
    places = {hash: slot for slot, hash in enumerate(slots.tolist()) if hash}
    by_slot = np.zeros(len(slots), np.int64)
    for hash, flag in flags.items():
        by_slot[places[hash]] = flag
    codes = [hash_name(code, places[hash] + 1) for hash, field in coded for code in sorted(field.domain or ())]
    banned = [
        hash_ids(number, ids[layer.dataset])
        for number, layer in enumerate(layers)
        if layer.dataset is not None and layer.dataset in ids
    ]
    likely = np.zeros(STARTS, np.uint8)
    begin(likely, numbers[numbers != 0] >> np.uint64(42))
    return Allowed(
        np.array([hash_name(layer.name, 0) for layer in layers], np.uint64),
        np.array([layer.min_zoom for layer in layers], np.int64),
        np.array([layer.max_zoom for layer in layers], np.int64),
        slots,
        by_slot,
        make_set(np.array(codes, np.uint64))[0],
        numbers,
        likely,
        make_set(np.concatenate([np.zeros(0, np.uint64), *banned]))[0],
    )
