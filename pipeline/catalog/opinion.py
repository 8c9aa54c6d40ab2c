"""The opinion on a planned project (立项查重意见) as a document with a hash that anyone can work out again.

`hash` is the sha256 of the document without it, as canonical JSON: keys in order, no blanks, UTF-8. Everything that
decides over the document stands in it, with the hash of every input; the same inputs give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

import numpy as np

import pipeline
from pipeline.catalog.cells import Cells
from pipeline.catalog.duplicates import Existing, Match, Planned, ThemeMatch, Wanted, assess, overlapping, tenths
from pipeline.catalog.grid import ZOOM, square_metres
from pipeline.catalog.outline import area_geometry, outline
from pipeline.catalog.shapes import area_cells
from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.types import Geometries

VERSION: Final = 1

Standing = Literal["self-check", "draft", "formal"]


@dataclass(frozen=True, slots=True)
class Project:
    """A planned project, as its applicant describes it."""

    name: str
    applicant: str
    area: Geometries  # polygons in degrees
    file: str  # the name of the area's file
    sha256: str  # of that file
    wanted: Wanted
    request: str | None = None  # its number in the register


@dataclass(frozen=True, slots=True)
class Setting:
    """Who says it, when, and from what."""

    standing: Standing
    as_of: date
    publisher: Mapping[str, Any]  # platform, city, sample, notice, attribution, review as in catalog.json
    edition: Mapping[str, Any] | None  # whose catalogue was asked: id, title; None: all of the workspace
    signed_by: str | None = None  # of a formal opinion
    missing: tuple[str, ...] = ()  # datasets of which nothing was handed in yet


def write_opinion(
    project: Project,
    setting: Setting,
    themes: Sequence[Mapping[str, Any]],
    datasets: Sequence[Existing],
    planned: Sequence[Planned] = (),
) -> dict[str, Any]:
    """The opinion as a document, with its hash. Raises InputError for an area without any cell."""
    area = area_cells(project.area)
    if not len(area):
        raise InputError(
            _("There is no area in it."), where=project.file, expected=_("at least one polygon in the world's map")
        )
    found = assess(area, project.wanted, themes, datasets)
    wanted = project.wanted
    document = {
        "version": VERSION,
        "standing": setting.standing,
        "as_of": setting.as_of.isoformat(),
        **setting.publisher,
        "edition": setting.edition,
        "grid": ZOOM,
        "project": {
            "name": project.name,
            "applicant": project.applicant,
            "request": project.request,
            "file": project.file,
            "sha256": project.sha256,
            "themes": list(wanted.themes),
            "scale": wanted.scale,
            "current": wanted.current.isoformat() if wanted.current else None,
            "accuracy_m": wanted.accuracy_m,
            "cells": len(area),
            "square_metres": _square_metres(area),
            "area": area_geometry(project.area),
        },
        "themes": [_theme(area, theme) for theme in found],
        "planned": [_planned(area, other, common) for other, common in overlapping(area, wanted, planned)],
        "missing": list(setting.missing),
        "signed_by": setting.signed_by,
        "software": {"longquan": pipeline.__version__},
    }
    return {**document, "hash": hash_of(document)}


def hash_of(document: Mapping[str, Any]) -> str:
    """The hash of a document, whatever it says of its own."""
    said = {key: value for key, value in document.items() if key != "hash"}
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def opinion_bytes(document: Mapping[str, Any]) -> bytes:
    """`opinion.json`: legible, in the order of the document; geometries on one line each."""
    return (_legible(document, 0) + "\n").encode()


def gaps_geojson(project: Project, themes: Sequence[Mapping[str, Any]], datasets: Sequence[Existing]) -> dict[str, Any]:
    """What is missing, as GeoJSON for a GIS: a feature for each theme, and for each dataset that has a part."""
    area = area_cells(project.area)
    features = []
    for theme in assess(area, project.wanted, themes, datasets):
        features.append(_feature({"theme": theme.id, "dataset": None, "title": theme.title["zh"]}, theme.gap, area))
        for match in theme.matches:
            if len(match.cells):
                words = {"theme": theme.id, "dataset": match.dataset.id, "title": match.dataset.title["zh"]}
                features.append(_feature(words, area - match.cells, area))
    return {"type": "FeatureCollection", "features": features}


def _feature(words: Mapping[str, Any], gap: Cells, area: Cells) -> dict[str, Any]:
    counted = {"cells": len(gap), "percent": tenths(len(gap), len(area)) / 10}
    return {"type": "Feature", "properties": {**words, **counted}, "geometry": outline(gap)}


def _theme(area: Cells, theme: ThemeMatch) -> dict[str, Any]:
    unfit = theme.existing - theme.right  # part of the gap: there is something, but it does not do
    return {
        "id": theme.id,
        "title": dict(theme.title),
        "conclusion": theme.conclusion,
        "right": _share(theme.right, area),
        "existing": _share(theme.existing, area),
        "unfit": {**_share(unfit, area), "area": outline(unfit)},
        "gap": {**_share(theme.gap, area), "area": outline(theme.gap)},
        "datasets": [_match(area, match) for match in theme.matches],
    }


def _match(area: Cells, match: Match) -> dict[str, Any]:
    dataset = match.dataset
    return {
        "id": dataset.id,
        "title": dict(dataset.title),
        "department": dict(dataset.department),
        "currency": dataset.currency.isoformat(),
        "scale": dataset.scale,
        "accuracy_m": dataset.accuracy_m,
        "share": dataset.share,
        **_share(match.cells, area),
        "fit": match.fit,
        "lacks": list(match.lacks),
        "untold": list(match.untold),
        "coverage": {"how": dataset.coverage.how, "reach": dataset.coverage.reach, "sha256": dataset.sha256},
        "inputs": [dict(each) for each in dataset.inputs],
    }


def _planned(area: Cells, other: Planned, common: Cells) -> dict[str, Any]:
    return {
        "number": other.number,
        "project": other.project,
        "applicant": other.applicant,
        "themes": list(other.themes),
        "received": other.received.isoformat(),
        "state": other.state,
        "sha256": other.sha256,
        **_share(common, area),
    }


def _share(part: Cells, whole: Cells) -> dict[str, Any]:
    return {"cells": len(part), "percent": tenths(len(part), len(whole)) / 10}


def _square_metres(cells: Cells) -> int:
    row, begin, end = cells.by_row()
    return round(float(np.dot(square_metres(row), end - begin)))


def _legible(value: Any, depth: int) -> str:
    inner = " " * (depth + 1)
    if isinstance(value, Mapping) and value and "coordinates" not in value:
        lines = [f"{inner}{json.dumps(key)}: {_legible(each, depth + 1)}" for key, each in value.items()]
        return "{\n" + ",\n".join(lines) + "\n" + " " * depth + "}"
    if isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
        return "[\n" + ",\n".join(inner + _legible(each, depth + 1) for each in value) + "\n" + " " * depth + "]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
