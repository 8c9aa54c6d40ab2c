"""The sample city's story, as the manual tells it: a quarter's data handed in, built, audited, asked, and updated; then
the release of that, signed by two offices, published, carried to an office, updated, taken back, attacked.

Its chapters are the script: their commands run in order, and what they print is compared with what they say. Beside
that, what must have become of the files is held against what is known by hand or read by other means than the
platform's. The second chapter goes on in the city that the first one built.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
import shutil
import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pyogrio
import pytest
from pmtiles.reader import MmapSource, all_tiles

from pipeline.cli import main
from pipeline.errors import ConfigError
from pipeline.release.prepare import prepare_release
from tests.publish.buckets import client_of, credentials, s3_server
from tests.story.computers import Computer, write_programs
from tests.story.console import Chapter, Ran, in_this_process, set_clock
from tests.story.travels import (
    both_offices_signed,
    bucket_has,
    bytes_of,
    keys_stayed_at_home,
    office_is_alone,
    one_office_is_not_enough,
    recorded,
    runs,
    same_files,
    served,
    web_server,
)

MANUAL = Path(__file__).resolve().parents[2] / "docs" / "manual.md"
PHONE = "138-0000-0001"  # what should not have come in
WARDENS = ("示例人员001", "示例人员002", "示例人员003")  # the government's only
HOSPITAL, BEFORE, AFTER = (119.1295436, 28.0581105), (119.2987221, 28.0705444), (119.3187221, 28.0705444)
CLINIC_ZOOMS = range(9, 15)  # tiles.min_zoom and max_zoom of the clinics
SURVEYED, PLANNED = 16, 20  # columns of cells that the museum has, that the heritage bureau plans
RELEASES = "## A release travels"


@pytest.fixture(scope="module")
def manual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chapter]:
    """The manual, followed in a folder of its own."""
    _site_is_built()
    root = tmp_path_factory.mktemp("manual")
    here = Computer(write_programs(root / "programs"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        for name, value in (("LC_ALL", "C.UTF-8"), ("OLDPWD", str(root)), ("LONGQUAN_PASSPHRASE", "")):
            patch.setenv(name, value)
        yield Chapter(MANUAL, MANUAL.read_text("utf-8"), root, set_clock(patch), here)


def test_a_quarter_in_a_city(manual: Chapter, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    chapter, city = manual, manual.root / "city"

    chapter.until("### Handing in (汇交)")
    assert states("2026-09-21") == {"upcoming": 5, "direct": 22}
    chapter.until("### Sent back (退回)")
    roads_came_through(city)
    before = contents(city / "store")
    sent_back = chapter.until("### Taken out for good")
    assert [each.out for each in sent_back if each.command == "echo $?"] == ["1\n", "3\n"]
    axes_were_told(city)
    secret_left_nothing(city, before, sent_back)
    assert holders(city, PHONE) == {"hazard-points-2026-09.zip", "hazards.csv", "store/hazard-points/2026-09.1"}
    purged = chapter.until("### Who is late (催交)")
    assert [each.out for each in purged if each.command == "echo $?"] == ["3\n"]
    assert holders(city, PHONE) == {"hazards.csv"}  # and what the department has of its own
    assert not (city / "store/hazard-points/2026-09.1").exists()
    chapter.until("### The map of the quarter")
    handed_in_over_time()
    chapter.until("### A survey is planned (立项查重)")
    editions_differ_in_what_they_may(city)
    chapter.until("### The next quarter")
    eighty_per_cent(city)
    first = {edition: contents(city / "dist" / edition) for edition in ("public", "government")}
    chapter.until(RELEASES)
    only_its_tiles_differ(city, first)
    as_from_scratch(city, tmp_path / "scratch")
    ledger_is_a_chain(city)

    chapter.compare(bless=request.config.getoption("bless"))


def test_a_release_travels(
    manual: Chapter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    chapter, root, city = manual, manual.root, manual.root / "city"
    chapter.until(RELEASES)  # where this test runs alone
    monkeypatch.setitem(prepare_release.__kwdefaults__, "pictures", 1)  # a sheet has six: drawing them takes a while
    web, disk, home = (root / name for name in ("web", "disk", "office"))
    for folder in (web, disk, home):
        folder.mkdir()
    with s3_server() as objects, web_server(web, tmp_path, monkeypatch) as address:
        for name, value in credentials(objects).items():
            monkeypatch.setenv(name, value)
        bucket = client_of(objects)
        bucket.create_bucket(Bucket="city-map")
        office = Computer(chapter.here.programs, home, hidden=city)
        chapter.computers["the office"] = office
        chapter.names |= {
            "https://objects.example.cn": objects, "https://maps.example.cn/": address,
            "/srv/longquan/public": str(web), "/media/disk": str(disk), "~": str(home),
        }  # fmt: skip

        chapter.until("### Published (发布)")
        both_offices_signed(city / "dist/public/metadata", root)
        assert not contents(web) and not contents(disk)  # nothing left before both had signed
        chapter.until("### To an office without a line")
        first = contents(city / "dist/public")
        bucket_has(bucket, "city-map", "public/", first)
        served(address, city / "dist/public")
        office_is_alone(office, city, address)
        chapter.until("### What is new (增量)")
        old = runs(home / "map")
        same_files(home / "map", old, first)
        chapter.until("### Back (回退)")
        new = runs(home / "map")
        assert old != new
        same_files(home / "map", new, contents(city / "dist/public"))
        assert bytes_of(disk / "update") < 0.03 * bytes_of(disk / "map")
        both_offices_signed(city / "dist/public/metadata", root)
        recorded(ledger(city), new)
        chapter.until("### What is refused (拒收)")
        assert runs(home / "map") == old
        refused = chapter.until(None)
        assert [each.out for each in refused if each.command == "echo $?"] == ["1\n"] * 5
        assert runs(home / "map") == old and not (home / "new/current.json").exists()
        one_office_is_not_enough(city, root, tmp_path, monkeypatch)
        keys_stayed_at_home(root, web, disk, home)

    chapter.compare(bless=request.config.getoption("bless"))
    if shutil.which("nginx") is None:
        pytest.skip("all of it holds, but longquan serve was the web server: there is no nginx on this machine")


def states(day: str) -> dict[str, int]:
    """How many datasets are in each state on a day."""
    return dict(Counter(each["state"] for each in standing(day)))


def standing(day: str) -> list[dict[str, Any]]:
    told = json.loads(printed("status", "--as-of", day, "--json"))
    return [dataset for department in told["departments"] for dataset in department["datasets"]]


def printed(*words: str) -> str:
    code, out, err = in_this_process(words)
    assert code == 0, err
    return out


def roads_came_through(city: Path) -> None:
    """Every name of the Shapefile's dBASE table, read as GBK by hand, is in the store, and as many features."""
    data = (city / "inbox/transport/LRDL.dbf").read_bytes()
    count, head, width = struct.unpack("<IHH", data[4:12])
    at, fields = 1, {}  # a record begins with the mark of deleted ones
    for begin in range(32, head - 1, 32):
        name = data[begin : begin + 11].split(b"\0")[0].decode("gbk")
        fields[name] = slice(at, at + data[begin + 16])
        at += data[begin + 16]
    records = [data[head + i * width : head + (i + 1) * width] for i in range(count)]
    said = Counter(record[fields["名称"]].decode("gbk").strip() for record in records)
    table = pq.read_table(city / "store/roads/2026-Q3.1/data.parquet", columns=["名称"])
    assert Counter(name or "" for name in table["名称"].to_pylist()) == said
    assert sum(said.values()) == 1231 and any("路" in name for name in said)
    info = pyogrio.read_info(city / "inbox/planning/peaks.fgb")
    assert pq.read_metadata(city / "store/peaks/2026-Q3.1/data.parquet").num_rows == info["features"]


