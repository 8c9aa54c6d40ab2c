"""Where the files of a bundle go: below `data/` as they are, or sealed in volumes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.portal.files import write_file
from pipeline.progress import Progress
from pipeline.release.bundle.layout import ABOUT, About, Part, Sealed, Split
from pipeline.release.bundle.seal import SealedVolumes
from pipeline.release.bundle.volumes import blocks_of, write_pieces

if TYPE_CHECKING:
    from pipeline.release.bundle.recipients import Recipient


@dataclass(frozen=True, slots=True)
class Item:
    """A file that goes into the bundle."""

    path: str  # below data/
    source: Path | bytes
    sha256: str | None = None  # that it must have, where that is known

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.source) if isinstance(self.source, bytes) else self.source.stat().st_size


class Payload(Protocol):
    """Takes items in the order of their paths."""

    def write(self, about: About, items: Sequence[Item], progress: Progress) -> dict[str, Part]:
        """Write all items and bundle.json below data/; returns what lies there. Raises InputError, OutputError."""
        ...


@dataclass(frozen=True, slots=True)
class PlainPayload:
    """Files as they are; those larger than a volume in pieces."""

    data: Path
    volume: int

    def write(self, about: About, items: Sequence[Item], progress: Progress) -> dict[str, Part]:
        """Write all items, and bundle.json with the pieces."""
        there: dict[str, Part] = {}
        splits: list[Split] = []
        for item in items:
            written = write_pieces(self.data, item.path, _read(item, progress), item.size, self.volume)
            parts = written.parts if isinstance(written, Split) else (written,)
            compare(item, written.whole if isinstance(written, Split) else written)
            splits += [written] if isinstance(written, Split) else []
            for part in parts:
                if part.path in there:
                    raise InputError(_("two files would have one name: {path}").format(path=part.path))
                there[part.path] = part
        return there | _write_about(self.data, replace(about, split=tuple(splits)).as_bytes())


@dataclass(frozen=True, slots=True)
class SealedPayload:
    """Everything in encrypted volumes; the first file inside is the bundle.json that tells what it is."""

    data: Path
    volume: int
    recipients: Sequence[Recipient]

    def write(self, about: About, items: Sequence[Item], progress: Progress) -> dict[str, Part]:
        """Write the volumes, and a bundle.json that names them and nothing else."""
        with SealedVolumes(self.data, self.recipients, self.volume) as sealed:
            for item in (Item(ABOUT, about.as_bytes()), *items):
                compare(item, sealed.add(item.path, _read(item, progress), item.size))
        there = {part.path: part for part in sealed.volumes}
        return there | _write_about(self.data, Sealed(tuple(sealed.volumes)).as_bytes())


def compare(item: Item, written: Part) -> None:
    """What was copied is what the release's lists say. Raises InputError."""
    if item.sha256 is not None and written.sha256 != item.sha256:
        raise InputError(
            _("The file is not as the release's lists say."),
            where=str(item.source) if isinstance(item.source, Path) else item.path,
            expected=f"SHA-256 {item.sha256}",
            hint=_("build or copy the release again; longquan verify tells what else is wrong"),
        )


def _read(item: Item, progress: Progress) -> Iterator[bytes]:
    if isinstance(item.source, bytes):
        yield item.source
        progress.advance(len(item.source))
        return
    with item.source.open("rb") as file:
        for block in blocks_of(file):
            yield block
            progress.advance(len(block))


def _write_about(data: Path, content: bytes) -> dict[str, Part]:
    write_file(data / ABOUT, content)
    return {ABOUT: Part(ABOUT, len(content), hashlib.sha256(content).hexdigest())}
