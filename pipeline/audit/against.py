"""What finished files are held against."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.audit.allowed import Allowed
from pipeline.audit.secrets import Secrets

if TYPE_CHECKING:
    from shapely import Geometry


@dataclass(frozen=True, slots=True)
class Mask:
    """Areas that an edition does not show."""

    area: Geometry  # (multi)polygon in degrees
    blur: float | None  # metres of the cells that their pixels are blurred to; None: nothing of them is shown


@dataclass(frozen=True, slots=True)
class Against:
    """The rules of an edition, the secrets of a workspace (none without one), and what a machine is called."""

    allowed: Allowed
    secrets: Secrets
    ids: Mapping[str, NDArray[np.int64]]  # dataset → ids that must not occur in its layers
    shapes: NDArray[np.uint64]  # set of hashes of places where features lie that must not be shown
    mask: Mask | None
    machine: re.Pattern[str] | None
    software: frozenset[str]  # sha256 of files that the software itself brings along: they know no data
    script_words: frozenset[str]  # denied words that occur in its scripts: in another version's they say nothing
