"""The root that an office trusts: never the one that came along, unless somebody compared its fingerprint."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pipeline.errors import InputError, UsageError
from pipeline.i18n import _
from pipeline.release.install.install import ROOT
from pipeline.release.trust.roles import LIMITS
from pipeline.release.trust.root import fingerprint_of
from pipeline.release.trust.source import Source

_NAME: Final = "root.json"
_ROOTS_TRIED: Final = 256


def trusted_roots(home: Path, source: Source, root: Path | None, fingerprint: str | None) -> tuple[bytes, ...]:
    """Every root that has to agree: that of the install folder, that of the file `root`, that with the fingerprint.

    Raises UsageError where there is none of them, and says the fingerprint of the one that came along; InputError for
    a file that cannot be read or no root of that fingerprint.
    """
    found = []
    if (home / ROOT).is_file():
        found.append(_read(home / ROOT))
    if root is not None:
        found.append(_read(root))
    if fingerprint is not None:
        found.append(_with_fingerprint(source, fingerprint))
    if not found:
        came = source.read(_NAME, LIMITS["root"])
        raise UsageError(
            _("Nothing says whose signatures are to be trusted here."),
            where=str(home),
            expected=_("--root FILE from the bureau, or --root-fingerprint from the printed sheet"),
            hint=_("the root that came along has the fingerprint {fingerprint}: compare it digit by digit").format(
                fingerprint=fingerprint_of(came) if came is not None else "–"
            ),
        )
    return tuple(found)


def _with_fingerprint(source: Source, fingerprint: str) -> bytes:
    names = [_NAME, *(f"{n}.{_NAME}" for n in range(1, _ROOTS_TRIED))]
    for data in (source.read(name, LIMITS["root"]) for name in names):
        if data is not None and fingerprint_of(data) == fingerprint:
            return data
    raise InputError(
        _("No root that came along has the fingerprint {fingerprint}.").format(fingerprint=fingerprint),
        hint=_("compare it once more with the printed sheet; if it is right, do not use this bundle"),
    )


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LIMITS["root"] + 1)
    except OSError as error:
        raise InputError(
            _("the file cannot be read: {reason}").format(reason=error.strerror or error), where=str(path)
        ) from error
