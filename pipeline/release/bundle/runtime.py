"""A portable Python that the bureau gives along, for offices whose PC has none, and the file that starts it.

Where to get one: the "embeddable package" for Windows of python.org, unpacked. Nothing is installed and no right of an
administrator is needed.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import Final

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.release.bundle.names import check_names
from pipeline.release.bundle.volumes import LARGEST
from pipeline.standalone.verify import Fault, walk

FOLDER: Final = "runtime"
STARTER: Final = "启动.bat"
TEMPLATE: Final = Path(__file__).parent / "templates" / "start.bat"
_PYTHON: Final = "python.exe"
_LIBRARY: Final = re.compile(r"python3([0-9]{1,2})\.dll", re.IGNORECASE)
_OLDEST: Final = 8  # of Python 3; office.py needs it
_LEAST: Final = 5_000_000  # bytes; the embeddable package of 3.8 has 16 MB unpacked, 3.13 25 MB
_MOST: Final = 1_000_000_000
_MOST_FILES: Final = 50_000


def runtime_files(folder: Path) -> dict[str, int]:
    """Path below the folder → bytes of a portable Python for Windows. Raises InputError for what is none."""
    faults: list[Fault] = []
    found = walk(str(folder), faults) if folder.is_dir() else {}
    if _PYTHON not in found:
        raise _wrong(folder, _("there is no python.exe in it"))
    if faults:
        raise _wrong(folder, _("it holds links or unreadable files: {path}").format(path=faults[0].path))
    with (folder / _PYTHON).open("rb") as file:
        if file.read(2) != b"MZ":
            raise _wrong(folder, _("its python.exe is no program for Windows"))
    versions = [int(match[1]) for match in map(_LIBRARY.fullmatch, found) if match]
    if not versions or max(versions) < _OLDEST:
        raise _wrong(folder, _("it has no python38.dll or newer beside python.exe"))
    size = sum(found.values())
    if not _LEAST <= size <= _MOST or len(found) > _MOST_FILES or max(found.values()) > LARGEST:
        raise _wrong(folder, _("it has {size} bytes in {n} files").format(size=size, n=len(found)))
    check_names(found, str(folder))
    return dict(sorted(found.items(), key=lambda item: item[0].encode()))


def copy_runtime(folder: Path, files: dict[str, int], bundle: Path) -> dict[str, str]:
    """Copy a portable Python into a bundle; returns path below the bundle → sha256. Raises OSError."""
    digests = {}
    for path in files:
        target = bundle / FOLDER / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with (folder / path).open("rb") as source, target.open("xb") as out:
            shutil.copyfileobj(source, out, 1 << 20)
            out.flush()
            os.fsync(out.fileno())
        with target.open("rb") as file:
            digests[f"{FOLDER}/{path}"] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


def starter() -> bytes:
    """启动.bat: in GBK, the code page of Chinese Windows, with the line ends that its command line needs.

    Only characters of GB 2312 are used, whose second byte is never one of ^ | \\ and the like: under another code page
    the text is unreadable, but what is done stays the same.
    """
    lines = TEMPLATE.read_text("utf-8").splitlines()
    return "".join(f"{line}\r\n" for line in lines).encode("gb2312")


def _wrong(folder: Path, what: str) -> InputError:
    return InputError(
        _("This is no portable Python for Windows: {what}.").format(what=what),
        where=str(folder),
        expected=_("the unpacked embeddable package of python.org, Python 3.8 or newer"),
    )
