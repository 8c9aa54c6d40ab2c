"""Which changes between versions an edition may tell, how their archives and layers are called, and what they hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pipeline.editions import DatasetView, EditionView
from pipeline.framework import LayerSpec

CHANGED: Final = "changed"  # the kind of layer with old values, and its field that names what differs
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
