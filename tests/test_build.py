"""From a town's files to its published folders: what is in them, what never is, and what happens when it goes wrong."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pytest
from shapely.geometry import Point, box

from pipeline import build
from pipeline.archive.reader import open_archive
from pipeline.build import BuildResult, build_workspace
from pipeline.errors import InputError, LongquanError, OutputError, UsageError
from pipeline.intake import features as intake
from pipeline.portal.files import json_bytes, write_file
from pipeline.vector import tiles as engine
from pipeline.vector.explained import Asked, read_explained, summarise
from pipeline.vector.plan import explained_path
from tests.towns import ADDRESSES, FILES, ROAD_NAMES, SECRET_NUMBER, SECRETS, write_points, write_town

DAY = date(2026, 11, 22)


def light_portal(
    dist: Path,
    *,
    catalog: Mapping[str, Any],
    tilejsons: Mapping[str, Mapping[str, Any]],
    texts: Iterable[str],
    status: Mapping[str, Any],
) -> None:
    """Writes what the real portal is given, in a second less."""
    write_file(dist / "index.html", "".join(sorted(set("".join(texts)))).encode())
    write_file(dist / "status.json", json_bytes(status))
    sources = {a["id"]: {"type": "vector", "url": f"pmtiles://../{a['file']}"} for a in catalog["archives"]}
    write_file(dist / "styles/light.json", json_bytes({"version": 8, "sources": sources, "sprite": "../assets/s"}))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "real_portal" not in request.fixturenames:
        monkeypatch.setattr(build, "write_portal", light_portal)


@pytest.fixture(scope="module")
def real_portal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town built once with the real portal, which takes seconds for its fonts."""
    from pipeline.errors import ConfigError
    from pipeline.portal.built_site import built_site

    try:
        built_site()
    except ConfigError:
        pytest.skip("the site has not been built (just site)")
    root = write_town(tmp_path_factory.mktemp("real") / "town")
    build_workspace(root, as_of=DAY, threads=1)
    return root


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return write_town(tmp_path / "town")


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def hashes(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in contents(folder).items()}


def by_edition(results: tuple[BuildResult, ...]) -> dict[str, BuildResult]:
    return {result.edition: result for result in results}


def tiles(archive: Path) -> Iterator[tuple[tuple[int, int, int], dict[str, Any]]]:
    with open_archive(archive) as opened:
        for z, x, y, body in opened.tiles():
            yield (z, x, y), mapbox_vector_tile.decode(gzip.decompress(body))


def layers_of(archive: Path) -> dict[str, list[dict[str, Any]]]:
    """Layer → the properties of all its features, over all tiles."""
    found: dict[str, list[dict[str, Any]]] = {}
    for _tile, decoded in tiles(archive):
        for name, layer in decoded.items():
            found.setdefault(name, []).extend(feature["properties"] for feature in layer["features"])
    return found


def values(rows: list[dict[str, Any]], name: str) -> set[Any]:
    return {row[name] for row in rows if name in row}


# What is published --------------------------------------------------------------------------------------------------


def test_the_editions_hold_what_their_rules_let_in(town: Path) -> None:
    results = by_edition(build_workspace(town, as_of=DAY))
    assert list(results) == ["public", "government"]
    assert [a.id for a in results["public"].archives] == ["framework", "addresses", "shops", "schools"]
    assert [a.id for a in results["government"].archives] == ["framework", "addresses", "shops", "schools", "pumps"]

    public = layers_of(town / "dist/public" / results["public"].archives[0].file)
    assert sorted(public) == ["BOUA", "BOUA2", "LRDL", "LRDL_label"]
    assert values(public["LRDL"], "NAME") == set(ROAD_NAMES)
    assert values(public["LRDL"], "CLASS") == {"national", "street"}
    assert {frozenset(row) for row in public["LRDL"]} == {frozenset({"ID", "NAME", "CLASS"})}
    assert values(public["BOUA"], "NAME") == {"西镇", "东镇"}
    assert values(public["BOUA2"], "NAME") == {"西镇", "东镇", "全市"}

    government = layers_of(town / "dist/government" / results["government"].archives[0].file)
    assert values(government["LRDL"], "SECRETWIDTH") == {SECRET_NUMBER, 5.5, 4.0}
    assert values(government["PIPL"], "MAINS") == {"西山隧洞"}


