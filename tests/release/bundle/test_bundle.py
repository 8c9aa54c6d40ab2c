"""From a signed release to a disk: what may leave, what stays behind, updates and parts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import InputError, LongquanError, PolicyRefusal, UsageError
from pipeline.portal import offline_page
from pipeline.release.bundle.bundle import Wanted, bundle_release, find_release
from pipeline.release.bundle.instructions import PAGE
from pipeline.release.bundle.read import OpenBundle
from pipeline.release.bundle.write import Bundle, Packing
from pipeline.release.delta import apply_delta
from pipeline.release.kept import kept_folder
from tests.release.bundle.releases import FILES, sha256, tree, write_release
from tests.release.bundle.signing import sign_release, withdraw
from tests.release.trust.bureau import NOW, Bureau

SECRET = "downloads/wells.csv"
OLD = {**FILES, SECRET: b"a well\n" * 50, "page.html": b"<p>old</p>" * 300}
NEW = {**OLD, "page.html": b"<p>old</p>" * 299 + b"<p>new</p>"}


class Office:
    """Two releases of a bureau."""

    def __init__(self, tmp: Path) -> None:
        self.tmp, self.bureau = tmp, Bureau().found()
        self.old = sign_release(self.bureau, write_release(tmp / "old", OLD), tmp / "signing-1")
        self.new = sign_release(self.bureau, write_release(tmp / "new", NEW), tmp / "signing-2", previous=self.old)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    yield Office(tmp_path_factory.mktemp("office"))


def pack(folder: Path, tmp: Path, **wanted: Any) -> Bundle:
    made, _trusted = bundle_release(folder, tmp / "disk", Wanted(**wanted), now=NOW, work=tmp / "work")
    return made


def came(disk: Path) -> dict[str, bytes]:
    with OpenBundle(disk) as opened:
        return {file.path: b"".join(file.blocks) for file in opened.files()}


def test_a_signed_release_leaves_whole(office: Office, tmp_path: Path) -> None:
    made = pack(office.new, tmp_path)
    got = came(tmp_path / "disk")
    assert got.pop("trusted-root.json") == office.bureau.roots[0]
    assert {path.removeprefix("release/"): data for path, data in got.items()} == tree(office.new)
    assert made.about.kind == "full" and not (tmp_path / "work").exists()


@pytest.mark.parametrize("gone", ["metadata", "metadata/timestamp.json", "metadata/1.root.json"])
def test_what_is_not_signed_stays(gone: str, office: Office, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(office.new, tmp_path / "release"))
    path = folder / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(PolicyRefusal) as error:
        pack(folder, tmp_path)
    assert error.value.exit_code == 3 and not (tmp_path / "disk").exists()


def test_what_was_changed_after_it_was_signed_stays(office: Office, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(office.new, tmp_path / "release"))
    shutil.rmtree(folder / "metadata")
    shutil.copytree(office.old / "metadata", folder / "metadata")  # the signatures of another release
    with pytest.raises(LongquanError):
        pack(folder, tmp_path)
    assert not (tmp_path / "disk").exists()


def test_an_update_makes_the_new_release_of_the_old_one(office: Office, tmp_path: Path) -> None:
    made = pack(office.new, tmp_path, since=office.old)
    ids = [json.loads((folder / "release.json").read_bytes())["release"] for folder in (office.old, office.new)]
    assert (made.about.kind, made.about.since, made.about.release) == ("delta", *ids)
    got = came(tmp_path / "disk")
    for path in ("release.json", "SHA256SUMS", "metadata/timestamp.json", "metadata/2.targets.json"):
        assert got[f"release/{path}"] == (office.new / path).read_bytes()
    assert not any(b"a well" in data for data in got.values())  # what did not change is not carried
    for path, data in got.items():
        if path.startswith("delta/"):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(data)
    apply_delta(office.old, tmp_path / "delta", tmp_path / "made")
    assert {p: d for p, d in tree(tmp_path / "made").items() if p in NEW} == NEW


def test_the_page_of_an_update_does_not_send_people_to_what_cannot_take_it(office: Office, tmp_path: Path) -> None:
    made = pack(office.new, tmp_path, since=office.old)
    page = (tmp_path / "disk" / PAGE).read_text("utf-8")
    assert "office.py import" not in page and "longquan import . D:\\map" in page and str(made.about.since) in page


def test_the_same_update_has_the_same_bytes(office: Office, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        pack(office.new, tmp_path / name, since=office.old)
    assert tree(tmp_path / "one/disk") == tree(tmp_path / "two/disk")


def test_what_was_withdrawn_leaves_no_more(office: Office, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(office.new, tmp_path / "release"))
    withdraw(office.bureau, folder, {SECRET: sha256(OLD[SECRET])}, tmp_path / "order")
    made = pack(folder, tmp_path)
    assert [part.path for part in made.about.withdrawn] == [SECRET]
    assert not any(b"a well" in data for data in tree(tmp_path / "disk").values())


def test_an_update_does_not_carry_what_was_withdrawn_either(office: Office, tmp_path: Path) -> None:
    files = {**NEW, "downloads/mains.csv": b"a hidden main\n" * 40}
    folder = write_release(tmp_path / "release", files)
    sign_release(office.bureau, folder, tmp_path / "signing", previous=office.new)
    withdraw(office.bureau, folder, {"downloads/mains.csv": sha256(files["downloads/mains.csv"])}, tmp_path / "order")
    pack(folder, tmp_path, since=office.new)
    got = came(tmp_path / "disk")
    assert b"mains.csv" not in got["delta/delta.json"] and not any(b"a hidden main" in data for data in got.values())


def test_a_withdrawn_release_does_not_leave_at_all(office: Office, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(office.new, tmp_path / "release"))
    digest = sha256((folder / "release.json").read_bytes())
    withdraw(office.bureau, folder, {"release.json": digest}, tmp_path / "order")
    with pytest.raises(PolicyRefusal, match="withdrawn"):
        pack(folder, tmp_path)


def test_a_page_that_still_holds_what_was_withdrawn_does_not_leave(tmp_path: Path) -> None:
    bureau = Bureau().found()
    files = {**OLD, "offline.html": b"<script>a well</script>"}
    folder = sign_release(bureau, write_release(tmp_path / "release", files), tmp_path / "signing")
    withdraw(bureau, folder, {SECRET: sha256(OLD[SECRET])}, tmp_path / "order")
    with pytest.raises(PolicyRefusal, match=r"offline\.html"):
        pack(folder, tmp_path)


def test_the_page_of_a_double_click_is_the_release_s_own(tmp_path: Path) -> None:
    files = {**FILES, "offline.html": b"<p>the map</p>"}
    folder = sign_release(Bureau().found(), write_release(tmp_path / "release", files), tmp_path / "signing")
    pack(folder, tmp_path, double_click=True)
    assert (tmp_path / "disk/index.html").read_bytes() == b"<p>the map</p>"
    assert "index.html" in (tmp_path / "disk/tagmanifest-sha256.txt").read_text()


def test_the_page_is_made_where_the_release_has_none(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.release.bundle.bundle.offline_page", lambda _folder, _catalog: b"<p>made</p>")
    assert offline_page.NAME == "offline.html"
    pack(office.new, tmp_path, double_click=True)
    assert (tmp_path / "disk/index.html").read_bytes() == b"<p>made</p>"


@pytest.mark.parametrize(
    "wanted",
    [
        {"since": Path("old"), "towns": ["a"]},
        {"since": Path("old"), "double_click": True},
        {"datasets": ["roads"]},  # and no key
        {"packing": Packing(volume=12)},
        {"packing": Packing(runtime=Path("python")), "since": Path("old")},
        {"packing": Packing(runtime=Path("python"), recipients=("age1",))},
    ],
    ids=["part and update", "page and update", "no key", "volume", "runtime and update", "runtime and encrypted"],
)
def test_what_does_not_go_together_is_refused(wanted: dict[str, Any], office: Office, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        pack(office.new, tmp_path, **wanted)
    assert list(tmp_path.iterdir()) == []


def test_releases_are_found_as_people_name_them(office: Office, tmp_path: Path) -> None:
    for folder in (office.old, office.new):
        id = json.loads((folder / "release.json").read_bytes())["release"]
        shutil.copytree(folder, kept_folder(tmp_path, "public", id))
    assert find_release(tmp_path, str(office.old)) == office.old
    assert find_release(tmp_path, "public") == kept_folder(tmp_path, "public", id)  # the newest
    assert find_release(tmp_path, f"public/{id[:8]}") == kept_folder(tmp_path, "public", id)
    for name in ("government", "public/123456", "..", "", "public/../public"):
        with pytest.raises(InputError):
            find_release(tmp_path, name)
