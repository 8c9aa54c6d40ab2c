"""The example workspace that `longquan init` writes: every key explained, small enough to read, and it builds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parent / "template"


def template_files() -> Iterator[tuple[str, bytes]]:
    """The files of the example workspace: paths below the workspace, in order, and contents."""
    for path in sorted(FOLDER.rglob("*"), key=lambda p: p.as_posix()):
        if path.is_file():
            yield path.relative_to(FOLDER).as_posix(), path.read_bytes()
