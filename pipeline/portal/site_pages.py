"""about.html, accessibility.html and help.html: pages whose words no dataset tells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.portal.files import content_hash
from pipeline.portal.pages import Frame

PAGES = ("about.html", "accessibility.html", "help.html")
PICTURES = Path(__file__).parent / "help"  # taken by `just help-pictures` from the sample city


def site_pages(frame: Frame) -> Iterator[tuple[str, bytes]]:
    """Path below the published folder and content of the pages and of the pictures they show."""
    pictures: dict[str, str] = {}
    for path in sorted(PICTURES.glob("*.webp")):
        data = path.read_bytes()
        pictures[path.stem] = f"assets/help-{path.stem}-{content_hash(data)}.webp"
        yield pictures[path.stem], data
    for page in PAGES:
        yield page, frame.render(page, page, pictures=pictures)
