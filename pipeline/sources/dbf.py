"""How the texts of a Shapefile's .dbf are written: given, declared beside it, in its header, or found in its bytes."""

from __future__ import annotations

import struct
from typing import Final

from pipeline.sources.encoding import SAMPLE, asked, detect, named, unreadable
from pipeline.sources.files import Dataset

_LIMIT: Final = 1 << 26  # bytes looked at
# Byte 29 of the header, where it says something certain. 0x57 ("ANSI"), 0x03 (Windows 1252) and 0x00 are written for
# anything, so they say nothing.
_LANGUAGE_DRIVERS: Final = {
    0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "cp950", 0x78: "cp950", 0x13: "cp932", 0x7B: "cp932", 0x4E: "cp949",
    0x79: "cp949",
}  # fmt: skip


def text_encoding(dataset: Dataset, given: str | None) -> str:
    """Python's name of the encoding. Raises InputError where it cannot be found."""
    if given is not None:
        return asked(given)
    declared = dataset.read(".cpg")
    if declared and declared.strip(b" \r\n\t\0"):
        return named(declared.decode("ascii", "replace"), f"{dataset.name} (.cpg)")
    data = dataset.read(".dbf", _LIMIT) or b""
    if len(data) > 29 and data[29] in _LANGUAGE_DRIVERS:
        return _LANGUAGE_DRIVERS[data[29]]
    values = texts(data)
    found = detect(values)
    if found is None:
        raise unreadable(f"{dataset.name} (.dbf)", "utf-8", next(v for v in values if not v.isascii()), values)
    return found


def texts(data: bytes) -> list[bytes]:
    """The field names and a sample of the values of the character fields (dBASE III), without padding."""
    if len(data) < 32:
        return []
    records, header, length = struct.unpack("<IHH", data[4:12])
    names, fields, at = [], [], 1
    for start in range(32, header - 1, 32):
        field = data[start : start + 32]
        if len(field) < 32 or field[0] == 0x0D:
            break
        names.append(field[:11].split(b"\0")[0])
        width = field[16]
        if field[11:12] == b"C":
            width += field[17] << 8  # long character fields keep their high byte where others keep decimals
            fields.append((at, at + width))
        at += width
    rows = range(0, records, max(1, records // (4 * SAMPLE)))
    values = [data[header + r * length + a : header + r * length + b] for r in rows for a, b in fields]
    return names + [value.split(b"\0")[0].strip(b" ") for value in values]
