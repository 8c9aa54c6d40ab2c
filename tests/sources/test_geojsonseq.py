"""GeoJSON line by line: pipes and files, both kinds of separators, bad lines, columns whose types change on the way."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.sources import ReadOptions, geojsonseq, list_layers, read_batches
from pipeline.sources.geojson_wkb import geojson_wkb
from pipeline.sources.growing import column
from pipeline.types import FeatureBatch, Tally

STDIN = Path("-")


class Pipe(io.BytesIO):
    """What sys.stdin is to a program behind a pipe."""

    def __init__(self, data: bytes, terminal: bool = False) -> None:
        super().__init__(data)
        self.buffer = self
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def feature(x: float, /, **properties: Any) -> str:
    shape = {"type": "Point", "coordinates": [x, 28.0]}
    return json.dumps({"type": "Feature", "properties": properties, "geometry": shape}, ensure_ascii=False)


def piped(monkeypatch: pytest.MonkeyPatch, data: str | bytes, **options: Any) -> tuple[list[FeatureBatch], Tally]:
    monkeypatch.setattr("sys.stdin", Pipe(data.encode() if isinstance(data, str) else data))
    tally = Tally()
    return list(read_batches(STDIN, ReadOptions(**options), tally)), tally


def rows(batches: list[FeatureBatch]) -> list[dict[str, Any]]:
    return [row for batch in batches for row in batch.attributes.to_pylist()]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n".join([feature(119.1, NAME="龙泉", N=1), "", feature(119.2, NAME="八都 🍵", N=2)]) + "\n"
    pipe = Pipe(text.encode())
    monkeypatch.setattr("sys.stdin", pipe)
    (layer,) = list_layers(STDIN)
    assert (layer.name, layer.geometry, layer.features, layer.crs) == ("stdin", "mixed", None, "OGC:CRS84")
    assert pipe.tell() == 0  # nothing is taken out of the pipe yet
    for _again in range(2):  # it runs dry, and may be asked for again
        tally = Tally()
        (batch,) = read_batches(STDIN, ReadOptions(layer="stdin"), tally)
        assert batch.attributes.to_pylist() == [{"NAME": "龙泉", "N": 1}, {"NAME": "八都 🍵", "N": 2}]
        assert (batch.geometries.x.tolist(), batch.geometries.y.tolist()) == ([119.1, 119.2], [28.0, 28.0])
        assert tally.counts == {}


def test_record_separators(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 8142 §2: texts may hold line ends, and one that was cut off does not take the next with it."""
    pretty = json.dumps(json.loads(feature(119.2, N=2)), indent=2)
    text = f"\x1e{feature(119.1, N=1)}\n\x1e{pretty}\n\x1e{feature(119.3, N=3)[:-20]}\x1e{feature(119.4, N=4)}\n"
    batches, tally = piped(monkeypatch, text)
    assert [row["N"] for row in rows(batches)] == [1, 2, 4]
    assert (tally.counts, tally.samples) == (
        {"bad-line": 1},
        {"bad-line": f"stdin, line {2 + pretty.count(chr(10)) + 1}"},
    )


def test_bad_lines_are_counted_with_the_number_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = ['{"type":"Feature",', "[1,2]", "7", '{"type":"Feature","geometry":{"type":"Point","coordinates":["a","b"]}}',
           '{"type":"Feature","geometry":{"type":"Circle","coordinates":[1,2]}}', '{"type":"Feature","properties":[1]}',
           '{"type":"FeatureCollection"}', '{"type":"Polygon","coordinates":7}', "[" * 100_000]  # fmt: skip
    batches, tally = piped(monkeypatch, "\r\n".join([feature(119, N=1), *bad, feature(119, N=2)]))
    assert [row["N"] for row in rows(batches)] == [1, 2]
    assert (tally.counts, tally.samples) == ({"bad-line": len(bad)}, {"bad-line": "stdin, line 2"})


@pytest.mark.parametrize("rs", ["", "\x1e"])
def test_a_pipe_that_stops_in_the_middle_of_a_feature_is_refused(monkeypatch: pytest.MonkeyPatch, rs: str) -> None:
    whole = f"{rs}{feature(119, N=1)}\n{rs}{feature(119, NAME='村')}"
    assert len(rows(piped(monkeypatch, whole)[0])) == 2  # a line end behind the last feature is nobody's duty
    encoded = whole.encode()
    for end in (-1, -2, -40, encoded.index("村".encode()) + 1):  # the last one within a character
        with pytest.raises(InputError) as caught:
            piped(monkeypatch, encoded[:end])
        assert (caught.value.message, caught.value.where) == ("It stops in the middle of a feature.", "stdin, line 2")


