"""Files cut into pieces that a disk's file system takes, and put together again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from pipeline.errors import InputError, UsageError
from pipeline.i18n import _
from pipeline.release.bundle.layout import DATA, Part, Split

LARGEST: Final = (1 << 32) - 1  # bytes of a file on FAT32
DEFAULT: Final = 4000 << 20  # 4000 MiB, as people write it: 97.7 % of that
SMALLEST: Final = 1 << 10  # less than that and headers of encryption alone fill a volume
BLOCK: Final = 1 << 20


def check_size(volume: int) -> None:
    """Refuse sizes of volumes that FAT32 cannot hold or that are too small to be meant. Raises UsageError."""
    if not SMALLEST <= volume <= LARGEST:
        raise UsageError(
            _("Volumes of {size} bytes are not possible.").format(size=volume),
            expected=_("from {least} to {most} bytes, the largest file of FAT32").format(least=SMALLEST, most=LARGEST),
            hint=_("leave --volume-size out: 4000MiB fits every disk"),
        )


def blocks_of(file: BinaryIO) -> Iterator[bytes]:
    """A file, a megabyte at a time."""
    while block := file.read(BLOCK):
        yield block


def write_pieces(data: Path, path: str, blocks: Iterable[bytes], size: int, volume: int) -> Part | Split:
    """Write a file of `size` bytes below the folder `data`: whole, or, larger than `volume`, as path.vol001 …

    Whatever comes is written; that it is as long and has the hash that it should have is for the caller to compare.
    Raises OSError.
    """
    whole, written = hashlib.sha256(), 0
    pieces: list[Part] = []
    cut = size > volume
    with _Pieces(data, path, cut, volume, pieces) as out:
        for block in blocks:
            if cut:  # else the one piece is the whole
                whole.update(block)
                written += len(block)
            out.write(block)
    if not cut:
        return pieces[0]
    return Split(Part(path, written, whole.hexdigest()), tuple(pieces))


class _Pieces:
    """The files that a stream is cut into."""

    def __init__(self, data: Path, path: str, cut: bool, volume: int, done: list[Part]) -> None:
        self._data, self._path, self._cut, self._volume, self._done = data, path, cut, volume, done
        self._file: BinaryIO | None = None
        self._digest, self._bytes = hashlib.sha256(), 0

    def __enter__(self) -> _Pieces:
        (self._data / self._path).parent.mkdir(parents=True, exist_ok=True)
        self._open()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_about: object) -> None:
        if kind is None:
            self._close()
        elif self._file is not None:
            self._file.close()

    def write(self, block: bytes) -> None:
        """Write on, in the next piece where this one is full."""
        rest = memoryview(block)
        while rest:
            if self._cut and self._bytes == self._volume:
                self._close()
                self._open()
            piece = rest[: self._volume - self._bytes] if self._cut else rest
            assert self._file is not None
            self._file.write(piece)
            self._digest.update(piece)
            self._bytes += len(piece)
            rest = rest[len(piece) :]

    def _name(self) -> str:
        return f"{self._path}.vol{len(self._done) + 1:03d}" if self._cut else self._path

    def _open(self) -> None:
        self._file = (self._data / self._name()).open("xb")
        self._digest, self._bytes = hashlib.sha256(), 0

    def _close(self) -> None:
        assert self._file is not None
        with self._file as file:
            file.flush()
            os.fsync(file.fileno())
        self._done.append(Part(self._name(), self._bytes, self._digest.hexdigest()))


def joined_blocks(bundle: Path, split: Split) -> Iterator[bytes]:
    """The bytes of a file that was cut, each piece compared with its size and hash once it was read to its end.

    Raises InputError for a piece that is missing or is not the one that belongs there.
    """
    if sum(part.bytes for part in split.parts) != split.whole.bytes:
        raise _wrong(split.whole.path, _("its volumes do not make up its size"))
    whole = hashlib.sha256()
    for part in split.parts:
        digest, left = hashlib.sha256(), part.bytes
        try:
            with (bundle / DATA / part.path).open("rb") as file:
                while left and (block := file.read(min(BLOCK, left))):
                    left -= len(block)
                    digest.update(block)
                    whole.update(block)
                    yield block
                longer = bool(file.read(1))
        except FileNotFoundError:
            raise _wrong(part.path, _("this volume is missing")) from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise _wrong(part.path, _("it cannot be read: {reason}").format(reason=reason)) from error
        if left or longer or digest.hexdigest() != part.sha256:
            raise _wrong(part.path, _("it is damaged, or another volume was put in its place"))
    if whole.hexdigest() != split.whole.sha256:
        raise _wrong(split.whole.path, _("its volumes do not make up this file"))


def _wrong(path: str, what: str) -> InputError:
    return InputError(what, where=f"{DATA}/{path}", hint=_("copy the bundle again, every file of it"))
