"""What a build remembers beside its archive, so that the next one can do only what changed."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.writer import Written
from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.vector.plan import LayerPlan
from pipeline.vector.shards import Index, Prepared
from pipeline.vector.spool import load, save
from pipeline.vector.stats import LayerStats

_FORM: Final = 2  # of the file


@dataclass(frozen=True, slots=True)
class LayerState:
    """A layer as it was built."""

    index: Index
    stats: LayerStats


def state_path(archive: Path) -> Path:
    """Where the state of an archive lies."""
    return archive.with_name(archive.stem + ".state")


def fingerprint(layers: Sequence[LayerPlan], code: str) -> str:
    """What must be the same for a state to be of use: the layers' plans and the code."""
    return repr((_FORM, code, tuple(layers)))


def save_state(archive: Written, print_: str, layers: Sequence[Prepared]) -> None:
    """Write the indices and statistics of layers that were prepared with their index beside their archive."""
    arrays: dict[str, NDArray[Any]] = {}
    names: list[str] = []
    for layer in layers:
        if layer.index is None:
            continue
        arrays |= {f"{len(names)}.{name}": array for name, array in layer.index._asdict().items()}
        stats = np.frombuffer(pickle.dumps(layer.stats), np.uint8)
        arrays[f"{len(names)}.stats"] = stats
        names.append(layer.plan.name)
    known = {"print": print_, "layers": names, "bytes": archive.bytes, "sha256": archive.sha256}
    save(state_path(archive.path), arrays, known)


def load_state(archive: Path, print_: str) -> dict[str, LayerState] | None:
    """The state of each layer of an archive by name; None where it is of other plans or other code.

    Raises InputError when there is none, when it is damaged, or when the archive is another one.
    """
    path = state_path(archive)
    if not path.is_file():
        raise InputError(_("There is no state beside the previous archive."), where=str(path), hint=_again())
    try:
        arrays, known = load(path)
        if known["print"] != print_:
            return None
        found = {
            name: LayerState(
                Index(*(arrays[f"{i}.{column}"] for column in Index._fields)),
                pickle.loads(arrays[f"{i}.stats"].tobytes()),
            )
            for i, name in enumerate(known["layers"])
        }
        size, digest = known["bytes"], known["sha256"]
    except Exception as err:  # there is no telling what a damaged pickle raises
        raise InputError(_("The state of the previous archive is damaged."), where=str(path), hint=_again()) from err
    if not archive.is_file() or archive.stat().st_size != size or _sha256(archive) != digest:
        raise InputError(
            _("The previous archive is not the one that the state beside it tells of."),
            where=str(archive),
            expected=_("the archive as it was built, {n} bytes").format(n=size),
            hint=_again(),
        )
    return found


def _again() -> str:
    return _("Build the previous archive again, with --keep-state.")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
