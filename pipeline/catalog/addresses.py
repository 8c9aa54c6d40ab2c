"""Addresses between files of a published folder: relative to the file they stand in, or absolute below a base.

Everything a build writes is relative, so that the folder works under any path of any server. Where a `base_url` is
known, twins with absolute addresses are written below ``hotlink/``, outside the release id.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

HOTLINK = "hotlink"
_TWINS = ("tilejson/", "styles/", "services/")  # folders whose files have a twin below hotlink/
_TILES = "services/tiles/"  # which have none: nothing is written in them


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of the file that addresses are written into, and the absolute address of everything, if known."""

    folder: str  # below the published folder, such as services/stac
    base: str = ""  # without a slash at its end; empty: relative addresses

    def to(self, path: str) -> str:
        """The address of `path`, a path below the published folder that may carry a #fragment."""
        if not self.base:
            return posixpath.relpath(path, self.folder)
        twin = path.startswith(_TWINS) and not path.startswith(_TILES)
        return f"{self.base}/{HOTLINK}/{path}" if twin else f"{self.base}/{path}"
