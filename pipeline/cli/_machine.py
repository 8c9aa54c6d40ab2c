"""What this machine and its user are called: names that no published file may hold."""

from __future__ import annotations

import getpass
import platform
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.audit import Machine


def this_machine() -> Machine:
    """The names of the user, the machine and the user's folder."""
    from pipeline.audit import Machine

    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # no such user, as in containers
        user = ""
    return Machine((user, platform.node()), (str(Path.home()),))
