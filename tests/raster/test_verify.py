"""Every rule for the images of an archive has a broken archive that it refuses; sound images are accepted."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pmtiles.tile import Compression, zxy_to_tileid

from pipeline.archive.reader import Archive
from pipeline.archive.rules import Severity
from pipeline.archive.source import MemorySource
from pipeline.archive.verify import verify_source
from pipeline.errors import ArchiveError
from pipeline.raster.look import pixels_of
from pipeline.raster.pyramid_rules import ARCHIVE_RULES
from pipeline.raster.relief import relief_of
from pipeline.raster.tile_rules import TILE_RULES, Heights
from pipeline.raster.verify import ImageFigures, ImageReport, verify_images
from tests.broken.archive.forge import Parts, pack
from tests.broken.archive.images import (
    ALL,
    BROKEN_IMAGES,
    CLEAR,
    holed,
    imagery,
    mapbox,
    picture,
    raster,
    relief,
    saved,
    terrain,
    terrarium,
)

RULES = {rule.id: rule for rule in (*TILE_RULES, *ARCHIVE_RULES)}


def checked(parts: Parts, threads: int = 1, heights: Heights | None = None) -> ImageReport:
    data = parts.bytes()
    assert verify_source(MemorySource(data)).accepted(), "the structure is not what is broken here"
    with Archive(MemorySource(data)) as opened:
        return verify_images(opened, threads=threads, heights=heights)


def counts(parts: Parts, **options: object) -> dict[str, int]:
    return dict(checked(parts, **options).report.counts)


def test_every_rule_is_described_with_its_severity() -> None:
    page = (Path(__file__).parents[2] / "docs" / "raster-archives.md").read_text()
    told = dict(re.findall(r"^\| `([a-z-]+)` \| (error|warning) \|", page, re.MULTILINE))
    assert told == {name: str(rule.severity) for name, rule in RULES.items()}


def test_every_rule_has_a_broken_archive() -> None:
    assert set(BROKEN_IMAGES) == set(RULES)
    assert len(RULES) == len(TILE_RULES) + len(ARCHIVE_RULES), "two rules share an id"


@pytest.mark.parametrize("kind", ["png", "webp", "jpeg"])
def test_the_imagery_that_is_broken_on_purpose_is_sound_before(kind: str) -> None:
    found = checked(imagery(kind))
    assert found.report.counts == {}
    assert [zoom._asdict() for zoom in found.zooms] == [
        {"zoom": 0, "tiles": 1, "images": 1, "decoded": 1, "transparent": 0, "low": None, "high": None},
        {"zoom": 1, "tiles": 4, "images": 4, "decoded": 4, "transparent": 0, "low": None, "high": None},
    ]


@pytest.mark.parametrize("encode", [terrarium, mapbox])
@pytest.mark.parametrize(("kind", "save"), [("png", {}), ("webp", {"lossless": True})])
def test_the_terrain_that_is_broken_on_purpose_is_sound_before(encode, kind: str, save: dict[str, bool]) -> None:
    found = checked(terrain(encode, kind=kind, **save))
    assert found.report.counts == {}
    # by hand: 200 m in the first pixel, 200 + 2·511·50/1024 in the last
    assert found.zooms[1].low == pytest.approx(200, abs=0.051)
    assert found.zooms[1].high == pytest.approx(200 + 1022 * 50 / 1024, abs=0.051)


@pytest.mark.parametrize("rule", sorted(BROKEN_IMAGES))
def test_a_rule_refuses_its_broken_archive_and_no_other_does(rule: str) -> None:
    report = checked(BROKEN_IMAGES[rule]()).report
    assert set(report.counts) == {rule}
    assert not report.accepted(strict=True)
    assert report.accepted() == (RULES[rule].severity is Severity.WARNING)
    assert all(fault.message and fault.remedy and "{" not in fault.message for fault in report.faults)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no image"),
        (b"GIF89a...", "no image"),
        (picture("png")[:-5], "cut off"),
        (picture("png").replace(b"IDAT", b"IDAX"), "checksum"),
        (picture("jpeg")[:-1], "cut off"),
        (picture("jpeg")[:300], "cut off"),
        (picture("webp")[:-1], "cut off"),
        (picture("webp", lossless=True)[:-30], "cut off"),
        (b"RIFF\x04\x00\x00\x00WEBP", "no picture"),
        (b"\x89PNG\r\n\x1a\n", "cut off"),
    ],
)
def test_damage_is_found_and_told(body: bytes, words: str) -> None:
    parts = imagery("png", {(1, 1, 0): body or b"\0"})
    faults = [fault for fault in checked(parts).report.faults if fault.rule == "image-readable"]
    assert [fault.tile for fault in faults] == [(1, 1, 0)]
    assert words in faults[0].message


def test_every_cut_of_an_image_is_refused() -> None:
    for kind, save in (("png", {}), ("jpeg", {}), ("webp", {}), ("webp", {"lossless": True}), ("webp", {"alpha": 9})):
        whole = picture(kind, **save)
        for cut in {1, 2, 3, 5, 9, 20, len(whole) // 3, len(whole) // 2}:
            found = counts(raster({(0, 0, 0): whole[:-cut]}, kind))
            assert found == {"image-readable": 1}, (kind, cut)


def test_an_image_that_says_it_is_huge_is_not_decoded() -> None:
    body = bytearray(picture("webp", lossless=True))
    assert body[12:16] == b"VP8L"
    body[21:25] = (16383 | 16383 << 14).to_bytes(4, "little")
    (fault,) = checked(raster({(0, 0, 0): bytes(body)}, "webp")).report.faults[:1]
    assert (fault.rule, "16384 × 16384" in fault.message) == ("image-readable", True)


def test_what_says_it_is_huge_is_decoded_by_nobody() -> None:
    body = bytearray(picture("webp", lossless=True))
    body[21:25] = (16383 | 16383 << 14).to_bytes(4, "little")
    for read in (pixels_of, lambda data: relief_of(data, 0, 0, 0, "mapbox")):
        with pytest.raises(ArchiveError, match="16384 × 16384"):
            read(bytes(body))
        with pytest.raises(ArchiveError, match="no image"):
            read(b"nothing")


def test_a_run_of_a_billion_tiles_costs_no_more_than_one() -> None:
    body = picture()
    first = (4**15 - 1) // 3  # of zoom 15, which has 4^15 tiles
    parts = replace(raster({(15, 0, 0): body}, addressed_tiles_count=4**15), entries=[(first, 0, len(body), 4**15)])
    found = checked(parts)
    assert found.report.counts == {}
    assert found.zooms == (ImageFigures(15, 4**15, 1, 1, 0, None, None),)


def test_a_body_that_many_tiles_show_is_decoded_once_and_counted_often() -> None:
    parts = imagery("png")
    first = parts.entries[0]
    parts.entries = [first, (1, first[2], len(CLEAR), 4)]
    parts.data = parts.data[: first[2]] + CLEAR
    found = checked(parts)
    assert found.report.counts == {"image-visible": 1}
    assert found.zooms[1][:5] == (1, 4, 1, 1, 4)


def test_a_run_may_go_on_into_the_next_zoom() -> None:
    body = picture()
    found = checked(replace(raster({(0, 0, 0): body}, max_zoom=1), entries=[(0, 0, len(body), 5)]))
    assert found.report.counts == {}
    assert [(zoom.zoom, zoom.tiles, zoom.images) for zoom in found.zooms] == [(0, 1, 1), (1, 4, 0)]


def test_each_missing_parent_counts() -> None:
    tiles = [(0, 0, 0), (1, 0, 0), (3, 0, 0), (3, 1, 1), (3, 7, 7)]
    report = checked(raster({tile: picture(seed=i) for i, tile in enumerate(tiles)})).report
    assert report.counts == {"parents-present": 2}
    assert [fault.tile for fault in report.faults] == [(3, 0, 0), (3, 7, 7)]
    assert ["2/0/0" in report.faults[0].message, "2/3/3" in report.faults[1].message] == [True, True]


@pytest.mark.parametrize(("x", "y"), [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_the_child_of_every_quadrant_is_missed(x: int, y: int) -> None:
    alpha = np.zeros((256, 256), np.uint8)
    alpha[y * 128 : y * 128 + 128, x * 128 : x * 128 + 128] = 255
    top = picture(alpha=alpha)
    others = {tile: None for tile in ALL[1:] if tile != (1, x, y)}
    assert counts(imagery("png", {(0, 0, 0): top, **others}, min_lat_e7=-850_511_287)) == {}
    (fault,) = checked(imagery("png", {(0, 0, 0): top, (1, x, y): None})).report.faults
    assert (fault.rule, fault.tile) == ("children-present", (0, 0, 0))
    assert f"1/{x}/{y}" in fault.message


def test_a_bleeding_edge_needs_no_child() -> None:
    alpha = holed()
    alpha[:128, 128] = 200  # a column of 128 pixels of 16,384
    images = {(0, 0, 0): picture(alpha=alpha), (1, 0, 0): picture(seed=2)}
    assert counts(raster(images)) == {}


def test_heights_may_be_believed_further() -> None:
    deep = terrain(heights=relief() - 11_000)
    assert counts(deep) == {"terrain-plausible": 5}
    assert counts(deep, heights=Heights(-11_500, 9000)) == {}
    assert counts(terrain(), heights=Heights(0, 230)) == {"terrain-plausible": 4}  # only 1/0/0 ends below, at 224.9


def test_a_void_breaks_the_mean_only_along_its_edge() -> None:
    heights = relief()
    heights[:100, :101] = 0  # what is not known is 0 here; its edge cuts fours in two
    assert counts(terrain(heights=heights)) == {}


def test_what_stands_for_nothing_known_is_no_height() -> None:
    heights = relief()
    heights[:300, :300] = -9999.0  # fours are wholly known or not at all
    voids = terrain(mapbox, heights=heights)
    assert counts(voids) == {"terrain-plausible": 5}
    voids.metadata = pack({"encoding": "mapbox", "unknown": -9999.0})
    told = checked(voids)
    assert told.report.counts == {}
    assert told.zooms[1].low == pytest.approx(200 + 300 * 50 / 1024, abs=0.051)
    assert told.zooms[1].decoded == 4


def test_unknown_heights_hide_no_wrong_mean() -> None:
    heights = relief()
    heights[:300, :300] = -9999.0
    above = heights.reshape(256, 2, 256, 2).mean(axis=(1, 3))
    above[above > 0] += 0.5
    wrong = terrain(mapbox, {(0, 0, 0): saved(mapbox(above))}, heights)
    wrong.metadata = pack({"encoding": "mapbox", "unknown": -9999.0})
    assert counts(wrong) == {"terrain-means": 1}


def test_metadata_may_tell_the_rounding() -> None:
    above = relief().reshape(256, 2, 256, 2).mean(axis=(1, 3)) + 0.9
    rough = terrain(terrarium, {(0, 0, 0): saved(terrarium(above))})
    assert counts(rough) == {"terrain-means": 1}
    rough.metadata = pack({"encoding": "terrarium", "rounding": 1.0})
    assert counts(rough) == {}


@pytest.mark.parametrize("metres", [0.05, 0.3])
def test_means_are_held_to_a_tenth_of_a_metre(metres: float) -> None:
    above = relief().reshape(256, 2, 256, 2).mean(axis=(1, 3)) + metres
    expected = {} if metres < 0.1 else {"terrain-means": 1}
    assert counts(terrain(change={(0, 0, 0): saved(terrarium(above))})) == expected


def test_metadata_may_tell_the_size() -> None:
    assert counts(imagery("png", metadata={"tile_size": 256})) == {}
    assert counts(imagery("png", metadata={"tile_size": 512})) == {"sizes-equal": 1}


def test_bounds_may_touch_tiles_in_a_corner_and_not_miss_them() -> None:
    quarter = {tile: picture(seed=i) for i, tile in enumerate([(0, 0, 0), (1, 0, 0), (1, 1, 0)])}
    north = {"min_lat_e7": 0, "center_lat_e7": 1}
    assert counts(raster(quarter, **north)) == {}
    assert counts(raster(quarter, max_lon_e7=-10, center_lon_e7=-900_000_000, **north)) == {}  # reaches over by nothing
    west = {"max_lon_e7": -20_000_000, "center_lon_e7": -900_000_000}
    assert counts(raster(quarter, **west, **north)) == {"bounds-contain": 1}


def test_gzipped_images_are_unpacked_and_damaged_packing_is_told() -> None:
    packed = gzip.compress(picture(), mtime=0)
    parts = raster({(0, 0, 0): packed[:-9]}, tile_compression=Compression.GZIP)
    assert counts(parts) == {"image-readable": 1, "images-plain": 1}


def test_the_report_does_not_depend_on_threads() -> None:
    rng = np.random.default_rng(5)
    tiles = {(3, x, y): saved(rng.integers(0, 255, (256, 256, 4), np.uint8)) for x in range(4) for y in range(4)}
    tiles[3, 2, 2] = tiles[3, 2, 2][:999]
    tiles[3, 1, 3] = picture("webp")
    parts = raster(tiles)
    assert checked(parts, 1) == checked(parts, 3)
    assert set(counts(parts)) == {"image-readable", "image-format"}
    assert zxy_to_tileid(3, 0, 0) == parts.entries[0][0]
