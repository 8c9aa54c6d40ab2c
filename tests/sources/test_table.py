"""CSV: separators, encodings, types that keep codes codes, coordinates by name, by option, as text."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.sources import ReadOptions, SourceLayer, list_layers, plain_text, read_batches, table
from pipeline.types import LINE, NONE, POINT, FeatureBatch, Tally


def save(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode(encoding))
    return path


def read(path: Path, **options: object) -> tuple[FeatureBatch, Tally]:
    tally = Tally()
    (batch,) = read_batches(path, ReadOptions(**options), tally)  # type: ignore[arg-type]
    return batch, tally


ROWS = "名称,经度,纬度,电话,层数,高度\n一中,119.13,28.07,0578712,5,15.5\n二中,119.15,28.1,0578713,6,20\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_encodings_and_separators(tmp_path: Path, encoding: str, separator: str) -> None:
    batch, tally = read(save(tmp_path, ROWS.replace(",", separator).replace("\n", "\r\n"), encoding))
    assert batch.geometries.kinds.tolist() == [POINT, POINT]
    assert (batch.geometries.x.tolist(), batch.geometries.y.tolist()) == ([119.13, 119.15], [28.07, 28.1])
    assert batch.attributes.to_pylist() == [
        {"名称": "一中", "经度": 119.13, "纬度": 28.07, "电话": "0578712", "层数": 5, "高度": 15.5},
        {"名称": "二中", "经度": 119.15, "纬度": 28.1, "电话": "0578713", "层数": 6, "高度": 20.0},
    ]
    assert tally.counts == {"crs-assumed": 1}


def test_layer(tmp_path: Path) -> None:
    path = save(tmp_path, ROWS)
    fields = {"名称": "string", "经度": "double", "纬度": "double", "电话": "string", "层数": "int64", "高度": "double"}
    assert list_layers(path) == (SourceLayer("t", "point", 2, None, fields, "CSV"),)
    assert list_layers(save(tmp_path, "a,b\n1,2\n"))[0].geometry == "none"


def test_plane_coordinates_by_option(tmp_path: Path) -> None:
    path = save(tmp_path, "n,Y,X\n1,414478.694,3106504.688\n")  # surveyors' X is the northing
    batch, tally = read(path, x="Y", y="X", crs="EPSG:4549")
    assert (batch.geometries.x[0], batch.geometries.y[0]) == pytest.approx((119.13, 28.07), abs=1e-7)
    assert tally.counts == {}
    with pytest.raises(InputError, match="wrong order"):
        read(path, crs="EPSG:4549")
    with pytest.raises(InputError, match='no column "Q"'):
        read(path, x="Q", y="X")


def test_missing_and_bad_coordinates(tmp_path: Path) -> None:
    batch, tally = read(save(tmp_path, "lon,lat,v\n119.1,28.1,a\n,,b\n119.2,,c\nunknown,28,d\n +119.3 ,28.3,e\n"))
    assert batch.geometries.kinds.tolist() == [POINT, NONE, NONE, NONE, POINT]
    assert batch.geometries.x.tolist() == [119.1, 119.3]
    assert batch.attributes["v"].to_pylist() == list("abcde")
    assert tally.counts == {"null-geometry": 1, "bad-coordinates": 2, "crs-assumed": 1}
    assert tally.samples["bad-coordinates"] == "t.csv, feature 3"


def test_no_coordinates(tmp_path: Path) -> None:
    batch, tally = read(save(tmp_path, "地址,数量\n剑池街道一号,3\n,\n"))
    assert batch.geometries.kinds.tolist() == [NONE, NONE]
    assert batch.attributes.to_pylist() == [{"地址": "剑池街道一号", "数量": 3}, {"地址": None, "数量": None}]
    assert tally.counts == {}


def test_well_known_text(tmp_path: Path) -> None:
    batch, tally = read(save(tmp_path, 'id;wkt\n1;"LINESTRING (0 0, 1 1)"\n2;POINT (5 6)\n3;\n4;nonsense\n'))
    assert batch.geometries.kinds.tolist() == [LINE, POINT, NONE, NONE]
    assert tally.counts == {"null-geometry": 1, "malformed-geometry": 1, "crs-assumed": 1}


def test_quotes_empty_names_and_bad_rows(tmp_path: Path) -> None:
    batch, tally = read(save(tmp_path, 'a,,a\n"x,\ny",2,3\n1,2\n4,5,6\n'))
    assert batch.attributes.column_names == ["a", "column_2", "a_2"]
    assert batch.attributes["a"].to_pylist() == ["x,\ny", "4"]
    assert (tally.counts, tally.samples) == ({"bad-row": 1}, {"bad-row": "t.csv, row 2"})


def test_codes_stay_codes(tmp_path: Path) -> None:
    batch, _ = read(
        save(
            tmp_path,
            "zip,pac,big,neg,exp,mixed,none\n00123,331181,12345678901234567890,-1,1e3,1,\n323700,2,3,0,2.5,x,\n",
        )
    )
    assert {f.name: str(f.type) for f in batch.attributes.schema} == {
        "zip": "string", "pac": "int64", "big": "double", "neg": "int64", "exp": "double", "mixed": "string",
        "none": "string",
    }  # fmt: skip


def test_broken_text_names_line_and_field(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("名称,备注\n龙泉,好\n青瓷,".encode() + b"\xff\xfe\xff" + b"\n")
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.where == "t.csv, line 3, field 备注"
    assert "Unreadable encoding" in caught.value.message
    with pytest.raises(InputError, match="Unreadable encoding"):
        read(path, encoding="GBK")


def test_no_header(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="names no columns"):
        read(save(tmp_path, "\n\n"))
    with pytest.raises(InputError, match="no layer"):
        read(save(tmp_path, ROWS), layer="other")


def test_header_only(tmp_path: Path) -> None:
    assert list(read_batches(save(tmp_path, "a,b\n"), ReadOptions(), Tally())) == []
    assert list_layers(save(tmp_path, "a,b"))[0].fields == {"a": "string", "b": "string"}


def in_blocks(patch: pytest.MonkeyPatch, size: int) -> None:
    """Read as if files were larger than a block."""
    patch.setattr(table, "_BLOCK", size)
    patch.setattr(plain_text, "_BLOCK", 61)  # no multiple of any character
    table._scanned.cache_clear()


def all_rows(path: Path, **options: object) -> list[dict[str, object]]:
    found = read_batches(path, ReadOptions(**options), Tally())  # type: ignore[arg-type]
    return [row for batch in found for row in batch.attributes.to_pylist()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "big5", "utf-16"])
def test_a_file_of_many_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    in_blocks(monkeypatch, 512)
    rows = [
        (f"地名{i}", 119 + i / 1000, 28.0, i, f"0{i}", 1 if i < 450 else 1.5, "" if i < 450 else 7) for i in range(500)
    ]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([("名", "lon", "lat", "n", "code", "late", "empty"), *rows])
    path = save(tmp_path, out.getvalue(), encoding)
    for named in (None, encoding):
        found = all_rows(path, encoding=named)
        assert [tuple(row.values()) for row in found] == [(*row[:-1], row[-1] or None) for row in rows]
        assert {type(row["late"]) for row in found} == {float}, "the last value decides for all"
    (layer,) = list_layers(path)
    assert (layer.features, layer.fields["n"], layer.fields["code"], layer.fields["empty"]) == (
        500, "int64", "string", "int64",
    )  # fmt: skip


TEXT = st.text(st.characters(codec="gb18030", exclude_characters="\r\n\0"), max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(TEXT, TEXT, st.integers(-5, 10**6)), min_size=1, max_size=40), st.integers(64, 400))
def test_blocks_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[tuple[str, str, int]], size: int
) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([("a", "b", "n"), *rows])
    path = save(tmp_path, out.getvalue(), "gb18030")
    with monkeypatch.context() as patch:
        in_blocks(patch, size + 160)  # a row is no longer than a block
        patched = all_rows(path, encoding="gb18030")
    table._scanned.cache_clear()
    assert patched == all_rows(path, encoding="gb18030")
    assert [row["n"] for row in patched] == [row[2] for row in rows]


def test_bad_rows_and_broken_texts_far_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_blocks(monkeypatch, 256)
    text = "名,数\n" + "龙泉,1\n" * 200 + "多,1,2\n" + "龙泉,1\n" * 99
    path = save(tmp_path, text)
    tally = Tally()
    batches = list(read_batches(path, ReadOptions(), tally))
    assert sum(batch.attributes.num_rows for batch in batches) == 299
    assert (tally.counts, tally.samples) == ({"bad-row": 1}, {"bad-row": "t.csv, row 201"})
    path.write_bytes(text.encode() + "龙,".encode() + b"\xff\xfe\n")
    with pytest.raises(InputError, match="Unreadable encoding: ff fe") as caught:
        all_rows(path)
    assert caught.value.where == "t.csv, line 302, field 数"


def test_lines_without_end(tmp_path: Path) -> None:
    path = save(tmp_path, "a,b" * 400_000)
    with pytest.raises(InputError, match="names no columns"):
        all_rows(path)
    path = save(tmp_path, 'a,b\n1,"' + "x" * (11 << 20))
    with pytest.raises(InputError, match="quotation mark is never closed"):
        all_rows(path)


def test_a_table_inside_a_zip(tmp_path: Path) -> None:
    path = tmp_path / "t.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("表.csv", ROWS.encode("gbk"))
    assert [row["名称"] for row in all_rows(path)] == ["一中", "二中"]


def test_memory_does_not_grow_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tracemalloc

    import pyarrow as pa

    path = tmp_path / "t.csv"
    row = b"119.1234567,28.1234567,0578123456\n"
    path.write_bytes(b"lon,lat,tel\n" + row * (32 * (1 << 20) // len(row)))
    monkeypatch.setattr(table, "_BLOCK", 128 << 10)
    table._scanned.cache_clear()
    tracemalloc.start()
    before = pa.total_allocated_bytes()
    most = 0
    for _batch in read_batches(path, ReadOptions(), Tally()):
        most = max(most, pa.total_allocated_bytes() - before)
    ours = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert ours < 12 << 20 and most < 24 << 20 < path.stat().st_size
