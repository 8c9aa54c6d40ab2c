"""Opinions on planned projects from a workspace or a published edition: made, issued and checked again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pipeline
from pipeline.catalog.duplicates import Existing, Planned, Wanted
from pipeline.catalog.opinion import Project, Setting, gaps_geojson, hash_of, opinion_bytes, write_opinion
from pipeline.catalog.opinion_page import document_of, opinion_page
from pipeline.catalog.outline import area_from
from pipeline.catalog.published import PUBLISHER, read_published
from pipeline.catalog.register import OPINION_FILE, Request, planned_projects, read_requests, refuse_elsewhere
from pipeline.catalog.tilejson import notice_of
from pipeline.errors import InputError, UsageError
from pipeline.framework import Framework, did_you_mean, load_workspace
from pipeline.i18n import _
from pipeline.intake.ledger import append, entries
from pipeline.intake.supply import supply
from pipeline.making.coverages import workspace_coverages
from pipeline.portal.files import json_bytes, write_file
from pipeline.progress import Progress
from pipeline.types import Bounds


@dataclass(frozen=True, slots=True)
class Known:
    """All that an opinion is made from, but for the project."""

    publisher: Mapping[str, Any]
    edition: Mapping[str, Any] | None  # id, title; None: the workspace, whatever may be published of it
    themes: Sequence[Mapping[str, Any]]
    datasets: tuple[Existing, ...]
    planned: tuple[Planned, ...]
    missing: tuple[str, ...]
    bounds: Bounds  # of the city


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking an opinion told."""

    document: Mapping[str, Any]
    faults: tuple[str, ...]  # it is not what was issued
    notes: tuple[str, ...]  # what could not be compared, and why
    recomputed: bool  # made again from the same inputs, with the same result
    entry: int | None  # its line in the ledger


def known_of_workspace(
    root: Path, as_of: date, themes: Sequence[str], progress: Progress, but: str | None = None
) -> Known:
    """What a workspace has on a day, of some themes (all); `but` is the number of the request in question.

    Raises ConfigError, InputError, and UsageError for a theme that there is not.
    """
    declared = load_workspace(root)
    supplied = supply(declared, as_of)
    framework = supplied.framework
    titles = [{"id": theme.id, "title": theme.title.model_dump()} for theme in framework.themes]
    chosen = choose_themes(titles, themes)
    wanted = [d.id for _owner, d in framework.datasets if not chosen or d.theme in chosen]
    coverages = workspace_coverages(framework, wanted, progress)
    datasets = []
    for department, dataset in framework.datasets:
        if dataset.id not in coverages:
            continue
        known = coverages[dataset.id]
        contact = {key: value for key, value in department.contact.model_dump().items() if value}
        datasets.append(
            Existing(
                id=dataset.id,
                title=dataset.title.model_dump(),
                theme=dataset.theme,
                department={"id": department.id, "name": department.name.model_dump(), "contact": contact},
                currency=dataset.currency,
                scale=dataset.scale,
                accuracy_m=dataset.accuracy_m,
                share=dataset.share,
                coverage=known.coverage,
                sha256=known.sha256,
                inputs=tuple({"path": file.path, "sha256": file.sha256} for file in known.inputs),
            )
        )
    planned = planned_projects([r for r in read_requests(root) if r.file.received <= as_of], but)
    missing = tuple(id for id in supplied.missing if not chosen or declared.dataset(id)[1].theme in chosen)
    return Known(_publisher(framework), None, titles, tuple(datasets), planned, missing, framework.city.bounds)


def known_of_edition(dist: Path) -> Known:
    """What a published folder has. Raises InputError."""
    published = read_published(dist)
    return Known(published.publisher, published.edition, published.themes, published.datasets, (), (), published.bounds)


def choose_themes(themes: Sequence[Mapping[str, Any]], asked: Sequence[str]) -> tuple[str, ...]:
    """The ids of themes asked for by id or title. Raises UsageError for one that there is not."""
    names = {name: theme["id"] for theme in themes for name in (*theme["title"].values(), theme["id"])}
    for name in asked:
        if name not in names:
            raise UsageError(
                _('there is no theme "{name}"').format(name=name) + did_you_mean(name, names),
                expected=", ".join(theme["id"] for theme in themes),
            )
    return tuple(dict.fromkeys(names[name] for name in asked))


