"""`longquan tile` from a real PostGIS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.cli import main
from tests.sources.cluster import Cluster, running
from tests.test_api import features


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running() as found:
        found.run("postgres", "CREATE DATABASE city")
        found.run(
            "city",
            "CREATE EXTENSION postgis",
            "CREATE TABLE roads (id int PRIMARY KEY, name text, lanes text, geom geometry(LineString, 4490))",
            "INSERT INTO roads SELECT i, '路' || i, i, ST_SetSRID(ST_MakeLine(ST_Point(119, 28 + i / 100.0), "
            "ST_Point(119.2, 28 + i / 100.0)), 4490) FROM generate_series(1, 5) i",
            "CREATE TABLE trees (id int, geom geometry(Point, 4490))",
            "INSERT INTO trees VALUES (1, 'SRID=4490;POINT(119 28)')",
        )
        yield found


def test_layers_of_a_database(cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "city.pmtiles"
    arguments = ["--select", "public.roads", "-l", "roads", "-z", "8", "--where", "lanes >= 3 AND id <> 4"]
    fields = ["--field", "lanes:integer", "--field", "called=name", "--key", "id"]
    assert main(["tile", cluster.address("city"), str(out), *arguments, *fields, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [layer["name"] for layer in told["layers"]] == ["roads"]
    found = {(each["id"], tuple(sorted(each["properties"].items()))) for each in features(out, 8)["roads"]}
    assert found == {(3, (("called", "路3"), ("lanes", 3))), (5, (("called", "路5"), ("lanes", 5)))}


def test_all_layers_of_a_database(cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tile", cluster.address("city"), str(tmp_path / "o.pmtiles"), "-z", "3", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert sorted(layer["name"] for layer in told["layers"]) == ["public.roads", "public.trees"]


def test_a_password_is_not_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    address = "postgresql://u:geheim@127.0.0.1:1/none"
    assert main(["tile", address, str(tmp_path / "o.pmtiles")]) == 1
    assert main(["tile", address]) == 2
    said = capsys.readouterr()
    assert "geheim" not in said.out + said.err
