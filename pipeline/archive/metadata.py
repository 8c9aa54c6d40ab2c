"""The JSON metadata of an archive, held to what JSON is (RFC 8259): Python reads more than that."""

from __future__ import annotations

import json
import math
from typing import Any

from pipeline.errors import ArchiveError
from pipeline.i18n import _


def parse_metadata(text: bytes) -> Any:
    """The JSON value, whatever kind it is; raises ArchiveError when it is none.

    Numbers that are none (NaN, Infinity, 1e999) are refused: nobody could write them again.
    """
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError as err:
        raise ArchiveError(_("The metadata is nested too deeply.")) from err
    except ValueError as err:  # UnicodeDecodeError and JSONDecodeError
        raise ArchiveError(_("The metadata is not JSON: {reason}.").format(reason=err)) from err


def _refuse(name: str) -> float:
    raise ValueError(name)


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse(text)
