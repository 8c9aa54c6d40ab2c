"""Pages that are written at build and need no script to be read: templates of Jinja, in Chinese first and in English.

Templates lie in templates/; they escape everything, refuse names that do not exist, and hold the words of the pages
themselves, because a page is in both languages whatever language the builder speaks.
"""

from __future__ import annotations

import functools
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from pipeline.portal.files import content_hash

TEMPLATES = Path(__file__).parent / "templates"
STYLE = "pages.css"
SCRIPT = "lights.js"
FILTER = "filter.js"


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page of an edition has around its content: addresses below the published folder, and the catalogue."""

    catalog: Mapping[str, Any]
    css: str  # of the pages
    fonts: str  # of the faces for machines that have none

    def render(self, template: str, path: str, **content: Any) -> bytes:
        """The page at `path` below the published folder: `template` with `content`, addresses relative to itself."""
        folder = posixpath.dirname(path)

        def to(address: str) -> str:
            return posixpath.relpath(address, folder or ".")

        text = (
            _environment()
            .get_template(template)
            .render(catalog=self.catalog, css=self.css, fonts=self.fonts, path=path, to=to, **content)
        )
        return text.encode()


def page_css() -> tuple[str, bytes]:
    """Name below the published folder, with a hash, and content of the pages' style sheet."""
    data = (TEMPLATES / STYLE).read_bytes()
    return f"assets/pages-{content_hash(data)}.css", data


def lights_script() -> tuple[str, bytes]:
    """Name below the published folder, with a hash, and content of the script that sets lights right for today."""
    return _script(SCRIPT)


def filter_script() -> tuple[str, bytes]:
    """Name below the published folder, with a hash, and content of the script that narrows the list of datasets."""
    return _script(FILTER)


def _script(name: str) -> tuple[str, bytes]:
    data = (TEMPLATES / name).read_bytes()
    return f"assets/{name.removesuffix('.js')}-{content_hash(data)}.js", data


def template_texts() -> Iterator[str]:
    """The words of all templates, for the choice of the fonts' characters."""
    for path in sorted(TEMPLATES.glob("*.html")):
        yield path.read_text("utf-8")


def text_of(value: Mapping[str, str] | None, language: str) -> str:
    """The words of a bilingual text in a language; nothing where there is no text."""
    return value[language] if value else ""


def bytes_text(size: int) -> str:
    """A size as people read it, in units of 1,000."""
    units = ("B", "kB", "MB", "GB", "TB")
    power = 0
    while power + 1 < len(units) and size >= 999.5 * 1000**power:
        power += 1
    value = size / 1000**power
    return f"{value:.0f} {units[power]}" if power == 0 or value >= 99.95 else f"{value:.1f} {units[power]}"


def number_text(value: float) -> str:
    """A number with its thousands apart and without a tail of zeros."""
    return f"{value:,.6f}".rstrip("0").rstrip(".")


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters.update(size=bytes_text, number=number_text)
    return environment
