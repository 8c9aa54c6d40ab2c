"""What an office needs to go on when the disk is gone: these scripts, and the portable Python that came along.

    DIR/*.py         the scripts of the disk
    DIR/runtime/     a Python for Windows; replaced as a whole, like a release
    DIR/启动.bat     starts the two

They are compared with the disk's own list, which finds what was damaged on the way and proves nothing: no signature
covers them. So they are taken only from where this script was started, never from a disk that it is told to read.
Python's standard library only (3.8 or newer), for it travels with bundles.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from pipeline.standalone import installed, verify, whole
    from pipeline.standalone.refused import Refused
else:  # they lie beside this file
    installed, refused, verify, whole = map(importlib.import_module, ("installed", "refused", "verify", "whole"))
    Refused = refused.Refused

SCRIPTS = (
    "current.py",
    "installed.py",
    "medium.py",
    "office.py",
    "recalled.py",
    "receipt.py",
    "refused.py",
    "selftest.py",
    "serve.py",
    "tools.py",
    "verify.py",
    "whole.py",
)
RUNTIME = "runtime"
STARTER = "启动.bat"
LIST = "tagmanifest-sha256.txt"  # of a BagIt bag (RFC 8493): what lies beside data/
OLD = "old-runtime"  # in staging/, while it is replaced


def keep_tools(home: str, here: str | None = None) -> bool:
    """Leave in an install folder what lies beside this file, so that it can be served when the disk is gone.

    False where a portable Python is there that is in use, and stays. Raises Refused for tools that are not
    as the disk's list says, OSError. The caller holds the folder.
    """
    here = here or os.path.dirname(verify.long_path(__file__))
    if os.path.abspath(home) == os.path.abspath(here):
        return True
    for name in SCRIPTS:
        source = os.path.join(here, name)
        if os.path.isfile(source):
            whole.put(os.path.join(home, name), whole.blocks_of(source))
    return keep_runtime(home, here)


def keep_runtime(home: str, here: str) -> bool:
    """The same for the portable Python, where there is one."""
    place, staging = os.path.join(home, RUNTIME), os.path.join(home, installed.STAGING)
    old, staged = os.path.join(staging, OLD), os.path.join(staging, RUNTIME)
    if not os.path.lexists(place) and os.path.isdir(old):
        whole.patiently(os.rename, old, place)  # the power was cut between the two renames below
    if not os.path.isdir(os.path.join(here, RUNTIME)):
        return True
    sums = listed(here)
    starter = sums.pop(STARTER, None)
    if starter is not None and not whole.has_hash(os.path.join(home, STARTER), starter):
        whole.put(os.path.join(home, STARTER), whole.blocks_of(os.path.join(here, STARTER)), starter)
    if all(whole.has_hash(whole.below(home, path), digest) for path, digest in sums.items()):
        return True
    for path, digest in sums.items():
        source, target = whole.below(here, path), whole.below(staging, path)
        whole.make_folders(staging, os.path.dirname(target))
        if not whole.has_hash(target, digest):
            if not os.path.isfile(source) or os.path.islink(source):
                raise Refused("absent", path)
            whole.put(target, whole.blocks_of(source), digest, sync=False)
    whole.remove_others(staged, {path[len(RUNTIME) + 1 :] for path in sums})
    for parent, _folders, _files in os.walk(staged):
        whole.sync_folder(parent)
    return replace(staged, place, old)


def replace(staged: str, place: str, old: str) -> bool:
    """Put a folder in another's place; False where that is in use (Windows).

    Between the two renames there is none, but the old one in staging/, where the starter looks for it as well.
    """
    if os.path.lexists(place):
        whole.clear(old)
        try:
            whole.patiently(os.rename, place, old)
        except PermissionError:
            return False
    whole.patiently(os.rename, staged, place)
    whole.sync_folder(os.path.dirname(place))
    return True


def listed(here: str) -> dict[str, str]:
    """Path → sha256 of the portable Python and its starter, as the disk's list says. Raises Refused."""
    faults: list[Any] = []
    try:
        with open(os.path.join(here, LIST), "rb") as file:
            sums = verify.read_sums(LIST, file.read(verify.LIST_LIMIT), faults)
    except FileNotFoundError as error:
        raise Refused("absent", LIST) from error
    if faults:
        raise Refused("pointer", LIST)
    return {path: digest for path, digest in sums.items() if path == STARTER or path.startswith(RUNTIME + "/")}
