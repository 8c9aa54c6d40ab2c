"""Every fault that is counted has words."""

from __future__ import annotations

import re

from pipeline.sources.faults import describe
from pipeline.sources.wkb import kinds_of_faults
from tests.conftest import ROOT

ROOM = ROOT / "pipeline" / "sources"


def test_every_fault_that_is_counted_has_words() -> None:
    kinds = {"crs-assumed"}
    for path in ROOM.glob("*.py"):
        kinds |= set(re.findall(r'tally\.add\(\s*"([a-z-]+)"', path.read_text(encoding="utf-8")))
    for kind in kinds | {kind for _, kind in kinds_of_faults()}:
        assert describe(kind) != kind
    assert describe("something-else") == "something-else"
