"""The file of `tile --rules`: one ``[[layer]]`` table per layer, with the keys of an archive's layers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipeline.errors import UsageError
from pipeline.framework.faults import WorkspaceError, shown
from pipeline.framework.lines import LineIndex
from pipeline.framework.read import explain, read_model
from pipeline.framework.rules import LayerRules, NamedRules, RulesFile
from pipeline.i18n import _, ngettext


def read_rules(path: Path) -> tuple[NamedRules, ...]:
    """The layers of a rules file, as written. Raises ConfigError with every fault, its line and key."""
    source = read_model(path, path.name, RulesFile)
    faults = list(source.faults)
    if not faults:
        names = [rules.name for rules in source.read.layers]
        taken = Counter(names)
        faults = [
            source.fault(("layer", number, "name"), _("{name}: taken twice").format(name=shown(name)))
            for number, name in enumerate(names)
            if taken[name] > 1
        ]
    if faults:
        head = ngettext("{n} fault in the rules file", "{n} faults in the rules file", len(faults))
        raise WorkspaceError(faults, head=head.format(n=len(faults)))
    return source.read.layers


def rules_from(data: Mapping[str, Any], layer: str) -> LayerRules:
    """Rules of a layer that are put together from options. Raises UsageError for the first that cannot be."""
    try:
        return LayerRules.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as errors:
        fault = explain(errors, LayerRules, layer, LineIndex(""))[0]
    raise UsageError(
        fault.message,
        where=_("layer {layer}: {key}").format(layer=layer, key=fault.key) if fault.key else layer,
        expected=fault.expected or None,
    )
