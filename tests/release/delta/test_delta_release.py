"""Deltas between releases: from one folder to the other, byte for byte, or not at all."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.archive.delta import parse_batches, parse_front
from pipeline.archive.header import Compression, TileType
from pipeline.archive.source import MemorySource
from pipeline.archive.writer import Writer
from pipeline.archive.zstd import expand_frame
from pipeline.errors import InputError, OutputError, UsageError
from pipeline.release.delta import apply_delta, make_delta, read_listing
from pipeline.standalone.verify import check
from tests.archive.archives import Content, edited, write
from tests.release.delta.releases import contents, sha, write_release


def archive(folder: Path, tiles: dict[int, bytes]) -> bytes:
    return write(folder / "w.pmtiles", Content(tiles)).read_bytes()


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A release and its successor: a file of every fate."""
    noise = {i: b"tile %d " % i * 50 for i in range(60)}
    old = {
        "index.html": b"<p>old page</p>" * 40,
        "gone.txt": b"what leaves",
        "same.txt": b"what stays",
        "moved-aaaaaaaaaa.js": b"script that keeps its content",
        "empty.txt": b"",
        "tiles/city-#.pmtiles": archive(tmp_path, noise),
        "tiles/gone-#.pmtiles": archive(tmp_path, {7: b"an archive that leaves"}),
        "\u56fe/\u4e00.txt": "中文".encode(),
    }
    new = {
        "index.html": b"<p>new page</p>" * 40,
        "same.txt": b"what stays",
        "moved-bbbbbbbbbb.js": b"script that keeps its content",
        "empty.txt": b"",
        "new.txt": b"what comes",
        "tiles/city-#.pmtiles": archive(tmp_path, {**noise, 5: b"changed", 200: b"added"}),
        "tiles/new-#.pmtiles": archive(tmp_path, {9: b"an archive that comes"}),
        "\u56fe/\u4e00.txt": "中文".encode(),
        "\u56fe/\u4e8c.txt": b"",
    }
    return write_release(tmp_path / "old", old), write_release(tmp_path / "new", new)


