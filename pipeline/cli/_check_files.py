"""The files of `longquan check --report`: JSON, GeoPackage and page of every report."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import OutputError
from pipeline.i18n import _, language

if TYPE_CHECKING:
    from pipeline.intake.checks import Report


def write_reports(reports: Sequence[Report], folder: Path) -> list[Path]:
    """Write each report into `folder` under the name of what was checked; returns the pages. Raises OutputError.

    The page is in Chinese; where the command speaks English, there is one in English beside it.
    """
    from pipeline.intake.checks import report_html, report_json, write_gpkg

    pages: list[Path] = []
    taken: set[str] = set()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_write(folder, error) from error
    for report in reports:
        name = _free_name(report, taken)
        _write(folder / f"{name}.json", json.dumps(report_json(report), ensure_ascii=False, indent=2) + "\n")
        write_gpkg(report, folder / f"{name}.gpkg")
        _write(folder / f"{name}.html", report_html(report, "zh"))
        if language() != "zh":
            _write(folder / f"{name}.{language()}.html", report_html(report, language()))
        pages.append(folder / f"{name}.html")
    return pages


def _free_name(report: Report, taken: set[str]) -> str:
    """What a file system everywhere can call it, and no other report is called."""
    plain = re.sub(r"[^\w.-]+", "-", report.source).strip("-.") or "report"
    plain += "-report"
    name, number = plain, 2
    while name.casefold() in taken:
        name, number = f"{plain}-{number}", number + 1
    taken.add(name.casefold())
    return name


def _write(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        partial.unlink(missing_ok=True)


def _cannot_write(path: Path, error: OSError) -> OutputError:
    return OutputError(
        _("The report cannot be written: {reason}").format(reason=error.strerror or error), where=str(path)
    )