def test_a_bad_last_line_that_is_whole_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    for last in ('{"type":"Feature",\n', "7", '{"type":"Circle"}', "that's all"):
        batches, tally = piped(monkeypatch, feature(119, N=1) + "\n" + last)
        assert (len(rows(batches)), tally.counts) == (1, {"bad-line": 1})


def test_what_may_stand_on_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        '\ufeff{"type":"Feature","id":"r7","properties":{"A":1},"geometry":{"type":"Point","coordinates":[1,2,3]}}',
        '{"type":"Feature","id":8,"properties":{"A":2},"geometry":null}',
        '{"type":"FeatureCollection","features":[' + feature(1, A=3) + "," + feature(2, A=4) + "]}",
        '{"type":"LineString","coordinates":[[0,0],[1,1]]}',
        '{"type":"Feature","properties":null,"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1]]]}}',
    ]
    (batch,), tally = piped(monkeypatch, "\n".join(lines))
    assert batch.attributes.to_pylist() == [
        {"id": "r7", "A": 1}, {"id": "8", "A": 2}, {"id": None, "A": 3}, {"id": None, "A": 4},
        {"id": None, "A": None}, {"id": None, "A": None},
    ]  # fmt: skip
    assert batch.geometries.kinds.tolist() == [1, 0, 1, 1, 2, 3]
    assert tally.counts == {"z-dropped": 1, "null-geometry": 1, "ring-closed": 1}


def test_types_that_change_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """One feature per batch: the columns come out as if all had been known from the beginning."""
    values = [
        {"i": 1, "n": 1, "t": 1, "b": True, "x": None},
        {"i": -(2**63), "n": 2.5, "t": "zwei", "b": False, "x": None, "late": "x"},
        {"i": 2**63 - 1, "n": 3, "t": True, "b": None, "x": [1, {"é": "中"}]},
        {},
    ]
    text = "\n".join(feature(119, **row) for row in values)
    whole = rows(piped(monkeypatch, text)[0])
    monkeypatch.setattr(geojsonseq, "FEATURES", 1)
    batches, _ = piped(monkeypatch, text)
    assert len(batches) == 4 and len({str(batch.attributes.schema) for batch in batches}) == 1
    assert rows(batches) == whole
    assert whole[1] == {"i": -(2**63), "n": 2.5, "t": "zwei", "b": False, "x": None, "late": "x"}
    assert [row["t"] for row in whole] == ["1", "zwei", "true", None]
    assert [row["n"] for row in whole] == [1.0, 2.5, 3.0, None]
    assert whole[2]["x"] == '[1,{"é":"中"}]' and whole[3] == dict.fromkeys(whole[3])
    (batch, *_rest), _ = piped(monkeypatch, text, columns=("late", "i"))
    assert batch.attributes.to_pylist() == [{"late": None, "i": 1}]


@pytest.mark.parametrize(
    ("data", "message", "where", "hint"),
    [
        ("", "nothing in it", "stdin", "pipe"),
        ("\n\n", "nothing in it", "stdin", "pipe"),
        ("no json\nat all\n", "None of its 2 lines", "stdin, line 1", "GeoJSONSeq"),
        ('{\n"type": "FeatureCollection",\n"features": [\n', "one GeoJSON document", "stdin", ".geojson"),
        ('{"type": "FeatureCollection", "features": [\n{}]}', "one GeoJSON document", "stdin", "jq"),
    ],
)
def test_refused(monkeypatch: pytest.MonkeyPatch, data: str, message: str, where: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        piped(monkeypatch, data)
    error = caught.value
    assert message in error.message and error.where == where and error.expected and hint in str(error.hint)


def test_a_terminal_is_no_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Pipe(b"", terminal=True))
    with pytest.raises(InputError) as caught:
        list(read_batches(STDIN, ReadOptions(), Tally()))
    assert "Nothing is piped in" in caught.value.message


