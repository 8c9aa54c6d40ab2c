"""Help pages whose lines fit the terminal in Chinese too.

click measures text by characters and breaks lines at spaces; Chinese characters take two columns and have no spaces
between them, so a page of click's own would overflow. Lines may break between any two Chinese characters except
before closing and after opening punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from unicodedata import east_asian_width

import click

from pipeline.i18n import _

_CLOSING = "，。、；：？！）》」』】”’…％"
_OPENING = "（《「『【“‘"
# What stays together on a line: an opened Chinese character with its closing marks, or a run of everything else.
_WIDE = "\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\u3000-\u303f“”‘’…"
_PIECE = re.compile(rf"\s+|[{_OPENING}]*(?:[^\s{_WIDE}]+|[{_WIDE}])[{_CLOSING}]*|[{_WIDE}]")


def columns(text: str) -> int:
    """How many terminal columns a text takes."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` columns, where a single piece is not longer than that."""
    lines, line = [], ""
    for piece in _PIECE.findall(text):
        if piece.isspace():
            line += " " if line else ""
        elif not line or columns(line) + columns(piece) <= width:
            line += piece
        else:
            lines.append(line.rstrip())
            line = piece
    return [*lines, line.rstrip()] if line.strip() else lines


class Formatter(click.HelpFormatter):
    """click's layout, measured in columns."""

    def write_heading(self, heading: str) -> None:
        """Write a heading with the colon of the language in force."""
        self.write(" " * self.current_indent + _("{heading}:").format(heading=heading) + "\n")

    def write_text(self, text: str) -> None:
        """Write paragraphs, wrapped; one that begins with ``\\b`` keeps its lines."""
        indent = " " * self.current_indent
        blocks = []
        for paragraph in re.split(r"\n[ \t]*\n", text):
            raw = paragraph.startswith("\b\n")
            lines = paragraph.splitlines()[1:] if raw else wrap(paragraph, self.width - self.current_indent)
            blocks.append("".join(f"{indent}{line}".rstrip() + "\n" for line in lines))
        self.write("\n".join(blocks))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write terms and their explanations in two columns."""
        rows = list(rows)
        first = min(max((columns(term) for term, _text in rows), default=0), col_max) + col_spacing
        margin = " " * self.current_indent
        hanging = margin + " " * first
        for term, text in rows:
            lines = wrap(text, max(self.width - first - self.current_indent, 10))
            if columns(term) > first - col_spacing:
                self.write(f"{margin}{term}\n")
            elif lines:
                self.write(f"{margin}{term}{' ' * (first - columns(term))}{lines.pop(0)}\n")
            else:
                self.write(f"{margin}{term}\n")
            self.write("".join(f"{hanging}{line}\n" for line in lines))


class Context(click.Context):
    """A context that lays its help out with `Formatter`."""

    formatter_class = Formatter