def test_zoom_by_decides_where_a_feature_begins(town: Path) -> None:
    (result,) = build_workspace(town, editions=["public"], as_of=DAY)
    first: dict[str, int] = {}
    for (z, _x, _y), decoded in tiles(town / "dist/public" / result.archives[0].file):
        for feature in decoded.get("LRDL", {"features": []})["features"]:
            name = feature["properties"]["NAME"]
            first[name] = min(first.get(name, 99), z)
    assert first == {"剑池路": 8, "青瓷街": 10, "华严巷": 10}


def test_tables_are_located_by_coordinates_and_by_addresses(town: Path) -> None:
    (result,) = build_workspace(town, editions=["public"], as_of=DAY)
    catalog = json.loads((town / "dist/public/catalog.json").read_text())
    found = {d["id"]: d for d in catalog["datasets"]}
    assert found["schools"]["extent"] == pytest.approx([119.1, 28.01, 119.2, 28.02], abs=1e-6)
    assert found["shops"]["extent"] == pytest.approx([119.0, 28.0, 119.06, 28.0], abs=1e-6)
    assert (found["schools"]["features"], found["shops"]["features"]) == (2, 4)
    shops = next(a for a in result.archives if a.id == "shops")
    assert values(layers_of(town / "dist/public" / shops.file)["shops"], "NAME") == {"店0", "店1", "店2", "店3"}


def test_the_catalog_counts_a_dataset_of_several_layers_once(town: Path) -> None:
    build_workspace(town, editions=["public"], as_of=DAY)
    catalog = json.loads((town / "dist/public/catalog.json").read_text())
    districts = next(d for d in catalog["datasets"] if d["id"] == "districts")
    assert districts["features"] == 3
    assert [(x["layer"], x["geometry"], x["min_zoom"]) for x in districts["layers"]] == [
        ("BOUA", "polygon", 8),
        ("BOUA2", "polygon", 9),
    ]


def test_tilejson_catalog_and_manifest_name_the_same_files(town: Path) -> None:
    results = by_edition(build_workspace(town, as_of=DAY))
    for edition, result in results.items():
        dist = town / "dist" / edition
        catalog, manifest = (json.loads((dist / name).read_text()) for name in ("catalog.json", "release.json"))
        listed = {file["path"]: file for file in manifest["files"]}
        assert manifest["release"] == result.release
        for archive in catalog["archives"]:
            data = (dist / archive["file"]).read_bytes()
            digest = hashlib.sha256(data).hexdigest()
            assert archive["file"] == f"tiles/{archive['id']}-{digest[:12]}.pmtiles"
            assert (archive["sha256"], archive["bytes"]) == (digest, len(data))
            assert (listed[archive["file"]]["sha256"], listed[archive["file"]]["bytes"]) == (digest, len(data))
            tilejson = json.loads((dist / archive["tilejson"]).read_text())
            assert tilejson["tiles"] == [f"pmtiles://../{archive['file']}/{{z}}/{{x}}/{{y}}"]
            names = [layer["id"] for layer in tilejson["vector_layers"]]
            assert sorted(names) == sorted(layers_of(dist / archive["file"]))
        assert set(listed) == set(contents(dist)) - {"release.json", "SHA256SUMS", "SM3SUMS"}
        assert {"numba", "GDAL", "GEOS", "PROJ", "deflate", "longquan"} <= set(manifest["software"])
        assert manifest["as_of"] == catalog["as_of"] == "2026-11-22"


def test_every_archive_says_that_it_is_a_sample(town: Path) -> None:
    (result,) = build_workspace(town, editions=["public"], as_of=DAY)
    for archive in result.archives:
        with open_archive(town / "dist/public" / archive.file) as opened:
            assert opened.metadata["sample"] is True
            assert opened.metadata["attribution"] == "某局 · 示例数据，纯属虚构"


