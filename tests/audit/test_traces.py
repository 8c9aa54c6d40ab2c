"""What tells of a machine, and what only looks like it."""

from __future__ import annotations

import pytest

from pipeline.audit.traces import Machine, traces_in, traces_in_bytes


@pytest.mark.parametrize(
    "text",
    [
        "/" + "home/planner/town",
        "see /Users/wang/maps.gpkg for more",
        "/" + "root/x",
        "'/tmp/build-7/a.json'",
        "C:\\Users\\wang\\a.shp",
        "D:/数据/a.shp",
        "\\\\nas01\\share",
        "file:///srv/x",
        "http://localhost:8080/tiles",
        "https://10.1.2.3/wms",
        "http://gis.internal/wms",
        "postgresql://reader@db/town",
        "inbox/planning/LRDL.shp",
        "departments/water.toml",
        "framework.toml",
    ],
)
def test_traces(text: str) -> None:
    assert list(traces_in(text, None))


@pytest.mark.parametrize(
    "text",
    [
        "https://example.cn/home/index.html",
        "../home/index.html",
        "a/tmp/b",
        "12:30 o'clock",
        "https://10minutes.cn",
        "http://example.org/localhost",
        "1:10 000",
        "\\u9f99\\u6cc9",
        "the store/shop",  # no file
        "data/roads.html",
        "pmtiles://../tiles/a.pmtiles",
    ],
)
def test_no_traces(text: str) -> None:
    assert list(traces_in(text, None)) == []


def test_hosts_and_files_may_be_left_out() -> None:
    assert list(traces_in("http://192.168.0.1/x inbox/a/b.shp", None, hosts=False, files=False)) == []


def test_names_of_the_machine_are_whole_words() -> None:
    machine = Machine(("zhangsan", "root", "ab", "Admin"), ("/",)).pattern()
    assert list(traces_in("by zhangsan.", machine))
    assert not list(traces_in("zhangsan2 root ab admin Admin", machine))
    assert Machine(("root",), ("/",)).pattern() is None
    assert list(traces_in_bytes(b"\0zhangsan\0", machine))


def test_folders_of_the_machine_are_whole_names() -> None:
    machine = Machine((), ("/" + "root", "/gis/town")).pattern()
    assert list(traces_in('"/gis/town"', machine)) and list(traces_in("in /" + "root/", machine))
    assert not list(traces_in("resources/styles/root.json, /gis/townhall, a/gis/town", machine, files=False))


def test_bytes_that_are_no_text_must_say_more() -> None:
    assert list(traces_in_bytes(b"\x01/Users/planner/maps/a.shp\0", None))
    assert list(traces_in_bytes(b"\x01C:\\Users\\wang\0", None))
    assert not list(traces_in_bytes(b"\x01/tmp/\0 a:\\b", None))
