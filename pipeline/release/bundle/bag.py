"""The lists that make a folder a BagIt bag (RFC 8493), and the check of a bag by the Library of Congress' own tool.

The lists are written from hashes that are known from copying; then everything is read back from the disk and compared,
by a program that is not ours. `bagit.make_bag` would move files, change the working directory and write today's date.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.portal.files import write_file
from pipeline.progress import Progress, Silent
from pipeline.release.bundle.layout import DATA, Part
from pipeline.standalone.verify import Fault, walk

MANIFEST: Final = "manifest-sha256.txt"
TAG_MANIFEST: Final = "tagmanifest-sha256.txt"
INFO: Final = "bag-info.txt"
DECLARATION: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_FAULTS_SHOWN: Final = 5


def payload_list(parts: Mapping[str, Part]) -> bytes:
    """manifest-sha256.txt of files below data/."""
    return _list({f"{DATA}/{path}": part.sha256 for path, part in parts.items()})


def write_bag(folder: Path, parts: Mapping[str, Part], tags: Mapping[str, str], info: Mapping[str, str]) -> None:
    """Write the lists of a bag whose files are there.

    `parts` are those below data/, `tags` the sha256 of files beside it, `info` what bag-info.txt says. The same
    content gives the same bytes: no date is written. Raises OutputError.
    """
    size = sum(part.bytes for part in parts.values())
    told = {**info, "Payload-Oxum": f"{size}.{len(parts)}"}
    files = {
        "bagit.txt": DECLARATION,
        INFO: "".join(f"{name}: {value}\n" for name, value in told.items()).encode(),
        MANIFEST: payload_list(parts),
    }
    for name, data in files.items():
        write_file(folder / name, data)
    write_file(
        folder / TAG_MANIFEST,
        _list({**tags, **{name: hashlib.sha256(data).hexdigest() for name, data in files.items()}}),
    )


def check_bag(folder: Path, progress: Progress | None = None) -> None:
    """Read every file of a bag and compare it with its lists. Raises InputError for what is not as they say."""
    import bagit  # type: ignore[import-untyped]

    progress = progress or Silent()
    bagit.LOGGER.setLevel(logging.CRITICAL)  # what it finds is told below, once
    faults: list[Fault] = []
    walk(str(folder), faults)
    if faults:  # a pipe would keep us waiting for ever, a link lead elsewhere
        raise InputError(_("The bundle holds what is no file."), where=ascii(faults[0].path))
    progress.start(_("checking the bundle"))
    try:
        bag = bagit.Bag(str(folder))
        bag.validate()
    except bagit.BagValidationError as error:
        said = sorted({str(detail) for detail in error.details}) or [str(error)]
        shown = "; ".join(said[:_FAULTS_SHOWN])
        more = len(said) - _FAULTS_SHOWN
        raise InputError(
            _("The bundle is damaged: {faults}").format(faults=shown + (f" (+{more})" if more > 0 else "")),
            where=str(folder),
            expected=_("every file of {name}, unaltered, and no other").format(name=MANIFEST),
            hint=_("copy the bundle again, every file of it"),
        ) from error
    except (bagit.BagError, OSError, ValueError, LookupError) as error:
        raise InputError(
            _("This is not a bundle: {reason}").format(reason=error),
            where=str(folder),
            expected=_("the folder that `longquan bundle` wrote"),
        ) from error
    progress.done()


def _list(digests: Mapping[str, str]) -> bytes:
    return "".join(f"{digests[path]}  {path}\n" for path in sorted(digests, key=str.encode)).encode()