def axes_were_told(city: Path) -> None:
    """The refused package was kept as it was, with the report that names the rule; the mended one has all clinics."""
    (kept,) = (city / "inbox/refused").iterdir()
    report = json.loads((kept / "report.json").read_bytes())
    assert "axes-swapped" in json.dumps(report) and "整改通知" in (kept / "report.html").read_text("utf-8")
    assert (kept / "faults.gpkg").read_bytes()[:15] == b"SQLite format 3"
    table = city / "inbox/health/医疗机构.csv"
    assert (kept / "package" / table.name).read_bytes() == table.read_bytes()
    rows = list(csv.DictReader(table.read_text("gb18030").splitlines()))
    stored = pq.read_table(city / "store/clinics/2026-Q3.1/data.parquet")
    assert sorted(stored["序号"].to_pylist()) == sorted(int(row["序号"]) for row in rows)


def secret_left_nothing(city: Path, before: dict[str, bytes], ran: Iterable[Ran]) -> None:
    """Of the secret package there is a line in the ledger and nothing else, nowhere."""
    after = contents(city / "store")
    parts = ("SHA256SUMS", "data.parquet", "package.toml", "report.json", "version.json")
    assert {path for path in after if path not in before} == {f"clinics/2026-Q3.1/{name}" for name in parts}
    assert all(after[path] == data for path, data in before.items() if not path.startswith("ledger."))
    entry = next(each for each in ledger(city) if each["facts"].get("reason") == "classified")
    assert sorted(entry["facts"]) == ["department", "package", "reason"]
    assert len(list((city / "inbox/refused").iterdir())) == 1
    assert not holders(city, "秘密", ("store", "inbox", ".cache"))
    assert "nothing was copied" in "".join(each.out for each in ran)


