"""What `longquan bundle` does: a signed release, a part of it or the way to it from an older one, onto a disk."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.archive.staging import cannot_write
from pipeline.errors import InputError, UsageError
from pipeline.i18n import _
from pipeline.portal.offline_page import NAME as OFFLINE
from pipeline.portal.offline_page import offline_page
from pipeline.progress import Progress, Silent
from pipeline.release.bundle.partial.cut import cut_of
from pipeline.release.bundle.partial.derived import sign_part
from pipeline.release.bundle.partial.make import make_part
from pipeline.release.bundle.signed import signed_release, withdrawn_files
from pipeline.release.bundle.source import ReleaseFolder, read_release
from pipeline.release.bundle.write import Bundle, Carried, Packing, write_bundle
from pipeline.release.delta import make_delta
from pipeline.release.kept import find_kept, kept_releases
from pipeline.release.trust.verify import Trusted
from pipeline.types import Bounds


@dataclass(frozen=True, slots=True)
class Wanted:
    """What goes onto the disk."""

    since: Path | None = None  # the older release; then only what differs is carried
    towns: Sequence[str] = ()
    bounds: Bounds | None = None
    datasets: Sequence[str] = ()
    signer: Any = None  # a publisher's key, for a part
    double_click: bool = False
    packing: Packing = field(default_factory=Packing)

    @property
    def part(self) -> bool:
        """Whether it is less than the whole."""
        return bool(self.towns or self.bounds or self.datasets)


def find_release(workspace: Path, text: str) -> Path:
    """The folder of the release that a person means: a folder, EDITION (the newest that is kept), or EDITION/ID.

    Raises InputError where there is none.
    """
    if (Path(text) / "release.json").is_file():
        return Path(text)
    edition, _slash, id = text.partition("/")
    if id:
        return find_kept(workspace, edition, id).folder
    kept = kept_releases(workspace, edition) if edition not in ("", ".", "..") else ()
    if not kept:
        raise InputError(
            _("There is no such release: {name}").format(name=text),
            expected=_("the folder of a release, EDITION or EDITION/ID of the workspace"),
            hint=_("a release is completed by: longquan sign … --as publish -w WORKSPACE"),
        )
    return kept[-1].folder


def bundle_release(
    folder: Path,
    out: Path,
    wanted: Wanted,
    *,
    now: datetime,
    work: Path,
    root: bytes | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> tuple[Bundle, Trusted]:
    """Write the bundle of the release in `folder` into the new folder `out`; also what was believed of the release.

    `work` is a folder for what is made on the way and removed at the end; `root` the trusted root, by default the one
    in the release. Raises PolicyRefusal for a release that is not signed or was withdrawn, and what `write_bundle`,
    `make_part` and `make_delta` raise.
    """
    progress = progress or Silent()
    if wanted.since is not None and wanted.part:
        raise UsageError(_("A part cannot be an update: leave out --since, or --town, --bbox and --datasets."))
    if wanted.since is not None and wanted.double_click:
        raise UsageError(_("An update holds no map to look at: leave out --double-click or --since."))
    if wanted.packing.runtime is not None and (wanted.since is not None or wanted.packing.recipients):
        raise UsageError(
            _("Updates and encrypted bundles need longquan at the office; a portable Python alone is no use there."),
            hint=_("leave --runtime out"),
        )
    if wanted.part and wanted.signer is None:
        raise UsageError(
            _("A part is a release of its own, which the publisher signs."),
            expected="--key KEY.pem",
        )
    release = read_release(folder)
    trusted = signed_release(release, root, now)
    withdrawn = withdrawn_files(release, trusted)
    with _work(work) as made:
        if wanted.part:
            carried, release = _cut(release, trusted, wanted, made / "part", withdrawn, threads, progress)
        elif wanted.since is not None:
            older = read_release(wanted.since)
            signed_release(older, root, now)
            gone = {each.sha256 for each in trusted.withdrawn}
            make_delta(older.folder, folder, made / "delta", omit=gone, threads=threads, progress=progress)
            carried = Carried(delta=made / "delta", since=older.release, withdrawn=withdrawn)
        else:
            parent = (release.manifest.get("derived") or {}).get("release")
            carried = Carried(withdrawn=withdrawn, parent=parent)
        page = _page(release) if wanted.double_click else None
        return write_bundle(release, out, wanted.packing, carried=carried, page=page, progress=progress), trusted


def _cut(
    whole: ReleaseFolder,
    trusted: Trusted,
    wanted: Wanted,
    out: Path,
    withdrawn: Mapping[str, str],
    threads: int | None,
    progress: Progress,
) -> tuple[Carried, ReleaseFolder]:
    if whole.manifest.get("derived"):
        raise UsageError(_("This release is a part already; cut the whole one."), where=str(whole.folder))
    if not whole.catalog:
        raise InputError(_("The release has no catalogue to tell what is in it."), where=str(whole.folder))
    cut = cut_of(whole.folder, whole.catalog, towns=wanted.towns, bounds=wanted.bounds, datasets=wanted.datasets)
    # Names and coverage of what was taken back must not live on in an index that is made anew.
    taken_back = {
        dataset
        for archive in whole.manifest["allowed"]["archives"]
        if archive["file"] in withdrawn
        for dataset in archive["datasets"]
    }
    cut = replace(cut, datasets=cut.datasets - taken_back)
    make_part(whole, out, cut, omit=frozenset(withdrawn), threads=threads, progress=progress)
    sign_part(out, whole.folder, trusted, wanted.signer)
    return Carried(parent=whole.release), read_release(out)


def _page(release: ReleaseFolder) -> bytes:
    """The page that opens from a disk: the release's own, else one made of its files."""
    if OFFLINE not in release.sums:
        return offline_page(release.folder, release.catalog)
    data = (release.folder / OFFLINE).read_bytes()
    if hashlib.sha256(data).hexdigest() != release.sums[OFFLINE]:
        raise InputError(_("The file is not as the release's lists say."), where=str(release.folder / OFFLINE))
    return data


@contextmanager
def _work(folder: Path) -> Iterator[Path]:
    """A folder that is empty at the beginning and gone at the end."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        yield folder
    except OSError as error:
        raise cannot_write(folder, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
