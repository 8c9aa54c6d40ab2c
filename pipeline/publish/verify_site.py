"""Is what a server hands out exactly what was signed? Metadata first, then every file, streamed and hashed.

Nothing is believed before the signatures hold, and nothing is fetched that they do not name: the hash of release.json
is signed, and release.json names everything else with size and hash. Each answer ends by its size, so a server that
sends without end holds nothing up. Files come in pieces by Range, as clients of archives fetch them too.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import quote

from pipeline.archive.staging import cannot_write
from pipeline.errors import InputError, LongquanError
from pipeline.i18n import _
from pipeline.progress import Progress
from pipeline.publish.client import Answer, Client, Unanswered, read_address
from pipeline.release.archive_check import CheckedArchive, check_archive
from pipeline.release.hotlink_check import Derived
from pipeline.release.signatures import Reader, read_signatures
from pipeline.release.verify_folder import Verified
from pipeline.standalone.verify import (
    LIST_LIMIT,
    MANIFEST,
    METADATA,
    SUMS,
    Fault,
    Result,
    compare_manifest,
    read_sums,
    release_id,
    safe,
)

PIECE: Final = 8 << 20  # bytes that are asked for at a time
SECONDS: Final = 120.0  # that a piece may take: 70 kB/s


class Site:
    """A published release as a server hands it out."""

    def __init__(self, address: str, client: Client | None = None) -> None:
        base, authorization = read_address(address)
        self.base = base if base.endswith("/") else base.rpartition("/")[0] + "/"
        parts = self.base.split("/")
        self._client = client or Client(SECONDS, authorization, "/".join(parts[:3]))

    def read(self, path: str, limit: int) -> bytes | None:
        """A small file, cut after `limit` + 1 bytes; None where the server has none.

        Raises InputError where it does not answer, or with something else.
        """
        answer = self._ask(path, {"Cache-Control": "no-cache"}, limit + 1)
        if answer.status in (403, 404, 410):  # a store that may not be listed says 403
            return None
        if answer.status != 200:
            raise self._refused(path, answer)
        return answer.body

    def pieces(self, path: str, size: int) -> Iterator[bytes]:
        """A file of `size` bytes piece by piece, and one byte more where there is one.

        Raises InputError where the server does not answer, or with something else.
        """
        if size < PIECE:
            answer = self._ask(path, {}, size + 1)
            if answer.status != 200:
                raise self._refused(path, answer)
            yield answer.body
            return
        for start in range(0, size, PIECE):
            end = min(start + PIECE, size)
            answer = self._ask(path, {"Range": f"bytes={start}-{end - 1}"}, end - start + 1)
            total = (answer.header("Content-Range") or "").rpartition("/")[2]
            if answer.status != 206:
                raise self._refused(path, answer)
            yield answer.body
            if total not in (str(size), "*"):
                yield b"\0"  # it has another size than listed: one byte too many
                return

    def _ask(self, path: str, headers: Mapping[str, str], limit: int) -> Answer:
        try:
            return self._client.ask("GET", self.base + quote(path), headers, limit=limit)
        except Unanswered as error:
            raise InputError(
                _("the server does not answer: {reason}").format(reason=error), where=self.base + path
            ) from error

    def _refused(self, path: str, answer: Answer) -> InputError:
        return InputError(
            _("the server answers {status}").format(status=answer.status),
            where=self.base + path,
            expected="200, 206",
            hint=_("find out with: longquan doctor {address}").format(address=self.base),
        )


@dataclass(frozen=True, slots=True)
class _Metadata:
    """metadata/ of a site."""

    site: Site

    def read(self, name: str, limit: int) -> bytes | None:
        """The file `name`, cut after `limit` + 1 bytes; None where there is none."""
        return self.site.read(METADATA + name, limit)


def verify_site(
    address: str,
    *,
    fingerprint: str | None = None,
    reader: Reader,
    progress: Progress,
    client: Client | None = None,
) -> Verified:
    """Check what is published at an address by what a `reader` knows; `fingerprint` is what SHA256SUMS should have.

    Archives are kept in a temporary file one at a time, to look at their structure. Raises InputError where there is
    no release, or the server does not answer.
    """
    site = Site(address, client)
    manifest = site.read(MANIFEST, LIST_LIMIT)
    sums = site.read(SUMS, LIST_LIMIT)
    if manifest is None or sums is None:
        raise InputError(
            _("there is no {name}").format(name=MANIFEST if manifest is None else SUMS),
            where=site.base,
            expected=_("the address of a published release, as https://maps.example.cn/longquan/"),
        )
    found = hashlib.sha256(sums).hexdigest()
    signatures = read_signatures(_Metadata(site), manifest, found, reader)
    faults: list[Fault] = []
    if fingerprint is not None and fingerprint != found:
        faults.append(Fault("fingerprint", SUMS, (fingerprint, found)))
    hashes = read_sums(SUMS, sums, faults)
    sizes = compare_manifest(manifest, hashes, faults)
    if hashlib.sha256(manifest).hexdigest() != hashes.get(MANIFEST):
        faults.append(Fault("altered", MANIFEST))
    archives: dict[str, CheckedArchive] = {}
    hashed, paths = 0, list[str]()
    if not faults and not signatures.faults:  # of lists that are not believed nothing is fetched
        taken = signatures.withdrawn
        paths = sorted(path for path in sizes if safe(path) and hashes[path] not in taken)
        gone = [path for path in sizes if hashes[path] in taken and site.read(path, 0) is None]
        faults += [Fault("missing", path) for path in gone]  # as it should be
        progress.start(_("fetching"), sum(sizes[path] for path in paths), _("bytes"))
        with tempfile.TemporaryDirectory() as folder:
            for path in paths:
                faults += _checked(
                    site, path, sizes[path], hashes[path], Path(folder) / "archive.pmtiles", archives, progress
                )
                hashed += sizes[path]
        progress.done()
    ordered = tuple(sorted(set(faults), key=lambda fault: (fault.path, fault.kind, fault.values)))
    result = Result(release_id(hashes), found, len(paths), hashed, "", (), 0, hashes, ordered, {})
    return Verified(site.base, result, Derived(None, ()), archives, signatures, signatures.warnings)


def _checked(
    site: Site, path: str, size: int, digest: str, kept: Path, archives: dict[str, CheckedArchive], progress: Progress
) -> list[Fault]:
    """Fetch and hash a file; of an archive that is as listed look at the structure, in the file `kept`."""
    is_archive = path.endswith(".pmtiles")
    try:
        with kept.open("wb") if is_archive else nullcontext() as file:
            have, found = _hashed(site.pieces(path, size), file, progress)
    except InputError as error:
        return [Fault("unreadable", path, (error.message,))]
    except OSError as error:
        raise cannot_write(kept, error) from error
    if have != size:
        return [Fault("size", path, (str(have) if have < size else f"> {size}", str(size)))]
    if found != digest:
        return [Fault("altered", path)]
    if is_archive:
        try:
            archives[path] = check_archive(kept, structure_only=True, threads=1, progress=progress)
        except LongquanError as error:
            archives[path] = CheckedArchive(unreadable=error.message)
    return []


def _hashed(pieces: Iterator[bytes], kept: BinaryIO | None, progress: Progress) -> tuple[int, str]:
    """Length and hash of what comes, kept in a file where there is one."""
    digest, have = hashlib.sha256(), 0
    for piece in pieces:
        digest.update(piece)
        have += len(piece)
        if kept is not None:
            kept.write(piece)
        progress.advance(len(piece))
    return have, digest.hexdigest()
