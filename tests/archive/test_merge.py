"""Several archives as one: a mapping of tiles laid over another, and what happens where they meet."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pmtiles.tile import tileid_to_zxy

from pipeline.archive.extract import extract_tiles
from pipeline.archive.header import Compression, TileType
from pipeline.archive.merge import Choice, merge_archives, overlaid
from pipeline.archive.reader import Archive, open_archive
from pipeline.archive.region import box
from pipeline.archive.source import MemorySource
from pipeline.archive.spans import Shown
from pipeline.archive.verify import verify_archive
from pipeline.errors import ArchiveError, InputError
from tests.archive.made import theirs, write
from tests.broken.archive.forge import BROKEN, Parts, with_leaves

SOME = st.dictionaries(st.integers(0, 99), st.sampled_from([b"sea", b"land", b"town"]), min_size=1)


@settings(max_examples=80, deadline=None)
@given(parts=st.lists(SOME, min_size=1, max_size=4))
def test_a_merge_is_a_mapping_laid_over_another(
    tmp_path_factory: pytest.TempPathFactory, parts: list[dict[int, bytes]]
) -> None:
    folder = tmp_path_factory.mktemp("m")
    paths = [folder / f"{i}.pmtiles" for i in range(len(parts))]
    for path, tiles in zip(paths, parts, strict=True):
        write(path, tiles)
    archives = [open_archive(path) for path in paths]
    clash = [i for i in range(100) if len({tiles[i] for tiles in parts if i in tiles}) > 1]
    for prefer, ordered in (("first", parts[::-1]), ("last", parts)):
        expected = {tileid_to_zxy(i): body for tiles in ordered for i, body in tiles.items()}
        choice = Choice(archives, prefer)  # type: ignore[arg-type]
        written = merge_archives(archives, folder / "out.pmtiles", change=choice.change)
        assert theirs(folder / "out.pmtiles") == expected
        assert (written.tiles, choice.taken) == (len(expected), len(clash))
        assert set(verify_archive(folder / "out.pmtiles").counts) <= {"bounds-fit"}
    if clash:
        first = "/".join(map(str, tileid_to_zxy(clash[0])))
        with pytest.raises(InputError, match=f"Tile {first} differs") as caught:
            merge_archives(archives, folder / "refused.pmtiles")
        assert "--prefer" in str(caught.value)
        assert not (folder / "refused.pmtiles").exists()


@settings(max_examples=40, deadline=None)
@given(
    tiles=st.dictionaries(st.integers(0, 340), st.binary(min_size=1, max_size=3), min_size=1),
    seam=st.integers(-170, 170),
)
def test_two_halves_are_the_whole(tmp_path_factory: pytest.TempPathFactory, tiles: dict[int, bytes], seam: int) -> None:
    """Tiles on the seam are in both halves, the same."""
    folder = tmp_path_factory.mktemp("m")
    write(folder / "a.pmtiles", tiles, bounds=(-180.0, -85.0, 180.0, 85.0))
    halves = []
    with open_archive(folder / "a.pmtiles") as archive:
        for name, bounds in (("w", (-180.0, -90.0, float(seam), 90.0)), ("e", (float(seam), -90.0, 180.0, 90.0))):
            try:
                extract_tiles(archive, folder / f"{name}.pmtiles", region=box(bounds))
                halves.append(open_archive(folder / f"{name}.pmtiles"))
            except InputError:
                continue
    merge_archives(halves, folder / "b.pmtiles")
    assert theirs(folder / "b.pmtiles") == theirs(folder / "a.pmtiles")
    if len(halves) == 2:
        whole, merged = ((folder / f"{name}.pmtiles").read_bytes()[127:] for name in "ab")
        assert merged == whole, "all but the header, whose centre lies at the lowest zoom of a half"


def test_runs_are_cut_where_another_begins_or_ends() -> None:
    one = Archive(MemorySource(Parts(entries=[(5, 0, 4, 10)]).bytes()))
    two = Archive(MemorySource(with_leaves([(7, 4, 5, 3)], [(12, 4, 5, 8)]).bytes()))
    spans = [(s.tile_id, s.run_length, [p.archive for p in s.places]) for s in overlaid([one, two])]
    assert spans == [(5, 2, [0]), (7, 3, [0, 1]), (10, 2, [0]), (12, 3, [0, 1]), (15, 5, [1])]


def test_change_sees_the_bodies_in_the_order_of_the_archives(tmp_path: Path) -> None:
    seen: list[Shown] = []
    sources = [
        Parts(entries=[(0, 4, 5, 1)]),
        Parts(entries=[(0, 0, 4, 1), (1, 9, 6, 1)]),
        Parts(entries=[(0, 9, 6, 1)]),
    ]
    merge_archives(
        [Archive(MemorySource(parts.bytes())) for parts in sources],
        tmp_path / "out.pmtiles",
        change=lambda shown: seen.append(shown) or b"+".join(map(bytes, shown.bodies)),  # type: ignore[func-returns-value]
    )
    assert [[bytes(body) for body in shown.bodies] for shown in seen] == [[b"BBBBB", b"AAAA", b"CCCCCC"]]
    assert list(theirs(tmp_path / "out.pmtiles").values()) == [b"BBBBB+AAAA+CCCCCC", b"CCCCCC"]


def test_header_and_metadata_of_all(tmp_path: Path) -> None:
    common = {"type": "overlay", "sample": True, "attribution": "龙泉市"}
    write(
        tmp_path / "a.pmtiles", {0: b"a"}, bounds=(1.0, 2.0, 3.0, 4.0), center=(2.5, 3.0, 9),
        metadata=common | {"name": "a", "version": "1", "bounds": [1, 2, 3, 4]},
    )  # fmt: skip
    write(
        tmp_path / "b.pmtiles", {4: b"b"}, bounds=(2.0, 1.0, 5.0, 3.0), center=(3.0, 2.0, 1),
        metadata=common | {"name": "b", "version": "2", "attribution": " 龙泉市", "edition": "public"},
    )  # fmt: skip
    with open_archive(tmp_path / "a.pmtiles") as a, open_archive(tmp_path / "b.pmtiles") as b:
        merge_archives([a, b], tmp_path / "c.pmtiles")
        merge_archives([a, b], tmp_path / "d.pmtiles", name="both")
    with open_archive(tmp_path / "c.pmtiles") as c:
        assert c.header.bounds == (1.0, 1.0, 5.0, 4.0) and c.header.center == (3.0, 2.5, 1)
        assert (c.header.min_zoom, c.header.max_zoom) == (0, 1)
        assert c.metadata == common | {"name": "a + b", "edition": "public", "bounds": [1.0, 1.0, 5.0, 4.0]}
    with open_archive(tmp_path / "d.pmtiles") as d:
        assert d.metadata["name"] == "both"


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"kind": TileType.PNG}, "different tile type: mvt and png"),
        ({"compression": Compression.NONE}, "different tile compression: gzip and none"),
    ],
)
def test_archives_of_different_kinds(tmp_path: Path, options: dict[str, object], match: str) -> None:
    write(tmp_path / "a.pmtiles", {0: b"a"})
    write(tmp_path / "b.pmtiles", {1: b"a"}, **options)  # type: ignore[arg-type]
    with (
        open_archive(tmp_path / "a.pmtiles") as a,
        open_archive(tmp_path / "b.pmtiles") as b,
        pytest.raises(InputError, match=match) as caught,
    ):
        merge_archives([a, b], tmp_path / "c.pmtiles")
    assert "a.pmtiles" in str(caught.value) and "b.pmtiles" in str(caught.value)
    assert not (tmp_path / "c.pmtiles").exists()


@pytest.mark.parametrize("rule", ["ascending", "runs-apart", "entries-filled", "entries-inside", "metadata-object"])
def test_broken_archives_are_refused(tmp_path: Path, rule: str) -> None:
    sound = Archive(MemorySource(Parts(entries=[(4, 0, 4, 1)]).bytes()))
    with Archive(MemorySource(BROKEN[rule]().bytes(), "t.pmtiles")) as broken:
        with pytest.raises(ArchiveError) as caught:
            merge_archives([sound, broken], tmp_path / "c.pmtiles")
        assert "t.pmtiles" in str(caught.value)
    assert list(tmp_path.iterdir()) == []
