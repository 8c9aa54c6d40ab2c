"""A file of text: read, and taken apart into the texts and numbers that somebody put into it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.audit.against import Against

JSON: Final = frozenset({"json", "geojson", "jsonld", "webmanifest", "map"})
MARKUP: Final = frozenset({"html", "htm", "xml", "svg", "atom", "qgs", "qlr", "qml", "config", "xsl"})
SCRIPT: Final = frozenset({"js", "mjs", "css", "py", "ts"})
TEXT: Final = frozenset({"txt", "md", "csv", "tsv", "geojsonl", "geojsonseq", "ndjson"})
WHOLE: Final = 1 << 26  # bytes up to which a file is read at once
_OVERLAP: Final = 1 << 12  # bytes that two parts of a larger one share
_ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
# Numbers that are sizes, counts or places and no values of anything.
_SIZES: Final = frozenset({"bytes", "size", "features", "count", "length", "offset", "file:size", "numberMatched"})
_PLACES: Final = frozenset(
    {"coordinates", "bounds", "bbox", "extent", "center", "centre", "antimeridian_adjusted_bounds"}
)


@dataclass(frozen=True, slots=True)
class Document:
    """A text file, or one part of a very large one."""

    name: str  # below the published folder; "tiles/a.pmtiles#metadata" for what lies inside
    suffix: str
    text: str
    value: Any  # what the JSON says; None where it is none
    fault: str | None  # why it cannot be read
    texts: tuple[str, ...]
    numbers: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Read:
    """A document, and what it is held against."""

    document: Document
    against: Against
    known: bool  # whether the software itself brings it along


def documents(path: Path, name: str, suffix: str) -> Iterator[Document]:
    """A file of text as one document; one that is larger than `WHOLE` in parts, as plain text."""
    if path.stat().st_size <= WHOLE:
        yield document_of(path.read_bytes(), name, suffix)
        return
    with path.open("rb") as file:
        kept = b""
        while block := file.read(WHOLE // 4):
            text = (kept + block).decode("utf-8", "replace")
            yield Document(name, "txt", text, None, None, (text,), np.zeros(0))
            kept = block[-_OVERLAP:]


def document_of(data: bytes, name: str, suffix: str) -> Document:
    """A document from its bytes."""
    nothing = np.zeros(0)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        plain = data.decode("latin-1")
        return Document(name, suffix, plain, None, str(error), (plain,), nothing)
    if suffix in JSON:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            return Document(name, suffix, text, None, str(error), (text,), nothing)
        return value_document(value, name, suffix, text)
    if suffix in MARKUP:
        return Document(name, suffix, text, None, None, (html.unescape(text),), nothing)
    if suffix in SCRIPT:
        plain = _ESCAPE.sub(lambda match: chr(int(match.group(1), 16)), text)
        return Document(name, suffix, text, None, None, (plain.encode("utf-8", "replace").decode(),), nothing)
    return Document(name, suffix, text, None, None, (text,), nothing)


def value_document(value: Any, name: str, suffix: str = "json", text: str | None = None) -> Document:
    """A document of what a JSON text says."""
    texts: list[str] = []
    numbers: list[float] = []
    waiting: list[tuple[Any, bool]] = [(value, True)]
    while waiting:
        part, counts = waiting.pop()
        if isinstance(part, str):
            texts.append(part.encode("utf-8", "replace").decode())
        elif isinstance(part, dict):
            for key, inner in part.items():
                texts.append(str(key))
                waiting.append((inner, counts and key not in _SIZES and key not in _PLACES))
        elif isinstance(part, list):
            waiting += [(inner, counts) for inner in part]
        elif counts and isinstance(part, int | float) and not isinstance(part, bool) and abs(part) < 1e300:
            numbers.append(float(part))
    written = json.dumps(value, ensure_ascii=False) if text is None else text
    return Document(name, suffix, written, value, None, tuple(texts), np.array(numbers, np.float64))
