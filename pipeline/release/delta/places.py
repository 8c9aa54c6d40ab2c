"""Files below a folder by their names in a list; links are never followed out of it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.standalone.verify import MOUNT_POINT


def regular_file(root: Path, path: str) -> Path | None:
    """The file `path` below `root`; None where there is none, or a link stands on the way.

    `path` is one that `standalone.verify.safe` lets through.
    """
    at = root
    for name in path.split("/"):
        at = at / name
        try:
            about = os.lstat(at)
        except (OSError, ValueError):
            return None
        if stat.S_ISLNK(about.st_mode) or getattr(about, "st_reparse_tag", 0) == MOUNT_POINT:
            return None
    return at if stat.S_ISREG(about.st_mode) else None


def read_small(root: Path, path: str, limit: int) -> bytes:
    """A whole small file below `root`; raises InputError where it is none or has more than `limit` bytes."""
    file = regular_file(root, path)
    if file is None:
        raise InputError(
            _("There is no {name}.").format(name=path), where=str(root), hint=_("check the name and the folder")
        )
    try:
        with file.open("rb") as opened:
            data = opened.read(limit + 1)
    except OSError as err:
        raise InputError(
            _("The file cannot be read: {reason}.").format(reason=err.strerror or err), where=str(file)
        ) from err
    if len(data) > limit:
        raise InputError(_("The file has more than {limit} bytes.").format(limit=limit), where=str(file))
    return data
