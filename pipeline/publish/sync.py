"""Following a publisher online: is there a newer release, does it hold, fetch what is missing, let it run.

Everything that `import` guarantees for a disk holds here: signatures first, every file hashed, the switch last, and at
every moment a whole release runs. Online an expired timestamp is refused, since somebody keeps the newer one back.
What an office took back is removed, even where there is no newer release.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from pipeline.errors import InputError, OutputError
from pipeline.i18n import _
from pipeline.making.finished import MANIFEST
from pipeline.portal.files import json_bytes, write_file
from pipeline.progress import Progress, Silent
from pipeline.publish.offers import Offer, fetch_delta, read_offers
from pipeline.publish.origin import Origin, Small
from pipeline.release.delta import Step, apply_delta, choose_chain
from pipeline.release.install.install import KEEP, ROOT, STATE, Incoming, Installed, install, obey
from pipeline.release.install.roots import trusted_roots
from pipeline.release.install.told import told
from pipeline.release.manifest import SM3_SUMS, SUMS
from pipeline.release.trust.error import TrustError
from pipeline.release.trust.roles import WITHDRAWN
from pipeline.release.trust.seen import read_seen, write_seen
from pipeline.release.trust.verify import Trusted, check_manifest, verify_trust
from pipeline.release.withdrawal import withdrawn_release
from pipeline.release.withdrawal_notice import gone_page
from pipeline.standalone import current, installed, office, recalled, verify, whole
from pipeline.standalone.refused import Refused

THREADS: Final = 4
_POLLED: Final = "sync.json"  # what the server said last, so that it need not say it again
_TIMESTAMP: Final = "timestamp.json"
_SMALL: Final = 16 << 20
_FETCHED: Final = "fetched"  # in staging/: what has come so far, by sha256

What = Literal["unchanged", "installed", "removed", "stopped"]


@dataclass(frozen=True, slots=True)
class Synced:
    """What came of looking once: `stopped` means that what ran was withdrawn and nothing else is there to run."""

    what: What
    release: str | None  # that runs now
    removed: tuple[str, ...] = ()  # withdrawn files and releases
    installed: Installed | None = None
    fetched_bytes: int = 0
    delta: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choices:
    """What may be said about following."""

    root: Path | None = None
    root_fingerprint: str | None = None
    keep: int = KEEP
    base_url: str | None = None
    office: str = ""
    threads: int = THREADS
    deltas: bool = True


@dataclass(slots=True)
class _Metadata:
    """metadata/ over HTTP, remembering what was read; what was polled already is not asked for again."""

    origin: Origin
    known: dict[str, bytes | None]
    read_files: dict[str, bytes] = field(default_factory=dict)

    def read(self, name: str, limit: int) -> bytes | None:
        """The file `name`, cut after `limit` + 1 bytes; None where there is none."""
        data = self.known[name] if name in self.known else self.origin.small(f"metadata/{name}", limit).data
        if data is not None:
            self.read_files[name] = data
            return data[: limit + 1]
        return None


@dataclass(slots=True)
class _Fetched:
    """What was fetched, for the report."""

    bytes: int = 0
    delta: bool = False


def sync_once(
    origin: Origin, home: Path, choices: Choices, *, now: datetime, progress: Progress | None = None
) -> Synced:
    """Look at the publisher's server, and bring the install folder `home` to what it says.

    Raises TrustError for signatures that do not hold or are kept back, UsageError where nothing says whom to trust,
    PolicyRefusal for another city or edition, Unreached, Unwilling, Altered, InputError, OutputError; what ran before
    goes on then, whole.
    """
    progress = progress or Silent()
    polled = _read_polled(home)
    etags = polled["etags"] if polled.get("address") == origin.address else {}
    pointers: dict[str, Small] = {
        name: origin.small(f"metadata/{name}", _SMALL, etags.get(name)) for name in (_TIMESTAMP, WITHDRAWN)
    }
    running = _running(home)
    if _nothing_new(pointers, etags) and running is not None and running == polled.get("release"):
        _refuse_frozen(datetime.fromisoformat(str(polled["expires"])), now)
        return Synced("unchanged", running)
    known = {
        name: origin.small(f"metadata/{name}", _SMALL).data if each.unchanged else each.data
        for name, each in pointers.items()
    }
    source = _Metadata(origin, known)
    roots = trusted_roots(home, source, choices.root, choices.root_fingerprint)
    seen = read_seen(home / STATE)
    judged = [verify_trust(source, root, seen=seen, now=now, online=True) for root in roots]
    trusted = judged[0]  # all agree, or one of them has raised
    made = _bring(origin, home, choices, trusted, source, now, progress)
    told_etags = {name: each.etag for name, each in pointers.items() if each.etag is not None}
    _write_polled(home, origin, told_etags, made.release, trusted.expires)
    return made


def _bring(
    origin: Origin,
    home: Path,
    choices: Choices,
    trusted: Trusted,
    source: _Metadata,
    now: datetime,
    progress: Progress,
) -> Synced:
    """Install the release that is published, or obey what was taken back since."""
    gone = withdrawn_release(trusted.withdrawn, trusted.manifest_sha256) is not None
    if gone or trusted.release == _running(home):
        return _obey(home, trusted, gone, now)
    manifest_bytes = _manifest(origin, trusted)
    manifest = check_manifest(trusted, manifest_bytes)
    sums = {str(each["path"]): str(each["sha256"]) for each in manifest["files"]}
    sums[MANIFEST] = trusted.manifest_sha256
    lines = "".join(f"{sums[path]}  {path}\n" for path in sorted(sums, key=str.encode)).encode()
    if hashlib.sha256(lines).hexdigest() != trusted.sums_sha256:
        raise TrustError(
            _("SHA256SUMS is not the file that was signed"), attack="arbitrary-file", where=SUMS,
            expected=f"sha256 {trusted.sums_sha256}",
        )  # fmt: skip
    sizes = {str(each["path"]): int(each["bytes"]) for each in manifest["files"]}
    fetched = _Fetched()
    beside = {SUMS: lines, **{f"metadata/{name}": data for name, data in source.read_files.items()}}
    beside.setdefault("metadata/root.json", trusted.root)
    if (sm3 := _sm3_sums(origin, lines)) is not None:
        beside[SM3_SUMS] = sm3

    def blocks(path: str) -> Iterable[bytes]:
        return iter((manifest_bytes,)) if path == MANIFEST else origin.blocks(path, sizes[path])

    def prepare(staged: Path) -> None:
        absent = recalled.left_out({each.sha256 for each in trusted.withdrawn}, sums)
        wanted = {path: (sizes[path], sums[path]) for path in sizes if path not in absent}
        _prepare(origin, home, staged, trusted.release, wanted, choices, fetched, progress)

    made = install(
        home,
        Incoming(
            city=trusted.city,
            edition=trusted.edition,
            release=trusted.release,
            as_of=trusted.as_of,
            number=trusted.seen.targets,
            sums=sums,
            beside=beside,
            blocks=blocks,
            root=trusted.root,
            seen=trusted.seen,
            withdrawn=trusted.withdrawn,
            prepare=prepare,
            where=origin.address,
        ),
        now=now,
        keep=choices.keep,
        base_url=choices.base_url,
        office_name=choices.office,
        progress=progress,
    )
    return Synced("installed", trusted.release, made.removed, made, fetched.bytes, fetched.delta, trusted.warnings)


def _obey(home: Path, trusted: Trusted, gone: bool, now: datetime) -> Synced:
    """Remove what was withdrawn; where that is the release that runs, go back to one that was not, or stop."""
    root = verify.long_path(os.fspath(home))
    with told(home, str(home)), whole.hold(root):
        removed = list(obey(root, trusted.withdrawn))
        pointer, what = current.read_pointer(root), "removed" if removed else "unchanged"
        hashes = recalled.read_withdrawn(root)
        if pointer is not None and _whole(root, pointer.folder) in hashes:
            folder = pointer.folder
            pointer, what = _other(root, pointer, now), "removed"
            if pointer is None:
                write_file(Path(root) / "index.html", gone_page(trusted.withdrawn))
                Path(root, current.POINTER).unlink()
                what = "stopped"
            installed.discard(root, folder)
            removed.append(folder)
        if gone and what == "unchanged":
            what = "stopped" if pointer is None else "unchanged"
        write_file(home / ROOT, trusted.root)
        write_seen(home / STATE, trusted.seen)
        if pointer is not None and pointer.release == trusted.release:
            _note(Path(current.release_folder(root, pointer.folder)), trusted)
    state: What = "stopped" if what == "stopped" else "removed" if what == "removed" else "unchanged"
    return Synced(state, None if pointer is None else pointer.release, tuple(removed), warnings=trusted.warnings)


def _other(root: str, pointer: current.Pointer, now: datetime) -> current.Pointer | None:
    """Let another release run in the place of one that was withdrawn; None where none is whole and may."""
    for name in pointer.history:
        try:
            return installed.go_back(root, office.moment(now), name)
        except Refused:
            continue
    return None


def _note(folder: Path, trusted: Trusted) -> None:
    """The newest root beside the release that runs."""
    if (folder / "metadata").is_dir():
        write_file(folder / "metadata" / "root.json", trusted.root)


def _whole(root: str, name: str) -> str | None:
    """The sha256 of a release's release.json."""
    return installed.sums_of(current.release_folder(root, name)).get(MANIFEST)


