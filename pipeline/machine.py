"""How much of the machine work may take when nobody says."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_SHARE = 4  # a quarter of the machine
_CGROUP = Path("/sys/fs/cgroup/memory.max")  # the limit of a container, cgroup v2
_FALLBACK = 8 << 30  # where the system does not tell: Windows has no sysconf

# malloc.h of glibc: what mallopt may be asked for.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT = 1 << 30  # bytes
_GIVEN = 1 << 18  # bytes


def memory_bound() -> int:
    """Bytes: a quarter of the machine's memory, or of what the container may use."""
    return machine_memory() // _SHARE


def machine_memory() -> int:
    """Bytes that the machine has, or that the container may use."""
    try:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return _FALLBACK
    with contextlib.suppress(OSError, ValueError):  # no container, or "max"
        machine = min(machine, int(_CGROUP.read_text()))
    return machine


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def use_memory(bound: int | None) -> None:
    """Tell the C library what to do with memory that is freed, before pyarrow is imported; harmless elsewhere.

    Without a bound (bytes) it is kept: the next job takes as much again, and the system would clear every page anew,
    a tenth of the processor seconds of tiling 900,000 buildings. Under one it is given back, by Arrow's own pools too:
    ten copies of them under 500 MB peak at 420 MB instead of 619. Sources: mallopt(3), Arrow's documentation.
    """
    if bound is None:
        _set_thresholds(_KEPT)
        return
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    _set_thresholds(_GIVEN)


def _set_thresholds(size: int) -> None:
    """Arrays of `size` bytes and more are mapped, and unmapped when they are freed; smaller rests are trimmed."""
    import ctypes

    with contextlib.suppress(OSError, TypeError):  # TypeError: Windows' library has a name
        library = ctypes.CDLL(None)
        if hasattr(library, "gnu_get_libc_version"):
            library.mallopt(_M_MMAP_THRESHOLD, size)
            library.mallopt(_M_TRIM_THRESHOLD, size)
