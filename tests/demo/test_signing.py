"""The sample city's keys: installed beside its data, signing its releases, and worth nothing anywhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.demo.signing import install_keys, sign_releases
from pipeline.errors import PolicyRefusal
from pipeline.progress import Silent
from pipeline.release.kept import kept_releases
from pipeline.release.signatures import Reader
from pipeline.release.verify_folder import verify_folder
from tests.release.signed_town import built_town, enrolled, real_city
from tests.release.trust.bureau import NOW
from tests.towns import write_town


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_town(tmp_path_factory.mktemp("sample") / "town")


def without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """The town's light portal has no sprite to draw with."""
    monkeypatch.setattr("pipeline.demo.signing._PICTURES", 0)


def test_a_sample_is_signed_and_believed(town: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    without_pictures(monkeypatch)
    (done,) = sign_releases(town, ["public"], now=NOW, progress=Silent())
    root = (town / "keys/root/1.root.json").read_bytes()
    found = verify_folder(town / "dist/public", structure_only=True, reader=Reader(NOW, root=root))
    assert found.accepted and found.signatures is not None and found.signatures.trusted is not None
    assert found.signatures.trusted.sample and found.signatures.trusted.release == done.release
    assert {path.suffix for path in (town / "keys").iterdir() if path.is_file()} == {".pem", ".json"}
    (again,) = sign_releases(town, ["public"], now=NOW, progress=Silent())  # as a second `demo` does
    assert (again.release, again.version) == (done.release, 2) and len(kept_releases(town, "public")) == 1


def test_a_root_of_its_own_is_left_alone(tmp_path: Path) -> None:
    root = write_town(tmp_path / "town")
    enrolled(root)
    own = (root / "keys/root/1.root.json").read_bytes()
    assert not install_keys(root)
    assert sign_releases(root, ["public"], now=NOW, progress=Silent()) == ()
    assert (root / "keys/root/1.root.json").read_bytes() == own and not (root / "keys/survey.pem").exists()


def test_where_data_is_real_the_keys_are_not_installed(tmp_path: Path) -> None:
    root = write_town(tmp_path / "town", {"framework.toml": real_city()})
    with pytest.raises(PolicyRefusal):
        install_keys(root)
    assert not (root / "keys").exists()
