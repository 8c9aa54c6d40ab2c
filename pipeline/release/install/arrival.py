"""What arrived on a disk: its signatures are checked before any of its files is believed or copied."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.progress import Progress, Silent
from pipeline.release.bundle.layout import DATA, DELTA, RELEASE, About, Sealed, read_about_of
from pipeline.release.bundle.partial.derived import verify_release
from pipeline.release.bundle.read import OpenBundle
from pipeline.release.bundle.recipients import read_identities
from pipeline.release.delta.apply import apply_delta
from pipeline.release.delta.listing import read_listing
from pipeline.release.delta.parts import apply_part
from pipeline.release.install.install import STATE, Incoming, Installed, install
from pipeline.release.install.roots import trusted_roots
from pipeline.release.install.told import told
from pipeline.release.trust.error import TrustError
from pipeline.release.trust.seen import read_seen
from pipeline.release.trust.source import MemorySource
from pipeline.release.trust.verify import Trusted
from pipeline.standalone import current, installed, medium, verify, whole
from pipeline.standalone.medium import Arrived, Disk, Piece

if TYPE_CHECKING:
    from pipeline.release.bundle.recipients import Identity

_OPENED = "opened"  # in staging/: what was decrypted


@dataclass(frozen=True, slots=True)
class Trust:
    """What an office believes signatures by, besides the root in its install folder."""

    root: Path | None = None
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """A bundle that was imported."""

    installed: Installed
    trusted: Trusted
    kind: str  # full, partial or delta


@dataclass(frozen=True, slots=True)
class _Opened:
    """Where the parts of a bundle lie."""

    disk: Disk
    delta: Path | None = None
    since: str | None = None
    kind: str = "full"


def import_bundle(
    bundle: Path,
    home: Path,
    *,
    trust: Trust,
    now: datetime,
    identity: Path | None = None,
    install_release: Callable[[Incoming], Installed] | None = None,
    progress: Progress | None = None,
) -> Imported:
    """Check the signatures of a bundle, or of a release folder, and install what it holds below `home`.

    A delta is applied to the release that it starts from, which must be here. `identity` holds the private keys that
    open an encrypted bundle. `install_release` installs with other choices than the usual ones.

    Raises TrustError for signatures that do not hold, UsageError where nothing says whom to trust or a key is missing,
    InputError for what is damaged or does not belong here, PolicyRefusal for what was withdrawn, OutputError. What
    runs has then not been touched.
    """
    progress = progress or Silent()
    chosen = install_release or (lambda incoming: install(home, incoming, now=now, progress=progress))
    identities = read_identities(identity) if identity is not None else []
    with told(home, str(bundle)), _opened(bundle, home, identities, progress) as opened:
        found = medium.arrived(opened.disk, _manifest(opened, home))
        trusted = _believed(found, home, trust, now)
        incoming = Incoming(
            city=found.city,
            edition=found.edition,
            release=found.release,
            as_of=found.as_of,
            number=trusted.seen.targets,
            sums=found.needed.sums,
            beside=found.needed.beside,
            blocks=opened.disk.blocks,
            root=trusted.root,
            seen=trusted.seen,
            withdrawn=trusted.withdrawn,
            prepare=None if opened.delta is None else partial(_rebuild, opened, home, progress),
            where=str(bundle),
        )
        return Imported(chosen(incoming), trusted, opened.kind)


def _believed(found: Arrived, home: Path, trust: Trust, now: datetime) -> Trusted:
    """Hold the lists of what arrived against the signatures. Raises TrustError."""
    metadata = {
        path[len(verify.METADATA) :]: data
        for path, data in found.needed.beside.items()
        if path.startswith(verify.METADATA)
    }
    source, seen = MemorySource(metadata), read_seen(home / STATE)
    roots = trusted_roots(home, source, trust.root, trust.fingerprint)
    judged = [verify_release(source, root, found.manifest, seen=seen, now=now, online=False) for root in roots]
    trusted = judged[0]  # all agree, or one of them has raised
    if found.fingerprint != trusted.sums_sha256:
        raise TrustError(
            _("SHA256SUMS is not the file that was signed"),
            attack="arbitrary-file",
            where=verify.SUMS,
            expected=f"sha256 {trusted.sums_sha256}",
            hint=_("copy the release again; if it stays so, do not use it"),
        )
    return trusted


def _rebuild(opened: _Opened, home: Path, progress: Progress, staged: Path) -> None:
    """Make the release in its staging folder from the one that the delta starts from."""
    assert opened.delta is not None
    apply_delta(_base(opened, home), opened.delta, staged, progress=progress)


def _base(opened: _Opened, home: Path) -> Path:
    """The release here that a delta starts from. Raises InputError where it is not here."""
    root = verify.long_path(os.fspath(home))
    name = str(opened.since)[: current.SHORT]
    if name not in current.kept(root):
        raise InputError(
            _("The delta was made for another release."),
            where=str(home),
            expected=_("release {id}").format(id=name),
            hint=_("import the deltas in between first, or a full bundle"),
        )
    return Path(current.release_folder(root, name))


def _manifest(opened: _Opened, home: Path) -> bytes | None:
    """release.json as a delta makes it, so that it can be held against the signatures before any other file is made.

    None where it is carried as it is. Raises InputError.
    """
    if opened.delta is None or opened.disk.small(verify.MANIFEST, verify.LIST_LIMIT) is not None:
        return None
    base, listing = _base(opened, home), read_listing(opened.delta)
    step = next((step for step in listing.files if step.path == verify.MANIFEST), None)
    if step is None or step.part is None or step.bytes > verify.LIST_LIMIT:
        raise InputError(
            _("The delta does not lead to a release."),
            where=str(opened.delta),
            hint=_("copy the bundle again, every file of it"),
        )
    place = Path(verify.long_path(os.fspath(home))) / installed.STAGING / verify.MANIFEST
    recipe = Path(whole.below(os.fspath(opened.delta), step.part.path))
    older = None if step.base is None else Path(whole.below(os.fspath(base), step.base))
    with whole.hold(os.fspath(place.parents[1])):
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            apply_part(older, recipe, place, step, place.parent, threads=1)
            return place.read_bytes()
        finally:
            place.unlink(missing_ok=True)


@contextlib.contextmanager
def _opened(bundle: Path, home: Path, identities: Sequence[Identity], progress: Progress) -> Iterator[_Opened]:
    """The parts of a bundle, decrypted and joined where that is needed; or a release folder as it is."""
    if (bundle / verify.MANIFEST).is_file():
        yield _Opened(medium.open_disk(os.fspath(bundle)))
        return
    about = read_about_of(bundle)
    if isinstance(about, Sealed):
        root = verify.long_path(os.fspath(home))
        place = Path(root) / installed.STAGING / _OPENED
        try:
            with OpenBundle(bundle, identities, progress) as sealed, whole.hold(root):
                about = sealed.about
                for packed in sealed.files():
                    _write(place, packed.path, packed.blocks)
            yield _parts(about, place, {})
        finally:
            shutil.rmtree(place, ignore_errors=True)  # nothing that was encrypted stays behind work that failed
        return
    data = Path(verify.long_path(os.fspath(bundle / DATA)))
    split = {
        each.whole.path: tuple(
            Piece(whole.below(os.fspath(data), part.path), part.bytes, part.sha256) for part in each.parts
        )
        for each in about.split
    }
    if about.kind == "delta" and any(path.startswith(f"{DELTA}/") for path in split):
        place = Path(verify.long_path(os.fspath(home))) / installed.STAGING / _OPENED
        with whole.hold(os.fspath(place.parents[1])):
            disk = Disk(os.fspath(data), split)
            for path in {*verify.walk(os.fspath(data), []), *split} - {
                part.path for e in about.split for part in e.parts
            }:
                _write(place, path, disk.blocks(path))
        data, split = place, {}
    yield _parts(about, data, split)


def _parts(about: About, data: Path, split: Mapping[str, tuple[Piece, ...]]) -> _Opened:
    """The release, or what there is of it, and the delta below a folder."""
    release = {path.removeprefix(f"{RELEASE}/"): pieces for path, pieces in split.items()}
    delta = data / DELTA if about.kind == "delta" else None
    return _Opened(Disk(os.fspath(data / RELEASE), release), delta, about.since, about.kind)


def _write(folder: Path, path: str, blocks: Iterable[bytes]) -> None:
    target = Path(whole.below(os.fspath(folder), path))
    target.parent.mkdir(parents=True, exist_ok=True)
    whole.put(os.fspath(target), blocks, sync=False)
