"""Can the images of several archives stand side by side? One meaning, one size; and what they say together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from pipeline.archive.reader import Archive
from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.raster.inspect import Inspected, inspect


def require_kin(archives: Sequence[Archive]) -> None:
    """Raise InputError when raster archives mean different things or their tiles are of different sizes.

    What an archive is, its metadata and the first image of every zoom tell: imagery or terrain, the encoding of the
    heights, and the pixels of a tile's side.
    """
    found = [inspect(archive) for archive in archives]
    for (one, first), (two, second) in pairwise(zip(archives, found, strict=True)):
        for what, here, there in (
            (_("content"), _content(first), _content(second)),
            (_("tile size"), _sizes(first), _sizes(second)),
        ):
            if here and there and here != there:
                raise InputError(
                    _("The archives are of different {what}: {one} and {two}.").format(what=what, one=here, two=there),
                    where=f"{one.source.name}, {two.source.name}",
                    expected=_("archives of one content and one tile size"),
                    hint=_("tile the sources again together: `longquan tile` takes several files"),
                )


def merged_sources(metadatas: Sequence[dict[str, Any]], agreed: dict[str, Any]) -> dict[str, Any]:
    """`agreed` with the source files of all archives, each once, in the order they first appear."""
    lists = [metadata["sources"] for metadata in metadatas if isinstance(metadata.get("sources"), list)]
    if not lists:
        return agreed
    sources: list[Any] = []
    for each in (source for listed in lists for source in listed):
        if each not in sources:
            sources.append(each)
    return {**agreed, "sources": sources}


def _content(found: Inspected) -> str:
    """What the tiles are, by the product's own name where `longquan tile` made one; empty where nothing is known."""
    nature = found.nature
    kind = {"imagery": _("imagery"), "terrain": _("terrain")}[nature.kind]
    if nature.product not in (None, nature.kind):
        kind += f", {nature.product}"
    return f"{kind} ({nature.encoding})" if nature.encoding else kind


def _sizes(found: Inspected) -> str:
    """Widths that were met; empty where nothing is known, which contradicts nothing."""
    return ", ".join(str(width) for width in sorted({image.width for image in found.images if image.width}))
