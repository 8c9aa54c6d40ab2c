"""What images carry beside their pixels: texts, EXIF, XMP, profiles, bytes behind the end.

Sources: PNG (W3C, third edition, §11); WebP Container Specification (RFC 9649 §2); JPEG (ITU-T T.81, annex B).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pipeline.audit.rules import Finding, Rule, Severity
from pipeline.i18n import _

_PNG: Final = b"\x89PNG\r\n\x1a\n"
# What says how pixels are to be shown, and nothing else.
_PNG_PARTS: Final = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs"}
)
_WEBP_PARTS: Final = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH"})
_JPEG_PARTS: Final = frozenset({*range(0xC0, 0xE1), 0xEE})  # frames, tables, scans, JFIF (APP0), Adobe (APP14)
_LARGEST_APP: Final = 64  # bytes of JFIF and Adobe markers: a JFIF thumbnail would be larger
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
SUFFIXES: Final = {"png": _PNG[:4], "jpg": b"\xff\xd8", "jpeg": b"\xff\xd8", "webp": b"RIFF", "ico": b"\0\0\1\0"}


@dataclass(frozen=True, slots=True)
class Picture:
    """The bytes of an image, and where they are from."""

    data: bytes
    file: str
    where: str = ""


def extras(data: bytes) -> Iterator[str]:
    """What an image carries beside its pixels, in words; also when it is none, or cut off."""
    try:
        if data[: len(_PNG)] == _PNG:
            yield from _png(data)
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            yield from _webp(data)
        elif data[:2] == b"\xff\xd8":
            yield from _jpeg(data)
        else:
            yield _("it is no PNG, WebP or JPEG")
    except (struct.error, IndexError):
        yield _("it is cut off")


def _png(data: bytes) -> Iterator[str]:
    at = len(_PNG)
    while True:
        size, name = struct.unpack_from(">I4s", data, at)
        at += 12 + size
        if name not in _PNG_PARTS:
            yield _part(name, data[at - 4 - size : at - 4])
        if name == b"IEND":
            break
    if at > len(data):
        yield _("it is cut off")
    elif at < len(data):
        yield _trailing(len(data) - at)


def _webp(data: bytes) -> Iterator[str]:
    end = 8 + struct.unpack_from("<I", data, 4)[0]
    at = 12
    while at + 8 <= min(end, len(data)):
        name, size = struct.unpack_from("<4sI", data, at)
        if name not in _WEBP_PARTS:
            yield _part(name, data[at + 8 : at + 8 + size])
        at += 8 + size + (size & 1)
    if at > len(data):
        yield _("it is cut off")
    elif end < len(data):
        yield _trailing(len(data) - end)


def _jpeg(data: bytes) -> Iterator[str]:
    at = 2
    while True:
        at = data.find(b"\xff", at)
        while at >= 0 and data[at + 1] in (0, 0xFF, *_STANDALONE):  # data, filling, and markers without a length
            at = data.find(b"\xff", at + (1 if data[at + 1] == 0xFF else 2))
        if at < 0:
            yield _("it is cut off")
            return
        code = data[at + 1]
        if code == 0xD9:
            break
        size = struct.unpack_from(">H", data, at + 2)[0]
        if code not in _JPEG_PARTS or (code in (0xE0, 0xEE) and size > _LARGEST_APP):
            yield _part(f"FF{code:02X}".encode(), data[at + 4 : at + 2 + size])
        at += 2 + size
    if at + 2 < len(data):
        yield _trailing(len(data) - at - 2)


def _part(name: bytes, data: bytes) -> str:
    begin = "".join(c if c.isprintable() else " " for c in data[:60].decode("utf-8", "replace"))
    return _("a part {name} of {n} bytes: {text}").format(
        name=name.decode("ascii", "backslashreplace").strip(), n=len(data), text=" ".join(begin.split())
    )


def _trailing(n: int) -> str:
    return _("{n} bytes behind its end").format(n=n)


def carried(picture: Picture) -> Iterator[Finding]:
    """Anything beside the pixels."""
    for text in extras(picture.data):
        yield Finding(text, picture.file, picture.where)


PICTURE_RULE: Final = Rule(
    "image-parts",
    Severity.LEAK,
    "Images hold pixels and what is needed to show them: no texts, EXIF, XMP or profiles.",
    "Write the image again without metadata.",
    carried,
)