def make_opinion(project: Project, setting: Setting, known: Known) -> dict[str, Any]:
    """The opinion on a project as a document. Raises InputError for an area without any cell, or outside the city."""
    refuse_elsewhere(project.area, known.bounds, project.file)
    return write_opinion(project, setting, known.themes, known.datasets, known.planned)


def write_files(folder: Path, project: Project, document: Mapping[str, Any], known: Known) -> tuple[Path, ...]:
    """Write `opinion.json`, `opinion.html` (Chinese) and `gaps.geojson` into a folder. Raises OutputError."""
    gaps = gaps_geojson(project, known.themes, known.datasets)
    files = {
        "gaps.geojson": json_bytes(gaps),
        "opinion.html": opinion_page(document, "zh"),
        OPINION_FILE: opinion_bytes(document),  # last: it says that there is an opinion
    }
    for name, data in files.items():
        write_file(folder / name, data)
    return tuple(folder / name for name in sorted(files))


def issue(
    root: Path, request: Request, project: Project, document: Mapping[str, Any], known: Known, at: datetime
) -> int:
    """Put a formal opinion into the register and the ledger; the line of the ledger.

    Raises UsageError where the request has been answered, OutputError.
    """
    if request.answered is not None and entry_of(root, _hash_in(request.folder / OPINION_FILE)) is not None:
        raise UsageError(
            _("request {number} has been answered").format(number=request.number),
            where=str(request.folder / OPINION_FILE),
            hint=_("open a new request where something has changed: longquan duplicates request"),
        )
    write_files(request.folder, project, document, known)
    facts = {
        "request": request.number,
        "project": project.name,
        "applicant": project.applicant,
        "opinion": document["hash"],
        "signed_by": document["signed_by"],
        "themes": {theme["id"]: theme["conclusion"] for theme in document["themes"]},
    }
    return append(root, "opinion", facts, at).n


def entry_of(root: Path, hash: str) -> int | None:
    """The line of the ledger that names an opinion; None where there is none."""
    found = (e.n for e in entries(root) if e.kind == "opinion" and e.facts.get("opinion") == hash)
    return next(found, None)


def project_of(document: Mapping[str, Any]) -> Project:
    """The project that an opinion is about. Raises KeyError, ValueError or TypeError for what is no opinion."""
    said = document["project"]
    wanted = Wanted(
        themes=tuple(said["themes"]),
        scale=said["scale"],
        current=date.fromisoformat(said["current"]) if said["current"] else None,
        accuracy_m=said["accuracy_m"],
    )
    area = area_from(said["area"])
    return Project(said["name"], said["applicant"], area, said["file"], said["sha256"], wanted, said["request"])


def check_opinion(path: Path, root: Path | None, dist: Path | None, progress: Progress) -> Verdict:
    """Whether an opinion is what was issued: by its hash, by making it again, and by the ledger.

    From a workspace `root` or a published folder `dist`, where one is given. Raises InputError for a file that is no
    opinion.
    """
    data = _read(path)
    document, lang = _parsed(path, data)
    faults, notes = [], []
    if document.get("hash") != hash_of(document):
        faults.append(_("its content does not have its hash: it was altered"))
    try:
        project = project_of(document)
        setting = _setting_of(document)
        writer = document["software"]["longquan"]
        same = opinion_page(document, lang) == data if lang else opinion_bytes(document) == data
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise _no_opinion(path) from error
    if not same and writer != pipeline.__version__:
        notes.append(
            _("written by longquan {version}: only its hash can be compared, not its looks").format(version=writer)
        )
    elif not same:
        faults.append(_("the file is not the one that its content makes: it was altered"))
    recomputed = False
    if document["edition"] is None and root is not None:
        known = known_of_workspace(root, setting.as_of, project.wanted.themes, progress, project.request)
    elif document["edition"] is not None and dist is not None:
        known = known_of_edition(dist)
    else:
        known = None
        notes.append(
            _("it was not made again: give the workspace (-w) or the published folder (--dist) it was made from")
        )
    if known is not None:
        now = replace(setting, publisher=known.publisher, edition=known.edition, missing=known.missing)
        again = make_opinion(project, now, known)
        again["software"] = document["software"]
        recomputed, found, told = _compared(document, {**again, "hash": hash_of(again)})
        faults += found
        notes += told
    entry = entry_of(root, document["hash"]) if root is not None else None
    if document["standing"] == "formal" and root is not None and entry is None:
        faults.append(_("it says that it is formal, and the ledger does not know it"))
    return Verdict(document, tuple(faults), tuple(notes), recomputed, entry)