def handed_in_over_time() -> None:
    """States on the days of the story, counted by hand: six handed in or nil, one of them late."""
    assert states("2026-09-27") == {"upcoming": 5, "direct": 22}
    assert states("2026-10-01") == {"due": 3, "handed-in": 2, "direct": 22}
    assert states("2026-10-09") == {"due": 1, "handed-in": 4, "nil": 1, "direct": 21}
    assert states("2026-10-10") == {"due": 1, "handed-in": 4, "nil": 1, "direct": 21}
    assert states("2026-10-11") == {"overdue": 1, "handed-in": 4, "nil": 1, "direct": 21}
    assert states("2026-10-15") == {"handed-in": 5, "nil": 1, "direct": 21}
    late = [each["id"] for each in standing("2026-10-15") if each["late"]]
    assert late == ["place-names"]
    (clinics,) = (each for each in standing("2026-10-08") if each["id"] == "clinics")
    assert clinics["state"] == "refused"


def editions_differ_in_what_they_may(city: Path) -> None:
    """The wardens stand in the government's tiles, in nothing of the public's; the telephone number in neither."""
    public, government = (tile_texts(city / "dist" / edition) for edition in ("public", "government"))
    for warden in WARDENS:
        assert warden.encode() in government and warden.encode() not in public
    assert PHONE.encode() not in government + public
    assert not holders(city, WARDENS[0], ("dist/public",)) and not holders(city, PHONE, ("dist",))
    for edition, word in (("public", "待审核"), ("government", "内部使用")):
        assert word in (city / "dist" / edition / "data.html").read_text("utf-8")
    catalog = json.loads((city / "dist/public/catalog.json").read_bytes())
    shown = {each["id"]: each for each in catalog["datasets"]}
    assert "water-supply" not in shown and "control-lines" not in shown
    assert {id: shown[id]["currency"] for id in ("roads", "clinics", "place-names", "peaks", "hazard-points")} == {
        "roads": "2026-09-25", "clinics": "2026-09-20", "place-names": "2026-09-20", "peaks": "2026-09-30",
        "hazard-points": "2026-09-28",
    }  # fmt: skip


def eighty_per_cent(city: Path) -> None:
    """16 of 20 columns of cells were surveyed; what is missing begins where the museum's survey ends."""
    opinion = json.loads((city / "requests/2026-001/opinion.json").read_bytes())
    (theme,) = opinion["themes"]
    assert opinion["standing"] == "formal" and opinion["project"]["cells"] == PLANNED * PLANNED
    assert theme["conclusion"] == "partly" and theme["right"] == {"cells": SURVEYED * PLANNED, "percent": 80.0}
    gaps = json.loads((city / "requests/2026-001/gaps.geojson").read_bytes())
    assert {each["properties"]["cells"] for each in gaps["features"]} == {(PLANNED - SURVEYED) * PLANNED}
    for gap in gaps["features"]:
        places = [place for polygon in gap["geometry"]["coordinates"] for ring in polygon for place in ring]
        column = 360 / 2**18
        assert min(x for x, _y in places) == pytest.approx(119.12887573 + SURVEYED * column, abs=1e-6)
        assert max(x for x, _y in places) == pytest.approx(119.12887573 + PLANNED * column, abs=1e-6)


