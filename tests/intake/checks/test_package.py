"""Packages: what is wrong with them as such is a fault like any other, and what is classified is not opened."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from pipeline.intake.checks import Report, Subject
from pipeline.intake.checks.of_package import RULE, check_package, is_package
from pipeline.progress import Silent
from tests.intake.checks.made import DAY, grid, write

ABOUT = """
dataset = "things"
department = "transport"
period = "2026-Q3"
currency = 2026-09-30
classification = "public"
share = "unconditional"
licence = "open"
contact = {{ person = "张三", phone = "1" }}
{more}
"""


def _package(folder: Path, more: str = 'data = ["things.gpkg"]', about: str = ABOUT) -> Path:
    package = folder / "package"
    package.mkdir()
    write(package / "things.gpkg", grid())
    (package / "package.toml").write_text(about.format(more=more), "utf-8")
    _seal(package)
    return package


def _seal(package: Path) -> None:
    sums = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(package.iterdir())
        if path.name != "SHA256SUMS"
    ]
    (package / "SHA256SUMS").write_text("".join(sums), "utf-8")


def _check(path: Path) -> Report:
    return check_package(path, None, Subject(as_of=DAY), Silent())


def _fault(report: Report) -> str:
    return next(finding.message for finding in report.findings if finding.rule == RULE)


def test_a_sound_package_passes_with_what_it_says_of_itself(tmp_path: Path) -> None:
    report = _check(_package(tmp_path))
    assert report.rules[0].rule == RULE and report.rules[0].state == "passed"
    assert (report.features, report.period, str(report.currency)) == (20, "2026-Q3", "2026-09-30")
    states = {rule.rule: rule.state for rule in report.rules}
    assert (states["licence-missing"], states["contact-missing"], states["lineage-missing"]) == (
        "passed", "passed", "failed",
    )  # fmt: skip


def test_a_zip_is_checked_like_its_folder(tmp_path: Path) -> None:
    package = _package(tmp_path)
    with zipfile.ZipFile(tmp_path / "package.zip", "w") as archive:
        for path in sorted(package.iterdir()):
            archive.write(path, path.name)
    report, twin = _check(tmp_path / "package.zip"), _check(package)
    assert (report.score, report.counts, report.features) == (twin.score, twin.counts, twin.features)


def test_a_file_that_was_changed_afterwards_is_a_fault(tmp_path: Path) -> None:
    package = _package(tmp_path)
    (package / "SHA256SUMS").write_text((package / "SHA256SUMS").read_text().replace("  things", "  other"))
    report = _check(package)
    assert report.rules[0].state == "failed" and not report.passed
    assert "things.gpkg" in _fault(report)


def test_what_is_classified_is_not_opened(tmp_path: Path) -> None:
    package = _package(tmp_path, about=ABOUT.replace('"public"', '"秘密"', 1))
    (package / "things.gpkg").chmod(0)
    report = _check(package)
    assert not report.passed and report.features == 0
    assert {rule.state for rule in report.rules[1:]} == {"skipped"}


def test_a_package_that_does_not_say_how_it_is_classified_is_not_opened(tmp_path: Path) -> None:
    report = _check(_package(tmp_path, about=ABOUT.replace("classification", "secrecy", 1)))
    assert not report.passed and report.features == 0


def test_a_nil_return_has_nothing_to_check(tmp_path: Path) -> None:
    package = _package(tmp_path, 'nil = true\nstatement = "无变化"')
    (package / "things.gpkg").unlink()
    _seal(package)
    report = _check(package)
    assert report.passed and report.score == 100.0
    assert {rule.state for rule in report.rules[1:]} == {"skipped"}


@pytest.mark.parametrize("name", ["data.gpkg", "folder"])
def test_other_files_are_no_packages(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.mkdir() if name == "folder" else write(path, grid())
    assert not is_package(path)
