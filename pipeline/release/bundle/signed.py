"""Only what both offices signed leaves on a disk, and nothing that one of them took back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from pipeline.errors import PolicyRefusal
from pipeline.i18n import _
from pipeline.portal.offline_page import NAME as OFFLINE
from pipeline.release.bundle.partial.derived import verify_folder_trust
from pipeline.release.bundle.source import ReleaseFolder
from pipeline.release.trust.seen import Seen
from pipeline.release.trust.verify import Trusted

_FIRST_ROOT: Final = "metadata/1.root.json"
_TIMESTAMP: Final = "metadata/timestamp.json"


def signed_release(release: ReleaseFolder, root: bytes | None, now: datetime) -> Trusted:
    """What may be believed of a release that is to be bundled, from `root`, else from the first in the folder.

    The bureau packs what it signed itself, so its own root will do; whoever receives the bundle has another source.
    Raises PolicyRefusal where it was not signed or was withdrawn as a whole, TrustError where a signature is wrong.
    """
    if _TIMESTAMP not in release.beside or (root is None and _FIRST_ROOT not in release.beside):
        raise PolicyRefusal(
            _("The release is not signed, so it does not leave on a disk."),
            where=str(release.folder),
            expected=_("metadata/ with the signatures of both offices and of the publisher"),
            hint=_("longquan release, then longquan sign --as survey, secrecy and publish"),
        )
    root = root if root is not None else (release.folder / _FIRST_ROOT).read_bytes()
    trusted = verify_folder_trust(release.folder, root, seen=Seen.none(), now=now)
    for each in trusted.withdrawn:
        if each.sha256 == trusted.manifest_sha256 or (release.release == each.release and each.kind == "release"):
            raise PolicyRefusal(
                _("The release was withdrawn on {date}: {reason}").format(date=each.date, reason=each.reason),
                where=str(release.folder),
                hint=_("bundle a later one"),
            )
    return trusted


def withdrawn_files(release: ReleaseFolder, trusted: Trusted) -> Mapping[str, str]:
    """Path → sha256 of the files of a release that an office took back.

    Raises PolicyRefusal while the page that opens from a disk still holds one of them.
    """
    gone = {each.sha256 for each in trusted.withdrawn}
    found = {path: digest for path, digest in release.sums.items() if digest in gone}
    if found and OFFLINE in release.sums and OFFLINE not in found:
        raise PolicyRefusal(
            _("{name} holds a file that was withdrawn: {path}").format(name=OFFLINE, path=min(found)),
            where=str(Path(release.folder) / OFFLINE),
            hint=_("withdraw that page, too, or bundle a later release"),
        )
    return found
