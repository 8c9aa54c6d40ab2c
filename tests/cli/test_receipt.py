"""`longquan receipt`: codes that offices read over the telephone, typed as people type them."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.cli.receipt import add
from pipeline.intake.ledger import entries
from tests.towns import write_town

CITY = "331181"
IDS = tuple(hashlib.sha256(text.encode()).hexdigest() for text in ("first", "second", "third"))
DAY = date(2026, 12, 3)


class Today(datetime):
    """The bureau's clock."""

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        return datetime(2026, 12, 5, 1, 30, tzinfo=UTC)


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three releases were completed here, one after the other."""
    write_town(tmp_path)
    for number, release in enumerate(IDS, 1):
        folder = tmp_path / "releases/public" / release[:12]
        (folder / "metadata").mkdir(parents=True)
        manifest = {
            "version": 1,
            "release": release,
            "city": CITY,
            "edition": "public",
            "as_of": f"2026-0{number}-15",
            "files": [],
        }
        (folder / "release.json").write_text(json.dumps(manifest), "utf-8")
        (folder / f"metadata/{number}.targets.json").write_text("{}")
    monkeypatch.setattr(add, "datetime", Today)
    return tmp_path


def code(release: str, day: date = DAY, city: str = CITY, edition: str = "public") -> str:
    """A receipt code, worked out from its description: 15 digits of the release, 5 of the day, 2, and 2 to check."""
    told = "\n".join((city, edition, release[:12], day.isoformat()))
    mark = int(hashlib.sha256(told.encode()).hexdigest()[:16], 16) % 100
    text = f"{int(release[:12], 16):015d}{(day - date(2000, 1, 1)).days:05d}{mark:02d}"
    return text + next(f"{check:02d}" for check in range(100) if int(f"{text}{check:02d}") % 97 == 1 and check > 1)


def run(capsys: pytest.CaptureFixture[str], town: Path, *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    exit_code = main(["--lang", "en", "receipt", *words, "-w", str(town)])
    said = capsys.readouterr()
    return exit_code, said.out, said.err


def recorded(town: Path) -> list[dict[str, object]]:
    return [dict(entry.facts) for entry in entries(town) if entry.kind == "receipt"]


def test_a_code_is_recorded_once(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = code(IDS[2])
    groups = [text[at : at + 4] for at in range(0, 24, 4)]
    told = f"龙渊街道 runs public {IDS[2][:12]} (2026-03-15) since 2026-12-03\n"
    assert run(capsys, town, "add", *groups, "--office", "龙渊街道") == (0, told, "")
    fact = {"office": "龙渊街道", "edition": "public", "release": IDS[2][:12], "date": "2026-12-03"}
    assert recorded(town) == [fact]
    again = f"龙渊街道: public {IDS[2][:12]} (2026-03-15) since 2026-12-03 was recorded before\n"
    assert run(capsys, town, "add", text, "--office", " 龙渊街道 ") == (0, again, "")
    assert recorded(town) == [fact]
    assert main(["ledger", "verify", "-w", str(town)]) == 0


def test_digits_are_taken_however_they_are_written(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    groups = re.findall("....", code(IDS[2]))
    wide = "".join(groups).translate({ord("0") + n: ord("０") + n for n in range(10)})
    for number, written in enumerate(("-".join(groups), "，".join(groups), wide)):
        assert run(capsys, town, "add", written, "--office", f"office {number}")[0] == 0
    assert len(recorded(town)) == 3


def test_it_says_how_far_an_office_is_behind(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _code, out, _err = run(capsys, town, "add", code(IDS[0]), "--office", "八都镇")
    assert out.endswith("There are newer releases: 2\n")
    exit_code, out, _err = run(capsys, town, "add", code(IDS[1]), "--office", "八都镇", "--json")
    assert exit_code == 0
    assert json.loads(out) == {
        "new": True, "office": "八都镇", "edition": "public", "release": IDS[1][:12], "as_of": "2026-02-15",
        "day": "2026-12-03", "behind": 1,
    }  # fmt: skip


def test_what_was_misheard_is_found(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = code(IDS[2])
    wrong = [text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1 :] for at in range(24)]
    wrong += [
        text[:at] + text[at + 1] + text[at] + text[at + 2 :] for at in range(23) if text[at] != text[at + 1]
    ]  # fmt: skip
    for each in wrong:
        exit_code, _out, err = run(capsys, town, "add", each, "--office", "a")
        assert exit_code == 2 and "misheard" in err, each
    for each in (text[:-1], text + "0", text[:-1] + "x"):
        exit_code, _out, err = run(capsys, town, "add", each, "--office", "a")
        assert exit_code == 2 and "has not 24 digits" in err
    assert recorded(town) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (code("0" * 64), "No release of this workspace"),
        (code(IDS[2], city="330100"), "No release of this workspace"),
        (code(IDS[2], edition="government"), "No release of this workspace"),
        (code(IDS[2], day=date(2026, 12, 6)), "2026-12-06, which is still to come"),
    ],
    ids=["release", "city", "edition", "day"],
)
def test_codes_of_something_else_are_refused(
    town: Path, capsys: pytest.CaptureFixture[str], given: str, said: str
) -> None:
    exit_code, _out, err = run(capsys, town, "add", given, "--office", "a")
    assert exit_code == 1 and said in err and recorded(town) == []


def test_the_list_has_the_last_word_of_each_office(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, town, "list") == (0, "no receipt\n", "")
    for release, day, office in ((0, 1, "乙"), (2, 3, "乙"), (1, 2, "甲"), (0, 4, "丙")):
        given = code(IDS[release], date(2026, 12, day))
        assert run(capsys, town, "add", given, "--office", office)[0] == 0
    shutil.rmtree(town / "releases/public" / IDS[0][:12])  # kept no longer
    _code, out, _err = run(capsys, town, "list")
    rows = [re.split(r" {2,}", line.strip()) for line in out.splitlines()]
    assert rows == [
        ["office", "edition", "release", "as of", "in use since", "newer releases"],
        ["丙", "public", IDS[0][:12], "–", "2026-12-04", "–"],
        ["乙", "public", IDS[2][:12], "2026-03-15", "2026-12-03", "0"],
        ["甲", "public", IDS[1][:12], "2026-02-15", "2026-12-02", "1"],
    ]
    _code, out, _err = run(capsys, town, "list", "--json")
    assert [(each["office"], each["behind"]) for each in json.loads(out)] == [("丙", None), ("乙", 0), ("甲", 1)]
