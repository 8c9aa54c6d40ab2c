"""What people are told of a withdrawal: the page in the place of a release, and the notice for those with disks.

Both are one HTML file without references, Chinese first. The same orders give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pipeline.release.trust.verify import Withdrawn

_FOLDER: Final = Path(__file__).parent / "templates"


def notice_page(
    entries: Sequence[Withdrawn], *, city: str, edition: str, root_fingerprint: str, order_sha256: str
) -> bytes:
    """The notice that goes to every office with a disk, on paper: what to destroy, and how to tell that it is done."""
    return _page(
        "withdrawal-notice.html",
        entries=entries,
        city=city,
        edition=edition,
        root_fingerprint=root_fingerprint,
        order_sha256=order_sha256,
    )


def gone_page(entries: Sequence[Withdrawn]) -> bytes:
    """The page at the address of a release that was taken back as a whole."""
    return _page("withdrawn.html", entries=[each for each in entries if each.kind == "release"])


def _page(name: str, **facts: object) -> bytes:
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string((_FOLDER / name).read_text("utf-8")).render(**facts).encode()
