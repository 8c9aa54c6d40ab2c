"""keys/root/: the root of trust as a workspace has it, every version from the first, so that readers can follow it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pipeline.errors import InputError, PolicyRefusal
from pipeline.i18n import _
from pipeline.release.trust.roles import LIMITS
from pipeline.release.trust.root import check_root_chain
from pipeline.release.trust.source import FolderSource

FOLDER: Final = "keys/root"


def workspace_roots(workspace: Path, city: str, *, sample: bool) -> tuple[bytes, ...]:
    """The roots of a workspace, the first to the newest, each checked against the one before it.

    Raises InputError where there is none or one does not hold (TrustError), PolicyRefusal where they are another city's
    or a sample's.
    """
    source = FolderSource(workspace / FOLDER)
    roots: list[bytes] = []
    while (data := source.read(f"{len(roots) + 1}.root.json", LIMITS["root"])) is not None:
        roots.append(data)
    if not roots:
        raise InputError(
            _("this workspace has no root of trust, so nothing can be signed"),
            where=str(workspace / FOLDER),
            expected="1.root.json",
            hint=_("make keys and a root, then install it: longquan keys root create, sign, install"),
        )
    facts = check_root_chain(roots)
    if facts.city != city or facts.sample != sample:
        raise PolicyRefusal(
            _("the root of trust is that of another city: {found}").format(found=facts.city)
            if facts.city != city
            else _("the root of trust is a sample's, the city is not")
            if facts.sample
            else _("the city is a sample, the root of trust is not"),
            where=str(workspace / FOLDER),
            expected=city,
        )
    return tuple(roots)
