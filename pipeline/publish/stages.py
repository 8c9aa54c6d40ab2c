"""In which order the files of a release go out, so that whatever a reader follows is there already.

A file may be named by files of later stages only. Readers start at the pages, at styles and TileJSON that they
hot-link, at catalog.json, or at metadata/timestamp.json, which leads over the snapshot and the targets to release.json.
"""

from __future__ import annotations

import re
from enum import IntEnum

from pipeline.making.finished import MANIFEST
from pipeline.publish.subject import HASHED

_HASHED = re.compile(HASHED)
_METADATA = re.compile(r"metadata/(?!release-[0-9a-f]{12}\.)(?:[1-9][0-9]*\.)?[a-z][a-z0-9-]*\.json")
_NUMBERED = re.compile(r"metadata/[1-9][0-9]*\.")
TIMESTAMP = "metadata/timestamp.json"
DELTAS = "deltas"  # the folder of deltas between releases
OFFERS = "deltas/index.json"  # tells which there are
IMMUTABLE = "public, max-age=31536000, immutable"
CHECKED = "no-cache"  # kept, but asked about each time


class Stage(IntEnum):
    """The stages, first to last; files of one stage go out side by side."""

    CONTENT = 0  # named by a hash of the content: never changes
    PARTS = 1  # what others name and that names nothing: glyphs, coverage, licences
    TILEJSON = 2  # names archives
    STYLES = 3  # name TileJSON, sprites, glyphs, fonts
    CATALOGUE = 4  # names all of these
    PAGES = 5
    FRONT = 6  # index.html and the lists of sums
    SIGNATURES = 7  # roots, targets, departments; the copy of release.json that stays
    SNAPSHOT = 8  # names those
    MANIFEST = 9  # release.json
    TIMESTAMP = 10  # names the snapshot: from here on this is the release


def stage_of(path: str) -> Stage:
    """The stage of a path of the published folder."""
    if path == MANIFEST:
        return Stage.MANIFEST
    if path == TIMESTAMP:
        return Stage.TIMESTAMP
    if path.startswith("metadata/"):
        return Stage.SNAPSHOT if path.endswith(".snapshot.json") else Stage.SIGNATURES
    if path in ("index.html", "SHA256SUMS", "SM3SUMS", "feed.atom"):
        return Stage.FRONT
    if path.startswith(f"{DELTAS}/"):  # passed over where they lead to another release than the timestamp
        return Stage.FRONT if path == OFFERS else Stage.PARTS
    name = path.removeprefix("hotlink/")
    if name == path and hashed(path):
        return Stage.CONTENT
    if name.startswith("tilejson/"):
        return Stage.TILEJSON
    if name.startswith("styles/"):
        return Stage.STYLES
    if name.startswith("services/") or name in ("catalog.json", "status.json", "coverage.json"):
        return Stage.CATALOGUE
    return Stage.PAGES if name.endswith(".html") else Stage.PARTS


def hashed(path: str) -> bool:
    """Whether the name tells the content, so that it never changes."""
    return _HASHED.search("/" + path) is not None


def cache_of(path: str) -> str:
    """The Cache-Control that a path is served with: hashed and numbered names for ever, all else asked about."""
    if path.startswith("metadata/"):
        return IMMUTABLE if _NUMBERED.match(path) else CHECKED
    return IMMUTABLE if stage_of(path) is Stage.CONTENT else CHECKED


def is_signature(path: str) -> bool:
    """Whether a path is that of a file of signatures, as a release brings them."""
    return _METADATA.fullmatch(path) is not None
