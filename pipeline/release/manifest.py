"""release.json, SHA256SUMS and SM3SUMS: every file of a published folder, and the id that follows from them.

The id is the sha256 of the text of SHA256SUMS-like lines ``<sha256>  <path>\\n`` in ascending order of the paths'
UTF-8 bytes, without release.json, SHA256SUMS, SM3SUMS, hotlink/, metadata/ (signatures) and feed.atom. So it can be
computed with nothing but `sha256sum` and `sort`, and does not depend on anything but the content.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.editions import EditionView
from pipeline.errors import InputError
from pipeline.framework import Framework
from pipeline.i18n import _
from pipeline.making.files import Digests, digests_of
from pipeline.making.finished import MANIFEST, VERSION, read_manifest
from pipeline.making.inputs import InputFile
from pipeline.making.made import MadeArchive
from pipeline.portal.files import json_bytes, write_file
from pipeline.release.allowed import allow_list
from pipeline.release.media import media_type
from pipeline.standalone.verify import has_sm3

SUMS = "SHA256SUMS"
SM3_SUMS = "SM3SUMS"

_APART = (MANIFEST, SUMS, SM3_SUMS, "feed.atom")
_APART_FOLDERS = ("hotlink/", "metadata/")


def in_release(path: str) -> bool:
    """Whether a file below the published folder counts towards the release id and is listed in release.json."""
    return path not in _APART and not path.startswith(_APART_FOLDERS)


def release_id(files: Iterable[tuple[str, str]]) -> str:
    """The id of a release from its (path, sha256) pairs, in any order."""
    ordered = sorted(((path.encode(), digest) for path, digest in files if in_release(path)))
    text = b"".join(digest.encode() + b"  " + path + b"\n" for path, digest in ordered)
    return hashlib.sha256(text).hexdigest()


def write_manifest(
    dist: Path,
    framework: Framework,
    view: EditionView,
    *,
    archives: Mapping[str, MadeArchive],
    inputs: Sequence[InputFile],
    software: Mapping[str, str],
    as_of: date,
    overrides: Sequence[Mapping[str, Any]] = (),
    review_number: str | None = None,
    rules: Mapping[str, Any] | None = None,
) -> str:
    """Write release.json and the sums for everything that lies in `dist`, and return the release id.

    SM3SUMS is written where this machine's OpenSSL knows SM3; else there is none, not even of an earlier build.

    `archives` are by id; `inputs` are those of the edition's own datasets, so that the manifest of one edition names
    nothing of another. `rules` are those of maps that it was judged by, `overrides` what was let through all the same.

    Raises OutputError when a file cannot be written.
    """
    made = [(archive.facts, archive) for archive in archives.values() if archive.facts is not None]
    owners = {file: sorted(facts.datasets) for facts, archive in made for file in archive.files}
    files, digests = describe_files(dist, owners)
    id = release_id((file["path"], file["sha256"]) for file in files)
    manifest = {
        "version": VERSION,
        "release": id,
        "city": framework.city.code,
        "edition": view.edition.id,
        "public": view.edition.public,
        "sample": framework.city.sample,
        "previous": None,  # a release: the one before it; `release` fills both in, the id stays as it is
        "review": {"number": review_number, "scope": None},
        "as_of": as_of.isoformat(),
        "rules": dict(rules or {}),
        "overrides": [dict(each) for each in overrides],
        "datasets": [
            {
                "id": shown.dataset.id,
                "currency": shown.dataset.currency.isoformat(),
                "fields": [field.name for field in shown.fields],
            }
            for shown in view.datasets
        ],
        "archives": [
            {
                "id": facts.id,
                "file": facts.file,
                "sha256": facts.sha256,
                "recipe": archive.recipe,
                "explanation": next((file for file in archive.files if file != facts.file), None),
            }
            for facts, archive in made
        ],
        "allowed": allow_list(view, [facts for facts, _archive in made]),
        "files": files,
        "inputs": [
            {"dataset": file.dataset, "path": file.path, "bytes": file.bytes, "sha256": file.sha256} for file in inputs
        ],
        "software": dict(sorted(software.items())),
    }
    write_file(dist / MANIFEST, json_bytes(manifest))
    write_sums(dist, {**digests, MANIFEST: digests_of(dist / MANIFEST)})
    return id


def state_release(dist: Path, *, previous: Mapping[str, str] | None, review: Mapping[str, str | None]) -> bytes:
    """Say in a built folder's release.json what came before it and what was reviewed; returns the file's new bytes.

    `previous` has `release` and `manifest_sha256`, `review` has `number` and `scope`. Neither is part of the release
    id; the sums are adjusted, release.json last of all is exchanged, and nothing is when it says so already. Stopped in
    between, `resume_statement` finishes it.

    Raises InputError where the folder holds no release, OutputError.
    """
    manifest = read_manifest(dist)
    if manifest is None:
        raise InputError(
            _("this edition has not been built: {name} is missing").format(name=MANIFEST),
            where=str(dist),
            hint=_("run: longquan build"),
        )
    told = {"previous": dict(previous) if previous else None, "review": dict(review)}
    data = json_bytes({**manifest, **told})
    if data == (dist / MANIFEST).read_bytes():
        return data
    write_file(_pending(dist), data)
    _exchange(dist, data)
    _pending(dist).unlink()
    return data


def resume_statement(dist: Path) -> None:
    """Finish what `state_release` was stopped in, if it was: a list of sums names a release.json that is not there yet.

    Raises OutputError.
    """
    if not _pending(dist).is_file():
        return
    data = _pending(dist).read_bytes()
    hashes = {SUMS: hashlib.sha256(data).hexdigest()} | (
        {SM3_SUMS: hashlib.new("sm3", data).hexdigest()} if has_sm3() else {}
    )
    begun = [
        name
        for name, digest in hashes.items()
        if (dist / name).is_file() and digest in (dist / name).read_text("utf-8")
    ]
    if begun:
        _exchange(dist, data)
    _pending(dist).unlink()


def _pending(dist: Path) -> Path:
    """Beside the folder, in which no file may be that no list names."""
    return dist.with_name(f".{dist.name}.{MANIFEST}")


def _exchange(dist: Path, data: bytes) -> None:
    sums = _exchanged(dist / SUMS, hashlib.sha256(data).hexdigest())
    sm3_sums = _exchanged(dist / SM3_SUMS, hashlib.new("sm3", data).hexdigest()) if has_sm3() else None
    if sm3_sums is None:
        (dist / SM3_SUMS).unlink(missing_ok=True)
    else:
        write_file(dist / SM3_SUMS, sm3_sums)
    write_file(dist / SUMS, sums or b"")
    write_file(dist / MANIFEST, data)


def _exchanged(path: Path, digest: str) -> bytes | None:
    """A list of hashes with another one for release.json; None where there is no such list."""
    if not path.is_file():
        return None
    lines = path.read_text("utf-8").splitlines(keepends=True)
    end = f"  {MANIFEST}\n"
    return "".join(digest + end if line[64:] == end else line for line in lines).encode()


def describe_files(dist: Path, owners: Mapping[str, Sequence[str]]) -> tuple[list[dict[str, Any]], dict[str, Digests]]:
    """What release.json says of every file below `dist`, and their hashes; `owners` are datasets by path."""
    files = []
    digests = {}
    for path in sorted(_files(dist), key=str.encode):
        digests[path] = digests_of(dist / path)
        entry: dict[str, Any] = {
            "path": path,
            "bytes": (dist / path).stat().st_size,
            "sha256": digests[path].sha256,
            "type": media_type(path),
        }
        if path in owners:
            entry["datasets"] = list(owners[path])
        files.append(entry)
    return files, digests


def write_sums(dist: Path, digests: Mapping[str, Digests]) -> None:
    """The lists that `sha256sum --check` and its like for SM3 read."""
    paths = sorted(digests, key=str.encode)
    write_file(dist / SUMS, "".join(f"{digests[path].sha256}  {path}\n" for path in paths).encode())
    (dist / SM3_SUMS).unlink(missing_ok=True)
    if all(each.sm3 is not None for each in digests.values()):
        write_file(dist / SM3_SUMS, "".join(f"{digests[path].sm3}  {path}\n" for path in paths).encode())


def _files(dist: Path) -> Iterable[str]:
    """The paths below `dist` that a manifest lists."""
    for path in dist.rglob("*"):
        name = path.relative_to(dist).as_posix()
        if path.is_file() and in_release(name):
            yield name
