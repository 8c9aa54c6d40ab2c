"""Part of an archive: the tiles asked for and no others, as they were, in an archive that says what it holds."""

from __future__ import annotations

from pathlib import Path

import mercantile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pmtiles.tile import tileid_to_zxy

from pipeline.archive.extract import extract_tiles
from pipeline.archive.header import Compression, TileType
from pipeline.archive.reader import Archive, open_archive
from pipeline.archive.region import box
from pipeline.archive.source import MemorySource
from pipeline.archive.spans import Body, Shown
from pipeline.archive.verify import verify_archive
from pipeline.errors import ArchiveError, InputError, OutputError, UsageError
from tests.archive.made import their_reader, theirs, write
from tests.broken.archive.forge import BROKEN, Parts, with_leaves

SOME = st.dictionaries(
    st.integers(0, 340), st.sampled_from([b"sea", b"land"]) | st.binary(min_size=1, max_size=9), min_size=1
)


@settings(max_examples=60, deadline=None)
@given(
    tiles=SOME, west=st.integers(-180, 179), south=st.integers(-80, 79), low=st.integers(0, 4), more=st.integers(0, 4)
)
def test_what_is_extracted(
    tmp_path_factory: pytest.TempPathFactory, tiles: dict[int, bytes], west: int, south: int, low: int, more: int
) -> None:
    folder = tmp_path_factory.mktemp("e")
    write(folder / "a.pmtiles", tiles)
    bounds = (float(west), float(south), min(west + 50.0, 180.0), min(south + 30.0, 80.0))
    expected = {}
    for tile_id, body in tiles.items():
        z, x, y = tileid_to_zxy(tile_id)
        w, s, e, n = mercantile.bounds(x, y, z)
        if low <= z <= low + more and w < bounds[2] and e > bounds[0] and s < bounds[3] and n > bounds[1]:
            expected[z, x, y] = body
    with open_archive(folder / "a.pmtiles") as archive:
        out = folder / "b.pmtiles"
        options = {"region": box(bounds), "min_zoom": low, "max_zoom": low + more}
        if not expected:
            with pytest.raises(InputError, match="No tile"):
                extract_tiles(archive, out, **options)
            assert not out.exists()
            return
        written = extract_tiles(archive, out, **options)
    assert theirs(out) == expected
    assert written.tiles == len(expected) and written.contents == len(set(expected.values()))
    header = their_reader(out).header()
    zooms = {z for z, _x, _y in expected}
    assert (header["min_zoom"], header["max_zoom"]) == (min(zooms), max(zooms)) and header["clustered"]
    assert (header["min_lon_e7"], header["max_lat_e7"]) == (west * 10**7, round(bounds[3] * 10**7))
    assert set(verify_archive(out).counts) <= {"bounds-fit"}


@settings(max_examples=40, deadline=None)
@given(tiles=SOME)
def test_everything_is_the_same_archive(tmp_path_factory: pytest.TempPathFactory, tiles: dict[int, bytes]) -> None:
    folder = tmp_path_factory.mktemp("e")
    write(folder / "a.pmtiles", tiles, metadata={"name": "龙泉", "vector_layers": []})
    with open_archive(folder / "a.pmtiles") as archive:
        extract_tiles(archive, folder / "b.pmtiles", threads=2)
    assert (folder / "b.pmtiles").read_bytes() == (folder / "a.pmtiles").read_bytes()


def test_runs_are_cut_where_the_area_ends(tmp_path: Path) -> None:
    """Tiles 5 … 20 are zoom 2; x ≥ 2 is the right half: ids of its tiles by the pmtiles package."""
    with Archive(MemorySource(Parts(entries=[(1, 0, 4, 20)]).bytes())) as archive:
        extract_tiles(archive, tmp_path / "b.pmtiles", region=box((1.0, -80.0, 179.0, 80.0)), min_zoom=2)
    assert set(theirs(tmp_path / "b.pmtiles")) == {(2, x, y) for x in (2, 3) for y in range(4)}
    with open_archive(tmp_path / "b.pmtiles") as archive:
        assert archive.header.tile_contents == 1 and archive.header.tile_entries < 8


def test_leaves_without_a_tile_in_the_area_are_not_read(tmp_path: Path) -> None:
    class Watched(MemorySource):
        reads = 0

        def read(self, offset: int, length: int) -> bytes:
            self.reads += 1
            return super().read(offset, length)

    # ids 5 … 20 are zoom 2, in four quarters of the world
    parts = with_leaves([(5, 0, 4, 4)], [(9, 4, 5, 4)], [(13, 9, 6, 4)], [(17, 0, 4, 4)])
    source = Watched(parts.bytes())
    with Archive(source) as archive:
        extract_tiles(archive, tmp_path / "b.pmtiles", region=box((-170.0, 10.0, -100.0, 80.0)))
    assert source.reads == 5, "the front, two leaves for the zooms, one of which has the tiles, a body, the metadata"
    assert set(theirs(tmp_path / "b.pmtiles")) == {(2, 0, 0), (2, 0, 1)}