def _prepare(
    origin: Origin,
    home: Path,
    staged: Path,
    release: str,
    wanted: Mapping[str, tuple[int, str]],
    choices: Choices,
    fetched: _Fetched,
    progress: Progress,
) -> None:
    """Fill the staging folder with what no release here has: by a delta where that is less, the rest file by file."""
    root = verify.long_path(os.fspath(home))
    have = installed.known_files(root, "")
    place = Path(root) / installed.STAGING / _FETCHED
    place.mkdir(parents=True, exist_ok=True)

    def missing() -> dict[str, tuple[int, str]]:
        return {
            path: (size, digest)
            for path, (size, digest) in wanted.items()
            if digest not in have and not whole.has_hash(whole.below(os.fspath(staged), path), digest)
        }

    todo = missing()
    running = current.read_pointer(root)
    if choices.deltas and running is not None and todo:
        files = sum(size for size, _digest in todo.values())
        base, out = Path(current.release_folder(root, running.folder)), staged
        try:
            for offer in _chain(origin, running.release, release, files):
                folder, n = fetch_delta(origin, offer, place / f"delta-{offer.name}", choices.threads, progress)
                fetched.bytes += n
                out = staged if offer.new == release else place / f"release-{offer.new[:12]}"
                apply_delta(base, folder, out, progress=progress)
                base, fetched.delta = out, out is staged
        except InputError:
            pass  # damaged, or made from something else: the files themselves do
        for between in place.glob("release-*"):
            shutil.rmtree(between)
        todo = missing()
    _require_room(place, sum(size for size, _digest in todo.values()))
    progress.start(_("fetching"), sum(size for size, _digest in todo.values()), _("bytes"))

    def fetch(path: str) -> int:
        size, digest = todo[path]
        part = place / digest
        origin.download(path, size, digest, part)
        target = Path(whole.below(os.fspath(staged), path))
        whole.make_folders(os.fspath(staged), os.fspath(target.parent))
        whole.clear(os.fspath(target))
        os.replace(part, target)  # noqa: PTH105
        return size

    # One of each content: the same file under a second name is linked when the release is staged.
    first = {digest: path for path, (_size, digest) in sorted(todo.items(), reverse=True)}
    ordered = sorted(first.values(), key=lambda path: (-todo[path][0], path.encode()))
    for size in _side_by_side(fetch, ordered, choices.threads):
        fetched.bytes += size
        progress.advance(size)
    for path, (_size, digest) in todo.items():
        if first[digest] != path:
            target = whole.below(os.fspath(staged), path)
            whole.make_folders(os.fspath(staged), str(Path(target).parent))
            installed.obtain(target, digest, [whole.below(os.fspath(staged), first[digest])], lambda: ())
    progress.done()


