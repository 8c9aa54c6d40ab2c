"""What `tile --estimate` prints."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from pipeline.cli._size import size_text
from pipeline.cli._table import count_text, table
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.vector.estimate import Estimate


def of_command(estimate: Estimate, began: float) -> Estimate:
    """The estimate of the whole command: what it had spent when the work began counts too."""
    return replace(estimate, start=estimate.start + began)


def processor_seconds() -> float:
    """What this process has spent so far: Python, imports."""
    return time.process_time()


def for_machines(estimate: Estimate) -> dict[str, Any]:
    """The estimate for `--json`."""
    return {
        **asdict(estimate),
        "tiles": estimate.tiles,
        "bytes": estimate.bytes,
        "seconds": estimate.seconds,
        "through_files": estimate.through_files,
    }


def for_people(estimate: Estimate) -> str:
    """A table of zooms, and what the whole will be and take."""
    rows = [[_("zoom"), _("tiles"), _("size"), _("processor time")]]
    rows += [
        [str(each.zoom), count_text(each.tiles), size_text(each.bytes), duration(each.seconds)]
        for each in estimate.zooms
    ]
    memory = _("about {needed} of memory of the {bound} allowed")
    if estimate.through_files:
        memory = _("{bound} of memory and files beside the archive: in memory alone it would take about {needed}")
    return "\n".join(
        [
            table(rows),
            _("about {tiles} tiles, {size}, in {time} on {threads} threads").format(
                tiles=count_text(estimate.tiles),
                size=size_text(estimate.bytes),
                time=duration(estimate.seconds),
                threads=estimate.threads,
            ),
            memory.format(needed=size_text(estimate.needed), bound=size_text(estimate.memory)),
            _("from {sampled} of {features} features").format(
                sampled=count_text(estimate.sampled), features=count_text(estimate.features)
            ),
        ]
    )


def duration(seconds: float) -> str:
    """So long: 4.2 s, 12:34:56."""
    if seconds < 100:
        return _("{n} s").format(n=f"{seconds:.1f}")
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
