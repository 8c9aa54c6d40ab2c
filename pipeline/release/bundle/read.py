"""Reads a bundle: what it is, and its files one after the other, joined and decrypted on the way."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from pipeline.errors import InputError, UsageError
from pipeline.i18n import _
from pipeline.progress import Progress
from pipeline.release.bundle.bag import check_bag
from pipeline.release.bundle.layout import ABOUT, ABOUT_LIMIT, DATA, About, Sealed, read_about, read_about_of
from pipeline.release.bundle.unseal import opened_files
from pipeline.release.bundle.volumes import blocks_of, joined_blocks
from pipeline.standalone.verify import Fault, safe, walk

if TYPE_CHECKING:
    from pipeline.release.bundle.recipients import Identity


@dataclass(frozen=True, slots=True)
class Packed:
    """A file of a bundle; its blocks are there until the next file is asked for."""

    path: str  # release/…, delta/… or trusted-root.json
    size: int  # bytes
    blocks: Iterator[bytes]


class OpenBundle:
    """A bundle whose bag is whole and which can be decrypted; a context manager.

    `about` tells what it is; `files` gives every file once, in the order of their paths.
    """

    def __init__(self, folder: Path, identities: Sequence[Identity] = (), progress: Progress | None = None) -> None:
        """Read every byte and compare it with the bag's lists; then open it.

        Nothing is trusted by that: whoever altered files could alter the lists. What is inside vouches for itself by
        its signatures. Raises InputError for what is no bundle, is damaged or does not open with the key, UsageError
        where a key is needed and none was given.
        """
        check_bag(folder, progress)
        self._folder = folder
        about = read_about_of(folder)
        self._opened: Generator[tuple[str, int, Iterator[bytes]], None, None] | None = None
        self._sealed: Iterator[tuple[str, int, Iterator[bytes]]] | None = None
        if isinstance(about, Sealed):
            if not identities:
                raise UsageError(
                    _("The bundle is encrypted."),
                    where=str(folder),
                    hint=_("give the office's private key with --identity"),
                )
            opened = opened_files(folder, about.volumes, identities)
            self._opened = self._sealed = opened
            try:
                about = self._inner(folder)
            except BaseException:
                opened.close()
                raise
        self.about: About = about

    def __enter__(self) -> OpenBundle:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._opened is not None:
            self._opened.close()

    def files(self) -> Iterator[Packed]:
        """Every file besides bundle.json. Raises InputError for damage, and for names that lead out of a folder."""
        seen: set[str] = set()
        for path, size, blocks in self._sealed if self._sealed is not None else self._plain():
            if not safe(path) or path in seen:
                raise InputError(_("A file of the bundle has no possible name: {path}").format(path=ascii(path)))
            seen.add(path)
            yield Packed(path, size, blocks)

    def _inner(self, folder: Path) -> About:
        """The bundle.json that comes first in encrypted volumes."""
        assert self._sealed is not None
        path, size, blocks = next(self._sealed, ("", 0, iter(())))
        found = None
        if path == ABOUT and size <= ABOUT_LIMIT:
            found = read_about(b"".join(blocks), str(folder))
        if not isinstance(found, About):
            raise InputError(_("There is no bundle in the encrypted volumes."), where=str(folder))
        return found

    def _plain(self) -> Iterator[tuple[str, int, Iterator[bytes]]]:
        faults: list[Fault] = []
        there = walk(str(self._folder / DATA), faults)
        if faults:
            raise InputError(_("The bundle holds what is no file."), where=ascii(faults[0].path))
        splits = {split.whole.path: split for split in self.about.split}
        pieces = {part.path for split in self.about.split for part in split.parts}
        whole = (there.keys() - pieces - {ABOUT}) | splits.keys()
        for path in sorted(whole, key=str.encode):
            if path in splits:
                yield path, splits[path].whole.bytes, joined_blocks(self._folder, splits[path])
            else:
                with (self._folder / DATA / path).open("rb") as file:
                    yield path, there[path], blocks_of(file)