def _side_by_side(fetch: Callable[[str], int], paths: Iterable[str], threads: int) -> Iterator[int]:
    """Several at once; the first failure stops those that have not begun."""
    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(fetch, path) for path in paths]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _chain(origin: Origin, have: str, want: str, files: int) -> tuple[Offer, ...]:
    """The deltas from the release that runs to the one wanted with the fewest bytes, where they are less than files."""
    offers: dict[tuple[str, str], Offer] = {}
    for each in sorted(read_offers(origin), key=lambda each: -each.bytes):
        offers[each.old, each.new] = each
    steps = [Step(each.old, each.new, each.bytes) for each in offers.values()]
    return tuple(offers[step.old, step.new] for step in choose_chain(have, want, steps, full_bytes=files) or ())


def _require_room(place: Path, size: int) -> None:
    free = shutil.disk_usage(place).free
    there = sum(each.stat().st_size for each in place.iterdir() if each.is_file())
    if size - there > free:
        raise OutputError(
            _("there is no room for the new release"),
            where=str(place),
            expected=_("{n} bytes; {free} are free").format(n=f"{size - there:,}", free=f"{free:,}"),
            hint=_("make room, or keep fewer releases: --keep"),
        )


def _manifest(origin: Origin, trusted: Trusted) -> bytes:
    """The release.json that was signed: its copy, which stays while releases change over; else the one in front."""
    for path in (f"metadata/release-{trusted.release[:12]}.json", MANIFEST):
        data = origin.small(path, trusted.manifest_bytes).data
        if data is not None and hashlib.sha256(data).hexdigest() == trusted.manifest_sha256:
            return data
    return data or b""