def test_other_encodings(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n".join(feature(119, NAME=name) for name in ("龙泉市剑池街道", "青瓷小镇", "八都镇", "x"))
    with pytest.raises(InputError) as caught:
        piped(monkeypatch, text.encode("gbk"))
    assert caught.value.where == "stdin, line 1" and "GB18030" in str(caught.value.hint)
    batches, _ = piped(monkeypatch, text.encode("gbk"), encoding="GBK")
    assert rows(batches)[0] == {"NAME": "龙泉市剑池街道"}
    broken = text.encode().replace("青瓷".encode(), b"\xff\xff")
    batches, tally = piped(monkeypatch, broken)  # one line of many: counted
    assert len(rows(batches)) == 3 and tally.samples == {"bad-line": "stdin, line 2"}
    escaped = r'{"type":"Feature","properties":{"A":"\ud83c","B":"\ud83c\udf75"},"geometry":null}'
    assert rows(piped(monkeypatch, escaped)[0]) == [{"A": "\ufffd", "B": "🍵"}]


@pytest.mark.parametrize("suffix", [".geojsonl", ".geojsons", ".geojsonseq"])
def test_files(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"村{suffix}"
    path.write_text("\n".join([feature(119, A=1, B="x"), "{", feature(120, A=2.5)]), encoding="utf-8")
    (layer,) = list_layers(path)
    assert (layer.name, layer.geometry, layer.features, layer.driver) == ("村", "point", 2, "GeoJSONSeq")
    assert layer.fields == {"A": "double", "B": "string"}
    tally = Tally()
    (batch,) = read_batches(path, ReadOptions(areas=((119.5, 27, 121, 29),)), tally)
    assert batch.attributes.to_pylist() == [{"A": 2.5, "B": None}]
    assert tally.samples == {"bad-line": f"村{suffix}, line 2"}
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.write(path, f"d/村{suffix}")
    assert [each.name for each in list_layers(tmp_path / "z.zip")] == ["村"]


positions = st.tuples(st.floats(-180, 180), st.floats(-90, 90)) | st.tuples(
    st.floats(-180, 180), st.floats(-90, 90), st.floats(0, 9000)
)
lines = st.lists(positions, min_size=2, max_size=5)
polygons = st.lists(lines.map(lambda ring: [*ring, ring[0], ring[0]]), min_size=1, max_size=3)
simple = st.one_of(
    st.builds(lambda c: {"type": "Point", "coordinates": c}, positions),
    st.builds(lambda c: {"type": "LineString", "coordinates": c}, lines),
    st.builds(lambda c: {"type": "Polygon", "coordinates": c}, polygons),
    st.builds(lambda c: {"type": "MultiPoint", "coordinates": c}, st.lists(positions)),
    st.builds(lambda c: {"type": "MultiLineString", "coordinates": c}, st.lists(lines)),
    st.builds(lambda c: {"type": "MultiPolygon", "coordinates": c}, st.lists(polygons, max_size=2)),
)
collections = st.builds(lambda c: {"type": "GeometryCollection", "geometries": c}, st.lists(simple, max_size=3))


@given(simple | collections)
def test_geometries_as_shapely_reads_them(geometry: dict[str, Any]) -> None:
    text = json.dumps(geometry)
    expected = shapely.from_geojson(text)
    found = shapely.from_wkb(geojson_wkb(json.loads(text)))
    assert shapely.equals_exact(shapely.force_2d(found), shapely.force_2d(expected), 0)


def test_a_point_byte_for_byte() -> None:
    assert geojson_wkb({"type": "Point", "coordinates": [1, 2]}) == struct.pack("<BIdd", 1, 1, 1, 2)
    assert geojson_wkb({"type": "Point", "coordinates": [1, 2, 3, 4]}) == struct.pack("<BIddd", 1, 1001, 1, 2, 3)
    mixed = geojson_wkb({"type": "LineString", "coordinates": [[1, 2, 3], [4, 5]]})
    assert mixed == struct.pack("<BII6d", 1, 1002, 2, 1, 2, 3, 4, 5, 0)


@pytest.mark.parametrize(
    "geometry",
    [7, "x", [], {}, {"type": "Point"}, {"type": "Point", "coordinates": [1]}, {"type": "Point", "coordinates": "ab"},
     {"type": "LineString", "coordinates": [[1, 2, 3], [4]]}, {"type": "Polygon", "coordinates": [[1, 2]]},
     {"type": "GeometryCollection", "geometries": [None]}, {"type": "Point", "coordinates": [None, 1]},
     {"type": "Point", "coordinates": [10**400, 1]}],
)  # fmt: skip
def test_no_geometry(geometry: object) -> None:
    with pytest.raises(ValueError):
        geojson_wkb(geometry)


def test_columns() -> None:
    assert str(column([None, None]).type) == "null"
    assert column([1, None, 2**63 - 1]).to_pylist() == [1, None, 2**63 - 1]
    assert column([1, 2**64]).to_pylist() == [1.0, 2.0**64]
    assert column([1, 10**400]).to_pylist() == [1.0, float("inf")]
    assert column([1, True]).to_pylist() == ["1", "true"]
    assert column([{"a": [1]}, "x", 1.5]).to_pylist() == ['{"a":[1]}', "x", "1.5"]
