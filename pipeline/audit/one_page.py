"""The edition as one page: code that comes with the software, and files that are those of the release."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.audit.rules import Finding, Rule, Severity
from pipeline.errors import ConfigError
from pipeline.i18n import _
from pipeline.portal.offline_page import NAME, embedded_files, offline_template

OFFLINE: Final = NAME


@dataclass(frozen=True, slots=True)
class OnePage:
    """A page taken apart, and the folder whose files it says it has."""

    root: Path
    known: bool  # whether its code is that of this version
    words: str  # what is neither that code nor one of the files
    files: str  # the part that holds the files


def one_page(path: Path, root: Path) -> OnePage:
    """The page at `path`; of one that was made by another version everything is words."""
    text = path.read_text("utf-8", "replace")
    try:
        first, second, third, last = offline_template()
    except ConfigError:
        return OnePage(root, False, text, "")
    notices = text.find(second, len(first))
    files = text.find(third, notices + len(second))
    if not (text.startswith(first) and 0 <= notices < files and text.endswith(last)):
        return OnePage(root, False, text, "")
    words = text[len(first) : notices] + text[notices + len(second) : files]
    return OnePage(root, True, words, text[files + len(third) : len(text) - len(last)])


def foreign_parts(page: OnePage) -> Iterator[Finding]:
    """Code of another version, and files that are none of the release."""
    if not page.known:
        yield Finding(_("its code does not come with this version"), NAME)
        return
    try:
        for name, data in embedded_files(page.files):
            file = page.root / name
            if not file.resolve().is_relative_to(page.root.resolve()) or not file.is_file():
                yield Finding(_("there is no file {name}").format(name=name), NAME, name)
            elif file.read_bytes() != data:
                yield Finding(_("{name} is not the file of that name").format(name=name), NAME, name)
    except ValueError as error:
        yield Finding(_("something else between its files: {text}").format(text=str(error)[:80]), NAME)


PAGE_RULE: Final[Rule[OnePage]] = Rule(
    "page-files",
    Severity.LEAK,
    "The page that opens from a disk holds this version's code and files of the release, unaltered.",
    "Build the edition again with this version.",
    foreign_parts,
)
