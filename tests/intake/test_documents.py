"""Drafts of documents say what the workspace and the rules say, all of it, and nothing of their own."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.framework import Framework, load_workspace, read_map_rules
from pipeline.framework.template import template_files
from pipeline.intake.checks.registry import RULES
from pipeline.intake.documents import document_names, workspace_documents

DEPARTMENT = """
name = { zh = "水利<局>", en = "Water & Rivers" }
calendar = "monthly"
contact = { person = "李四", phone = "0578-1234567" }

[[dataset]]
id = "weirs"
title = { zh = "堰坝", en = "Weirs" }
theme = "places"
source = "inbox/places.geojson"
currency = 2026-09-01
cycle = "half-yearly"
licence = "内部数据"
share = "conditional"
audiences = ["government"]
scale = 10000
key = "CODE"
"""
SCHEMA = """
[[field]]
name = "CODE"
source = "代码"
type = "string"
title = { zh = "编码", en = "Code" }
required = true

[[field]]
name = "STATE"
type = "integer"
title = { zh = "状况", en = "State" }
audiences = ["government"]
domain = { 1 = { zh = "完好", en = "sound" }, 2 = { zh = "损毁", en = "broken" } }
"""


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """The example workspace with one more department."""
    for name, data in template_files():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    (tmp_path / "departments/water.toml").write_text(DEPARTMENT, "utf-8")
    (tmp_path / "schemas/weirs.toml").write_text(SCHEMA, "utf-8")
    return tmp_path


def drafted(framework: Framework, lang: str = "zh") -> dict[str, str]:
    """The text of each document, without tags, blanks as one."""
    return {
        name: " ".join(html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", data.decode(), flags=re.S)).split())
        for name, data in workspace_documents(framework, lang)  # type: ignore[arg-type]
    }


def test_the_specification_says_what_schemas_and_checks_say(city: Path) -> None:
    framework = load_workspace(city)
    text = drafted(framework)["提交规范.html"]
    for word in ("水利<局>", "李四", "0578-1234567", "每月", "2026-09", "堰坝", "每半年", "1:10,000", "CODE", "代码",
                 "编码", "1 完好", "2 损毁", "每期结束后 10 日内", "满分 100", "A 致命", "42", "12/t"):  # fmt: skip
        assert word in text, word
    for _owner, dataset in framework.datasets:
        assert dataset.id in text
        for field in framework.schema_of(dataset).entries:
            assert field.name in text
    for rule in RULES:
        assert f"{rule.id} {rule.title().said('zh')} {rule.severity}" in text


def test_the_catalogue_says_who_gets_what(city: Path) -> None:
    text = drafted(load_workspace(city))["共享目录.html"]
    assert "堰坝 weirs 水利<局> 每半年 有条件共享 政务版 内部数据" in text
    assert "堰坝 状况 STATE 政务版" in text


def test_the_regulations_give_the_source_of_every_number(city: Path) -> None:
    text = drafted(load_workspace(city))["管理制度.html"]
    for rule in read_map_rules().numbers.values():
        assert f"{rule.title.zh} {rule.strictest.value:,g}" in text
        for candidate in rule.candidates:
            assert f"{candidate.value:,g}：{candidate.source} ({candidate.date}" in text
    for forbidden in read_map_rules().forbidden:
        assert forbidden.title.zh in text
    assert "待人确认" in text


def test_a_changed_rule_changes_the_text(city: Path) -> None:
    path = city / "framework.toml"
    text = path.read_text("utf-8")
    for table, key in (("[intake]\n", "grace_days = 17\n"), ("[checks]\n", "edge_m = 3.25\n")):
        assert table in text
        text = text.replace(table, table + key)
    confirmed = '[rules.confirmed.plane-accuracy]\nvalue = 10.0\nby = "王五"\ndate = 2026-10-01\ndocument = "某规范"\n'
    path.write_text(f"{text}\n{confirmed}", "utf-8")
    texts = drafted(load_workspace(city))
    assert "每期结束后 17 日内" in texts["提交规范.html"]
    assert "edge_m = 3.25" in texts["提交规范.html"]
    assert "平面位置精度不优于 10 m 公开 某规范 (2026-10-01) 确认人：王五" in texts["管理制度.html"]


def test_in_english_no_chinese_but_names_and_sources(city: Path) -> None:
    texts = drafted(load_workspace(city), "en")
    assert tuple(texts) == document_names("en")
    assert "Water & Rivers" in texts["submission-specification.html"]
    assert "Weirs weirs Water & Rivers half-yearly conditional Government edition" in texts["sharing-catalogue.html"]
    assert "within 10 days after a period" in texts["regulations.html"]


def test_the_same_bytes_and_nothing_from_elsewhere(city: Path) -> None:
    first, second = (list(workspace_documents(load_workspace(city))) for _turn in range(2))
    assert first == second
    for _name, data in first:
        assert b"<script" not in data
        assert not re.search(rb"""(src|href|url\()\s*=?\s*["']?(https?:)?//""", data)
        assert "水利<局>".encode() not in data


def test_the_verb_writes_them_and_says_where(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["documents", "-w", str(city), "--lang", "zh"]) == 0
    written = capsys.readouterr().out.splitlines()
    assert written == [str(city / "documents" / name) for name in document_names("zh")]
    assert all(Path(path).read_bytes().startswith(b"<!doctype html>") for path in written)
    (city / "taken").write_text("x")
    assert main(["documents", "-w", str(city), "-o", str(city / "taken"), "--lang", "en"]) == 1
    assert "cannot write the documents" in capsys.readouterr().err
