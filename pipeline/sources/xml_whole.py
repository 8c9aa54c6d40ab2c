"""Whether a file of XML begins and ends like one: GDAL reads some that were cut off and says nothing."""

from __future__ import annotations

import re
from typing import Final

from pipeline.i18n import _

HEAD: Final = 1 << 16  # bytes; the root element begins there
TAIL: Final = 1 << 12  # bytes; it ends there
_ROOTS: Final = {".kml": "kml", ".gpx": "gpx"}  # what has to be it; in .gml it is anything
SUFFIXES: Final = (*_ROOTS, ".gml")
_PROLOG: Final = re.compile(rb"(\s|\xef\xbb\xbf|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(\[.*?\])?\s*>)*", re.DOTALL)
_ROOT: Final = re.compile(rb"<((?:[\w.-]+:)?([\w.-]+))[^>]*?(/?)>")


def fault(suffix: str, head: bytes, tail: bytes) -> str | None:
    """What is wrong with the first and the last bytes of a file, in the language in force; None for nothing."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):  # UTF-16, left to the reader
        return None
    prolog = _PROLOG.match(head)
    root = _ROOT.match(head, prolog.end() if prolog else 0)
    if root is None:
        return _("it does not begin like XML")
    name, local = root[1].decode("ascii", "replace"), root[2].decode("ascii", "replace")
    wanted = _ROOTS.get(suffix)
    if wanted is not None and local != wanted:
        return _("it begins with <{found}>, not with <{wanted}>").format(found=name, wanted=wanted)
    if not root[3] and b"</" + root[1] not in tail:
        return _("it is cut off: </{name}> is missing at its end").format(name=name)
    return None