def test_a_base_url_gives_absolute_copies_outside_the_release(town: Path) -> None:
    (plain,) = build_workspace(town, editions=["public"], as_of=DAY)
    before = hashes(town / "dist/public")
    toml = str(FILES["framework.toml"]) + '\n[publish]\nbase_url = "https://map.example.cn/lq/"\n'
    (town / "framework.toml").write_text(toml, encoding="utf-8")
    (result,) = build_workspace(town, editions=["public"], as_of=DAY)
    tilejson = json.loads((town / "dist/public/hotlink/tilejson/framework.json").read_text())
    assert tilejson["tiles"] == [
        f"pmtiles://https://map.example.cn/lq/{result.archives[0].file}/{{z}}/{{x}}/{{y}}",
    ]
    style = json.loads((town / "dist/public/hotlink/styles/light.json").read_text())
    assert style["sprite"] == "https://map.example.cn/lq/assets/s"
    after = {name: digest for name, digest in hashes(town / "dist/public").items() if not name.startswith("hotlink/")}
    assert after == before
    assert result.release == plain.release


def test_the_map_gets_every_character_it_may_write(town: Path) -> None:
    build_workspace(town, editions=["public"], as_of=DAY)
    known = (town / "dist/public/index.html").read_text()
    for text in (*ROAD_NAMES, *ADDRESSES, "西镇", "店", "龙泉市", "国道", "规划局"):
        assert set(text) <= set(known), text


def test_a_dataset_nobody_has_filled_is_listed_without_an_archive(town: Path) -> None:
    (town / "inbox/trade/schools.csv").write_text("名称,经度,纬度\n", encoding="utf-8")
    notes = Notes()
    (result,) = build_workspace(town, editions=["public"], as_of=DAY, progress=notes)
    assert "schools" not in [a.id for a in result.archives]
    catalog = json.loads((town / "dist/public/catalog.json").read_text())
    assert next(d for d in catalog["datasets"] if d["id"] == "schools")["layers"] == []
    assert "public/schools: no feature has a place, so there is no archive" in notes.notes


def test_every_archive_is_explained_beside_it(town: Path) -> None:
    for edition, result in by_edition(build_workspace(town, as_of=DAY)).items():
        dist = town / "dist" / edition
        manifest = json.loads((dist / "release.json").read_text())
        types = {file["path"]: (file["type"], file.get("datasets")) for file in manifest["files"]}
        explained = {entry["file"]: entry["explanation"] for entry in manifest["archives"]}
        for archive in result.archives:
            beside = explained[archive.file]
            assert beside == archive.file.removesuffix(".pmtiles") + ".explain.parquet"
            assert types[beside] == ("application/vnd.apache.parquet", types[archive.file][1])
        told = summarise(dist / explained[result.archives[0].file], Asked(rule="not-yet"))
        assert told == {("LRDL", "not-yet"): {8: 2, 9: 2}, ("LRDL_label", "not-yet"): {8: 2, 9: 2}}


def test_without_explanations_the_archives_are_the_same(town: Path) -> None:
    build_workspace(town, editions=["public"], as_of=DAY)
    before = hashes(town / "dist/public")
    build_workspace(town, editions=["public"], as_of=DAY, explain=False, anew=True)
    after = hashes(town / "dist/public")
    assert {name for name in before if before[name] != after.get(name)} == {
        "release.json",
        "SHA256SUMS",
        *({"SM3SUMS"} & set(after)),
        *(name for name in before if name.endswith(".parquet")),
    }


# What never is ------------------------------------------------------------------------------------------------------


def everything(folder: Path) -> tuple[str, set[Any]]:
    """All text of a folder, in tiles and metadata too, and all attribute values."""
    texts: list[str] = []
    found: set[Any] = set()
    for name, data in contents(folder).items():
        texts.append(name)
        texts.append(data.decode("utf-8", "ignore"))
        if name.endswith(".pmtiles"):
            with open_archive(folder / name) as opened:
                texts.append(json.dumps(opened.metadata, ensure_ascii=False))
                texts += [gzip.decompress(body).decode("utf-8", "ignore") for *_tile, body in opened.tiles()]
            for table in read_explained(explained_path(folder / name)):
                texts.append(str(table.to_pylist()))
            for layer, rows in layers_of(folder / name).items():
                texts.append(layer)
                for row in rows:
                    texts += row
                    found.update(row.values())
    return "\n".join(texts) + "\n" + "\n".join(map(str, found)), found


