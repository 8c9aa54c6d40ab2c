"""Faults of TOML texts: every one has its line, its column and words of both languages."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline import i18n
from pipeline.framework.package import declared_classification
from pipeline.framework.read import read_model
from pipeline.framework.rules import RulesFile
from pipeline.framework.toml_words import parse_toml, toml_fault

# text, line, column, beginning of what is said
FAULTS = [
    ("a 1", 1, 3, "a key is not followed by ="),
    ("x = 1\n= 2", 2, 1, "neither a key nor"),
    ("x = abc", 1, 5, "this is no value"),
    ("\nname = 龙泉", 2, 8, "this is no value"),
    ('x = "abc', None, None, "a text is not closed"),
    ('x = "abc\ny = 1', 1, 9, "a character that may not stand in a text"),
    ("x = [1, 2", None, None, "an array is not closed"),
    ("x = [1\ny = 2]", 2, 1, "an array is not closed"),
    ("x = {a = 1", None, None, "a table within a line is not closed"),
    ("x = {a = 1, a = 2}", 1, 18, "the key is there already"),
    ("x = 1\nx = 2\n", 2, 6, "the key is there already"),
    ("[a]\n[a]", 2, 3, "the table is there already"),
    ("x = 1 y = 2", 1, 7, "a line holds more than one key"),
    ("[a\n", 1, 3, "the name of a table is not closed by ]"),
    ("[[layer]\n", 1, 8, "the name of a table is not closed by ]]"),
    ('p = "C:\\data"', 1, 10, "a \\ stands in a text"),
    ("d = 2026-02-31", 1, 5, "there is no such date"),
    ("a. = 1", 1, 4, "no key begins like this"),
    ("# \x01", 1, 3, "a character that may not stand in a comment"),
]


@contextmanager
def chinese() -> Iterator[None]:
    i18n.set_language("zh")
    try:
        yield
    finally:
        i18n.set_language("en")


def fault(text: str) -> tuple[int | None, str]:
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)
    return toml_fault(caught.value)


@pytest.mark.parametrize(("text", "line", "column", "said"), FAULTS)
def test_it_has_words_and_a_place(text: str, line: int | None, column: int | None, said: str) -> None:
    place = "at the end of the file" if line is None else f"in column {column}"
    found = fault(text)
    assert found[0] == line
    assert found[1].startswith(f"not TOML {place}: {said}")


@pytest.mark.parametrize("text", [text for text, *_rest in FAULTS])
def test_chinese_sentences_hold_no_english(text: str) -> None:
    with chinese():
        _line, said = fault(text)
    words = "".join(each if each.isascii() and each.isalpha() else " " for each in said).split()
    assert set(words) <= {"TOML"}


def test_what_has_no_words_is_quoted() -> None:
    with chinese():
        assert toml_fault(tomllib.TOMLDecodeError("Odd thing (at line 3, column 7)")) == (
            3,
            "第 7 列不合 TOML 语法：此处无法读取（Odd thing）",
        )
    assert toml_fault(tomllib.TOMLDecodeError("odd")) == (None, "not TOML: the text cannot be read (odd)")


def test_the_file_has_the_line(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text("[[layer]]\nname 龙泉\n", "utf-8")
    (found,) = read_model(tmp_path / "rules.toml", "rules.toml", RulesFile).faults
    assert str(found) == "rules.toml:2: not TOML in column 6: a key is not followed by ="


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 50_000,
        "n = " + "9" * 5000,  # more digits than Python turns into a number
        ".".join("a" * 20_000) + " = 1",  # which would take a minute
        "x = {" + " . ".join("ab" for _ in range(20_000)) + " = 1}",
        ".".join(['"a \\" b"'] * 20_000) + " = 1",
        "[" + ".".join(["'a'"] * 20_000) + "]",
    ],
)
def test_what_never_ends_is_refused_at_once(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_toml(text)
    assert declared_classification(b'classification = "public"\n' + text.encode()) is None


def test_long_words_and_texts_are_no_endless_keys() -> None:
    said = parse_toml('a.b.c = "' + "w" * 200_000 + '"\nd = """\n' + "Ein Satz. " * 5000 + '"""\n')
    assert len(said["a"]["b"]["c"]) == 200_000 and len(said["d"]) == 50_000