def test_one_release_becomes_the_next(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    facts = make_delta(*pair, tmp_path / "delta")
    made = apply_delta(pair[0], tmp_path / "delta", tmp_path / "out")
    assert contents(tmp_path / "out") == contents(pair[1])
    kinds = {step.path: (step.kind, step.base) for step in facts.listing.files}
    city = {path.name: path for path in (pair[0] / "tiles").iterdir() if path.name.startswith("city")}
    (base,) = city
    assert {path: fate for path, fate in kinds.items() if not path.startswith("tiles/")} == {
        "SHA256SUMS": ("patch", "SHA256SUMS"),
        "empty.txt": ("same", "empty.txt"),
        "index.html": ("patch", "index.html"),
        "moved-bbbbbbbbbb.js": ("same", "moved-aaaaaaaaaa.js"),
        "new.txt": ("new", None),
        "release.json": ("patch", "release.json"),
        "same.txt": ("same", "same.txt"),
        "图/一.txt": ("same", "图/一.txt"),
        "图/二.txt": ("new", None),
    }
    assert sorted(fate for path, fate in kinds.items() if path.startswith("tiles/")) == [
        ("new", None),
        ("patch", f"tiles/{base}"),
    ]
    assert (facts.same, facts.patched, facts.new) == (4, 4, 3)
    assert (made.kept, made.made, made.found) == (4, 7, 0)
    assert facts.bytes == sum(len(data) for data in contents(tmp_path / "delta").values())
    assert facts.full_bytes == made.bytes == sum(len(data) for data in contents(pair[1]).values())


def test_the_same_releases_give_the_same_bytes(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    make_delta(*pair, tmp_path / "a", threads=1)
    make_delta(*pair, tmp_path / "b", threads=3)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_files_that_stay_are_linked_or_copied(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    make_delta(*pair, tmp_path / "delta")
    apply_delta(pair[0], tmp_path / "delta", tmp_path / "linked")
    apply_delta(pair[0], tmp_path / "delta", tmp_path / "copied", link=False)
    assert (pair[0] / "same.txt").samefile(tmp_path / "linked/same.txt")
    assert not (pair[0] / "same.txt").samefile(tmp_path / "copied/same.txt")
    assert contents(tmp_path / "linked") == contents(tmp_path / "copied") == contents(pair[1])


def test_from_a_release_to_itself_nothing_is_carried(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    facts = make_delta(pair[0], pair[0], tmp_path / "delta")
    assert (facts.patched, facts.new) == (0, 0)
    assert list(contents(tmp_path / "delta")) == ["delta.json"]
    apply_delta(pair[0], tmp_path / "delta", tmp_path / "out")
    assert contents(tmp_path / "out") == contents(pair[0])


def test_from_and_to_nothing(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    empty = write_release(tmp_path / "empty", {})
    make_delta(empty, pair[1], tmp_path / "all")
    apply_delta(empty, tmp_path / "all", tmp_path / "out")
    assert contents(tmp_path / "out") == contents(pair[1])
    make_delta(pair[1], empty, tmp_path / "none")
    apply_delta(pair[1], tmp_path / "none", tmp_path / "nothing")
    assert contents(tmp_path / "nothing") == contents(empty)


def test_metadata_and_derived_files_are_not_in_it(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    for name in ("metadata/timestamp.json", "hotlink/styles/a.json", "feed.atom"):
        (pair[1] / name).parent.mkdir(parents=True, exist_ok=True)
        (pair[1] / name).write_bytes(b"{}")
    facts = make_delta(*pair, tmp_path / "delta")
    assert not [step for step in facts.listing.files if step.path.startswith(("metadata", "hotlink", "feed"))]


def test_work_that_was_broken_off_goes_on(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    """What is right is kept, what is wrong made again, what is not of the release left alone."""
    make_delta(*pair, tmp_path / "delta")
    apply_delta(pair[0], tmp_path / "delta", tmp_path / "out")
    (tmp_path / "out/index.html").write_bytes(b"half a pa")
    (tmp_path / "out/new.txt").unlink()
    (tmp_path / "out/mine.txt").write_bytes(b"mine")
    made = apply_delta(pair[0], tmp_path / "delta", tmp_path / "out")
    assert (made.kept, made.made, made.found) == (0, 2, 9)
    assert contents(tmp_path / "out") == {**contents(pair[1]), "mine.txt": b"mine"}


def test_another_release_is_refused(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    make_delta(*pair, tmp_path / "delta")
    with pytest.raises(InputError, match="made for another release"):
        apply_delta(pair[1], tmp_path / "delta", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["same.txt", "index.html", "tiles/city"])
def test_a_release_that_was_changed_is_refused(tmp_path: Path, pair: tuple[Path, Path], name: str) -> None:
    make_delta(*pair, tmp_path / "delta")
    (path,) = [path for path in pair[0].rglob("*") if path.relative_to(pair[0]).as_posix().startswith(name)]
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputError):
        apply_delta(pair[0], tmp_path / "delta", tmp_path / "out")
    wanted = contents(pair[1])
    assert all(wanted[path] == data for path, data in contents(tmp_path / "out").items())


def test_other_editions_and_cities_do_not_follow(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    other = write_release(tmp_path / "other", {"a": b"a"}, edition="government")
    elsewhere = write_release(tmp_path / "elsewhere", {"a": b"a"}, city="330000")
    for folder in (other, elsewhere):
        with pytest.raises(UsageError, match="The releases are of"):
            make_delta(folder, pair[1], tmp_path / "delta")
    assert not (tmp_path / "delta").exists()


def test_a_file_that_is_not_as_listed_makes_no_delta(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    (pair[1] / "new.txt").write_bytes(b"WHAT COMES")
    with pytest.raises(InputError, match="not what release"):
        make_delta(*pair, tmp_path / "delta")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "old", "w.pmtiles"]


def test_what_was_withdrawn_is_neither_carried_nor_started_from(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    (base,) = [path for path in contents(pair[0]) if path.startswith("tiles/city")]
    facts = make_delta(*pair, tmp_path / "delta", omit={sha(contents(pair[0])[base]), sha(b"what comes")})
    assert base not in {step.base for step in facts.listing.files}
    assert "new.txt" not in {step.path for step in facts.listing.files}


def test_nothing_of_what_left_is_in_it(tmp_path: Path) -> None:
    """Old values are started from at the receiver's; unpacked without the older release, no frame has any of them."""
    leaves = random.Random(3).randbytes(64)
    before = {i: leaves + b" tile %d" % i for i in range(20)}
    after = {i: b" tile %d" % i for i in range(20)}
    old = write_release(tmp_path / "old", {"tiles/city-#.pmtiles": archive(tmp_path, before), "a.json": leaves + b"a"})
    new = write_release(tmp_path / "new", {"tiles/city-#.pmtiles": archive(tmp_path, after), "a.json": b"a"})
    make_delta(old, new, tmp_path / "delta")
    seen = [(tmp_path / "delta/delta.json").read_bytes()]
    for part in (tmp_path / "delta/parts").iterdir():
        source = MemorySource(part.read_bytes())
        for batch in parse_batches(source, parse_front(source)):
            ranges = zip(batch.prefix.sizes.tolist(), batch.prefix.lengths.tolist(), strict=True)
            blank = bytes(sum(size or length for size, length in ranges))
            seen.append(expand_frame(batch.frame, batch.size, blank) if batch.frame else b"")
    assert not any(leaves[at : at + 6] in data for data in seen for at in range(58))


def test_names_of_what_left_are_not_in_it(tmp_path: Path) -> None:
    """Content that stays under a name that leaves: the older name is nobody's business."""
    old = write_release(tmp_path / "old", {"data/hidden-pipes.html": b"the same page", "data/b-12345678.js": b"b"})
    new = write_release(tmp_path / "new", {"data/pipes.html": b"the same page", "data/b-87654321.js": b"b"})
    facts = make_delta(old, new, tmp_path / "delta")
    assert b"hidden" not in b"".join(contents(tmp_path / "delta").values())
    assert {step.path: step.base for step in facts.listing.files if step.path.startswith("data")} == {
        "data/b-87654321.js": "data/b-12345678.js",
        "data/pipes.html": None,
    }


def test_a_folder_that_is_there(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    (tmp_path / "delta").mkdir()
    with pytest.raises(OutputError, match="exists already"):
        make_delta(*pair, tmp_path / "delta")


def test_folders_in_one_another(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    make_delta(*pair, tmp_path / "delta")
    for out in (pair[0], pair[0] / "x", tmp_path / "delta", tmp_path):
        with pytest.raises(UsageError, match="lie in one another"):
            apply_delta(pair[0], tmp_path / "delta", out)


def named(path: Path, tiles: Content, number: int) -> dict[str, bytes]:
    """An archive, what explains it, and a page that tells of it."""
    return {
        "tiles/city-#.pmtiles": write(path, tiles).read_bytes(),
        "catalog.json": b'{"version": %d, "tiles": %d}' % (number, len(tiles.tiles)),
        f"assets/index-{number:08d}.js": b"script" * (10 + number),
    }


@settings(max_examples=25, deadline=None)
@given(pair=edited(), threads=st.integers(1, 3))
def test_whatever_was_edited(pair: tuple[Content, Content], threads: int) -> None:
    """apply(old, make(old, new)) is new."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        old, new = (
            write_release(folder / kind, named(folder / "w", tiles, number))
            for number, (kind, tiles) in enumerate(zip(("old", "new"), pair, strict=True))
        )
        make_delta(old, new, folder / "delta", threads=threads)
        apply_delta(old, folder / "delta", folder / "out", threads=threads)
        assert contents(folder / "out") == contents(new)
        assert not check(str(folder / "out")).faults


def test_zooms_that_come_and_go(tmp_path: Path) -> None:
    low, high = {0: b"zoom 0", 3: b"zoom 1"}, {7: b"zoom 2" * 9, 30: b"zoom 3" * 9}
    for name, before, after in (("up", low, low | high), ("down", low | high, low), ("other", low, high)):
        old, new = (
            write_release(tmp_path / f"{name}-{i}", {"tiles/city-#.pmtiles": archive(tmp_path, tiles)})
            for i, tiles in enumerate((before, after))
        )
        make_delta(old, new, tmp_path / f"{name}-delta")
        apply_delta(old, tmp_path / f"{name}-delta", tmp_path / f"{name}-out")
        assert contents(tmp_path / f"{name}-out") == contents(new)


def test_pixels_are_carried_whole(tmp_path: Path) -> None:
    noise = random.Random(7)
    pictures = {i: noise.randbytes(3000) for i in range(30)}
    files = []
    for tiles in (pictures, {**pictures, 4: noise.randbytes(3000)}):
        with Writer(tmp_path / "w", tile_type=TileType.PNG, tile_compression=Compression.NONE) as writer:
            for tile_id, body in tiles.items():
                writer.add(tile_id, body)
            writer.finish(metadata={}, bounds=(0.0, 0.0, 1.0, 1.0))
        files.append({"tiles/imagery-#.pmtiles": (tmp_path / "w").read_bytes()})
    old, new = (write_release(tmp_path / f"r{i}", each) for i, each in enumerate(files))
    facts = make_delta(old, new, tmp_path / "delta")
    (part,) = [step.part for step in facts.listing.files if step.path.startswith("tiles/") and step.part]
    assert 3000 < part.bytes < 3600
    apply_delta(old, tmp_path / "delta", tmp_path / "out")
    assert contents(tmp_path / "out") == contents(new)


def test_an_archive_by_its_name_alone(tmp_path: Path) -> None:
    old, new = (
        write_release(tmp_path / name, {"tiles/city-#.pmtiles": f"PMTiles\x03 {name}".encode() * 9})
        for name in ("old", "new")
    )
    make_delta(old, new, tmp_path / "delta")
    apply_delta(old, tmp_path / "delta", tmp_path / "out")
    assert contents(tmp_path / "out") == contents(new)


def test_the_listing_reads_back(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    assert make_delta(*pair, tmp_path / "delta").listing == read_listing(tmp_path / "delta")
