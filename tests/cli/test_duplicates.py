"""`longquan duplicates` as people call it, on data whose coverage is known by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely.geometry import shape

from pipeline import build as corridor
from pipeline.cli import main
from pipeline.intake.ledger import entries, verify
from tests.catalog.planned import box, write_area, write_city, write_geojson
from tests.test_build import light_portal


@pytest.fixture
def city(tmp_path: Path) -> Path:
    return write_city(tmp_path / "city")


@pytest.fixture
def area(tmp_path: Path) -> Path:
    return write_area(tmp_path / "area.geojson")


def asked(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    capsys.readouterr()
    assert main(["duplicates", *map(str, arguments), "--json", "--lang", "en"]) == 0
    return json.loads(capsys.readouterr().out)


def failed(capsys: pytest.CaptureFixture[str], code: int, *arguments: object) -> str:
    capsys.readouterr()
    assert main(["duplicates", *map(str, arguments), "--lang", "en"]) == code
    return capsys.readouterr().err


def fits(theme: dict[str, Any]) -> list[tuple[str, float, str]]:
    return [(dataset["id"], dataset["percent"], dataset["fit"]) for dataset in theme["datasets"]]


def test_a_planned_survey_is_found_to_be_80_percent_covered(
    city: Path, area: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ("--theme", "土地", "--scale", "1:500", "--date", "2026-01-01")
    document = asked(capsys, area, *wanted, "-w", city)
    assert document["standing"] == "draft" and document["project"]["cells"] == 100
    assert document["missing"] == ["cadastre"]
    [land] = document["themes"]
    assert (land["right"], land["existing"]) == ({"cells": 80, "percent": 80.0}, {"cells": 100, "percent": 100.0})
    assert land["conclusion"] == "partly"
    assert fits(land) == [("parcels", 80.0, "right"), ("parcels-2010", 100.0, "old"), ("overview", 100.0, "coarse")]
    gap = shape(land["gap"]["area"])
    assert gap.is_valid and land["gap"]["cells"] == 20
    assert shapely.hausdorff_distance(gap, shape(box(8, 0, 10, 10))) < 1e-6
    assert land["unfit"] == land["gap"]  # the older data are there
    assert land["datasets"][0]["department"] == {
        "id": "planning",
        "name": {"zh": "自然资源和规划局", "en": "Planning"},
        "contact": {"person": "某某", "phone": "0578-1234567"},
    }


def test_every_kind_of_coverage_counts_as_it_says(city: Path, area: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = {theme["id"]: theme for theme in asked(capsys, area, "-w", city)["themes"]}
    assert list(found) == ["land", "transport", "water", "culture"]
    assert found["land"]["conclusion"] == "exists"
    assert fits(found["transport"]) == [("roads", 80.0, "right")]  # rows 3 to 7, and 0 to 2
    assert found["transport"]["datasets"][0]["coverage"]["how"] == "around"
    assert fits(found["water"]) == [("wells", 30.0, "right")]
    assert found["water"]["datasets"][0]["coverage"]["how"] == "extent"
    assert (found["culture"]["conclusion"], found["culture"]["gap"]["cells"]) == ("none", 100)


def test_what_is_not_declared_is_not_known_to_be_good_enough(
    city: Path, area: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = asked(capsys, area, "--accuracy", "1", "--theme", "transport", "--theme", "water", "-w", city)
    assert document["missing"] == []
    assert [(t["conclusion"], *fits(t)) for t in document["themes"]] == [
        ("unfit", ("roads", 80.0, "unknown")),
        ("unfit", ("wells", 30.0, "unknown")),
    ]


def test_the_published_edition_knows_what_it_shows_and_nothing_else(
    city: Path, area: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corridor, "write_portal", light_portal)
    assert main(["build", "-w", str(city), "--as-of", "2026-11-22", "--threads", "1", "--lang", "en"]) == 0
    dist = city / "dist" / "government"
    document = asked(capsys, area, "--dist", dist)
    assert document["standing"] == "self-check" and document["edition"]["id"] == "government"
    found = {theme["id"]: fits(theme) for theme in document["themes"]}
    assert found == {
        "land": [("parcels-2010", 100.0, "right"), ("parcels", 80.0, "right")],
        "transport": [("roads", 50.0, "right")],  # the hidden road shows in no coverage either
        "water": [("wells", 30.0, "right")],
    }
    assert not (dist / "coverage" / "overview.json").exists()
    assert "overview" not in (dist / "coverage.json").read_text()

    damaged = dist / "coverage" / "roads.json"
    damaged.write_bytes(damaged.read_bytes().replace(b'"reach":2', b'"reach":3'))
    assert "is not the one that was published" in failed(capsys, 1, area, "--dist", dist)


def test_a_request_is_entered_answered_and_checked(
    city: Path, area: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--project", '道路 "普查" </script>', "--applicant", "交通运输局", "--received", "2026-11-20")
    opened = asked(capsys, "request", area, *words, "--theme", "land", "--scale", "500", "-w", city)
    assert (opened["number"], opened["due"]) == ("2026-001", "2026-12-04")
    listed = asked(capsys, "list", "--as-of", "2026-11-30", "-w", city)
    assert [(r["number"], r["state"], r["days_left"], r["overdue"]) for r in listed] == [("2026-001", "open", 4, False)]
    assert asked(capsys, "list", "--as-of", "2026-12-08", "-w", city)[0]["overdue"] is True

    draft = asked(capsys, "--request", "2026-001", "--as-of", "2026-11-24", "-w", city)
    assert draft["standing"] == "draft" and not (city / "requests/2026-001/opinion.json").exists()
    formal = asked(capsys, "--request", "2026-001", "--sign", "王工", "--as-of", "2026-11-24", "-w", city)
    assert (formal["standing"], formal["signed_by"]) == ("formal", "王工")
    kinds = [(entry.kind, entry.facts["project"]) for entry in entries(city)]
    assert kinds == [("request", words[1]), ("opinion", words[1])] and not verify(city)
    assert [entry.facts.get("opinion") for entry in entries(city)][1] == formal["hash"]
    [answered] = asked(capsys, "list", "-w", city)
    assert (answered["state"], answered["answered"], answered["days_left"]) == ("answered", "2026-11-24", 8)
    assert "has been answered" in failed(capsys, 2, "--request", "2026-001", "--sign", "李工", "-w", city)

    for name in ("opinion.json", "opinion.html"):
        told = asked(capsys, "--verify", city / "requests/2026-001" / name, "-w", city)
        assert told == {
            "hash": formal["hash"], "standing": "formal", "intact": True, "recomputed": True, "ledger": 2,
            "faults": [], "notes": [],
        }  # fmt: skip
    page = (city / "requests/2026-001/opinion.html").read_text("utf-8")
    assert page.count("</script>") == 1 and "立项查重意见" in page and "正式意见" in page


def _issued(city: Path, area: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    asked(capsys, "request", area, "--project", "p", "--applicant", "a", "--theme", "land", "-w", city)
    number = asked(capsys, "list", "-w", city)[-1]["number"]
    asked(capsys, "--request", number, "--sign", "王工", "-w", city)
    return city / "requests" / number


def _verdict(capsys: pytest.CaptureFixture[str], file: Path, city: Path) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = main(["duplicates", "--verify", str(file), "-w", str(city), "--json", "--lang", "en"])
    return code, json.loads(capsys.readouterr().out)


def test_an_altered_opinion_is_found_out(city: Path, area: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = _issued(city, area, capsys)
    text = (folder / "opinion.json").read_text("utf-8")
    altered = folder / "altered.json"
    altered.write_text(text.replace('"percent": 80.0', '"percent": 8.0'), "utf-8")
    code, told = _verdict(capsys, altered, city)
    assert code == 1 and "its content does not have its hash" in told["faults"][0]

    # With a hash of its own it is made again from the data, and the ledger does not know it.
    from pipeline.catalog.opinion import hash_of, opinion_bytes

    document = json.loads(altered.read_text("utf-8"))
    altered.write_bytes(opinion_bytes({**document, "hash": hash_of(document)}))
    code, told = _verdict(capsys, altered, city)
    assert code == 1 and told["ledger"] is None
    assert [fault.partition(":")[0] for fault in told["faults"]] == [
        "made again from the same data it says something else of",
        "it says that it is formal, and the ledger does not know it",
    ]

    page = folder / "opinion.html"
    page.write_text(page.read_text("utf-8").replace("80.0 %", "20.0 %"), "utf-8")
    code, told = _verdict(capsys, page, city)
    assert code == 1 and told["faults"] == ["the file is not the one that its content makes: it was altered"]


def test_data_that_changed_since_are_told_and_are_no_fault(
    city: Path, area: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _issued(city, area, capsys)
    write_geojson(city / "inbox" / "parcels.geojson", box(0, 0, 9, 10))
    code, told = _verdict(capsys, folder / "opinion.json", city)
    assert (code, told["recomputed"], told["ledger"]) == (0, False, 2)
    assert told["notes"] == ["data have changed since: parcels"]


def test_the_same_inputs_give_the_same_files(
    city: Path, area: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        asked(capsys, area, "--as-of", "2026-11-24", "-w", city, "-o", tmp_path / name)
        for cached in (city / ".cache" / "coverage" / ".all").iterdir():
            cached.unlink()
    for name in ("opinion.json", "opinion.html", "gaps.geojson"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    gaps = json.loads((tmp_path / "a" / "gaps.geojson").read_text("utf-8"))["features"]
    cells = {(f["properties"]["theme"], f["properties"]["dataset"]): f["properties"]["cells"] for f in gaps}
    assert cells == {
        ("land", None): 0, ("land", "overview"): 0, ("land", "parcels"): 20, ("land", "parcels-2010"): 0,
        ("transport", None): 20, ("transport", "roads"): 20,
        ("water", None): 70, ("water", "wells"): 70, ("culture", None): 100,
    }  # fmt: skip


def test_other_planned_projects_are_told(
    city: Path, area: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    half = write_geojson(tmp_path / "half.geojson", box(5, 0, 15, 10))
    request = ("request", half, "--project", "半边", "--applicant", "水利局", "--received", "2026-11-02", "-w", city)
    asked(capsys, *request, "--theme", "land")
    asked(capsys, *request, "--theme", "water")
    third = asked(capsys, *request)["folder"]
    document = asked(capsys, area, "--theme", "land", "-w", city)
    assert [(p["number"], p["cells"], p["percent"]) for p in document["planned"]] == [
        ("2026-001", 50, 50.0),
        ("2026-003", 50, 50.0),  # of all themes
    ]
    text = (Path(third) / "request.toml").read_text("utf-8")
    (Path(third) / "request.toml").write_text(
        text.replace('# outcome = "approved" ', 'outcome = "withdrawn" '), "utf-8"
    )
    document = asked(capsys, area, "--theme", "land", "-w", city)
    assert [p["number"] for p in document["planned"]] == ["2026-001"]


def test_numbers_are_given_once(city: Path, area: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from concurrent.futures import ThreadPoolExecutor
    from datetime import UTC, date, datetime

    from pipeline.catalog import register
    from pipeline.framework.project_request import ProjectRequest

    file = ProjectRequest(project="p", applicant="a", received=date(2026, 3, 2))
    shapes = register.read_area(area)

    def enter(n: int) -> str:
        return register.open_request(city, file, shapes, datetime(2026, 3, 2, 8, n, tzinfo=UTC)).number

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(enter, range(12))) == [f"2026-{n:03d}" for n in range(1, 13)]
    assert len(asked(capsys, "list", "-w", city)) == len(list(entries(city))) == 12 and not verify(city)


def test_wrong_calls_are_told(city: Path, area: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = tmp_path / "line.geojson"
    line.write_text('{"type": "LineString", "coordinates": [[119.1, 28.0], [119.2, 28.1]]}')
    assert "There is no area in it" in failed(capsys, 1, line, "-w", city)
    assert failed(capsys, 1, tmp_path / "none.geojson", "-w", city)
    swapped = write_geojson(tmp_path / "swapped.geojson", box(0, 0, 10, 10))
    content = json.loads(swapped.read_text())
    ring = content["features"][0]["geometry"]["coordinates"][0]
    ring[:] = [[lat, lng / 2] for lng, lat in ring]
    swapped.write_text(json.dumps(content))
    assert "outside the city" in failed(capsys, 1, swapped, "-w", city)
    assert "outside the city" in failed(capsys, 1, "request", swapped, "--project", "p", "--applicant", "a", "-w", city)
    assert not (city / "requests").exists()
    assert 'there is no theme "lnd"' in failed(capsys, 2, area, "--theme", "lnd", "-w", city)
    assert "no scale" in failed(capsys, 2, area, "--scale", "large", "-w", city)
    assert "answers a request" in failed(capsys, 2, area, "--sign", "x", "-w", city)
    assert "says for itself" in failed(capsys, 2, area, "--request", "2026-001", "-w", city)
    assert "there is no request 2026-009" in failed(capsys, 2, "--request", "2026-009", "-w", city)
    assert "No area was given" in failed(capsys, 2, "--scale", "500", "-w", city)
    assert "no opinion" in failed(capsys, 1, "--verify", area, "-w", city)
    assert "not a workspace" in failed(capsys, 1, area, "-w", tmp_path)
    assert "dist/public" in failed(capsys, 1, area, "--dist", tmp_path)
    (city / "inbox" / "surveyed.geojson").unlink()
    assert "the file of its extent is missing" in failed(capsys, 1, area, "-w", city)


def test_a_page_of_another_version_keeps_its_hash(city: Path, area: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from pipeline.catalog.opinion import hash_of
    from pipeline.catalog.opinion_page import opinion_page

    document = asked(capsys, area, "-w", city) | {"software": {"longquan": "0.0.9"}}
    document["hash"] = hash_of(document)
    page = city / "opinion.html"
    page.write_bytes(opinion_page(document, "en").replace(b"<h1>", b'<h1 class="other">'))
    code, told = _verdict(capsys, page, city)
    assert (code, told["faults"], told["recomputed"]) == (0, [], True)
    assert told["notes"] == ["written by longquan 0.0.9: only its hash can be compared, not its looks"]


def test_it_is_said_in_chinese(city: Path, area: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["duplicates", str(area), "--theme", "land", "--scale", "1:500", "-w", str(city), "--lang", "zh"]) == 0
    out = capsys.readouterr().out
    assert "土地 (land): 已有 100.0%" in out and "草稿，未登记" in out and "精度不足" in out
    words = ["request", str(area), "--project", "普查", "--applicant", "某局", "--received", "2026-11-20"]
    assert main(["duplicates", *words, "-w", str(city), "--lang", "zh"]) == 0
    assert main(["duplicates", "list", "--as-of", "2026-12-08", "-w", str(city), "--lang", "zh"]) == 0
    told = capsys.readouterr()
    assert "逾期 2 天" in told.out and "待答复" in told.out and "2026 年的节假日表尚未经人工确认" in told.err
