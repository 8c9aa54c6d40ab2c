"""The one door to numba.

numba's disk cache does not notice an edit in *another* file that a kernel calls, so each module's compiled kernels
live in a user cache folder named after a hash of the module and of all that it imports from here. The folder is set on
``numba.config`` because the environment variable is ignored once anything else has imported numba.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

# numba looks for scipy's BLAS when it first loads array mathematics: 0.2 s for functions (np.dot,
# np.linalg) that no kernel uses. A None in sys.modules makes that one import fail at once, as numba allows for.
_BLAS = "scipy.linalg.cython_blas"
_blas_absent = sys.modules.setdefault(_BLAS, None) is None  # type: ignore[arg-type]

import numba  # noqa: E402
import numba.np.arraymath  # noqa: E402

if _blas_absent:
    del sys.modules[_BLAS]

F = TypeVar("F", bound=Callable[..., Any])


@lru_cache
def _user_cache() -> Path:
    """Where this user's compiled kernels may lie: XDG_CACHE_HOME, ~/.cache, else a folder of the user in /tmp."""
    candidates = [Path(p) for p in (os.environ.get("XDG_CACHE_HOME"),) if p]
    candidates.append(Path.home() / ".cache")
    for base in candidates:
        try:
            (base / "longquan").mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(base / "longquan", os.W_OK):
            return base / "longquan"
    return Path(tempfile.gettempdir()) / f"longquan-{os.getuid() if hasattr(os, 'getuid') else 'user'}"


@lru_cache
def _sources(module: str) -> tuple[str, ...]:
    """The module of this package and all that it imports from it, directly or not."""
    found, waiting = set(), [module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += re.findall(r"^from pipeline\.kernels\.(\w+) import", _text(name), re.MULTILINE)
    return tuple(sorted(found))


@lru_cache
def _text(module: str) -> str:
    return (Path(__file__).parent / f"{module}.py").read_text("utf-8")


@lru_cache
def _cache(module: str) -> str:
    """The folder of a module's compiled kernels: another one after any edit of what they are compiled from."""
    # Bounds checks and the optimisation level are compiled in, and numba's own index does not tell them apart.
    compiled = [str(getattr(numba.config, name)) for name in ("BOUNDSCHECK", "OPT")]  # from numba's environment
    digest = hashlib.sha256(repr((sys.version_info[:2], numba.__version__, compiled)).encode())
    for name in _sources(module):
        digest.update(name.encode() + b"\0" + _text(name).encode() + b"\0")
    return str(_user_cache() / "kernels" / f"{module}-{digest.hexdigest()[:16]}")


def kernel(function: F) -> F:
    """Compile an array function: nogil, cached on disk, lazily typed, numpy's rules for division.

    Lazy signatures, because eager ones reject the read-only arrays that Arrow and mmap give.
    """
    if not os.environ.get("NUMBA_CACHE_DIR"):  # numba reads its setting while it decorates
        numba.config.CACHE_DIR = _cache(function.__module__.rpartition(".")[2])  # type: ignore[attr-defined]
    return cast("F", numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def inline(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a scalar helper into each of its callers; like every dispatcher it takes whatever numbers it is given."""
    return cast("Callable[..., Any]", numba.njit(inline="always", error_model="numpy")(function))


def helper(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a helper that kernels call and LLVM may inline; not cached by itself, compiled with its caller.

    It may read and write arrays but make none: without numba's runtime its arrays are not counted. Two atomic counts
    for every array of every call took two thirds of the time of placing buildings in tiles.
    """
    compiled = cast("Any", numba.njit)(nogil=True, error_model="numpy", _nrt=False)(function)
    return cast("Callable[..., Any]", compiled)


def array_helper(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a helper that makes arrays; for what is not called for every feature."""
    return cast("Callable[..., Any]", numba.njit(nogil=True, error_model="numpy")(function))
