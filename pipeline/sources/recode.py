"""Arrow texts that were read byte for byte → texts, column by column."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.i18n import _
from pipeline.sources.encoding import decoded, unreadable
from pipeline.types import Tally

BYTEWISE: Final = "ISO-8859-1"  # every byte is the character of the same number: nothing is lost, nothing can break


def recode(table: pa.Table, encoding: str, tally: Tally, place: Callable[[int], str]) -> pa.Table:
    """The table with the texts that were read as ISO 8859-1 decoded as what they are.

    A last character that the field's width cut off is dropped and counted "text-cut". Raises InputError, naming field
    and row, for other broken bytes.
    """
    for index, field in enumerate(table.schema):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            column = table.column(index).combine_chunks()
            new = _column(column, encoding, field.name, tally, place)
            if new is not column:
                table = table.set_column(index, field, new)
    return table


def recode_name(name: str, encoding: str) -> str:
    """A field's name, likewise; left as it is where it breaks."""
    found = decoded(name.encode(BYTEWISE), encoding)
    return found[0] if found else name


def check_utf8(table: pa.Table, place: Callable[[int], str]) -> None:
    """Raise InputError, naming field and row, where a text is not UTF-8 (drivers pass on what files hold)."""
    for field, column in zip(table.schema, table.columns, strict=True):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            for chunk in column.chunks:
                try:
                    chunk.validate(full=True)
                except pa.ArrowInvalid as error:
                    values = column.combine_chunks().cast(pa.large_binary()).to_pylist()
                    row = next(i for i, value in enumerate(values) if not _is_utf8(value))
                    there = [value for value in values if value is not None]
                    raise unreadable(_at(field.name, place(row)), "utf-8", values[row], there) from error


def _column(column: pa.Array, encoding: str, name: str, tally: Tally, place: Callable[[int], str]) -> pa.Array:
    if pc.sum(pc.binary_length(column)).as_py() == pc.sum(pc.utf8_length(column)).as_py():
        return column  # ASCII is the same in all of them
    coded = column.dictionary_encode()
    values = coded.dictionary
    whole = pc.binary_join(pa.ListArray.from_arrays([0, len(values)], values), "\0")[0].as_py()
    try:
        text = whole.encode(BYTEWISE).decode(encoding)
        new = _split(text.encode(), len(values), values.type)
    except (UnicodeDecodeError, ValueError):
        new = _one_by_one(column, coded, encoding, name, tally, place)
    return new.take(coded.indices)


def _split(joined: bytes, count: int, kind: pa.DataType) -> pa.Array:
    """An Arrow array of the `count` texts that NULs separate. Raises ValueError where there are more."""
    data = np.frombuffer(joined, np.uint8)
    ends = np.append(np.flatnonzero(data == 0), len(data))
    if len(ends) != count:
        raise ValueError(count)
    offsets = np.concatenate(([0], ends - np.arange(count)))
    width = np.int64 if pa.types.is_large_string(kind) else np.int32
    return pa.Array.from_buffers(
        kind, count, [None, pa.py_buffer(offsets.astype(width)), pa.py_buffer(data[data != 0])]
    )


def _one_by_one(
    column: pa.Array, coded: pa.Array, encoding: str, name: str, tally: Tally, place: Callable[[int], str]
) -> pa.Array:
    values = coded.dictionary.to_pylist()
    raw = [value.encode(BYTEWISE, "ignore") for value in values]
    texts, cut = [], []
    for index, value in enumerate(raw):
        if any(ord(character) > 0xFF for character in values[index]):  # an escape that the driver has resolved
            texts.append(values[index])
            continue
        found = decoded(value, encoding)
        if found is None:
            row = pc.index(column, coded.dictionary[index]).as_py()
            raise unreadable(_at(name, place(row)), encoding, value, raw)
        texts.append(found[0])
        if found[1]:
            cut.append(index)
    if cut:
        rows = pc.is_in(coded.indices, pa.array(cut, coded.indices.type))
        first = pc.index(rows, True).as_py()
        tally.add("text-cut", pc.sum(rows).as_py(), _at(name, place(first)))
    return pa.array(texts, coded.dictionary.type)


def _at(name: str, place: str) -> str:
    return _("{place}, field {field}").format(place=place, field=name)


def _is_utf8(value: bytes | None) -> bool:
    try:
        (value or b"").decode()
    except UnicodeDecodeError:
        return False
    return True
