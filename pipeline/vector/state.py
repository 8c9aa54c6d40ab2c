"""What a build remembers beside its archive, so that the next one can do only what changed."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.vector.plan import ArchivePlan, LayerPlan
from pipeline.vector.shards import Index, Prepared
from pipeline.vector.spool import load, save
from pipeline.vector.stats import LayerStats

_FORM: Final = 1  # of the file


@dataclass(frozen=True, slots=True)
class LayerState:
    """A layer as it was built."""

    index: Index
    stats: LayerStats


def state_path(archive: Path) -> Path:
    """Where the state of an archive lies."""
    return archive.with_name(archive.stem + ".state")


def fingerprint(plan: ArchivePlan, layers: Sequence[LayerPlan], code: str) -> str:
    """What must be the same for a state to be of use: the plans and the code."""
    return repr((_FORM, code, plan, tuple(layers)))


def save_state(path: Path, print_: str, layers: Sequence[Prepared]) -> None:
    """Write the indices and statistics of layers that were prepared with their index."""
    arrays: dict[str, NDArray[Any]] = {}
    names: list[str] = []
    for layer in layers:
        if layer.index is None:
            continue
        arrays |= {f"{len(names)}.{name}": array for name, array in layer.index._asdict().items()}
        stats = np.frombuffer(pickle.dumps(layer.stats), np.uint8)
        arrays[f"{len(names)}.stats"] = stats
        names.append(layer.plan.name)
    save(path, arrays, {"print": print_, "layers": names})


def load_state(path: Path, print_: str) -> dict[str, LayerState] | None:
    """The state of each layer by name; None where it is of other plans or other code. Raises InputError."""
    if not path.is_file():
        raise InputError(
            _("There is no state beside the previous archive."),
            where=str(path),
            hint=_("Build the previous archive with --keep-state."),
        )
    arrays, extra = load(path)
    if extra["print"] != print_:
        return None
    return {
        name: LayerState(
            Index(*(arrays[f"{i}.{column}"] for column in Index._fields)),
            pickle.loads(arrays[f"{i}.stats"].tobytes()),
        )
        for i, name in enumerate(extra["layers"])
    }
