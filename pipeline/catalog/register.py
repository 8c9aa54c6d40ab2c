"""The register of planned projects: `requests/<year>-<number>/`, and the ten working days to answer each.

request.toml              what is planned (framework/project_request.py)
area.geojson              where
opinion.json, .html       the formal opinion, once there is one
gaps.geojson              what is missing, beside it
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from pipeline.archive.staging import StagedFile, cannot_write
from pipeline.catalog.coverage import area_of
from pipeline.catalog.duplicates import Planned
from pipeline.catalog.outline import area_geometry
from pipeline.catalog.shapes import area_cells
from pipeline.errors import InputError, UsageError
from pipeline.framework.faults import WorkspaceError, did_you_mean
from pipeline.framework.project_request import REQUEST_FILE, ProjectRequest, request_text
from pipeline.framework.read import read_model
from pipeline.framework.workdays import Workdays
from pipeline.i18n import _
from pipeline.intake.ledger import append
from pipeline.types import POLYGON, Bounds, Geometries

FOLDER: Final = "requests"
AREA_FILE: Final = "area.geojson"
OPINION_FILE: Final = "opinion.json"
DAYS: Final = 10  # working days; the provincial rule that domain.md quotes


@dataclass(frozen=True, slots=True)
class Request:
    """One request of the register."""

    number: str
    folder: Path
    file: ProjectRequest
    answered: date | None  # the date of its formal opinion

    @property
    def state(self) -> str:
        """Open, answered, or what became of it."""
        return self.file.outcome or ("open" if self.answered is None else "answered")


@dataclass(frozen=True, slots=True)
class Clock:
    """How long there is to answer a request."""

    due: date
    left: int  # working days; below zero: overdue by that many; counted to the answer where there is one
    doubts: tuple[int, ...]  # years whose public holidays nobody has confirmed


def read_area(path: Path) -> Geometries:
    """A planned area from any vector file. Raises InputError where there is no polygon in it."""
    area = area_of(path)
    if not (area.kinds == POLYGON).any():
        raise InputError(
            _("There is no area in it."),
            where=str(path),
            expected=_("at least one polygon"),
            hint=_("draw the outline of the project as a polygon; for a road or a pipeline, its corridor"),
        )
    return area


def refuse_elsewhere(area: Geometries, bounds: Bounds, where: str) -> None:
    """Raise InputError for an area that does not meet the city: an answer "nothing there" would be true, and wrong."""
    west, south, east, north = bounds
    if area.x.min() > east or area.x.max() < west or area.y.min() > north or area.y.max() < south:
        box = ", ".join(f"{value:.4f}" for value in (area.x.min(), area.y.min(), area.x.max(), area.y.max()))
        raise InputError(
            _("The area lies outside the city."),
            where=f"{where}: {box}",
            expected=_("longitude and latitude within {box}").format(box=", ".join(f"{value:.4f}" for value in bounds)),
            hint=_("see whether longitude and latitude are swapped, or the coordinates are of another system"),
        )


def clock_of(request: Request, workdays: Workdays, as_of: date) -> Clock:
    """How long there is to answer, on a day."""
    received = request.file.received
    due = workdays.after(received, DAYS)
    return Clock(due, workdays.between(request.answered or as_of, due), workdays.doubts(received, due))


def read_requests(root: Path) -> tuple[Request, ...]:
    """The requests of a workspace in the order of their numbers. Raises WorkspaceError for a faulty file of one."""
    folders = sorted(path for path in (root / FOLDER).glob("[!.]*") if path.is_dir())
    return tuple(_read(folder) for folder in folders)


def find_request(root: Path, number: str) -> Request:
    """The request of that number. Raises UsageError where there is none."""
    requests = {request.number: request for request in read_requests(root)}
    if number not in requests:
        raise UsageError(
            _("there is no request {number}").format(number=number) + did_you_mean(number, requests),
            where=str(root / FOLDER),
            hint=_("list them with: longquan duplicates list"),
        )
    return requests[number]


def open_request(root: Path, file: ProjectRequest, area: Geometries, at: datetime) -> Request:
    """Write a new request into the register and the ledger, with the next number of its year.

    Several people may do so at once: a number is given once. Raises OutputError.
    """
    above = root / FOLDER
    staged = above / f".new-{secrets.token_hex(6)}"
    feature = {"type": "Feature", "properties": {"project": file.project}, "geometry": area_geometry(area)}
    geometry = (json.dumps(feature, ensure_ascii=False) + "\n").encode()
    text = request_text(file).encode()
    try:
        above.mkdir(exist_ok=True)
        staged.mkdir()
        for name, data in ((REQUEST_FILE, text), (AREA_FILE, geometry)):
            with StagedFile(staged / name) as out:
                out.file.write(data)
                out.commit()
        folder = _placed(staged, above, file.received.year)
    except OSError as error:
        raise cannot_write(above, error) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    facts = {
        "number": folder.name,
        "project": file.project,
        "applicant": file.applicant,
        "received": file.received.isoformat(),
        "request": hashlib.sha256(text).hexdigest(),
        "area": hashlib.sha256(geometry).hexdigest(),
    }
    append(root, "request", facts, at)
    return _read(folder)


def planned_projects(requests: Sequence[Request], but: str | None = None) -> tuple[Planned, ...]:
    """The requests that still count as planned, but for one."""
    return tuple(
        Planned(
            number=request.number,
            project=request.file.project,
            applicant=request.file.applicant,
            themes=request.file.themes,
            received=request.file.received,
            state=request.state,
            area=area_cells(read_area(request.folder / AREA_FILE)),
            sha256=hashlib.sha256((request.folder / AREA_FILE).read_bytes()).hexdigest(),
        )
        for request in requests
        if request.number != but and request.state not in ("refused", "withdrawn")
    )


def _placed(staged: Path, above: Path, year: int) -> Path:
    """Give the folder the next number; a rename onto a folder with files in it fails, so none is given twice."""
    taken = [path.name.partition("-")[2] for path in above.glob(f"{year}-*")]
    number = max((int(text) for text in taken if text.isdigit()), default=0)
    while True:
        number += 1
        folder = above / f"{year}-{number:03d}"
        try:
            staged.rename(folder)
        except OSError:
            if not folder.exists():
                raise
        else:
            return folder


def _read(folder: Path) -> Request:
    name = f"{FOLDER}/{folder.name}/{REQUEST_FILE}"
    source = read_model(folder / REQUEST_FILE, name, ProjectRequest)
    if source.faults:
        raise WorkspaceError(source.faults)
    return Request(folder.name, folder, source.read, _answered(folder / OPINION_FILE))


def _answered(path: Path) -> date | None:
    try:
        return date.fromisoformat(json.loads(path.read_bytes())["as_of"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            _("This is no opinion on duplicates, or it is damaged."),
            where=str(path),
            hint=_("restore it from a copy, or delete it and issue the opinion again"),
        ) from error
