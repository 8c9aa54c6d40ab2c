"""Everything this room and its verb say has a Chinese translation with the same placeholders."""

from __future__ import annotations

import re
from pathlib import Path

import click
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from pipeline.archive.verify import STAGES
from pipeline.cli._translate import source_texts
from pipeline.cli.archive import archive
from pipeline.raster import pyramid_rules
from pipeline.raster import tile_rules as image_rules
from pipeline.vector.tile_rules import ARCHIVE_RULES, TILE_RULES

PACKAGE = Path(__file__).parents[2] / "pipeline"
SOURCES = [
    *sorted((PACKAGE / "archive").glob("*.py")),
    *(PACKAGE / "vector" / f"{name}.py" for name in ("decode", "verify", "tile_rules", "tile_batch")),
    *(PACKAGE / "raster" / f"{name}.py" for name in ("container", "look", "tile_rules", "pyramid_rules", "means")),
    *(PACKAGE / "raster" / f"{name}.py" for name in ("verify", "inspect", "kinship", "pixel_diff", "relief")),
    *sorted((PACKAGE / "cli" / "archive").glob("*.py")),
]


def said() -> set[str]:
    found: set[str] = set()
    for path in SOURCES:
        for _line, message, _comments, _context in extract_from_file(
            "python", path, keywords={"_": None, "ngettext": (1, 2)}
        ):
            found.add(message if isinstance(message, str) else message[0])
    rules = [rule for stage in STAGES for rule in stage]
    for rule in [*rules, *TILE_RULES, *ARCHIVE_RULES, *image_rules.TILE_RULES, *pyramid_rules.ARCHIVE_RULES]:
        found |= {rule.description, rule.remedy}
    found |= set(source_texts(archive)) | {about.summary for about in archive.verbs.values()}
    for verb in archive.verbs:
        command = archive.get_command(click.Context(archive), verb)
        assert command is not None
        found |= set(source_texts(command))
    return found


def test_everything_is_translated_with_its_placeholders() -> None:
    chinese: dict[str, str] = {}
    own: set[str] = set()
    for part in sorted((PACKAGE / "locale" / "zh_CN" / "LC_MESSAGES" / "parts").glob("*.po")):
        with part.open("rb") as file:
            for message in read_po(file, locale="zh_CN", abort_invalid=True):
                if message.id:
                    plural = isinstance(message.id, tuple)
                    key = message.id[0] if plural else message.id
                    chinese.setdefault(key, message.string[0] if plural else message.string)
                    own |= {key} if part.stem == "archive" else set()
    messages = said()
    assert len(messages) > 250
    assert sorted(messages - set(chinese)) == []
    assert sorted(own - messages) == [], "translations of what nobody says any more"
    holes = {text: sorted(re.findall(r"\{\w*\}", text)) for text in messages}
    assert [text for text in messages if sorted(re.findall(r"\{\w*\}", chinese[text])) != holes[text]] == []
    assert all(re.search(r"[\u4e00-\u9fff]|^id ", chinese[text]) for text in messages)
