"""What the bytes of an image say of it, without decoding a pixel: its kind, size, and whether it is all there.

Decoders are lenient: Pillow accepts a PNG without its end, and whatever follows an image. So chunks are walked here.
Sources: WebP Container Specification (RFC 9649 §2); PNG (W3C, third edition, §5 and §11); JPEG (ITU-T T.81, annex B).
"""

from __future__ import annotations

import struct
import zlib
from typing import Final, NamedTuple

from pipeline.i18n import _

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})  # JPEG markers without a length: TEM, RST0 … RST7, SOI
_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # SOFn; the others are DHT, JPG and DAC


class Container(NamedTuple):
    """An image as its container describes it; what a damaged one does not tell is 0."""

    kind: str  # webp, png, jpeg or avif
    width: int  # pixels
    height: int
    lossless: bool
    animated: bool
    damage: str | None  # why it cannot be whole, in the language in force
    trailing: int  # bytes after its end


class _Damage(Exception):
    """The walk cannot go on."""


def container_of(data: bytes) -> Container | None:
    """What an image's bytes say of it; None when they are no WebP, PNG, JPEG or AVIF."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _walked("webp", data)
    if data[: len(_PNG)] == _PNG:
        return _walked("png", data)
    if data[:3] == b"\xff\xd8\xff":
        return _walked("jpeg", data)
    if data[4:8] == b"ftyp" and data[8:12] in (b"avif", b"avis"):
        return Container("avif", 0, 0, False, data[8:12] == b"avis", None, 0)
    return None


class _Seen:
    """What was met so far."""

    def __init__(self) -> None:
        self.width = self.height = self.end = 0
        self.lossless = self.animated = False


def _walked(kind: str, data: bytes) -> Container:
    seen, damage = _Seen(), None
    try:
        {"webp": _webp, "png": _png, "jpeg": _jpeg}[kind](data, seen)
    except _Damage as found:
        damage = str(found)
    except (struct.error, IndexError):
        damage = _("it is cut off")
    trailing = 0 if damage else len(data) - seen.end
    return Container(kind, seen.width, seen.height, seen.lossless, seen.animated, damage, trailing)


def _webp(data: bytes, seen: _Seen) -> None:
    seen.end = 8 + struct.unpack_from("<I", data, 4)[0]
    if seen.end > len(data):
        raise _Damage(_("it is cut off: {found} of {size} bytes").format(found=len(data), size=seen.end))
    at, pixels = 12, False
    while at + 8 <= seen.end:
        name, size = struct.unpack_from("<4sI", data, at)
        body = at + 8
        if body + size > seen.end:
            raise _Damage(_("its chunk {name} is cut off").format(name=_spelled(name)))
        if name == b"VP8X":
            seen.animated |= bool(data[body] & 0x02)
            seen.width = 1 + int.from_bytes(data[body + 4 : body + 7], "little")
            seen.height = 1 + int.from_bytes(data[body + 7 : body + 10], "little")
        elif name == b"VP8L":
            bits = struct.unpack_from("<I", data, body + 1)[0]  # 14 bits each, less one (RFC 9649 §3.4)
            seen.width, seen.height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
            seen.lossless = pixels = True
        elif name == b"VP8 ":
            width, height = struct.unpack_from("<HH", data, body + 6)  # RFC 6386 §9.1; two bits scale
            seen.width, seen.height = width & 0x3FFF, height & 0x3FFF
            pixels = True
        elif name == b"ANMF":
            seen.animated = pixels = True
        at = body + size + (size & 1)
    if not pixels:
        raise _Damage(_("there is no picture in it"))


def _png(data: bytes, seen: _Seen) -> None:
    at, pixels = len(_PNG), False
    while True:
        if at + 12 > len(data):
            raise _Damage(_("it is cut off"))
        size, name = struct.unpack_from(">I4s", data, at)
        body = at + 8
        if body + size + 4 > len(data):
            raise _Damage(_("its chunk {name} is cut off").format(name=_spelled(name)))
        if zlib.crc32(data[at + 4 : body + size]) != struct.unpack_from(">I", data, body + size)[0]:
            raise _Damage(_("its chunk {name} fails its checksum").format(name=_spelled(name)))
        if name == b"IHDR":
            seen.width, seen.height = struct.unpack_from(">II", data, body)
            seen.lossless = True
        pixels |= name == b"IDAT"
        seen.animated |= name == b"acTL"
        at = body + size + 4
        if name == b"IEND":
            break
    seen.end = at
    if not pixels:
        raise _Damage(_("there is no picture in it"))


def _jpeg(data: bytes, seen: _Seen) -> None:
    at, pixels = 2, False
    while True:
        at = _next_marker(data, at)
        while data[at] == 0xFF:  # any number of fill bytes (B.1.1.2)
            at += 1
        code = data[at]
        at += 1
        if code == 0xD9:  # EOI
            break
        if code == 0 or code in _STANDALONE:
            continue
        size = struct.unpack_from(">H", data, at)[0]
        if at + size > len(data):
            raise _Damage(_("it is cut off"))
        if code in _FRAMES:
            seen.height, seen.width = struct.unpack_from(">HH", data, at + 3)
            seen.lossless = code in (0xC3, 0xC7, 0xCB, 0xCF)
        pixels |= code == 0xDA
        at += size
    seen.end = at
    if not pixels:
        raise _Damage(_("there is no picture in it"))


def _next_marker(data: bytes, at: int) -> int:
    """Where the entropy-coded data ends: a 0xFF that neither 0x00 nor a restart marker follows (B.1.1.5)."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise _Damage(_("it is cut off"))
        if data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2


def _spelled(name: bytes) -> str:
    return name.decode("ascii", "backslashreplace")
