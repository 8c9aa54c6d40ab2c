"""Commands declared in English, shown in the language in force."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pipeline import i18n
from pipeline.cli._translate import localized_command, localized_text, source_texts

CHINESE = {
    "Draw a map.": "画一张图。",
    "It takes a while, because paper is slow.": "要等一会儿，纸很慢。",
    "a.csv\nb.csv": "甲.csv\n乙.csv",
    "How large.": "多大。",
    "What to draw.": "画什么。",
    "See the manual.": "见手册。",
    "Copy it.": "复印。",
    "Whole text.\n\nIn one piece.": "整段翻译。",
}


@pytest.fixture(autouse=True)
def _chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.cli._translate._", lambda text: CHINESE.get(text, text))


@click.group(epilog="See the manual.")
def maps() -> None:
    """Draw a map.

    It takes a while,
    because paper is slow.

    \b
    a.csv
    b.csv
    \f
    Notes for programmers.
    """


@maps.command()
@click.argument("what", help="What to draw.")
@click.option("--size", type=int, help="How large.")
def copy(what: str, size: int) -> None:
    """Copy it. And more."""
    click.echo(f"{what} {size}")


def test_every_text_of_a_page() -> None:
    page = CliRunner().invoke(localized_command(maps), ["--help"]).output
    assert "  画一张图。\n\n  要等一会儿，纸很慢。\n\n  甲.csv\n  乙.csv\n" in page
    assert "见手册。" in page
    assert "programmers" not in page


def test_nested_commands_and_their_parameters() -> None:
    page = CliRunner().invoke(localized_command(maps), ["copy", "--help"]).output
    assert "多大。" in page
    assert "画什么。" in page
    assert CliRunner().invoke(localized_command(maps), ["copy", "x", "--size", "3"]).output == "x 3\n"


def test_the_declared_command_stays_english() -> None:
    localized_command(maps)
    assert maps.help is not None and maps.help.startswith("Draw a map.")
    assert copy.params[1].help == "How large."  # type: ignore[attr-defined]
    assert maps.commands["copy"] is copy


def test_lists_show_the_first_sentence() -> None:
    twin = localized_command(maps)
    assert isinstance(twin, click.Group)
    assert twin.short_help == "画一张图。"
    assert twin.commands["copy"].short_help == "Copy it."


def test_extra_options_are_added_once() -> None:
    extra: list[click.Parameter] = [click.Option(["--size"], help="Another."), click.Option(["--lang"], hidden=True)]
    twin = localized_command(copy, extra=extra)
    assert [name for parameter in twin.params for name in parameter.opts] == ["what", "--size", "--lang"]


def test_a_translation_of_the_whole_wins() -> None:
    assert localized_text("Whole text.\n\nIn one piece.") == "整段翻译。"


def test_source_texts_are_what_is_looked_up() -> None:
    assert list(source_texts(maps)) == [
        "Draw a map.",
        "It takes a while, because paper is slow.",
        "a.csv\nb.csv",
        "See the manual.",
    ]
    assert list(source_texts(copy)) == ["Copy it. And more.", "What to draw.", "How large."]


def test_languages_of_a_library_user() -> None:
    i18n.set_language("zh_TW")
    assert i18n.language() == "zh"
    i18n.set_language("de")
    assert i18n.language() == "en"
    assert (Path(i18n.LOCALE_DIR) / "zh_CN" / "LC_MESSAGES" / "parts").is_dir()