def _compared(said: Mapping[str, Any], again: Mapping[str, Any]) -> tuple[bool, list[str], list[str]]:
    """Whether both are the same; what is wrong with the first; what has changed since, so that they cannot be."""
    if said["hash"] == again["hash"]:
        return True, [], []
    before, now = _by_dataset(said), _by_dataset(again)
    changed = sorted(id for id in before.keys() | now.keys() if _basis(before.get(id)) != _basis(now.get(id)))
    notes = []
    if changed:
        notes.append(_("data have changed since: {ids}").format(ids=", ".join(changed)))
    if said["planned"] != again["planned"]:
        notes.append(_("the register of planned projects has changed since"))
    rest = {key for key in said.keys() | again.keys() if said.get(key) != again.get(key)} - {
        "themes",
        "planned",
        "hash",
    }
    if "project" in rest:
        return False, [_("its area does not have the cells that it says")], notes
    if rest:
        notes.append(_("the settings of the platform have changed since: {keys}").format(keys=", ".join(sorted(rest))))
    wrong = sorted(id for id in before.keys() & now.keys() if id not in changed and before[id] != now[id])
    if wrong:
        return (
            False,
            [_("made again from the same data it says something else of: {ids}").format(ids=", ".join(wrong))],
            notes,
        )
    if not changed and said["themes"] != again["themes"]:
        return False, [_("made again from the same data it comes to other results")], notes
    return False, [], notes


def _by_dataset(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {dataset["id"]: dataset for theme in document["themes"] for dataset in theme["datasets"]}


_INPUTS = ("title", "department", "currency", "scale", "accuracy_m", "share", "coverage", "inputs")


def _basis(dataset: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return None if dataset is None else {key: dataset[key] for key in _INPUTS}


def _setting_of(document: Mapping[str, Any]) -> Setting:
    publisher = {key: document[key] for key in PUBLISHER}
    return Setting(
        standing=document["standing"],
        as_of=date.fromisoformat(document["as_of"]),
        publisher=publisher,
        edition=document["edition"],
        signed_by=document["signed_by"],
        missing=tuple(document["missing"]),
    )


def _publisher(framework: Framework) -> dict[str, Any]:
    city = framework.city
    return {
        "platform": city.platform.model_dump(),
        "city": {"code": city.code, "name": city.name.model_dump()},
        "sample": city.sample,
        "notice": notice_of(framework),
        "attribution": city.attribution.model_dump(),
        "review": {"number": framework.publish.review_number or None},
    }


def _hash_in(path: Path) -> str:
    return str(_parsed(path, _read(path))[0].get("hash"))


def _parsed(path: Path, data: bytes) -> tuple[dict[str, Any], str]:
    """The document in a file, and the language of a page; empty where the file is JSON."""
    page = document_of(data)
    if page is not None:
        return page
    try:
        document = json.loads(data)
    except ValueError as error:
        raise _no_opinion(path) from error
    if not isinstance(document, dict) or "hash" not in document:
        raise _no_opinion(path)
    return document, ""


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            _("The file cannot be read: {reason}").format(reason=error.strerror or str(error)), where=str(path)
        ) from error


def _no_opinion(path: Path) -> InputError:
    return InputError(
        _("This is no opinion on duplicates, or it is damaged."),
        where=str(path),
        expected=_("opinion.json or opinion.html as longquan duplicates wrote it"),
    )


def digest(path: Path) -> str:
    """The sha256 of a file. Raises InputError."""
    return hashlib.sha256(_read(path)).hexdigest()
