"""What a build remembers beside its archive, so that the next one renders only what changed.

The file: packed tiles of the blocks' zoom and below, without loss; arrays and a JSON value that tell what they are;
sizes and a checksum over everything. It appears whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import deflate
import numpy as np

from pipeline.archive.staging import StagedFile
from pipeline.archive.writer import DIGEST, Written
from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.raster.packing import unpack_pixels
from pipeline.raster.pixels import PixelKind, Pixels
from pipeline.raster.plan import SourceFact
from pipeline.raster.pyramid import Made
from pipeline.types import Bounds

_MAGIC: Final = b"LQPYRAMD"
_FORM: Final = 1  # of the file
_TAIL: Final = 20  # bytes: length of what tells, 8; checksum, 4; magic


@dataclass(frozen=True, slots=True)
class Origin:
    """A file that pixels come from, and what decides over those that it gives."""

    fact: SourceFact
    boxes: tuple[Bounds, ...]  # EPSG:3857 metres: beyond them it gives none
    said: str = ""  # how it is read: options, rank, cutline, stretch; as text


@dataclass(frozen=True, slots=True)
class State:
    """An archive as it was built."""

    print: str
    origins: tuple[Origin, ...]  # in their order
    digests: dict[int, bytes]  # of the archive's contents, by their offsets
    size: int  # bytes of the archive
    sha256: str
    places: dict[tuple[int, int], tuple[int, int]]  # zoom, position → offset and length of the packed tile
    whole: mmap.mmap

    def packed(self, zoom: int, position: int) -> bytes | None:
        """A tile as it was packed; None where it was empty."""
        offset, length = self.places.get((zoom, position), (0, 0))
        return self.whole[offset : offset + length] if length else None

    def pixels(self, zoom: int, position: int, kind: PixelKind, size: int) -> Pixels | None:
        """A tile's pixels; None where it was empty."""
        data = self.packed(zoom, position)
        return None if data is None else unpack_pixels(data, kind, size)

    def close(self) -> None:
        """Let go of the file, which may then be replaced; no tile can be had any more."""
        self.whole.close()

    def check(self, archive: Path) -> None:
        """Read the archive. Raises InputError when it is not the one that the state tells of."""
        if not archive.is_file() or archive.stat().st_size != self.size or _sha256(archive) != self.sha256:
            raise InputError(
                _("The previous archive is not the one that the state beside it tells of."),
                where=str(archive),
                expected=_("the archive as it was built, {n} bytes").format(n=self.size),
                hint=_("Build the previous archive again, with --keep-state."),
            )


def state_path(archive: Path) -> Path:
    """Where the state of an archive lies."""
    return archive.with_name(archive.stem + ".state")


class StateWriter:
    """A context manager: `add` tiles while they are made, then `finish`; leaving without it leaves no file."""

    def __init__(self, archive: Path) -> None:
        self._staged = StagedFile(state_path(archive), durable=False)
        self._size = self._check = 0
        self._rows: list[tuple[int, int, int, int]] = []
        self._put(_MAGIC)

    def __enter__(self) -> StateWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._staged.__exit__(kind, error, trace)

    def add(self, made: Made) -> None:
        """Remember what a pyramid made."""
        if made.kept is not None:
            self.copy(made.zoom, made.position, made.kept)

    def copy(self, zoom: int, position: int, packed: bytes) -> None:
        """Remember a packed tile."""
        self._rows.append((zoom, position, self._size, len(packed)))
        self._put(packed)

    def finish(self, written: Written, digests: Mapping[bytes, int], print_: str, origins: Sequence[Origin]) -> None:
        """Write what the tiles are; the file gets its name."""
        rows = np.array(sorted(self._rows), np.int64).reshape(-1, 4)
        offsets = np.fromiter(digests.values(), np.int64, len(digests))
        head = {
            "form": _FORM,
            "print": print_,
            "bytes": written.bytes,
            "sha256": written.sha256,
            "origins": [{**asdict(each.fact), "boxes": each.boxes, "said": each.said} for each in origins],
            "rows": len(rows),
            "contents": len(digests),
        }
        text = json.dumps(head, ensure_ascii=False).encode()
        telling = len(text).to_bytes(8, "little") + text + rows.tobytes() + offsets.tobytes() + b"".join(digests)
        self._put(telling)
        self._put(len(telling).to_bytes(8, "little"))
        self._staged.file.write(self._check.to_bytes(4, "little") + _MAGIC)
        self._staged.commit()

    def _put(self, data: bytes) -> None:
        self._staged.file.write(data)
        self._size += len(data)
        self._check = deflate.crc32(data, self._check)


def load_state(archive: Path) -> State:
    """The state of an archive, looked through for damage.

    Raises InputError when there is none, and when it is damaged or another tool's.
    """
    path = state_path(archive)
    try:
        with path.open("rb") as file:
            whole = mmap.mmap(file.fileno(), os.fstat(file.fileno()).st_size, access=mmap.ACCESS_READ)
    except FileNotFoundError as err:
        raise InputError(_("There is no state beside the previous archive."), where=str(path)) from err
    except (OSError, ValueError) as err:  # an empty file cannot be mapped
        raise _damaged(path) from err
    try:
        return _read(whole)
    except Exception as err:  # there is no telling what damage raises
        raise _damaged(path) from err


def _read(whole: mmap.mmap) -> State:
    size = len(whole)
    if whole[:8] != _MAGIC or whole[-8:] != _MAGIC:
        raise ValueError
    if deflate.crc32(memoryview(whole)[: size - 12]) != int.from_bytes(whole[size - 12 : size - 8], "little"):
        raise ValueError
    start = size - _TAIL - int.from_bytes(whole[size - _TAIL : size - 12], "little")
    at = start + 8 + int.from_bytes(whole[start : start + 8], "little")
    head: dict[str, Any] = json.loads(whole[start + 8 : at])
    if head["form"] != _FORM:
        raise ValueError
    rows = np.frombuffer(whole[at : at + 32 * head["rows"]], np.int64).reshape(-1, 4)
    at += 32 * head["rows"]
    offsets = np.frombuffer(whole[at : at + 8 * head["contents"]], np.int64).tolist()
    at += 8 * head["contents"]
    digests = {offset: whole[at + i * DIGEST : at + (i + 1) * DIGEST] for i, offset in enumerate(offsets)}
    origins = tuple(
        Origin(
            SourceFact(each["name"], each["bytes"], each["sha256"]),
            tuple(tuple(box) for box in each["boxes"]),
            each["said"],
        )
        for each in head["origins"]
    )
    places = {(zoom, position): (offset, length) for zoom, position, offset, length in rows.tolist()}
    return State(head["print"], origins, digests, int(head["bytes"]), str(head["sha256"]), places, whole)


def _damaged(path: Path) -> InputError:
    return InputError(_("The state of the previous archive is damaged, or no raster's."), where=str(path))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
