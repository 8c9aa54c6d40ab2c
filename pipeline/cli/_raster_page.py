"""What `tile` prints of a raster archive."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pipeline.cli._size import size_text
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.raster.result import RasterResult


def for_machines(made: RasterResult) -> dict[str, Any]:
    """The result for `--json`."""
    return {"archive": str(made.path), **asdict(made), "path": str(made.path)}


def for_people(made: RasterResult) -> str:
    """A line, and what is worth another."""
    lines = [
        _("{out}: {tiles:,} tiles, zooms {low}–{high}, {size}").format(
            out=made.path, tiles=made.tiles, low=made.min_zoom, high=made.max_zoom, size=size_text(made.bytes)
        ),
        "  " + _("{product}, {format}, {n} pixels a tile").format(
            product=made.product, format=made.format, n=made.tile_size
        ),
    ]  # fmt: skip
    if made.copied:
        lines.append(
            _("{made:,} tiles made anew, {copied:,} copied from the previous archive").format(
                made=made.tiles - made.copied, copied=made.copied
            )
        )
    if made.tally is not None:
        from pipeline.intake.words import in_words

        for kind, count in sorted(made.tally.counts.items()):
            sample = made.tally.samples.get(kind, "")
            lines.append(f"  {count:,} × {in_words(kind)}" + (f" ({sample})" if sample else ""))
    return "\n".join(lines)
