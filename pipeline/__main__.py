"""`longquan`, and `python -m pipeline`: the front door, open before anything is imported."""

from __future__ import annotations

import gc
import os
import signal
import sys

# New objects before the collector of cycles looks for some: at Python's 700 it looks hundreds of times while libraries
# are loaded, a tenth of a second in all, and finds nothing.
_CYCLES = 100_000

# Read by libraries when they are loaded. OpenBLAS starts a thread per processor, and nothing here multiplies matrices;
# numpy asks for huge pages, and the system clears two megabytes for an array that fills a part of them.
_LIBRARIES = {"OPENBLAS_NUM_THREADS": "1", "NUMPY_MADVISE_HUGEPAGE": "0"}

_BUCKETS = "pipeline.publish.s3"  # the one door to boto3


class _Absent:
    """Hides what libraries load wherever it is installed, and what is never asked of them here.

    pandas, which pyogrio and pyarrow load: 0.3 s. boto3, which rasterio loads for rasters in buckets: 0.13 s, and an
    open socket; it is there once the room that publishes to buckets has been entered. yaml, in which numba would look
    for settings of its own: 0.03 s. Only on the command line: in a notebook they may be wanted later.
    """

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> None:
        """Finds nothing; says so for good where it is one of those."""
        hidden = name in ("pandas", "geopandas", "yaml") or (name == "boto3" and _BUCKETS not in sys.modules)
        if hidden:
            raise ModuleNotFoundError(f"{name} is not used", name=name)


def run() -> int:
    """Run the command line; even Ctrl-C while it is still being loaded ends in silence, with exit code 130.

    Being told to end (SIGTERM: systemd, containers, `kill`) is the same: unfinished files are removed.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.meta_path.insert(0, _Absent())
    gc.set_threshold(_CYCLES, *gc.get_threshold()[1:])
    for name, value in _LIBRARIES.items():
        os.environ.setdefault(name, value)
    try:
        from pipeline.cli import main

        return main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(run())
