"""What is compiled is kept: for every copy of the sources, and whoever else is compiling."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pipeline
from pipeline.kernels._jit import Overloads

PROGRAM = """\
import numpy as np
from pipeline.kernels.sample import find_nothing
found = find_nothing(np.zeros((1, 1, 1), np.float32), np.zeros(1), np.full((1, 1), 255, np.uint8))
hits = find_nothing.stats.cache_hits
print(found, sum(hits.values()))
"""


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"), reason="nothing is compiled")
def test_a_copy_of_the_sources_elsewhere_compiles_nothing_anew(tmp_path: Path) -> None:
    source = Path(pipeline.__file__).parent
    printed = []
    for name in ("one", "other"):
        package = tmp_path / name / "pipeline"
        package.mkdir(parents=True)
        for file in ("__init__.py", "i18n.py", "errors.py"):
            shutil.copy(source / file, package)
        shutil.copytree(source / "kernels", package / "kernels", ignore=shutil.ignore_patterns("__pycache__"))
        environ = {**os.environ, "PYTHONPATH": str(tmp_path / name), "XDG_CACHE_HOME": str(tmp_path / "cache")}
        command = [sys.executable, "-c", PROGRAM]
        done = subprocess.run(command, env=environ, cwd=tmp_path, check=True, capture_output=True, text=True)
        printed.append(done.stdout.split())
    assert printed == [["1", "0"], ["1", "1"]]
    (kept,) = (tmp_path / "cache").rglob("*.nbc")
    assert kept.name.startswith("find_nothing.")


def test_two_that_save_at_once_do_not_take_one_for_the_other(tmp_path: Path) -> None:
    one, other = Overloads(tmp_path, "f"), Overloads(tmp_path, "f")
    assert one.load("int64") is None and other.load("float64") is None  # both know of nothing
    one.save("int64", b"whole")
    other.save("float64", b"real")
    assert [who.load(key) for who in (one, other) for key in ("int64", "float64")] == [b"whole", b"real"] * 2
    assert len(list(tmp_path.iterdir())) == 2  # and nothing half written


def test_what_was_cut_short_is_compiled_anew(tmp_path: Path) -> None:
    kept = Overloads(tmp_path, "f")
    kept.save("int64", b"whole")
    (file,) = tmp_path.iterdir()
    file.write_bytes(b"")
    assert kept.load("int64") is None
    file.write_bytes(b"\x80\x05")
    assert kept.load("int64") is None


def test_forgetting_one_leaves_the_others(tmp_path: Path) -> None:
    f, g = Overloads(tmp_path, "f"), Overloads(tmp_path, "f_of_x")
    f.save("int64", 1)
    g.save("int64", 2)
    f.flush()
    assert (f.load("int64"), g.load("int64")) == (None, 2)


WAITING = """\
import sys
from pathlib import Path
from pipeline.kernels._jit import Overloads
kept = Overloads(Path(sys.argv[1]), "f")
found = kept.load("int64")
print("free" if found is None else found, flush=True)
sys.stdin.read()
if found is None and sys.argv[2] == "save":
    kept.save("int64", "made")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no locks that end with a process")
@pytest.mark.parametrize("end", ["save", "fail"])
def test_what_one_process_makes_others_wait_for(tmp_path: Path, end: str) -> None:
    command = [sys.executable, "-c", WAITING, str(tmp_path), end]
    environ = {**os.environ, "PYTHONPATH": str(Path(pipeline.__file__).parents[1])}

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    with start() as one:
        assert one.stdout is not None and one.stdin is not None
        assert one.stdout.readline() == "free\n"
        with start() as other:
            assert other.stdout is not None and other.stdin is not None
            with pytest.raises(subprocess.TimeoutExpired):
                other.wait(2.0)  # it waits for what the first is making
            one.stdin.close()
            assert other.stdout.readline() == ("made\n" if end == "save" else "free\n")
            other.stdin.close()
            assert other.wait() == 0
        assert one.wait() == 0
    assert [each for each in tmp_path.iterdir() if each.suffix == ".partial"] == []
