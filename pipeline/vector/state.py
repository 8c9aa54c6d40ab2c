"""What a build remembers beside its archive, so that the next one can do only what changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.writer import DIGEST, Written
from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.vector.plan import LayerInput, LayerPlan
from pipeline.vector.shards import Index, Prepared
from pipeline.vector.spool import load, save
from pipeline.vector.stats import LayerStats

_FORM: Final = 4  # of the file
_TOLD: Final = 3  # rules that a message names; more tell a reader nothing

Fingerprint = Mapping[str, Any]  # JSON


class Scratch(Exception):
    """Everything has to be built; the message says why."""


@dataclass(frozen=True, slots=True)
class LayerState:
    """A layer as it was built."""

    index: Index
    stats: LayerStats
    rows: int | None = None  # features of the source, those without a geometry too; None where it did not know


@dataclass(frozen=True, slots=True)
class State:
    """An archive's layers by name, and what the archive itself must be."""

    layers: dict[str, LayerState]
    digests: dict[int, bytes]  # of the archive's contents, by their offsets
    bytes: int
    sha256: str

    def check(self, archive: Path) -> None:
        """Read the archive. Raises InputError when it is not the one that the state tells of."""
        if not archive.is_file() or archive.stat().st_size != self.bytes or _sha256(archive) != self.sha256:
            raise InputError(
                _("The previous archive is not the one that the state beside it tells of."),
                where=str(archive),
                expected=_("the archive as it was built, {n} bytes").format(n=self.bytes),
                hint=_again(),
            )


def state_path(archive: Path) -> Path:
    """Where the state of an archive lies."""
    return archive.with_name(archive.stem + ".state")


def fingerprint(layers: Sequence[LayerPlan], code: str) -> Fingerprint:
    """What must be the same for a state to be of use: the layers' plans and the code."""
    plans = [[plan.name, {rule.name: repr(getattr(plan, rule.name)) for rule in fields(plan)}] for plan in layers]
    return {"code": f"{_FORM} {code}", "plans": plans}


def save_state(
    archive: Written,
    digests: Mapping[bytes, int],
    print_: Fingerprint,
    layers: Sequence[Prepared],
    inputs: Sequence[LayerInput],
) -> None:
    """Write what is known of layers that were prepared with their index, beside their archive.

    `digests` are those of its contents, as the writer tells them; `inputs` tell how many features their sources have.
    """
    arrays: dict[str, NDArray[Any]] = {
        "digests": np.frombuffer(b"".join(digests), np.uint8),
        "offsets": np.fromiter(digests.values(), np.int64, len(digests)),
    }
    names: list[str] = []
    for layer in layers:
        if layer.index is None:
            continue
        arrays |= {f"{len(names)}.{name}": array for name, array in layer.index._asdict().items()}
        arrays[f"{len(names)}.stats"] = np.frombuffer(json.dumps(layer.stats.as_state()).encode(), np.uint8)
        names.append(layer.plan.name)
    rows = {item.plan.name: item.features for item in inputs}
    known = {"print": print_, "layers": names, "rows": rows, "bytes": archive.bytes, "sha256": archive.sha256}
    save(state_path(archive.path), arrays, known, sealed=True)


def load_state(archive: Path, print_: Fingerprint) -> State:
    """The state of an archive.

    Raises Scratch where it is damaged, of other plans or other code, InputError where there is none.
    """
    path = state_path(archive)
    if not path.is_file():
        raise InputError(_("There is no state beside the previous archive."), where=str(path), hint=_again())
    try:
        arrays, known = load(path, sealed=True)
        if known["print"] != print_:
            raise Scratch(_what_differs(known["print"], print_))
        layers = {
            name: LayerState(
                Index(*(arrays[f"{i}.{column}"] for column in Index._fields)),
                LayerStats.from_state(json.loads(arrays[f"{i}.stats"].tobytes())),
                known["rows"][name],
            )
            for i, name in enumerate(known["layers"])
        }
        digests = arrays["digests"].tobytes()
        places = range(0, len(digests), DIGEST)
        by_offset = {
            offset: digests[at : at + DIGEST] for at, offset in zip(places, arrays["offsets"].tolist(), strict=True)
        }
        return State(layers, by_offset, int(known["bytes"]), str(known["sha256"]))
    except Scratch:
        raise
    except Exception as err:  # there is no telling what damage raises
        raise Scratch(_("the state of the previous archive is damaged: {path}").format(path=path)) from err


def _what_differs(before: Fingerprint, now: Fingerprint) -> str:
    """Which rule, layer or code is another one than before."""
    if before["code"] != now["code"]:
        return _("the previous archive was made by another version")
    plans, was = dict(now["plans"]), dict(before["plans"])
    if list(plans) != list(was):
        return _("the previous archive has other layers: {layers}").format(layers=", ".join(was))
    changed = [
        _("layer {layer}: {rule} was {before} and is {now}").format(
            layer=name, rule=rule, before=was[name][rule], now=value
        )
        for name, rules in plans.items()
        for rule, value in rules.items()
        if was[name][rule] != value
    ]
    return "; ".join(changed[:_TOLD]) + ("; …" if len(changed) > _TOLD else "")


def _again() -> str:
    return _("Build the previous archive again, with --keep-state.")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
