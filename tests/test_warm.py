"""What is compiled ahead is what the verbs then ask for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline import warm
from pipeline.kernels import _jit
from pipeline.kernels._cache import SETTINGS, warm_marker


def listed() -> list[str]:
    return warm.SIGNATURES.read_text("utf-8").splitlines()


def test_every_kernel_is_listed() -> None:
    compiled = {line.partition(" ")[0] for line in warm.compiled()}
    assert compiled == {line.partition(" ")[0] for line in listed()} and len(compiled) > 30
    assert not [line for line in listed() if "never called" in line]
    assert set(warm._AHEAD) <= compiled


@pytest.mark.long
def test_the_list_is_what_the_verbs_use(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Red after a change of a kernel's arguments: run it with `--bless`, which writes the list anew."""
    command = [sys.executable, "-m", "tests.warming", str(tmp_path)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if request.config.getoption("--bless"):
        warm.SIGNATURES.write_text(printed, "utf-8")
    assert printed.splitlines() == listed()


def test_types_come_back_from_their_text() -> None:
    texts = {text for line in listed() for text in line.split(" ")[1:]}
    for text in texts | {"float32[2Fr]", "uint64[1Cu]", "uint8[1Aru]"}:
        assert _jit._type_text(_jit._type_of(text)) == text
    fixed = np.zeros((2, 2), np.float32, order="F")
    fixed.setflags(write=False)
    assert _jit._type_text(_jit.numba.typeof(fixed)) == "float32[2Fr]"


def test_a_kernel_from_disk_makes_nothing_ready_to_compile() -> None:
    program = (
        "import sys, numpy as np\n"
        "from pipeline.kernels.sample import find_nothing\n"
        "found = find_nothing(np.zeros((1, 1, 1), np.float32), np.zeros(1), np.full((1, 1), 255, np.uint8))\n"
        "print(found, 'numba.np.npyimpl' in sys.modules, 'scipy.linalg' in sys.modules)"
    )
    for _ in range(2):  # the first one may have to compile it
        got = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert got.split() == ["1", "False", "False"]


def test_nothing_is_compiled_ahead_twice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    started: list[object] = []

    class Process:
        def __init__(self, command: object, **_: object) -> None:
            started.append(command)

        def terminate(self) -> None:
            started.append("terminated")

        def wait(self) -> None:
            started.append("waited")

    monkeypatch.setattr(warm.subprocess, "Popen", Process)
    monkeypatch.setattr(warm.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(warm, "warm_marker", lambda: tmp_path / "marker")
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(KeyError), warm.compiling_ahead():
        raise KeyError
    assert started == [[sys.executable, "-m", "pipeline.warm"], "terminated", "waited"]
    (tmp_path / "marker").touch()
    with warm.compiling_ahead():
        pass
    (tmp_path / "marker").unlink()
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    with warm.compiling_ahead():
        pass
    assert len(started) == 3


def test_other_settings_have_another_marker(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    plain = warm_marker()
    monkeypatch.setenv("NUMBA_OPT", "1")
    assert warm_marker() != plain
