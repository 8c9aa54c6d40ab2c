"""`longquan`, and `python -m pipeline`: the front door, open before anything is imported."""

from __future__ import annotations

import sys


def run() -> int:
    """Run the command line; even Ctrl-C while it is still being loaded ends in silence, with exit code 130."""
    try:
        from pipeline.cli import main

        return main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(run())
