"""What was left out of an archive: written in any order to the same bytes, read by part, told as a story."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.cli import main
from pipeline.errors import InputError, OutputError
from pipeline.vector import explain
from pipeline.vector.explain import RULES, ExplainWriter
from pipeline.vector.explained import Asked, Chapter, read_explained, summarise, tell_story
from pipeline.vector.plan import explained_path

Row = tuple[str, int, str, int, int | None, int | None]  # layer, zoom, rule, id, into, tile

ROWS: list[Row] = [
    ("roads", 6, "not-yet", 17, None, None),
    ("roads", 7, "not-yet", 17, None, None),
    ("roads", 8, "merged", 17, 3, None),
    ("roads", 9, "merged", 17, 3, None),
    ("roads", 10, "merged", 17, 4, None),
    ("roads", 12, "over-budget", 17, None, 5_592_405),
    ("roads", 12, "over-budget", 17, None, 5_592_406),
    ("roads", 12, "over-budget", 2**64 - 1, None, 5_592_405),
    ("roads", 6, "collapsed", 5, None, None),
    ("名称", 6, "gathered", 17, 9, None),
]


def add(writer: ExplainWriter, rows: list[Row]) -> None:
    """Each row by a call of its own."""
    for layer, zoom, rule, id, into, tile in rows:
        values = [None if value is None else np.array([value], np.uint64) for value in (into, tile)]
        writer.add(layer, zoom, rule, np.array([id], np.uint64), *values)


def write(path: Path, rows: list[Row]) -> Path:
    with ExplainWriter(path) as writer:
        add(writer, rows)
    return path


def read(path: Path, asked: Asked | None = None) -> list[Row]:
    names = ("layer", "zoom", "rule", "id", "into", "tile")
    return [tuple(row[name] for name in names) for table in read_explained(path, asked) for row in table.to_pylist()]


def in_order(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda r: (r[0], r[1], RULES.index(r[2]), r[3], r[4] or -1, r[5] or -1))


def test_rows_come_back_in_order_with_their_types(tmp_path: Path) -> None:
    path = write(tmp_path / "a.explain.parquet", ROWS[::-1])
    assert read(path) == in_order(ROWS)
    schema = pq.read_schema(path)
    assert [str(schema.field(name).type) for name in ("id", "zoom", "into", "tile")] == [
        "uint64",
        "uint8",
        "uint64",
        "uint64",
    ]
    assert {pa.types.is_dictionary(schema.field(name).type) for name in ("layer", "rule")} == {True}
    metadata = pq.ParquetFile(path).metadata
    assert {metadata.row_group(n).column(c).compression for n in range(metadata.num_row_groups) for c in range(6)} == {
        "ZSTD"
    }


rows_made = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]),
        st.integers(0, 3),
        st.sampled_from(RULES),
        st.integers(0, 40),
        st.none() | st.integers(1, 9),
        st.none() | st.integers(1, 9),
    ),
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@example([("b", 1, "not-yet", 0, None, 1), ("b", 1, "not-yet", 0, 1, None)], random.Random(0), 1, 1, 1)
@given(rows_made, st.randoms(use_true_random=False), st.integers(1, 2000), st.integers(1, 20), st.integers(1, 9))
def test_neither_order_nor_memory_changes_a_byte(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], chance: random.Random, held: int, run: int, group: int
) -> None:
    folder = tmp_path_factory.mktemp("explain")
    shuffled = list(rows)
    chance.shuffle(shuffled)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explain, "ROWS", group)
        plain = write(folder / "plain", rows)
        patch.setattr(explain, "_HELD", held)
        patch.setattr(explain, "_SORTED", run)
        spilled = write(folder / "spilled", shuffled)
    assert plain.read_bytes() == spilled.read_bytes()
    assert read(plain) == in_order(rows)
    assert all(table.num_rows <= group for table in read_explained(plain))


def test_what_no_tile_shows_is_not_told_where_that_is_asked_for(tmp_path: Path) -> None:
    rows: list[Row] = [
        *[("roads", zoom, "not-yet", 1, None, None) for zoom in (6, 7, 8)],  # never to be seen
        *[("roads", zoom, "merged", 2, 3, None) for zoom in (6, 7)],  # drawn at the last zoom
        ("roads", 6, "not-yet", 4, None, None),  # at every zoom something else
        ("roads", 7, "too-small", 4, None, None),
        ("roads", 8, "over-budget", 4, None, 21_900),
        ("roads", 6, "merged", 5, 4, None),  # in the place of one that is not told
        ("paths", 8, "not-yet", 1, None, None),  # another layer with the same id, drawn at zoom 9
    ]
    with ExplainWriter(tmp_path / "a", {"roads": range(6, 9), "paths": range(8, 10), "empty": range(3)}) as writer:
        add(writer, rows)
    assert read(tmp_path / "a") == [
        ("paths", 8, "not-yet", 1, None, None),
        ("roads", 6, "merged", 2, 3, None),
        ("roads", 6, "merged", 5, None, None),
        ("roads", 7, "merged", 2, 3, None),
    ]


@settings(max_examples=60, deadline=None)
@given(rows_made, st.integers(1, 500), st.integers(1, 20))
def test_what_is_not_told_does_not_depend_on_memory(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], held: int, run: int
) -> None:
    zooms = range(2)
    rows = [row for row in rows if row[1] in zooms]
    unseen = {
        (row[0], row[3])
        for row in rows
        if all((row[0], z, row[3]) in {(r[0], r[1], r[3]) for r in rows} for z in zooms)
    }
    told = [(*row[:4], None if (row[0], row[4]) in unseen else row[4], row[5]) for row in rows]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explain, "_HELD", held)
        patch.setattr(explain, "_SORTED", run)
        path = tmp_path_factory.mktemp("explain") / "a"
        with ExplainWriter(path, {"a": zooms, "b": zooms}) as writer:
            add(writer, rows)
    assert read(path) == in_order([row for row in told if (row[0], row[3]) not in unseen])


def test_only_what_is_asked_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.explain.parquet", ROWS)
    for asked, keep in [
        (Asked(layer="名称"), lambda r: r[0] == "名称"),
        (Asked(zoom=12), lambda r: r[1] == 12),
        (Asked(rule="merged"), lambda r: r[2] == "merged"),
        (Asked(id=17), lambda r: r[3] == 17),
        (Asked(id=2**64 - 1), lambda r: r[3] == 2**64 - 1),
        (Asked("roads", 6, "not-yet", 17), lambda r: r[:4] == ("roads", 6, "not-yet", 17)),
        (Asked(layer="none"), lambda r: False),
    ]:
        assert read(path, asked) == in_order([row for row in ROWS if keep(row)])


def test_the_summary_counts_by_rule_and_zoom(tmp_path: Path) -> None:
    assert summarise(write(tmp_path / "a", ROWS)) == {
        ("roads", "not-yet"): {6: 1, 7: 1},
        ("roads", "collapsed"): {6: 1},
        ("roads", "merged"): {8: 1, 9: 1, 10: 1},
        ("roads", "over-budget"): {12: 3},
        ("名称", "gathered"): {6: 1},
    }


def test_the_story_of_a_feature(tmp_path: Path) -> None:
    assert tell_story(write(tmp_path / "a", ROWS), Asked(id=17)) == (
        Chapter("roads", 6, 7, "not-yet", (), 0),
        Chapter("roads", 8, 9, "merged", (3,), 0),
        Chapter("roads", 10, 10, "merged", (4,), 0),
        Chapter("roads", 12, 12, "over-budget", (), 2),
        Chapter("名称", 6, 6, "gathered", (9,), 0),
    )


def test_nothing_to_explain_is_a_file_too(tmp_path: Path) -> None:
    path = write(tmp_path / "a", [])
    assert (read(path), summarise(path), pq.read_schema(path).names) == ([], {}, explain.SCHEMA.names)


def test_a_rule_that_does_not_exist_is_a_fault_of_the_code(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="tiny"), ExplainWriter(tmp_path / "a") as writer:
        writer.add("a", 0, "tiny", np.zeros(1, np.uint64))
    assert list(tmp_path.iterdir()) == []  # and nothing is left behind


def test_what_cannot_be_written_or_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        write(tmp_path / "no" / "a", ROWS)
    with pytest.raises(InputError, match="There is no explanation beside the archive"):
        read(tmp_path / "a")
    (tmp_path / "b").write_bytes(b"PAR1 is not all")
    with pytest.raises(InputError, match="The explanation cannot be read"):
        read(tmp_path / "b")
    pq.write_table(pa.table({"id": [1]}), tmp_path / "c")
    with pytest.raises(InputError, match="explains no archive"):
        read(tmp_path / "c")


def test_writing_does_not_import_pandas(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib, numpy as np\n"
        "from pipeline.vector.explain import ExplainWriter\n"
        f"with ExplainWriter(pathlib.Path({str(tmp_path / 'a')!r})) as w:\n"
        "    w.add('a', 3, 'merged', np.arange(9, dtype=np.uint64), np.arange(9, dtype=np.uint64))\n"
        "print('pandas' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


# --- as called from a shell -----------------------------------------------------------------------------------------


def said(archive: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["--lang", "en", "archive", "explain", str(archive), *arguments]) == 0
    return capsys.readouterr().out


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = tmp_path / "city.v2.pmtiles"
    assert explained_path(archive) == tmp_path / "city.v2.explain.parquet"
    write(explained_path(archive), ROWS)

    table = said(archive, capsys).splitlines()
    assert [line.split()[:2] for line in table[:2]] == [["roads"], ["zoom", "6"]]
    assert table[1].split() == ["zoom", "6", "7", "8", "9", "10", "12"]
    assert any(line.split()[-3:] == ["1", "1", "1"] and "joined" in line for line in table)

    assert said(archive, capsys, "--id", "17", "--layer", "roads").splitlines() == [
        "roads, feature 17",
        "  zoom 6–7: not yet: it appears at a later zoom",
        "  zoom 8–9: joined with others → 3",
        "  zoom 10: joined with others → 4",
        "  zoom 12: left out, the tile is full (in 2 tiles)",
    ]
    assert said(archive, capsys, "--id", "99").startswith("99: drawn as it is")
    assert said(archive, capsys, "--zoom", "8", "--list") == "roads\t8\tmerged\t17\t3\t\n"
    assert json.loads(said(archive, capsys, "--rule", "gathered", "--json")) == [
        {"layer": "名称", "rule": "gathered", "zoom": 6, "features": 1}
    ]
    assert json.loads(said(archive, capsys, "--id", "17", "--zoom", "12", "--json")) == [
        {"layer": "roads", "zooms": [12, 12], "rule": "over-budget", "into": [], "tiles": 2}
    ]
    assert main(["--lang", "en", "archive", "explain", str(archive), "--layer", "none"]) == 2
    refused = capsys.readouterr().err
    assert "The archive has no layer none." in refused and "expected: roads, 名称" in refused


def test_the_command_knows_every_rule() -> None:
    from pipeline.cli import _fates

    assert _fates.RULES == RULES
    assert tuple(_fates.fates()) == RULES


def test_without_the_file_it_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "archive", "explain", str(tmp_path / "a.pmtiles")]) == 1
    assert "a.explain.parquet" in capsys.readouterr().err
