"""Which looks of the map an edition has: those its city asks for, as far as there is something to draw them from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from pipeline.catalog.facts import ArchiveFacts
from pipeline.errors import ConfigError
from pipeline.i18n import _

# The files are written by the portal's room under these addresses. `base` is the base map a look is made for, `needs`
# the products of rasters of which one must be there.
_LOOKS: Final[tuple[Mapping[str, Any], ...]] = (
    {"id": "light", "title": {"zh": "浅色", "en": "Light"}, "base": "map"},
    {"id": "dark", "title": {"zh": "深色", "en": "Dark"}, "base": "map"},
    {"id": "imagery-hybrid", "title": {"zh": "影像注记", "en": "Hybrid"}, "base": "hybrid", "needs": {"imagery"}},
    {"id": "terrain", "title": {"zh": "地形", "en": "Terrain"}, "base": "terrain", "needs": {"terrain", "tint"}},
)


def styles_of(asked: Sequence[str], archives: Sequence[ArchiveFacts]) -> list[dict[str, Any]]:
    """The entries of catalog.json's `styles`, in the order asked for; all that there is data for when none is.

    A portal opens with the first. One that was asked for is left out, too, where nothing of what it needs is
    published. Raises ConfigError for an unknown one.
    """
    known = {look["id"]: look for look in _LOOKS}
    for id in asked:
        if id not in known:
            raise ConfigError(
                _("there is no map style {name!r}").format(name=id), expected=", ".join(known), where="publish.styles"
            )
    products = {archive.raster.product for archive in archives if archive.raster is not None}
    return [
        {"id": id, "title": dict(look["title"]), "href": f"styles/{id}.json", "base": look["base"]}
        for id, look in ((id, known[id]) for id in asked or known)
        if "needs" not in look or look["needs"] & products
    ]


def looks_for(styles: Sequence[Mapping[str, Any]], products: Collection[str]) -> list[dict[str, Any]]:
    """Those of an edition's `styles` that can be drawn with rasters of these products alone."""
    needs: dict[str, set[str]] = {look["id"]: look.get("needs", set()) for look in _LOOKS}
    return [dict(style) for style in styles if not needs[style["id"]] or needs[style["id"]] & set(products)]
