"""Colour ramps: text files as gdaldem reads them, and those that come along."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ConfigError
from pipeline.i18n import _

RAMPS: Final = ("celadon", "slope", "aspect")  # those that come along
_FOLDER: Final = Path(__file__).with_name("ramps")
_CLEAR: Final = (0, 0, 0, 0)

Colour = tuple[int, int, int, int]  # red, green, blue, alpha: 0 … 255


@dataclass(frozen=True, slots=True)
class Ramp:
    """Values and their colours; between two the colours are mixed."""

    name: str
    stops: tuple[float, ...]  # never falling; where two are equal the colour jumps
    colours: tuple[Colour, ...]
    unknown: Colour = _CLEAR

    def arrays(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.uint8]]:
        """Stops [n], colours [n, 4] and the colour of what is not known [4]."""
        return np.array(self.stops), np.array(self.colours, np.float64), np.array(self.unknown, np.uint8)


def read_ramp(name: str | Path) -> Ramp:
    """The ramp of a name that comes along ("celadon", "slope", "aspect"), or of a text file.

    A line is a value and red, green, blue, perhaps alpha (0 … 255), with spaces, commas or colons between them; "nv"
    instead of the value is the colour where nothing is known; # begins a comment. Raises ConfigError.
    """
    if isinstance(name, str) and name in RAMPS:
        return _built_in(name)
    path = Path(name)
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as err:
        raise ConfigError(
            _("The colour ramp cannot be read: {reason}.").format(reason=err),
            where=str(path),
            expected=_("one of {names}, or a text file").format(names=", ".join(RAMPS)),
            hint=_("Correct the name of the ramp."),
        ) from err
    return parse_ramp(path.stem, text, str(path))


@lru_cache
def _built_in(name: str) -> Ramp:
    path = _FOLDER / f"{name}.txt"
    return parse_ramp(name, path.read_text("utf-8"), path.name)


def parse_ramp(name: str, text: str, where: str) -> Ramp:
    """The ramp that a text describes, as `read_ramp` reads it. Raises ConfigError with the line."""
    stops: list[tuple[float, Colour]] = []
    unknown = _CLEAR
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].replace(",", " ").replace(":", " ").split()
        if not words:
            continue
        colour = _colour(words[1:])
        value = math.nan if words[0].lower() == "nv" else _number(words[0])
        if colour is None or value is None:
            raise ConfigError(
                _("This is no line of a colour ramp: {line}").format(line=line.strip()),
                where=_("{file}, line {number}").format(file=where, number=number),
                expected=_("a value, then red, green, blue and perhaps alpha from 0 to 255"),
                hint=_("Percentages and names of colours are not understood; write numbers."),
            )
        if math.isnan(value):
            unknown = colour
        else:
            stops.append((value, colour))
    if not stops:
        raise ConfigError(
            _("The colour ramp has no value."),
            where=where,
            expected=_("lines of a value, red, green and blue"),
            hint=_("Write one line for each value."),
        )
    stops.sort(key=lambda each: each[0])  # stable: the second of two equal values is the upper one
    values, colours = zip(*stops, strict=True)
    return Ramp(name, values, colours, unknown)


def _number(word: str) -> float | None:
    try:
        value = float(word)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _colour(words: list[str]) -> Colour | None:
    if len(words) not in (3, 4) or not all(word.isdigit() and int(word) <= 255 for word in words):
        return None
    red, green, blue, *alpha = map(int, words)
    return red, green, blue, alpha[0] if alpha else 255
