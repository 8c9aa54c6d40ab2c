"""Where compiled kernels lie: in a user cache folder, named after all that they are compiled from."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Final

SETTINGS: Final = (
    "NUMBA_BOUNDSCHECK",
    "NUMBA_CACHE_DIR",
    "NUMBA_DISABLE_JIT",
    "NUMBA_OPT",
)  # make other kernels of them


@lru_cache
def user_cache() -> Path:
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


def folder_of(module: str, compiler: str) -> Path:
    """The folder of a module's compiled kernels: another one after any edit of what they are compiled from."""
    digest = hashlib.sha256(repr((sys.version_info[:2], compiler)).encode())
    for name in _sources(module):
        digest.update(name.encode() + b"\0" + _text(name).encode() + b"\0")
    return user_cache() / "kernels" / f"{module}-{digest.hexdigest()[:16]}"


def warm_marker() -> Path:
    """The file that stands for all kernels of this version being compiled; found without numba, in 5 ms."""
    digest = hashlib.sha256(repr((sys.version_info[:2], [os.environ.get(name) for name in SETTINGS])).encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return user_cache() / "kernels" / f"warm-{digest.hexdigest()[:16]}"


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
