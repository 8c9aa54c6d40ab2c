"""What changed since an archive was built, read from a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipeline.api.check import STDIN
from pipeline.api.inputs import Found, Part, read_layer
from pipeline.api.layers import Chosen
from pipeline.errors import InputError, UsageError
from pipeline.i18n import _
from pipeline.types import FeatureBatch, Tally

if TYPE_CHECKING:
    from pipeline.sources import Source
    from pipeline.vector.plan import Changes

FIELD: Final = "change"  # of the file of changes
REMOVED, ADDED = "removed", "added"


@dataclass(frozen=True, slots=True)
class Update:
    """The archive before the changes, and the file that tells them."""

    previous: Path
    changes: Path

    def of(self, name: str, chosen: Chosen, layers: Sequence[str]) -> Changes:
        """What changed of one layer. Raises InputError for a file without the field `change` or with other words."""
        from pipeline.vector.plan import Changes

        batches = list(self._batches(name, chosen, layers))
        return Changes(
            [part for batch in batches if (part := _picked(batch, REMOVED)) is not None],
            [part for batch in batches if (part := _picked(batch, ADDED)) is not None],
        )

    def _batches(self, name: str, chosen: Chosen, layers: Sequence[str]) -> Iterator[FeatureBatch]:
        from pipeline.sources import ReadOptions, list_layers

        with_change = replace(chosen, beside=(*chosen.beside, FIELD))
        for layer in list_layers(self.changes):
            if len(layers) > 1 and layer.name not in layers:
                raise InputError(
                    _("The file of changes has a layer {layer}, and the archive has none of this name.").format(
                        layer=layer.name
                    ),
                    where=str(self.changes),
                    expected=_("one of: {names}").format(names=", ".join(layers)),
                    hint=_("Name the file or its layers as the layers that changed."),
                )
            if layer.name != name and len(layers) > 1:
                continue
            if FIELD not in layer.fields:
                raise InputError(
                    _("The file of changes has no field {field}.").format(field=FIELD),
                    where=str(self.changes),
                    expected=_('a text field {field} with "removed" or "added" for each feature').format(field=FIELD),
                )
            part = Part(self.changes, ReadOptions(layer=layer.name), frozenset(layer.fields))
            yield from read_layer(Found(name, [part]), with_change, Tally())


def read_changes(
    previous: str | Path | None, changes: str | Path | None, sources: Sequence[Source], explain: bool
) -> Update | None:
    """The update asked for, None where everything is to be built.

    Raises UsageError, InputError for files that are not there and ArchiveError for a previous file that is no archive.
    """
    if previous is None and changes is None:
        return None
    if previous is None or changes is None:
        raise UsageError(
            _("--previous and --changes go together."),
            expected=_("the archive before the changes, and the file that tells them"),
        )
    if explain:
        raise UsageError(
            _("An archive cannot be explained when only what changed is built."), hint=_("Leave --explain out.")
        )
    from pipeline.archive.reader import open_archive

    if STDIN in sources:
        raise UsageError(
            _("Only a part of the input is read where it changed, and standard input is gone once it is read."),
            hint=_("Name a file instead of -."),
        )
    for path in (Path(previous), Path(changes)):
        if not path.exists():
            raise InputError(_("The input does not exist."), where=str(path), hint=_("Check the name and the folder."))
    with open_archive(previous):  # raises where it is none
        pass
    return Update(Path(previous), Path(changes))


def _picked(batch: FeatureBatch, word: str) -> FeatureBatch | None:
    """The features of a batch that were added or removed, without the field that says so."""
    import numpy as np

    from pipeline.sources.ragged import only
    from pipeline.vector.arrow import indices

    words = batch.attributes.column(FIELD).to_pylist()
    odd = sorted({repr(each) for each in words} - {repr(REMOVED), repr(ADDED)})
    if odd:
        raise InputError(
            _("A change is called {word}.").format(word=", ".join(odd)), expected=f'"{REMOVED}", "{ADDED}"'
        )
    mask = np.array([each == word for each in words], bool)
    if not mask.any():
        return None
    table = batch.attributes.drop_columns([FIELD]).take(indices(np.flatnonzero(mask)))
    return FeatureBatch(only(batch.geometries, mask), table)
