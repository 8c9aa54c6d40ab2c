"""What `tile` prints of a raster archive."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pipeline.cli._estimate import duration
from pipeline.cli._size import size_text
from pipeline.cli._table import count_text, table
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.raster.estimate import RasterEstimate
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


def estimate_for_machines(estimate: RasterEstimate) -> dict[str, Any]:
    """An estimate for `--json`."""
    return {**asdict(estimate), "tiles": estimate.tiles, "bytes": estimate.bytes}


def estimate_for_people(estimate: RasterEstimate) -> str:
    """A table of zooms, and what the whole will be and take."""
    rows = [[_("zoom"), _("tiles"), _("size")]]
    rows += [[str(each.zoom), count_text(each.tiles), size_text(each.bytes)] for each in estimate.zooms]
    return "\n".join(
        [
            table(rows),
            _("about {tiles} tiles, {size}, in {time} on {threads} threads").format(
                tiles=count_text(estimate.tiles),
                size=size_text(estimate.bytes),
                time=duration(estimate.seconds),
                threads=estimate.threads,
            ),
            _("about {size} of memory").format(size=size_text(estimate.memory)),
            _("from {sampled} of {blocks} blocks").format(
                sampled=count_text(estimate.sampled), blocks=count_text(estimate.blocks)
            ),
        ]
    )
