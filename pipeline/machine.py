"""How much of the machine work may take when nobody says."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_SHARE = 4  # a quarter of the machine
_CGROUP = Path("/sys/fs/cgroup/memory.max")  # the limit of a container, cgroup v2
_FALLBACK = 2 << 30  # where the system does not tell: Windows has no sysconf


def memory_bound() -> int:
    """Bytes: a quarter of the machine's memory, or of what the container may use."""
    try:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return _FALLBACK
    with contextlib.suppress(OSError, ValueError):  # no container, or "max"
        machine = min(machine, int(_CGROUP.read_text()))
    return machine // _SHARE


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
