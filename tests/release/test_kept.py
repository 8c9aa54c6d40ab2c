"""Completed releases are kept whole, in the order of signing, and removed when nothing points to them."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.release.kept import clear_unfinished, find_kept, keep_release, kept_folder, kept_releases, prune
from pipeline.standalone.verify import check
from tests.releases import ARCHIVE, files_of, hashed, manifest_of, write_release


def completed(root: Path, version: int, page: str, roads: bytes = ARCHIVE, edition: str = "public") -> str:
    """Build an edition anew, as if signed, and keep it; returns its id."""
    dist = root / "dist" / edition
    shutil.rmtree(dist, ignore_errors=True)
    id = write_release(dist, files_of(page, roads), edition=edition)
    (dist / "metadata").mkdir()
    (dist / "metadata" / f"{version}.targets.json").write_bytes(b"{}")
    (dist / "hotlink").mkdir()
    (dist / "hotlink" / "index.html").write_bytes(b"of this place")
    keep_release(root, edition, dist, [*check(str(dist)).sums, "SHA256SUMS", "SM3SUMS"])
    return id


def ids(root: Path, edition: str = "public") -> list[str]:
    return [each.release for each in kept_releases(root, edition)]


def test_a_release_is_kept_whole_without_what_is_of_a_place(tmp_path: Path) -> None:
    id = completed(tmp_path, 1, "one")
    (kept,) = kept_releases(tmp_path, "public")
    assert (kept.release, kept.version, kept.folder) == (id, 1, tmp_path / "releases/public" / id[:12])
    assert check(str(kept.folder)).faults == () and not (kept.folder / "hotlink").exists()
    assert (kept.folder / "metadata/1.targets.json").is_file()
    page = kept.folder / "index.html"
    assert page.stat().st_ino == (tmp_path / "dist/public/index.html").stat().st_ino  # no second copy


def test_where_there_are_no_hard_links_files_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_arguments: object) -> None:
        raise OSError("not here")

    monkeypatch.setattr(os, "link", none)
    completed(tmp_path, 1, "one")
    (kept,) = kept_releases(tmp_path, "public")
    assert check(str(kept.folder)).faults == ()
    assert kept.folder.joinpath("index.html").stat().st_nlink == 1


def test_they_come_in_the_order_of_signing(tmp_path: Path) -> None:
    made = [completed(tmp_path, version, str(version)) for version in (9, 10, 2)]
    assert ids(tmp_path) == [made[2], made[0], made[1]]
    assert ids(tmp_path, "government") == []


def test_the_same_release_signed_again_takes_the_place(tmp_path: Path) -> None:
    id = completed(tmp_path, 1, "one")
    assert completed(tmp_path, 2, "one") == id
    (kept,) = kept_releases(tmp_path, "public")
    assert kept.version == 2 and [p.name for p in (kept.folder / "metadata").iterdir()] == ["2.targets.json"]


def test_the_oldest_beyond_the_number_go(tmp_path: Path) -> None:
    made = [completed(tmp_path, version, str(version)) for version in range(1, 6)]
    assert [each.release for each in prune(tmp_path, "public", 3)] == made[:2]
    assert ids(tmp_path) == made[2:]
    assert prune(tmp_path, "public", 3) == ()


def test_what_something_points_to_stays(tmp_path: Path) -> None:
    roads = [b"roads of %d" % n for n in range(1, 7)]
    made = [completed(tmp_path, n, str(n), roads[n - 1]) for n in range(1, 7)]
    dist = tmp_path / "dist/public/release.json"
    dist.write_text(json.dumps({**manifest_of(dist.parent), "previous": {"release": made[0]}}), "utf-8")
    signing = tmp_path / "signing/public"
    write_release(signing, {}, previous={"release": made[1], "manifest_sha256": ""})
    gone = prune(tmp_path, "public", 2, held=[made[2]], files=[hashed("roads", roads[3])])
    assert gone == () and len(ids(tmp_path)) == 6
    shutil.rmtree(signing)
    assert [each.release for each in prune(tmp_path, "public", 2, files=[hashed("roads", roads[3])])] == made[1:3]


def test_links_are_neither_followed_nor_removed(tmp_path: Path) -> None:
    made = [completed(tmp_path, version, str(version)) for version in range(1, 4)]
    first = kept_folder(tmp_path, "public", made[0])
    shutil.move(first, tmp_path / "elsewhere")
    first.symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert ids(tmp_path) == made[1:]
    prune(tmp_path, "public", 2)
    assert first.is_symlink() and (tmp_path / "elsewhere/index.html").is_file()
    with pytest.raises(InputError, match="link"):
        completed(tmp_path, 4, "1")


def test_a_file_that_became_a_link_is_not_kept(tmp_path: Path) -> None:
    dist = tmp_path / "dist/public"
    write_release(dist)
    (dist / "metadata").mkdir()
    paths = [*check(str(dist)).sums]
    (dist / "index.html").unlink()
    (dist / "index.html").symlink_to("/etc/hostname")
    with pytest.raises(InputError):
        keep_release(tmp_path, "public", dist, paths)
    assert list((tmp_path / "releases/public").iterdir()) == []


def test_what_a_killed_process_left_is_set_right(tmp_path: Path) -> None:
    id = completed(tmp_path, 1, "one")
    folder = tmp_path / "releases/public"
    (folder / id[:12]).rename(folder / f".{id[:12]}.old")
    (folder / ".0123456789ab.new/tiles").mkdir(parents=True)
    (folder / ".0123456789ac.gone").mkdir()
    (folder / ".mine").mkdir()
    assert ids(tmp_path) == []
    clear_unfinished(folder)
    assert ids(tmp_path) == [id] and sorted(p.name for p in folder.iterdir()) == [".mine", id[:12]]


def test_a_person_names_a_release_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    id = completed(tmp_path, 1, "one")
    assert find_kept(tmp_path, "public", id[:8]).release == id
    for wrong in ("", id[:5], "0" * 12):
        with pytest.raises(InputError, match="no completed release"):
            find_kept(tmp_path, "public", wrong)


def test_a_folder_that_holds_another_release_is_none(tmp_path: Path) -> None:
    id = completed(tmp_path, 1, "one")
    kept_folder(tmp_path, "public", id).rename(tmp_path / "releases/public/0123456789ab")
    assert ids(tmp_path) == []
