"""Every message a person reads exists in Chinese."""

from __future__ import annotations

import ast
import gettext
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import click
import pytest
from babel.messages.pofile import read_po

import hatch_build
from pipeline.cli import cli
from pipeline.cli._group import LazyGroup
from pipeline.cli._translate import source_texts

ROOT = Path(__file__).resolve().parents[1]
PARTS = ROOT / "pipeline" / "locale" / "zh_CN" / "LC_MESSAGES" / "parts"
CLICK = "click.po"  # its messages are asked for by click's own code


class Entry(NamedTuple):
    part: str
    source: str
    plural: str | None
    translation: tuple[str, ...]


@cache
def entries() -> tuple[Entry, ...]:
    found = []
    for part in sorted(PARTS.glob("*.po")):
        with part.open("rb") as file:
            for message in read_po(file, locale="zh_CN", abort_invalid=True):
                if message.id:
                    ids = (message.id, None) if isinstance(message.id, str) else message.id
                    texts = (message.string,) if isinstance(message.string, str) else tuple(message.string)
                    found.append(Entry(part.name, ids[0], ids[1], texts))
    return tuple(found)


@cache
def _nodes() -> tuple[tuple[Path, ast.Call | ast.Constant], ...]:
    """All calls and literals of the program, with their modules; parsed once."""
    return tuple(
        (path, node)
        for path in sorted((ROOT / "pipeline").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call | ast.Constant)
    )


def _messages() -> Iterator[tuple[str, Path]]:
    for path, node in _nodes():
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(node, ast.Call) and isinstance(called, ast.Name) and called.id in ("_", "ngettext") and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value, path


def _help_below(command: click.Command, place: str) -> Iterator[tuple[str, str]]:
    """The texts of a command's help and of all below it, each with the module that declares it."""
    yield from ((text, place) for text in source_texts(command))
    if isinstance(command, LazyGroup):
        for verb, about in command.verbs.items():
            yield about.summary, place
            child = command.get_command(click.Context(command), verb)
            assert child is not None
            yield from _help_below(child, about.target.partition(":")[0])


@cache
def wanted() -> dict[str, str]:
    """Every message of the program and one place that says it."""
    found = {}
    for message, path in _messages():
        found.setdefault(message, path.relative_to(ROOT).as_posix())
    for text, place in _help_below(cli, "pipeline/cli/__init__.py"):
        found.setdefault(text, place)
    return found


def test_every_message_is_translated() -> None:
    translated = {entry.source for entry in entries() if all(entry.translation)}
    missing = {source: place for source, place in wanted().items() if source not in translated}
    assert not missing, "\n".join(f"{place}: {source!r}" for source, place in sorted(missing.items()))


def test_no_translation_has_lost_its_message() -> None:
    # Tables of texts (rules, names of faults) are looked up where they are shown: any literal may be a message.
    literals = {
        node.value for _path, node in _nodes() if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    known = literals | set(wanted())
    lost = [entry for entry in entries() if entry.part != CLICK and entry.source not in known]
    assert not lost, "\n".join(f"{entry.part}: {entry.source!r}" for entry in lost)


def test_clicks_own_messages_are_still_clicks() -> None:
    sources = [path.read_text() for path in Path(click.__file__).parent.glob("*.py")]
    spoken = {
        node.value
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert {entry.source for entry in entries() if entry.part == CLICK} <= spoken


def test_one_message_has_one_translation() -> None:
    seen: dict[str, Entry] = {}
    clashes = []
    for entry in entries():
        other = seen.setdefault(entry.source, entry)
        if other.translation != entry.translation:
            clashes.append(f"{entry.source!r}: {other.part} {other.translation} ≠ {entry.part} {entry.translation}")
    assert not clashes, "\n".join(clashes)


@pytest.mark.parametrize("part", sorted(path.name for path in PARTS.glob("*.po")))
def test_a_translation_fills_in_the_same_values(part: str) -> None:
    def fields(text: str) -> set[str]:
        return {field or "" for _text, field, _spec, _conversion in string.Formatter().parse(text) if field is not None}

    for entry in entries():
        if entry.part == part:
            allowed = fields(entry.source) | (fields(entry.plural) if entry.plural else set())
            for text in entry.translation:
                if entry.plural:
                    assert fields(text) <= allowed, entry
                else:
                    assert fields(text) == allowed, entry


def test_the_catalogue_has_the_same_bytes_each_time(tmp_path: Path) -> None:
    copies = []
    for name in ("first", "second"):
        target = tmp_path / name / PARTS.relative_to(ROOT)
        target.mkdir(parents=True)
        # Written in opposite orders, so that the file system's order cannot be what decides.
        for part in sorted(PARTS.glob("*.po"), reverse=name == "second"):
            (target / part.name).write_bytes(part.read_bytes())
        (compiled,) = hatch_build.compile_messages(tmp_path / name)
        copies.append(compiled.read_bytes())
    assert copies[0] == copies[1]


def test_the_compiled_catalogue_speaks(tmp_path: Path) -> None:
    target = tmp_path / PARTS.relative_to(ROOT)
    target.mkdir(parents=True)
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    (target / "b.po").write_text(header + 'msgid "one"\nmsgstr "乙"\n', encoding="utf-8")
    (target / "a.po").write_text(
        header + 'msgid "one"\nmsgstr "甲"\n\nmsgid "{n} tile"\nmsgid_plural "{n} tiles"\nmsgstr[0] "{n} 块"\n',
        encoding="utf-8",
    )
    (compiled,) = hatch_build.compile_messages(tmp_path)
    with compiled.open("rb") as file:
        catalogue = gettext.GNUTranslations(file)
    assert catalogue.gettext("one") == "甲"
    assert catalogue.ngettext("{n} tile", "{n} tiles", 1) == catalogue.ngettext("{n} tile", "{n} tiles", 5) == "{n} 块"
