"""The one door to numba.

numba's disk cache does not notice an edit in *another* file that a kernel calls, so compiled kernels live in a
user cache folder named after a hash of all kernel sources. The folder is set on ``numba.config`` because the
environment variable is ignored once anything else has imported numba.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
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


def _sources_digest() -> str:
    # Bounds checks and the optimisation level are compiled in, and numba's own index does not tell them apart.
    compiled = [
        str(getattr(numba.config, name)) for name in ("BOUNDSCHECK", "OPT")
    ]  # set by numba from its environment
    settings = (sys.version_info[:2], numba.__version__, compiled)
    digest = hashlib.sha256(repr(settings).encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


if not os.environ.get("NUMBA_CACHE_DIR"):
    numba.config.CACHE_DIR = str(_user_cache() / "kernels" / _sources_digest())  # type: ignore[attr-defined]


def kernel(function: F) -> F:
    """Compile an array function: nogil, cached on disk, lazily typed, numpy's rules for division.

    Lazy signatures, because eager ones reject the read-only arrays that Arrow and mmap give.
    """
    return cast("F", numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def inline(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a scalar helper into each of its callers; like every dispatcher it takes whatever numbers it is given."""
    return cast("Callable[..., Any]", numba.njit(inline="always", error_model="numpy")(function))


def helper(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a helper that kernels call and LLVM may inline; not cached by itself, compiled with its caller."""
    return cast("Callable[..., Any]", numba.njit(nogil=True, error_model="numpy")(function))
