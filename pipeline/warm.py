"""Compiles kernels ahead of time, several at once, for the types that `signatures.txt` lists.

`longquan warm` does it for all of them. A run on a fresh machine does it for those that it needs last, in a process of
its own, while it compiles itself what it needs first: numba lets one thread of a process compile at a time.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Final

from pipeline import kernels
from pipeline.i18n import _
from pipeline.kernels._cache import SETTINGS, warm_marker
from pipeline.progress import Progress, Silent

SIGNATURES: Final = Path(kernels.__file__).with_name("signatures.txt")  # lines of kernel's name, types of its arguments
_DEMO: Final = ("flow",)  # only the sample city's terrain asks for them: they are compiled then
# What the other process compiles for a run, the longest first, then what is asked for last: the two meet in the middle,
# and neither compiles what the other is at. Only areas have rings to be split and linked anew.
_AHEAD: Final = (
    "cut.cut_shapes",
    "place.place_shapes",
    "assemble.assemble_layer",
    "mvt.encode_geometries",
    "gzip.gzip_each",
    "hilbert.tile_ids",
    "crossings.split_crossings",
    "dissolve.dissolve_rings",
)


def warm_kernels(progress: Progress | None = None, processes: int | None = None) -> None:
    """Compile all kernels into the user's cache; takes no time when they are there already."""
    progress = progress or Silent()
    lines = SIGNATURES.read_text("utf-8").splitlines()
    progress.start(_("compiling kernels"), len(lines))
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    with ProcessPoolExecutor(processes or os.cpu_count() or 1, get_context("spawn")) as pool:
        for job in as_completed([pool.submit(_compile, line) for line in lines]):
            job.result()
            progress.advance(1)
    _mark()
    progress.done()


@contextmanager
def compiling_ahead() -> Iterator[None]:
    """Meanwhile, where nothing is compiled yet, a process of its own compiles what a run needs last."""
    if any(name in os.environ for name in SETTINGS) or (os.cpu_count() or 1) < 2 or warm_marker().exists():
        yield
        return
    command = [sys.executable, "-m", "pipeline.warm"]
    null = subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=null, stdout=null, stderr=null)
    try:
        yield
        _mark()  # what runs need is there; the rest comes when it is asked for, or with `longquan warm`
    finally:
        process.terminate()  # numba gives its files their names when they are whole
        process.wait()


def compiled() -> list[str]:
    """For which types the kernels of this process were compiled, as lines of `signatures.txt`."""
    from pipeline.kernels._jit import is_kernel, signatures

    found = []
    for each in iter_modules(kernels.__path__):
        if each.name in _DEMO or each.name.startswith("_"):
            continue
        module = import_module(f"pipeline.kernels.{each.name}")
        for name, value in sorted(vars(module).items()):
            if is_kernel(value) and value.py_func.__module__ == module.__name__:
                found += [f"{each.name}.{name} {line}" for line in signatures(value) or ["never called"]]
    return found


def _compile(line: str) -> None:
    from pipeline.kernels._jit import compile_for

    kernel, _space, signature = line.partition(" ")
    module, _dot, name = kernel.partition(".")
    function: Any = getattr(import_module(f"pipeline.kernels.{module}"), name)
    compile_for(function, signature)


def _mark() -> None:
    """Tell later runs that there is nothing left to compile ahead."""
    marker = warm_marker()
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.touch()


def _ahead() -> None:
    lines = SIGNATURES.read_text("utf-8").splitlines()
    for kernel in _AHEAD:
        for line in lines:
            if line.startswith(kernel + " "):
                _compile(line)
    _mark()


if __name__ == "__main__":
    _ahead()
