"""Parts of a release: what stays is as it was, what does not is nowhere, and both offices' release stands behind it."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline import build
from pipeline.archive.reader import open_archive
from pipeline.audit import audit_folder
from pipeline.build import build_workspace
from pipeline.errors import LongquanError, UsageError
from pipeline.portal.search.again import written_again
from pipeline.portal.search.reader import open_published
from pipeline.release.bundle.bundle import Wanted, bundle_release
from pipeline.release.bundle.partial import make
from pipeline.release.bundle.partial.cut import cut_of
from pipeline.release.bundle.partial.derived import sign_part, verify_folder_trust
from pipeline.release.bundle.source import read_release
from pipeline.release.trust.error import TrustError
from pipeline.release.trust.seen import Seen
from pipeline.release.verify_folder import verify_folder
from pipeline.vector.decode import geojson_features
from tests.release.bundle.releases import sha256, tree
from tests.release.bundle.signing import sign_release, withdraw
from tests.release.trust.bureau import NOW, YEAR, Bureau
from tests.test_build import light_portal
from tests.towns import write_town

BOX = (118.95, 27.95, 119.06, 28.06)  # the first of three roads, most of the west town
WEST = "西镇"


class City:
    """A built and signed town."""

    def __init__(self, tmp: Path) -> None:
        root = write_town(tmp / "town")
        build_workspace(root, editions=["public"], as_of=date(2026, 11, 22))
        self.tmp, self.bureau = tmp, Bureau(departments={"trade": "trade"}).found()
        owners = {"schools": "trade"}
        self.folder = sign_release(self.bureau, root / "dist/public", tmp / "signing", owners=owners)
        self.release = read_release(self.folder)
        self.trusted = verify_folder_trust(self.folder, self.bureau.roots[0], seen=Seen.none(), now=NOW)

    def part(self, out: Path, **asked: Any) -> Path:
        cut = cut_of(self.folder, self.release.catalog, **asked)
        make.make_part(self.release, out, cut)
        sign_part(out, self.folder, self.trusted, self.bureau.key("publish"))
        return out

    def believe(self, part: Path, **changes: Any) -> Any:
        given = {"root": self.bureau.roots[0], "seen": Seen.none(), "now": NOW} | changes
        return verify_folder_trust(part, given.pop("root"), **given)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "write_portal", light_portal)
        patch.setattr(make, "write_portal", light_portal)
        yield City(tmp_path_factory.mktemp("city"))


@pytest.fixture(scope="module")
def boxed(city: City) -> Path:
    return city.part(city.tmp / "boxed", bounds=BOX)


@pytest.fixture(scope="module")
def roads(city: City) -> Path:
    return city.part(city.tmp / "roads", datasets=["roads"])


def archives(folder: Path) -> dict[str, Path]:
    told = json.loads((folder / "catalog.json").read_bytes())["archives"]
    return {each["id"]: folder / each["file"] for each in told}


def tiles(path: Path) -> dict[tuple[int, int, int], bytes]:
    with open_archive(path) as archive:
        return {(z, x, y): body for z, x, y, body in archive.tiles()}


def meets(box: tuple[float, float, float, float], z: int, x: int, y: int) -> bool:
    """By hand: the tile's square in web Mercator against the box; more than a border in common."""

    def row(lat: float) -> float:
        return (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z

    west, east = ((lng + 180) / 360 * 2**z for lng in (box[0], box[2]))
    return x < east and x + 1 > west and y < row(box[1]) and y + 1 > row(box[3])


def test_tiles_inside_are_the_same_and_there_are_none_outside(city: City, boxed: Path) -> None:
    whole, part = archives(city.folder), archives(boxed)
    assert part.keys() <= whole.keys() and "framework" in part
    for id, path in part.items():
        before = tiles(whole[id])
        assert tiles(path) == {tile: body for tile, body in before.items() if meets(BOX, *tile)}
    assert len(tiles(part["framework"])) < len(tiles(whole["framework"]))


def test_a_part_is_a_release_that_every_check_accepts(boxed: Path, roads: Path, city: City) -> None:
    for part in (boxed, roads):
        found = verify_folder(part)
        assert found.accepted, (found.faults, found.archives)
        assert audit_folder(part).report.faults == ()
        trusted = city.believe(part)
        assert trusted.release == found.result.release != city.release.release
        assert any("part of release " + city.release.release[:12] in warning for warning in trusted.warnings)


def test_release_json_says_what_it_was_cut_from(city: City, boxed: Path, roads: Path) -> None:
    whole = (city.folder / "release.json").read_bytes()
    for part, cut in (
        (boxed, {"bounds": list(BOX), "towns": [], "datasets": None}),
        (roads, {"bounds": None, "towns": [], "datasets": ["roads"]}),
    ):
        derived = json.loads((part / "release.json").read_bytes())["derived"]
        assert (derived["release"], derived["manifest_sha256"]) == (city.release.release, sha256(whole))
        assert derived["cut"] == cut


def test_nothing_of_other_datasets_is_left(roads: Path) -> None:
    """Neither ids nor titles nor texts of theirs; metadata/ is that of the whole."""
    for path, data in tree(roads).items():
        if path.endswith(".pmtiles") or path.startswith("metadata/"):
            continue
        for word in ("districts", "addresses", "shops", "schools", "政区", "门牌", "BOUA", "剑池街道1号", "甲校"):
            assert word.encode() not in data, (path, word)
    (archive,) = archives(roads).values()
    with open_archive(archive) as opened:
        assert [layer["id"] for layer in opened.metadata["vector_layers"]] == ["LRDL", "LRDL_label"]
        names = {
            feature["properties"]["NAME"]
            for z, x, y, _raw in opened.tiles()
            for feature in geojson_features(opened.tile(z, x, y) or b"", z, x, y, ["LRDL"])
        }
    assert names == {"剑池路", "青瓷街", "华严巷"}


def test_the_catalogue_is_of_what_is_left(city: City, boxed: Path) -> None:
    catalog = json.loads((boxed / "catalog.json").read_bytes())
    ids = {dataset["id"] for dataset in catalog["datasets"]}
    # Both schools lie east of the box, in tiles that reach into it.
    assert ids == {"roads", "districts", "addresses", "shops", "schools"}
    assert catalog["bounds"] == list(BOX) and catalog["edition"]["title"]["zh"] == "公众版（部分）"
    for dataset in catalog["datasets"]:
        assert dataset["features"] is None  # nobody counted
        assert (dataset["extent"] is None) == (dataset["id"] == "schools")
        west, south, east, north = dataset["extent"] or BOX
        assert BOX[0] <= west <= east <= BOX[2] and BOX[1] <= south <= north <= BOX[3]
        assert set(dataset["related"]) <= ids
    for archive in catalog["archives"]:
        data = (boxed / archive["file"]).read_bytes()
        assert (archive["bytes"], archive["sha256"]) == (len(data), sha256(data))
        tilejson = json.loads((boxed / archive["tilejson"]).read_bytes())
        assert tilejson["tiles"] == [f"pmtiles://../{archive['file']}/{{z}}/{{x}}/{{y}}"]
        with open_archive(boxed / archive["file"]) as opened:
            there = {layer["id"] for layer in opened.metadata["vector_layers"]}
            assert {layer["id"] for layer in tilejson["vector_layers"]} == there
            assert tilejson["bounds"] == list(opened.header.bounds)
    assert {path.stem for path in (boxed / "coverage").iterdir()} == ids
    for id in ids:
        told = json.loads((boxed / f"coverage/{id}.json").read_bytes())
        if told["box"] is not None:
            west, north, width, height = told["box"]
            assert meets(BOX, 18, west, north) and meets(BOX, 18, west + width - 1, north + height - 1), id


def test_only_what_lies_in_the_area_is_found(city: City, boxed: Path, roads: Path) -> None:
    def names(folder: Path) -> set[str]:
        with open_published(folder) as index:
            assert written_again(index) == Path(index.where).read_bytes()  # as its own search index would be
            return {entry.name for block in index.blocks() for entry in block}

    assert names(roads) == {"剑池路", "青瓷街", "华严巷", "龙泉市"} < names(city.folder)
    assert "剑池路" in names(boxed) and not names(boxed) & {"华严巷", "甲校", "乙校"}


def test_towns_are_found_by_name_on_the_map_itself(city: City) -> None:
    cut = cut_of(city.folder, city.release.catalog, towns=[WEST])
    assert cut.region is not None and cut.asked["towns"] == [WEST]
    assert cut.region.bounds == pytest.approx((118.9, 27.9, 119.1, 28.1), abs=0.002)
    assert cut.inside(119.0, 28.0) and not cut.inside(119.2, 28.0)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"towns": ["西郷"]}, "西镇"),
        ({"datasets": ["road"]}, "roads"),
        ({"towns": [WEST], "bounds": BOX}, "not both"),
        ({"bounds": (119.0, 28.0, 119.0, 28.0)}, "no area"),
    ],
)
def test_what_is_not_there_cannot_be_cut_out(asked: dict[str, Any], said: str, city: City) -> None:
    with pytest.raises(UsageError) as refused:
        cut_of(city.folder, city.release.catalog, **asked)
    assert said in str(refused.value)


