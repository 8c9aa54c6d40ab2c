"""Whatever moment a submission is killed at, store and ledger agree, and doing it again ends as if nothing had been."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.framework import load_workspace
from pipeline.intake.audit_store import store_faults
from pipeline.intake.ledger import entries, verify
from pipeline.intake.purge import purge_version
from pipeline.intake.store import versions
from pipeline.intake.submit import submit
from tests.handing_in import NOW, package_files, points, write_folder, write_workspace

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks and signals are needed")

CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.link"}
PLANNED = 200  # more changes of the disk than a submission makes


def killed_at(step: int, root: Path, work: Callable[[], object]) -> bool:
    """Do the work in a child that is killed right before its `step`-th change to the workspace; whether it was."""
    child = os.fork()
    if child == 0:
        left = [step]

        def watch(event: str, arguments: tuple[object, ...]) -> None:
            writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
            if (event in CHANGES or writes) and str(root) in str(arguments[0]):
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
        try:
            work()
        except BaseException:
            os._exit(3)
        os._exit(0)
    _child, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


@pytest.fixture(autouse=True)
def no_power_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed process loses nothing that it wrote, so there is no need to wait for the disk."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


def leftovers(root: Path) -> list[str]:
    """What is half done; not the ledger's one temporary file, which the next entry writes over."""
    names = [path.name for path in root.rglob("*") if path.name.endswith((".new", ".part", ".gone"))]
    return [name for name in names if name != ".ledger.head.part"]


def state(root: Path) -> tuple[list[str], list[str], list[str]]:
    """The ledger's kinds, the versions in the store, and the refused packages."""
    refused = root / "inbox/refused"
    return (
        [entry.kind for entry in entries(root)],
        [version.version for version in versions(root, "stops")],
        sorted(path.name for path in refused.iterdir()) if refused.is_dir() else [],
    )


@pytest.mark.parametrize("case", ["accepted", "refused"])
def test_a_submission_killed_at_any_step(tmp_path: Path, case: str) -> None:
    fresh = write_workspace(tmp_path / "fresh")
    first = write_folder(tmp_path / "first", package_files())
    files = package_files(stops__geojson=points(7))
    second = write_folder(tmp_path / "second", files if case == "accepted" else {**files, "more.txt": b""})
    submit(load_workspace(fresh), first, NOW)
    done = shutil.copytree(fresh, tmp_path / "done")
    submit(load_workspace(done), second, NOW)
    before, after = state(fresh), state(done)
    assert before != after

    seen = set()
    for step in range(1, PLANNED):
        root = shutil.copytree(fresh, tmp_path / "ws")
        framework = load_workspace(root)
        killed = killed_at(step, root, lambda: submit(framework, second, NOW))  # noqa: B023
        assert verify(root) == (), step
        kinds, stored, _refused = state(root)
        assert kinds in (before[0], after[0]), step
        assert set(before[1]) <= set(stored) <= set(after[1]), step  # nothing is lost, nothing half is there
        if kinds == before[0]:
            assert stored == before[1], step  # nothing counts that the ledger does not know
        seen.add((tuple(kinds), tuple(stored)))
        submit(framework, second, NOW)
        assert state(root) == after and verify(root) == () and not list(store_faults(root)), step
        assert not list((root / "store/.incoming").iterdir()), step
        assert leftovers(root) == [], step
        shutil.rmtree(root)
        if not killed:
            break
    assert not killed and step > 15
    if case == "accepted":  # also the moment between the ledger's line and the last rename was met
        assert (tuple(after[0]), tuple(before[1])) in seen


def test_a_purge_killed_at_any_step(tmp_path: Path) -> None:
    fresh = write_workspace(tmp_path / "fresh")
    submit(load_workspace(fresh), write_folder(tmp_path / "first", package_files()), NOW)
    other = write_folder(tmp_path / "second", package_files(stops__geojson=points(7)))
    for step in range(1, PLANNED):
        root = shutil.copytree(fresh, tmp_path / "ws")
        framework = load_workspace(root)
        killed = killed_at(
            step,
            root,
            lambda: purge_version(root, "stops", "2026-Q3.1", reason="r", by="b", at=NOW),  # noqa: B023
        )
        submit(framework, other, NOW)  # sets right what was left
        kinds, stored, _refused = state(root)
        if "purged" in kinds:
            assert stored == ["2026-Q3.2"] and not (root / "store/stops/2026-Q3.1").exists(), step
        else:
            assert stored == ["2026-Q3.1", "2026-Q3.2"], step
        assert verify(root) == () and not list(store_faults(root)), step
        assert leftovers(root) == [], step
        shutil.rmtree(root)
        if not killed:
            break
    assert not killed and step > 5
