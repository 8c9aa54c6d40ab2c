"""The whole edition as one page that opens from a disk with a double click: the portal's code and every file it reads.

The page is the template of the built site with three places filled in: its head, its notices, and the files as
base64. What the template holds comes with the software; the files are those of the published folder, byte for byte.
That is what `longquan audit` holds the page against.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from html import escape, unescape
from pathlib import Path
from typing import Any, Final

from pipeline.errors import ConfigError
from pipeline.i18n import _
from pipeline.portal.built_site import PRIVATE, built_site
from pipeline.portal.files import write_file
from pipeline.portal.page import notices, page_head

NAME: Final = "offline.html"
LIMIT: Final = 100_000_000  # bytes of all files; browsers open larger pages, but slowly and not on phones
MARKERS: Final = ("<!--longquan:head-->", "<!--longquan:notice-->", "<!--longquan:files-->")
# What the portal reads while it runs. Pages, downloads and descriptions for other programs are left out.
_READ: Final = (
    "catalog.json", "status.json", "coverage.json", "coverage/*.json", "styles/*.json", "tilejson/*.json",
    "search/**/*", "assets/sprites/*", "assets/fonts/*.woff2", "assets/glyphs/**/*.pbf", "tiles/*.pmtiles",
)  # fmt: skip
_FILE: Final = re.compile(r'<script type="application/octet-stream" data-path="([^"]*)">([A-Za-z0-9+/=]*)</script>\n')


def write_offline_page(dist: Path, catalog: Mapping[str, Any]) -> int:
    """Write `offline.html` into the published folder `dist`, whose files are all there; returns its size in bytes.

    `catalog` is the content of catalog.json. Raises ConfigError when the site was not built or the files are too large
    for one page, OutputError when it cannot be written.
    """
    data = offline_page(dist, catalog)
    write_file(dist / NAME, data)
    return len(data)


def offline_page(dist: Path, catalog: Mapping[str, Any]) -> bytes:
    """The page for the published folder `dist`, whose files are all there.

    Raises ConfigError when the site was not built or the files are too large for one page.
    """
    paths = offline_files(dist)
    size = sum((dist / path).stat().st_size for path in paths)
    if size > LIMIT:
        raise ConfigError(
            _("the edition is too large for one page: {found} MB").format(found=round(size / 1e6)),
            where=f"{catalog['edition']['id']}: double_click",
            expected=_("at most {limit} MB").format(limit=LIMIT // 1_000_000),
            hint=_("leave double_click out, or publish fewer archives in this edition"),
        )
    parts = [part.encode() for part in offline_template()]
    head = page_head(catalog).encode()
    page = [parts[0], head, parts[1], notices(catalog).encode(), parts[2], b"\n"]
    for path in paths:
        start = f'<script type="application/octet-stream" data-path="{escape(path)}">'
        page += [start.encode(), base64.b64encode((dist / path).read_bytes()), b"</script>\n"]
    page.append(parts[3])
    return b"".join(page)


def offline_files(dist: Path) -> list[str]:
    """Paths below `dist` of all files that the page carries, sorted."""
    found = {path.relative_to(dist).as_posix() for pattern in _READ for path in dist.glob(pattern) if path.is_file()}
    return sorted(found)


def offline_template() -> tuple[str, str, str, str]:
    """The four parts of the built page, with head, notices and files between them.

    Raises ConfigError when the site was not built, or by another version.
    """
    path = built_site() / PRIVATE / NAME
    text = path.read_text("utf-8") if path.is_file() else ""
    pattern = "|".join(re.escape(marker) for marker in MARKERS)
    parts = re.split(pattern, text)
    if re.findall(pattern, text) != list(MARKERS):
        raise ConfigError(
            _("the built page does not fit this version"),
            where=NAME,
            expected=", ".join(MARKERS),
            hint=_("run `just site` again"),
        )
    return parts[0], parts[1], parts[2], parts[3]


def embedded_files(text: str) -> Iterator[tuple[str, bytes]]:
    """Path and content of each file in the part of a page that holds the files. Raises ValueError for anything else."""
    at = 0
    text = text.removeprefix("\n")
    while at < len(text):
        match = _FILE.match(text, at)
        if match is None:
            raise ValueError(text[at : at + 80])
        yield unescape(match[1]), base64.b64decode(match[2], validate=True)
        at = match.end()
