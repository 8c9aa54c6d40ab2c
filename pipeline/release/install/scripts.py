"""The scripts that an office needs where nothing but Python is: office.py and what lies beside it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pipeline.portal.files import write_file
from pipeline.standalone import office


def write_scripts(folder: Path) -> dict[str, str]:
    """Put office.py and the scripts that it imports into a folder; returns name → sha256. Raises OutputError."""
    here = Path(office.__file__).parent
    digests = {}
    for name in office.SCRIPTS:
        data = (here / name).read_bytes()
        write_file(folder / name, data)
        digests[name] = hashlib.sha256(data).hexdigest()
    return digests
