"""A CSV file matched against an index, row by row."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from pipeline.archive.staging import StagedFile
from pipeline.errors import InputError, UsageError
from pipeline.i18n import _
from pipeline.portal.search.geocode import LEVELS, Located, geocode
from pipeline.portal.search.reader import Index
from pipeline.progress import Progress
from pipeline.sources.encoding import asked, detect, unreadable

ADDED: Final = tuple(f"match_{name}" for name in ("level", "score", "text", "lng", "lat", "town", "dataset", "id"))
_USUAL: Final = (
    "标准地址",
    "详细地址",
    "地址",
    "ADDRESS",
    "address",
    "Address",
    "住址",
    "NAME",
    "name",
    "名称",
    "地名",
)
_SAMPLE: Final = 1 << 22  # bytes that tell encoding and separator
_SEPARATORS: Final = ",;\t|"
_REMEMBERED: Final = 100_000  # texts
_STEP: Final = 500  # rows between two signs of life


@dataclass(frozen=True, slots=True)
class Summary:
    """What matching a file came to."""

    rows: int
    columns: tuple[str, ...]  # that were matched
    encoding: str
    levels: dict[str, int]  # level → rows, all of LEVELS
    score: float  # mean of the rows that were found


def match_file(
    index: Index, source: Path, target: Path, columns: Sequence[str], encoding: str | None, progress: Progress
) -> Summary:
    """Write `source` with the columns of `ADDED` to `target`, in UTF-8; rows are read one by one.

    Of several `columns` the texts are joined. Raises InputError for a file that cannot be read, is no CSV or has no
    rows, UsageError for columns that it does not have.
    """
    sample = _sample(source)
    name = _encoding(sample, encoding, str(source))
    levels = dict.fromkeys(LEVELS, 0)
    rows = points = 0
    known: dict[str, Located] = {}
    with source.open("rb") as file, StagedFile(target) as staged:
        reader = _rows(file, name, _separator(sample, name), str(source))
        header = next(reader, None)
        if header is None:
            raise InputError(_("The file is empty."), where=str(source), expected=_("a CSV file with a header"))
        chosen = _columns(header, columns, str(source))
        out = io.TextIOWrapper(staged.file, encoding="utf-8" if name == "utf-8" else "utf-8-sig", newline="")
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([*header, *_names(header)])
        progress.start(_("matching"), None, _("rows"))
        for row in reader:
            text = "".join(row[at].strip() for at in chosen if at < len(row))
            found = known.get(text)
            if found is None:
                if len(known) >= _REMEMBERED:
                    known.clear()
                found = known[text] = geocode(index, text)
            writer.writerow([*row, *[""] * (len(header) - len(row)), *_cells(found)])
            levels[found.level] += 1
            rows += 1
            points += found.score
            if rows % _STEP == 0:
                progress.advance(_STEP)
        progress.advance(rows % _STEP)
        progress.done()
        out.flush()
        out.detach()
        staged.commit()
    found_rows = rows - levels["none"]
    return Summary(rows, tuple(header[at] for at in chosen), name, levels, points / found_rows if found_rows else 0.0)


def _cells(found: Located) -> list[str]:
    if found.lng is None or found.lat is None:
        return [found.level, str(found.score), *[""] * (len(ADDED) - 2)]
    place = [f"{found.lng:.6f}", f"{found.lat:.6f}"]
    return [found.level, str(found.score), found.matched, *place, found.town, found.dataset, str(found.id or "")]


def _names(header: Sequence[str]) -> list[str]:
    """The new columns, told apart from those that a file has from before."""
    taken = set(header)
    if not taken & set(ADDED):
        return list(ADDED)
    number = next(n for n in range(2, len(header) + 3) if not taken & {f"{name}_{n}" for name in ADDED})
    return [f"{name}_{number}" for name in ADDED]


def _columns(header: Sequence[str], asked_for: Sequence[str], where: str) -> list[int]:
    known = {name.strip(): at for at, name in reversed(list(enumerate(header)))}
    missing = [name for name in asked_for if name not in known]
    if missing:
        raise UsageError(
            _("The file has no column {names}.").format(names=", ".join(missing)),
            where=where,
            expected=", ".join(known),
        )
    if asked_for:
        return [known[name] for name in asked_for]
    usual = next((known[name] for name in _USUAL if name in known), 0 if len(header) == 1 else None)
    if usual is None:
        raise UsageError(
            _("It is not clear which column holds the addresses."),
            where=where,
            expected=_("one of: {names}").format(names=", ".join(known)),
            hint=_("name it with --column"),
        )
    return [usual]


def _sample(source: Path) -> bytes:
    try:
        with source.open("rb") as file:
            return file.read(_SAMPLE)
    except OSError as error:
        raise InputError(
            _("The file cannot be read: {reason}").format(reason=error.strerror or error), where=str(source)
        ) from error


def _encoding(sample: bytes, given: str | None, where: str) -> str:
    """Python's name of the encoding: given, told by a byte order mark, or found as for data that is handed in."""
    if given is not None:
        return asked(given)
    if sample.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    lines = sample.split(b"\n")
    whole = lines[:-1] if len(sample) == _SAMPLE and len(lines) > 1 else lines  # the last one may be cut off
    found = detect(whole)
    if found is None:
        raise unreadable(where, "utf-8", next(line for line in whole if not line.isascii()), whole)
    return found


def _separator(sample: bytes, encoding: str) -> str:
    """The sign that occurs most often in the first line."""
    first = sample.decode(encoding, "replace").split("\n", 1)[0]
    return max(_SEPARATORS, key=lambda sign: (first.count(sign), -_SEPARATORS.index(sign)))


def _rows(file: BinaryIO, encoding: str, separator: str, where: str) -> Iterator[list[str]]:
    """The rows of the file that are not empty. Raises InputError for bytes that are no text in the encoding."""
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        for row in csv.reader(text, delimiter=separator):
            if row:
                yield row
    except UnicodeDecodeError as error:
        raise unreadable(where, encoding, error.object[error.start : error.start + 24], [error.object]) from error
    except csv.Error as error:
        raise InputError(_("The file is no CSV: {reason}").format(reason=error), where=where) from error
    finally:
        with contextlib.suppress(ValueError):  # closed already, where an error left the rows behind
            text.detach()
