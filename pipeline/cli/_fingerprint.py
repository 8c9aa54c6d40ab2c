"""Fingerprints as people type them from a printed sheet."""

from __future__ import annotations

import re

from pipeline.errors import UsageError
from pipeline.i18n import _


def fingerprint_of_text(option: str, text: str) -> str:
    """64 hexadecimal digits, spaces and capitals do not matter. Raises UsageError."""
    digest = "".join(text.split()).lower()
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise UsageError(
            _("{option} is no fingerprint: {text}.").format(option=option, text=text),
            expected=_("64 hexadecimal digits, spaces or not"),
        )
    return digest
