"""What a delta may hold: files of the newer release, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.release.delta import check_delta, make_delta
from tests.broken.archive.deltas import DeltaParts
from tests.release.delta.releases import contents, sha, write_release


@pytest.fixture
def three(tmp_path: Path) -> tuple[Path, Path, Path]:
    """An older release, a newer one and the delta between them."""
    old = write_release(tmp_path / "old", {"page.html": b"old page " * 99, "same.txt": b"same", "x.txt": b"x"})
    new = write_release(tmp_path / "new", {"page.html": b"new page " * 99, "same.txt": b"same", "new.txt": b"new"})
    make_delta(old, new, tmp_path / "delta")
    return old, new, tmp_path / "delta"


def test_a_sound_delta(three: tuple[Path, Path, Path]) -> None:
    old, new, delta = three
    before = contents(delta)
    found = check_delta(delta, new, old=old)
    assert (found.clean, found.parts, found.opened) == (True, 4, 4)
    assert found.as_json()["faults"] == []
    assert check_delta(delta, new).opened == 0
    assert contents(delta) == before


def test_a_file_more(three: tuple[Path, Path, Path]) -> None:
    old, new, delta = three
    (delta / "secret.geojson").write_bytes(b"{}")
    (delta / "parts/secret.lqdelta").write_bytes(b"{}")
    (delta / "link").symlink_to(old)
    assert [fault.path for fault in check_delta(delta, new, old=old).faults] == [
        "link",
        "parts/secret.lqdelta",
        "secret.geojson",
    ]


def test_a_key_more_in_the_listing(three: tuple[Path, Path, Path]) -> None:
    """Whatever `read_listing` passes over is found all the same."""
    _old, new, delta = three
    found = json.loads((delta / "delta.json").read_text())
    (delta / "delta.json").write_text(json.dumps(found | {"removed": ["secret"]}))
    (fault,) = check_delta(delta, new).faults
    assert fault.message == "it holds more than a delta's list has"


def test_a_delta_to_another_release(tmp_path: Path, three: tuple[Path, Path, Path]) -> None:
    """One whose files the release has not: here one that was leaving."""
    old, _new, delta = three
    stricter = write_release(tmp_path / "stricter", {"page.html": b"new page " * 99, "same.txt": b"same"})
    messages = {(fault.path, fault.message) for fault in check_delta(delta, stricter, old=old).faults}
    assert ("new.txt", "the release has no such file") in messages
    assert ("delta.json", "it leads to another release than the one given") in messages


def test_a_name_of_the_older_release(three: tuple[Path, Path, Path]) -> None:
    old, new, delta = three
    found = json.loads((delta / "delta.json").read_text())
    (step,) = [step for step in found["files"] if step["path"] == "page.html"]
    step["base"] = {"path": "x.txt", "bytes": 1, "sha256": sha(b"x")}
    (delta / "delta.json").write_text(json.dumps(found, separators=(",", ":")) + "\n")
    faults = check_delta(delta, new, old=old).faults
    assert [fault.message for fault in faults if fault.path == "page.html"] == [
        "it names another file of the older release: x.txt"
    ]


def test_a_part_that_carries_something_else(three: tuple[Path, Path, Path]) -> None:
    old, new, delta = three
    part = delta / "parts/00001.lqdelta"
    part.write_bytes(DeltaParts().bytes())
    (fault,) = check_delta(delta, new, old=old).faults
    assert (fault.path, fault.message) == ("parts/00001.lqdelta", "it is not the part that delta.json tells of")
    found = json.loads((delta / "delta.json").read_text())
    (step,) = [step for step in found["files"] if step.get("part", {}).get("path") == "parts/00001.lqdelta"]
    step["part"] |= {"bytes": part.stat().st_size, "sha256": sha(part.read_bytes())}
    (delta / "delta.json").write_text(json.dumps(found, separators=(",", ":"), ensure_ascii=False) + "\n")
    (fault,) = check_delta(delta, new, old=old).faults
    assert fault.path == "parts/00001.lqdelta" and "leads to another file" in fault.message


def test_folders_that_are_no_releases(tmp_path: Path, three: tuple[Path, Path, Path]) -> None:
    with pytest.raises(InputError):
        check_delta(three[2], tmp_path)
    with pytest.raises(InputError):
        check_delta(three[0], three[1])
