"""What a layer promises by its name: the kinds of standards/feature-codes.toml, unless the workspace says otherwise."""

from __future__ import annotations

from pipeline.framework.check_tables import LayerKind, feature_codes
from pipeline.intake.checks.layer import Layer
from pipeline.intake.checks.subject import Subject


def layer_kind(layer: Layer, subject: Subject) -> LayerKind | None:
    """The kind of layer it is, by its name in archives, in the file, or by the dataset's id."""
    names = [*subject.layers, layer.name, *([subject.dataset.id] if subject.dataset else [])]
    return next((kind for name in names if (kind := feature_codes().layer(name))), None)


def is_coverage(layer: Layer, subject: Subject) -> bool:
    """Whether its areas share borders without gap or overlap."""
    if subject.limits.coverage is not None:
        return subject.limits.coverage
    kind = layer_kind(layer, subject)
    return kind is not None and kind.coverage


def is_network(layer: Layer, subject: Subject) -> bool:
    """Whether its lines are joined at their ends."""
    if subject.limits.network is not None:
        return subject.limits.network
    kind = layer_kind(layer, subject)
    return kind is not None and kind.network


def is_everywhere(layer: Layer, subject: Subject) -> bool:
    """Whether every town has such features."""
    if subject.limits.everywhere is not None:
        return subject.limits.everywhere
    kind = layer_kind(layer, subject)
    return kind is not None and kind.everywhere
