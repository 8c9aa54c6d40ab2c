"""What a build had read when it was interrupted: numbers, names and texts only, nothing that could be run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.types import Tally
from pipeline.vector.labels import label_plan
from pipeline.vector.layer import Detail
from pipeline.vector.plan import LayerPlan, LayerResult
from pipeline.vector.shards import Index, Prepared, Shard, Stored
from pipeline.vector.spool import load, save
from pipeline.vector.stats import LayerStats
from pipeline.vector.workfolder import is_own


def store_prepared(path: Path, layers: Sequence[Prepared], results: Sequence[LayerResult]) -> None:
    """Write down layers whose shards lie beside `path`, and what reading told. Raises OutputError."""
    arrays = {
        f"{number}.{name}": array
        for number, layer in enumerate(layers)
        if layer.index is not None
        for name, array in layer.index._asdict().items()
    }
    told = {"layers": [_layer(layer) for layer in layers], "results": [asdict(each) for each in results]}
    # As an array, since the statistics of many fields are no small value.
    arrays["told"] = np.frombuffer(json.dumps(told).encode(), np.uint8)
    save(path, arrays, sealed=True)


def load_prepared(path: Path, plans: Sequence[LayerPlan]) -> tuple[list[Prepared], list[LayerResult]] | None:
    """What `store_prepared` wrote of these plans; None where there is nothing, or nothing that can be trusted."""
    if not path.is_file():
        return None
    try:
        if not is_own(path.parent):
            return None
        arrays, _extra = load(path, sealed=True)
        told = json.loads(arrays.pop("told").tobytes())
        known = {plan.name: plan for plan in (*plans, *(label_plan(plan) for plan in plans if plan.labels))}
        index: dict[int, dict[str, Any]] = {}
        for name, array in arrays.items():
            number, _dot, column = name.partition(".")
            index.setdefault(int(number), {})[column] = array
        layers = [_prepared(each, known, path.parent, index.get(i)) for i, each in enumerate(told["layers"])]
        return layers, [_result(each) for each in told["results"]]
    except Exception:  # there is no telling what damage raises; all is read again
        return None


def _layer(layer: Prepared) -> dict[str, Any]:
    return {
        "plan": repr(layer.plan),
        "name": layer.plan.name,
        "detail": asdict(layer.detail),
        "stats": layer.stats.as_state(),
        "bounds": layer.bounds,
        "tally": asdict(layer.tally),
        "shards": [_file(shard) for shard in layer.shards],
    }


def _file(shard: Shard) -> str:
    assert isinstance(shard, Stored)
    return shard.path.name


def _prepared(
    told: Mapping[str, Any], known: Mapping[str, LayerPlan], folder: Path, index: Mapping[str, Any] | None
) -> Prepared:
    """One layer. Raises ValueError for another plan and for shards that lie elsewhere."""
    plan = known[told["name"]]
    if repr(plan) != told["plan"]:
        raise ValueError
    detail = Detail(told["detail"]["simplify"], tuple(told["detail"]["tolerances"]))
    paths = [folder / name for name in told["shards"]]
    if any(path.parent != folder for path in paths):
        raise ValueError
    return Prepared(
        plan,
        detail,
        LayerStats.from_state(told["stats"]),
        None if told["bounds"] is None else tuple(told["bounds"]),
        Tally(**told["tally"]),
        tuple(Stored(path, plan, detail) for path in paths),
        None if index is None else Index(**index),
    )


def _result(told: Mapping[str, Any]) -> LayerResult:
    bounds = None if told["bounds"] is None else tuple(told["bounds"])
    return LayerResult(**{**told, "bounds": bounds, "tally": Tally(**told["tally"])})
