"""Every structural rule has a broken file that it refuses; sound archives are accepted."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.archive.header import Compression, TileType
from pipeline.archive.rules import Severity
from pipeline.archive.source import MemorySource
from pipeline.archive.verify import STAGES, verify_archive, verify_source
from pipeline.archive.writer import Writer
from pipeline.errors import InputError
from tests.broken.archive.forge import BROKEN, Parts, pack, with_leaves

RULES = {rule.id: rule for stage in STAGES for rule in stage}


def counts(parts: Parts) -> dict[str, int]:
    return dict(verify_source(MemorySource(parts.bytes())).counts)


def test_every_rule_has_a_broken_file() -> None:
    assert set(BROKEN) == set(RULES)
    assert len(RULES) == sum(len(stage) for stage in STAGES), "two rules share an id"


def test_the_file_that_is_broken_on_purpose_is_sound_before() -> None:
    assert counts(Parts()) == {}


@pytest.mark.parametrize("rule", sorted(BROKEN))
def test_a_rule_refuses_its_broken_file(rule: str) -> None:
    report = verify_source(MemorySource(BROKEN[rule]().bytes()))
    assert rule in report.counts
    assert not report.accepted(strict=True)
    assert report.accepted() == (RULES[rule].severity is Severity.WARNING and not report.errors)
    fault = next(fault for fault in report.faults if fault.rule == rule)
    assert fault.message and fault.remedy and "{" not in fault.message


@pytest.mark.parametrize("rule", sorted(BROKEN))
def test_a_broken_file_breaks_no_other_rule(rule: str) -> None:
    assert set(counts(BROKEN[rule]())) == {rule}


def test_leaves_are_read_and_unused_leaf_bytes_told() -> None:
    parts = with_leaves([(0, 0, 4, 1)], [(1, 4, 5, 1), (2, 9, 6, 1)])
    assert counts(parts) == {}
    parts.leaves += b"old leaf"
    assert counts(parts) == {"all-referenced": 1}


def test_counters_may_be_unknown() -> None:
    unknown = {"addressed_tiles_count": 0, "tile_entries_count": 0, "tile_contents_count": 0}
    assert counts(Parts(header=unknown)) == {}


def test_an_unclustered_archive_that_says_so_is_sound() -> None:
    parts = BROKEN["clustered-true"]()
    assert counts(parts) == {"clustered-true": 2}
    parts.header["clustered"] = False
    assert counts(parts) == {}


def test_deduplicated_bodies_keep_an_archive_clustered() -> None:
    assert counts(Parts(entries=[(0, 0, 4, 1), (1, 4, 5, 1), (2, 0, 4, 1), (3, 9, 6, 1)])) == {}


def test_every_fault_is_counted_and_the_first_are_told() -> None:
    entries = [(i, i * 2, 2, 1) for i in range(300)]
    entries[1:] = [(i, 10_000 + i, 1, 1) for i in range(1, 300)]
    report = verify_source(MemorySource(Parts(entries=entries, header={"max_zoom": 5}).bytes()))
    assert report.counts["entries-inside"] == 299
    assert [fault.tile for fault in report.faults if fault.rule == "entries-inside"][:2] == [(1, 0, 0), (1, 0, 1)]
    assert len(report.faults) == 20


@pytest.mark.parametrize(
    ("metadata", "rule"),
    [
        (b"", "metadata-object"),
        (b"{}", "metadata-object"),  # not gzipped, as the header says
        (pack(None), "metadata-object"),
        (pack({}), "vector-layers"),
        (pack({"vector_layers": {}}), "vector-layers"),
        (pack({"vector_layers": ["a"]}), "vector-layers"),
        (pack({"vector_layers": [{"id": ""}]}), "vector-layers"),
        (pack({"vector_layers": [{"id": "a", "fields": ["n"]}]}), "vector-layers"),
        (pack({"vector_layers": [{"id": "a"}, {"id": "a"}]}), "vector-layers"),
    ],
)
def test_metadata_that_clients_cannot_use(metadata: bytes, rule: str) -> None:
    assert counts(Parts(metadata=metadata)) == {rule: 1}


def test_raster_archives_need_no_vector_layers() -> None:
    assert counts(Parts(metadata=pack({}), header={"tile_type": TileType.PNG})) == {}


def test_every_prefix_of_an_archive_is_refused() -> None:
    whole = Parts().bytes()
    for length in range(len(whole)):
        assert not verify_source(MemorySource(whole[:length])).accepted()


def test_any_single_changed_byte_is_survived() -> None:
    """Whatever a bit flip makes of a file, the answer is a report and not a crash."""
    whole = with_leaves([(0, 0, 4, 1)], [(1, 4, 5, 1), (2, 9, 6, 1)]).bytes()
    for at in range(len(whole)):
        for value in (0x00, 0x7F, 0x80, 0xFF):
            damaged = whole[:at] + bytes([value]) + whole[at + 1 :]
            assert verify_source(MemorySource(damaged)).errors >= 0


def test_a_directory_bomb_ends() -> None:
    """Leaves that all point at one another are entered once each."""
    parts = Parts()
    parts.root = BROKEN["leaf-once"]().root
    assert not verify_source(MemorySource(parts.bytes())).accepted()


def test_what_the_writer_writes_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "a.pmtiles"
    with Writer(path, tile_type=TileType.MVT, tile_compression=Compression.GZIP) as writer:
        for tile_id in range(5, 21):
            writer.add(tile_id, b"body %d" % (tile_id // 3))
        writer.finish(metadata={"vector_layers": [{"id": "a"}]}, bounds=(-179.0, -84.0, 179.0, 84.0))
    assert verify_archive(path).counts == {}


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        verify_archive(tmp_path / "none.pmtiles")


# What the conformance archives are, from their names and the specification.
CONFORMANCE = {
    "empty.pmtiles": {"magic"},
    "invalid.pmtiles": {"magic"},
    "invalid_v4.pmtiles": {"version"},
    "test_fixture_1.pmtiles": set(),
    "test_fixture_2.pmtiles": set(),
    "test_fixture_mlt.pmtiles": {"directory-filled"},  # only a header to test tile type 6; it holds no tile
    "stamen_toner(raster)CC-BY+ODbL_z3.pmtiles": set(),
    "usgs-mt-whitney-8-15-webp-512.pmtiles": set(),
}


@pytest.mark.parametrize("name", sorted(CONFORMANCE))
def test_conformance_archives(shared_data: Path, name: str) -> None:
    assert set(verify_archive(shared_data / "conformance" / "pmtiles" / name).counts) == CONFORMANCE[name]
