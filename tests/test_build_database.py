"""Datasets whose source is a database: what is read of it, and what is told of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline import build
from pipeline.build import build_workspace
from pipeline.intake import features as intake
from pipeline.making import inputs
from pipeline.sources import Database, ReadOptions, read_batches
from pipeline.types import FeatureBatch, Tally
from tests.test_build import DAY, by_edition, contents, light_portal
from tests.towns import FILES, write_town

ADDRESS = "postgresql://leser@db.internal/town"
PLANNING = FILES["departments/planning.toml"]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "write_portal", light_portal)


@pytest.fixture
def town(tmp_path: Path) -> Path:
    assert PLANNING is not None
    planning = PLANNING.replace('"inbox/planning/addresses.geojson"', f'"{ADDRESS}"\nlayer = "public.addresses"')
    return write_town(tmp_path / "town", {"departments/planning.toml": planning})


@pytest.fixture
def reads(town: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Database, ReadOptions]]:
    """What is read of the database, which here is a file."""
    found: list[tuple[Database, ReadOptions]] = []

    def read(source: Path | Database, options: ReadOptions, tally: Tally) -> Iterator[FeatureBatch]:
        if isinstance(source, Database):
            found.append((source, options))
            return read_batches(town / "inbox/planning/addresses.geojson", replace(options, layer=None), tally)
        return read_batches(source, options, tally)

    monkeypatch.setattr(intake, "read_batches", read)
    monkeypatch.setattr(inputs, "read_batches", read)
    return found


def test_a_database_is_read_like_the_file_and_not_named(
    tmp_path: Path, town: Path, reads: list[tuple[Database, ReadOptions]]
) -> None:
    from_database = by_edition(build_workspace(town, editions=["public"], as_of=DAY))["public"]
    from_file = by_edition(build_workspace(write_town(tmp_path / "other"), editions=["public"], as_of=DAY))["public"]
    assert [a.file for a in from_database.archives] == [a.file for a in from_file.archives]  # named by their content

    assert {options.layer for _database, options in reads} == {"public.addresses"}
    assert len({id(database) for database, _options in reads}) == 1  # all of one moment
    shown = {column for _database, options in reads for column in options.columns or ()}
    assert shown == {"addr"}

    release = json.loads((town / "dist/public/release.json").read_text("utf-8"))
    told: dict[str, Any] = next(file for file in release["inputs"] if file["dataset"] == "addresses")
    assert told["path"] == "postgresql:public.addresses" and told["bytes"] > 0
    assert not [name for name, data in contents(town / "dist").items() if b"db.internal" in data or b"leser" in data]


def test_what_changes_in_the_database_changes_what_is_told_of_it(
    town: Path, reads: list[tuple[Database, ReadOptions]]
) -> None:
    def digest() -> str:
        build_workspace(town, editions=["public"], as_of=DAY)
        release = json.loads((town / "dist/public/release.json").read_text("utf-8"))
        return str(next(file["sha256"] for file in release["inputs"] if file["dataset"] == "addresses"))

    first = digest()
    assert digest() == first
    path = town / "inbox/planning/addresses.geojson"
    path.write_text(path.read_text("utf-8").replace("28.0", "28.1", 1), "utf-8")
    assert digest() != first


def test_the_database_is_closed_whatever_happens(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []
    monkeypatch.setattr(Database, "close", lambda self: closed.append(str(self)))

    def fail(*_arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(inputs, "read_batches", fail)
    with pytest.raises(KeyboardInterrupt):
        build_workspace(town, editions=["public"], as_of=DAY)
    assert closed == [ADDRESS]
