"""Names that every system which a disk may meet can have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.standalone.verify import Fault, clashes, safe

COMPONENT: Final = 255 - len(".vol001")  # UTF-16 units of a name on FAT32, exFAT and NTFS, less what a piece adds
PATH: Final = 200  # of Windows' 260, which the folder on the disk and the one of the office share


def check_names(paths: Iterable[str], where: str) -> None:
    """Refuse paths below a folder that Windows cannot have, or that BagIt writes in two ways. Raises InputError."""
    faults: list[Fault] = []
    listed = list(paths)
    clashes(listed, faults)
    wrong = next((path for path in listed if not _fits(path)), None)
    if wrong is None and faults:
        wrong = faults[0].path
    if wrong is not None:
        raise InputError(
            _("A file has a name that a disk for Windows cannot have: {path}").format(path=ascii(wrong)),
            where=where,
            expected=_('names that differ in more than case, without < > : " | ? * % and of no device'),
            hint=_("rename the dataset or archive, and build again"),
        )


def _fits(path: str) -> bool:
    short = len(path) <= PATH and all(len(part.encode("utf-16-le")) <= 2 * COMPONENT for part in path.split("/"))
    return short and safe(path) and "%" not in path  # BagIt writes line ends as %0A: a % would be read as one
