"""What GDAL says is wrong with a file, for people who never heard of it."""

from __future__ import annotations

import re
from typing import Final

from pipeline.i18n import _

_PLACE: Final = re.compile(r"\b(?:on|at) line (\d+)(?:,? ?(?:at offset|column|character) (\d+))?", re.IGNORECASE)
_CUT: Final = ("I/O failure", "unexpected end of file", "premature end", "Unexpected EOF")
_SOURCE: Final = re.compile(r"\S+\.c(?:pp)?, \d+: ")  # where in GDAL's own code


def plainly(error: BaseException, path: str) -> str:
    """The place in the file if GDAL names one; else its own words, without addresses and advice for programmers."""
    text = re.split(r"\.;? It might help", str(error))[0].split("\n")[0]
    if found := _PLACE.search(text):
        if found[2] is None:
            return _("it cannot be understood from line {line} on").format(line=found[1])
        return _("it cannot be understood from line {line}, character {n} on").format(line=found[1], n=found[2])
    if any(words.lower() in text.lower() for words in _CUT):
        return _("it ends in the middle of something")
    return _SOURCE.sub("", text).replace(path, path.rsplit("/", 1)[-1])
