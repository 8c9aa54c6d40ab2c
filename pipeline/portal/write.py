"""Everything the portal adds to a published folder, in one call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from pipeline.portal import fonts, glyphs, sprites
from pipeline.portal.built_site import PAGES, PRIVATE, built_site, published_files
from pipeline.portal.characters import character_groups, count_characters
from pipeline.portal.dataset_pages import dataset_pages
from pipeline.portal.developer_page import developer_page
from pipeline.portal.files import content_hash, json_bytes, write_file
from pipeline.portal.flavour import read_flavour, read_layers, read_look
from pipeline.portal.font_slices import FAMILY, WEIGHTS, read_outlines
from pipeline.portal.page import render_page
from pipeline.portal.pages import Frame, page_css, template_texts
from pipeline.portal.site_pages import site_pages
from pipeline.portal.status_page import edition_status, status_pages
from pipeline.portal.style import compose_style


def write_portal(
    dist: Path,
    *,
    catalog: Mapping[str, Any],
    tilejsons: Mapping[str, Mapping[str, Any]],
    texts: Iterable[str],
    status: Mapping[str, Any] | None = None,
) -> None:
    """Write the pages, `assets/` and `styles/` of one edition into `dist`, which holds its archives already.

    `catalog` is the content of catalog.json; `tilejsons` maps archive ids to TileJSON; `texts` are the strings the
    map may show, from which the fonts' characters are chosen; `status` is the content of status.json (the catalogue's
    lights). The same arguments give the same bytes.

    Raises ConfigError when the site has not been built or a style is unknown, OutputError when a file cannot be
    written.
    """
    site = built_site()
    private = site / PRIVATE
    for name, path in published_files(site):
        write_file(dist / name, path.read_bytes())

    faces = _write_fonts(dist, private, chain(texts, template_texts()))
    css = fonts.page_css(faces, WEIGHTS)
    css_name = f"assets/fonts-{content_hash(css)}.css"
    write_file(dist / css_name, css)

    own = private / "styles" / "icons"
    discs: dict[str, sprites.Icon] = {}

    def icon(name: str) -> str | None:
        found = discs.get(name) or sprites.disc_icon((own / "theme", private / "maki"), name)
        if found is not None:
            discs[name] = found
        return found.name if found else None

    composed = []
    for entry in catalog["styles"]:
        flavour = read_flavour(private / "styles", entry["id"])
        layers = read_layers(private / "styles", flavour)
        for name in sprites.disc_icons_in(layers):
            icon(name)
        style = compose_style(flavour, layers, catalog, tilejsons, icon)
        if any(archive["type"] == "raster" for archive in catalog["archives"]):
            style["metadata"]["longquan:portal"] = read_look(private / "styles", flavour)
        composed.append((entry["href"], style))
    sprite, images = sprites.sprite_files([*sprites.own_icons(own), *discs.values()])
    for name, data in images.items():
        write_file(dist / name, data)
    for href, style in composed:
        layers = style.pop("layers")
        style |= {"sprite": f"../{sprite}", "glyphs": glyphs.ADDRESS, "font-faces": fonts.font_faces(faces)}
        write_file(dist / href, json_bytes({**style, "layers": layers}))

    for name in PAGES:
        template = (site / name).read_text("utf-8")
        page = render_page(template, catalog, name=name, styles=catalog["styles"][0]["href"], fonts_css=css_name)
        write_file(dist / name, page.encode())
    pages_name, pages_css = page_css()
    write_file(dist / pages_name, pages_css)
    frame = Frame(catalog, css=pages_name, fonts=css_name)
    pages = chain(
        dataset_pages(dist, frame),
        status_pages(frame, status or edition_status(catalog)),
        developer_page(frame),
        site_pages(frame),
    )
    for written, content in pages:
        write_file(dist / written, content)


def _write_fonts(dist: Path, private: Path, texts: Iterable[str]) -> dict[str, list[fonts.FontFile]]:
    """Write the font subsets and the Latin glyph files; the subsets by style name."""
    interface = (private / "characters.txt").read_text("utf-8")
    groups = character_groups(count_characters(texts), always=interface)
    wanted = {c for group in groups for c in group} | set(glyphs.latin_characters())
    faces: dict[str, list[fonts.FontFile]] = {}
    for style, weight in WEIGHTS.items():
        outlines = read_outlines(private / "fonts", weight, wanted)
        faces[style] = fonts.font_files(style, outlines, groups)
        for file in faces[style]:
            write_file(dist / file.name, file.data)
        for name, data in glyphs.glyph_files(f"{FAMILY} {style}", outlines):
            write_file(dist / name, data)
    return faces
