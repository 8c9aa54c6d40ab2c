"""The script that travels with a release, so that whoever has nothing but Python can check it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pipeline.portal.files import write_file
from pipeline.standalone import verify

VERIFIER: Final = "verify.py"


def write_verifier(dist: Path) -> None:
    """Put verify.py into a folder, before its manifest is written. Raises OutputError."""
    write_file(dist / VERIFIER, Path(verify.__file__).read_bytes())
