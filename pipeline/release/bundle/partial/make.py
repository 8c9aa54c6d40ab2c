"""Makes a part of a release: archives cut, and everything that describes and shows them made anew of what is left."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Final

from pipeline.catalog import face_files
from pipeline.errors import InputError, UsageError
from pipeline.i18n import _
from pipeline.making.finished import MANIFEST
from pipeline.portal.files import json_bytes, write_file
from pipeline.portal.offline_page import NAME as OFFLINE
from pipeline.portal.offline_page import write_offline_page
from pipeline.portal.status_page import edition_status
from pipeline.portal.write import write_portal
from pipeline.progress import Progress, Silent
from pipeline.release.bundle.partial.archives import cut_archives
from pipeline.release.bundle.partial.contents import shown_characters, write_part_coverage, write_part_search
from pipeline.release.bundle.partial.cut import Cut
from pipeline.release.bundle.partial.description import part_catalog, part_tilejson
from pipeline.release.bundle.partial.manifest import write_part_manifest
from pipeline.release.bundle.source import CATALOG, ReleaseFolder
from pipeline.release.verifier import write_verifier

_KEPT: Final = ("web.config",)  # speaks of file types, not of data


def make_part(
    whole: ReleaseFolder,
    out: Path,
    cut: Cut,
    *,
    omit: frozenset[str] = frozenset(),
    threads: int | None = None,
    progress: Progress | None = None,
) -> str:
    """Write the part of a release into the new folder `out`; returns its release id. The same cut, the same bytes.

    `omit` are paths of archives that were withdrawn; nothing of them is in the part.
    Downloads, explanations of archives that were cut and whatever else speaks of the whole stay behind. Raises
    UsageError where nothing is left, InputError for a release of another version, OutputError.
    """
    progress = progress or Silent()
    folder, catalog = whole.folder, whole.catalog
    out.mkdir(parents=True)
    manifest = whole.manifest
    told = {**manifest, "archives": [entry for entry in manifest["archives"] if entry["file"] not in omit]}
    archives = list(cut_archives(folder, told, out, cut, threads=threads, progress=progress))
    if not archives:
        raise UsageError(
            _("Nothing of the release is left."), hint=_("choose a larger area or more datasets; data.html lists all")
        )
    progress.start(_("describing the part"))
    try:
        search = write_part_search(folder, out, catalog, cut)
        part = part_catalog(catalog, cut, archives, search)
        datasets = [entry["id"] for entry in part["datasets"]]
        tilejsons = {
            archive.id: part_tilejson(json.loads((folder / f"tilejson/{archive.id}.json").read_bytes()), archive)
            for archive in archives
            if (folder / f"tilejson/{archive.id}.json").is_file()  # maps of changes have none
        }
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            _("The catalogue is of another version: {reason}").format(reason=repr(error)),
            where=str(folder / CATALOG),
            hint=_("build the release again with this version"),
        ) from error
    write_part_coverage(folder, out, datasets, cut)
    write_file(out / CATALOG, json_bytes(part))
    for id, tilejson in tilejsons.items():
        write_file(out / "tilejson" / f"{id}.json", json_bytes(tilejson))
    for path, content in face_files(part):
        write_file(out / path, content)
    texts = [shown_characters(folder), json.dumps(part, ensure_ascii=False)]
    write_portal(out, catalog=part, tilejsons=tilejsons, texts=texts, status=edition_status(part))
    if OFFLINE in whole.sums:
        write_offline_page(out, part)
    for path in _KEPT:
        if path in whole.sums:
            shutil.copyfile(folder / path, out / path)
    write_verifier(out)
    digest = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    release = write_part_manifest(out, whole.manifest, cut, archives, datasets, digest)
    progress.done()
    return release