def test_an_area_without_anything_is_no_release(city: City, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Nothing of the release is left"):
        city.part(tmp_path / "part", bounds=(10.0, 10.0, 11.0, 11.0))


def test_the_same_part_has_the_same_bytes(city: City, boxed: Path, tmp_path: Path) -> None:
    assert tree(city.part(tmp_path / "again", bounds=BOX)) == tree(boxed)


def test_nothing_of_a_dataset_whose_archive_was_withdrawn_is_in_a_part(city: City, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(city.folder, tmp_path / "release"))
    file = next(path for path in city.release.sums if path.startswith("tiles/schools-") and path.endswith(".pmtiles"))
    withdraw(city.bureau, folder, {file: city.release.sums[file]}, tmp_path / "order")
    wanted = Wanted(bounds=(118.9, 27.9, 119.3, 28.1), signer=city.bureau.key("publish"))
    made, _trusted = bundle_release(folder, tmp_path / "disk", wanted, now=NOW, work=tmp_path / "work")
    assert (made.about.kind, made.about.parent) == ("partial", city.release.release)
    part = tmp_path / "disk/data/release"
    assert verify_folder(part).accepted and city.believe(part).release == made.about.release
    for path, data in tree(part).items():
        if not path.startswith("metadata/"):
            assert b"schools" not in data and "甲校".encode() not in data, path


# What somebody might do to a part on its way.


@pytest.fixture
def taken(boxed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(boxed, tmp_path / "taken"))


def refused(city: City, part: Path, attack: str, **changes: Any) -> None:
    with pytest.raises(TrustError) as error:
        city.believe(part, **changes)
    assert error.value.attack == attack, error.value


def test_another_release_json_is_refused(city: City, taken: Path) -> None:
    path = taken / "release.json"
    path.write_bytes(path.read_bytes().replace(b'"as_of":"2026-11-22"', b'"as_of":"2026-11-21"'))
    refused(city, taken, "arbitrary-file")


def test_other_sums_are_refused(city: City, taken: Path) -> None:
    (taken / "SHA256SUMS").write_bytes((taken / "SHA256SUMS").read_bytes() + b"\n")
    refused(city, taken, "arbitrary-file")


def test_the_signature_of_another_part_is_refused(city: City, taken: Path, roads: Path) -> None:
    shutil.copyfile(roads / "metadata/derived.json", taken / "metadata/derived.json")
    refused(city, taken, "arbitrary-file")


def test_a_part_without_its_signature_is_refused(city: City, taken: Path) -> None:
    (taken / "metadata/derived.json").unlink()
    with pytest.raises(TrustError):
        city.believe(taken)


def test_an_office_cannot_sign_for_the_publisher(city: City, taken: Path) -> None:
    with pytest.raises(LongquanError) as error:
        sign_part(taken, city.folder, city.trusted, city.bureau.key("survey"))
    assert error.value.exit_code == 3


def test_a_signature_of_a_stolen_key_that_was_never_enrolled_is_refused(city: City, taken: Path) -> None:
    path = taken / "metadata/derived.json"
    told = json.loads(path.read_bytes())
    thief = city.bureau.key("thief")
    told["signatures"][0]["keyid"] = thief.public_key.keyid
    path.write_text(json.dumps(told))
    with pytest.raises(TrustError):
        city.believe(taken)


def test_a_part_of_an_older_release_does_not_pass_for_one_of_the_newer(city: City, taken: Path, tmp_path: Path) -> None:
    newer = Path(shutil.copytree(city.folder, tmp_path / "newer"))
    shutil.rmtree(newer / "metadata")
    manifest = json.loads((newer / "release.json").read_bytes())
    (newer / "release.json").write_text(json.dumps(manifest | {"as_of": "2026-12-01"}))
    sign_release(city.bureau, newer, tmp_path / "signing", previous=city.folder)
    derived = (taken / "metadata/derived.json").read_bytes()
    shutil.rmtree(taken / "metadata")
    shutil.copytree(newer / "metadata", taken / "metadata")
    (taken / "metadata/derived.json").write_bytes(derived)
    refused(city, taken, "mix-and-match")


def test_a_part_of_what_was_replaced_meanwhile_is_a_step_back(city: City, taken: Path) -> None:
    seen = city.believe(taken).seen
    refused(city, taken, "rollback", seen=Seen(seen.root, seen.targets + 1, seen.snapshot, seen.timestamp, None))


def test_a_file_that_a_department_vouches_for_is_its_own(city: City, tmp_path: Path) -> None:
    part = city.part(tmp_path / "part", datasets=["schools"])
    assert city.believe(part).files  # the trade bureau vouches for its archive
    path = part / "release.json"
    manifest = json.loads(path.read_bytes())
    entry = next(each for each in manifest["files"] if each["path"] in city.trusted.files)
    entry["sha256"] = sha256(b"other schools")
    path.write_text(json.dumps(manifest))
    shutil.rmtree(part / "metadata")
    sign_part(part, city.folder, city.trusted, city.bureau.key("publish"))  # the publisher signs whatever it wants
    refused(city, part, "department")


def test_an_old_part_is_accepted_offline_with_a_warning(city: City, taken: Path) -> None:
    trusted = city.believe(taken, now=NOW + YEAR + timedelta(days=1))
    assert any("derived.json" in warning for warning in trusted.warnings)


def test_a_whole_release_is_believed_as_before(city: City) -> None:
    assert city.believe(city.folder) == city.trusted
    assert city.trusted.release == city.release.release


def test_styles_of_the_real_portal_name_only_what_is_there(city: City, tmp_path: Path) -> None:
    """With the site that was built: every source and layer of every style leads to a tile that is in the part."""
    from pipeline.errors import ConfigError
    from pipeline.portal.built_site import built_site
    from pipeline.portal.font_slices import WEIGHTS
    from pipeline.portal.write import write_portal

    try:
        built_site()
    except ConfigError:
        pytest.skip("the site has not been built (just site)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(make, "write_portal", write_portal)
        # Fonts take ten seconds, and no style depends on what they hold.
        patch.setattr("pipeline.portal.write._write_fonts", lambda *_args: {style: [] for style in WEIGHTS})
        part = city.part(tmp_path / "part", datasets=["roads", "schools"], bounds=BOX)
    assert verify_folder(part).accepted and audit_folder(part).report.faults == ()
    styles = [json.loads(path.read_bytes()) for path in (part / "styles").glob("*.json")]
    assert styles
    for style in styles:
        layers = {}
        for name, source in style["sources"].items():
            if "url" in source:
                path = part / "styles" / source["url"].removeprefix("pmtiles://")
                tilejson = json.loads(path.read_bytes()) if path.suffix == ".json" else None
                file = (
                    path if tilejson is None else path.parent / tilejson["tiles"][0].partition("://")[2].split("/{")[0]
                )
                with open_archive(file) as opened:
                    layers[name] = {layer["id"] for layer in opened.metadata.get("vector_layers", ())}
        for layer in style["layers"]:
            if layer.get("source") in layers and "source-layer" in layer:
                assert layer["source-layer"] in layers[layer["source"]], layer["id"]
    for page in ("index.html", "data.html", "data/roads.html", "status.html"):
        text = (part / page).read_text("utf-8")
        assert "政区" not in text and "districts" not in text, page
    assert "（部分）" in (part / "data.html").read_text("utf-8") or "（部分）" in (part / "catalog.json").read_text(
        "utf-8"
    )


def test_the_number_of_threads_changes_no_byte(city: City, boxed: Path, tmp_path: Path) -> None:
    cut = cut_of(city.folder, city.release.catalog, bounds=BOX)
    for threads in (1, 3):
        make.make_part(city.release, tmp_path / str(threads), cut, threads=threads)
        whole = {path: data for path, data in tree(boxed).items() if not path.startswith("metadata/")}
        assert tree(tmp_path / str(threads)) == whole
