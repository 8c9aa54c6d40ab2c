"""What a finished folder says of itself: its release.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

MANIFEST: Final = "release.json"
VERSION: Final = 1  # of what release.json holds


def read_manifest(dist: Path) -> dict[str, Any] | None:
    """The release.json of a published folder; None where there is none or it is not what this version writes."""
    try:
        manifest = json.loads((dist / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and manifest.get("version") == VERSION else None
