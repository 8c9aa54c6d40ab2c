"""Which changes between versions an edition may tell, how their archives and layers are called, and what they hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from pipeline.editions import DatasetView, EditionView
from pipeline.framework import Framework, LayerSpec
from pipeline.intake.ledger import entries

CHANGED: Final = "changed"  # the kind of layer with old values, and its field that names what differs
WITHDRAWN: Final = "withdrawn"  # the kind of ledger entry that notes an order carried out
_TILES: Final = re.compile(r"tiles/(.+)-[0-9a-f]{12}\.[^/]+")
_OF_CHANGES: Final = re.compile(r"(.+)-changes-[0-9]+")
KINDS: Final = ("added", "removed", CHANGED)


def change_id(dataset: str, number: int) -> str:
    """What the archive of a step is called; 1 is the newest."""
    return f"{dataset}-changes-{number}"


def change_layer(dataset: str, kind: str) -> str:
    """What the layer of a kind is called: no two datasets share one, for each has fields of its own."""
    return f"{dataset}-{kind}"


def changing(view: EditionView) -> Iterator[tuple[DatasetView, LayerSpec]]:
    """The datasets whose changes an edition may tell, and the layer that says which of their features a map shows.

    Those of vectors that are one layer of one archive, of which the edition takes out and moves no feature.
    """
    if view.edition.changes == 0:
        return
    for shown in view.datasets:
        layers = [layer for archive in view.archives for layer in archive.layers if layer.dataset == shown.dataset.id]
        if len(layers) == 1 and not shown.policy.changes_features:
            yield shown, layers[0]


def told_fields(shown: DatasetView, layer: LayerSpec) -> tuple[str, ...]:
    """The fields of changed features: those of the layer, and the key by which features are found again."""
    names = [field.name for field in shown.fields]
    return tuple(names if layer.fields is None else [n for n in names if n in layer.fields or n == shown.key])


def withdrawn_until(framework: Framework) -> Mapping[str, datetime]:
    """Until when the past of a dataset is not told: the last time that something made of it was withdrawn, by dataset.

    What leaked would stand in the next step as the old values of what took its place. An order that names no archive
    that is known counts for every dataset, and those of one edition for all. Raises InputError for a ledger that
    cannot be understood.
    """
    datasets = [dataset.id for _department, dataset in framework.datasets]
    made_of = {archive.id: archive.made_of for archive in framework.archives}
    until: dict[str, datetime] = {}
    for entry in entries(framework.root, naming=(WITHDRAWN,)):
        if entry.kind == WITHDRAWN:
            files = entry.facts.get("files", ())
            for id in sorted(_datasets_of(files, made_of, datasets)):
                at = datetime.fromisoformat(entry.at)
                until[id] = max(at, until.get(id, at))
    return until


def _datasets_of(files: Any, made_of: Mapping[str, tuple[str, ...]], datasets: list[str]) -> set[str]:
    """What the withdrawn files of an order were made of."""
    found: set[str] = set()
    for file in files:
        if file.get("kind") == "release":
            return set(datasets)
        match = _TILES.fullmatch(str(file.get("path")))
        if match is not None:
            step = _OF_CHANGES.fullmatch(match[1])
            known = made_of.get(match[1]) or ((step[1],) if step is not None and step[1] in datasets else ())
            if not known:
                return set(datasets)
            found |= set(known)
    return found or set(datasets)
