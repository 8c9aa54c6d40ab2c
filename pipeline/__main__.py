"""`longquan`, and `python -m pipeline`: the front door, open before anything is imported."""

from __future__ import annotations

import sys


def run() -> int:
    """Run the command line; even Ctrl-C while it is still being loaded ends in silence, with exit code 130."""
    # pyogrio and pyarrow load pandas wherever it is installed, 0.3 s for what the command line never asks of them. A
    # None in sys.modules makes such an import fail at once. Only here: in a notebook pandas may be wanted later.
    for unused in ("pandas", "geopandas"):
        sys.modules.setdefault(unused, None)  # type: ignore[arg-type]
    try:
        from pipeline.cli import main

        return main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(run())
