"""applications.toml: what is registered, which references lead nowhere, and what pins keep."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline.framework import WorkspaceError, load_workspace, pinned_files
from tests.framework.workspaces import write_workspace

BUS = """
[[application]]
id = "bus-arrivals"
title = { zh = "公交到站", en = "Bus arrivals" }
owner = { zh = "公交公司", en = "Bus company" }
address = "https://bus.example.org/app"
contact = { person = "某某", email = "bus@example.org" }
registered = 2026-03-01
audiences = ["public", "government"]
datasets = ["roads", "water-supply"]

[[application.pin]]
file = "tiles/roads-0123456789ab.pmtiles"
until = 2027-03-31
reason = "printed atlas"

[[application]]
id = "atlas"
title = { zh = "图集", en = "Atlas" }
owner = { zh = "出版社", en = "Press" }
registered = 2025-01-01
datasets = ["roads"]
pin = [{ file = "tiles/roads-0123456789ab.pmtiles" }, { file = "tiles/framework-ba9876543210.pmtiles" }]
"""


def faults(root: Path, text: str) -> list[str]:
    with pytest.raises(WorkspaceError) as raised:
        load_workspace(write_workspace(root, {"applications.toml": text}))
    return [f"{fault.where} {fault.message}" for fault in raised.value.faults]


def test_a_workspace_without_the_register_has_no_applications(tmp_path: Path) -> None:
    assert load_workspace(write_workspace(tmp_path)).applications == ()


def test_the_register_as_written(tmp_path: Path) -> None:
    bus, atlas = load_workspace(write_workspace(tmp_path, {"applications.toml": BUS})).applications
    assert (bus.id, bus.title.zh, bus.owner.en, bus.datasets) == (
        "bus-arrivals",
        "公交到站",
        "Bus company",
        ("roads", "water-supply"),
    )
    assert (bus.registered, bus.address, bus.contact.email) == (
        date(2026, 3, 1),
        "https://bus.example.org/app",
        "bus@example.org",
    )
    assert (atlas.audiences, atlas.address) == ((), None)  # denied everywhere until an edition is listed


def test_a_pin_holds_until_its_last_day_or_until_it_is_taken_out(tmp_path: Path) -> None:
    applications = load_workspace(write_workspace(tmp_path, {"applications.toml": BUS})).applications
    framework, roads = "tiles/framework-ba9876543210.pmtiles", "tiles/roads-0123456789ab.pmtiles"
    assert pinned_files(applications, date(2027, 3, 31)) == {framework: ("atlas",), roads: ("atlas", "bus-arrivals")}
    assert pinned_files(applications, date(2027, 4, 1)) == {framework: ("atlas",), roads: ("atlas",)}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"roads", "water-supply"', '"roads", "rods"', "application[0].datasets"),
        ('"public", "government"', '"publik"', "application[0].audiences"),
        ('id = "atlas"', 'id = "bus-arrivals"', "application[1].id"),
        ('"roads", "water-supply"', '"roads", "roads"', "datasets named twice: roads"),
        ('datasets = ["roads"]', "datasets = []", "application[1].datasets"),
        ("roads-0123456789ab", "roads", "application[0].pin[0].file"),
        ("https://bus.example.org/app", "javascript:alert(1)", "application[0].address"),
        ("registered = 2025-01-01", "", "application[1].registered"),
    ],
)
def test_what_leads_nowhere_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert BUS.count(old) >= 1
    found = faults(tmp_path, BUS.replace(old, new, 1))
    assert len(found) == 1 and found[0].startswith("applications.toml") and told in found[0], found
