"""Every message of the room has its Chinese, with the same places to fill in; every fault has words."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from babel.messages.pofile import read_po

from pipeline.sources.faults import describe
from pipeline.sources.wkb import FAULTS
from tests.conftest import ROOT

ROOM = ROOT / "pipeline" / "sources"
PART = ROOT / "pipeline/locale/zh_CN/LC_MESSAGES/parts/sources.po"


def messages(path: Path) -> set[str]:
    calls = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    return {c.args[0].value for c in calls if isinstance(c.func, ast.Name) and c.func.id == "_"}  # type: ignore[attr-defined]


def test_every_message_has_its_chinese() -> None:
    used = set().union(*(messages(path) for path in ROOM.glob("*.py")))
    with PART.open("rb") as file:
        catalogue = {str(m.id): str(m.string) for m in read_po(file) if m.id}
    assert used == set(catalogue)
    for message, translated in catalogue.items():
        assert re.search("[一-鿿]", translated), message
        assert sorted(re.findall(r"\{\w+\}", message)) == sorted(re.findall(r"\{\w+\}", translated)), message


def test_every_fault_that_is_counted_has_words() -> None:
    kinds = {"crs-assumed"}
    for path in ROOM.glob("*.py"):
        kinds |= set(re.findall(r'tally\.add\(\s*"([a-z-]+)"', path.read_text(encoding="utf-8")))
    for kind in kinds | {kind for _, kind in FAULTS}:
        assert describe(kind) != kind
    assert describe("something-else") == "something-else"
