"""Opens encrypted volumes: one thread decrypts them into a pipe, the other reads the tar that comes out of it."""

from __future__ import annotations

import hashlib
import os
import tarfile
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.release.bundle.layout import DATA, Part
from pipeline.release.bundle.recipients import Identity
from pipeline.release.bundle.streams import Reader, Writer
from pipeline.release.bundle.volumes import BLOCK, blocks_of


def opened_files(
    bundle: Path, volumes: Sequence[Part], identities: Sequence[Identity]
) -> Generator[tuple[str, int, Iterator[bytes]], None, None]:
    """Path, size and blocks of each file in encrypted volumes, in their order; blocks hold until the next is asked.

    Raises InputError for a key that does not fit and for volumes that are missing, damaged or out of order: where it is
    noticed, at the latest behind the last file.
    """
    read, write = os.pipe()
    source = os.fdopen(read, "rb")
    opening = _Opening(bundle, volumes, identities, write)

    @contextmanager
    def told() -> Iterator[None]:
        """Damage of a stream is that of a volume, where one has said so."""
        try:
            yield
        except (tarfile.TarError, EOFError, OSError) as error:
            source.close()
            opening.end()
            raise InputError(
                _("The bundle is damaged: {faults}").format(faults=error),
                where=str(bundle),
                hint=_("copy the bundle again, every file of it"),
            ) from error

    def read_blocks(content: IO[bytes]) -> Iterator[bytes]:
        while True:
            with told():
                block = content.read(BLOCK)
            if not block:
                return
            yield block

    try:
        with told(), tarfile.open(mode="r|", fileobj=source, bufsize=BLOCK) as tar:
            for entry in tar:
                content = tar.extractfile(entry) if entry.isreg() else None
                if content is None:
                    raise InputError(_("The bundle holds what is no file."), where=ascii(entry.name))
                yield entry.name, entry.size, read_blocks(content)
            while source.read(BLOCK):  # the zeros behind the last file
                pass
        opening.end()
    finally:
        source.close()
        opening.thread.join()


class _Opening:
    """The thread that decrypts volumes one after the other into a pipe."""

    def __init__(self, bundle: Path, volumes: Sequence[Part], identities: Sequence[Identity], write: int) -> None:
        self._error: Exception | None = None
        self._work_on = (bundle, volumes, identities)
        self._write = write
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def end(self) -> None:
        """Wait for its end. Raises InputError."""
        self.thread.join()
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        from pyrage import DecryptError, decrypt_io  # type: ignore[import-untyped]

        bundle, volumes, identities = self._work_on
        with os.fdopen(self._write, "wb", buffering=0) as out:
            for part in volumes:
                path, digest = bundle / DATA / part.path, hashlib.sha256()
                try:
                    with path.open("rb") as file:
                        reader = Reader(blocks_of(file), digest.update)
                        decrypt_io(reader, Writer(lambda block: _write_all(out, block)), list(identities))
                    if digest.hexdigest() != part.sha256:
                        raise OSError(_("it is damaged, or another volume was put in its place"))
                except BrokenPipeError:
                    return
                except FileNotFoundError:
                    self._error = InputError(_("this volume is missing"), where=str(path), hint=_("copy it again"))
                    return
                except (DecryptError, OSError) as error:
                    if isinstance(error.__context__, BrokenPipeError) or "Broken pipe" in str(error):
                        return
                    self._error = _undecided(path, error)
                    return


def _undecided(path: Path, error: Exception) -> InputError:
    return InputError(
        _("The volume cannot be decrypted: {reason}").format(reason=error),
        where=str(path),
        expected=_("the private key of one of the recipients, and an unaltered volume"),
        hint=_("give the office's key with --identity; if it is the right one, copy the bundle again"),
    )


def _write_all(out: Any, block: bytes) -> None:
    rest = memoryview(block)
    while rest:
        rest = rest[out.write(rest) :]
