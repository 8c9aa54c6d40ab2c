"""What a published edition has, read from its finished files alone: what anyone can check a project against."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.catalog.coverage import INDEX, coverage_from
from pipeline.catalog.duplicates import Existing
from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.types import Bounds

# What every opinion repeats of the catalogue: whose it is, and what must always be seen.
PUBLISHER = ("platform", "city", "sample", "notice", "attribution", "review")


@dataclass(frozen=True, slots=True)
class Published:
    """An edition's datasets and their coverage."""

    publisher: Mapping[str, Any]
    edition: Mapping[str, Any]  # id, title
    themes: Sequence[Mapping[str, Any]]  # id, title
    datasets: tuple[Existing, ...]
    bounds: Bounds  # of the city


def read_published(dist: Path) -> Published:
    """The datasets of a published folder that have a coverage. Raises InputError for missing or damaged files."""
    catalog, index = _json(dist / "catalog.json"), _json(dist / INDEX)
    try:
        entries = {entry["dataset"]: entry for entry in index["datasets"]}
        datasets = [_existing(dist, d, entries[d["id"]]) for d in catalog["datasets"] if d["id"] in entries]
        publisher = {key: catalog[key] for key in PUBLISHER}
        west, south, east, north = catalog["bounds"]
        return Published(publisher, catalog["edition"], catalog["themes"], tuple(datasets), (west, south, east, north))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            _("The published folder does not fit this version: {reason}").format(reason=error),
            where=str(dist),
            hint=_("build the edition again"),
        ) from error


def _existing(dist: Path, dataset: Mapping[str, Any], entry: Mapping[str, Any]) -> Existing:
    data = _bytes(dist / entry["file"])
    if hashlib.sha256(data).hexdigest() != entry["sha256"]:
        raise InputError(
            _("The file is not the one that was published."),
            where=str(dist / entry["file"]),
            expected=f"sha256 {entry['sha256']}",
            hint=_("copy the published folder again, or build the edition again"),
        )
    return Existing(
        id=dataset["id"],
        title=dataset["title"],
        theme=dataset["theme"],
        department={key: dataset["department"][key] for key in ("id", "name")},
        currency=date.fromisoformat(dataset["currency"]),
        scale=dataset["scale"],
        accuracy_m=dataset["accuracy_m"],
        share=dataset["share"],
        coverage=coverage_from(data, str(dist / entry["file"])),
        sha256=entry["sha256"],
    )


def _json(path: Path) -> Any:
    try:
        return json.loads(_bytes(path))
    except ValueError as error:
        raise InputError(_("The file is no JSON: {reason}").format(reason=error), where=str(path)) from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            _("The file cannot be read: {reason}").format(reason=error.strerror or str(error)),
            where=str(path),
            expected=_("the folder of a published edition, such as dist/public"),
        ) from error
