"""Whole numbers in few bytes: LEB128 as in Protocol Buffers, many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ArchiveError
from pipeline.i18n import _

Numbers = NDArray[np.int64]
_LONGEST: Final = 9  # bytes: 63 bits


def zigzag(values: Numbers) -> Numbers:
    """Signed numbers as unsigned ones [n]: 0, −1, 1, −2 … become 0, 1, 2, 3 …"""
    return (values << 1) ^ (values >> 63)


def unzigzag(values: Numbers) -> Numbers:
    """The opposite of `zigzag` [n]."""
    return (values >> 1) ^ -(values & 1)


def differences(values: Numbers, first: int = 0) -> Numbers:
    """Each number less the one before it [n], the first one less `first`."""
    return np.diff(values, prepend=np.int64(first))


def encode(values: Numbers | Sequence[int]) -> bytes:
    """Numbers ≥ 0 below 2^63 as varints, one after the other."""
    return encode_each(np.asarray(values, np.int64))[0].tobytes()


def encode_each(values: Numbers) -> tuple[NDArray[np.uint8], Numbers]:
    """The same as an array of bytes, and how many bytes each number takes [n]."""
    lengths = np.ones(len(values), np.int64)
    for i in range(1, _LONGEST):
        lengths += values >= (1 << 7 * i)
    ends = np.cumsum(lengths)
    out = np.empty(int(ends[-1]) if len(ends) else 0, np.uint8)
    begins = ends - lengths
    for i in range(int(lengths.max(initial=0))):
        rows = np.flatnonzero(lengths > i)
        more = (lengths[rows] > i + 1).astype(np.int64) << 7
        out[begins[rows] + i] = ((values[rows] >> 7 * i) & 0x7F) | more
    return out, lengths


def encode_one(value: int) -> bytes:
    """One number ≥ 0 as a varint."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


class Varints:
    """Reads varints, and bytes between them, from a piece of a file."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def one(self) -> int:
        """The next number. Raises ArchiveError at the end."""
        value = shift = 0
        while True:
            if self.at >= len(self._data) or shift > 62:
                raise _damaged()
            byte = self._data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def many(self, count: int) -> Numbers:
        """The next `count` numbers [count]. Raises ArchiveError where there are fewer."""
        if count == 0:
            return np.zeros(0, np.int64)
        room = np.frombuffer(self._data, np.uint8, offset=self.at)[: count * _LONGEST]
        ends = np.flatnonzero(room < 0x80)[:count]
        if len(ends) < count:
            raise _damaged()
        begins = np.concatenate([[0], ends[:-1] + 1])
        lengths = ends - begins + 1
        if int(lengths.max()) > _LONGEST:
            raise _damaged()
        values = np.zeros(count, np.int64)
        for i in range(int(lengths.max())):
            rows = np.flatnonzero(lengths > i)
            values[rows] |= (room[begins[rows] + i].astype(np.int64) & 0x7F) << 7 * i
        self.at += int(ends[-1]) + 1
        return values

    def text(self) -> str:
        """A text with its length in bytes before it. Raises ArchiveError where it is cut off or no UTF-8."""
        length = self.one()
        data = self._data[self.at : self.at + length]
        if len(data) < length:
            raise _damaged()
        self.at += length
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise _damaged() from error


def text_bytes(text: str) -> bytes:
    """A text with its length in bytes before it."""
    data = text.encode()
    return encode_one(len(data)) + data


def _damaged() -> ArchiveError:
    return ArchiveError(_("The search index is damaged."), hint=_("copy the published folder again"))
