"""package.toml: what it may say, and what is told where it says something else."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.framework.package import Package, declared_classification, read_package
from tests.handing_in import package_toml


def read(tmp_path: Path, text: str) -> Package:
    (tmp_path / "package.toml").write_text(text, "utf-8")
    return read_package(tmp_path / "package.toml")


def test_a_whole_one(tmp_path: Path) -> None:
    package = read(tmp_path, package_toml(treatment='{ number = "保2026-1", agency = "省局", date = 2026-01-01 }'))
    assert (package.dataset, package.period, package.currency) == ("stops", "2026-Q3", date(2026, 9, 15))
    assert (package.span.start, package.span.end) == (date(2026, 7, 1), date(2026, 9, 30))
    assert package.treatment is not None and package.treatment.date == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("word", "level"),
    [("公开", "public"), ("内部", "internal"), ("秘密", "confidential"), ("机密", "secret"), ("绝密", "top-secret")],
)
def test_words_of_secrecy_in_chinese(tmp_path: Path, word: str, level: str) -> None:
    text = package_toml(classification=f'"{word}"')
    assert read(tmp_path, text).classification == level
    assert declared_classification(text.encode()) == declared_classification(text.encode("gbk")) == level
    assert declared_classification(b"\xef\xbb\xbf" + text.encode()) == level


def test_share_classes_in_chinese(tmp_path: Path) -> None:
    assert read(tmp_path, package_toml(share='"有条件"')).share == "conditional"


@pytest.mark.parametrize(
    "text",
    [
        "",
        package_toml(classification=None),
        package_toml(classification='"公開"'),
        package_toml(classification="1"),
        package_toml(classification='["public"]'),
        package_toml() + "[broken",
        package_toml() + 'classification = "secret"\n',  # said twice is not said
    ],
)
def test_what_says_nothing_of_secrecy(text: str) -> None:
    assert declared_classification(text.encode()) is None


def test_other_faults_do_not_hide_what_is_secret() -> None:
    text = package_toml(classification='"绝密"', period='"soon"', currency="13", nonsense="true")
    assert declared_classification(text.encode()) == "top-secret"


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({"classification": None}, "classification"),
        ({"classification": '"geheim"'}, "geheim"),
        ({"currency": '"soon"'}, "soon"),
        ({"currency": "2026-02-30"}, "no such date"),
        ({"currency": "0206-09-15"}, "no data is that old"),
        ({"licence": '"CC\\u001b[2J"'}, "control character: U\\+001B"),
        ({"lineage": '{ zh = "\\u0000", en = "x" }'}, "control character: U\\+0000"),
        ({"contact": '{ person = "\\u009b31m" }'}, "control character: U\\+009B"),
        ({"period": '"2026-Q5"'}, "not a period"),
        ({"period": '"2026-02-30"'}, "not a period"),
        ({"data": "[]"}, "no data"),
        ({"data": None}, "no data"),
        ({"nil": "true"}, "nil return with data"),
        ({"nil": "true", "data": None}, "without a statement"),
        ({"data": '["../stops.geojson"]'}, "leaves the package"),
        ({"data": '["/etc/passwd"]'}, "leaves the package"),
        ({"data": '["C:\\\\stops.geojson"]'}, "leaves the package"),
        ({"data": '["package.toml"]'}, "no data"),
        ({"data": '["a.csv", "a.csv"]'}, "twice"),
        ({"licens": '"x"'}, 'did you mean "licence"'),
        ({"treatment": '{ number = "1" }'}, "missing"),
        ({"dataset": '"Stops"'}, "not allowed"),
    ],
)
def test_what_it_may_not_say(tmp_path: Path, keys: dict[str, str], found: str) -> None:
    with pytest.raises(ConfigError, match=found):
        read(tmp_path, package_toml(**keys))
