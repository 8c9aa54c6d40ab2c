"""Rows and columns as a terminal shows them, where a Chinese character takes two columns."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.cli._format import columns


def titled_table(title: str, rows: Sequence[Sequence[object]], left: Sequence[int] = (0,)) -> str:
    """A table under its title; the first column left, unless told otherwise."""
    return f"{title}\n{table(rows, left)}"


def table(rows: Sequence[Sequence[object]], left: Sequence[int] = ()) -> str:
    """Columns that line up in a terminal, where a Chinese character takes two; numbers right, `left` ones left."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(columns(cell) for cell in column) for column in zip(*texts, strict=True)]
    lines = []
    for row in texts:
        cells = []
        for i, (cell, width) in enumerate(zip(row, widths, strict=True)):
            pad = " " * (width - columns(cell))
            cells.append(cell + pad if i in left else pad + cell)
        lines.append(("  " + "  ".join(cells)).rstrip())
    return "\n".join(lines)


def pairs(rows: Sequence[tuple[str, str]]) -> str:
    """Names and values, the values below one another."""
    width = max(columns(name) for name, _value in rows)
    return "\n".join(f"  {name}{' ' * (width - columns(name))}  {value}".rstrip() for name, value in rows)


def count_text(n: int) -> str:
    """A number with its thousands apart: 12,345."""
    return f"{n:,}"


def cut_text(text: str, width: int) -> str:
    """The text on one line of at most `width` columns, with an ellipsis where it was cut."""
    text = " ".join(text.split())
    while columns(text) > width:
        text = text[: -max(2, len(text) // 50)].rstrip("… ") + "…"
    return text
