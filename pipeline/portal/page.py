"""The pages with a map and the city's name in them, so that a title, a preview and a page without scripts are right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from pipeline.errors import ConfigError
from pipeline.i18n import _

_MARKERS = {"<!--longquan:head-->", "<!--longquan:notice-->"}


def render_page(
    template: str, catalog: Mapping[str, Any], *, styles: str, fonts_css: str, name: str = "index.html"
) -> str:
    """A page with a map for one edition: title, description, preloads, and the notices for readers without scripts.

    `template` is the built page `name` with its two markers; `styles` and `fonts_css` are addresses relative to it.
    Raises ConfigError when a marker is missing, which means a site built from another version.
    """
    missing = sorted(marker for marker in _MARKERS if marker not in template)
    if missing:
        raise ConfigError(
            _("the built page does not fit this version"),
            where=name,
            expected=", ".join(missing),
            hint=_("run `just site` again"),
        )
    head = [
        page_head(catalog),
        '<link rel="preload" href="catalog.json" as="fetch" crossorigin>',
        f'<link rel="preload" href="{escape(styles)}" as="fetch" crossorigin>',
        f'<link rel="stylesheet" href="{escape(fonts_css)}">',
    ]
    return template.replace("<!--longquan:head-->", "\n    ".join(head)).replace(
        "<!--longquan:notice-->", notices(catalog)
    )


def page_head(catalog: Mapping[str, Any]) -> str:
    """Title and description of a page with the map, as HTML."""
    title = f"{catalog['platform']['zh']} {catalog['platform']['en']}"
    lines = (
        f"<title>{escape(catalog['platform']['zh'])}</title>",
        f'<meta name="description" content="{escape(title)}">',
    )
    return "\n    ".join(lines)


def notices(catalog: Mapping[str, Any]) -> str:
    """What a reader must see without scripts, as HTML: the review, what is fictional, whose map it is."""
    sample = catalog["notice"] if catalog.get("sample") else None
    lines = [
        *_standing(catalog),
        *([f"{sample['zh']} · {sample['en']}"] if sample else []),
        f"{catalog['attribution']['zh']} · {catalog['attribution']['en']}",
    ]
    return "".join(f"<p>{escape(line)}</p>" for line in lines)


def _standing(catalog: Mapping[str, Any]) -> Iterator[str]:
    """Whose eyes the map is for, and what its review says: a public map without a number waits for one."""
    number = (catalog.get("review") or {}).get("number")
    public = catalog["edition"].get("public", True)
    if not public:
        yield "内部使用 · For internal use"
    if number:
        yield f"审图号：{number} · Map review number: {number}"
    elif public:
        yield "待审核 · Map review pending"
