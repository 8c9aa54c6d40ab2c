"""A text file of unknown encoding and any size → UTF-8, a block at a time."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.sources.encoding import asked, detect, unreadable
from pipeline.sources.files import Dataset

_HEAD: Final = 1 << 16  # bytes; pictures and workbooks have a NUL among the first
_BLOCK: Final = 1 << 20
_LONG: Final = re.compile("[\u0800-\U0010ffff]")  # characters of three bytes and more in UTF-8
_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class PlainText:
    """A file and how it is written; it may be opened any number of times."""

    dataset: Dataset
    encoding: str  # as Python calls it

    @contextmanager
    def opened(self) -> Iterator[io.BufferedReader[Any]]:
        """Its bytes as UTF-8 without a byte order mark. What is no text raises InputError while it is read."""
        with self.dataset.opened() as file:
            source = (_Checked if self.encoding == "utf-8" else _Recoded)(file, self)
            with io.BufferedReader(source, _BLOCK) as out:
                if out.peek(3)[:3] == _MARK:
                    out.read(3)
                yield out


def text_of(dataset: Dataset, encoding: str | None) -> PlainText:
    """The text of a file in an encoding; where none is named, in that which it surely is in, else UTF-8.

    Reads the file once or twice, unless it begins with a mark. Raises InputError where it is no text, UsageError.
    """
    if encoding is not None:
        return PlainText(dataset, asked(encoding))
    with dataset.opened() as file:
        head = file.read(_HEAD)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):  # "Unicode text" of spreadsheets
        return PlainText(dataset, "utf-16")
    if head[:3] == _MARK:
        return PlainText(dataset, "utf-8")
    if b"\0" in head:
        raise _no_text(dataset, head)
    if not _in_doubt(dataset):
        return PlainText(dataset, "utf-8")
    return PlainText(dataset, detect(line.rstrip(b"\n") for line in _lines(dataset)) or "utf-8")  # which it breaks


class _Recoded(io.RawIOBase):
    """The bytes of a file in another encoding."""

    def __init__(self, file: BinaryIO, text: PlainText) -> None:
        self._file = file
        self._text = text
        self._decoder = codecs.getincrementaldecoder(text.encoding)()
        self._taken = 0  # bytes of the file that were given to the decoder
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            block = self._file.read(_BLOCK)
            self._taken += len(block)
            found = self._decoded(block)
            self._ready = memoryview(self._encoded(found, block))
            if not block:
                break
        view = memoryview(buffer)
        n = min(len(view), len(self._ready))
        view[:n] = self._ready[:n]
        self._ready = self._ready[n:]
        return n

    def _decoded(self, block: bytes) -> str:
        try:
            return self._decoder.decode(block, not block)
        except UnicodeDecodeError as error:
            begin = self._taken - len(error.object)  # of what the decoder still held
            raise _broken(self._text, begin + error.start, error) from error

    def _encoded(self, found: str, block: bytes) -> bytes:
        return found.encode()


class _Checked(_Recoded):
    """UTF-8 as it is, decoded only to see that it can be."""

    def _encoded(self, found: str, block: bytes) -> bytes:
        return block


def _in_doubt(dataset: Dataset) -> bool:
    """Whether it may be something else than UTF-8; characters of more than two bytes are proof enough."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    ascii_only, proven = True, False
    with dataset.opened() as file:
        while True:
            block = file.read(_BLOCK)
            try:
                text = decoder.decode(block, not block)
            except UnicodeDecodeError:
                return True
            if not proven and not text.isascii():
                ascii_only = False
                proven = _LONG.search(text) is not None
            if not block:
                return not (ascii_only or proven)


def _lines(dataset: Dataset) -> Iterator[bytes]:
    """Its lines with their ends, the longest in pieces."""
    with dataset.opened() as file:
        while line := file.readline(_BLOCK):
            yield line


def _no_text(dataset: Dataset, head: bytes) -> InputError:
    packed = head[:2] == b"PK"
    return InputError(
        _("This is no text, although its name ends in {suffix}.").format(suffix=dataset.suffix),
        where=dataset.name,
        expected=_("a table as text, one row per line"),
        hint=_("it is an Excel workbook or a zip: name it *.xlsx or *.zip, or export it as CSV")
        if packed
        else _("ask what program it comes from, and export the table there as CSV"),
    )


def _broken(text: PlainText, at: int, error: UnicodeDecodeError) -> InputError:
    """The error for a byte that is no text, `at` bytes from the beginning: its line, and the field it is in."""
    begin, header, line, number = 0, b"", b"", 1
    for line in _lines(text.dataset):
        header = header or line
        if begin + len(line) > at:
            break
        begin += len(line)
        number += line.endswith(b"\n")
    line = line.rstrip(b"\n")
    names_line = header.decode(error.encoding, "replace")
    separator = max(",;\t|", key=names_line.count)
    fields = line[: at - begin].decode(error.encoding, "replace")
    before = next(csv.reader([fields], delimiter=separator), [""])
    names = next(csv.reader([names_line.strip()], delimiter=separator), [""])
    field = names[max(0, len(before) - 1)] if len(before) <= len(names) else "?"
    where = _("{source}, line {number}, field {field}").format(source=text.dataset.name, number=number, field=field)
    others = (each.rstrip(b"\n") for each in _lines(text.dataset))
    return unreadable(where, error.encoding, line[at - begin :], others)
