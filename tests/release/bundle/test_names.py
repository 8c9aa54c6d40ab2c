"""Names on a disk that Windows reads: what it would refuse or take for something else is not written at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.release.bundle.names import COMPONENT, PATH, check_names
from pipeline.release.bundle.source import read_release
from tests.release.bundle.releases import FILES, write_release

# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
REFUSED = {
    "a device": ["data/con"],
    "a device with a suffix": ["data/aux.json"],
    "a device in capitals": ["NUL.html"],
    "a printer": ["data/LPT1.html"],
    "a device as a folder": ["com1/x.html"],
    "a dot behind": ["data/roads."],
    "a blank behind": ["data/roads "],
    "a folder with a dot behind": ["data./roads.html"],
    "a stream": ["index.html:evil"],
    "a drive": ["C:/x"],
    "a backslash": ["data\\x"],
    "a question mark": ["a?.html"],
    "a star": ["a*.html"],
    "a quotation mark": ['a".html'],
    "a pipe": ["a|b"],
    "a control character": ["a\x07b"],
    "a line end": ["a\nb"],
    "a per cent sign, which BagIt reads": ["a%0Ab"],
    "two cases of one name": ["data/Roads.html", "data/roads.html"],
    "two cases of a folder": ["Data/a", "data/b"],
    "two spellings of one name": ["data/caf\u00e9", "data/cafe\u0301"],
    "a name that becomes too long in volumes": ["tiles/" + "\u9f99" * (COMPONENT + 1)],
    "a name of 130 rare characters": ["\U00020000" * 130],
    "a path that is too long": ["/".join(["\u9f99\u6cc9\u5e02" * 10] * 7)],
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_windows_cannot_have_is_refused(kind: str) -> None:
    with pytest.raises(InputError, match="a disk for Windows cannot have"):
        check_names(["index.html", *REFUSED[kind]], "somewhere")


def test_long_chinese_names_that_fit_are_taken() -> None:
    path = "/".join(["\u9f99\u6cc9\u5e02" * 13] * 5)
    assert len(path) == 199 <= PATH
    check_names([path, "data/\u9f99\u6cc9.html", "data/conference.html", "data/.x", "a b/c d"], "somewhere")


def test_with_the_folders_of_an_office_a_path_has_less_than_260_characters() -> None:
    """MAX_PATH counts the drive and the zero behind; below DIR come releases\\<id12>\\, on a disk data\\release\\."""
    for between in ("releases\\0123456789ab\\", "data\\release\\"):
        assert len("D:\\") + 30 + len(between) + PATH < 260


def test_a_release_with_such_a_name_is_not_packed(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "release", {**FILES, "data/a%b.html": b"x"})
    with pytest.raises(InputError, match="a disk for Windows cannot have"):
        read_release(folder)
