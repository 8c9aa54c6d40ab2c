"""Encryption to recipients with age, volume by volume, nothing larger than a block in memory.

age (age-encryption.org/v1) is X25519, ChaCha20-Poly1305 and scrypt or SSH keys: sound, and *not* one of the national
algorithms (国密, GM/T): whoever is bound to those must encrypt the disk by other means. What is encrypted is one tar
stream (POSIX.1-2001) of the files, cut into volumes, so that neither names nor sizes of files show. Without our tool::

    for v in data/volumes/*.age; do age -d -i KEY "$v"; done | tar x
"""

from __future__ import annotations

import hashlib
import os
import tarfile
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

from pipeline.errors import InputError, UsageError
from pipeline.i18n import _
from pipeline.release.bundle.layout import VOLUMES, Part
from pipeline.release.bundle.recipients import Recipient
from pipeline.release.bundle.streams import Reader, Writer
from pipeline.release.bundle.volumes import BLOCK

_CHUNK: Final = 64 << 10  # age encrypts pieces of this size, each with a tag
_TAG: Final = 16
_HEADER: Final = 1 << 10  # what the header of a volume takes with a recipient, at most (an RSA key of 4096 bits: 800)


class SealedVolumes:
    """Writes a tar stream into encrypted volumes; a context manager, `volumes` is complete behind it."""

    def __init__(self, data: Path, recipients: Sequence[Recipient], volume: int) -> None:
        self._data, self._recipients = data, recipients
        room = volume - _HEADER * len(recipients) - _TAG
        self._room = room - -(-room // (_CHUNK + _TAG)) * _TAG  # of plain bytes in a volume
        if self._room <= 0:
            raise UsageError(
                _("Volumes of {size} bytes are not possible.").format(size=volume),
                expected=_("more than {least} bytes for {n} recipients").format(
                    least=_HEADER * len(recipients) + 2 * _TAG, n=len(recipients)
                ),
            )
        self.volumes: list[Part] = []
        self._open: _Sealing | None = None
        self._used = 0
        self._abandoned = False  # then tarfile's own end has nowhere to go
        self._tar: tarfile.TarFile | None = None

    def __enter__(self) -> SealedVolumes:
        (self._data / VOLUMES).mkdir(parents=True)
        self._tar = tarfile.open(mode="w|", fileobj=Writer(self._write), format=tarfile.PAX_FORMAT, bufsize=BLOCK)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._tar is not None
        if kind is None:
            self._tar.close()
            self._close()
        else:
            self._abandoned = True
            if self._open is not None:
                self._open.abandon()

    def add(self, path: str, blocks: Iterable[bytes], size: int) -> Part:
        """Put a file of exactly `size` bytes into the stream. Raises InputError where it has not so many."""
        assert self._tar is not None
        digest = hashlib.sha256()
        entry = tarfile.TarInfo(path)  # owner, group and time 0, mode 0644
        entry.size = size
        reader = Reader(blocks, digest.update)
        try:
            self._tar.addfile(entry, reader)
        except OSError as error:
            if reader.read_bytes < size and error.errno is None:
                raise InputError(_("The file became shorter while it was read."), where=path) from error
            raise
        if reader.read(1):
            raise InputError(_("The file became longer while it was read."), where=path)
        return Part(path, size, digest.hexdigest())

    def _write(self, block: bytes) -> None:
        rest = memoryview(b"" if self._abandoned else block)
        while rest:
            if self._open is None or self._used == self._room:
                self._close()
                name = f"{VOLUMES}/{len(self.volumes) + 1:04d}.age"
                self._open, self._used = _Sealing(self._data, name, self._recipients), 0
            piece = rest[: self._room - self._used]
            self._open.write(piece)
            self._used += len(piece)
            rest = rest[len(piece) :]

    def _close(self) -> None:
        if self._open is not None:
            self.volumes.append(self._open.close())
            self._open = None


class _Sealing:
    """One volume that is being written: plain bytes go through a pipe to the thread that encrypts."""

    def __init__(self, data: Path, path: str, recipients: Sequence[Recipient]) -> None:
        self._path = path
        self._digest, self._bytes = hashlib.sha256(), 0
        self._error: BaseException | None = None
        self._file = (data / path).open("xb")
        read, write = os.pipe()
        self._pipe = os.fdopen(write, "wb", buffering=0)
        self._thread = threading.Thread(target=self._work, args=(read, recipients), daemon=True)
        self._thread.start()

    def write(self, piece: memoryview) -> None:
        try:
            while piece:
                piece = piece[self._pipe.write(piece) :]
        except BrokenPipeError:
            self._end()

    def close(self) -> Part:
        with self._file as file:
            self._end()
            file.flush()
            os.fsync(file.fileno())
        return Part(self._path, self._bytes, self._digest.hexdigest())

    def abandon(self) -> None:
        self._pipe.close()
        self._thread.join()
        self._file.close()

    def _end(self) -> None:
        self._pipe.close()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _work(self, read: int, recipients: Sequence[Recipient]) -> None:
        from pyrage import encrypt_io  # type: ignore[import-untyped]

        with os.fdopen(read, "rb") as plain:
            try:
                encrypt_io(plain, Writer(self._take), list(recipients))
            except BaseException as error:
                self._error = error

    def _take(self, block: bytes) -> None:
        self._digest.update(block)
        self._bytes += len(block)
        self._file.write(block)
