"""Refuses what cannot work before anything is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.api.options import LAST_ZOOM, TileOptions
from pipeline.errors import InputError, OutputError, UsageError
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.sources import Source

EXTENT = 4096
STDIN = Path("-")


def check(options: TileOptions, sources: Sequence[Source], target: Path | None, no_clobber: bool) -> None:
    """Raise UsageError, InputError or OutputError for what can be seen to fail; nothing is opened.

    `target` is None where nothing is written.
    """
    if not sources:
        raise UsageError(_("No input file was given."), hint=_("Name at least one file before the archive."))
    last = LAST_ZOOM if options.max_zoom is None else options.max_zoom
    first = options.min_zoom or 0
    if not 0 <= first <= last <= LAST_ZOOM:
        raise UsageError(
            _("Zooms {low} to {high} are no range.").format(low=first, high=last),
            expected=_("0 ≤ minimum ≤ maximum ≤ {last}").format(last=LAST_ZOOM),
            hint=_("Correct -Z and -z."),
        )
    _check_amounts(options)
    if options.layer == "":
        raise UsageError(
            _("The layer's name is empty."), hint=_("Give it a name, or leave -l out: layers keep their own names.")
        )
    if options.name is None and target is not None and not _is_text(target.name):
        raise UsageError(
            _("The name is not text in the encoding of this system."),
            where=str(target),
            hint=_("Choose a name in UTF-8, or give the archive a --name."),
        )
    for text in (options.layer, options.name, options.attribution, options.description):
        if text is not None and not _is_text(text):
            raise UsageError(
                _("The name is not text in the encoding of this system."),
                where=text,
                hint=_("Type it on a terminal that is set to UTF-8."),
            )
    if sources.count(STDIN) > 1:
        raise UsageError(_("Standard input can be read once only."), hint=_("Give - a single time."))
    for source in sources:
        if isinstance(source, Path) and source != STDIN:
            _check_file(source, target)
    if target is None:
        return
    if target.is_dir() or not target.parent.is_dir():
        raise OutputError(
            _("The archive cannot be written here."),
            where=str(target),
            expected=_("a file name in an existing folder"),
            hint=_("Create the folder first, or name another."),
        )
    if no_clobber:
        from pipeline.archive.staging import refuse_existing

        refuse_existing(target)


def _check_amounts(options: TileOptions) -> None:
    """Those that need no models to judge; the others are judged with the rules file."""
    for amount, most in ((options.buffer, EXTENT), (options.simplification, EXTENT), (options.tiny_area, EXTENT**2)):
        if amount is not None and not 0 <= amount <= most:  # NaN is neither
            raise UsageError(
                _("Buffer, simplification and tiny area are amounts of tile units."),
                expected=_("from 0 to {most}").format(most=most),
            )


def _check_file(path: Path, target: Path | None) -> None:
    if not _is_text(str(path)):
        raise InputError(
            _("The name is not text in the encoding of this system."),
            where=str(path),
            hint=_("Rename the file or folder; a zip made on Windows often unpacks so."),
        )
    if not path.exists():
        raise InputError(_("The input does not exist."), where=str(path), hint=_("Check the name and the folder."))
    if target is not None and target.exists() and target.samefile(path):
        raise UsageError(_("The archive would replace its own input."), where=str(path), hint=_("Name another output."))


def _is_text(name: str) -> bool:
    """Whether it can be written as UTF-8: bytes that the system could not decode stand as lone surrogates (PEP 383)."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
