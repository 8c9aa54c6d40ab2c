"""Bundles as they are written: bags that the Library of Congress' tool accepts, the same bytes every time."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import bagit
import pytest

from pipeline.errors import InputError, UsageError
from pipeline.release.bundle.bag import check_bag
from pipeline.release.bundle.instructions import PAGE
from pipeline.release.bundle.read import OpenBundle
from pipeline.release.bundle.source import read_release
from pipeline.release.bundle.write import Bundle, Carried, Packing, write_bundle
from tests.release.bundle.releases import FILES, archive, sha256, tree, write_release

VOLUME = 4096
LARGE = bytes(n * n >> 7 & 255 for n in range(10_240))  # three volumes, all different


def bundle_of(files: dict[str, bytes], tmp: Path, packing: Packing | None = None, **told: object) -> Bundle:
    folder = write_release(tmp / "release", files, **told)
    return write_bundle(read_release(folder), tmp / "disk", packing or Packing(volume=VOLUME))


def unpacked(bundle: Path) -> dict[str, bytes]:
    with OpenBundle(bundle) as opened:
        return {file.path: b"".join(file.blocks) for file in opened.files()}


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tmp = tmp_path_factory.mktemp("packed")
    bundle_of({**FILES, **archive("roads", LARGE)}, tmp)
    return tmp


def test_it_is_a_bag_that_another_tool_accepts(packed: Path) -> None:
    bag = bagit.Bag(str(packed / "disk"))
    bag.validate()
    assert bag.version == "1.0" and bag.algorithms == ["sha256"]
    assert not list(packed.glob(".*"))  # nothing half-written stays


def test_all_files_come_out_as_they_went_in(packed: Path) -> None:
    came = unpacked(packed / "disk")
    assert {path.removeprefix("release/"): data for path, data in came.items()} == tree(packed / "release")


def test_what_is_larger_than_a_volume_is_cut_and_nothing_else_is(packed: Path) -> None:
    name = next(iter(archive("roads", LARGE)))
    below = tree(packed / "disk" / "data")
    pieces = [f"release/{name}.vol{n:03d}" for n in (1, 2, 3)]
    assert [len(below[path]) for path in pieces] == [4096, 4096, 2048]
    assert f"release/{name}" not in below
    assert b"".join(below[path] for path in pieces) == LARGE
    about = json.loads(below["bundle.json"])
    assert about["split"] == [
        {
            "path": f"release/{name}",
            "bytes": 10_240,
            "sha256": sha256(LARGE),
            "parts": [{"path": p, "bytes": len(below[p]), "sha256": sha256(below[p])} for p in pieces],
        }
    ]
    assert max(len(data) for data in below.values()) <= VOLUME


@pytest.mark.parametrize(("size", "pieces"), [(0, 0), (4095, 0), (4096, 0), (4097, 2), (8191, 2), (8192, 2), (8193, 3)])
def test_sizes_around_the_limit(size: int, pieces: int, tmp_path: Path) -> None:
    data = bytes(n % 251 for n in range(size))
    made = bundle_of({"tiles.bin": data}, tmp_path)
    below = tree(tmp_path / "disk" / "data" / "release")
    assert len([path for path in below if path.startswith("tiles.bin.vol")]) == pieces == made.volumes
    assert ("tiles.bin" in below) == (pieces == 0)
    assert unpacked(tmp_path / "disk")["release/tiles.bin"] == data


def test_the_same_release_gives_the_same_bytes(packed: Path, tmp_path: Path) -> None:
    release = read_release(packed / "release")
    write_bundle(release, tmp_path / "elsewhere", Packing(volume=VOLUME))
    assert tree(tmp_path / "elsewhere") == tree(packed / "disk")


def damaged(bundle: Path, to: Path, harm: Callable[[Path], None]) -> Path:
    for path, data in tree(bundle).items():
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        (to / path).write_bytes(data)
    harm(to)
    return to


def flip(path: str) -> Callable[[Path], None]:
    def harm(bundle: Path) -> None:
        data = bytearray((bundle / path).read_bytes())
        data[len(data) // 2] ^= 1
        (bundle / path).write_bytes(data)

    return harm


def volume(n: int) -> str:
    return f"data/release/{next(iter(archive('roads', LARGE)))}.vol{n:03d}"


def swap(bundle: Path) -> None:
    one, two = (bundle / volume(n) for n in (1, 2))
    first = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(first)


HARMS: dict[str, Callable[[Path], None]] = {
    "a bit of the payload": flip("data/release/index.html"),
    "a bit of bundle.json": flip("data/bundle.json"),
    "a bit of a volume": flip(volume(2)),
    "a bit of a script": flip("verify.py"),
    "a bit of the page": flip(PAGE),
    "a bit of a list": flip("manifest-sha256.txt"),
    "a volume is missing": lambda bundle: (bundle / volume(2)).unlink(),
    "the last volume is missing": lambda bundle: (bundle / volume(3)).unlink(),
    "volumes are swapped": swap,
    "a volume is cut short": lambda bundle: (bundle / volume(3)).write_bytes(LARGE[8192:-1]),
    "a script is missing": lambda bundle: (bundle / "verify.py").unlink(),
    "a file more": lambda bundle: (bundle / "data/release/more.js").write_bytes(b"alert(1)"),
    "no list": lambda bundle: (bundle / "manifest-sha256.txt").unlink(),
    "nothing": lambda bundle: (bundle / "bagit.txt").unlink(),
}


@pytest.mark.parametrize("harm", HARMS)
def test_every_damage_is_refused(harm: str, packed: Path, tmp_path: Path) -> None:
    bundle = damaged(packed / "disk", tmp_path / "disk", HARMS[harm])
    with pytest.raises(InputError):
        OpenBundle(bundle)


def test_swapped_volumes_are_refused_even_where_the_bag_was_listed_anew(packed: Path, tmp_path: Path) -> None:
    bundle = damaged(packed / "disk", tmp_path / "disk", swap)
    lists = bundle / "manifest-sha256.txt"
    below = tree(bundle / "data")
    lists.write_text("".join(f"{sha256(data)}  data/{path}\n" for path, data in below.items()))
    tags = (bundle / "tagmanifest-sha256.txt").read_text()
    (bundle / "tagmanifest-sha256.txt").write_text(
        re.sub("[0-9a-f]{64}(?=  manifest-sha256)", sha256(lists.read_bytes()), tags)
    )
    check_bag(bundle)  # the bag alone is not enough
    with OpenBundle(bundle) as opened, pytest.raises(InputError, match="another volume"):
        for file in opened.files():
            b"".join(file.blocks)


@pytest.mark.parametrize(
    "name",
    ["../up", "/etc/passwd", "a\\b", "nul.txt", "a:b", "dot.", "line\nend", "per%0Acent", "x" * 230, "a/" * 120 + "b"],
    ids=ascii,
)
def test_names_that_a_disk_cannot_have_are_refused(name: str, tmp_path: Path) -> None:
    folder = write_release(tmp_path / "release", {"index.html": b"x"})
    data = sha256(b"x")
    (folder / "SHA256SUMS").write_text(f"{data}  {name}\n{data}  index.html\n")
    with pytest.raises(InputError):
        read_release(folder)


def test_names_that_are_one_on_windows_are_refused(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "release", {"a/Index.html": b"x", "a/index.html": b"y"})
    with pytest.raises(InputError, match="a disk for Windows"):
        read_release(folder)


def test_a_release_that_was_altered_is_refused_and_nothing_stays(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "release")
    release = read_release(folder)
    (folder / "assets/a-1.js").write_bytes(b"alert(1)\n\n"[:10])
    with pytest.raises(InputError, match="not as the release's lists say"):
        write_bundle(release, tmp_path / "disk", Packing())
    assert [path.name for path in tmp_path.iterdir()] == ["release"]


def test_a_release_with_a_file_more_or_less_is_refused(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "release")
    (folder / "more.html").write_bytes(b"")
    with pytest.raises(InputError, match=r"more\.html"):
        read_release(folder)
    (folder / "more.html").unlink()
    (folder / "index.html").unlink()
    with pytest.raises(InputError, match=r"index\.html"):
        read_release(folder)


def test_hotlink_stays_behind_and_signatures_come_along(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "release")
    for path in ("hotlink/tilejson/roads.json", "metadata/root.json", "metadata/1.root.json", "feed.atom"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(path.encode())
    write_bundle(read_release(folder), tmp_path / "disk", Packing())
    came = unpacked(tmp_path / "disk")
    beside = ("metadata/1.root.json", "metadata/root.json", "feed.atom", "SHA256SUMS", "release.json")
    assert came.keys() == {f"release/{path}" for path in (*FILES, *beside)} | {"trusted-root.json"}
    assert came["trusted-root.json"] == b"metadata/root.json"


def test_what_was_withdrawn_stays_behind(tmp_path: Path) -> None:
    name, data = next(iter(archive("secret", b"withdrawn tiles").items()))
    folder = write_release(tmp_path / "release", {**FILES, name: data})
    carried = Carried(withdrawn={name: sha256(data)})
    made = write_bundle(read_release(folder), tmp_path / "disk", Packing(), carried=carried)
    assert f"release/{name}" not in unpacked(tmp_path / "disk")
    assert [part.path for part in made.about.withdrawn] == [name]
    assert not any(data in each for each in tree(tmp_path / "disk").values())


def test_an_existing_folder_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    folder = write_release(tmp_path / "release")
    with pytest.raises(UsageError):
        write_bundle(read_release(folder), tmp_path / "disk", Packing())
    assert list((tmp_path / "disk").iterdir()) == []


@pytest.mark.parametrize("size", [0, 1023, 1 << 32])
def test_volumes_that_no_disk_takes_are_refused(size: int, tmp_path: Path) -> None:
    folder = write_release(tmp_path / "release")
    with pytest.raises(UsageError):
        write_bundle(read_release(folder), tmp_path / "disk", Packing(volume=size))


def test_the_scripts_on_the_disk_run_alone(packed: Path) -> None:
    for name in ("office.py", "serve.py", "verify.py"):
        command = [sys.executable, "-I", "-S", str(packed / "disk" / name), "--help"]
        run = subprocess.run(command, capture_output=True, cwd="/", check=False)
        assert run.returncode == 0, run.stderr


def test_the_page_says_what_to_compare_and_what_to_type(packed: Path) -> None:
    page = (packed / "disk" / PAGE).read_text("utf-8")
    fingerprint = sha256((packed / "release" / "SHA256SUMS").read_bytes())
    assert " ".join(fingerprint[at : at + 8] for at in range(0, 64, 8)) in page
    assert r"certutil -hashfile data\release\SHA256SUMS SHA256" in page
    assert "python office.py import . D:\\map" in page and "启动.bat" not in page
    assert "国密" not in page and page.count("<svg") == 1


@pytest.mark.long
def test_a_file_beyond_four_gigabytes_fits_fat32(tmp_path: Path) -> None:
    """Sparse: it takes no room on this disk, and its bundle does."""
    size = (1 << 32) + 5
    folder = write_release(tmp_path / "release", {"index.html": b"x"})
    with (folder / "big.bin").open("wb") as file:
        file.truncate(size)
    import hashlib

    digest = hashlib.sha256()
    for _n in range(1 << 12):
        digest.update(bytes(1 << 20))
    digest.update(bytes(5))
    manifest = json.loads((folder / "release.json").read_bytes())
    manifest["files"].append({"path": "big.bin", "bytes": size, "sha256": digest.hexdigest()})
    from pipeline.release.manifest import release_id

    manifest["release"] = release_id((each["path"], each["sha256"]) for each in manifest["files"])
    (folder / "release.json").write_text(json.dumps(manifest))
    sums = {each["path"]: each["sha256"] for each in manifest["files"]}
    sums["release.json"] = sha256((folder / "release.json").read_bytes())
    (folder / "SHA256SUMS").write_text("".join(f"{sums[path]}  {path}\n" for path in sorted(sums)))
    made = write_bundle(read_release(folder), tmp_path / "disk", Packing())
    sizes = [path.stat().st_size for path in (tmp_path / "disk").rglob("big.bin*")]
    assert sorted(sizes) == [size - (4000 << 20), 4000 << 20] and made.volumes == 2
    with OpenBundle(tmp_path / "disk") as opened:
        found = next(file for file in opened.files() if file.path == "release/big.bin")
        assert sum(len(block) for block in found.blocks) == size