def assert_no_leak(town: Path) -> None:
    public, public_values = everything(town / "dist/public")
    government, government_values = everything(town / "dist/government")
    for secret in SECRETS:
        assert secret in government, f"the search is blind for {secret}"
        assert secret not in public, secret
    assert SECRET_NUMBER in government_values
    assert SECRET_NUMBER not in public_values
    assert str(SECRET_NUMBER) not in public
    assert str(town) not in public


def test_nothing_denied_is_in_the_public_edition(town: Path) -> None:
    build_workspace(town, as_of=DAY)
    assert_no_leak(town)


def test_an_explanation_names_only_what_the_tiles_show(town: Path) -> None:
    # Streets begin at zoom 10, and the layer's own filter lets nothing in there: they are in no tile.
    toml = str(FILES["framework.toml"]).replace("labels = true", 'labels = true\nwhere = "zoom < 10"')
    (town / "framework.toml").write_text(toml, encoding="utf-8")
    (result,) = build_workspace(town, editions=["public"], as_of=DAY)
    archive = town / "dist/public" / result.archives[0].file
    shown = {
        (name, feature["id"])
        for _tile, all in tiles(archive)
        for name, layer in all.items()
        for feature in layer["features"]
    }
    told = {(row["layer"], row["id"]) for table in read_explained(explained_path(archive)) for row in table.to_pylist()}
    assert told == {("LRDL", 11), ("LRDL_label", 11)}  # not from zoom 10 on; 12 and 13 are streets
    assert told <= shown


def test_nothing_denied_is_in_the_real_portal(real_portal: Path) -> None:
    assert_no_leak(real_portal)


