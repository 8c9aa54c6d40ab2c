"""Where the metadata of a release come from: a folder, or memory; over HTTP see `pipeline.publish`."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.errors import InputError
from pipeline.i18n import _


class Source(Protocol):
    """Files of metadata/ by name."""

    def read(self, name: str, limit: int) -> bytes | None:
        """The file `name`, cut after `limit` + 1 bytes, so that it is seen to be longer; None where there is none."""


@dataclass(frozen=True, slots=True)
class MemorySource:
    """Files that are at hand."""

    files: Mapping[str, bytes]

    def read(self, name: str, limit: int) -> bytes | None:
        """The file `name`, cut after `limit` + 1 bytes; None where there is none."""
        data = self.files.get(name)
        return None if data is None else data[: limit + 1]


@dataclass(frozen=True, slots=True)
class FolderSource:
    """Files of a folder; links, pipes and devices are none."""

    folder: Path

    def read(self, name: str, limit: int) -> bytes | None:
        """The file `name`, cut after `limit` + 1 bytes; None where there is none.

        Raises InputError when there is something that cannot be read.
        """
        path = self.folder / name
        try:
            if not stat.S_ISREG(path.lstat().st_mode):
                raise InputError(
                    _("this is no plain file"), where=str(path), expected=_("a file, no link and no device")
                )
            # Without following a link that was put there meanwhile; Windows knows no such flag, and has text mode.
            flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
            with os.fdopen(os.open(path, flags), "rb") as file:
                return file.read(limit + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise InputError(
                _("the file cannot be read: {reason}").format(reason=error.strerror or str(error)), where=str(path)
            ) from error
