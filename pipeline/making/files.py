"""Hashes of whole files."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from pipeline.standalone.verify import has_sm3

_BLOCK = 1 << 20


class Digests(NamedTuple):
    """What a file hashes to, hexadecimal."""

    sha256: str
    sm3: str | None  # GB/T 32905; None where this machine's OpenSSL was built without it


def sha256_of(path: Path) -> str:
    """The sha256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digests_of(path: Path) -> Digests:
    """Both hashes of a file, in one reading."""
    sha256, sm3 = hashlib.sha256(), hashlib.new("sm3") if has_sm3() else None
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            sha256.update(block)
            if sm3 is not None:
                sm3.update(block)
    return Digests(sha256.hexdigest(), sm3.hexdigest() if sm3 is not None else None)