def _sm3_sums(origin: Origin, lines: bytes) -> bytes | None:
    """SM3SUMS, which nobody signed: taken where it is a list of the very same files, so that it is nothing else."""
    data = origin.small(SM3_SUMS, len(lines)).data
    if data is None or len(data) != len(lines):
        return None
    pairs = zip(data.split(b"\n"), lines.split(b"\n"), strict=False)
    alike = all(a[64:] == b[64:] and re.fullmatch(b"[0-9a-f]{64}|", a[:64]) for a, b in pairs)
    return data if alike else None


def _running(home: Path) -> str | None:
    with told(home, str(home)):
        pointer = current.read_pointer(verify.long_path(os.fspath(home)))
    return None if pointer is None else pointer.release


def _nothing_new(pointers: Mapping[str, Small], etags: Mapping[str, str]) -> bool:
    """Whether the server says that both are as they were; what was not there is not there."""
    timestamp, withdrawn = pointers[_TIMESTAMP], pointers[WITHDRAWN]
    return timestamp.unchanged and (withdrawn.unchanged or (withdrawn.data is None and WITHDRAWN not in etags))


def _refuse_frozen(expires: datetime, now: datetime) -> None:
    if expires <= now:
        raise TrustError(
            _("{name} expired on {date}").format(name=_TIMESTAMP, date=f"{expires:%Y-%m-%d %H:%M} UTC"),
            attack="freeze",
            where=_TIMESTAMP,
            hint=_("somebody keeps the newer one back, or the publisher must run: longquan publish --refresh"),
        )


def _read_polled(home: Path) -> dict[str, Any]:
    """What the server said last; nothing where that cannot be read, for then it is asked anew."""
    try:
        data = json.loads((home / _POLLED).read_bytes())
        datetime.fromisoformat(str(data["expires"])).astimezone(UTC)
        return {**data, "etags": {str(k): str(v) for k, v in data["etags"].items()}}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {"etags": {}}


def _write_polled(home: Path, origin: Origin, etags: Mapping[str, str], release: str | None, expires: datetime) -> None:
    data = {"address": origin.address, "etags": dict(etags), "release": release, "expires": expires.isoformat()}
    write_file(home / _POLLED, json_bytes(data))
