"""Sizes of files as people say them."""

from __future__ import annotations


def size_text(n: int) -> str:
    """Bytes in powers of 1000: 999 B, 1.2 kB, 34.5 MB."""
    if n < 1000:
        return f"{n} B"
    value = float(n)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if round(value, 1) < 1000:
            return f"{value:.1f} {unit}"
    return f"{value / 1000:.1f} TB"
