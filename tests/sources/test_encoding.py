"""Texts of Shapefiles: declared, marked, found in the bytes; cut characters; refusals that name field and row."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from pipeline.errors import InputError, UsageError
from pipeline.sources import ReadOptions, list_layers, read_batches, recode
from pipeline.sources.encoding import decoded, detect, named, possible
from pipeline.types import Tally
from tests.sources.made import edit, write

TOWNS = [
    "龙泉市剑池街道",
    "青瓷小镇披云青瓷文化园",
    "八都镇",
    "安仁镇永和桥",
    "屏南镇",
    "查田镇",
    "小梅镇金村",
    "兰巨乡",
    "宝溪乡",
]
TRADITIONAL = [
    "龍泉市劍池街道",
    "青瓷小鎮披雲青瓷文化園",
    "八都鎮",
    "安仁鎮永和橋",
    "屏南鎮",
    "查田鎮",
    "小梅鎮金村",
    "蘭巨鄉",
    "寶溪鄉",
]
WESTERN = ["Königstraße", "Rue de l'Évêché", "Plaza de España", "Malmö", "Besançon"]


def shapefile(tmp_path: Path, texts: list[str], encoding: str, *, field: str = "名称", cpg: str | None = None) -> Path:
    """A Shapefile whose .dbf is written by hand, so that every byte is known; language driver 0."""
    path = write(
        tmp_path / "s.shp", [shapely.Point(119, 28)] * len(texts), {"A": ["x"] * len(texts)}, geometry_type="Point"
    )
    rows = [t.encode(encoding) for t in texts]
    width = max(map(len, rows))
    descriptor = field.encode(encoding)[:10].ljust(11, b"\0") + b"C" + bytes(4) + bytes([width]) + bytes(15)
    head = bytes([3, 126, 11, 22]) + len(rows).to_bytes(4, "little") + (65).to_bytes(2, "little")
    head += (width + 1).to_bytes(2, "little") + bytes(20)
    path.with_suffix(".dbf").write_bytes(
        head + descriptor + b"\r" + b"".join(b" " + r.ljust(width) for r in rows) + b"\x1a"
    )
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg, encoding="ascii")
    return path


def mark(path: Path, driver: int) -> None:
    dbf = path.with_suffix(".dbf")
    data = bytearray(dbf.read_bytes())
    data[29] = driver
    dbf.write_bytes(data)


def texts(path: Path, **options: object) -> tuple[str, list[str], Tally]:
    tally = Tally()
    (batch,) = read_batches(path, ReadOptions(**options), tally)  # type: ignore[arg-type]
    (name,) = batch.attributes.column_names
    return name, batch.attributes[name].to_pylist(), tally


@pytest.mark.parametrize(
    ("encoding", "values", "field"),
    [
        ("gbk", TOWNS, "名称"),
        ("gb18030", [*TOWNS, "𠮷野"], "名称"),  # a four-byte character
        ("utf-8", TOWNS, "名称"),
        ("big5", TRADITIONAL, "名稱"),
        ("cp1252", WESTERN, "NAME"),
        ("ascii", ["Longquan", "Lishui"], "NAME"),
    ],
)
def test_found_in_the_bytes(tmp_path: Path, encoding: str, values: list[str], field: str) -> None:
    path = shapefile(tmp_path, values, encoding, field=field)
    assert texts(path)[:2] == (field, values)
    assert list(list_layers(path)[0].fields) == [field]


@pytest.mark.parametrize("cpg", ["GBK", "936", "ANSI 936", "GB2312", "GB18030\n", "cp936"])
def test_declared(tmp_path: Path, cpg: str) -> None:
    assert texts(shapefile(tmp_path, ["é龙"], "gb18030", cpg=cpg))[1] == ["é龙"]


def test_marked_in_the_header(tmp_path: Path) -> None:
    """Two characters are too few to be sure of; the language driver 0x4D says GBK, 0x78 Big5."""
    path = shapefile(tmp_path, ["丶"], "gbk", field="N")
    mark(path, 0x4D)
    assert texts(path)[1] == ["丶"]
    path = shapefile(tmp_path, ["龍"], "big5", field="N")
    mark(path, 0x78)
    assert texts(path)[1] == ["龍"]


def test_given_overrides_declared(tmp_path: Path) -> None:
    path = shapefile(tmp_path, TOWNS, "gbk", cpg="UTF-8")
    assert texts(path, encoding="GBK")[1] == TOWNS
    with pytest.raises(InputError) as caught:
        texts(path)
    error = caught.value
    assert "Unreadable encoding" in error.message and "UTF-8" in error.message
    assert "s.shp, feature 1" in str(error.where) and "GB18030" in str(error.hint)


def test_broken_bytes_name_field_and_row(tmp_path: Path) -> None:
    path = shapefile(tmp_path, TOWNS, "gbk", cpg="GBK")
    dbf = path.with_suffix(".dbf")
    data = dbf.read_bytes()
    dbf.write_bytes(data.replace("安仁".encode("gbk"), b"\xff\xff\xff\xff"))
    with pytest.raises(InputError) as caught:
        texts(path)
    assert caught.value.where == "s.shp, feature 4, field 名称"
    assert "ff ff" in caught.value.message and caught.value.expected and caught.value.hint


def test_a_character_cut_by_the_width_is_dropped_and_counted(tmp_path: Path) -> None:
    for encoding, lost in (("gbk", 1), ("utf-8", 2)):
        path = shapefile(tmp_path, ["龙泉市", "青瓷小镇"], encoding)
        dbf = path.with_suffix(".dbf")
        data = dbf.read_bytes()
        cut = "青瓷小镇".encode(encoding)
        dbf.write_bytes(data.replace(cut, cut[:-lost] + b" " * lost))
        _, values, tally = texts(path)
        assert values == ["龙泉市", "青瓷小"]
        assert tally.counts == {"text-cut": 1}
        assert tally.samples == {"text-cut": "s.shp, feature 2, field 名称"}


def test_whole_columns_are_decoded_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object) -> None:
        raise AssertionError("sound texts were decoded one by one")

    monkeypatch.setattr(recode, "_one_by_one", slow)
    values = [*TOWNS, TOWNS[0], "Longquan"]
    assert texts(shapefile(tmp_path, values, "gbk"))[1] == values


def test_a_cut_field_name(tmp_path: Path) -> None:
    """Ten bytes hold three and a third Chinese characters in UTF-8."""
    path = shapefile(tmp_path, TOWNS, "utf-8", field="道路名称")
    assert texts(path)[0] == "道路名"
    assert list(list_layers(path)[0].fields) == ["道路名"]


def test_too_strange_to_guess(tmp_path: Path) -> None:
    path = shapefile(tmp_path, ["\x81\x8d\x8f\x90\x9d"] * 3, "latin-1", field="N")
    with pytest.raises(InputError) as caught:
        texts(path)
    assert "encoding = " in str(caught.value.hint)
    assert "--encoding GBK" in str(caught.value.hint)


@pytest.mark.parametrize("name", ["klingon", "base64", "rot13", "undefined", "", "u\0tf8", "big55"])
def test_unknown_encodings(tmp_path: Path, name: str) -> None:
    """Asked for, it is a wrong command (exit 2); declared by a file, a wrong file (exit 1)."""
    path = shapefile(tmp_path, TOWNS, "gbk")
    with pytest.raises(UsageError) as asked_for:
        texts(path, encoding=name)
    assert asked_for.value.exit_code == 2
    if name:
        path.with_suffix(".cpg").write_text(name)
        with pytest.raises(InputError) as declared:
            texts(path)
        assert declared.value.exit_code == 1 and ".cpg" in str(declared.value.where)
        assert declared.value.message == asked_for.value.message
    assert f'"{name}" is no encoding' in asked_for.value.message
    assert asked_for.value.expected and asked_for.value.hint
    assert ('"Big5"' in str(asked_for.value.hint)) == (name == "big55")
    table = tmp_path / "t.csv"
    table.write_text("a,x,y\n1,119,28\n")
    with pytest.raises(UsageError):
        texts(table, encoding=name)


def test_detect() -> None:
    assert detect([]) == detect([b"abc"]) == "utf-8"
    assert detect(t.encode() for t in TOWNS) == "utf-8"
    assert detect(t.encode("gbk") for t in TOWNS) == "gb18030"
    assert detect(t.encode("big5") for t in TRADITIONAL) == "cp950"
    assert detect(t.encode("cp1252") for t in WESTERN) == "cp1252"
    assert detect([bytes(range(128, 256))]) is None


TAIWAN = [
    "臺北市中正區忠孝東路一段",
    "高雄市前金區中正四路",
    "花蓮縣秀林鄉太魯閣",
    "新竹縣竹北市光明六路",
    "國立故宮博物院",
]
HONGKONG = ["九龍尖沙咀彌敦道", "香港中環皇后大道中", "新界沙田源禾路", "大嶼山東涌", "油麻地廟街"]
PROSE = [
    "本署謹訂於下星期三上午十時，在灣仔會議中心舉行簡介會，歡迎各界人士出席。",
    "這條河流發源於中央山脈，向西流經五個鄉鎮，最後注入臺灣海峽。",
]


@pytest.mark.parametrize("values", [TRADITIONAL, TAIWAN, HONGKONG, PROSE, [PROSE[1]]])
def test_traditional_chinese(tmp_path: Path, values: list[str]) -> None:
    """The same texts in every encoding that can hold them, without a word of which it is."""
    for encoding, found in (("big5", "cp950"), ("utf-8", "utf-8"), ("gb18030", "gb18030")):
        assert possible(v.encode(encoding) for v in values) == (found,), encoding
        if all(len(v.encode(encoding)) < 255 for v in values):
            assert texts(shapefile(tmp_path, values, encoding, field="N"))[1] == values


@pytest.mark.parametrize(
    "value", ["臺北市", "新竹", "九龍", "香港", "中山路", "花蓮縣", "國民小學", "墾丁", "學校", "龍泉", "劍池"]
)
def test_short_traditional_texts(value: str) -> None:
    assert possible([value.encode("big5")]) == ("cp950",)


@pytest.mark.parametrize(
    "value", ["龙泉", "青瓷", "剑池", "丽水", "八都镇", "中山路", "小学", "人民医院", "塔石", "西街", "兰巨乡"]
)
def test_short_simplified_texts(value: str) -> None:
    """小学 in GBK happens to be two Cyrillic letters in UTF-8."""
    assert possible([value.encode("gbk")]) == ("gb18030",)


@pytest.mark.parametrize("value", ["Москва", "Αθήνα", "Königstraße", "é", "Łódź", "naïve café", "Ωμέγα"])
def test_two_bytes_of_utf8_are_no_chinese(value: str) -> None:
    assert possible([value.encode()]) == ("utf-8",)


def test_ambiguous(tmp_path: Path) -> None:
    """A6AA C4AF: 高雄 in Big5, and characters of everyday use in GB 2312 as well; nothing else in the file to tell."""
    raw = "高雄".encode("big5")
    assert possible([raw]) == ("gb18030", "cp950") and detect([raw]) is None
    path = shapefile(tmp_path, ["高雄"], "big5", field="N")
    with pytest.raises(InputError) as caught:
        texts(path)
    assert "GB18030, Big5 would fit" in str(caught.value.hint) and "--encoding GB18030" in str(caught.value.hint)
    assert texts(path, encoding="Big5")[1] == ["高雄"]
    more = shapefile(tmp_path, ["高雄", *TAIWAN], "big5", field="N")  # one more text settles it
    assert texts(more)[1] == ["高雄", *TAIWAN]


def test_a_table_of_few_words(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("N,x,y\n小学,119,28\n".encode("gbk"))
    (batch,) = read_batches(path, ReadOptions(), Tally())
    assert batch.attributes["N"].to_pylist() == ["小学"]
    path.write_text("N,x,y\nMoscow Москва,119,28\n", encoding="utf-8")
    (batch,) = read_batches(path, ReadOptions(), Tally())
    assert batch.attributes["N"].to_pylist() == ["Moscow Москва"]


def test_decoded() -> None:
    assert decoded("龙泉".encode("gbk"), "gb18030") == ("龙泉", False)
    assert decoded("龙泉".encode("gbk")[:3], "gb18030") == ("龙", True)
    assert decoded("龙泉".encode()[:5], "utf-8") == ("龙", True)
    assert decoded(b"\xff\xff", "gb18030") is None
    assert decoded(b"a\xffb", "utf-8") is None


def test_named() -> None:
    assert [named(n, "x") for n in ("GBK", "utf8", "ANSI 1252", "Big5", "65001\0")] == [
        "gb18030", "utf-8", "cp1252", "cp950", "utf-8",
    ]  # fmt: skip


def test_other_formats_must_be_utf8(tmp_path: Path) -> None:
    """A GeoPackage into which someone wrote GBK."""
    path = write(tmp_path / "g.gpkg", [shapely.Point(119, 28)] * 2, {"NAME": ["龙泉", "x"]}, geometry_type="Point")
    edit(path, "UPDATE g SET NAME = CAST(? AS TEXT) WHERE fid = 2", "青瓷".encode("gbk"))
    with pytest.raises(InputError) as caught:
        texts(path)
    assert caught.value.where == "g.gpkg, feature 2, field NAME"
