"""A bundle from a release folder: copied and hashed in one reading, then read back and compared."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pipeline.archive.staging import cannot_write
from pipeline.errors import UsageError
from pipeline.i18n import _
from pipeline.portal.files import write_file
from pipeline.progress import Progress, Silent
from pipeline.release.bundle.bag import check_bag, payload_list, write_bag
from pipeline.release.bundle.instructions import PAGE, Facts, instruction_page
from pipeline.release.bundle.layout import DATA, DELTA, RELEASE, ROOT, About, Part
from pipeline.release.bundle.payload import Item, PlainPayload, SealedPayload
from pipeline.release.bundle.recipients import read_recipients
from pipeline.release.bundle.runtime import STARTER, copy_runtime, runtime_files, starter
from pipeline.release.bundle.source import ReleaseFolder
from pipeline.release.bundle.volumes import DEFAULT, check_size
from pipeline.standalone import tools
from pipeline.standalone.verify import MANIFEST, METADATA

INDEX: Final = "index.html"
_TRUSTED: Final = f"{METADATA}root.json"


@dataclass(frozen=True, slots=True)
class Packing:
    """How a bundle is packed."""

    volume: int = DEFAULT  # bytes that no file exceeds
    runtime: Path | None = None  # a portable Python for Windows
    recipients: Sequence[str] = ()  # as `age` takes them; none: not encrypted
    double_click: bool = False


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was written and read back."""

    folder: Path
    about: About
    files: int  # below data/
    bytes: int
    volumes: int  # pieces of files that were cut, or encrypted volumes
    encrypted: bool
    fingerprint: str  # of the release
    manifest: str  # the sha256 of the bag's manifest

    def as_json(self) -> dict[str, Any]:
        """The result as a JSON object."""
        about = self.about
        return {
            "folder": str(self.folder),
            "kind": about.kind,
            "city": about.city,
            "edition": about.edition,
            "release": about.release,
            "since": about.since,
            "parent": about.parent,
            "fingerprint": self.fingerprint,
            "files": self.files,
            "bytes": self.bytes,
            "volumes": self.volumes,
            "encrypted": self.encrypted,
            "withdrawn": [part.path for part in about.withdrawn],
            "manifest_sha256": self.manifest,
        }


@dataclass(frozen=True, slots=True)
class Carried:
    """What is carried besides a whole release, or instead of its files."""

    delta: Path | None = None  # a folder of pipeline.release.delta
    since: str | None = None  # the id of the release that it starts from
    parent: str | None = None  # the id of the release that this one is a part of
    withdrawn: Mapping[str, str] = field(default_factory=dict)  # path → sha256, left out


def write_bundle(
    release: ReleaseFolder,
    out: Path,
    packing: Packing,
    *,
    carried: Carried | None = None,
    page: bytes | None = None,
    progress: Progress | None = None,
) -> Bundle:
    """Write the new folder `out` with the bundle of a release; `page` is the index.html of a double click.

    The same release packed in the same way gives the same bytes, encryption apart, which takes fresh keys each time.

    Raises UsageError where `out` exists or a volume has no possible size, InputError for a release that is not as its
    lists say, a runtime that is none and for what was not read back as it was written, OutputError where it cannot be
    written.
    """
    check_size(packing.volume)
    carried, progress = carried or Carried(), progress or Silent()
    about = _about(release, carried)
    runtime = runtime_files(packing.runtime) if packing.runtime else {}
    recipients = read_recipients(packing.recipients)
    items = _items(release, carried, page if recipients else None)
    with _staged(out) as folder:
        data = folder / DATA
        data.mkdir()
        payload = SealedPayload(data, packing.volume, recipients) if recipients else PlainPayload(data, packing.volume)
        progress.start(_("packing"), sum(item.size for item in items), _("bytes"))
        there = payload.write(about, items, progress)
        progress.done()
        outer = hashlib.sha256(payload_list(there)).hexdigest()
        facts = Facts(
            files=len(release.sums) - len(carried.withdrawn),
            bytes=sum(part.bytes for part in there.values()),
            volumes=sum(".vol" in path[-7:] or path.endswith(".age") for path in there),
            runtime=bool(runtime),
            double_click=page is not None and not recipients,
            outer=outer if recipients else None,
        )
        tags = _write_tools(folder, instruction_page(about, release.manifest, release.catalog, facts))
        if page is not None and not recipients:
            tags |= _tag(folder, INDEX, page)
        if packing.runtime:
            tags |= copy_runtime(packing.runtime, runtime, folder) | _tag(folder, STARTER, starter())
        write_bag(folder, there, tags, {"Bag-Software-Agent": "longquan", "External-Identifier": about.release})
        check_bag(folder, progress)
    return Bundle(
        out, about, len(there), facts.bytes, facts.volumes, bool(recipients), release.fingerprint, outer
    )  # fmt: skip


def _about(release: ReleaseFolder, carried: Carried) -> About:
    manifest = release.manifest
    return About(
        kind="delta" if carried.delta else "partial" if carried.parent else "full",
        city=str(manifest["city"]),
        edition=str(manifest["edition"]),
        sample=bool(manifest["sample"]),
        release=release.release,
        fingerprint=release.fingerprint,
        since=carried.since,
        parent=carried.parent,
        withdrawn=tuple(
            Part(path, release.sizes.get(path, 0), digest) for path, digest in sorted(carried.withdrawn.items())
        ),
    )


def _items(release: ReleaseFolder, carried: Carried, page: bytes | None) -> list[Item]:
    """Everything below data/ but bundle.json, in the order of the paths."""
    items = [Item(f"{RELEASE}/{path}", release.folder / path) for path in release.beside]
    if carried.delta is None:
        kept = {path: digest for path, digest in release.sums.items() if path not in carried.withdrawn}
        listed = {item.path for item in items}
        items += [
            Item(f"{RELEASE}/{path}", release.folder / path, digest)
            for path, digest in kept.items()
            if f"{RELEASE}/{path}" not in listed
        ]
    else:
        # What says and proves what the update leads to lies there as it is: it is read before anything is made.
        items.append(Item(f"{RELEASE}/{MANIFEST}", release.folder / MANIFEST, release.sums[MANIFEST]))
        below = (path for path in carried.delta.rglob("*") if path.is_file())
        items += [Item(f"{DELTA}/{path.relative_to(carried.delta).as_posix()}", path) for path in below]
    if _TRUSTED in release.beside:
        items.append(Item(ROOT, release.folder / _TRUSTED))
    if page is not None:
        items.append(Item(INDEX, page))
    return sorted(items, key=lambda item: item.path.encode())


def _write_tools(folder: Path, instructions: bytes) -> dict[str, str]:
    """The page and the scripts; returns their hashes."""
    tags = _tag(folder, PAGE, instructions)
    here = Path(tools.__file__).parent
    for name in tools.SCRIPTS:
        tags |= _tag(folder, name, (here / name).read_bytes())
    return tags


def _tag(folder: Path, name: str, data: bytes) -> dict[str, str]:
    write_file(folder / name, data)
    return {name: hashlib.sha256(data).hexdigest()}


@contextmanager
def _staged(out: Path) -> Iterator[Path]:
    """A folder beside `out` that becomes it when all went well, and is gone when not."""
    if out.exists() or out.is_symlink():
        raise UsageError(
            _("there is something already: nothing was written"),
            where=str(out),
            expected=_("the name of a new folder"),
            hint=_("choose another name, or remove it"),
        )
    staged = out.with_name(f".{out.absolute().name}.new")
    try:
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir(parents=True)
        yield staged
        staged.rename(out)
    except OSError as error:
        raise cannot_write(out, error) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
