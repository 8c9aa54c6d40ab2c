"""Taking withdrawn files out of a release folder on this machine: a kept release, dist/, an office's installed one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from pipeline.errors import OutputError
from pipeline.i18n import _
from pipeline.making.files import sha256_of
from pipeline.making.finished import read_manifest
from pipeline.portal.files import write_file
from pipeline.release.trust.roles import WITHDRAWN
from pipeline.release.trust.verify import Withdrawn
from pipeline.release.withdrawal import withdrawn_paths
from pipeline.standalone.verify import safe


def take_out(folder: Path, withdrawn: Iterable[Withdrawn], order: bytes | None = None) -> tuple[str, ...]:
    """Delete what was withdrawn from a release folder and put `order`, withdrawn.json, into its metadata/.

    Returns the paths that were deleted. The order is written first, so that a folder that lacks a file says why. A
    file of the name that has other bytes stays: it was not withdrawn. Raises OutputError.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        return ()
    if order is not None and (folder / "metadata").is_dir():
        write_file(folder / "metadata" / WITHDRAWN, order)
    gone = []
    for path, entry in sorted(withdrawn_paths(manifest, withdrawn).items()):
        file = folder / path
        if not safe(path) or file.is_symlink() or not file.is_file() or sha256_of(file) != entry.sha256:
            continue
        try:
            os.unlink(file)  # noqa: PTH108  other names of the same content are of other folders
        except OSError as error:
            raise OutputError(
                _("the file cannot be deleted: {reason}").format(reason=error.strerror or str(error)), where=str(file)
            ) from error
        gone.append(path)
    return tuple(gone)
