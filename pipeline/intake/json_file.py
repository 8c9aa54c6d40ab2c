"""JSON files that people may read, too: indented, Chinese legible, whole or not there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.archive.staging import StagedFile


def write_json(path: Path, value: Any) -> None:
    """Write a value to `path` through a temporary name. Raises OutputError."""
    with StagedFile(path) as staged:
        staged.file.write(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False).encode() + b"\n")
        staged.commit()
