"""Pages that carry files of their own release: what of them is theirs, and how they are put together again.

`offline.html` holds the archives of its edition as base64. Told by its predecessor it would cost every changed archive
again; so a delta tells only the page's shell, and names the files that go into it.
"""

from __future__ import annotations

import base64
import hashlib
import mmap
import re
from collections.abc import Iterator, Sequence
from html import unescape
from pathlib import Path
from typing import Final, NamedTuple

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.release.delta.places import regular_file

NAME: Final = "offline.html"  # of portal.offline_page
_FILE: Final = re.compile(
    rb'<script type="application/octet-stream" data-path="([^"]{0,2000})">([A-Za-z0-9+/=]*)</script>\n'
)
_BLOCK: Final = 3 << 18  # bytes that are encoded at once; base64 turns three into four


class Fill(NamedTuple):
    """A file that stands as base64 in a page."""

    offset: int  # in the shell, where it goes
    path: str  # below the release's folder


class Shell(NamedTuple):
    """A page without the files in it."""

    data: bytes
    fills: tuple[Fill, ...]  # ascending


def shell_of(page: Path) -> Shell:
    """The page taken apart; of any other file everything is shell. Raises InputError when it cannot be read."""
    try:
        if not page.stat().st_size:
            return Shell(b"", ())
        with page.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            parts, fills = [], []
            size = at = 0
            for match in _FILE.finditer(text):
                start, end = match.span(2)
                parts.append(text[at:start])
                size += start - at
                at = end
                fills.append(Fill(size, unescape(match[1].decode("utf-8", "replace"))))
            return Shell(b"".join([*parts, text[at:]]), tuple(fills))
    except OSError as err:
        raise InputError(
            _("The file cannot be read: {reason}.").format(reason=err.strerror or err), where=str(page)
        ) from err


def filled(shell: bytes, fills: Sequence[Fill], folder: Path) -> Iterator[bytes]:
    """The page put together again out of its shell and the files of `folder`, block by block.

    Raises InputError where a file is missing.
    """
    at = 0
    for offset, path in fills:
        yield shell[at:offset]
        at = offset
        found = regular_file(folder, path)
        if found is None:
            raise InputError(_("There is no {name}.").format(name=path), where=str(folder))
        with found.open("rb") as file:
            while block := file.read(_BLOCK):
                yield base64.b64encode(block)
    yield shell[at:]


def fills_itself(page: Path, shell: Shell, folder: Path) -> bool:
    """Whether a page is its shell filled with the files beside it, byte for byte."""
    digest = hashlib.sha256()
    try:
        for block in filled(shell.data, shell.fills, folder):
            digest.update(block)
    except (InputError, OSError):
        return False
    with page.open("rb") as file:
        return digest.digest() == hashlib.file_digest(file, "sha256").digest()
