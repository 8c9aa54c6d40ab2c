"""Refuses choices for rasters that cannot be, before any pixel is read."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Final

from pipeline.api.raster import RasterChoices, RasterJob
from pipeline.errors import InputError, OutputError, UsageError
from pipeline.i18n import _

FORMATS: Final = ("webp", "jpeg", "png")
TOPS: Final = ("first", "last", "newest", "finest")
_DATE: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


def check_target(job: RasterJob, *beside: Path | None) -> None:
    """Raise OutputError or UsageError for an archive that cannot be written; nothing is opened.

    `beside` are other files that are read, where there are any.
    """
    from pipeline.sources.raster_beside import on_disk

    target = job.target
    if target.is_dir() or not target.parent.is_dir():
        raise OutputError(
            _("The archive cannot be written here."),
            where=str(target),
            expected=_("a file name in an existing folder"),
            hint=_("Create the folder first, or name another."),
        )
    read = [on_disk(info.path) for info in job.infos] + [each for each in beside if each is not None]
    if target.exists() and any(each.exists() and target.samefile(each) for each in read):
        raise UsageError(
            _("The archive would replace its own input."), where=str(target), hint=_("Name another output.")
        )
    if job.no_clobber:
        from pipeline.archive.staging import refuse_existing

        refuse_existing(target)
    if job.previous is not None and not job.previous.exists():
        raise InputError(
            _("The input does not exist."), where=str(job.previous), hint=_("Check the name and the folder.")
        )


def check_choices(choices: RasterChoices) -> None:
    """Raise UsageError for zooms, tiles and dates that cannot be."""
    from pipeline.raster.plan import LAST_ZOOM, TILE_SIZES

    lowest = choices.min_zoom or 0
    highest = LAST_ZOOM if choices.max_zoom is None else choices.max_zoom
    if not 0 <= lowest <= highest <= LAST_ZOOM:
        raise UsageError(
            _("Zooms {low} to {high} are no range.").format(low=lowest, high=highest),
            expected=_("0 ≤ minimum ≤ maximum ≤ {last}").format(last=LAST_ZOOM),
            hint=_("Correct -Z and -z."),
        )
    if choices.tile_size not in TILE_SIZES:
        raise UsageError(
            _("Tiles of {size} pixels are not made.").format(size=choices.tile_size),
            expected=_("one of: {names}").format(names=", ".join(map(str, TILE_SIZES))),
        )
    if choices.date is not None and not _is_date(choices.date):
        raise UsageError(
            _("{date} is no date.").format(date=choices.date), expected=_("a year, month or day, as 2026-09-30")
        )


def check_one_of(option: str, value: str, allowed: tuple[str, ...]) -> None:
    """Raise UsageError for a word that an option does not know."""
    if value not in allowed:
        raise UsageError(
            _("{option} cannot be {value}.").format(option=option, value=value),
            expected=_("one of: {names}").format(names=", ".join(allowed)),
        )


def check_image(form: str, effort: int | None, quality: int | None = None, lossless: bool | None = None) -> None:
    """Raise UsageError for images that there are not, and for choices that would be passed over."""
    check_one_of("--format", form, FORMATS)
    if quality is not None and not 1 <= quality <= 100:
        raise UsageError(_("Quality is from 1 to 100."), hint=_("Correct --quality."))
    if effort is not None and not 0 <= effort <= 6:
        raise UsageError(_("Effort is from 0 to 6."), hint=_("Correct --effort."))
    if form == "jpeg" and effort is not None:
        raise UsageError(_("JPEG knows no effort."), hint=_("Leave --effort out."))
    if lossless and form != "webp":
        raise UsageError(
            _("Only WebP may be lossless or not: PNG always is, JPEG never."), hint=_("Leave --lossless out.")
        )
    if quality is not None and (form == "png" or lossless):
        raise UsageError(
            _("What is kept without loss has no quality: PNG, and lossless WebP."),
            hint=_("Leave --quality out, or choose WebP or JPEG with loss."),
        )


def _is_date(text: str) -> bool:
    """Whether it is a year, month or day of the calendar."""
    found = _DATE.fullmatch(text)
    if found is None:
        return False
    try:
        date(*(int(part or 1) for part in found.groups()))
    except ValueError:
        return False
    return True
