"""Sizes of files as people say them."""

from __future__ import annotations

import re
from typing import Any

import click

from pipeline.i18n import _

_UNITS = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "t": 1000**4}
_SIZE = re.compile(r"\s*([0-9]{1,18}(?:\.[0-9]{1,18})?)\s*([kmgt]?)(i?)b?\s*", re.IGNORECASE)
_MEMORY = 1000**2  # whoever asks for less has forgotten the unit


class Size(click.ParamType):  # type: ignore[type-arg]
    """``512MB``, ``2 GB``, ``1GiB`` or a number as bytes; at least one, of memory a megabyte."""

    name = "size"

    def __init__(self, *, memory: bool = False) -> None:
        self._least = _MEMORY if memory else 1

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The bytes; fails as click's own types do."""
        if isinstance(value, int):
            return value
        found = _SIZE.fullmatch(str(value))
        unit = _UNITS[found[2].lower()] if found else 0
        if found and found[3]:
            unit = 1024 ** list(_UNITS.values()).index(unit)
        size = int(float(found[1]) * unit) if found else 0
        if not found or (found[3] and not found[2]):
            self.fail(_("{value} is no size such as 512MB or 2GB.").format(value=repr(value)), param, ctx)
        if size < self._least:
            self.fail(_("{value} is too little; write 512MB or 2GB.").format(value=repr(value)), param, ctx)
        return size


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
