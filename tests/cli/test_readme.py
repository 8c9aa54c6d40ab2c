"""The README shows the help pages as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from pipeline.cli import cli
from pipeline.cli._group import LazyGroup
from pipeline.cli._language import speak

README = Path(__file__).resolve().parents[2] / "README.md"
SECTION = re.compile(r"<!-- help: (longquan[\w -]*?) -->\n(.*?)<!-- end -->\n", re.DOTALL)


def _page(words: str) -> str:
    """The English help page of a command, 78 columns wide."""
    speak("en")
    command, context = cli.localized(), None
    for name in words.split():
        if context is not None:
            assert isinstance(command, click.Group)
            found = command.get_command(context, name)
            assert found is not None, words
            command = found
        context = command.context_class(command, info_name=name, parent=context, terminal_width=78)
    assert context is not None
    return f"```\n{command.get_help(context)}\n```\n"


def _commands(command: click.Command, words: str) -> Iterator[str]:
    """The command and all below it, as they are typed."""
    yield words
    if isinstance(command, LazyGroup):
        for verb in command.verbs:
            child = command.get_command(click.Context(command), verb)
            assert child is not None
            yield from _commands(child, f"{words} {verb}")


def test_every_help_page_in_the_readme_is_current(request: pytest.FixtureRequest) -> None:
    text = README.read_text(encoding="utf-8")
    shown = SECTION.findall(text)
    assert {words for words, _page_shown in shown} >= set(_commands(cli, "longquan"))
    current = SECTION.sub(lambda found: f"<!-- help: {found[1]} -->\n{_page(found[1])}<!-- end -->\n", text)
    if request.config.getoption("bless"):
        README.write_text(current, encoding="utf-8")
    else:
        assert text == current, "run `just bless` and review the difference"


def test_every_link_of_the_pages_leads_somewhere() -> None:
    root = README.parent
    for page in (README, root / "pipeline" / "README.md", root / "CHANGELOG.md"):
        for target in re.findall(r"\]\(([^)#]+)(?:#[\w-]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"
