"""`longquan status` as people call it, on a ledger written by the ledger's own hand."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.cli._format import columns
from pipeline.intake.ledger import append
from tests.intake.standing_towns import Line, accepted, dataset, department, nil, refused, write_town


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """Six datasets in every state on 22 November 2026."""
    write_town(
        tmp_path,
        {
            "education": department("yearly", dataset("schools", cycle="yearly", currency="2025-09-01"), name="教育局"),
            "transport": department(
                "quarterly",
                dataset("roads"),
                dataset("bus-lines", cycle="monthly"),
                dataset("bus-stops"),
                dataset("parking", cycle="irregular"),
                dataset("rail", source="inbox/rail.gpkg", currency="2026-09-30"),
                name="交通运输局",
            ),
        },
        "since = 2026-01-01",
    )
    lines: list[Line] = [
        accepted("roads", "2026-Q3", "2026-10-20", "2026-09-15", score=92.5),
        nil("bus-lines", "2026-Q3", "2026-10-02"),
        refused("bus-stops", "2026-Q3", "2026-10-05", "swapped axes"),
    ]
    for line in lines:
        append(tmp_path, line.kind, line.facts, datetime.fromisoformat(line.at))
    return tmp_path


def test_a_table_by_department(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "-w", str(town), "--as-of", "2026-11-22", "--lang", "en"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:5] == [
        "As of 2026-11-22; on time is up to 10 days after a period has ended.",
        "",
        "A bureau · education · yearly · not due yet 1",
        "  light  dataset  period  state        due on      content of",
        "  —      schools  2026    not due yet  2027-01-10  2025-09-01",
    ]
    cells = [re.split(r" {2,}", line.strip()) for line in lines[6:]]
    over, missed = "43 days over", "2 earlier periods missed"
    assert cells == [
        ["A bureau · transport · quarterly · overdue 1, sent back 1, handed in 1, nil return 1, read in place 1"],
        ["light", "dataset", "period", "state", "due on", "done on", "version", "content of", "score", "remarks"],
        ["fresh", "roads", "2026-Q3", "handed in", "2026-10-10", "2026-10-20", "2026-Q3.1", "2026-09-15", "92.5",
         f"late; {missed}"],
        ["—", "bus-lines", "2026-Q3", "nil return", "2026-10-10", "2026-10-02", "2025-12-31",
         f"{missed}; unchanged up to 2026-09-30"],
        ["—", "bus-stops", "2026-Q3", "sent back", "2026-10-10", "2026-10-05", "2025-12-31",
         f"{over}; swapped axes; {missed}"],
        ["—", "parking", "2026-Q3", "overdue", "2026-10-10", "2025-12-31", f"{over}; {missed}"],
        ["fresh", "rail", "read in place", "2026-09-30"],
        [""],
        ["All: overdue 1, sent back 1, handed in 1, nil return 1, not due yet 1, read in place 1"],
    ]  # fmt: skip
    dates = {columns(line.partition("2026-10-10")[0]) for line in lines if "2026-10-10" in line}
    assert len(dates) == 1  # they stand below one another


def test_the_same_in_chinese_lines_up(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "-w", str(town), "--as-of", "2026-11-22", "--lang", "zh"]) == 0
    out = capsys.readouterr().out
    assert "截至 2026-11-22；期末后 10 日内提交为按时。" in out
    assert "交通运输局 · transport · 每季 · 逾期未交 1, 已退回 1, 已提交 1, 零报告 1, 直接读取 1" in out
    assert "逾期 43 日; 此前缺交 2 期" in out


def test_for_machines(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "-w", str(town), "--as-of", "2026-10-08", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["as_of"], told["grace_days"]) == ("2026-10-08", 10)
    assert told["states"] == {"refused": 1, "due": 2, "nil": 1, "upcoming": 1, "direct": 1}
    assert told["lights"] == {"green": 1, "none": 5}
    education, transport = told["departments"]
    assert education["states"] == {"upcoming": 1}
    assert (transport["id"], transport["calendar"]) == ("transport", "quarterly")
    by_id = {each["id"]: each for each in transport["datasets"]}
    assert by_id["bus-lines"] == {
        "id": "bus-lines", "title": {"zh": "数据 bus-lines", "en": "Data bus-lines"}, "state": "nil",
        "period": "2026-Q3", "due": "2026-10-10", "days": 2, "on": "2026-10-02", "late": False, "reason": None,
        "missed": ["2026-Q1", "2026-Q2"], "version": None, "accepted": None, "score": None,
        "currency": "2025-12-31", "confirmed": "2026-09-30", "cycle": "monthly", "light": "none",
        "fresh_until": None, "stale_after": None,
    }  # fmt: skip
    assert by_id["bus-stops"]["reason"] == "swapped axes" and by_id["roads"]["state"] == "due"


def test_a_bad_date_is_wrong_usage(town: Path) -> None:
    assert main(["status", "-w", str(town), "--as-of", "the day before", "--lang", "en"]) == 2


def test_no_workspace(tmp_path: Path) -> None:
    assert main(["status", "-w", str(tmp_path), "--lang", "en"]) == 1