def test_denied_sources_are_never_opened(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(town / "inbox/hidden")
    opened = []
    read = intake.read_batches

    def recorded(path: Path, options: Any, tally: Any) -> Any:
        opened.append((path.name, options.columns))
        return read(path, options, tally)

    monkeypatch.setattr(intake, "read_batches", recorded)
    build_workspace(town, editions=["public"], as_of=DAY)
    columns = dict(opened)
    assert set(columns) == {"LRDL.shp", "base.gpkg", "addresses.geojson", "shops.csv", "schools.csv"}
    assert columns["LRDL.shp"] == ("ID", "路名", "CLASS")  # not even MMWIDTH


def test_what_the_share_class_keeps_out_is_told_to_the_operator_only(town: Path) -> None:
    notes = Notes()
    build_workspace(town, editions=["public"], as_of=DAY, progress=notes)
    assert 'public: pumps: its share class "conditional" is not among those of the edition' in notes.notes


# Same inputs, same bytes --------------------------------------------------------------------------------------------


def test_threads_places_and_times_change_no_byte(tmp_path: Path, real_portal: Path) -> None:
    other = tmp_path / "elsewhere" / "copy"
    shutil.copytree(real_portal, other, ignore=shutil.ignore_patterns("dist", ".cache"))
    for path in other.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    build_workspace(other, editions=["public"], as_of=DAY, threads=2)
    assert hashes(other / "dist/public") == hashes(real_portal / "dist/public")


def test_a_second_build_in_place_changes_no_byte(town: Path) -> None:
    build_workspace(town, as_of=DAY, threads=1)
    before = hashes(town / "dist")
    build_workspace(town, as_of=DAY, threads=2, anew=True)
    assert hashes(town / "dist") == before


def test_what_nothing_has_changed_for_is_taken_over(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bytes as from scratch; what a dataset has changed for is made, and so is what is hurt."""
    build_workspace(town, as_of=DAY)
    before = hashes(town / "dist")
    made: list[str] = []
    make = build.make_archive

    def making(framework: Any, view: Any, spec: Any, *given: Any, **options: Any) -> Any:
        made.append(f"{view.edition.id}/{spec.id}")
        return make(framework, view, spec, *given, **options)

    monkeypatch.setattr(build, "make_archive", making)
    again = build_workspace(town, as_of=DAY)
    assert (made, hashes(town / "dist")) == ([], before)
    assert {archive.reused for result in again for archive in result.archives} == {True}
    assert again[0].datasets  # what reading them told is still known
    hurt = next((town / "dist/government/tiles").glob("schools-*.pmtiles"))
    hurt.write_bytes(hurt.read_bytes()[:-1] + b"?")
    build_workspace(town, as_of=DAY)
    assert [name.partition("/")[2] for name in made] == ["schools"] and hashes(town / "dist") == before
    made.clear()
    more_schools(town)
    changed = by_edition(build_workspace(town, as_of=DAY))
    assert {name.partition("/")[2] for name in made} == {"schools"}
    assert {a.id: a.reused for a in changed["government"].archives}["framework"] is True
    anew = hashes(town / "dist")
    build_workspace(town, as_of=DAY, anew=True)
    assert hashes(town / "dist") == anew


def test_the_catalogue_names_the_coverage_of_every_dataset(town: Path) -> None:
    build_workspace(town, as_of=DAY)
    for edition in ("public", "government"):
        folder = town / "dist" / edition
        datasets = json.loads((folder / "catalog.json").read_bytes())["datasets"]
        index = json.loads((folder / "coverage.json").read_bytes())["datasets"]
        assert {each["id"]: each["coverage"] for each in datasets} == {each["dataset"]: each["file"] for each in index}
        assert all((folder / each["coverage"]).is_file() for each in datasets)


def test_the_date_is_only_where_it_belongs(town: Path) -> None:
    build_workspace(town, editions=["public"], as_of=DAY)
    before = hashes(town / "dist/public")
    build_workspace(town, editions=["public"], as_of=date(2027, 1, 1), anew=True)
    after = hashes(town / "dist/public")
    assert {name for name in after if after[name] != before.get(name)} == {
        "SHA256SUMS",
        *({"SM3SUMS"} & set(after)),
        "catalog.json",
        "release.json",
        "services/dcat/catalog.jsonld",
        "status.json",
    }


def test_editions_that_show_the_same_share_the_file(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    make = build.make_archive

    def recorded(framework: Any, view: Any, archive: Any, *rest: Any, **options: Any) -> Any:
        made.append((view.edition.id, archive.id))
        return make(framework, view, archive, *rest, **options)

    monkeypatch.setattr(build, "make_archive", recorded)
    results = by_edition(build_workspace(town, as_of=DAY))
    assert [m for m in made if m[0] == "government"] == [("government", "framework"), ("government", "pumps")]
    shared = hashes(town / "dist")
    (alone,) = build_workspace(town, editions=["government"], as_of=DAY)
    assert alone.release == results["government"].release
    assert hashes(town / "dist") == shared


# Only some archives -------------------------------------------------------------------------------------------------


def more_schools(town: Path) -> None:
    (town / "inbox/trade/schools.csv").write_text("名称,经度,纬度\n甲校,119.1,28.01\n", encoding="utf-8")


def test_only_gives_what_a_full_build_gives(tmp_path: Path, town: Path) -> None:
    build_workspace(town, as_of=DAY)
    more_schools(town)
    shutil.copytree(town, tmp_path / "full")
    results = build_workspace(town, only=["schools"], as_of=DAY)
    build_workspace(tmp_path / "full", as_of=DAY)
    assert hashes(town / "dist") == hashes(tmp_path / "full" / "dist")
    reused = {a.id: a.reused for a in by_edition(results)["public"].archives}
    assert reused == {"framework": True, "addresses": True, "shops": True, "schools": False}


def test_only_leaves_explanations_out_where_a_full_build_would(tmp_path: Path, town: Path) -> None:
    build_workspace(town, as_of=DAY)
    more_schools(town)
    shutil.copytree(town, tmp_path / "full")
    build_workspace(town, only=["schools"], as_of=DAY, explain=False)
    build_workspace(tmp_path / "full", as_of=DAY, explain=False)
    assert hashes(town / "dist") == hashes(tmp_path / "full" / "dist")


def test_only_leaves_editions_alone_that_do_not_show_it(town: Path) -> None:
    build_workspace(town, as_of=DAY)
    before = (town / "dist/public").stat().st_ino
    (result,) = build_workspace(town, only=["pumps"], as_of=DAY)
    assert result.edition == "government"
    assert (town / "dist/public").stat().st_ino == before


@pytest.mark.parametrize("spoil", ["inputs", "rules", "file", "explanation", "unexplained", "cache", "dist"])
def test_only_refuses_where_it_could_not_be_identical(town: Path, spoil: str) -> None:
    (built,) = build_workspace(town, editions=["public"], as_of=DAY)
    shops = next(a for a in built.archives if a.id == "shops")
    more_schools(town)
    expected = {
        "inputs": "addresses: its data, its rules",
        "rules": "framework: its data, its rules",
        "file": "shops: its file is missing or damaged",
        "explanation": "shops: its file is missing or damaged",
        "unexplained": "shops: it was built with --no-explain",
        "cache": "shops: it has not been built yet",
        "dist": "framework: it has not been built yet",
    }[spoil]
    if spoil == "inputs":
        write_points(town / "inbox/planning/addresses.geojson", {"addr": list(ADDRESSES)}, [Point(119, 28)] * 4)
    elif spoil == "rules":
        toml = str(FILES["framework.toml"]).replace("min_zoom = 8", "min_zoom = 7", 1)
        (town / "framework.toml").write_text(toml, encoding="utf-8")
    elif spoil == "file":
        (town / "dist/public" / shops.file).write_bytes(b"PMTiles")
    elif spoil == "explanation":
        explained_path(town / "dist/public" / shops.file).unlink()
    elif spoil == "unexplained":
        build_workspace(town, editions=["public"], as_of=DAY, explain=False)
    elif spoil == "cache":
        (town / ".cache/archives/public.shops.json").unlink()
    else:
        shutil.rmtree(town / "dist")
    before = hashes(town / "dist") if (town / "dist").exists() else {}
    with pytest.raises(UsageError) as error:
        build_workspace(town, editions=["public"], only=["schools"], as_of=DAY)
    assert expected in (error.value.where or "")
    assert error.value.exit_code == 2
    assert (hashes(town / "dist") if (town / "dist").exists() else {}) == before


def test_only_names_must_be_datasets(town: Path) -> None:
    with pytest.raises(UsageError, match='did you mean "schools"'):
        build_workspace(town, only=["school"])
    with pytest.raises(UsageError, match="no edition asked for may show"):
        build_workspace(town, editions=["public"], only=["pumps"])


# When it goes wrong -------------------------------------------------------------------------------------------------


class Notes:
    """Remembers what a build tells."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def start(self, task: str, total: int | None = None, unit: str = "") -> None: ...

    def advance(self, n: int = 1) -> None: ...

    def note(self, text: str) -> None:
        self.notes.append(text)

    def done(self) -> None: ...


def assert_untouched(town: Path, before: dict[str, str]) -> None:
    assert hashes(town / "dist") == before
    assert sorted(p.name for p in (town / "dist").iterdir()) == ["government", "public"]


@pytest.mark.parametrize(
    ("moment", "failure"),
    [
        ("make_archive", KeyboardInterrupt),
        ("make_archive", MemoryError),
        ("write_portal", OutputError("the disk is full")),
        ("write_manifest", KeyboardInterrupt),
    ],
)
def test_whatever_fails_the_last_good_folders_stay(
    town: Path, monkeypatch: pytest.MonkeyPatch, moment: str, failure: BaseException | type[BaseException]
) -> None:
    """The second edition fails, when the first is already complete."""
    build_workspace(town, as_of=DAY)
    before = hashes(town / "dist")
    more_schools(town)
    real = getattr(build, moment)

    def failing(*args: Any, **options: Any) -> Any:
        view = next((a for a in args if hasattr(a, "denied")), None)
        edition = view.edition.id if view else options["catalog"]["edition"]["id"]
        if edition == "government":
            raise failure
        return real(*args, **options)

    monkeypatch.setattr(build, moment, failing)
    with pytest.raises(failure if isinstance(failure, type) else type(failure)):
        build_workspace(town, as_of=DAY, anew=True)
    assert_untouched(town, before)
    monkeypatch.setattr(build, moment, real)
    build_workspace(town, as_of=DAY)
    assert hashes(town / "dist") != before


@pytest.mark.parametrize("memory", [None, 1])
def test_an_interrupted_build_goes_on_where_it_was(
    tmp_path: Path, town: Path, monkeypatch: pytest.MonkeyPatch, memory: int | None
) -> None:
    """The government's framework is half cut when the power fails; the archives before it are whole."""
    # What datasets cover, and what can be searched for, is read from them too, and kept in caches of their own.
    monkeypatch.setattr(build, "write_coverages", lambda *_given, **_options: None)
    monkeypatch.setattr(build, "write_search", lambda *_given, **_options: None)
    shutil.copytree(town, tmp_path / "clean")
    build_workspace(tmp_path / "clean", as_of=DAY)
    opened: list[str] = []
    made: list[tuple[str, str]] = []
    read, make, render = intake.read_batches, build.make_archive, engine.render

    def reading(path: Any, options: Any, tally: Any) -> Any:
        opened.append(path.name)
        return read(path, options, tally)

    def making(framework: Any, view: Any, archive: Any, *rest: Any, **options: Any) -> Any:
        made.append((view.edition.id, archive.id))
        return make(framework, view, archive, *rest, **options)

    def rendering(job: Any) -> Any:
        if made[-1] == ("government", "framework"):
            raise KeyboardInterrupt
        return render(job)

    monkeypatch.setattr(intake, "read_batches", reading)
    monkeypatch.setattr(build, "make_archive", making)
    monkeypatch.setattr(engine, "render", rendering)
    with pytest.raises(KeyboardInterrupt):
        build_workspace(town, as_of=DAY, memory=memory)
    assert sorted((town / "dist").iterdir()) == []
    monkeypatch.setattr(engine, "render", render)
    opened.clear()
    made.clear()
    notes = Notes()
    build_workspace(town, as_of=DAY, memory=memory, progress=notes)
    assert made == [("government", "framework"), ("government", "pumps")]
    again = {"LRDL.shp", "base.gpkg", "mains.gpkg"} if memory is None else set()  # in memory nothing was kept
    assert set(opened) == {"pumps.geojson", *again}
    assert "public/framework: finished before the last build was interrupted" in notes.notes
    assert ("government/framework: going on with an interrupted build" in notes.notes) == (memory == 1)
    assert hashes(town / "dist") == hashes(tmp_path / "clean" / "dist")
    assert sorted(path.name for path in (town / ".cache").iterdir()) == ["archives", "build.lock"]


def test_what_was_finished_of_other_data_or_is_damaged_is_made_anew(
    tmp_path: Path, town: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = build.write_portal
    monkeypatch.setattr(build, "write_portal", lambda *_args, **_options: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        build_workspace(town, editions=["public"], as_of=DAY)
    monkeypatch.setattr(build, "write_portal", portal)
    for kept in (town / ".cache/tiles").rglob("addresses-*.pmtiles"):
        kept.write_bytes(b"PMTiles")
    more_schools(town)
    shutil.copytree(town, tmp_path / "clean", ignore=shutil.ignore_patterns(".cache"))
    notes = Notes()
    build_workspace(town, editions=["public"], as_of=DAY, progress=notes)
    build_workspace(tmp_path / "clean", editions=["public"], as_of=DAY)
    taken = {note.partition(":")[0] for note in notes.notes if "finished before" in note}
    assert taken == {"public/framework", "public/shops"}
    assert hashes(town / "dist") == hashes(tmp_path / "clean" / "dist")


def test_a_missing_source_names_dataset_department_and_path(town: Path) -> None:
    build_workspace(town, as_of=DAY)
    before = hashes(town / "dist")
    (town / "inbox/trade/schools.csv").unlink()
    with pytest.raises(InputError) as error:
        build_workspace(town, as_of=DAY)
    for part in ("dataset schools", "商务局 (trade)", "inbox/trade/schools.csv"):
        assert part in str(error.value)
    assert_untouched(town, before)


def test_a_wrong_crs_is_recognised_by_its_place(town: Path) -> None:
    toml = str(FILES["departments/trade.toml"]).replace(
        'x = "经度", y = "纬度" }', 'x = "经度", y = "纬度" }\ncrs = "EPSG:4490"'
    )
    (town / "departments/trade.toml").write_text(toml, encoding="utf-8")
    (town / "inbox/trade/schools.csv").write_text(
        "名称,经度,纬度\n甲,116.1,39.9\n乙,116.2,39.8\n丙,119.1,28\n", encoding="utf-8"
    )
    with pytest.raises(InputError) as error:
        build_workspace(town, editions=["public"], as_of=DAY)
    assert error.value.message == "dataset schools: 2 of 3 features lie outside the city"
    assert "116.1000" in (error.value.where or "")
    assert "117.7000, 26.7000, 120.4200, 29.3400" in (error.value.expected or "")
    assert "departments/trade.toml" in (error.value.hint or "")
    assert not (town / "dist/public").exists()


def test_a_polygon_around_the_world_is_left_out_and_told(town: Path) -> None:
    few = [Point(119 + i / 100, 28) for i in range(40)]
    names = [f"{i}号" for i in range(41)]
    write_points(town / "inbox/planning/addresses.geojson", {"addr": names}, [*few, box(-180, -80, 180, 80)])
    files = str(FILES["departments/trade.toml"]).split("[[dataset]]")
    (town / "departments/trade.toml").write_text(files[0] + "[[dataset]]" + files[2], encoding="utf-8")
    (result,) = build_workspace(town, editions=["public"], as_of=DAY)
    assert result.datasets["addresses"].faults == {"outside-city": 1}
    assert next(a.features for a in result.archives if a.id == "addresses") == 40


def test_too_many_faults_stop_the_build_and_the_limit_can_be_raised(town: Path) -> None:
    lines = [f"店{i},{address}" for i, address in enumerate((*ADDRESSES, "无此地9号"))]
    (town / "inbox/trade/shops.csv").write_text("\n".join(["店名,地址", *lines]) + "\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        build_workspace(town, editions=["public"], as_of=DAY)
    assert error.value.message == "a dataset has too many faults"
    assert error.value.where == (
        "shops (inbox/trade/shops.csv): 20.0 % of 5 rows — addresses that no point has: 1 (无此地9号)"
    )
    assert "5.0 %" in (error.value.expected or "")
    toml = str(FILES["framework.toml"]) + "\n[build]\nmax_faults_percent = 20\n"
    (town / "framework.toml").write_text(toml, encoding="utf-8")
    (result,) = build_workspace(town, editions=["public"], as_of=DAY)
    assert result.datasets["shops"].faults == {"address-not-found": 1}
    assert result.datasets["shops"].rows == 5


def test_faults_of_a_source_count_once_however_many_layers_it_becomes(town: Path) -> None:
    toml = str(FILES["framework.toml"]) + "\n[build]\nmax_faults_percent = 50\n"
    (town / "framework.toml").write_text(toml, encoding="utf-8")
    import geopandas as gpd

    districts = gpd.GeoDataFrame(
        {"NAME": ["西镇", "东镇", "无"], "LVL": [3, 3, 3]},
        geometry=[box(118.9, 27.9, 119.1, 28.1), box(119.1, 27.9, 119.3, 28.1), None],
        crs="EPSG:4490",
    )
    districts.to_file(town / "inbox/planning/base.gpkg", layer="BOUA", engine="pyogrio")
    (result,) = build_workspace(town, editions=["public"], as_of=DAY)
    assert result.datasets["districts"].faults == {"null-geometry": 1}
    assert result.datasets["districts"].rows == 3


def test_a_missing_column_is_named(town: Path) -> None:
    toml = str(FILES["schemas/roads.toml"]).replace('source = "路名"', 'source = "道路名"')
    (town / "schemas/roads.toml").write_text(toml, encoding="utf-8")
    with pytest.raises(LongquanError) as error:
        build_workspace(town, editions=["public"], as_of=DAY)
    assert "道路名" in str(error.value)
    assert "路名" in str(error.value).replace("道路名", "")


def test_an_unknown_edition_is_a_wrong_call(town: Path) -> None:
    with pytest.raises(UsageError, match='did you mean "public"'):
        build_workspace(town, editions=["publics"])
