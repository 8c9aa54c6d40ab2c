"""The ledger: what is written can be read, and whatever anyone does to it is found."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.intake.ledger import GENESIS, HEAD, LEDGER, append, entries, has_hash, head, verify
from tests.handing_in import NOW


def fill(root: Path, count: int = 5) -> list[bytes]:
    for i in range(count):
        append(root, "accepted", {"dataset": "stops", "version": f"2026-Q3.{i + 1}", "name": "车站.zip"}, NOW)
    return (root / LEDGER).read_bytes().splitlines(keepends=True)


def rewrite(root: Path, lines: list[bytes]) -> list[str]:
    (root / LEDGER).write_bytes(b"".join(lines))
    return [fault.kind for fault in verify(root)]


def test_a_line_is_canonical_json_with_its_own_hash(tmp_path: Path) -> None:
    entry = append(tmp_path, "nil", {"period": "2026-Q3", "dataset": "站"}, NOW)
    line = (tmp_path / LEDGER).read_bytes()
    without = (
        '{"at":"2026-10-08T01:30:00Z","facts":{"dataset":"站","period":"2026-Q3"},"kind":"nil","n":1,'
        f'"previous":"{"0" * 64}"}}'
    )
    assert entry.hash == hashlib.sha256(without.encode()).hexdigest()
    assert (
        line
        == json.dumps(
            {**json.loads(without), "hash": entry.hash}, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        ).encode()
        + b"\n"
    )
    assert (tmp_path / HEAD).read_text() == f"1 {entry.hash}\n"


def test_every_entry_names_the_one_before(tmp_path: Path) -> None:
    fill(tmp_path)
    found = list(entries(tmp_path))
    assert [entry.n for entry in found] == [1, 2, 3, 4, 5]
    assert [entry.previous for entry in found] == [GENESIS, *(entry.hash for entry in found[:-1])]
    assert verify(tmp_path) == () and head(tmp_path) == (5, found[-1].hash)
    assert has_hash(tmp_path, found[2].hash) and not has_hash(tmp_path, "f" * 64)


def test_nothing_yet_is_whole(tmp_path: Path) -> None:
    assert list(entries(tmp_path)) == [] and verify(tmp_path) == () and head(tmp_path) == (0, GENESIS)


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        (lambda lines: [*lines[:2], lines[2].replace(b"stops", b"shops"), *lines[3:]], {"altered"}),
        (lambda lines: [*lines[:2], lines[2].replace(b"2026-10", b"2026-09"), *lines[3:]], {"altered"}),
        (lambda lines: [lines[0].replace(b'":', b'": '), *lines[1:]], {"altered"}),  # the same, written otherwise
        (lambda lines: lines[1:], {"number", "chain", "head"}),
        (lambda lines: [*lines[:2], *lines[3:]], {"number", "chain", "head"}),
        (lambda lines: lines[:-1], {"head"}),
        (lambda lines: [], {"head"}),
        (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], {"number", "chain"}),
        (lambda lines: [*lines, lines[-1]], {"number", "chain"}),
        (lambda lines: [*lines[:2], b"no entry\n", *lines[3:]], {"unreadable"}),
        (lambda lines: [*lines[:2], b"\n", *lines[2:]], {"unreadable", "number", "head"}),
        (lambda lines: [*lines, b'{"at":'], {"unfinished"}),
    ],
    ids=["fact", "time", "blank", "first", "middle", "last", "all", "swap", "twice", "text", "inserted", "half"],
)
def test_whatever_is_done_to_it_is_found(tmp_path: Path, change: object, kinds: set[str]) -> None:
    lines = fill(tmp_path)
    assert set(rewrite(tmp_path, change(lines))) == kinds  # type: ignore[operator]


def test_lines_forged_with_right_hashes_at_the_end_are_found(tmp_path: Path) -> None:
    """Who knows how hashes are made can forge the last line, but not what the head remembers of it."""
    lines = fill(tmp_path)
    last = json.loads(lines[-1])
    del last["hash"]
    last["facts"]["version"] = "2026-Q3.9"
    text = json.dumps(last, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    last["hash"] = hashlib.sha256(text.encode()).hexdigest()
    line = json.dumps(last, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    assert rewrite(tmp_path, [*lines[:-1], line]) == ["head"]


def test_a_lost_head_is_told_and_one_that_is_a_step_behind_is_not(tmp_path: Path) -> None:
    fill(tmp_path, 4)
    before = (tmp_path / HEAD).read_bytes()
    append(tmp_path, "nil", {}, NOW)
    (tmp_path / HEAD).write_bytes(before)  # as if killed between the line and the head
    assert verify(tmp_path) == ()
    append(tmp_path, "nil", {}, NOW)
    assert verify(tmp_path) == ()
    (tmp_path / HEAD).write_bytes(before)
    assert [fault.kind for fault in verify(tmp_path)] == ["head"]
    (tmp_path / HEAD).unlink()
    assert [fault.kind for fault in verify(tmp_path)] == ["missing"]
    (tmp_path / HEAD).write_bytes(b"rubbish")
    assert [fault.kind for fault in verify(tmp_path)] == ["head"]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cut=st.integers(1, 10_000))
def test_half_a_line_is_nobodys_and_goes_with_the_next(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    root = tmp_path_factory.mktemp("ledger")
    lines = fill(root, 3)
    cut = min(cut, len(lines[2]) - 1)
    (root / LEDGER).write_bytes(b"".join(lines[:2]) + lines[2][:cut])
    (root / HEAD).unlink()
    assert [entry.n for entry in entries(root)] == [1, 2]
    append(root, "nil", {}, NOW)
    assert [entry.n for entry in entries(root)] == [1, 2, 3] and verify(root) == ()


def test_a_damaged_last_line_takes_no_more_lines(tmp_path: Path) -> None:
    lines = fill(tmp_path, 2)
    (tmp_path / LEDGER).write_bytes(lines[0] + b"rubbish\n")
    with pytest.raises(InputError, match="no entry"):
        append(tmp_path, "nil", {}, NOW)
    with pytest.raises(InputError, match="no entry"):
        list(entries(tmp_path))


def test_an_entry_longer_than_a_block_is_found_again(tmp_path: Path) -> None:
    append(tmp_path, "accepted", {"findings": {f"rule-{i}": i for i in range(20_000)}}, NOW)
    entry = append(tmp_path, "nil", {}, NOW)
    assert entry.n == 2 and verify(tmp_path) == ()


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = fill(tmp_path, 2)
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:20]))
    with pytest.raises(Exception, match="full"):
        append(tmp_path, "nil", {}, NOW)
    assert (tmp_path / LEDGER).read_bytes() == b"".join(lines)


def _write(root: Path, count: int) -> None:
    for i in range(count):
        append(root, "accepted", {"process": os.getpid(), "i": i}, datetime.now(UTC))


def test_processes_that_write_at_once_make_one_chain(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_write, args=(tmp_path, 15)) for _worker in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    found = list(entries(tmp_path))
    assert [entry.n for entry in found] == list(range(1, 46)) and verify(tmp_path) == ()
    for process in {entry.facts["process"] for entry in found}:
        assert [e.facts["i"] for e in found if e.facts["process"] == process] == list(range(15))


def test_what_was_cut_off_is_not_covered_up_by_the_next_entry(tmp_path: Path) -> None:
    lines = fill(tmp_path, 4)
    for left in (lines[:3], lines[:1], [], [*lines[:2], lines[3][:40]], [*lines[:3], lines[2]]):
        faults = rewrite(tmp_path, left)
        assert "head" in faults or "number" in faults
        before = (tmp_path / LEDGER).read_bytes()
        with pytest.raises(InputError, match="knows entry 4"):
            append(tmp_path, "nil", {}, NOW)
        assert (tmp_path / LEDGER).read_bytes() == before
    rewrite(tmp_path, lines)
    assert append(tmp_path, "nil", {}, NOW).n == 5 and verify(tmp_path) == ()


def test_a_line_that_no_reader_can_take(tmp_path: Path) -> None:
    lines = fill(tmp_path, 2)
    assert rewrite(tmp_path, [*lines, b"[" * 200_000 + b"\n"]) == ["unreadable"]
    with pytest.raises(InputError, match="no entry"):
        append(tmp_path, "nil", {}, NOW)
