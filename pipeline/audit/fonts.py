"""Fonts and glyphs: the names in them, and parts that they do not need.

Sources: OpenType 1.9 `name` and `cmap`; node-fontnik's glyphs.proto.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final, NamedTuple

from pipeline.audit.document import Document, value_document
from pipeline.audit.rules import Finding, Rule, Severity
from pipeline.i18n import _

_TABLES: Final = frozenset(
    {
        "BASE", "GDEF", "GPOS", "GSUB", "GlyphOrder", "OS/2", "cmap", "cvt ", "fpgm", "gasp", "glyf", "head", "hhea",
        "hmtx", "loca", "maxp", "name", "post", "prep", "vhea", "vmtx",
    }
)  # fmt: skip
_WIRE: Final = {0: None, 1: 8, 5: 4}


class Font(NamedTuple):
    """What is inside a font or a file of glyphs."""

    file: str
    names: tuple[str, ...]
    fault: str | None
    strange: tuple[str, ...]  # parts that a font does not need


def font_of(data: bytes, file: str) -> Font:
    """A woff2, woff, TrueType or OpenType font."""
    from fontTools.ttLib import TTFont, TTLibError  # type: ignore[import-untyped]

    try:
        with TTFont(BytesIO(data), lazy=True) as font:
            tables = set(font.keys())
            names = tuple(str(record) for record in font["name"].names) if "name" in tables else ()
            flavour: Any = getattr(font, "flavorData", None)
            more = ["metadata"] if getattr(flavour, "metaData", None) else []
            more += ["private data"] if getattr(flavour, "privData", None) else []
            return Font(file, names, None, tuple(sorted(tables - _TABLES) + more))
    except (TTLibError, KeyError, ValueError, AssertionError) as error:
        return Font(file, (), str(error) or type(error).__name__, ())


def glyphs_of(data: bytes, file: str) -> Font:
    """A file of glyphs: stacks (1) with name (1), range (2) and glyphs (3) of id, bitmap and five measures (1 … 7)."""
    names, strange = [], []
    try:
        for number, stack in _fields(data):
            if number != 1 or not isinstance(stack, bytes):
                strange.append(str(number))
                continue
            for inner, value in _fields(stack):
                if inner in (1, 2) and isinstance(value, bytes):
                    names.append(value.decode())
                elif inner != 3 or not isinstance(value, bytes):
                    strange.append(f"1.{inner}")
                else:
                    strange += [f"1.3.{part}" for part, _value in _fields(value) if not 1 <= part <= 7]
    except (IndexError, ValueError) as error:
        return Font(file, tuple(names), str(error) or type(error).__name__, ())
    return Font(file, tuple(names), None, tuple(dict.fromkeys(strange)))


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7

    while at < len(data):
        tag = varint()
        wire = tag & 7
        if wire == 0:
            yield tag >> 3, varint()
            continue
        size = varint() if wire == 2 else _WIRE.get(wire)
        if size is None or at + size > len(data):
            raise ValueError(f"wire type {wire}")
        yield tag >> 3, data[at : at + size]
        at += size


def font_document(font: Font) -> Document:
    """The names of a font as a document, for the rules of documents."""
    return value_document(list(font.names), f"{font.file}#names")


def strange_parts(font: Font) -> Iterator[Finding]:
    """Fonts that cannot be read, or hold more than a font needs."""
    if font.fault is not None:
        yield Finding(_("it cannot be read: {reason}").format(reason=font.fault), font.file)
    if font.strange:
        yield Finding(_("parts that no map needs: {names}").format(names=", ".join(font.strange)), font.file)


FONT_RULE: Final = Rule(
    "font-parts",
    Severity.LEAK,
    "Fonts and glyphs hold what is needed to draw, and nothing else.",
    "Make the font again from its original.",
    strange_parts,
)
