"""What the verbs that write a file have in common."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.cli._size import size_text
from pipeline.errors import UsageError
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.archive.mbtiles import Exported
    from pipeline.archive.writer import Written


def refuse_own_input(out: Path, inputs: Sequence[Path]) -> None:
    """Raise UsageError when `out` is one of the files that are read."""
    for path in inputs:
        if _same(out, path):
            raise UsageError(
                _("The archive would replace its own input."), where=str(path), hint=_("Name another output.")
            )


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False  # one of them is not there: whoever opens it is told why


def told(written: Written | Exported, as_json: bool, extra: Mapping[str, Any] | None = None) -> str:
    """What was written, as one line for people or as JSON with `extra`."""
    if as_json:
        return json.dumps({**written._asdict(), "path": str(written.path), **(extra or {})}, ensure_ascii=False)
    return _("{out}: {tiles:,} tiles, {size}").format(
        out=written.path, tiles=written.tiles, size=size_text(written.bytes)
    )
