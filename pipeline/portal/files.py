"""Files that appear whole or not at all, and names that carry a hash of the content."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from pipeline.errors import OutputError
from pipeline.i18n import _


def content_hash(data: bytes, length: int = 10) -> str:
    """The first `length` hexadecimal digits of the sha256 of `data`, for file names."""
    return hashlib.sha256(data).hexdigest()[:length]


def write_file(path: Path, data: bytes) -> None:
    """Write `data` to `path` through a temporary name in the same folder, synced before the rename.

    Raises OutputError when the folder cannot be written or the disk is full.
    """
    temporary = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            _("cannot write the file: {reason}").format(reason=error.strerror or str(error)),
            where=str(path),
            hint=_("check the free space and the permissions of the folder"),
        ) from error


def json_bytes(value: Any) -> bytes:
    """`value` as compact UTF-8 JSON in the order it was built, with a final newline."""
    return (json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n").encode()
