"""How the texts of a DXF drawing are written (DXF reference, HEADER section).

GDAL follows $DWGCODEPAGE; but from AutoCAD 2007 on ($ACADVER AC1021) drawings are UTF-8 whatever that variable says.
"""

from __future__ import annotations

import re
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.sources.encoding import asked, named
from pipeline.sources.files import Dataset

_HEAD: Final = 1 << 16  # bytes; both variables stand at the beginning
_UNICODE: Final = b"AC1021"
_ESCAPE: Final = r"\\U\+([0-9A-Fa-f]{4})"


def text_encoding(dataset: Dataset, given: str | None) -> str:
    """Python's name of the encoding. Raises InputError for one that is not known."""
    if given is not None:
        return asked(given)
    head = dataset.read(limit=_HEAD) or b""
    version = _variable(head, b"$ACADVER")
    if version is None or version >= _UNICODE:
        return "utf-8"
    page = _variable(head, b"$DWGCODEPAGE") or b"ANSI_1252"
    return named(page.decode("ascii", "replace").replace("_", " "), f"{dataset.name} ($DWGCODEPAGE)")


def _variable(head: bytes, name: bytes) -> bytes | None:
    """The value of a header variable: its name, a line with a group code, a line with the value."""
    found = re.search(re.escape(name) + rb"\s*\r?\n\s*\d+\s*\r?\n\s*([^\r\n]*)", head)
    return found.group(1).strip().upper() if found else None


def unescape(table: pa.Table) -> pa.Table:
    """The table with the texts' \\U+9F99 resolved, in which drawings write what their code page lacks."""
    for index, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            column = table.column(index)
            if pc.any(pc.match_substring_regex(column, _ESCAPE)).as_py():
                coded = column.combine_chunks().dictionary_encode()
                texts = [re.sub(_ESCAPE, lambda m: chr(int(m[1], 16)), text) for text in coded.dictionary.to_pylist()]
                table = table.set_column(index, field, pa.array(texts, field.type).take(coded.indices))
    return table
