"""The layers that an archive lists, and those that a person asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.errors import UsageError
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.archive.reader import Archive


def listed_layers(opened: Archive) -> tuple[str, ...]:
    """The ids of `vector_layers` in the metadata, whatever else may stand there."""
    listed = opened.metadata.get("vector_layers")
    return tuple(
        layer["id"] for layer in (listed if isinstance(listed, list) else ())
        if isinstance(layer, dict) and isinstance(layer.get("id"), str)
    )  # fmt: skip


def require_layers(opened: Archive, names: Sequence[str]) -> None:
    """Raise UsageError for a layer that the archive does not list; one that lists none may have any."""
    known = listed_layers(opened)
    for name in names:
        if known and name not in known:
            raise UsageError(
                _("The archive has no layer {name}.").format(name=name),
                where=opened.source.name,
                expected=", ".join(known),
            )
