"""A release folder as it goes out: checked to the last byte, and nothing that its lists do not name.

`hotlink/` is derived for the address that the target has; of `metadata/` go the signatures. What lies elsewhere in the
folder without being listed is a fault, a link is one, and a name that leads out of it is one.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.i18n import _, language
from pipeline.making.finished import MANIFEST, read_manifest
from pipeline.progress import Progress, Silent
from pipeline.publish.records import OWN, record_of
from pipeline.publish.stages import Stage, cache_of, is_signature, stage_of
from pipeline.publish.store import About
from pipeline.release.manifest import SM3_SUMS, SUMS
from pipeline.release.media import media_type
from pipeline.release.trust.roles import WITHDRAWN
from pipeline.standalone.medium import named_withdrawn
from pipeline.standalone.verify import Fault, check

TOMBSTONE = f"metadata/{WITHDRAWN}"
_SHOWN = 5  # faults


@dataclass(frozen=True, slots=True)
class Item:
    """A file that goes out: from a file of the folder, or bytes."""

    path: str
    source: Path | bytes
    bytes: int
    about: About

    @property
    def stage(self) -> Stage:
        """When it goes out."""
        return stage_of(self.path)


@dataclass(frozen=True, slots=True)
class Shipment:
    """Everything that a target has to hold, in the order of stages and paths."""

    dist: Path
    manifest: Mapping[str, Any]
    items: tuple[Item, ...]

    @property
    def release(self) -> str:
        """The release's id."""
        return str(self.manifest["release"])

    @property
    def edition(self) -> str:
        """The edition's id."""
        return str(self.manifest["edition"])


def read_shipment(dist: Path, *, progress: Progress | None = None) -> Shipment:
    """Check the folder against its lists and say what goes out, hotlink/ apart.

    What its withdrawn.json names may be missing, and does not go out then; `judge` asks who signed that.

    Raises InputError when there is no release or it is not what its lists say.
    """
    manifest = read_manifest(dist)
    if manifest is None:
        raise InputError(
            _("there is no release here"),
            where=str(dist),
            expected=_("the folder of an edition, such as dist/public, with a release.json of this version"),
            hint=_("make one with `longquan build` and `longquan release`"),
        )
    progress = progress or Silent()
    progress.start(_("checking the release"), None, _("bytes"))
    told = 0

    def tell(done: int, _total: int) -> None:
        nonlocal told
        progress.advance(done - told)
        told = done

    result = check(os.fspath(dist), tell)
    progress.done()
    # Not every fault of hotlink/ matters, as it is derived anew; but a link in there does.
    taken = named_withdrawn(_bytes_of(dist / TOMBSTONE))
    absent = {f.path for f in result.faults if f.kind == "missing" and result.sums.get(f.path) in taken}
    faults = [fault for fault in result.faults if not _derived(fault) and fault.path not in absent]
    if faults:
        lines = [f"{fault.path}: {fault.text(language())}" for fault in faults[:_SHOWN]]
        if len(faults) > _SHOWN:
            lines.append(_("and {n} more").format(n=len(faults) - _SHOWN))
        raise InputError(
            _("the folder is not what its lists say: {faults}").format(faults="; ".join(lines)),
            where=str(dist),
            hint=_("look at it with `longquan verify`, and build it anew"),
        )
    items = [placed(path, dist / path, digest) for path, digest in result.sums.items() if path not in absent]
    items += [_small(dist, path) for path in _beside(dist) if path not in result.sums]
    copy = (dist / MANIFEST).read_bytes()
    items.append(made(record_of(str(manifest["release"])), copy))
    return Shipment(dist, manifest, _ordered(items))


def with_hotlink(shipment: Shipment, base_url: str) -> Shipment:
    """The same with hotlink/ derived for a target that is reached at `base_url`. Raises OutputError."""
    from pipeline.release.hotlink import hotlink_files  # and with it the catalogue, which takes its time

    derived = [made(path, data) for path, data in hotlink_files(shipment.dist, base_url)]
    return Shipment(shipment.dist, shipment.manifest, _ordered([*shipment.items, *derived]))


def made(path: str, data: bytes) -> Item:
    """A file that is made of bytes."""
    about = About(_type(path), cache_of(path), hashlib.sha256(data).hexdigest())
    return Item(path, data, len(data), about)


def placed(path: str, place: Path, digest: str) -> Item:
    """A file that lies at `place` and has the sha256 `digest`."""
    return Item(path, place, place.lstat().st_size, About(_type(path), cache_of(path), digest))


def _bytes_of(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() and not file.is_symlink() else b""


def _small(dist: Path, path: str) -> Item:
    return made(path, (dist / path).read_bytes())


def _type(path: str) -> str:
    return "text/plain; charset=utf-8" if path in (SUMS, SM3_SUMS) else media_type(path)


def _beside(dist: Path) -> Iterator[str]:
    """Files that no list names and that go out all the same."""
    for name in (SUMS, SM3_SUMS, "feed.atom"):
        if (dist / name).is_file():
            yield name
    folder = dist / "metadata"
    if folder.is_dir():
        for place in sorted(folder.iterdir()):
            path = f"metadata/{place.name}"
            if is_signature(path) and path not in OWN and place.is_file():
                yield path


def _derived(fault: Fault) -> bool:
    return fault.path.startswith("hotlink/") and fault.kind != "link"


def _ordered(items: list[Item]) -> tuple[Item, ...]:
    return tuple(sorted(items, key=lambda item: (item.stage, item.path.encode())))