def test_change_makes_other_bodies_or_leaves_tiles_out(tmp_path: Path) -> None:
    seen: list[Shown] = []

    def change(shown: Shown) -> Body | None:
        seen.append(shown)
        return None if shown.bodies[0] == b"land" else bytes(shown.bodies[0]).upper()

    write(tmp_path / "a.pmtiles", {0: b"sea", 1: b"sea", 2: b"land", 3: b"town", 4: b"sea"})
    with open_archive(tmp_path / "a.pmtiles") as archive:
        written = extract_tiles(archive, tmp_path / "b.pmtiles", change=change)
    assert list(theirs(tmp_path / "b.pmtiles").values()) == [b"SEA", b"SEA", b"TOWN", b"SEA"]
    assert [(s.tile_id, s.tiles, bytes(s.bodies[0])) for s in seen] == [
        (0, 3, b"sea"),
        (2, 1, b"land"),
        (3, 1, b"town"),
    ]
    assert written.contents == 2


def test_header_and_metadata_say_what_is_left(tmp_path: Path) -> None:
    metadata = {
        "name": "龙泉", "bounds": "118.7,27.7,119.42,28.34", "center": [119.13, 28.07, 12], "minzoom": "0",
        "maxzoom": 1, "antimeridian_adjusted_bounds": "…", "sample": True,
    }  # fmt: skip
    finish = {"bounds": (118.7, 27.7, 119.42, 28.34), "center": (119.13, 28.07, 12), "metadata": metadata}
    write(tmp_path / "a.pmtiles", {0: b"a", 4: b"b"}, kind=TileType.WEBP, compression=Compression.NONE, **finish)
    with open_archive(tmp_path / "a.pmtiles") as archive:
        extract_tiles(archive, tmp_path / "b.pmtiles", region=box((119.2, 20.0, 130.0, 28.0)), min_zoom=1)
    with open_archive(tmp_path / "b.pmtiles") as part:
        assert part.header.bounds == (119.2, 27.7, 119.42, 28.0)
        assert part.header.center == (119.31, 27.85, 1), "the old centre lies outside; no tile is deeper than zoom 1"
        assert (part.header.min_zoom, part.header.max_zoom, part.header.tile_type) == (1, 1, TileType.WEBP)
        assert part.metadata == {
            "name": "龙泉", "bounds": "119.2,27.7,119.42,28.0", "center": [119.31, 27.85, 1], "minzoom": "1",
            "maxzoom": 1, "sample": True,
        }  # fmt: skip


def test_bounds_that_do_not_meet_the_tiles_are_not_believed(tmp_path: Path) -> None:
    write(tmp_path / "a.pmtiles", {0: b"a"}, bounds=(0.0, 0.0, 1.0, 1.0))
    with open_archive(tmp_path / "a.pmtiles") as archive:
        extract_tiles(archive, tmp_path / "b.pmtiles", region=box((100.0, 20.0, 110.0, 30.0)))
    with open_archive(tmp_path / "b.pmtiles") as part:
        assert part.header.bounds == (100.0, 20.0, 110.0, 30.0)


def test_wrong_headers_do_not_hide_tiles(tmp_path: Path) -> None:
    """The header says zoom 0 only; there are tiles of zoom 1."""
    with Archive(MemorySource(Parts(header={"max_zoom": 0, "addressed_tiles_count": 0}).bytes())) as archive:
        extract_tiles(archive, tmp_path / "b.pmtiles", region=box((-170.0, -80.0, -10.0, 80.0)))
    assert len(theirs(tmp_path / "b.pmtiles")) == 3


@pytest.mark.parametrize(
    ("rule", "match"),
    [
        ("ascending", "not in order"),
        ("runs-apart", "not in order"),
        ("entries-filled", "not in order"),
        ("entries-inside", "cut off"),
        ("ids-exist", "beyond zoom 31"),
        ("directory-filled", "no tile"),
        ("directory-depth", "nested"),
        ("metadata-object", "JSON"),
    ],
)
def test_broken_archives_are_refused_and_nothing_is_left(tmp_path: Path, rule: str, match: str) -> None:
    with (
        Archive(MemorySource(BROKEN[rule]().bytes(), "t.pmtiles")) as archive,
        pytest.raises(ArchiveError, match=match) as caught,
    ):
        extract_tiles(archive, tmp_path / "b.pmtiles")
    assert "t.pmtiles" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_leaves_out_of_order_are_refused(tmp_path: Path) -> None:
    parts = with_leaves([(5, 0, 4, 1)], [(1, 4, 5, 1)], announce={1: 9})
    with (
        Archive(MemorySource(parts.bytes())) as archive,
        pytest.raises(ArchiveError, match="not in order"),
    ):
        extract_tiles(archive, tmp_path / "b.pmtiles")


def test_zooms_that_are_no_range_and_names_that_are_taken(tmp_path: Path) -> None:
    with Archive(MemorySource(Parts().bytes())) as archive:
        with pytest.raises(UsageError, match="no range"):
            extract_tiles(archive, tmp_path / "b.pmtiles", min_zoom=3, max_zoom=2)
        with pytest.raises(InputError, match="No tile"):
            extract_tiles(archive, tmp_path / "b.pmtiles", min_zoom=3)
        (tmp_path / "b.pmtiles").write_bytes(b"mine")
        with pytest.raises(OutputError, match="exists"):
            extract_tiles(archive, tmp_path / "b.pmtiles", no_clobber=True)
    assert (tmp_path / "b.pmtiles").read_bytes() == b"mine"


def test_what_interrupts_a_change_leaves_nothing(tmp_path: Path) -> None:
    def change(_shown: Shown) -> Body:
        raise KeyboardInterrupt

    with Archive(MemorySource(Parts().bytes())) as archive, pytest.raises(KeyboardInterrupt):
        extract_tiles(archive, tmp_path / "b.pmtiles", change=change)
    assert list(tmp_path.iterdir()) == []
