"""Versions in a store, written by hand as the store's own description of itself says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.intake.test_changes import write


def put_version(
    root: Path,
    dataset: str,
    version: str,
    number: int,
    currency: str,
    columns: Mapping[str, Any],
    shapes: Sequence[Any],
) -> Path:
    """A version of a vector dataset; its folder."""
    folder = root / "store" / dataset / version
    folder.mkdir(parents=True)
    write(folder / "data.parquet", columns, shapes, groups=1000)
    about = {
        "dataset": dataset, "version": version, "period": version.partition(".")[0], "currency": currency,
        "accepted": f"{currency}T12:00:00+08:00", "number": number, "kind": "vector", "data": ["data.parquet"],
        "features": len(shapes), "bounds": None, "sha256": "0" * 64, "score": None,
    }  # fmt: skip
    (folder / "version.json").write_text(json.dumps(about))
    return folder
