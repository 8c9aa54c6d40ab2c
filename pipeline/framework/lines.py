"""Where in a TOML text a key was written, which tomllib does not tell."""

from __future__ import annotations

import re

Path = tuple[str | int, ...]

_BARE_OR_QUOTED = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED = rf"{_BARE_OR_QUOTED}(?:\s*\.\s*{_BARE_OR_QUOTED})*"
_HEADER = re.compile(rf"^\s*(\[\[?)\s*({_DOTTED})\s*\]")
_KEY = re.compile(rf"^\s*({_DOTTED})\s*=")


def _parts(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in re.findall(_BARE_OR_QUOTED, dotted)]


class LineIndex:
    """The lines of a text's tables and keys; inner keys of an inline table share the line of the outer one."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {}
        counts: dict[Path, int] = {}
        table: Path = ()
        fence = ""  # the quotes of the multi-line string we are in
        for number, line in enumerate(text.splitlines(), start=1):
            if fence:
                if line.count(fence) % 2:
                    fence = ""
                continue
            if header := _HEADER.match(line):
                table = self._enter(_parts(header[2]), header[1] == "[[", counts)
                self._lines.setdefault(table, number)
            elif key := _KEY.match(line):
                self._lines.setdefault((*table, *_parts(key[1])), number)
            fence = next((q for q in ('"""', "'''") if line.count(q) % 2), "")

    @staticmethod
    def _enter(parts: list[str], is_array: bool, counts: dict[Path, int]) -> Path:
        """The path of a header; a name that is an array of tables stands for its last element."""
        path: Path = ()
        for depth, part in enumerate(parts):
            path = (*path, part)
            if is_array and depth == len(parts) - 1:
                counts[path] = counts.get(path, -1) + 1
            if path in counts:
                path = (*path, counts[path])
        return path

    def line(self, path: Path) -> int | None:
        """The line of a key, else of the nearest table or key around it, else None."""
        for length in range(len(path), 0, -1):
            if (number := self._lines.get(path[:length])) is not None:
                return number
        return None