def only_its_tiles_differ(city: Path, first: dict[str, dict[str, bytes]]) -> None:
    """One archive is new; in it only the tiles differ that the hospital and the clinic are in, or were."""
    wanted = {tile(zoom, *place) for zoom in CLINIC_ZOOMS for place in (HOSPITAL, BEFORE, AFTER)}
    for edition, was in first.items():
        dist = city / "dist" / edition
        now = contents(dist)
        (new,) = {path for path in now if path.endswith(".pmtiles")} - set(was)
        (old,) = {path for path in was if path.endswith(".pmtiles")} - set(now)
        assert new.startswith("tiles/clinics-") and old.startswith("tiles/clinics-")
        before = tiles(city / "clinics-before.pmtiles")
        assert (city / "clinics-before.pmtiles").read_bytes() == was[old]
        after = tiles(dist / new)
        differ = {at for at in before.keys() | after.keys() if before.get(at) != after.get(at)}
        assert differ == wanted, edition


def as_from_scratch(city: Path, scratch: Path) -> None:
    """What was updated is, byte for byte, what a build gives that knows nothing of an earlier one."""
    for name in ("departments", "schemas", "inbox", "store", "requests"):
        shutil.copytree(city / name, scratch / name)
    for name in ("framework.toml", "applications.toml"):
        shutil.copy(city / name, scratch / name)
    code = main(["build", "-w", str(scratch), "--edition", "public", "--as-of", "2026-11-20"])
    assert code == 0
    now, anew = contents(city / "dist/public"), contents(scratch / "dist/public")
    assert [path for path in sorted(now.keys() | anew.keys()) if now.get(path) != anew.get(path)] == []


def ledger_is_a_chain(city: Path) -> None:
    """Fourteen lines, each with the hash of the one before, recomputed here; a line that is edited is found."""
    lines = ledger(city)
    kinds = Counter(each["kind"] for each in lines)
    assert kinds == {"accepted": 7, "refused": 3, "nil": 1, "purged": 1, "request": 1, "opinion": 1}
    previous = "0" * 64
    for number, each in enumerate(lines, 1):
        rest = {key: value for key, value in each.items() if key != "hash"}
        assert each["n"] == number and each["previous"] == previous
        plain = json.dumps(rest, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        previous = hashlib.sha256(plain.encode()).hexdigest()
        assert each["hash"] == previous
    path = city / "store/ledger.jsonl"
    text = path.read_text("utf-8")
    path.write_text(text.replace("李工", "张工"), "utf-8")
    assert main(["ledger", "verify"]) == 1
    path.write_text(text, "utf-8")


def ledger(city: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (city / "store/ledger.jsonl").read_text("utf-8").splitlines()]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def holders(city: Path, text: str, below: Iterable[str] = (".",)) -> set[str]:
    """Which files hold a text (of versions their folder), zips and Parquet looked into."""
    found = set()
    for folder in below:
        for path in sorted((city / folder).rglob("*")):
            if path.is_file() and text.encode() in _plain(path):
                name = path.relative_to(city).as_posix()
                found.add("/".join(name.split("/")[:3]) if name.startswith("store/") else name)
    return found


def _plain(path: Path) -> bytes:
    if path.suffix == ".zip":
        import zipfile

        with zipfile.ZipFile(path) as packed:
            return b"\n".join(packed.read(name) for name in packed.namelist())
    if path.suffix == ".parquet":
        return str(pq.read_table(path).to_pylist()).encode()
    return path.read_bytes()


def tile(zoom: int, lng: float, lat: float) -> tuple[int, int, int]:
    """The tile of a place: the formula of slippy maps."""
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return zoom, int((lng + 180) / 360 * 2**zoom), int(y * 2**zoom)


def tiles(path: Path) -> dict[tuple[int, int, int], bytes]:
    """All tiles of an archive, read by the reference implementation."""
    with path.open("rb") as file:
        return dict(all_tiles(MmapSource(file)))


def tile_texts(dist: Path) -> bytes:
    """The bytes of all vector tiles of an edition, unpacked."""
    import gzip

    found = []
    for path in sorted((dist / "tiles").glob("hazard-points-*.pmtiles")):
        found += [gzip.decompress(body) for body in tiles(path).values()]
    return b"".join(found)


def _site_is_built() -> None:
    from pipeline.portal.built_site import built_site

    try:
        built_site()
    except ConfigError:
        pytest.skip("the site has not been built (just site)")
