"""netCDF files made by hand: the classic format is a header and arrays in big-endian order (NetCDF User's Guide, B)."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_TYPES = {"i1": 1, "i2": 3, "i4": 4, "f4": 5, "f8": 6}  # NC_BYTE, NC_SHORT, NC_INT, NC_FLOAT, NC_DOUBLE
_DIMENSION, _VARIABLE, _ATTRIBUTE = 10, 11, 12


class Variable(NamedTuple):
    """One array of a file; its type is that of `values`."""

    name: str
    dimensions: tuple[str, ...]
    values: NDArray[Any]
    attributes: Mapping[str, str | float | int] = {}


def write(path: Path, variables: Sequence[Variable], *, version: int = 1, unlimited: str | None = None) -> None:
    """Write a classic file; `version` 2 has offsets of 64 bits. The dimension `unlimited` is that of records."""
    sizes = {name: size for each in variables for name, size in zip(each.dimensions, each.values.shape, strict=True)}
    names = list(sizes)
    fixed = [each for each in variables if unlimited not in each.dimensions]
    growing = [each for each in variables if unlimited in each.dimensions]
    bodies = {each.name: each.values.astype(f">{each.values.dtype.str[1:]}") for each in variables}
    records = sizes[unlimited] if unlimited else 0
    slices = {each.name: _padded(bodies[each.name][:1].tobytes()) for each in growing}
    begins: dict[str, int] = dict.fromkeys(bodies, 0)
    for _pass in range(2):  # where arrays begin depends on the header's length only
        head = b"CDF" + bytes([version]) + struct.pack(">i", records)
        head += _list(_DIMENSION, [_name(n) + struct.pack(">i", 0 if n == unlimited else sizes[n]) for n in names])
        head += _list(_ATTRIBUTE, [_attribute("Conventions", "CF-1.7")])
        head += _list(
            _VARIABLE,
            [
                _name(each.name)
                + struct.pack(f">{1 + len(each.dimensions)}i", len(each.dimensions), *map(names.index, each.dimensions))
                + _list(_ATTRIBUTE, [_attribute(*pair) for pair in each.attributes.items()])
                + struct.pack(">i", _TYPES[each.values.dtype.str[1:]])
                + struct.pack(">i", len(slices.get(each.name, _padded(bodies[each.name].tobytes()))))
                + struct.pack(">i" if version == 1 else ">q", begins[each.name])
                for each in variables
            ],
        )
        at = len(head)
        for each in fixed:
            begins[each.name] = at
            at += len(_padded(bodies[each.name].tobytes()))
        for each in growing:
            begins[each.name] = at
            at += len(slices[each.name])
    with path.open("wb") as out:
        out.write(head)
        for each in fixed:
            out.write(_padded(bodies[each.name].tobytes()))
        for record in range(records):
            for each in growing:
                data = bodies[each.name][record : record + 1].tobytes()
                out.write(data if len(growing) == 1 else _padded(data))  # a single variable of records has no padding


def _list(tag: int, items: Sequence[bytes]) -> bytes:
    return struct.pack(">ii", tag if items else 0, len(items)) + b"".join(items)


def _name(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">i", len(data)) + _padded(data)


def _attribute(name: str, value: str | float | int) -> bytes:
    if isinstance(value, str):
        return _name(name) + struct.pack(">i", 2) + _name(value)
    number = np.asarray(value)
    data = number.astype(f">{number.dtype.str[1:]}").tobytes()
    return _name(name) + struct.pack(">ii", _TYPES[number.dtype.str[1:]], 1) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
