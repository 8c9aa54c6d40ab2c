"""The site as the bundler left it: where it lies and which of its files are published.

`site/dist` holds what browsers load and, below `_build/`, what only this room reads: font slices, icons, styles.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.i18n import _

PRIVATE = "_build"  # never published
PAGES = ("index.html", "embed.html")  # published with the city's name in them
LAST = f"{PRIVATE}/characters.txt"  # the bundler writes it when everything else is there


def built_site() -> Path:
    """The folder of the built site: packed into the wheel, else `site/dist` of the source tree.

    Raises ConfigError when neither has been built.
    """
    packed = Path(__file__).parent / "_site"
    developed = Path(__file__).parents[2] / "site" / "dist"
    for folder in (packed, developed):
        if (folder / LAST).is_file():
            return folder
    raise ConfigError(
        _("the portal's pages have not been built"),
        where=str(developed),
        expected=_("the built site, complete with {last}").format(last=LAST),
        hint=_("run `just site` once; it needs no Node of its own"),
    )


def published_files(site: Path) -> Iterator[tuple[str, Path]]:
    """Relative name and path of every file that belongs into a published folder as it is, sorted; PAGES left out."""
    for path in sorted(site.rglob("*")):
        name = path.relative_to(site).as_posix()
        if path.is_file() and name not in PAGES and not name.startswith(PRIVATE + "/"):
            yield name, path
